#include "store/revision.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 4096          /* digits passed on at a time */
#define KEPT (16UL << 20)   /* of the object that the last range was of: the next one is mostly of the same */

struct joining {
	struct store *store;
	const struct revision_row *row;
	bool past_cache;
	store_sink *sink;
	void *user;
	struct digest_ctx *digest;
	uint64_t size;
	struct buf own;
	size_t own_at;
	struct object_id *bad;
	struct error *err;
	struct object_id kept; /* whose bytes are in `bytes`; zero: nobody's */
	struct buf bytes;
	const struct revision_piece *range; /* in hand */
	uint64_t range_at;                  /* bytes of its object that went by */
};

static int pass(void *user, const unsigned char *data, size_t len, struct error *err) {
	struct joining *j = user;
	digest_update(j->digest, data, len);
	j->size += len;
	return j->sink ? j->sink(j->user, data, len, err) : 0;
}

static enum object_state at_fault(const struct joining *j, const struct object_id *id, enum object_state state) {
	if (state != OBJECT_PRESENT && j->bad) *j->bad = *id;
	return state;
}

static int collect(void *user, const unsigned char *data, size_t len, struct error *err) {
	struct buf *own = user;
	if (len > LIMIT_APPENDED_BYTES - own->len) return error_set(err, ERROR_LIMIT, "a long-term form is too large");
	buf_add(own, data, len);
	return 0;
}

static enum object_state read_own(struct joining *j) {
	enum object_state state = OBJECT_PRESENT;
	for (size_t i = 0; i < j->row->own_count && state == OBJECT_PRESENT; i++)
		state = at_fault(j, &j->row->own[i],
				 store_stream(j->store, &j->row->own[i], j->past_cache, collect, &j->own, j->err));
	return state;
}

static enum object_state pass_own(struct joining *j, uint64_t size) {
	if (size > j->own.len - j->own_at) return OBJECT_DAMAGED;
	if (pass(j, j->own.data + j->own_at, (size_t)size, j->err)) return OBJECT_UNREADABLE;
	j->own_at += (size_t)size;
	return OBJECT_PRESENT;
}

static enum object_state pass_hex(struct joining *j, const struct revision_piece *p) {
	static const char digits[] = "0123456789ABCDEF";
	unsigned char *data = NULL, text[CHUNK];
	size_t len = 0;
	enum object_state state =
		at_fault(j, &p->object, store_read(j->store, &p->object, LIMIT_EVIDENCE_BYTES, &data, &len, j->err));
	if (state == OBJECT_PRESENT && len > p->size / 2) state = OBJECT_DAMAGED;
	for (uint64_t at = 0; state == OBJECT_PRESENT && at < p->size;) {
		size_t n = 0;
		for (; n < CHUNK && at < p->size; n++, at++) {
			unsigned value = at / 2 < len ? data[at / 2] >> (at % 2 ? 0 : 4) & 15U : 0;
			text[n] = (unsigned char)digits[value];
		}
		if (pass(j, text, n, j->err)) state = OBJECT_UNREADABLE;
	}
	free(data);
	return state;
}

static int window(void *user, const unsigned char *data, size_t len, struct error *err) {
	struct joining *j = user;
	uint64_t from = j->range->at, to = from + j->range->size, begin = j->range_at, end = begin + len;
	j->range_at = end;
	if (end <= KEPT) buf_add(&j->bytes, data, len);
	if (from < begin) from = begin;
	if (to > end) to = end;
	return from < to ? pass(j, data + (from - begin), (size_t)(to - from), err) : 0;
}

/* The whole object is read, so that its digest is known to be right. */
static enum object_state pass_range(struct joining *j, const struct revision_piece *p) {
	enum object_state state = OBJECT_PRESENT;
	if (p->size > UINT64_MAX - p->at) return OBJECT_DAMAGED;
	if (!object_id_is_zero(&j->kept) && object_id_equal(&j->kept, &p->object)) {
		if (p->at + p->size > j->bytes.len) return OBJECT_DAMAGED;
		return pass(j, j->bytes.data + p->at, (size_t)p->size, j->err) ? OBJECT_UNREADABLE : OBJECT_PRESENT;
	}
	j->kept = (struct object_id){0};
	j->bytes.len = 0;
	j->range = p;
	j->range_at = 0;
	state = at_fault(j, &p->object, store_stream(j->store, &p->object, j->past_cache, window, j, j->err));
	if (state == OBJECT_PRESENT && j->range_at <= KEPT) j->kept = p->object;
	return state == OBJECT_PRESENT && p->at + p->size > j->range_at ? OBJECT_DAMAGED : state;
}

static enum object_state pass_piece(struct joining *j, const struct revision_piece *p) {
	if (p->form == PIECE_OWN) return pass_own(j, p->size);
	if (p->form == PIECE_HEX) return pass_hex(j, p);
	if (p->form == PIECE_RANGE) return pass_range(j, p);
	return at_fault(j, &p->object, store_stream(j->store, &p->object, j->past_cache, pass, j, j->err));
}

enum object_state store_stream_revision(struct store *store, const struct revision_row *revision, bool past_cache,
					store_sink *sink, void *user, struct object_id *bad, struct error *err) {
	struct joining j = {.store = store, .row = revision, .past_cache = past_cache, .sink = sink, .user = user,
			    .digest = digest_new(DIGEST_SHA256), .bad = bad, .err = err};
	unsigned char digest[DIGEST_MAX];
	if (bad) *bad = (struct object_id){0};
	enum object_state state = read_own(&j);
	for (size_t i = 0; i < revision->count && state == OBJECT_PRESENT; i++) state = pass_piece(&j, &revision->pieces[i]);
	digest_final(j.digest, digest);
	digest_free(j.digest);
	if (state == OBJECT_PRESENT && (j.size != revision->size || j.own_at != j.own.len ||
					memcmp(digest, revision->digest.sha256, SHA256_SIZE) != 0))
		state = OBJECT_DAMAGED;
	buf_dispose(&j.own);
	buf_dispose(&j.bytes);
	return state;
}
