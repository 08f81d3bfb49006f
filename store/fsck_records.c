#include "store/fsck_private.h"

#include "store/apply.h"

#include <string.h>

/* How many rows each table must have when every record has its own: then there is none without a record. */
struct expected {
	uint64_t records, due, keys, receipts, metadata, verdicts, revisions;
};

static void say(struct fsck *fsck, uint64_t number, const char *what) {
	fsck_say(fsck, "record %llu: %s", (unsigned long long)number, what);
}

static bool has_object(struct txn *txn, const struct object_id *id) {
	struct key key = key_object(id);
	struct span value;
	return txn_get(txn, TABLE_OBJECTS, key_span(&key), &value);
}

static void check_original(struct fsck *fsck, struct txn *txn, const struct record_row *row) {
	struct key key = key_object(&row->original);
	struct object_row object;
	struct span value;
	if (!txn_get(txn, TABLE_OBJECTS, key_span(&key), &value) || !object_row_get(value, &object))
		say(fsck, row->number, "its original is not in the catalogue");
	else if (object.size != row->size)
		say(fsck, row->number, "its size is not that of its original");
	if (!txn_get(txn, TABLE_BY_OBJECT, key_span(&key), &value) || key_last_number(value) != row->number)
		say(fsck, row->number, "it is not found by its original");
}

static void check_indexes(struct fsck *fsck, struct txn *txn, const struct record_row *row, struct expected *expected) {
	struct key due = key_due(row->due, row->number), natural = key_natural(row->natural_key, row->number);
	struct span value;
	if (row->due != UTIME_NONE) {
		expected->due++;
		if (!txn_get(txn, TABLE_DUE, key_span(&due), &value)) say(fsck, row->number, "it is not listed as due");
	}
	if (*row->natural_key) {
		expected->keys++;
		if (!txn_get(txn, TABLE_BY_KEY, key_span(&natural), &value))
			say(fsck, row->number, "it is not found by its natural key");
	}
}

static bool check_revision(struct txn *txn, struct span value) {
	struct revision_row row;
	if (!revision_row_get(value, &row)) return false;
	bool whole = true;
	for (size_t i = 0; i < row.own_count; i++) whole = whole && has_object(txn, &row.own[i]);
	for (size_t i = 0; i < row.count; i++)
		whole = whole && (row.pieces[i].form == PIECE_OWN || has_object(txn, &row.pieces[i].object));
	revision_row_dispose(&row);
	return whole;
}

/* A receipt is well-formed and its name leads to the record. */
static bool check_receipt(struct txn *txn, struct key index, struct span value) {
	struct record_reader r = record_reader_of(index.data, index.len);
	uint64_t number = record_get_u64(&r);
	struct receipt_row receipt;
	struct span there;
	if (!receipt_row_get(value, &receipt)) return false;
	struct key name = key_name(receipt.name, number, record_get_u32(&r));
	receipt_row_dispose(&receipt);
	return txn_get(txn, TABLE_BY_NAME, key_span(&name), &there);
}

static bool check_row(struct txn *txn, enum table table, struct key index, struct span value) {
	struct metadata_row metadata;
	struct verdict_row verdict;
	bool good = false;
	if (table == TABLE_RECEIPTS) {
		good = check_receipt(txn, index, value);
	} else if (table == TABLE_METADATA) {
		good = metadata_row_get(value, &metadata) && has_object(txn, &metadata.metadata);
	} else if (table == TABLE_VERDICTS) {
		if (!verdict_row_get(value, &verdict)) return false;
		good = object_id_is_zero(&verdict.report) || has_object(txn, &verdict.report);
		verdict_row_dispose(&verdict);
	} else
		good = check_revision(txn, value);
	return good;
}

/* A record from an untrusted journal may claim four thousand million rows; after so many that are not there the rest is
 * not looked for. */
#define MISSING_TOLD 100

static void check_history(struct fsck *fsck, struct txn *txn, uint64_t number, enum table table, uint32_t count,
			  uint64_t *sum) {
	uint32_t missing = 0;
	*sum += count;
	for (uint32_t i = 0; i < count && missing < MISSING_TOLD && !txn_failed(txn); i++) {
		struct key key = key_index(number, i);
		struct span value;
		bool there = txn_get(txn, table, key_span(&key), &value);
		missing += !there;
		if (!there || !check_row(txn, table, key, value))
			fsck_say(fsck, "record %llu: %s %u is missing, malformed or without its object or name",
				 (unsigned long long)number, table_name(table), i);
	}
}

static void check_record(struct fsck *fsck, struct txn *txn, const struct record_row *row, struct expected *expected) {
	check_original(fsck, txn, row);
	check_indexes(fsck, txn, row, expected);
	check_history(fsck, txn, row->number, TABLE_RECEIPTS, row->receipts, &expected->receipts);
	check_history(fsck, txn, row->number, TABLE_METADATA, row->metadata_versions, &expected->metadata);
	check_history(fsck, txn, row->number, TABLE_VERDICTS, row->verdicts, &expected->verdicts);
	check_history(fsck, txn, row->number, TABLE_REVISIONS, row->revisions, &expected->revisions);
}

static void check_evidence(struct fsck *fsck, struct txn *txn) {
	struct span key, value;
	struct walk *walk = walk_begin(txn, TABLE_EVIDENCE);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		struct span number = {key.data, 8}, object = {key.data + 8, SHA256_SIZE}, row;
		if (key.len != 8 + SHA256_SIZE || !txn_get(txn, TABLE_RECORDS, number, &row) ||
		    !txn_get(txn, TABLE_OBJECTS, object, &row))
			fsck_say(fsck, "catalogue: evidence: an entry without its record or object");
	}
	walk_end(walk);
}

static void check_counts(struct fsck *fsck, struct txn *txn, const struct expected *expected) {
	const struct {
		enum table table;
		uint64_t count;
	} tables[] = {
		{TABLE_BY_OBJECT, expected->records},   {TABLE_DUE, expected->due},
		{TABLE_BY_KEY, expected->keys},         {TABLE_RECEIPTS, expected->receipts},
		{TABLE_METADATA, expected->metadata},   {TABLE_VERDICTS, expected->verdicts},
		{TABLE_REVISIONS, expected->revisions}, {TABLE_BY_NAME, expected->receipts},
	};
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (txn_count(txn, tables[i].table) != tables[i].count)
			fsck_say(fsck, "catalogue: %s: %llu entries, the records have %llu",
				 table_name(tables[i].table), (unsigned long long)txn_count(txn, tables[i].table),
				 (unsigned long long)tables[i].count);
}

int fsck_records(struct fsck *fsck, struct txn *txn, struct error *err) {
	struct expected expected = {0};
	struct totals_row totals;
	struct span key, value;
	(void)err;
	struct walk *walk = walk_begin(txn, TABLE_RECORDS);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		struct record_row row;
		expected.records++;
		if (key.len != 8 || !record_row_get(value, &row)) {
			fsck_say(fsck, "catalogue: records: malformed");
			continue;
		}
		row.number = key_last_number(key);
		if (row.number != expected.records) say(fsck, row.number, "its number does not follow the one before");
		check_record(fsck, txn, &row, &expected);
		record_row_dispose(&row);
	}
	walk_end(walk);
	check_evidence(fsck, txn);
	fsck->counts->records = expected.records;
	if (apply_totals_get(txn, &totals) && totals.records != expected.records)
		fsck_say(fsck, "catalogue: meta totals: records are miscounted");
	if (!txn_failed(txn)) check_counts(fsck, txn, &expected);
	return 0;
}
