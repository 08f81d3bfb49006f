#include "store/batch_private.h"

#include "base/limits.h"
#include "store/file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct batch *store_begin(struct store *store, utime now) {
	assert(store_writes(store) && !store->batch);
	struct batch *batch = xcalloc(1, sizeof *batch);
	batch->store = store;
	batch->now = now;
	batch->records = store->records;
	store->batch = batch;
	if (store->broken.code != ERROR_NONE) error_set(&batch->err, store->broken.code, "%s", store->broken.text);
	store_check_clock(now, store->head.when, &batch->err);
	return batch;
}

uint64_t batch_bytes(const struct batch *batch) {
	return batch->bytes;
}

size_t batch_events(const struct batch *batch) {
	return batch->count;
}

static void batch_free(struct batch *batch) {
	for (size_t i = 0; i < batch->count; i++) buf_dispose(&batch->events[i].payload);
	free(batch->events);
	free(batch->objects);
	free(batch->slots);
	free(batch->closed);
	free(batch->new_records);
	batch->store->batch = NULL;
	free(batch);
}

void batch_add_event(struct batch *batch, unsigned type, uint64_t number, struct buf *payload) {
	if (payload->len > LIMIT_EVENT_BYTES - 64)
		error_set(&batch->err, ERROR_LIMIT, "event %s: %zu bytes are more than %lu", event_type_name(type),
			  payload->len, LIMIT_EVENT_BYTES - 64);
	if (batch->err.code != ERROR_NONE) {
		buf_dispose(payload);
		return;
	}
	ARRAY_GROW(batch->events, batch->count, batch->cap);
	batch->events[batch->count++] = (struct batch_event){type, number, *payload};
	*payload = (struct buf){0};
}

/* Takes back what this batch and no commit wrote. What cannot be taken back now the next open does. */
static void rollback(struct batch *batch) {
	struct store *store = batch->store;
	struct error err = {0};
	if (store->broken.code != ERROR_NONE) return;
	bool packs = pack_rollback(store->writer, &err) < 0, journal = journal_cut(store->dir, &store->head, &err) < 0;
	pack_forget(store->packs);
	if (packs || journal) {
		store->broken = err;
		error_prefix(&store->broken, "the archive must be opened again after a failure");
	}
}

void batch_abort(struct batch *batch) {
	if (!batch) return;
	if (batch->objects || batch->dirty) rollback(batch);
	batch_free(batch);
}

/* ---- commit ---- */

/* What a commit makes from the batch: events in order, and journal entries from them. */
struct commit {
	struct journal_head start, head;
	struct buf entries;
	struct txn *txn;
};

static void put_event(struct commit *c, struct batch *batch, unsigned type, uint64_t number, struct span payload,
		      bool last) {
	struct event event = {.when = batch->now, .type = type, .number = number, .last = last, .payload = payload};
	journal_put(&c->entries, &c->head, &event);
	event_apply(c->txn, &event);
}

/* End of the members written so far in a pack: behind the last of these. */
static uint64_t end_of(const struct batch_object *object) {
	return object->place.offset + tar_padded(object->size);
}

static void put_objects(struct commit *c, struct batch *batch, size_t from, size_t count, bool last) {
	struct buf payload = {0};
	record_put_u32(&payload, batch->objects[from].place.pack);
	record_put_u64(&payload, end_of(&batch->objects[from + count - 1]));
	record_put_u32(&payload, (uint32_t)count);
	for (size_t i = from; i < from + count; i++) {
		const struct batch_object *o = &batch->objects[i];
		event_object_put(&payload, &(struct event_object){o->id, o->kind, o->place.offset, o->size});
	}
	put_event(c, batch, EVENT_OBJECTS, 0, span_of(&payload), last);
	buf_dispose(&payload);
}

static void put_all_objects(struct commit *c, struct batch *batch, bool last) {
	for (size_t from = 0, count; from < batch->object_count; from += count) {
		uint32_t pack = batch->objects[from].place.pack;
		for (count = 1; from + count < batch->object_count && count < LIMIT_EVENT_ITEMS; count++)
			if (batch->objects[from + count].place.pack != pack) break;
		put_objects(c, batch, from, count, last && from + count == batch->object_count);
	}
}

static void put_closed(struct commit *c, struct batch *batch, bool last) {
	for (size_t i = 0; i < batch->closed_count; i++) {
		struct buf payload = {0};
		record_put_u32(&payload, batch->closed[i].pack);
		record_put_u64(&payload, batch->closed[i].length);
		put_event(c, batch, EVENT_PACK_CLOSED, 0, span_of(&payload), last && i + 1 == batch->closed_count);
		buf_dispose(&payload);
	}
}

/* Changes are tried on the catalogue first, so that nothing it refuses gets into the journal; they become visible
 * only after the journal is durable. */
static int write_all(struct batch *batch, struct commit *c, struct error *err) {
	struct store *store = batch->store;
	if (batch->dirty && pack_sync(store->writer, err) < 0) return -1;
	c->txn = txn_begin(store->catalogue, true, err);
	if (!c->txn) return -1;
	put_all_objects(c, batch, !batch->closed_count && !batch->count);
	put_closed(c, batch, !batch->count);
	for (size_t i = 0; i < batch->count; i++)
		put_event(c, batch, batch->events[i].type, batch->events[i].number, span_of(&batch->events[i].payload),
			  i + 1 == batch->count);
	recover_batch_end(c->txn, &c->start, &c->head);
	if (txn_failed(c->txn)) {
		txn_end(c->txn, err);
		return -1;
	}
	if (journal_write(store->dir, &c->start, &c->entries, err) < 0) {
		txn_end(c->txn, NULL);
		return -1;
	}
	if (txn_commit(c->txn, err) == 0) return 0;
	/* Did the commit reach the disk in spite of its error? Then the journal may not be cut. */
	struct journal_head now = {0};
	struct error own = {0};
	struct txn *txn = txn_begin(store->catalogue, false, &own);
	bool old = txn && store_get_head(txn, &now) && now.sequence == store->head.sequence;
	if (txn) txn_end(txn, NULL);
	if (!old) {
		store->broken = *err;
		error_prefix(&store->broken, "the archive must be opened again after a failure");
	}
	return -1;
}

int batch_commit(struct batch *batch, struct error *err) {
	struct store *store = batch->store;
	struct commit c = {0};
	int rc = -1;
	bool empty = !batch->count && !batch->object_count && !batch->closed_count;
	assert(!batch->stream);
	if (batch->err.code != ERROR_NONE) {
		error_set(err, batch->err.code, "%s", batch->err.text);
		goto out;
	}
	if (empty) {
		rc = 0;
		goto out;
	}
	journal_next(&store->head, store->journal_bound, &c.start);
	c.head = c.start;
	struct error own = {0};
	rc = write_all(batch, &c, &own);
	if (rc < 0) error_set(err, own.code, "%s", own.text);
	if (rc == 0) {
		store->head = c.head;
		store->records = batch->records;
		pack_committed(store->writer);
	}
out:
	if (rc < 0 || (empty && batch->dirty)) rollback(batch); /* what was taken back may have reached the disk */
	buf_dispose(&c.entries);
	batch_free(batch);
	return rc;
}
