#include "archiver/salvage.h"

#include "archiver/log.h"
#include "archiver/metadata.h"
#include "archiver/salvage_base.h"
#include "archiver/search.h"
#include "archiver/show.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/batch.h"
#include "store/salvage.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 256 /* records that become durable together */

struct work {
	struct app *app;
	struct batch *batch;
	unsigned pending;
	uint64_t records, named, verdicts, metadata;
	uint64_t last; /* record of the member before, 0 none */
	struct error *err;
};

/* ---- what an object is ---- */

/* Ours are canonical JSON; everything else that begins as a document does is one. */
static enum object_kind sniff(void *user, const unsigned char *data, size_t len, uint64_t size) {
	(void)user;
	if (memmem(data, len < 1024 ? len : 1024, "%PDF-", 5)) return OBJECT_DOCUMENT;
	if (size > SALVAGE_SNIFF || !len || *data != '{') return memmem(data, len, "\"schema\":\"ltvault.validation/1\"", 31) ? OBJECT_VERDICT : OBJECT_OTHER;
	if (memmem(data, len, "\"schema\":\"ltvault.validation/1\"", 31)) return OBJECT_VERDICT;
	json_t *json = json_loadb((const char *)data, len, 0, NULL);
	struct metadata metadata = {0};
	bool ours = json && metadata_check(json, &metadata, NULL) == 0 && metadata.text && strlen(metadata.text) == len &&
		    !memcmp(metadata.text, data, len) && !metadata.unknown_count;
	metadata_dispose(&metadata);
	json_decref(json);
	return ours ? OBJECT_METADATA : OBJECT_OTHER;
}

/* ---- records ---- */

static int commit(struct work *w, bool now) {
	if (!w->batch || (!now && ++w->pending < BATCH)) return 0;
	struct batch *batch = w->batch;
	w->batch = NULL;
	w->pending = 0;
	return batch_commit(batch, w->err);
}

static struct batch *batch_of(struct work *w) {
	if (!w->batch) w->batch = store_begin(w->app->store, w->app->now);
	return w->batch;
}

static int record_of(struct work *w, const struct object_id *id, uint64_t *number) {
	return w->batch ? batch_record_of(w->batch, id, number, w->err) : records_by_object(w->app->store, id, number, w->err);
}

static int sha512_sink(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	digest_update(user, data, len);
	return 0;
}

static int add_record(struct work *w, const struct object_info *info, const char *name, uint64_t *number) {
	char hex[SHA256_HEX], unnamed[SHA256_HEX + 8];
	unsigned char sum[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA512);
	enum object_state state = store_stream(w->app->store, &info->id, false, sha512_sink, ctx, w->err);
	digest_final(ctx, sum);
	digest_free(ctx);
	if (state == OBJECT_UNREADABLE) return -1;
	snprintf(unnamed, sizeof unnamed, "%.16s", hex_encode(info->id.sha256, SHA256_SIZE, hex));
	struct record_row row = {.original = info->id,
				 .size = info->size,
				 .name = (char *)(*name ? name : unnamed),
				 .source = (char *)"salvaged",
				 .actor = (char *)"",
				 .taken_in = w->app->now,
				 .state = RECORD_PENDING,
				 .state_reason = (char *)"made from the packs: the journal was destroyed",
				 .due = w->app->now};
	memcpy(row.sha512, sum, sizeof row.sha512);
	batch_add_record(batch_of(w), &row, number);
	w->records++;
	w->named += *name != 0;
	return 0;
}

/* A run that died before its end has made some already. */
static bool has_verdict(struct work *w, uint64_t number, uint32_t count, const struct object_id *report) {
	bool has = false;
	for (uint32_t i = 0; i < count && !has; i++) {
		struct verdict_row row;
		if (records_verdict(w->app->store, number, i, &row, NULL) != 1) continue;
		has = object_id_equal(&row.report, report);
		verdict_row_dispose(&row);
	}
	return has;
}

/* A verdict names the document it is about: name, digest, time, result. */
static int from_verdict(void *user, const struct object_info *info, struct error *err) {
	struct work *w = user;
	json_t *report = NULL;
	struct object_info document;
	struct object_id id;
	uint64_t number = 0;
	utime at;
	int rc = 0;
	if (info->kind != OBJECT_VERDICT || show_read_json(w->app->store, &info->id, LIMIT_REPORT_BYTES, &report, err) != OBJECT_PRESENT)
		return err->code ? -1 : 0;
	if (object_id_parse(metadata_text(report, "sha256"), &id) && utime_parse(metadata_text(report, "at"), &at) &&
	    store_object_info(w->app->store, &id, &document, err)) {
		int found = record_of(w, &id, &number);
		struct record_row row = {0};
		if (found == 1 && records_get(w->app->store, number, &row, NULL) == 1 &&
		    (strcmp(row.source, "salvaged") || has_verdict(w, number, row.verdicts, &info->id)))
			number = 0;
		record_row_dispose(&row);
		if (found < 0 || (!found && add_record(w, &document, metadata_text(report, "file"), &number))) rc = -1;
		const struct verdict_row verdict = {.when = at,
						    .report = info->id,
						    .indication = (char *)metadata_text(report, "indication"),
						    .sub_indication = (char *)metadata_text(report, "sub_indication")};
		if (!rc && number) {
			batch_add_verdict(batch_of(w), number, &verdict, w->app->now);
			w->verdicts++;
			rc = commit(w, false);
		}
	}
	json_decref(report);
	return rc || err->code ? -1 : 0;
}

