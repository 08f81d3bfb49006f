#include "store/private.h"

#include <stdlib.h>
#include <string.h>

static int malformed(struct txn *txn, enum table table, uint64_t number) {
	txn_fail(txn, ERROR_DAMAGED, "catalogue: %s of record %llu: malformed", table_name(table),
		 (unsigned long long)number);
	return 0;
}

/* 1, 0, or -1 when an error stuck; ends the transaction. */
static int end(struct txn *txn, int found, struct error *err) {
	return txn_end(txn, err) < 0 ? -1 : found;
}

static int get(struct store *store, uint64_t number, bool peek, struct record_row *row, struct error *err) {
	struct key key = key_number(number);
	struct object_row object;
	struct span value;
	int found = 0;
	*row = (struct record_row){0};
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	if (txn_get(txn, TABLE_RECORDS, key_span(&key), &value)) {
		found = record_row_get(value, row) ? 1 : malformed(txn, TABLE_RECORDS, number);
		row->number = number;
		struct key original = key_object(&row->original);
		bool there = found && !peek && txn_get(txn, TABLE_OBJECTS, key_span(&original), &value) &&
			     object_row_get(value, &object);
		row->bytes = there ? object.state : OBJECT_MISSING;
	}
	found = end(txn, found, err);
	if (found <= 0) record_row_dispose(row);
	return found;
}

int records_get(struct store *store, uint64_t number, struct record_row *row, struct error *err) {
	return get(store, number, false, row, err);
}

int records_peek(struct store *store, uint64_t number, struct record_row *row, struct error *err) {
	return get(store, number, true, row, err);
}

int records_by_object(struct store *store, const struct object_id *original, uint64_t *number, struct error *err) {
	struct key key = key_object(original);
	struct span value;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	int found = txn_get(txn, TABLE_BY_OBJECT, key_span(&key), &value);
	if (found) *number = key_last_number(value);
	return end(txn, found, err);
}

int records_list(struct store *store, uint64_t after, uint64_t *numbers, size_t max, struct error *err) {
	struct key from = key_number(after + 1);
	struct span key, value;
	size_t count = 0;
	if (after == UINT64_MAX) return 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_RECORDS);
	for (bool more = walk_seek(walk, key_span(&from), &key, &value); more && count < max;
	     more = walk_next(walk, &key, &value))
		numbers[count++] = key_last_number(key);
	walk_end(walk);
	return end(txn, (int)count, err);
}

int records_due(struct store *store, utime before, utime after_due, uint64_t after, uint64_t *numbers, utime *dues,
		size_t max, struct error *err) {
	struct key from = key_due(after_due, after), last = key_due(before, UINT64_MAX);
	struct span key, value;
	size_t count = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_DUE);
	for (bool more = walk_seek(walk, key_span(&from), &key, &value); more && count < max;
	     more = walk_next(walk, &key, &value)) {
		if (key.len != from.len || memcmp(key.data, last.data, last.len) > 0) break;
		if (!memcmp(key.data, from.data, from.len)) continue;
		struct record_reader r = record_reader_of(key.data, key.len);
		dues[count] = record_get_time(&r);
		numbers[count++] = record_get_u64(&r);
	}
	walk_end(walk);
	return end(txn, (int)count, err);
}

int records_by_key(struct store *store, const char *natural_key, uint64_t after, uint64_t *numbers, size_t max,
		   struct error *err) {
	struct key from = key_natural(natural_key, after + 1);
	struct span key, value;
	size_t count = 0;
	if (after == UINT64_MAX) return 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_BY_KEY);
	for (bool more = walk_seek(walk, key_span(&from), &key, &value); more && count < max;
	     more = walk_next(walk, &key, &value)) {
		if (key.len != from.len || memcmp(key.data, from.data, SHA256_SIZE)) break;
		numbers[count++] = key_last_number(key);
	}
	walk_end(walk);
	return end(txn, (int)count, err);
}

int records_by_name(struct store *store, const char *name, uint64_t after, uint64_t *numbers, size_t max,
		    struct error *err) {
	struct key from = key_name(name, after + 1, 0);
	struct span key, value;
	size_t count = 0;
	if (after == UINT64_MAX) return 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_BY_NAME);
	for (bool more = walk_seek(walk, key_span(&from), &key, &value); more && count < max;
	     more = walk_next(walk, &key, &value)) {
		if (key.len != from.len || memcmp(key.data, from.data, SHA256_SIZE)) break;
		uint64_t number = key_last_number((struct span){key.data, key.len - 4});
		if (!count || numbers[count - 1] != number) numbers[count++] = number; /* once for all its receipts */
	}
	walk_end(walk);
	return end(txn, (int)count, err);
}

/* The four histories of a record have one shape. */
#define HISTORY(name, TABLE_NAME)                                                                                      \
	int records_##name(struct store *store, uint64_t number, uint32_t index, struct name##_row *row,               \
			   struct error *err) {                                                                        \
		struct key key = key_index(number, index);                                                             \
		struct span value;                                                                                     \
		int found = 0;                                                                                         \
		*row = (struct name##_row){0};                                                                         \
		struct txn *txn = txn_begin(store->catalogue, false, err);                                             \
		if (!txn) return -1;                                                                                   \
		if (txn_get(txn, TABLE_##TABLE_NAME, key_span(&key), &value))                                          \
			found = name##_row_get(value, row) ? 1 : malformed(txn, TABLE_##TABLE_NAME, number);           \
		return end(txn, found, err);                                                                           \
	}
HISTORY(receipt, RECEIPTS)
HISTORY(metadata, METADATA)
HISTORY(verdict, VERDICTS)
HISTORY(revision, REVISIONS)

int records_evidence(struct store *store, uint64_t number, const struct object_id *after, struct object_id *ids,
		     size_t max, struct error *err) {
	static const struct object_id zero;
	struct key from = key_evidence(number, after ? after : &zero);
	struct span key, value;
	size_t count = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_EVIDENCE);
	for (bool more = walk_seek(walk, key_span(&from), &key, &value); more && count < max;
	     more = walk_next(walk, &key, &value)) {
		if (key.len != from.len || memcmp(key.data, from.data, 8)) break;
		if (after && !memcmp(key.data, from.data, from.len)) continue;
		memcpy(ids[count++].sha256, key.data + 8, SHA256_SIZE);
	}
	walk_end(walk);
	return end(txn, (int)count, err);
}
