#include "archiver/evidence_private.h"

#include "archiver/conf.h"
#include "archiver/json_get.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"round", "renewal", "rehash"};

const char *evidence_kind_name(enum evidence_kind kind) {
	return kinds[kind];
}

json_t *evidence_counts_json(const struct evidence_counts *counts) {
	json_t *json = json_object();
#define EVIDENCE_COUNT(name, text) json_object_set_new(json, #name, json_integer((json_int_t)counts->name));
#include "archiver/evidence_count.def"
#undef EVIDENCE_COUNT
	return json;
}

void evidence_stamp_dispose(struct evidence_stamp *stamp) {
	free(stamp->url);
	free(stamp->name);
	free(stamp->limit);
	free(stamp->detail);
	free(stamp->covers);
	*stamp = (struct evidence_stamp){0};
}

/* ---- stamps as text ---- */

static char *name_of(uint32_t number) {
	return xasprintf("evidence/stamp/%08" PRIu32, number);
}

static char *pending_name(unsigned series, enum evidence_kind kind) {
	return xasprintf("evidence/pending/%u/%s", series, kinds[kind]);
}

static void set_id(json_t *json, const char *key, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	json_object_set_new(json, key, json_string(object_id_text(id, text)));
}

static void set_time(json_t *json, const char *key, utime when) {
	char text[UTIME_TEXT_MAX];
	if (when != UTIME_NONE) json_object_set_new(json, key, json_string(utime_text(when, text)));
}

/* Nothing for what is not known, as in values of before these were kept. */
static void set_text(json_t *json, const char *key, const char *text) {
	if (text && *text) json_object_set_new(json, key, json_string(text));
}

