#include "archiver/second_look.h"

#include "archiver/json_get.h"
#include "archiver/log.h"
#include "archiver/search.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <stdlib.h>
#include <string.h>

#define CURSOR "cursor/second-look" /* the first event that was not looked at */
#define AT_ONCE 256                 /* records listed in one event: each one's verdict is read for it */
#define LIMIT_CERTIFICATES 1000     /* certificates looked after in one run; the next goes on */

/* ---- what is found ---- */

static int note_one(struct store *store, struct batch *batch, uint64_t number, const json_t *row, struct error *err) {
	const json_t *status = json_object_get(row, "revocation");
	const char *sha256 = text_at(row, "sha256"), *when = text_at(status, "time");
	if (!*when || strlen(sha256) != 2 * SHA256_SIZE) return 0;
	char *name = xasprintf("revoked/%s", sha256), *known = NULL;
	int rc = store_value(store, name, &known, err);
	if (rc >= 0 && (!known || strcmp(known, when) != 0)) {
		json_t *note = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "certificate", sha256, "subject", text_at(row, "subject"), "issuer",
		                         text_at(row, "issuer"), "serial", text_at(row, "serial"), "time", when, "reason", text_at(status, "reason"),
		                         "evidence", text_at(status, "sha256"), "found_in", (json_int_t)number);
		char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
		batch_note(batch, SECOND_LOOK_NOTE, text);
		batch_set_value(batch, name, when);
		log_event(LOG_WARN_LEVEL, "certificate-revoked", "certificate", sha256, "subject", text_at(row, "subject"), "time", when, NULL);
		free(text);
		json_decref(note);
	}
	free(known);
	free(name);
	return rc < 0 ? -1 : 0;
}

static int note_chain(struct store *store, struct batch *batch, uint64_t number, const json_t *chain, struct error *err) {
	const json_t *row;
	size_t i;
	json_array_foreach(chain, i, row) if (note_one(store, batch, number, row, err)) return -1;
	return 0;
}

int second_look_note(struct store *store, struct batch *batch, uint64_t number, const json_t *report, struct error *err) {
	const json_t *signature, *stamp;
	size_t i, k;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		if (note_chain(store, batch, number, json_object_get(signature, "chain"), err)) return -1;
		json_array_foreach(json_object_get(signature, "timestamps"), k, stamp)
			if (note_chain(store, batch, number, json_object_get(stamp, "chain"), err)) return -1;
	}
	return 0;
}

/* ---- whom it concerns ---- */

struct noted {
	uint64_t sequence;
	json_t *note;
};

struct look {
	struct app *app;
	struct search *search;
	struct second_look_counts *counts;
	struct noted *items;
	size_t count, cap;
	uint64_t next;
	struct error *err;
};

static int collect(void *user, const struct event_row *event) {
	struct look *l = user;
	l->next = event->sequence + 1;
	if (strcmp(event->type, SECOND_LOOK_NOTE) != 0) return 0;
	json_t *note = json_loads(event->json, 0, NULL);
	if (!note) return 0;
	ARRAY_GROW(l->items, l->count, l->cap);
	l->items[l->count++] = (struct noted){event->sequence, note};
	return l->count == LIMIT_CERTIFICATES;
}

static bool rests_on(const json_t *signature, const char *sha256) {
	const json_t *row;
	size_t i;
	json_array_foreach(json_object_get(signature, "chain"), i, row) if (!strcmp(text_at(row, "sha256"), sha256)) return true;
	return false;
}

/* When what rests on the certificate is proven to have been signed: the latest of its signatures; for a time-stamp's certificate
 * the time in it. UTIME_NONE: not proven, or not to be found out. */
static utime signed_at(const json_t *report, const char *sha256) {
	const json_t *signature, *stamp;
	utime latest = UTIME_NONE, when;
	size_t i, k;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		if (rests_on(signature, sha256)) {
			if (!utime_parse(text_at(json_object_get(signature, "signing_time"), "proven"), &when)) return UTIME_NONE;
			if (when > latest) latest = when;
		}
		json_array_foreach(json_object_get(signature, "timestamps"), k, stamp)
			if (rests_on(stamp, sha256) && utime_parse(text_at(stamp, "gen_time"), &when) && when > latest) latest = when;
	}
	return latest;
}

/* "before", "after" or "unknown". */
static int side_of(struct look *l, uint64_t number, const json_t *note, const char **side) {
	struct record_row row = {0};
	unsigned char *data = NULL;
	size_t len = 0;
	utime revoked = UTIME_NONE, when = UTIME_NONE;
	*side = "unknown";
	if (records_get(l->app->store, number, &row, l->err) < 0) return -1;
	if (!object_id_is_zero(&row.verdict) &&
	    store_read(l->app->store, &row.verdict, LIMIT_REPORT_BYTES, &data, &len, l->err) == OBJECT_PRESENT) {
		json_t *report = json_loadb((const char *)data, len, 0, NULL);
		when = signed_at(report, text_at(note, "certificate"));
		json_decref(report);
	}
	if (when != UTIME_NONE && utime_parse(text_at(note, "time"), &revoked)) *side = when < revoked ? "before" : "after";
	free(data);
	record_row_dispose(&row);
	return l->err->code == ERROR_IO ? -1 : (error_clear(l->err), 0);
}

