#include "archiver/export.h"

#include "base/limits.h"
#include "base/mem.h"
#include "store/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A release that could not be logged at once waits in a file of its own, whole or not there. */
static int put_waiting(struct app *app, const char *text, struct error *err) {
	char *name = xasprintf("work/release-%lld-%ld.json", (long long)app->now, (long)getpid());
	char *path = app_path(app, name), *part = xasprintf("%s.part", path);
	size_t len = strlen(text);
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	int rc = fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) || rename(part, path)
			 ? error_errno(err, "%s", path)
			 : 0;
	if (fd >= 0) close(fd);
	if (rc) unlink(part);
	free(name);
	free(path);
	free(part);
	return rc;
}

/* The waiting file as compact JSON; NULL when it is not one (then it is left where it is, for people to see). */
static char *read_waiting(const char *path) {
	json_error_t where;
	json_t *release = json_load_file(path, 0, &where);
	char *text = json_is_object(release) ? json_dumps(release, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(release);
	if (text && strlen(text) < LIMIT_EVENT_BYTES / 2) return text;
	free(text);
	return NULL;
}

/* Removing comes after the commit: dying between the two logs a release twice, never not at all. */
static int log_waiting(struct app *app, const glob_t *found, struct error *err) {
	bool *logged = xcalloc(found->gl_pathc, sizeof *logged);
	struct batch *batch = store_begin(app->store, app->now);
	for (size_t i = 0; i < found->gl_pathc; i++) {
		char *text = read_waiting(found->gl_pathv[i]);
		if (text) batch_note(batch, "export", text), logged[i] = true;
		free(text);
	}
	int rc = batch_commit(batch, err);
	for (size_t i = 0; i < found->gl_pathc && !rc; i++)
		if (logged[i] && unlink(found->gl_pathv[i]) && errno != ENOENT)
			rc = error_errno(err, "%s", found->gl_pathv[i]);
	free(logged);
	return rc;
}

/* The folder's name may hold what glob() takes for a pattern. */
static char *quoted_pattern(const char *folder) {
	struct buf out = {0};
	for (; *folder; folder++) {
		if (strchr("*?[]\\", *folder)) buf_add_byte(&out, '\\');
		buf_add_byte(&out, (unsigned char)*folder);
	}
	buf_add_text(&out, "/release-*.json");
	return buf_take_text(&out);
}

int export_log_pending(struct app *app, struct error *err) {
	char *folder = app_path(app, "work"), *pattern = quoted_pattern(folder);
	glob_t found;
	int rc = glob(pattern, 0, NULL, &found);
	if (!rc)
		rc = log_waiting(app, &found, err);
	else
		rc = rc == GLOB_NOMATCH ? 0 : error_set(err, ERROR_IO, "%s: could not be listed", folder);
	globfree(&found);
	free(folder);
	free(pattern);
	return rc;
}

static int note_now(struct app *app, const char *text, struct error *err) {
	struct batch *batch = store_begin(app->store, app->now);
	batch_note(batch, "export", text);
	return batch_commit(batch, err);
}

int export_log_release(struct app *app, const json_t *release, struct error *err) {
	char *text = json_dumps(release, JSON_COMPACT | JSON_SORT_KEYS);
	struct error why = {0};
	int rc;
	store_close(app->store);
	app->store = NULL;
	if (!app_open_store(app, STORE_WRITE, &why)) {
		rc = note_now(app, text, err);
		store_close(app->store);
		app->store = NULL;
	} else if (why.code == ERROR_LOCKED || why.code == ERROR_CLOCK) {
		rc = put_waiting(app, text, err); /* beside a night, or --at lies before the last event */
	} else {
		rc = -1;
		*err = why;
	}
	free(text);
	return rc;
}
