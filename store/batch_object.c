#include "store/batch_private.h"

#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct object_stream {
	struct batch *batch;
	enum object_kind kind;
	uint64_t size, seen;
	struct pack_place place;
	struct digest_ctx *sha256, *sha512;
	unsigned char *sha512_out;
};

/* ---- the objects of this batch, by digest ---- */

static size_t slot_of(const struct batch *batch, const struct object_id *id) {
	uint64_t hash;
	memcpy(&hash, id->sha256, sizeof hash);
	size_t at = (size_t)(hash & (batch->slot_count - 1));
	while (batch->slots[at] && !object_id_equal(&batch->objects[batch->slots[at] - 1].id, id))
		at = (at + 1) & (batch->slot_count - 1);
	return at;
}

static void grow_slots(struct batch *batch) {
	if (batch->slot_count > 2 * (batch->object_count + 1)) return;
	free(batch->slots);
	batch->slot_count = batch->slot_count ? 4 * batch->slot_count : 64;
	batch->slots = xcalloc(batch->slot_count, sizeof *batch->slots);
	for (size_t i = 0; i < batch->object_count; i++)
		batch->slots[slot_of(batch, &batch->objects[i].id)] = (uint32_t)i + 1;
}

/* Stored already, and well? A copy known to be lost or damaged does not count: storing again heals it. */
static bool is_stored(struct batch *batch, const struct object_id *id) {
	struct key key = key_object(id);
	struct object_row row;
	struct span value;
	bool stored = false;
	if (batch->slot_count && batch->slots[slot_of(batch, id)]) return true;
	struct txn *txn = txn_begin(batch->store->catalogue, false, &batch->err);
	if (!txn) return false;
	if (txn_get(txn, TABLE_OBJECTS, key_span(&key), &value))
		stored = object_row_get(value, &row) && row.state == OBJECT_PRESENT;
	txn_end(txn, &batch->err);
	return stored;
}

static void remember(struct batch *batch, const struct batch_object *object) {
	grow_slots(batch);
	ARRAY_GROW(batch->objects, batch->object_count, batch->object_cap);
	batch->objects[batch->object_count++] = *object;
	batch->slots[slot_of(batch, &object->id)] = (uint32_t)batch->object_count;
	batch->bytes += object->size;
}

static void closed(void *user, uint32_t pack, uint64_t length) {
	struct batch *batch = user;
	ARRAY_GROW(batch->closed, batch->closed_count, batch->closed_cap);
	batch->closed[batch->closed_count++] = (struct batch_closed){pack, length};
}

/* ---- whole objects ---- */

int batch_put(struct batch *batch, enum object_kind kind, const void *data, size_t len, struct object_id *id,
	      bool *existed) {
	struct batch_object object = {.kind = kind, .size = len};
	struct pack_writer *writer = batch->store->writer;
	assert(!batch->stream && (unsigned)kind < OBJECT_KINDS);
	sha256_bytes(data, len, object.id.sha256);
	*id = object.id;
	if (batch->err.code != ERROR_NONE) return -1;
	bool there = is_stored(batch, id);
	if (existed) *existed = there;
	if (batch->err.code != ERROR_NONE) return -1;
	if (there) return 0;
	batch->dirty = true;
	if (pack_begin(writer, len, &object.place, closed, batch, &batch->err) < 0) return -1;
	if (pack_add(writer, data, len, &batch->err) < 0) return -1;
	if (pack_end(writer, &object.place, id, len, &batch->err) < 0) return -1;
	remember(batch, &object);
	return 0;
}

/* ---- in pieces ---- */

struct object_stream *batch_stream_begin(struct batch *batch, enum object_kind kind, uint64_t size) {
	struct object_stream *stream = xcalloc(1, sizeof *stream);
	assert(!batch->stream && (unsigned)kind < OBJECT_KINDS);
	stream->batch = batch;
	stream->kind = kind;
	stream->size = size;
	stream->sha256 = digest_new(DIGEST_SHA256);
	batch->stream = stream;
	if (size > LIMIT_DOCUMENT_BYTES)
		error_set(&batch->err, ERROR_LIMIT, "an object of %llu bytes is more than the archive takes",
			  (unsigned long long)size);
	if (batch->err.code != ERROR_NONE) return stream;
	batch->dirty = true;
	pack_begin(batch->store->writer, size, &stream->place, closed, batch, &batch->err);
	return stream;
}

void batch_stream_sha512(struct object_stream *stream, unsigned char out[static 64]) {
	assert(!stream->seen && !stream->sha512);
	stream->sha512 = digest_new(DIGEST_SHA512);
	stream->sha512_out = out;
}

void batch_stream_write(struct object_stream *stream, const void *data, size_t len) {
	struct batch *batch = stream->batch;
	bool fits = stream->seen <= stream->size && len <= stream->size - stream->seen;
	stream->seen += len;
	if (!fits || batch->err.code != ERROR_NONE) return;
	/* Piece by piece, so that what was hashed is still in the cache when it is copied. */
	for (const unsigned char *p = data; len;) {
		size_t n = len < 65536 ? len : 65536;
		digest_update(stream->sha256, p, n);
		if (stream->sha512) digest_update(stream->sha512, p, n);
		if (pack_add(batch->store->writer, p, n, &batch->err) < 0) return;
		p += n;
		len -= n;
	}
}

static void stream_free(struct object_stream *stream) {
	stream->batch->stream = NULL;
	digest_free(stream->sha256);
	digest_free(stream->sha512);
	free(stream);
}

int batch_stream_end(struct object_stream *stream, struct object_id *id, bool *existed, struct error *err) {
	struct batch *batch = stream->batch;
	struct pack_writer *writer = batch->store->writer;
	struct batch_object object = {.kind = stream->kind, .size = stream->size, .place = stream->place};
	unsigned char full[DIGEST_MAX];
	bool there = false;
	int rc = -1;
	if (batch->err.code != ERROR_NONE) goto sticky;
	if (stream->seen != stream->size) {
		pack_take_back(writer, &stream->place);
		error_set(err, ERROR_INPUT, "changed while it was read: %llu bytes instead of %llu",
			  (unsigned long long)stream->seen, (unsigned long long)stream->size);
		goto out;
	}
	digest_final(stream->sha256, full);
	memcpy(object.id.sha256, full, SHA256_SIZE);
	*id = object.id;
	if (stream->sha512) {
		digest_final(stream->sha512, full);
		memcpy(stream->sha512_out, full, 64);
	}
	there = is_stored(batch, id);
	if (existed) *existed = there;
	if (there)
		pack_take_back(writer, &stream->place);
	else if (batch->err.code == ERROR_NONE && pack_end(writer, &stream->place, id, stream->size, &batch->err) == 0)
		remember(batch, &object);
	rc = 0;
sticky:
	if (batch->err.code != ERROR_NONE) rc = error_set(err, batch->err.code, "%s", batch->err.text);
out:
	stream_free(stream);
	return rc;
}

void batch_stream_abort(struct object_stream *stream) {
	if (!stream) return;
	if (stream->batch->err.code == ERROR_NONE) pack_take_back(stream->batch->store->writer, &stream->place);
	stream_free(stream);
}
