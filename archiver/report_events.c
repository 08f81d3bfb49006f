#include "archiver/report_model.h"

#include "archiver/backup.h"
#include "archiver/extend_blocked.h"
#include "archiver/run_record.h"
#include "archiver/second_look.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <stdlib.h>
#include <string.h>

struct listing {
	json_t *rows;
	json_int_t total;
};

struct gather {
	struct app *app;
	utime from, to;
	json_t *intake, *days;
	struct listing changed, refused, drills, backups, mended, runs, exports, restores, repaired, revoked, metadata, unproven, released;
	json_int_t backups_failed, runs_failed, drills_failed;
	struct error *err;
};

static void add(struct listing *list, json_t *row) {
	list->total++;
	if (row && list->total <= LIMIT_REPORT_ROWS) json_array_append(list->rows, row);
	json_decref(row);
}

/* A row of what the event's JSON says, with time and record. */
static json_t *row_of(const struct event_row *event) {
	char when[UTIME_TEXT_MAX];
	json_t *row = json_loads(event->json, 0, NULL);
	if (!json_is_object(row)) {
		json_decref(row);
		row = json_object();
	}
	json_object_set_new(row, "when", json_string(utime_text(event->when, when)));
	if (event->number) json_object_set_new(row, "record", json_integer((json_int_t)event->number));
	return row;
}

/* The record's verdict at that time and the one before it; a first verdict is no change. */
static void verdict_event(struct gather *g, const struct event_row *event) {
	struct record_row record = {0};
	struct verdict_row now = {0}, before = {0};
	if (records_get(g->app->store, event->number, &record, g->err) != 1) return;
	for (uint32_t i = 0; i < record.verdicts; i++) {
		verdict_row_dispose(&before);
		before = now;
		now = (struct verdict_row){0};
		if (records_verdict(g->app->store, event->number, i, &now, g->err) != 1) break;
		if (!i || now.when != event->when) continue;
		/* Another report with the same result (a rule more, a date moved) is no changed verdict. */
		if (!strcmp(before.indication, now.indication) && !strcmp(before.sub_indication, now.sub_indication)) continue;
		char when[UTIME_TEXT_MAX];
		add(&g->changed, json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s}", "when", utime_text(event->when, when), "record",
		                           (json_int_t)event->number, "file", record.name, "before", before.indication, "before_sub",
		                           before.sub_indication, "after", now.indication, "after_sub", now.sub_indication));
	}
	verdict_row_dispose(&now);
	verdict_row_dispose(&before);
	record_row_dispose(&record);
}

static void count_day(struct gather *g, const struct event_row *event) {
	char date[UTIME_TEXT_MAX];
	model_count(g->days, utime_date_text(event->when, date), 1);
}

/* "ingest 0, verify 1": what each step of a run came to. */
static void summarise_steps(json_t *row) {
	struct buf text = {0};
	const json_t *step;
	size_t i;
	json_array_foreach(json_object_get(row, "steps"), i, step)
		buf_printf(&text, "%s%s %lld", i ? ", " : "", model_text(step, "step"), (long long)model_number(step, "status"));
	if (text.len) json_object_set_new(row, "outcome", json_string(buf_text(&text)));
	buf_dispose(&text);
}

/* What a run could not do for the evidence records: an authority that gave nothing, a time-stamp that no longer holds, objects
 * that are not whole, or the step itself. */
static void add_unproven(struct gather *g, const json_t *run) {
	static const char *const counts[] = {"waiting", "not_valid", "damaged"};
	const json_t *step;
	size_t i;
	json_array_foreach(json_object_get(run, "steps"), i, step) {
		if (strcmp(model_text(step, "step"), "evidence") || !model_number(step, "status")) continue;
		json_t *row = json_pack("{s:s, s:s}", "when", model_text(run, "when"), "error", model_text(step, "error"));
		for (size_t k = 0; k < ARRAY_LEN(counts); k++) {
			const json_t *value = json_object_get(json_object_get(step, "counts"), counts[k]);
			json_object_set_new(row, counts[k], json_integer(json_integer_value(value)));
		}
		add(&g->unproven, row);
	}
}

/* "3: 1, 2, 3": how many records, and the first of them. */
static void summarise_records(json_t *row, const char *key) {
	struct buf text = {0};
	char *to = xasprintf("%s_shown", key);
	const json_t *numbers = json_object_get(row, key), *number;
	size_t i;
	buf_printf(&text, "%zu", json_array_size(numbers));
	json_array_foreach(numbers, i, number) {
		if (i == 20) break; /* a person reads them; all are in the journal */
		buf_printf(&text, "%s%lld", i ? ", " : ": ", (long long)json_integer_value(number));
	}
	if (json_array_size(numbers) > 20) buf_add_text(&text, " ...");
	json_object_set_new(row, to, json_string(buf_text(&text)));
	buf_dispose(&text);
	free(to);
}

