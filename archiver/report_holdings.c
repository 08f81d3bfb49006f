#include "archiver/report_model.h"

#include "archiver/drill.h"
#include "archiver/report_copies.h"
#include "archiver/rotation.h"
#include "archiver/scrub.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <stdlib.h>
#include <string.h>

#define STEP 256 /* records looked up between two looks at the catalogue */

struct scan {
	struct app *app;
	utime from, to;
	json_t *states, *checks, *verdicts;
	utime oldest;
	uint64_t oldest_record;
	struct report_copies *copies;
};

/* One counter for each pair of indication and sub-indication. */
static void count_verdict(json_t *verdicts, const char *indication, const char *sub) {
	size_t i;
	json_t *row;
	json_array_foreach(verdicts, i, row) {
		if (strcmp(model_text(row, "indication"), indication) || strcmp(model_text(row, "sub_indication"), sub)) continue;
		model_count(row, "records", 1);
		return;
	}
	json_array_append_new(verdicts, json_pack("{s:s,s:s,s:i}", "indication", indication, "sub_indication", sub, "records", 1));
}

static void count_checks(struct scan *s, const struct record_row *row) {
	model_count(s->checks, "held", 1);
	if (row->state == RECORD_REFUSED) {
		model_count(s->checks, "not_due", 1); /* kept as proof of the refusal; not judged again */
		return;
	}
	if (row->verified == UTIME_NONE) model_count(s->checks, "never", 1);
	else if (row->verified >= s->from && row->verified < s->to) model_count(s->checks, "checked", 1);
	/* What this very run found to be due waits for the next one, and nobody is late. */
	if (row->due != UTIME_NONE && row->due < s->app->now) model_count(s->checks, "overdue", 1);
	if (row->verified != UTIME_NONE && (s->oldest == UTIME_NONE || row->verified < s->oldest)) {
		s->oldest = row->verified;
		s->oldest_record = row->number;
	}
	bool passed = !strcmp(row->indication, "TOTAL-PASSED");
	if (row->verified != UTIME_NONE && row->verified >= s->from && row->verified < s->to) model_count(s->checks, passed ? "passed" : "not_passed", 1);
}

static void count_record(struct scan *s, const struct record_row *row) {
	model_count(s->states, record_state_name(row->state), 1);
	count_verdict(s->verdicts, *row->indication ? row->indication : "not judged", row->sub_indication);
	count_checks(s, row);
	report_copies_count(s->copies, row);
}

static int scan_records(struct scan *s, struct error *err) {
	uint64_t numbers[STEP], after = 0;
	int n;
	while ((n = records_list(s->app->store, after, numbers, STEP, err)) > 0) {
		for (int i = 0; i < n; i++) {
			struct record_row row = {0};
			if (records_get(s->app->store, numbers[i], &row, err) < 0) return -1;
			count_record(s, &row);
			record_row_dispose(&row);
		}
		after = numbers[n - 1];
	}
	return n;
}

static int by_size(const void *a, const void *b) {
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	json_int_t m = model_number(x, "records"), n = model_number(y, "records");
	if (m != n) return m < n ? 1 : -1;
	int c = strcmp(model_text(x, "indication"), model_text(y, "indication"));
	return c ? c : strcmp(model_text(x, "sub_indication"), model_text(y, "sub_indication"));
}

static json_t *sorted(json_t *array) {
	size_t n = json_array_size(array);
	json_t **rows = xcalloc(n + 1, sizeof(json_t *)), *out = json_array();
	for (size_t i = 0; i < n; i++) rows[i] = json_array_get(array, i);
	if (n) qsort(rows, n, sizeof(json_t *), by_size);
	for (size_t i = 0; i < n; i++) json_array_append(out, rows[i]);
	free(rows);
	json_decref(array);
	return out;
}

