#include "store/private.h"

#include "base/limits.h"
#include "store/apply.h"
#include "store/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECOVER_BYTES (1U << 20) /* of journal in one transaction: keeps its dirty pages few */

void recover_batch_end(struct txn *txn, const struct journal_head *start, const struct journal_head *head) {
	struct batch_row row = {.file = start->file, .offset = start->offset, .when = head->when};
	struct key key = key_number(start->sequence + 1);
	struct buf b = {0};
	memcpy(row.chain, start->chain, sizeof row.chain);
	batch_row_put(&b, &row);
	txn_put(txn, TABLE_BATCHES, key_span(&key), span_of(&b));
	b.len = 0;
	journal_head_put(&b, head);
	txn_put(txn, TABLE_META, span_text(META_HEAD), span_of(&b));
	buf_dispose(&b);
}

/* Events of a batch wait here until its last one was seen. */
struct pending {
	struct event *events;
	size_t count, cap;
	struct buf bytes; /* payloads one after another */
};

static void pending_add(struct pending *p, const struct event *event) {
	ARRAY_GROW(p->events, p->count, p->cap);
	p->events[p->count++] = *event;
	buf_add(&p->bytes, event->payload.data, event->payload.len);
}

static void pending_apply(struct pending *p, struct txn *txn) {
	size_t at = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct span *payload = &p->events[i].payload;
		payload->data = p->bytes.data + at;
		at += payload->len;
		event_apply(txn, &p->events[i]);
	}
	p->count = 0;
	p->bytes.len = 0;
}

static void pending_dispose(struct pending *p) {
	free(p->events);
	buf_dispose(&p->bytes);
}

/* Where the batch begins: known only once its first event was read, which may be in the next file. */
static struct journal_head start_of(const struct journal_reader *reader, const struct journal_head *before) {
	struct journal_head start = *before;
	uint64_t entry = JOURNAL_ENTRY_MIN + reader->entry.len;
	start.file = reader->at.file;
	start.offset = reader->at.offset - entry;
	return start;
}

static int commit(struct txn **txn, struct catalogue *catalogue, bool more, struct error *err) {
	int rc = txn_commit(*txn, err);
	*txn = NULL;
	if (rc < 0 || !more) return rc;
	*txn = txn_begin(catalogue, true, err);
	return *txn ? 0 : -1;
}

int recover_journal(int dir, struct catalogue *catalogue, struct journal_head *head, bool strict, struct error *err) {
	struct journal_reader reader;
	struct pending pending = {0};
	struct event event;
	struct journal_head start = *head;
	struct error local = {0};
	uint64_t bytes = 0;
	int rc = -1;
	struct txn *txn = txn_begin(catalogue, true, err);
	if (!txn) return -1;
	journal_reader_begin(&reader, dir, head);
	enum journal_step step;
	while ((step = journal_reader_next(&reader, &event, &local)) == JOURNAL_EVENT) {
		if (!pending.count) start = start_of(&reader, head);
		pending_add(&pending, &event);
		bytes += event.payload.len + JOURNAL_ENTRY_MIN;
		if (!event.last) continue;
		*head = reader.at;
		pending_apply(&pending, txn);
		recover_batch_end(txn, &start, head);
		if (txn_failed(txn)) goto out;
		if (bytes < RECOVER_BYTES) continue;
		bytes = 0;
		if (commit(&txn, catalogue, true, err) < 0) goto out;
	}
	if (step == JOURNAL_FAILED || (strict && step == JOURNAL_BAD)) {
		error_set(err, local.code, "%s", local.text);
		goto out;
	}
	if (bytes)
		rc = commit(&txn, catalogue, false, err);
	else
		rc = 0;
out:
	if (txn && txn_end(txn, err) < 0) rc = -1;
	journal_reader_end(&reader);
	pending_dispose(&pending);
	return rc;
}

/* The newest pack of the catalogue; number 0 when there is none. */
static bool newest_pack(struct txn *txn, uint32_t *number, struct pack_row *row) {
	struct span key, value;
	struct walk *walk = walk_begin(txn, TABLE_PACKS);
	bool found = walk_last(walk, &key, &value);
	*number = 0;
	if (found && (key.len != 4 || !pack_row_get(value, row)))
		txn_fail(txn, ERROR_DAMAGED, "catalogue: packs: malformed");
	else if (found)
		*number = (uint32_t)key_last_number(key);
	walk_end(walk);
	return found;
}

static uint32_t place_pack(struct span key) {
	struct record_reader r = record_reader_of(key.data, key.len);
	return record_get_u32(&r);
}

/* Packs above the newest are a dead batch's and are removed: so its row must not be the one that is lost. */
static void check_newest(struct txn *txn, uint32_t newest) {
	struct span key, value;
	struct walk *walk = walk_begin(txn, TABLE_PLACES);
	if (walk_last(walk, &key, &value) && (key.len != 12 || place_pack(key) > newest))
		txn_fail(txn, ERROR_DAMAGED,
			 "catalogue: packs: its last row is missing; it can be rebuilt from packs and journal");
	walk_end(walk);
}

/* Cuts what a dead batch appended to a pack. */
static int cut_pack(struct store *store, uint32_t number, uint64_t length, struct error *err) {
	char path[FILE_PATH_MAX];
	int fd = file_open(store->dir, pack_path(number, path), O_WRONLY, err);
	if (fd < 0) return -1;
	int rc = file_truncate(fd, path, length, err);
	if (!rc) rc = file_sync(fd, path, err);
	close(fd);
	return rc;
}

int recover_tails(struct store *store, struct error *err) {
	char path[FILE_PATH_MAX];
	struct pack_row row = {0};
	uint32_t newest;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	newest_pack(txn, &newest, &row);
	check_newest(txn, newest);
	if (txn_end(txn, err) < 0 || journal_cut(store->dir, &store->head, err) < 0) return -1;
	int64_t highest = file_highest(store->dir, "packs", ".tar", err);
	if (highest < 0) return -1;
	for (int64_t n = highest; n > newest; n--)
		if (file_remove(store->dir, pack_path((uint32_t)n, path), err) < 0) return -1;
	int64_t size = newest ? file_size(store->dir, pack_path(newest, path), true, err) : FILE_ABSENT;
	if (size == -1) return -1;
	if (size > (int64_t)row.length && row.state != PACK_SEALED && cut_pack(store, newest, row.length, err) < 0)
		return -1;
	/* A pack that is full, lost or shorter than it should be is not written to again. */
	bool go_on = newest && row.state == PACK_OPEN && size >= (int64_t)row.length;
	store->writer =
		pack_writer_new(store->dir, LIMIT_PACK_BYTES, go_on ? newest : newest + 1, go_on ? row.length : 0);
	return 0;
}