static void summarise_revoked(json_t *row) {
	static const char *const sides[] = {"before", "after", "unknown"};
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) summarise_records(row, sides[i]);
}

/* The night that makes this report, or one that died, is not an event yet: its steps so far are a value. */
static void run_under_way(struct gather *g) {
	char *text = NULL;
	utime start;
	json_t *row = store_value(g->app->store, RUN_UNDER_WAY, &text, g->err) == 1 ? json_loads(text, 0, NULL) : NULL;
	if (row && utime_parse(model_text(row, "start"), &start) && start >= g->from && start < g->to) {
		json_object_set(row, "when", json_object_get(row, "start"));
		json_object_set_new(row, "unfinished", json_true());
		summarise_steps(row);
		add_unproven(g, row);
		g->runs_failed += model_number(row, "status") >= EXIT_DAMAGE;
		add(&g->runs, json_incref(row));
	}
	json_decref(row);
	free(text);
}

static void note_event(struct gather *g, const struct event_row *event) {
	const struct {
		const char *type;
		struct listing *list;
		json_int_t *failed;
	} notes[] = {
		{"refused", &g->refused, NULL}, {"backup", &g->backups, NULL},   {"run", &g->runs, &g->runs_failed},
		{"export", &g->exports, NULL},  {"restored", &g->restores, NULL}, {"backup-failed", &g->backups, &g->backups_failed},
		{SECOND_LOOK_LIST, &g->revoked, NULL}, {EXTEND_RELEASED, &g->released, NULL}, {MEDIUM_MENDED, &g->mended, NULL},
		{"forked", &g->restores, NULL}, {"drill", &g->drills, NULL},     {"drill-failed", &g->drills, &g->drills_failed},
	};
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		if (strcmp(event->type, notes[i].type)) continue;
		json_t *row = row_of(event);
		if (notes[i].list == &g->runs) summarise_steps(row), add_unproven(g, row);
		if (notes[i].list == &g->revoked) summarise_revoked(row);
		if (notes[i].failed && (notes[i].list != &g->runs || model_number(row, "status") >= EXIT_DAMAGE)) ++*notes[i].failed;
		add(notes[i].list, row);
	}
}

static void state_event(struct gather *g, const struct event_row *event) {
	json_t *row = row_of(event);
	const char *state = model_text(row, "state");
	if (*state) model_count(g->intake, state, 1);
	json_decref(row);
}

static void object_event(struct gather *g, const struct event_row *event) {
	json_t *row = row_of(event);
	if (!strcmp(model_text(row, "state"), object_state_name(OBJECT_PRESENT))) add(&g->repaired, json_incref(row));
	json_decref(row);
}

static int visit(void *user, const struct event_row *event) {
	struct gather *g = user;
	if (event->when >= g->to) return 1;
	if (!strcmp(event->type, "record")) {
		model_count(g->intake, "received", 1);
		count_day(g, event);
	} else if (!strcmp(event->type, "receipt")) {
		model_count(g->intake, "receipts", 1);
	} else if (!strcmp(event->type, "verdict")) {
		model_count(g->intake, "judged", 1);
		verdict_event(g, event);
	} else if (!strcmp(event->type, "state")) {
		state_event(g, event);
	} else if (!strcmp(event->type, "object-state")) {
		object_event(g, event);
	} else {
		note_event(g, event);
	}
	return g->err->code != ERROR_NONE;
}

static void hand_over(json_t *report, const char *key, struct listing *list, json_int_t failed) {
	json_object_set_new(report, key, json_pack("{s:I,s:I,s:o}", "total", list->total, "failed", failed, "rows", list->rows));
}

int report_add_events(struct app *app, utime from, utime to, json_t *report, struct error *err) {
	struct gather g = {.app = app, .from = from, .to = to, .intake = json_object(), .days = json_object(), .err = err};
	struct {
		const char *key;
		struct listing *list;
		const json_int_t *failed;
	} parts[] = {{"changed", &g.changed, NULL},   {"refused", &g.refused, NULL},   {"backups", &g.backups, &g.backups_failed},
	             {"runs", &g.runs, &g.runs_failed}, {"exports", &g.exports, NULL}, {"restores", &g.restores, NULL},
	             {"repaired", &g.repaired, NULL}, {"revoked", &g.revoked, NULL},  {"evidence_failures", &g.unproven, NULL},
	             {"released", &g.released, NULL},
	             {"drills", &g.drills, &g.drills_failed}, {"mended", &g.mended, NULL}};
	uint64_t first = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) parts[i].list->rows = json_array();
	if (store_event_at(app->store, from, &first, err) >= 0) store_each_event(app->store, first, visit, &g, err);
	if (!err->code) run_under_way(&g);
	json_object_set_new(report, "intake", g.intake);
	json_object_set_new(report, "days", g.days);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) hand_over(report, parts[i].key, parts[i].list, parts[i].failed ? *parts[i].failed : 0);
	return err->code ? -1 : 0;
}
