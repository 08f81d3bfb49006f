#include "store/revision.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 4096 /* digits passed on at a time */

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

static enum object_state pass_piece(struct joining *j, const struct revision_piece *p) {
	if (p->form == PIECE_OWN) return pass_own(j, p->size);
	if (p->form == PIECE_HEX) return pass_hex(j, p);
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
	return state;
}
