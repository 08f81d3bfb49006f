#include "store/apply.h"

#include <stdlib.h>
#include <string.h>

static bool load(struct txn *txn, uint64_t number, struct record_row *row) {
	struct key key = key_number(number);
	struct span value;
	if (!txn_get(txn, TABLE_RECORDS, key_span(&key), &value)) {
		txn_fail(txn, ERROR_NOT_FOUND, "record %llu: does not exist", (unsigned long long)number);
		return false;
	}
	if (record_row_get(value, row)) {
		row->number = number;
		return true;
	}
	txn_fail(txn, ERROR_DAMAGED, "catalogue: records %llu: malformed", (unsigned long long)number);
	return false;
}

static void save(struct txn *txn, const struct record_row *row) {
	struct key key = key_number(row->number);
	struct buf b = {0};
	record_row_put(&b, row);
	txn_put(txn, TABLE_RECORDS, key_span(&key), span_of(&b));
	buf_dispose(&b);
}

static void put_index(struct txn *txn, enum table table, uint64_t number, uint32_t index, struct span value) {
	struct key key = key_index(number, index);
	txn_put(txn, table, key_span(&key), value);
}

/* A receipt, the intake's as well, and the name by which the record is found. */
static void put_receipt(struct txn *txn, struct record_row *row, const char *name, struct span value) {
	struct key key = key_name(name, row->number, row->receipts);
	txn_put(txn, TABLE_BY_NAME, key_span(&key), (struct span){0});
	put_index(txn, TABLE_RECEIPTS, row->number, row->receipts++, value);
}

static void due(struct txn *txn, const struct record_row *row) {
	struct key key = key_due(row->due, row->number);
	if (row->due != UTIME_NONE) txn_put(txn, TABLE_DUE, key_span(&key), (struct span){0});
}

static void move_due(struct txn *txn, struct record_row *row, utime next) {
	struct key key = key_due(row->due, row->number);
	if (row->due != UTIME_NONE) txn_delete(txn, TABLE_DUE, key_span(&key));
	row->due = next;
	due(txn, row);
}

static void put_metadata(struct txn *txn, struct record_row *row, utime when) {
	struct metadata_row version = {.when = when, .metadata = row->metadata};
	struct key key = key_natural(row->natural_key, row->number);
	struct buf b = {0};
	metadata_row_put(&b, &version);
	put_index(txn, TABLE_METADATA, row->number, row->metadata_versions++, span_of(&b));
	if (*row->natural_key) txn_put(txn, TABLE_BY_KEY, key_span(&key), (struct span){0});
	buf_dispose(&b);
}

void apply_record(struct txn *txn, const struct event *event) {
	struct record_row row;
	struct totals_row totals;
	struct span there;
	struct buf b = {0};
	if (!record_row_get(event->payload, &row)) {
		apply_malformed(txn, event);
		return;
	}
	struct key key = key_object(&row.original), number = key_number(event->number);
	row.number = event->number;
	if (!apply_totals_get(txn, &totals)) goto out;
	if (event->number != totals.records + 1) {
		txn_fail(txn, ERROR_DAMAGED, "journal: event %llu: record %llu follows %llu",
			 (unsigned long long)event->sequence, (unsigned long long)event->number,
			 (unsigned long long)totals.records);
		goto out;
	}
	if (txn_get(txn, TABLE_BY_OBJECT, key_span(&key), &there)) {
		txn_fail(txn, ERROR_EXISTS, "record %llu: its bytes are record %llu already",
			 (unsigned long long)event->number, (unsigned long long)key_last_number(there));
		goto out;
	}
	totals.records++;
	apply_totals_put(txn, &totals);
	txn_put(txn, TABLE_BY_OBJECT, key_span(&key), key_span(&number));
	struct receipt_row intake = {row.taken_in, row.name, row.source, row.actor};
	receipt_row_put(&b, &intake);
	put_receipt(txn, &row, row.name, span_of(&b));
	if (!object_id_is_zero(&row.metadata)) put_metadata(txn, &row, event->when);
	due(txn, &row);
	save(txn, &row);
out:
	record_row_dispose(&row);
	buf_dispose(&b);
}