/* Objects that were last seen missing or damaged; they stay here until they are seen good again. */
static int add_damages(struct app *app, json_t *report, json_t *checks, struct error *err) {
	struct damage_row *rows = NULL;
	size_t count = 0;
	if (store_damages(app->store, &rows, &count, err)) return -1;
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		char id[OBJECT_ID_TEXT_MAX], when[UTIME_TEXT_MAX];
		uint64_t number = 0;
		if (records_by_object(app->store, &rows[i].id, &number, err) < 0) break;
		bool accepted = store_loss_is_accepted(app->store, &rows[i].id);
		model_count(checks, accepted ? "accepted" : object_state_name(rows[i].state), 1);
		if (i < LIMIT_REPORT_ROWS)
			json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:I}", "object", object_id_text(&rows[i].id, id), "state",
			                                      accepted ? "lost" : object_state_name(rows[i].state), "when", utime_text(rows[i].when, when),
			                                      "detail", rows[i].detail, "record", (json_int_t)number));
	}
	for (size_t i = 0; i < count; i++) damage_row_dispose(&rows[i]);
	free(rows);
	json_object_set_new(report, "damages", json_pack("{s:I,s:o}", "total", (json_int_t)count, "rows", list));
	return err->code ? -1 : 0;
}

struct lost {
	struct app *app;
	json_t *rows;
	json_int_t total;
};

static int add_lost(void *user, const char *name, const char *value) {
	struct lost *l = user;
	struct object_id id;
	struct record_row record = {0};
	uint64_t number = 0;
	char text[OBJECT_ID_TEXT_MAX];
	json_t *told = json_loads(value, 0, NULL);
	l->total++;
	if (l->total <= LIMIT_REPORT_ROWS && object_id_parse(name + strlen(LOST_PREFIX), &id)) {
		json_t *row = json_pack("{s:s, s:s}", "object", object_id_text(&id, text), "when", model_text(told, "when"));
		if (records_by_object(l->app->store, &id, &number, NULL) == 1 && records_get(l->app->store, number, &record, NULL) == 1) {
			json_object_set_new(row, "record", json_integer((json_int_t)number));
			json_object_set_new(row, "file", json_string(record.name));
		}
		json_array_append_new(l->rows, row);
		record_row_dispose(&record);
	}
	json_decref(told);
	return 0;
}

/* What no copy has whole, until it is found or somebody decides. */
static int add_losses(struct app *app, json_t *report, struct error *err) {
	struct lost l = {app, json_array(), 0};
	int rc = store_each_value(app->store, LOST_PREFIX, add_lost, &l, err);
	json_object_set_new(report, "lost", json_pack("{s:I,s:o}", "total", l.total, "rows", l.rows));
	return rc;
}

struct bad_packs {
	json_t *rows;
	json_int_t total;
};

static int add_bad_pack(void *user, const char *name, const char *value) {
	struct bad_packs *b = user;
	json_t *row = json_loads(value, 0, NULL);
	b->total++;
	if (!row) row = json_object();
	json_object_set_new(row, "pack", json_string(name + strlen(SCRUB_BAD_PACK)));
	if (b->total <= LIMIT_REPORT_ROWS) json_array_append(b->rows, row);
	json_decref(row);
	return 0;
}

static int add_packs(struct app *app, json_t *report, struct error *err) {
	struct bad_packs b = {json_array(), 0};
	int rc = store_each_value(app->store, SCRUB_BAD_PACK, add_bad_pack, &b, err);
	json_object_set_new(report, "bad_packs", json_pack("{s:I,s:o}", "total", b.total, "rows", b.rows));
	return rc;
}

static json_t *totals_part(const struct store_totals *t) {
	json_t *kinds = json_array();
	for (int k = 0; k < OBJECT_KINDS; k++)
		if (t->by_kind[k])
			json_array_append_new(kinds, json_pack("{s:s,s:I,s:I}", "kind", object_kind_name((enum object_kind)k), "objects",
			                                       (json_int_t)t->by_kind[k], "bytes", (json_int_t)t->bytes_by_kind[k]));
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o}", "records", (json_int_t)t->records, "objects", (json_int_t)t->objects, "bytes",
	                 (json_int_t)t->object_bytes, "packs", (json_int_t)t->packs, "pack_bytes", (json_int_t)t->pack_bytes, "kinds", kinds);
}