static int from_document(void *user, const struct object_info *info, struct error *err) {
	struct work *w = user;
	uint64_t number;
	if (info->kind != OBJECT_DOCUMENT) return 0;
	int found = record_of(w, &info->id, &number);
	if (found < 0 || (!found && (add_record(w, info, "", &number) || commit(w, false)))) return -1;
	return err->code ? -1 : 0;
}

/* An intake writes metadata beside its document: what follows a document directly is taken for its own. */
static int from_metadata(void *user, const struct object_info *info, struct error *err) {
	struct work *w = user;
	uint64_t last = w->last;
	struct record_row row = {0};
	json_t *object = NULL;
	int rc = 0;
	w->last = 0;
	if (records_by_object(w->app->store, &info->id, &w->last, err) < 0) return -1;
	if (info->kind != OBJECT_METADATA || !last || records_get(w->app->store, last, &row, err) != 1) return err->code ? -1 : 0;
	if (!row.metadata_versions && !strcmp(row.source, "salvaged") &&
	    show_read_json(w->app->store, &info->id, LIMIT_REPORT_BYTES, &object, err) == OBJECT_PRESENT) {
		char *key = metadata_natural_key(object);
		batch_add_metadata(batch_of(w), last, &info->id, key);
		w->metadata++;
		rc = commit(w, false);
		free(key);
	}
	json_decref(object);
	record_row_dispose(&row);
	return rc || err->code ? -1 : 0;
}

static int note(struct work *w, const struct salvage *s) {
	json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:b, s:s, s:I, s:I, s:I, s:I, s:s}", "kept_events", (json_int_t)s->events, "objects",
				 (json_int_t)s->objects, "damaged", (json_int_t)s->damaged, "lost_bytes", (json_int_t)s->lost_bytes, "new_archive_id",
				 s->new_id, "aside", s->aside, "records", (json_int_t)w->records, "with_file_name", (json_int_t)w->named, "verdicts",
				 (json_int_t)w->verdicts, "with_metadata", (json_int_t)w->metadata, "unknown",
				 "who handed in what and when, decisions, links to evidence, media, what is not named here");
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	batch_note(batch_of(w), "salvaged", text);
	log_event(LOG_WARN_LEVEL, "salvaged", "what", text, NULL);
	free(text);
	json_decref(json);
	return commit(w, true);
}

static int make_records(struct app *app, const struct salvage *s, struct error *err) {
	static object_visit *const passes[] = {from_verdict, from_document, from_metadata};
	struct work w = {.app = app, .err = err};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(passes) && !rc; i++) {
		rc = store_each_object(app->store, 0, 0, passes[i], &w, err);
		if (!rc) rc = commit(&w, true); /* a metadata pass reads the records of the ones before */
	}
	if (!rc) rc = note(&w, s);
	batch_abort(w.batch);
	return rc;
}

/* ---- the run ---- */

/* A journal that is gone altogether comes back from the newest medium without being asked for, as long as nobody knows of more. */
static int allowed(const struct salvage_left *left, bool fork, const struct error *why, struct error *err) {
	if (fork || (left->head && !left->own && !left->beyond)) return 0;
	if (!left->head)
		return error_set(err, ERROR_DAMAGED, "%s; no medium that is here has a journal: connect one that has, or make records from the packs alone "
				 "with: ltvault rebuild --salvage", why->text);
	if (!left->beyond)
		return error_set(err, ERROR_DAMAGED, "%s; %s has it up to event %llu: connect the newest medium, or go on from there with: ltvault repair --fork",
				 why->text, left->head->where, (unsigned long long)left->head->events);
	return error_set(err, ERROR_DAMAGED, "%s; %s has it up to event %llu, and %s knows of event %llu: connect the newest medium, or go on from "
			 "there with: ltvault repair --fork", why->text, left->head->where, (unsigned long long)left->head->events, left->beyond->where,
			 (unsigned long long)left->beyond->events);
}

static int make_journal(struct app *app, const struct repair_media *media, const struct store_totals *known, bool fork, bool begun,
			const struct error *why, struct salvage *result, struct error *err) {
	struct salvage_left left = {0};
	int rc = salvage_left_find(app, media, known, &left, err);
	if (!rc && !begun) rc = allowed(&left, fork, why, err);
	if (!rc) {
		char *note = salvage_left_note(&left);
		const struct salvage_base base = {left.dir, note};
		rc = store_salvage(app->archive, &base, app->command, app->now, sniff, NULL, result, err);
		free(note);
	}
	salvage_left_dispose(&left);
	return rc;
}

int salvage_archive(struct app *app, const struct repair_media *media, const struct store_totals *known, bool fork, struct error *err) {
	struct repair_journal mended;
	struct salvage result;
	struct error why = {0};
	bool begun = store_salvage_is_open(app->archive); /* by a run that died: its journal is whole, its records are not */
	if (!begun && store_repair_journal(app->archive, false, known->events, media->from, media->count, app->now, &mended, &why) == 0)
		return error_set(err, ERROR_INPUT, "the journal is whole%s: nothing is salvaged; the catalogue is remade with: ltvault rebuild",
				 mended.repaired ? " again, it was repaired" : "");
	if (!begun && why.code != ERROR_DAMAGED && why.code != ERROR_NOT_FOUND) return error_set(err, why.code, "%s", why.text);
	if (make_journal(app, media, known, fork, begun, &why, &result, err)) return -1;
	if (app_open_store(app, STORE_WRITE, err) || make_records(app, &result, err)) return -1;
	return search_rebuild(app, err) ? -1 : store_salvage_end(app->archive, err);
}
