#include "archiver/app.h"

#include "archiver/backup.h"
#include "archiver/export.h"
#include "archiver/i18n.h"
#include "archiver/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* 2 and 75 say that nothing was done; once something was done they no longer describe the run. */
static int rank(int status) {
	switch (status) {
	case EXIT_FINE: return 0;
	case EXIT_UNUSABLE: return 1;
	case EXIT_LOCKED: return 2;
	case EXIT_FINDINGS: return 3;
	case EXIT_DAMAGE: return 4;
	default: return 5;
	}
}

int app_worsen(struct app *app, int status) {
	if (rank(status) > rank(app->status)) app->status = status;
	return app->status;
}

int app_fail(struct app *app, const struct error *err) {
	enum error_code code = err->code == ERROR_NONE ? ERROR_INTERNAL : err->code;
	/* The details are English, as the log is; in another language at least the kind of failure is said in it. */
	bool translated = i18n_language() != LANGUAGE_EN;
	fprintf(stderr, "ltvault: %s%s%s\n", translated ? _(error_meaning(code)) : "", translated ? ": " : "",
	        err->code == ERROR_NONE ? error_meaning(code) : err->text);
	return app_worsen(app, err->code == ERROR_NONE ? EXIT_RUN_FAILED : error_exit_status(err->code));
}

int64_t app_milliseconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

utime app_time(const struct app *app) {
	return app->started ? app->now + (app_milliseconds() - app->started) * 1000 : app->now;
}

char *app_path(const struct app *app, const char *relative) {
	return *relative == '/' ? xstrdup(relative) : xasprintf("%s/%s", app->archive, relative);
}

static bool is_medium(const struct app *app) {
	char *label = app_path(app, MEDIUM_LABEL);
	bool medium = access(label, F_OK) == 0;
	free(label);
	return medium;
}

int app_load_conf(struct app *app, struct error *err) {
	if (app->conf) return 0;
	char *path = app_path(app, "ltvault.conf");
	struct conf *conf = conf_new();
	int rc = conf_read(conf, path, err);
	if (rc && err && err->code == ERROR_NOT_FOUND) {
		char *recipients = app_path(app, MEDIUM_RECIPIENTS);
		bool encrypted = is_medium(app) && access(recipients, F_OK) == 0;
		free(recipients);
		error_clear(err);
		if (encrypted)
			error_set(err, ERROR_INPUT, "%s: is an encrypted backup medium: it must be restored first, with: ltvault restore %s NEW_DIRECTORY --key KEY.pem",
			          app->archive, app->archive);
		error_set(err, ERROR_NOT_FOUND, "%s: there is no archive here (no ltvault.conf); name it with -C", app->archive);
	}
	if (rc) conf_free(conf);
	else app->conf = conf;
	free(path);
	return rc;
}

int app_refuse_medium(const struct app *app, struct error *err) {
	if (!is_medium(app)) return 0;
	return error_set(err, ERROR_INPUT, "%s: is a backup medium: it opens for reading only (find, show, export, report, fsck); a working "
	                 "archive is made from it with: ltvault restore", app->archive);
}

static struct store *open_store(struct app *app, enum store_mode mode, struct error *err) {
	if (mode == STORE_READ && is_medium(app)) return store_open_medium(app->archive, err);
	if (mode != STORE_READ && app_refuse_medium(app, err)) return NULL;
	return store_open(app->archive, mode, app->command, app->now, err);
}

/* Time in the journal does not go back: what a clock far ahead writes keeps every later run out. Who names the time knows it. */
static int check_ahead(struct app *app, struct error *err) {
	int64_t bound = conf_duration(app->conf, CONF_archive_clock_ahead);
	struct store_totals totals;
	char here[UTIME_TEXT_MAX], last[UTIME_TEXT_MAX];
	if (!bound || !app->started || app->at_given || store_totals(app->store, &totals, NULL)) return 0;
	if (app->now - totals.last_event <= bound) return 0;
	return error_set(err, ERROR_CLOCK,
			 "the clock says %s, which is further than archive.clock_ahead after the last recorded event at %s; if it is right, run "
			 "the command once with --at %s",
			 utime_text(app->now, here), utime_text(totals.last_event, last), here);
}

static void tell_remedy(const struct app *app, enum error_code code) {
	if (app->verbosity < 0) return;
	if (code == ERROR_DAMAGED)
		fputs(_("The archive is damaged: delete nothing. A damaged catalogue is remade with: ltvault rebuild. Packs or the "
		        "journal come back from a medium with: ltvault restore.\n"),
		      stderr);
	if (code == ERROR_CLOCK)
		fputs(_("Set the clock. If that of an earlier run was far ahead: ltvault restore --replace --until TIME --fork MEDIUM ARCHIVE, with a "
		        "TIME before that run, goes back to then and keeps beside it what came since; the journal says so.\n"),
		      stderr);
}

int app_open_store(struct app *app, enum store_mode mode, struct error *err) {
	if (app_load_conf(app, err)) return -1;
	if (app->store) return 0;
	app->store = open_store(app, mode, err);
	if (!app->store) {
		if (err) tell_remedy(app, err->code);
		return -1;
	}
	if (mode == STORE_WRITE && check_ahead(app, err)) {
		store_close(app->store);
		app->store = NULL;
		return -1;
	}
	store_set_threads(app->store, (unsigned)conf_number(app->conf, CONF_validation_workers));
	struct error pending = {0};
	if (mode == STORE_WRITE && export_log_pending(app, &pending))
		log_event(LOG_WARN_LEVEL, "releases-waiting", "error", pending.text, NULL);
	return 0;
}
