#include "archiver/run_record.h"

#include "archiver/log.h"
#include "archiver/spool.h"
#include "base/mem.h"

#include <stdlib.h>
#include <time.h>

struct run_record {
	const struct app *app;
	time_t started; /* of the monotonic clock */
	json_t *steps;
};

static time_t monotonic_seconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

struct run_record *run_record_new(const struct app *app) {
	struct run_record *r = xcalloc(1, sizeof *r);
	r->app = app;
	r->started = monotonic_seconds();
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
		"seconds", (json_int_t)(monotonic_seconds() - r->started), "status", r->app->status, "steps", r->steps);
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
