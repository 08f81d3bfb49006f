#include "archiver/backup.h"
#include "archiver/backup_wait.h"
#include "archiver/command.h"
#include "archiver/i18n.h"
#include "archiver/output.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void show(const struct app *app, const char *path, const struct backup_result *r) {
	if (app->json) {
		json_t *out = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:b}", "medium", r->medium, "path", path, "generation",
		                        (json_int_t)r->generation, "files", (json_int_t)r->files, "bytes",
		                        (json_int_t)r->bytes, "checked_bytes", (json_int_t)r->checked_bytes, "mended", (json_int_t)r->mended, "full", r->full, "unprotected",
		                        r->unprotected, "same_device", r->same_device);
		output_json(out);
		json_decref(out);
		return;
	}
	if (r->images) {
		printf(_("%s: %llu images written to %s/images and read back. They count as a copy when the discs or tapes made of them are read: ltvault media verify DEVICE\n"),
		       r->medium, (unsigned long long)r->files, path);
		if (r->mended) printf(_("%s: %llu images that a run left behind and that do not belong there were set aside (.left)\n"), path, (unsigned long long)r->mended);
	} else {
		printf(_("%s (%s): %llu files grew by %llu bytes, %llu bytes read back and compared\n"), r->medium, path, (unsigned long long)r->files,
		       (unsigned long long)r->bytes, (unsigned long long)r->checked_bytes);
		if (r->mended) printf(_("%s: %llu files that a power cut or damage had spoilt were made good first\n"), path, (unsigned long long)r->mended);
	}
	if (r->unprotected)
		printf(_("%s: should be append-only, and file system or rights do not allow it (CAP_LINUX_IMMUTABLE): it does not count as one that cannot be overwritten\n"),
		       path);
	if (r->same_device) printf(_("%s: on the same device as the archive: it does not protect against the loss of that device\n"), path);
}

struct request {
	struct app *app;
	bool full;
};

static void one(void *user, const char *path) {
	const struct request *r = user;
	struct error err = {0};
	struct backup_result result;
	if (backup_medium(r->app, path, r->full, &result, &err)) {
		app_fail(r->app, &err);
		return;
	}
	if (result.mended) app_worsen(r->app, EXIT_FINDINGS);
	show(r->app, path, &result);
}

static int all(struct app *app, const struct args *args) {
	const char *const *words;
	struct request request = {app, args_has(args, "full")};
	size_t count = args_words(args, &words), cap = 0;
	if (count) {
		backup_each(app, (char *const *)words, count, one, &request);
		return app->status;
	}
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list, **paths = NULL;
	for (char *path; (path = conf_next(&rest));) {
		ARRAY_GROW(paths, count, cap);
		paths[count++] = path;
	}
	backup_each(app, paths, count, one, &request);
	free(paths);
	free(list);
	if (count) return app->status;
	struct error err = {0};
	error_set(&err, ERROR_USAGE, "backup: no medium is named, and backup.media in ltvault.conf is empty");
	return app_fail(app, &err);
}

static int run(struct app *app, const struct args *args) {
	struct error err = {0};
	const char *new_medium = args_value(args, "register");
	if (app_open_store(app, STORE_WRITE, &err)) return app_fail(app, &err);
	if (!new_medium) return all(app, args);
	const struct medium_wish wish = {.path = new_medium, .label = args_value(args, "label"), .site = "", .set = "", .end_of_life = UTIME_NONE};
	if (media_init(app, &wish, &err)) return app_fail(app, &err);
	one(&(struct request){app, true}, new_medium);
	if (!backup_is_nightly(app, new_medium) && app->verbosity >= 0)
		fprintf(stderr, _("The night does not write to it yet: add \"%s\" to the setting media in the part [backup] of %s/ltvault.conf.\n"),
		        new_medium, app->archive);
	return app->status;
}

static const struct option_row options[] = {
	{"full", 0, NULL, N_("read back and compare everything on the medium, not only what is new")},
	{"register", 0, "PATH", N_("make the empty file system at PATH a medium (a disk) and write to it: media init and backup in one")},
	{"label", 0, "TEXT", N_("the new medium's label, as written on its case")},
	{NULL, 0, NULL, NULL},
};

const struct command command_backup = {
	.name = "backup",
	.arguments = "[--full] [MEDIUM...] | --register PATH [--label TEXT]",
	.summary = N_("copy what dedicated media lack, read it back, compare it, record it"),
	.manual = "Brings each MEDIUM (the path where it is mounted; without one, those in the setting backup.media) up to date: packs and "
		  "journal grow by what is new, a snapshot of the catalogue is written, everything that changed is read back from the medium "
		  "and compared with the archive. Only then does the backup count, in the catalogue and in the journal.\n\n"
		  "A directory is made a medium once, with media init. It is written to only when its label bears this archive's signature, "
		  "its file system has the UUID that the label names, it is not the archive's own device (but see the setting "
		  "backup.same_device), and it holds the generation that the archive wrote last: an unmounted mount point never fills the "
		  "system's disk, and a copy of a medium is not taken for it. An archive that holds less than what it wrote before is not "
		  "written at all.\n\n"
		  "What a power cut left on the medium behind its last verified generation, and a damaged label of a medium that its file system "
		  "and its signed lists prove to be the ledger's, are made good first, and told (exit status 1).\n\n"
		  "A medium that is not mounted is waited for as long as the setting backup.wait says, after the others were written; which one "
		  "is to be connected is told. SIGTERM ends the waiting.\n\n"
		  "Every medium is an archive that opens read-only: ltvault -C MEDIUM find, show, export, fsck. SHA256SUMS on it can be checked "
		  "with sha256sum(1), and the packs are ordinary tar files.",
	.options = options,
	.run = run,
};