static int list_some(struct look *l, const json_t *note, const uint64_t *numbers, size_t n) {
	struct object_id evidence;
	struct object_info info;
	json_t *list = json_pack("{s:O, s:O, s:O, s:O, s:[], s:[], s:[]}", "certificate", json_object_get(note, "certificate"), "subject",
	                         json_object_get(note, "subject"), "time", json_object_get(note, "time"), "reason", json_object_get(note, "reason"),
	                         "before", "after", "unknown");
	bool there = hex_decode(text_at(note, "evidence"), evidence.sha256, SHA256_SIZE) &&
	             store_object_info(l->app->store, &evidence, &info, l->err);
	int rc = l->err->code ? -1 : 0;
	for (size_t i = 0; !rc && i < n; i++) {
		const char *side;
		rc = side_of(l, numbers[i], note, &side);
		if (!rc) json_array_append_new(json_object_get(list, side), json_integer((json_int_t)numbers[i]));
	}
	if (!rc) {
		char *text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
		struct batch *batch = store_begin(l->app->store, l->app->now);
		for (size_t i = 0; there && i < n; i++) batch_link_evidence(batch, numbers[i], &evidence);
		batch_make_due(batch, numbers, n, l->app->now);
		batch_note(batch, SECOND_LOOK_LIST, text);
		rc = batch_commit(batch, l->err);
		free(text);
	}
	l->counts->records += rc ? 0 : n;
	l->counts->before += rc ? 0 : json_array_size(json_object_get(list, "before"));
	l->counts->after += rc ? 0 : json_array_size(json_object_get(list, "after"));
	l->counts->unknown += rc ? 0 : json_array_size(json_object_get(list, "unknown"));
	json_decref(list);
	return rc;
}

static int set_cursor(struct look *l, uint64_t next) {
	char text[24];
	struct batch *batch = store_begin(l->app->store, l->app->now);
	batch_set_value(batch, CURSOR, log_number(next, text));
	return batch_commit(batch, l->err);
}

static int look_after(struct look *l, const struct noted *item) {
	uint64_t numbers[AT_ONCE], after = 0;
	unsigned char sha256[SHA256_SIZE];
	int n = 0, rc = 0;
	if (!hex_decode(text_at(item->note, "certificate"), sha256, sizeof sha256)) return 0;
	const struct search_certificate which = {.sha256 = sha256};
	while (!rc && (n = search_resting_on(l->search, &which, after, numbers, AT_ONCE, l->err)) > 0) {
		rc = list_some(l, item->note, numbers, (size_t)n);
		after = numbers[n - 1];
	}
	if (rc || n < 0) return -1;
	l->counts->certificates++;
	return set_cursor(l, item->sequence + 1);
}

/* Whether an earlier one tells the same: documents that came together each noted the revocation. */
static bool looked_after(const struct look *l, size_t i) {
	for (size_t k = 0; k < i; k++)
		if (!strcmp(text_at(l->items[k].note, "certificate"), text_at(l->items[i].note, "certificate")) &&
		    !strcmp(text_at(l->items[k].note, "time"), text_at(l->items[i].note, "time")))
			return true;
	return false;
}

int second_look_run(struct app *app, struct second_look_counts *counts, struct error *err) {
	struct look l = {.app = app, .counts = counts, .next = 1, .err = err};
	char *cursor = NULL;
	*counts = (struct second_look_counts){0};
	int rc = store_value(app->store, CURSOR, &cursor, err) < 0 ? -1 : 0;
	if (cursor) l.next = strtoull(cursor, NULL, 10);
	const uint64_t from = l.next;
	if (!rc && store_each_event(app->store, from, collect, &l, err) < 0) rc = -1;
	if (!rc && l.count && !(l.search = search_open(app, err))) rc = -1;
	if (!rc && l.search && search_behind(l.search)) rc = error_set(err, ERROR_IO, "search.db: could not be brought up to date");
	for (size_t i = 0; !rc && i < l.count; i++)
		if (!looked_after(&l, i)) rc = look_after(&l, &l.items[i]);
	if (!rc && l.next > from && (!l.count || looked_after(&l, l.count - 1))) rc = set_cursor(&l, l.next);
	if (counts->records) app_worsen(app, EXIT_FINDINGS);
	search_close(l.search);
	for (size_t i = 0; i < l.count; i++) json_decref(l.items[i].note);
	free(l.items);
	free(cursor);
	return rc;
}
