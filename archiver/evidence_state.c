#include "archiver/evidence_state.h"

#include "archiver/evidence_private.h"
#include "archiver/record_objects.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static void set_time(json_t *to, const char *key, utime when) {
	char text[UTIME_TEXT_MAX];
	json_object_set_new(to, key, when == UTIME_NONE ? json_null() : json_string(utime_text(when, text)));
}

static void set_id(json_t *to, const char *key, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	json_object_set_new(to, key, json_string(strchr(object_id_text(id, text), ':') + 1));
}

/* Each once, in the order in which they came. */
static void add_once(json_t *list, const char *text) {
	const json_t *value;
	size_t i;
	if (!text || !*text) return;
	json_array_foreach(list, i, value) if (!strcmp(json_string_value(value), text)) return;
	json_array_append_new(list, json_string(text));
}

static const char *who(const struct evidence_stamp *s) {
	return s->name && *s->name ? s->name : s->url;
}

static void set_next(json_t *row, const struct evidence_next *next) {
	set_time(row, "until", next->until);
	set_time(row, "renew_by", next->due);
	json_object_set_new(row, "renewal", json_string(next->until == UTIME_NONE ? "" : evidence_kind_name(next->kind)));
	json_object_set_new(row, "limit", json_string(next->limit ? next->limit : ""));
	json_object_set_new(row, "detail", json_string(next->detail ? next->detail : ""));
}

static json_t *row_of(const struct evidence *e, unsigned series, const struct evidence_parts *parts) {
	const struct evidence_stamp *first = parts->items[0].stamp, *last = parts->items[parts->count - 1].stamp, *begin = first;
	json_t *digests = json_array(), *authorities = json_array();
	for (size_t i = 0; i < parts->count; i++) {
		const struct evidence_stamp *s = parts->items[i].stamp;
		add_once(digests, digest_name(s->alg));
		add_once(authorities, who(s));
		if (s->kind != EVIDENCE_RENEWAL) begin = s;
	}
	json_t *row = json_pack("{s:i, s:s, s:o, s:s?, s:o, s:I, s:I}", "series", (int)series, "digest", digest_name(last->alg), "digests",
				digests, "authority", last->url, "authorities", authorities, "chains",
				(json_int_t)parts->chains, "timestamps", (json_int_t)parts->count);
	set_time(row, "from", first->gen_time);
	set_time(row, "renewed", last->gen_time);
	const struct evidence_next next = evidence_next(e, begin);
	set_next(row, &next);
	return row;
}

int evidence_state_object(struct evidence *e, const struct object_id *id, unsigned series, json_t **row,
			  struct error *err) {
	struct evidence_parts parts = {.stamps_only = true};
	int rc = evidence_parts_of(e, id, series, &parts, err);
	*row = rc > 0 ? row_of(e, series, &parts) : NULL;
	evidence_parts_dispose(&parts);
	return rc;
}

/* ---- a record ---- */

struct shown {
	struct evidence *e;
	json_t *rows, *seen;
	json_int_t covered, damaged;
	bool more;
};

static int add_object(void *user, const struct object_id *id, const char *what, struct error *err) {
	struct shown *s = user;
	char text[OBJECT_ID_TEXT_MAX];
	object_id_text(id, text);
	if (json_object_get(s->seen, text)) return 0;
	if (json_array_size(s->rows) == LIMIT_SHOWN_ROWS) return s->more = true;
	json_object_set_new(s->seen, text, json_true());
	json_t *row = json_pack("{s:s}", "what", what), *records = json_array();
	bool damaged = false;
	set_id(row, "object", id);
	json_object_set_new(row, "records", records);
	json_array_append_new(s->rows, row);
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		struct error own = {0};
		json_t *record = NULL;
		int rc = evidence_state_object(s->e, id, series, &record, &own);
		if (rc < 0 && own.code != ERROR_DAMAGED) return error_set(err, own.code, "%s", own.text);
		if (rc < 0) json_object_set_new(row, "error", json_string(own.text));
		damaged |= rc < 0;
		if (record) json_array_append_new(records, record);
	}
	s->covered += json_array_size(records) > 0;
	s->damaged += damaged;
	return 0;
}

/* rc: what the walk came to. */
static json_t *shown_end(struct shown *s, int rc) {
	json_int_t objects = (json_int_t)json_array_size(s->rows);
	json_decref(s->seen);
	if (rc < 0) {
		json_decref(s->rows);
		return NULL;
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:b, s:o}", "objects", objects, "covered", s->covered, "waiting",
			 objects - s->covered, "damaged", s->damaged, "more", s->more, "rows", s->rows);
}

json_t *evidence_state_record(struct evidence *e, const struct record_row *row, struct error *err) {
	struct shown s = {.e = e, .rows = json_array(), .seen = json_object()};
	return shown_end(&s, record_each_object(e->app->store, row, add_object, &s, err));
}

json_t *evidence_state_original(struct evidence *e, const struct object_id *id, struct error *err) {
	struct shown s = {.e = e, .rows = json_array(), .seen = json_object()};
	return shown_end(&s, add_object(&s, id, "original", err));
}

/* ---- everything ---- */

static int count_one(void *user, const struct object_info *info, struct error *err) {
	uint64_t *count = user;
	(void)info, (void)err;
	++*count;
	return 0;
}

