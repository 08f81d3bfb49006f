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

static void answer_original(struct fsck *fsck, const struct question *q, const struct span *value) {
	struct object_row object;
	if (!value || !object_row_get(*value, &object)) say(fsck, q->number, "its original is not in the catalogue");
	else if (object.size != q->size) say(fsck, q->number, "its size is not that of its original");
}

static void answer_by_object(struct fsck *fsck, const struct question *q, const struct span *value) {
	if (!value || key_last_number(*value) != q->number) say(fsck, q->number, "it is not found by its original");
}

static void answer_by_key(struct fsck *fsck, const struct question *q, const struct span *value) {
	if (!value) say(fsck, q->number, "it is not found by its natural key");
}

static void check_original(struct fsck *fsck, struct txn *txn, const struct record_row *row) {
	struct key key = key_object(&row->original);
	fsck_ask(fsck, txn, TABLE_OBJECTS, &key,
		 (struct question){.answer = answer_original, .number = row->number, .size = row->size});
	fsck_ask(fsck, txn, TABLE_BY_OBJECT, &key, (struct question){.answer = answer_by_object, .number = row->number});
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
		fsck_ask(fsck, txn, TABLE_BY_KEY, &natural, (struct question){.answer = answer_by_key, .number = row->number});
	}
}

static void say_row(struct fsck *fsck, uint64_t number, enum table table, uint32_t index) {
	fsck_say(fsck, "record %llu: %s %u is missing, malformed or without its object or name", (unsigned long long)number,
		 table_name(table), index);
}

/* A row of a record's history, and what it names. */
struct history_row {
	struct fsck *fsck;
	struct txn *txn;
	uint64_t number;
	enum table table;
	uint32_t index;
};

static void answer_named(struct fsck *fsck, const struct question *q, const struct span *value) {
	if (!value) say_row(fsck, q->number, q->of, q->index);
}

static void names(const struct history_row *h, enum table table, struct key key) {
	fsck_ask(h->fsck, h->txn, table, &key,
		 (struct question){.answer = answer_named, .number = h->number, .of = (uint8_t)h->table, .index = h->index});
}

static bool check_revision(const struct history_row *h, struct span value) {
	struct revision_row row;
	if (!revision_row_get(value, &row)) return false;
	for (size_t i = 0; i < row.own_count; i++) names(h, TABLE_OBJECTS, key_object(&row.own[i]));
	for (size_t i = 0; i < row.count; i++)
		if (row.pieces[i].form != PIECE_OWN) names(h, TABLE_OBJECTS, key_object(&row.pieces[i].object));
	revision_row_dispose(&row);
	return true;
}

/* Whether it is well-formed; what it names is looked up later. */
static bool check_row(const struct history_row *h, struct span value) {
	struct receipt_row receipt;
	struct metadata_row metadata;
	struct verdict_row verdict;
	if (h->table == TABLE_RECEIPTS) {
		if (!receipt_row_get(value, &receipt)) return false;
		names(h, TABLE_BY_NAME, key_name(receipt.name, h->number, h->index));
		receipt_row_dispose(&receipt);
	} else if (h->table == TABLE_METADATA) {
		if (!metadata_row_get(value, &metadata)) return false;
		names(h, TABLE_OBJECTS, key_object(&metadata.metadata));
	} else if (h->table == TABLE_VERDICTS) {
		if (!verdict_row_get(value, &verdict)) return false;
		if (!object_id_is_zero(&verdict.report)) names(h, TABLE_OBJECTS, key_object(&verdict.report));
		verdict_row_dispose(&verdict);
	} else {
		return check_revision(h, value);
	}
	return true;
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
		if (txn_failed(txn)) return;
		if (!there || !check_row(&(struct history_row){fsck, txn, number, table, i}, value)) say_row(fsck, number, table, i);
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

static void answer_evidence(struct fsck *fsck, const struct question *q, const struct span *value) {
	(void)q;
	if (!value) fsck_say(fsck, "catalogue: evidence: an entry without its record or object");
}

static void check_evidence(struct fsck *fsck, struct txn *txn) {
	struct span key, value;
	struct walk *walk = walk_begin(txn, TABLE_EVIDENCE);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		struct span number = {key.data, 8}, row;
		struct object_id id;
		if (key.len != 8 + SHA256_SIZE || !txn_get(txn, TABLE_RECORDS, number, &row)) {
			fsck_say(fsck, "catalogue: evidence: an entry without its record or object");
			continue;
		}
		memcpy(id.sha256, key.data + 8, SHA256_SIZE);
		struct key object = key_object(&id);
		fsck_ask(fsck, txn, TABLE_OBJECTS, &object, (struct question){.answer = answer_evidence});
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