static char *stamp_text(const struct evidence_stamp *s) {
	char hex[SHA256_HEX];
	json_t *json = json_pack("{s:s, s:i, s:s, s:I}", "kind", kinds[s->kind], "series", (int)s->series, "digest",
				 digest_name(s->alg), "leaves", (json_int_t)s->leaves);
	set_id(json, "tree", &s->tree);
	if (!object_id_is_zero(&s->token)) {
		set_id(json, "token", &s->token);
		set_time(json, "gen_time", s->gen_time);
		set_time(json, "until", s->until);
		set_time(json, "digest_until", s->digest_until);
		json_object_set_new(json, "authority", json_string(hex_encode(s->authority, SHA256_SIZE, hex)));
		json_object_set_new(json, "url", json_string(s->url ? s->url : ""));
		set_text(json, "name", s->name);
		set_text(json, "limit", s->limit);
		set_text(json, "detail", s->detail);
	}
	if (s->kind == EVIDENCE_ROUND)
		json_object_set_new(json, "to", json_pack("[I, I]", (json_int_t)s->to_pack, (json_int_t)s->to_offset));
	json_t *covers = json_array();
	for (size_t i = 0; i < s->cover_count; i++) json_array_append_new(covers, json_integer(s->covers[i]));
	if (s->kind != EVIDENCE_ROUND) json_object_set(json, "covers", covers);
	json_decref(covers);
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

static utime time_of(const json_t *json, const char *key) {
	utime when;
	return utime_parse(text_at(json, key), &when) ? when : UTIME_NONE;
}

static bool read_stamp(const char *text, struct evidence_stamp *s) {
	json_t *json = json_loads(text, 0, NULL);
	const json_t *covers = json_object_get(json, "covers"), *to = json_object_get(json, "to");
	bool known = false;
	*s = (struct evidence_stamp){0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(text_at(json, "kind"), kinds[i])) s->kind = (enum evidence_kind)i, known = true;
	s->series = (unsigned)json_integer_value(json_object_get(json, "series"));
	s->alg = digest_from_name(text_at(json, "digest"));
	s->leaves = (uint64_t)json_integer_value(json_object_get(json, "leaves"));
	known = known && s->series && s->alg && object_id_parse(text_at(json, "tree"), &s->tree);
	if (object_id_parse(text_at(json, "token"), &s->token)) {
		s->gen_time = time_of(json, "gen_time");
		s->until = time_of(json, "until");
		s->digest_until = time_of(json, "digest_until");
		known = known && hex_decode(text_at(json, "authority"), s->authority, SHA256_SIZE);
		s->url = xstrdup(text_at(json, "url"));
		s->name = xstrdup(text_at(json, "name"));
		s->limit = xstrdup(text_at(json, "limit"));
		s->detail = xstrdup(text_at(json, "detail"));
	}
	s->to_pack = (uint32_t)json_integer_value(json_array_get(to, 0));
	s->to_offset = (uint64_t)json_integer_value(json_array_get(to, 1));
	s->cover_count = json_array_size(covers);
	s->covers = xcalloc(s->cover_count + 1, sizeof *s->covers);
	for (size_t i = 0; i < s->cover_count; i++)
		s->covers[i] = (uint32_t)json_integer_value(json_array_get(covers, i));
	json_decref(json);
	if (!known) evidence_stamp_dispose(s);
	return known;
}

/* ---- in the store ---- */

static int read_value(struct evidence *e, char *name, struct evidence_stamp *stamp, struct error *err) {
	char *text = NULL;
	int rc = store_value(e->app->store, name, &text, err);
	if (rc > 0 && !read_stamp(text, stamp)) rc = error_set(err, ERROR_DAMAGED, "%s: not a time-stamp's value", name);
	free(text);
	free(name);
	return rc;
}

int evidence_load(struct evidence *e, struct error *err) {
	struct evidence_stamp stamp;
	int rc;
	while ((rc = read_value(e, name_of((uint32_t)e->count + 1), &stamp, err)) > 0) {
		stamp.number = (uint32_t)e->count + 1;
		evidence_keep(e, &stamp);
	}
	return rc;
}

void evidence_keep(struct evidence *e, const struct evidence_stamp *stamp) {
	ARRAY_GROW(e->stamps, e->count, e->cap);
	e->stamps[e->count++] = *stamp;
}

void evidence_update_stamp(struct batch *batch, const struct evidence_stamp *stamp) {
	char *name = name_of(stamp->number), *text = stamp_text(stamp);
	batch_set_value(batch, name, text);
	free(name);
	free(text);
}

void evidence_put_stamp(struct batch *batch, const struct evidence *e, struct evidence_stamp *stamp) {
	stamp->number = (uint32_t)e->count + 1;
	evidence_update_stamp(batch, stamp);
}

int evidence_pending(struct evidence *e, unsigned series, enum evidence_kind kind, struct evidence_stamp *stamp,
		     struct error *err) {
	return read_value(e, pending_name(series, kind), stamp, err);
}

void evidence_put_pending(struct batch *batch, const struct evidence_stamp *stamp) {
	char *name = pending_name(stamp->series, stamp->kind), *text = stamp_text(stamp);
	batch_set_value(batch, name, text);
	free(name);
	free(text);
}

void evidence_clear_pending(struct batch *batch, const struct evidence_stamp *stamp) {
	char *name = pending_name(stamp->series, stamp->kind);
	batch_set_value(batch, name, "");
	free(name);
}

/* ---- chains ---- */

static int by_number(const void *a, const void *b) {
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

bool evidence_covers(const struct evidence_stamp *by, const struct evidence_stamp *begin) {
	return by->series == begin->series &&
	       bsearch(&begin->number, by->covers, by->cover_count, sizeof *by->covers, by_number);
}

const struct evidence_stamp *evidence_closed_by(const struct evidence *e, const struct evidence_stamp *begin) {
	for (size_t i = begin->number; i < e->count; i++)
		if (e->stamps[i].kind == EVIDENCE_REHASH && evidence_covers(&e->stamps[i], begin)) return &e->stamps[i];
	return NULL;
}

bool evidence_is_open(const struct evidence *e, const struct evidence_stamp *s) {
	return s->kind != EVIDENCE_RENEWAL && !evidence_closed_by(e, s);
}

const struct evidence_stamp *evidence_newest(const struct evidence *e, const struct evidence_stamp *begin) {
	for (size_t i = e->count; i > begin->number; i--)
		if (e->stamps[i - 1].kind == EVIDENCE_RENEWAL && evidence_covers(&e->stamps[i - 1], begin))
			return &e->stamps[i - 1];
	return begin;
}

struct evidence_next evidence_next(const struct evidence *e, const struct evidence_stamp *begin) {
	const struct evidence_stamp *newest = evidence_newest(e, begin);
	const struct evidence_next stamp = {newest->until, evidence_due(e, newest->gen_time, newest->until), EVIDENCE_RENEWAL,
					    newest->limit, newest->detail};
	const struct evidence_next digest = {newest->digest_until, evidence_due(e, begin->gen_time, newest->digest_until),
					     EVIDENCE_REHASH, "algorithm", digest_name(begin->alg)};
	if (digest.until == UTIME_NONE) return stamp;
	return stamp.until == UTIME_NONE || digest.until < stamp.until ? digest : stamp;
}

enum digest_alg evidence_alg(const struct evidence *e, unsigned series) {
	return digest_from_name(conf_text(e->app->conf, series == 1 ? CONF_evidence_digest : CONF_evidence_second));
}

void evidence_worth_dispose(struct evidence_worth *worth) {
	free(worth->why);
	free(worth->name);
	free(worth->limit);
	free(worth->detail);
	*worth = (struct evidence_worth){0};
}

/* ---- life ---- */

struct evidence *evidence_open(struct app *app, const struct evidence_authority *authority, struct error *err) {
	struct evidence *e = xcalloc(1, sizeof *e);
	*e = (struct evidence){.app = app, .authority = authority, .cache = evidence_cache_new()};
	if (!evidence_load(e, err)) return e;
	evidence_close(e);
	return NULL;
}

void evidence_close(struct evidence *e) {
	if (!e) return;
	for (size_t i = 0; i < e->count; i++) evidence_stamp_dispose(&e->stamps[i]);
	free(e->stamps);
	evidence_cache_free(e->cache);
	free(e);
}

struct store *evidence_store(const struct evidence *e) {
	return e->app->store;
}

size_t evidence_stamps(const struct evidence *e, const struct evidence_stamp **stamps) {
	*stamps = e->stamps;
	return e->count;
}