void apply_receipt(struct txn *txn, const struct event *event) {
	struct receipt_row receipt;
	struct record_row row;
	if (!receipt_row_get(event->payload, &receipt)) {
		apply_malformed(txn, event);
		return;
	}
	if (load(txn, event->number, &row)) {
		put_receipt(txn, &row, receipt.name, event->payload);
		save(txn, &row);
		record_row_dispose(&row);
	}
	receipt_row_dispose(&receipt);
}

void apply_metadata(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct object_id metadata;
	struct record_row row;
	record_get_id(&r, &metadata);
	char *natural_key = record_get_text(&r);
	if (!record_at_end(&r)) apply_malformed(txn, event);
	if (!load(txn, event->number, &row)) {
		free(natural_key);
		return;
	}
	struct key old = key_natural(row.natural_key, row.number);
	if (*row.natural_key) txn_delete(txn, TABLE_BY_KEY, key_span(&old));
	free(row.natural_key);
	row.natural_key = natural_key;
	row.metadata = metadata;
	put_metadata(txn, &row, event->when);
	save(txn, &row);
	record_row_dispose(&row);
}

void apply_state(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct record_row row;
	unsigned state = record_get_u8(&r);
	char *reason = record_get_text(&r);
	if (!record_at_end(&r) || state >= RECORD_STATES) apply_malformed(txn, event);
	if (!load(txn, event->number, &row)) {
		free(reason);
		return;
	}
	row.state = state;
	free(row.state_reason);
	row.state_reason = reason;
	save(txn, &row);
	record_row_dispose(&row);
}

/* Payload: the verdict's row as bytes, next due time. */
void apply_verdict(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct verdict_row verdict = {0};
	struct record_row row = {0};
	struct span bytes;
	bytes.data = record_get_bytes(&r, &bytes.len);
	utime next = record_get_time(&r);
	if (!record_at_end(&r) || !verdict_row_get(bytes, &verdict)) {
		apply_malformed(txn, event);
		return;
	}
	if (load(txn, event->number, &row)) {
		put_index(txn, TABLE_VERDICTS, row.number, row.verdicts++, bytes);
		free(row.indication);
		free(row.sub_indication);
		row.indication = xstrdup(verdict.indication);
		row.sub_indication = xstrdup(verdict.sub_indication);
		row.verdict = verdict.report;
		row.verified = event->when;
		move_due(txn, &row, next);
		save(txn, &row);
	}
	record_row_dispose(&row);
	verdict_row_dispose(&verdict);
}

void apply_verified(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	utime next = record_get_time(&r);
	uint32_t count = record_get_u32(&r);
	for (uint32_t i = 0; i < count && !r.bad; i++) {
		struct record_row row;
		uint64_t number = record_get_u64(&r);
		if (r.bad || !load(txn, number, &row)) break;
		bool verified = event->type == EVENT_VERIFIED;
		if (verified) row.verified = event->when;
		if (verified || row.due == UTIME_NONE || next < row.due) move_due(txn, &row, next);
		save(txn, &row);
		record_row_dispose(&row);
	}
	if (!record_at_end(&r)) apply_malformed(txn, event);
}

void apply_evidence(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct object_id id;
	struct record_row row;
	struct buf b = {0};
	record_get_id(&r, &id);
	if (!record_at_end(&r)) apply_malformed(txn, event);
	if (!load(txn, event->number, &row)) return;
	struct key key = key_evidence(row.number, &id);
	record_put_time(&b, event->when);
	txn_put(txn, TABLE_EVIDENCE, key_span(&key), span_of(&b));
	record_row_dispose(&row);
	buf_dispose(&b);
}

void apply_revision(struct txn *txn, const struct event *event) {
	struct revision_row revision;
	struct record_row row;
	if (!revision_row_get(event->payload, &revision)) {
		apply_malformed(txn, event);
		return;
	}
	revision_row_dispose(&revision);
	if (!load(txn, event->number, &row)) return;
	put_index(txn, TABLE_REVISIONS, row.number, row.revisions++, event->payload);
	save(txn, &row);
	record_row_dispose(&row);
}
