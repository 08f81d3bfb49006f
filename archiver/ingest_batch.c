#include "archiver/ingest_batch.h"

#include "archiver/content.h"
#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A batch is carried through when it holds this much, so that little is lost and few files wait for one large one. */
#define BATCH_BYTES (UINT64_C(256) << 20)

struct intake_item *ingest_new_item(struct ingest *ing, const char *path, size_t relative) {
	ARRAY_GROW(ing->items, ing->count, ing->cap);
	struct intake_item *item = &ing->items[ing->count++];
	*item = (struct intake_item){.path = xstrdup(path), .relative = relative};
	return item;
}

int ingest_take(struct ingest *ing, struct intake_item *item) {
	if (!ing->batch) {
		ing->batch = store_begin(ing->app->store, ing->app->now);
		intake_next_batch(&ing->intake, ing->batch);
	}
	ing->intake.taken = ing->taken;
	ing->intake.taken_count = ing->taken_count;
	ing->intake.items = ing->items;
	ing->intake.item_count = ing->count;
	return intake_take(&ing->intake, item, ing->err);
}

static bool is_full(const struct ingest *ing) {
	return ing->count >= ing->limit || (ing->batch && batch_bytes(ing->batch) >= BATCH_BYTES);
}

/* What a file signs is moved away with its batch: both go through in one. */
static bool continues(const struct ingest *ing, const char *path) {
	char *content = content_beside(path);
	bool has = content && ingest_has(ing, content) && ing->count < 2 * ing->limit;
	free(content);
	return has;
}

bool ingest_has(const struct ingest *ing, const char *path) {
	for (size_t i = 0; i < ing->count; i++)
		if (!strcmp(ing->items[i].path, path)) return true;
	return false;
}

int ingest_make_room(struct ingest *ing, const char *path) {
	return is_full(ing) && !continues(ing, path) ? ingest_flush(ing) : 0;
}

/* A refusal that a dead run noted already is not noted again. */
static bool noted(const struct ingest *ing, const struct intake_item *item) {
	for (size_t i = 0; i < ing->taken_count; i++)
		if (!ing->taken[i].number && ing->taken[i].identity.inode == item->identity.inode &&
		    ing->taken[i].identity.mtime == item->identity.mtime &&
		    ing->taken[i].identity.size == item->identity.size)
			return true;
	return false;
}

static void note_refusal(struct ingest *ing, const struct intake_item *item) {
	const json_t *finding = json_array_get(item->findings, 0);
	char *path = spool_printable(item->path);
	json_t *note =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "file", path, "reason", metadata_text(finding, "code"),
			  "detail", metadata_text(finding, "detail"), "actor", ing->intake.actor, "size",
			  (json_int_t)item->identity.size, "source", item->relative ? "spool" : "argument");
	char *text = json_dumps(note, JSON_SORT_KEYS | JSON_COMPACT);
	batch_note(ing->batch, "refused", text);
	free(text);
	free(path);
	json_decref(note);
}

/* The first durable step: bytes, records, receipts, refusals, and which files they came from. */
static int commit_intake(struct ingest *ing) {
	struct batch *batch = ing->batch;
	if (!batch) return 0;
	for (size_t i = 0; i < ing->count; i++)
		if (ing->items[i].outcome == INTAKE_REFUSED && !noted(ing, &ing->items[i]))
			note_refusal(ing, &ing->items[i]);
	if (batch_events(batch)) ingest_left_write(ing);
	intake_end_batch(&ing->intake);
	ing->batch = NULL;
	return batch_commit(batch, ing->err);
}

static int by_number(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static int start_judge(struct ingest *ing) {
	if (!ing->judge) ing->judge = intake_judge_start(ing->app, ing->options->policy, &ing->fixity, ing->err);
	return ing->judge ? 0 : -1;
}

int ingest_judge(struct ingest *ing, const uint64_t *numbers, size_t count) {
	if (!count) return 0;
	if (start_judge(ing)) return -1;
	struct batch *batch = store_begin(ing->app->store, ing->app->now);
	ing->judged = xcalloc(count, sizeof *ing->judged);
	ing->judged_count = count;
	for (size_t i = 0; i < count; i++) ing->judged[i].number = numbers[i];
	if (intake_judge_run(ing->judge, batch, ing->judged, count, ing->err)) {
		batch_abort(batch);
		return -1;
	}
	return batch_commit(batch, ing->err);
}

/* Which records of the batch are judged: the new ones, those of which something else is said now, and those that a
 * dead or deferring run left pending. */
static int pending_numbers(struct ingest *ing, uint64_t *numbers, size_t *count) {
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < ing->count; i++) {
		struct record_row row = {0};
		const struct intake_item *item = &ing->items[i];
		if (item->outcome > INTAKE_RESUMED) continue;
		bool pending = item->outcome == INTAKE_TAKEN || item->newer_metadata;
		if (!pending && records_get(ing->app->store, item->number, &row, ing->err) < 0) return -1;
		if (pending || row.state == RECORD_PENDING) numbers[n++] = item->number;
		record_row_dispose(&row);
	}
	qsort(numbers, n, sizeof *numbers, by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || numbers[i] != numbers[i - 1]) numbers[kept++] = numbers[i];
	*count = kept;
	return 0;
}

/* What misses a file that a later batch may bring is judged once more at the end. */
static void note_missing(struct ingest *ing) {
	for (size_t i = 0; i < ing->judged_count && ing->again_count < LIMIT_JUDGED_AGAIN; i++) {
		if (!ing->judged[i].report || !verdict_misses_files(ing->judged[i].report)) continue;
		ARRAY_GROW(ing->again, ing->again_count, ing->again_cap);
		ing->again[ing->again_count++] = ing->judged[i].number;
	}
}

static void forget_judged(struct ingest *ing) {
	for (size_t i = 0; i < ing->judged_count; i++) intake_judged_dispose(&ing->judged[i]);
	free(ing->judged);
	ing->judged = NULL;
	ing->judged_count = 0;
}

int ingest_judge_again(struct ingest *ing) {
	int rc = 0;
	size_t count = ing->batches > 1 ? ing->again_count : 0;
	ing->again_count = 0;
	if (count) qsort(ing->again, count, sizeof *ing->again, by_number);
	for (size_t i = 0; i < count && !rc; i += ing->limit) {
		rc = ingest_judge(ing, ing->again + i, count - i < ing->limit ? count - i : ing->limit);
		forget_judged(ing);
	}
	return rc;
}

static void forget_batch(struct ingest *ing) {
	for (size_t i = 0; i < ing->count; i++) intake_item_dispose(&ing->items[i]);
	forget_judged(ing);
	ing->count = 0;
}

int ingest_flush(struct ingest *ing) {
	uint64_t *numbers = xcalloc(ing->count + 1, sizeof *numbers);
	size_t count = 0;
	int rc = commit_intake(ing);
	if (!rc && !ing->options->defer) rc = pending_numbers(ing, numbers, &count);
	if (!rc) rc = ingest_judge(ing, numbers, count);
	if (!rc) rc = ingest_finish(ing);
	if (!rc) note_missing(ing);
	ing->batches++;
	forget_batch(ing);
	free(numbers);
	return rc;
}