int report_add_holdings(struct app *app, utime from, utime to, json_t *report, struct error *err) {
	static const char *const zero[] = {"held", "never", "checked", "passed", "not_passed", "overdue", "not_due", "missing", "damaged", "accepted"};
	struct store_totals totals;
	struct scan s = {app, from, to, json_object(), json_object(), json_array(), UTIME_NONE, 0, NULL};
	char text[UTIME_TEXT_MAX];
	for (size_t i = 0; i < ARRAY_LEN(zero); i++) model_count(s.checks, zero[i], 0);
	int rc = store_totals(app->store, &totals, err) || !(s.copies = report_copies_new(app, err)) || scan_records(&s, err) ||
	                 add_damages(app, report, s.checks, err) || add_losses(app, report, err) || add_packs(app, report, err)
	             ? -1
	             : 0;
	json_t *copies = report_copies_take(s.copies);
	if (copies) json_object_set_new(report, "copies", copies);
	if (!rc) json_object_set_new(report, "holdings", totals_part(&totals));
	json_object_set_new(s.checks, "oldest", s.oldest == UTIME_NONE ? json_null() : json_string(utime_text(s.oldest, text)));
	json_object_set_new(s.checks, "oldest_record", json_integer((json_int_t)s.oldest_record));
	json_object_set_new(report, "states", s.states);
	json_object_set_new(report, "checks", s.checks);
	json_object_set_new(report, "verdicts", sorted(s.verdicts));
	return rc;
}

/* When a restore test passed last, and whether the next is overdue. */
static int add_drill(struct app *app, json_t *report, struct error *err) {
	struct drill_state state;
	char last[UTIME_TEXT_MAX], due[UTIME_TEXT_MAX];
	if (drill_state(app, &state, err)) return -1;
	json_object_set_new(report, "drill", json_pack("{s:s,s:s,s:s,s:i,s:s,s:b,s:b}", "last", utime_text(state.last, last), "due", utime_text(state.due, due),
	                                               "medium", state.medium, "overdue", drill_is_due(app, &state), "connect", state.connect,
	                                               "connect_away", state.connect_away, "connect_encrypted", state.connect_encrypted));
	return 0;
}

/* What the policy of rotation wants and what there is. */
static int add_rotation(struct app *app, json_t *report, struct error *err) {
	struct ledger ledger;
	if (ledger_read(app, &ledger, err)) return -1;
	json_t *shortfalls = rotation_shortfalls(app, &ledger), *next = rotation_next(app, &ledger);
	json_object_set_new(report, "protection", json_pack("{s:I,s:o}", "total", (json_int_t)json_array_size(shortfalls), "rows", shortfalls));
	json_object_set_new(report, "media_next", json_pack("{s:I,s:o}", "total", (json_int_t)json_array_size(next), "rows", next));
	ledger_dispose(&ledger);
	return 0;
}

int report_add_media(struct app *app, json_t *report, struct error *err) {
	struct medium_row *rows = NULL;
	size_t count = 0, never = 0;
	if (store_media(app->store, &rows, &count, err)) return -1;
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		char written[UTIME_TEXT_MAX], verified[UTIME_TEXT_MAX];
		never += rows[i].written == UTIME_NONE;
		json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "label", rows[i].label, "path", rows[i].path, "written",
		                        utime_text(rows[i].written, written), "verified", utime_text(rows[i].verified, verified), "bytes",
		                        (json_int_t)rows[i].bytes, "generation", (json_int_t)rows[i].generation);
		if (row) json_array_append_new(list, row);
		medium_row_dispose(&rows[i]);
	}
	free(rows);
	if (add_drill(app, report, err) || add_rotation(app, report, err)) {
		json_decref(list);
		return -1;
	}
	json_object_set_new(report, "media", json_pack("{s:I,s:I,s:o}", "never_written", (json_int_t)never, "total", (json_int_t)count, "rows", list));
	return 0;
}
