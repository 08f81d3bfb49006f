#include "archiver/run_record.h"

#include "archiver/log.h"
#include "archiver/spool.h"
#include "base/mem.h"

#include <stdlib.h>

struct run_record {
	const struct app *app;
	int64_t started; /* in milliseconds of the monotonic clock */
	json_t *steps;
};

struct run_record *run_record_new(const struct app *app) {
	struct run_record *r = xcalloc(1, sizeof *r);
	r->app = app;
	r->started = app_milliseconds();
	r->steps = json_array();
	return r;
}

void run_record_free(struct run_record *r) {
	if (!r) return;
	json_decref(r->steps);
	free(r);
}

void run_record_step(struct run_record *r, const char *step, int status, json_t *counts, const struct error *err) {
	char number[24], *dump = counts ? json_dumps(counts, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	char *why = err && err->code != ERROR_NONE ? spool_printable(err->text) : NULL;
	log_event(status >= EXIT_DAMAGE ? LOG_ERROR_LEVEL : LOG_INFO_LEVEL, "step", "step", step, "status",
		  log_number((uint64_t)status, number), "counts", dump, "error", why, NULL);
	json_array_append_new(r->steps, json_pack("{s:s, s:i, s:s*, s:o*}", "step", step, "status", status, "error",
						  why, "counts", counts));
	free(dump);
	free(why);
}

char *run_record_text(const struct run_record *r) {
	char start[UTIME_TEXT_MAX];
	json_t *json = json_pack(
		"{s:s, s:s, s:I, s:i, s:O}", "command", r->app->command, "start", utime_text(r->app->now, start),
		"seconds", (json_int_t)((app_milliseconds() - r->started) / 1000), "status", r->app->status, "steps", r->steps);
	char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(json);
	return text;
}

void run_record_put(const struct run_record *r, struct batch *batch) {
	char *text = run_record_text(r);
	batch_note(batch, "run", text);
	free(text);
}

int run_record_commit(const struct run_record *r, struct error *err) {
	struct batch *batch = store_begin(r->app->store, r->app->now);
	run_record_put(r, batch);
	return batch_commit(batch, err);
}

int run_record_close(struct run_record *r, struct app *app, const char *step, int rc, json_t *counts, struct error *err) {
	if (rc) app_worsen(app, error_exit_status(err->code));
	run_record_step(r, step, app->status, counts, err);
	if (!rc) rc = run_record_commit(r, err);
	else if (err->code != ERROR_NO_SPACE) run_record_commit(r, &(struct error){0});
	run_record_free(r);
	return rc;
}
