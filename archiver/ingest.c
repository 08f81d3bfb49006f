#include "archiver/ingest.h"

#include "archiver/conf.h"
#include "archiver/content.h"
#include "archiver/i18n.h"
#include "archiver/ingest_batch.h"
#include "archiver/progress.h"
#include "archiver/sidecar.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *ingest_counts_json(const struct ingest_counts *counts) {
	json_t *json = json_object();
#define INGEST_COUNT(name, text) json_object_set_new(json, #name, json_integer((json_int_t)counts->name));
#include "archiver/ingest_count.def"
#undef INGEST_COUNT
	return json;
}

struct walk {
	struct ingest *ingest;
	struct progress *progress;
	size_t below; /* length of the spool's path and a slash; 0 elsewhere */
	/* Signatures whose content was not met yet: {path, content}. */
	struct held {
		char *path, *content;
	} * held;
	size_t held_count, held_cap;
};

/* ---- one thing that was found ---- */

static int leave(struct ingest *ing, const char *path, size_t relative, enum intake_outcome outcome, const char *why) {
	if (ingest_make_room(ing, path)) return -1;
	struct intake_item *item = ingest_new_item(ing, path, relative);
	item->outcome = outcome;
	item->message = spool_printable(why);
	return 0;
}

static int take_file(struct walk *w, const char *path) {
	if (ingest_make_room(w->ingest, path)) return -1;
	return ingest_take(w->ingest, ingest_new_item(w->ingest, path, w->below));
}

/* A signature whose content lies beside it is held back until that was met. */
static bool hold(struct walk *w, const char *path) {
	char *content = content_beside(path);
	if (!content || ingest_has(w->ingest, content) || w->held_count >= LIMIT_HELD_SIGNATURES) {
		free(content);
		return false;
	}
	ARRAY_GROW(w->held, w->held_count, w->held_cap);
	w->held[w->held_count++] = (struct held){xstrdup(path), content};
	return true;
}

/* Takes the held signatures of the file at `path` (NULL: all), those of signatures after them. */
static int release(struct walk *w, const char *path) {
	int rc = 0;
	for (size_t i = 0; i < w->held_count && !rc;) {
		if (path && strcmp(w->held[i].content, path) != 0) {
			i++;
			continue;
		}
		struct held held = w->held[i];
		memmove(&w->held[i], &w->held[i + 1], (--w->held_count - i) * sizeof *w->held);
		rc = take_file(w, held.path);
		if (!rc && path) rc = release(w, held.path);
		free(held.path);
		free(held.content);
		if (path) i = 0;
	}
	return rc;
}

/* Why, without the name that stands before it anyway. */
static const char *bare_reason(const char *text, const char *path) {
	size_t n = strlen(path);
	return !strncmp(text, path, n) && !strncmp(text + n, ": ", 2) ? text + n + 2 : text;
}

static int found(void *user, const char *path, enum spool_kind kind, const struct error *why) {
	struct walk *w = user;
	struct ingest *ing = w->ingest;
	static const char *const reasons[] = {
		[SPOOL_LINK] = "a symbolic link is not followed",
		[SPOOL_SPECIAL] = "not a file",
		[SPOOL_HIDDEN] = "its name starts with a dot, as of a file being written",
		[SPOOL_TOO_DEEP] = "too many folders above it",
	};
	progress_step(w->progress, ing->counts->files + ing->count);
	/* A sidecar is moved with its document, which comes before it. */
	if (kind == SPOOL_VANISHED && w->below && sidecar_name(path)) return 0;
	if (kind == SPOOL_VANISHED) return leave(ing, path, w->below, INTAKE_FAILED, "vanished before it was read");
	if (kind == SPOOL_UNREADABLE) return leave(ing, path, w->below, INTAKE_FAILED, bare_reason(why->text, path));
	if (kind != SPOOL_FILE) {
		/* What waits is no finding; a link or a pipe will wait for ever. */
		if (kind != SPOOL_HIDDEN) app_worsen(ing->app, w->below ? EXIT_FINDINGS : EXIT_UNUSABLE);
		return leave(ing, path, w->below, INTAKE_LEFT, reasons[kind]);
	}
	if (sidecar_name(path)) {
		if (sidecar_has_document(path)) return 0;
		app_worsen(ing->app, w->below ? EXIT_FINDINGS : EXIT_UNUSABLE);
		return leave(ing, path, w->below, INTAKE_LEFT, "metadata without a document beside it");
	}
	if (hold(w, path)) return 0;
	return take_file(w, path) ? -1 : release(w, path);
}

/* ---- where documents come from ---- */

