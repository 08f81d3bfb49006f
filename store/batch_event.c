#include "store/batch_private.h"

#include "base/limits.h"

#include <assert.h>
#include <string.h>

int batch_record_of(struct batch *batch, const struct object_id *original, uint64_t *number, struct error *err) {
	for (size_t i = 0; i < batch->new_count; i++) {
		if (!object_id_equal(&batch->new_records[i].original, original)) continue;
		*number = batch->new_records[i].number;
		return 1;
	}
	return records_by_object(batch->store, original, number, err);
}

void batch_add_record(struct batch *batch, const struct record_row *row, uint64_t *number) {
	struct record_row fresh = *row;
	struct buf b = {0};
	*number = batch->records + 1;
	fresh.metadata_versions = fresh.receipts = fresh.verdicts = fresh.revisions = 0;
	fresh.verdict = (struct object_id){0};
	fresh.indication = fresh.sub_indication = NULL;
	fresh.verified = UTIME_NONE;
	if (object_id_is_zero(&fresh.metadata)) fresh.natural_key = NULL;
	record_row_put(&b, &fresh);
	batch_add_event(batch, EVENT_RECORD, *number, &b);
	if (batch->err.code != ERROR_NONE) return;
	batch->records++;
	ARRAY_GROW(batch->new_records, batch->new_count, batch->new_cap);
	batch->new_records[batch->new_count++] = (struct batch_record){row->original, *number};
}

void batch_set_sha512(struct batch *batch, uint64_t number, const unsigned char sha512[static 64]) {
	for (size_t i = 0; i < batch->count; i++) {
		struct batch_event *event = &batch->events[i];
		if (event->type != EVENT_RECORD || event->number != number) continue;
		memcpy(event->payload.data + RECORD_ROW_SHA512, sha512, 64);
		return;
	}
	assert(batch->err.code != ERROR_NONE); /* no such record in this batch */
}

void batch_add_receipt(struct batch *batch, uint64_t number, const struct receipt_row *receipt) {
	struct buf b = {0};
	receipt_row_put(&b, receipt);
	batch_add_event(batch, EVENT_RECEIPT, number, &b);
}

void batch_add_metadata(struct batch *batch, uint64_t number, const struct object_id *metadata,
			const char *natural_key) {
	struct buf b = {0};
	record_put_id(&b, metadata);
	record_put_text(&b, natural_key);
	batch_add_event(batch, EVENT_METADATA, number, &b);
}

void batch_set_state(struct batch *batch, uint64_t number, enum record_state state, const char *reason) {
	struct buf b = {0};
	record_put_u8(&b, (uint8_t)state);
	record_put_text(&b, reason);
	batch_add_event(batch, EVENT_STATE, number, &b);
}

void batch_add_verdict(struct batch *batch, uint64_t number, const struct verdict_row *verdict, utime next_due) {
	struct buf b = {0}, row = {0};
	verdict_row_put(&row, verdict);
	record_put_bytes(&b, row.data, row.len);
	record_put_time(&b, next_due);
	buf_dispose(&row);
	batch_add_event(batch, EVENT_VERDICT, number, &b);
}

/* A time, and numbers of records: as many events as they take. */
static void add_many(struct batch *batch, enum event_type type, const uint64_t *numbers, size_t count, utime when) {
	for (size_t from = 0; from < count; from += LIMIT_EVENT_ITEMS) {
		size_t n = count - from < LIMIT_EVENT_ITEMS ? count - from : LIMIT_EVENT_ITEMS;
		struct buf b = {0};
		record_put_time(&b, when);
		record_put_u32(&b, (uint32_t)n);
		for (size_t i = 0; i < n; i++) record_put_u64(&b, numbers[from + i]);
		batch_add_event(batch, type, 0, &b);
	}
}

void batch_mark_verified(struct batch *batch, const uint64_t *numbers, size_t count, utime next_due) {
	add_many(batch, EVENT_VERIFIED, numbers, count, next_due);
}

void batch_make_due(struct batch *batch, const uint64_t *numbers, size_t count, utime due) {
	add_many(batch, EVENT_DUE, numbers, count, due);
}

void batch_set_object_state(struct batch *batch, const struct object_id *id, enum object_state state,
			    const char *detail) {
	struct buf b = {0};
	assert(state < OBJECT_UNREADABLE); /* what could not be told is no fact about the object */
	record_put_id(&b, id);
	record_put_u8(&b, (uint8_t)state);
	record_put_text(&b, detail);
	batch_add_event(batch, EVENT_OBJECT_STATE, 0, &b);
}

void batch_link_evidence(struct batch *batch, uint64_t number, const struct object_id *evidence) {
	struct buf b = {0};
	record_put_id(&b, evidence);
	batch_add_event(batch, EVENT_EVIDENCE, number, &b);
}

void batch_add_revision(struct batch *batch, uint64_t number, const struct revision_row *revision) {
	struct buf b = {0};
	revision_row_put(&b, revision);
	batch_add_event(batch, EVENT_REVISION, number, &b);
}

void batch_put_medium(struct batch *batch, const struct medium_row *medium) {
	struct buf b = {0};
	record_put_raw(&b, medium->id, sizeof medium->id);
	medium_row_put(&b, medium);
	batch_add_event(batch, EVENT_MEDIUM, 0, &b);
}

void batch_note(struct batch *batch, const char *type, const char *json) {
	struct buf b = {0};
	record_put_text(&b, type);
	record_put_text(&b, json);
	batch_add_event(batch, EVENT_NOTE, 0, &b);
}

void batch_set_value(struct batch *batch, const char *name, const char *value) {
	struct buf b = {0};
	size_t len = strlen(name);
	if (!len || len > LIMIT_VALUE_NAME_BYTES)
		error_set(&batch->err, ERROR_LIMIT, "value name of %zu bytes: 1 to %d are possible", len,
			  LIMIT_VALUE_NAME_BYTES);
	record_put_text(&b, name);
	record_put_text(&b, value);
	batch_add_event(batch, EVENT_VALUE, 0, &b);
}
