/* Many records at once, in the order of what they are looked up by. */
#include "store/private.h"
#include "store/row.h"

#include <string.h>

#define TOGETHER 4096 /* in one transaction: a reader that stays for long keeps the catalogue from using its free pages again */

static int find_some(struct store *store, const struct object_id *ids, size_t count, uint64_t *numbers, struct error *err) {
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_BY_OBJECT);
	for (size_t i = 0; i < count; i++) {
		struct key key = key_object(&ids[i]);
		struct span value;
		numbers[i] = walk_find(walk, key_span(&key), &value) ? key_last_number(value) : 0;
	}
	walk_end(walk);
	return txn_end(txn, err);
}

int records_by_objects(struct store *store, const struct object_id *originals, size_t count, uint64_t *numbers,
		       struct error *err) {
	int rc = 0;
	for (size_t i = 0; i < count && !rc; i += TOGETHER)
		rc = find_some(store, originals + i, count - i < TOGETHER ? count - i : TOGETHER, numbers + i, err);
	return rc;
}

static int peek_some(struct store *store, const uint64_t *numbers, size_t count, record_visit *visit, void *user,
		     struct error *err) {
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_RECORDS);
	bool more = true;
	for (size_t i = 0; i < count && more; i++) {
		struct key key = key_number(numbers[i]);
		struct record_row row = {0};
		struct span value;
		if (!walk_find(walk, key_span(&key), &value)) continue;
		if (record_row_get(value, &row)) {
			row.number = numbers[i];
			row.bytes = OBJECT_MISSING;
			more = !visit(user, &row);
		} else {
			txn_fail(txn, ERROR_DAMAGED, "catalogue: records of record %llu: malformed", (unsigned long long)numbers[i]);
		}
		record_row_dispose(&row);
	}
	walk_end(walk);
	return txn_end(txn, err) < 0 ? -1 : !more;
}

int records_peek_many(struct store *store, const uint64_t *numbers, size_t count, record_visit *visit, void *user,
		      struct error *err) {
	int rc = 0;
	for (size_t i = 0; i < count && !rc; i += TOGETHER)
		rc = peek_some(store, numbers + i, count - i < TOGETHER ? count - i : TOGETHER, visit, user, err);
	return rc;
}
