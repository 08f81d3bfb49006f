#include "archiver/command.h"
#include "archiver/conf.h"
#include "archiver/i18n.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"trust", "spool", "spool/in", "spool/done", "spool/refused", "spool/outbox", "reports", "work"};

static int make_folder(const char *path, struct error *err) {
	if (mkdir(path, 0750) && errno != EEXIST) return error_errno(err, "%s", path);
	return 0;
}

static int write_conf(const char *path, struct error *err) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0) return error_errno(err, "%s", path);
	FILE *out = fdopen(fd, "w");
	if (!out) abort();
	conf_write_defaults(out);
	bool bad = fflush(out) || fsync(fd);
	if (bad) error_errno(err, "%s", path);
	fclose(out);
	return bad ? -1 : 0;
}

/* The configuration stands under another name until the store is there: by that a run that died is known, which would otherwise
 * leave a store without a configuration that nobody could make one for. */
static int make_store(struct app *app, const char *fresh, const char *conf, struct error *err) {
	struct error own = {0};
	bool begun = access(fresh, F_OK) == 0, made = false;
	if (access(conf, F_OK) == 0) return error_set(err, ERROR_EXISTS, "%s: there already", conf);
	if (!begun) { /* an archive whose configuration was lost is none that was begun: it is refused before anything is written */
		char *journal = app_path(app, "journal/000001.log");
		made = access(journal, F_OK) == 0;
		free(journal);
		if (made && store_create(app->archive, app->now, err)) return -1;
	}
	if (write_conf(fresh, err)) return -1;
	if (!made && store_create(app->archive, app->now, &own) && !(begun && own.code == ERROR_EXISTS))
		return error_set(err, own.code, "%s", own.text);
	return rename(fresh, conf) ? error_errno(err, "%s", conf) : 0;
}

static int make(struct app *app, struct error *err) {
	if (make_folder(app->archive, err)) return -1;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char *path = app_path(app, folders[i]);
		int rc = make_folder(path, err);
		free(path);
		if (rc) return -1;
	}
	char *conf = app_path(app, "ltvault.conf"), *fresh = app_path(app, "ltvault.conf.new");
	int rc = make_store(app, fresh, conf, err);
	free(conf);
	free(fresh);
	return rc;
}

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	size_t count = args_words(args, &words);
	struct error err = {0};
	if (count > 1) error_set(&err, ERROR_USAGE, "init: one directory at most");
	if (count == 1) app->archive = words[0];
	if (err.code || make(app, &err)) return app_fail(app, &err);
	if (app->json) printf("{\"archive\":\"made\"}\n");
	else printf(_("An empty archive is in %s. Put trust anchors into %s/trust and signed documents into %s/spool/in.\n"), app->archive,
	            app->archive, app->archive);
	return EXIT_FINE;
}

const struct command command_init = {
	.name = "init",
	.arguments = "[DIR]",
	.summary = N_("make an archive: configuration with every default spelled out, empty store, spool folders, trust folder"),
	.manual = "Makes the folders of an archive in DIR (or the directory given with -C) and a configuration file, ltvault.conf, "
		  "in which every setting stands with its meaning and default.\n\n"
		  "Nothing that is there already is changed: where an archive or a configuration file exists the command refuses.\n\n"
		  "Before documents can be judged, trust anchors (root certificates, PEM or DER) must lie in the trust folder.",
	.run = run,
};
