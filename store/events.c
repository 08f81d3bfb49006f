/* Reading the journal for people and reports. */
#include "store/private.h"

#include "store/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Head of the journal just before the batch that holds `sequence`; false when there is none or an error stuck. */
static bool batch_before(struct txn *txn, uint64_t sequence, struct journal_head *start) {
	struct key wanted = key_number(sequence);
	struct batch_row row;
	struct span key, value;
	struct walk *walk = walk_begin(txn, TABLE_BATCHES);
	bool found = walk_seek(walk, key_span(&wanted), &key, &value);
	if (!found)
		found = walk_last(walk, &key, &value);
	else if (key_last_number(key) > sequence)
		found = walk_previous(walk, &key, &value);
	if (found && !batch_row_get(value, &row)) {
		txn_fail(txn, ERROR_DAMAGED, "catalogue: batches: malformed");
		found = false;
	}
	if (found) {
		*start = (struct journal_head){
			.file = row.file, .offset = row.offset, .sequence = key_last_number(key) - 1, .when = row.when};
		memcpy(start->chain, row.chain, SHA256_SIZE);
	}
	walk_end(walk);
	return found && !txn_failed(txn);
}

static int give(struct journal_reader *reader, const struct event *event, struct buf *json, event_visit *visit,
		void *user, struct error *err) {
	struct event_row row = {.sequence = event->sequence, .when = event->when, .number = event->number};
	if (!event_json(event, json, &row.type))
		return error_set(err, ERROR_DAMAGED, "journal: event %llu (%s) is malformed",
				 (unsigned long long)event->sequence, event_type_name(event->type));
	row.json = (char *)json->data;
	memcpy(row.leaf, reader->leaf, SHA256_SIZE);
	memcpy(row.chain, reader->at.chain, SHA256_SIZE);
	int stop = visit(user, &row);
	free(row.type);
	return stop ? 1 : 0;
}

static int each(struct journal_reader *reader, uint64_t from, const struct journal_head *head, event_visit *visit,
		void *user, struct error *err) {
	struct buf json = {0};
	struct event event;
	int rc = 0;
	while (!rc && reader->at.sequence < head->sequence) {
		enum journal_step step = journal_reader_next(reader, &event, err);
		if (step == JOURNAL_END || step == JOURNAL_TORN)
			rc = error_set(err, ERROR_DAMAGED, "journal: it ends before event %llu",
				       (unsigned long long)head->sequence);
		else if (step != JOURNAL_EVENT)
			rc = -1;
		else if (event.sequence >= from)
			rc = give(reader, &event, &json, visit, user, err);
	}
	if (!rc && memcmp(reader->at.chain, head->chain, SHA256_SIZE))
		rc = error_set(err, ERROR_DAMAGED, "journal: its chain value is not the one the catalogue has");
	buf_dispose(&json);
	return rc;
}

int store_each_event(struct store *store, uint64_t from, event_visit *visit, void *user, struct error *err) {
	struct journal_reader reader;
	struct journal_head start = {0}, head;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	bool some = store_get_head(txn, &head) && from <= head.sequence && batch_before(txn, from ? from : 1, &start);
	if (txn_end(txn, err) < 0) return -1;
	if (!some) return 0;
	journal_reader_begin(&reader, store->dir, &start);
	int rc = each(&reader, from, &head, visit, user, err);
	journal_reader_end(&reader);
	return rc;
}

/* Clean pages alone are dropped; what was written was synced. */
static void drop_journal(struct store *store, uint32_t files) {
	char path[FILE_PATH_MAX];
	for (uint32_t n = 1; n <= files; n++) {
		int fd = file_open(store->dir, journal_path(n, path), O_RDONLY, NULL);
		if (fd < 0) continue;
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
}

int store_check_journal(struct store *store, uint64_t *events, struct error *err) {
	struct journal_reader reader;
	struct journal_head start = {0}, head;
	struct event event;
	*events = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	store_get_head(txn, &head);
	if (txn_end(txn, err) < 0) return -1;
	drop_journal(store, head.file);
	enum journal_step step = JOURNAL_EVENT;
	journal_reader_begin(&reader, store->dir, &start);
	while (reader.at.sequence < head.sequence && (step = journal_reader_next(&reader, &event, err)) == JOURNAL_EVENT) ++*events;
	int rc = step == JOURNAL_EVENT ? 0 : -1;
	if (step == JOURNAL_END || step == JOURNAL_TORN)
		error_set(err, ERROR_DAMAGED, "journal: it ends after event %llu, the catalogue knows %llu",
			  (unsigned long long)reader.at.sequence, (unsigned long long)head.sequence);
	else if (!rc && (memcmp(reader.at.chain, head.chain, SHA256_SIZE) || reader.at.offset != head.offset))
		rc = error_set(err, ERROR_DAMAGED, "journal: its head is not the one the catalogue has");
	journal_reader_end(&reader);
	return rc;
}

/* All events of a batch have its time, so the answer is the first event of a batch. */
int store_event_at(struct store *store, utime when, uint64_t *sequence, struct error *err) {
	struct journal_head head, start;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	uint64_t low = 1,
		 high = store_get_head(txn, &head) ? head.sequence + 1 : 1; /* the answer lies in [low, high] */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (!batch_before(txn, middle, &start)) break;
		if (start.when >= when)
			high = start.sequence + 1;
		else
			low = middle + 1;
	}
	*sequence = low;
	return txn_end(txn, err);
}