/* Objects that were stored since the last round that has its token, and those that rounds had to leave out. */
static int count_waiting(struct evidence *e, unsigned series, uint64_t *tail, uint64_t *left_out, struct error *err) {
	uint32_t pack = 0;
	uint64_t offset = 0;
	char *name = evidence_left_out_name(series), *text = NULL;
	for (size_t i = 0; i < e->count; i++)
		if (e->stamps[i].kind == EVIDENCE_ROUND && e->stamps[i].series == series)
			pack = e->stamps[i].to_pack, offset = e->stamps[i].to_offset;
	*tail = *left_out = 0;
	int rc = store_value(e->app->store, name, &text, err);
	if (rc > 0) *left_out = (strlen(text) + 1) / SHA256_HEX;
	if (rc >= 0) rc = store_each_object(e->app->store, pack, offset, count_one, tail, err);
	free(name);
	free(text);
	return rc < 0 ? -1 : 0;
}

/* The chain that has to be renewed first; `overdue` counts those whose time has come. */
static struct evidence_next first_due(const struct evidence *e, unsigned series, json_int_t *chains, json_int_t *overdue,
				      json_int_t *ended) {
	struct evidence_next first = {UTIME_NONE, UTIME_NONE, EVIDENCE_RENEWAL, "", ""};
	for (size_t i = 0; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		if (s->series != series || !evidence_is_open(e, s)) continue;
		const struct evidence_next next = evidence_next(e, s);
		++*chains;
		if (next.until == UTIME_NONE) continue;
		*overdue += next.due <= e->app->now;
		*ended += next.until <= e->app->now;
		if (first.due == UTIME_NONE || next.due < first.due) first = next;
	}
	return first;
}

static json_t *series_of(struct evidence *e, unsigned series, uint64_t held, struct error *err) {
	uint64_t tail, left_out;
	json_int_t chains = 0, overdue = 0, ended = 0;
	if (count_waiting(e, series, &tail, &left_out, err)) return NULL;
	const struct evidence_next first = first_due(e, series, &chains, &overdue, &ended);
	uint64_t waiting = tail + left_out < held ? tail + left_out : held;
	enum digest_alg alg = evidence_alg(e, series);
	json_t *row = json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "series", (int)series, "digest",
				alg ? digest_name(alg) : "", "held", (json_int_t)held, "covered",
				(json_int_t)(chains ? held - waiting : 0), "waiting", (json_int_t)(chains ? waiting : held),
				"left_out", (json_int_t)left_out, "chains", chains, "overdue", overdue, "ended", ended);
	set_next(row, &first);
	return row;
}

static json_t *stamp_row(const struct evidence_stamp *s) {
	json_t *row = json_pack("{s:I, s:s, s:i, s:s, s:I, s:I, s:s?}", "number", (json_int_t)s->number, "kind",
				evidence_kind_name(s->kind), "series", (int)s->series, "digest", digest_name(s->alg),
				"leaves", (json_int_t)s->leaves, "chains", (json_int_t)s->cover_count, "authority", who(s));
	set_time(row, "when", s->gen_time);
	set_time(row, "until", s->until);
	return row;
}

/* Tokens of the period, and how many of each kind. */
static void add_period(const struct evidence *e, utime from, utime to, json_t *out) {
	json_int_t kinds[3] = {0}, total = 0;
	json_t *rows = json_array();
	for (size_t i = 0; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		if (s->gen_time < from || s->gen_time >= to) continue;
		kinds[s->kind]++;
		if (total++ < LIMIT_REPORT_ROWS) json_array_append_new(rows, stamp_row(s));
	}
	json_object_set_new(out, "rounds", json_integer(kinds[EVIDENCE_ROUND]));
	json_object_set_new(out, "renewals", json_integer(kinds[EVIDENCE_RENEWAL]));
	json_object_set_new(out, "rehashes", json_integer(kinds[EVIDENCE_REHASH]));
	json_object_set_new(out, "total", json_integer(total));
	json_object_set_new(out, "rows", rows);
}

/* Trees that are stored and have no token. */
static int count_trees(struct evidence *e, json_int_t *trees, struct error *err) {
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++)
		for (int kind = EVIDENCE_ROUND; kind <= EVIDENCE_REHASH; kind++) {
			struct evidence_stamp waiting;
			int rc = evidence_pending(e, series, (enum evidence_kind)kind, &waiting, err);
			if (rc < 0) return -1;
			if (rc) evidence_stamp_dispose(&waiting), ++*trees;
		}
	return 0;
}

json_t *evidence_state_archive(struct evidence *e, utime from, utime to, struct error *err) {
	struct store_totals totals;
	json_int_t trees = 0, overdue = 0, ended = 0;
	json_t *out = json_object(), *list = json_array(), *tokens = json_object();
	json_object_set_new(out, "series", list);
	json_object_set_new(out, "tokens", tokens);
	add_period(e, from, to, tokens);
	if (store_totals(e->app->store, &totals, err) || count_trees(e, &trees, err)) goto failed;
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		json_t *row = series_of(e, series, totals.objects, err);
		if (!row) goto failed;
		bool used = *json_string_value(json_object_get(row, "digest")) || json_integer_value(json_object_get(row, "chains"));
		overdue += json_integer_value(json_object_get(row, "overdue"));
		ended += json_integer_value(json_object_get(row, "ended"));
		if (used) json_array_append(list, row);
		json_decref(row);
	}
	json_object_set_new(out, "timestamps", json_integer((json_int_t)e->count));
	json_object_set_new(out, "trees_waiting", json_integer(trees));
	json_object_set_new(out, "overdue", json_integer(overdue));
	json_object_set_new(out, "ended", json_integer(ended));
	return out;
failed:
	json_decref(out);
	return NULL;
}