static int from_path(struct walk *w, const char *path) {
	struct error why = {0};
	size_t len = strlen(path);
	if (len >= LIMIT_NAME_BYTES) return leave(w->ingest, path, 0, INTAKE_FAILED, "the name is too long");
	enum spool_kind kind = spool_kind_of(path, &why);
	if (kind == SPOOL_VANISHED) return leave(w->ingest, path, 0, INTAKE_FAILED, "there is no such file");
	if (kind != SPOOL_FOLDER) return found(w, path, kind, &why);
	char *folder = xstrdup(path);
	while (len > 1 && folder[len - 1] == '/') folder[--len] = 0;
	int rc = spool_walk(folder, found, w);
	free(folder);
	return rc;
}

static int from_list(struct walk *w, FILE *list, bool null_separated) {
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = 0;
	while (!rc && (n = getdelim(&line, &cap, null_separated ? 0 : '\n', list)) > 0) {
		if (line[n - 1] == (null_separated ? 0 : '\n')) line[n - 1] = 0;
		if (*line) rc = from_path(w, line);
	}
	if (!rc && ferror(list)) rc = error_set(w->ingest->err, ERROR_IO, "standard input: could not be read");
	free(line);
	return rc;
}

static int from_everywhere(struct ingest *ing) {
	const struct ingest_options *o = ing->options;
	struct walk w = {.ingest = ing, .progress = progress_start(ing->app, N_("Taking in"), 0)};
	int rc = 0;
	for (size_t i = 0; i < o->count && !rc; i++) rc = from_path(&w, o->paths[i]);
	if (!rc && o->list) rc = from_list(&w, o->list, o->null_separated);
	if (!rc && !o->count && !o->list) {
		w.below = strlen(ing->in) + 1;
		rc = spool_walk(ing->in, found, &w);
	}
	if (!rc) rc = release(&w, NULL);
	if (!rc) rc = ingest_flush(ing);
	if (!rc) rc = ingest_judge_again(ing);
	for (size_t i = 0; i < w.held_count; i++) free(w.held[i].path), free(w.held[i].content);
	free(w.held);
	progress_end(w.progress);
	return rc;
}

/* ---- beginning and end ---- */

/* Records that a dead run left pending are judged first; their sources are met on the way. */
static int finish_dead_run(struct ingest *ing) {
	uint64_t *numbers = xcalloc(ing->taken_count + 1, sizeof *numbers);
	size_t count = 0;
	int rc = 0;
	for (size_t i = 0; i < ing->taken_count && !rc; i++) {
		struct record_row row = {0};
		bool seen = !ing->taken[i].number;
		for (size_t k = 0; k < count; k++) seen = seen || numbers[k] == ing->taken[i].number;
		if (seen) continue;
		rc = records_get(ing->app->store, ing->taken[i].number, &row, ing->err) < 0 ? -1 : 0;
		if (!rc && row.number && row.state == RECORD_PENDING) numbers[count++] = ing->taken[i].number;
		record_row_dispose(&row);
	}
	if (!rc && !ing->options->defer) rc = ingest_judge(ing, numbers, count);
	for (size_t i = 0; i < ing->judged_count; i++) intake_judged_dispose(&ing->judged[i]);
	free(ing->judged);
	ing->judged = NULL;
	ing->judged_count = 0;
	free(numbers);
	return rc;
}

static int close_list(struct ingest *ing) {
	if (!ing->listed) return 0;
	ingest_left_end(ing, !ing->options->count && !ing->options->list);
	ing->batch = store_begin(ing->app->store, ing->app->now);
	ingest_left_write(ing);
	struct batch *batch = ing->batch;
	ing->batch = NULL;
	return batch_commit(batch, ing->err);
}

static int begin(struct ingest *ing) {
	if (app_open_store(ing->app, STORE_WRITE, ing->err)) return -1;
	ing->limit = (size_t)conf_number(ing->app->conf, CONF_ingest_batch);
	ing->in = app_path(ing->app, "spool/in");
	ing->done = app_path(ing->app, "spool/done");
	ing->refused = app_path(ing->app, "spool/refused");
	ing->outbox = app_path(ing->app, "spool/outbox");
	intake_begin(&ing->intake, ing->app);
	if (fixity_begin(&ing->fixity, ing->app->store, ing->err) || ingest_left_read(ing)) return -1;
	return finish_dead_run(ing);
}

static void end(struct ingest *ing) {
	batch_abort(ing->batch);
	intake_judge_stop(ing->judge);
	fixity_end(&ing->fixity);
	intake_end(&ing->intake);
	for (size_t i = 0; i < ing->count; i++) intake_item_dispose(&ing->items[i]);
	free(ing->items);
	free(ing->taken);
	free(ing->again);
	free(ing->in);
	free(ing->done);
	free(ing->refused);
	free(ing->outbox);
}

int ingest_run(struct app *app, const struct ingest_options *options, struct ingest_counts *counts, struct error *err) {
	struct ingest ing = {.app = app, .options = options, .counts = counts, .err = err};
	*counts = (struct ingest_counts){0};
	int rc = begin(&ing);
	if (!rc) rc = from_everywhere(&ing) ? -1 : 0;
	if (!rc) rc = close_list(&ing);
	end(&ing);
	return rc;
}
