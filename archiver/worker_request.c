#include "archiver/worker_private.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static void put_lengths(struct buf *b, const struct val_blob *blobs, size_t count) {
	record_put_u32(b, (uint32_t)count);
	for (size_t i = 0; i < count; i++) record_put_u64(b, blobs[i].len);
}

static void put_texts(struct buf *b, const char *const *texts, size_t count) {
	record_put_u32(b, (uint32_t)count);
	for (size_t i = 0; i < count; i++) record_put_text(b, texts[i]);
}

static void put_extend(struct buf *b, const struct val_extend *x) {
	record_put_u8(b, x != NULL);
	if (!x) return;
	record_put_u8(b, (uint8_t)(x->stamp | x->entries << 1 | x->certified << 2 | x->finish << 3));
	record_put_u8(b, (uint8_t)x->digest);
	record_put_u64(b, x->token_count);
	record_put_u64(b, x->token_room);
	record_put_time(b, x->renew_until);
}

void wire_put_request(struct buf *b, const struct val_request *q, bool path) {
	record_put_u8(b, path);
	record_put_time(b, q->at);
	record_put_u8(b, (uint8_t)q->revocation);
	record_put_u8(b, (uint8_t)(q->require_explicit_policy | q->inhibit_policy_mapping << 1 | q->inhibit_any_policy << 2 | q->only_read << 3 |
				q->brief << 4));
	record_put_u64(b, q->document.len);
	put_lengths(b, q->evidence, q->evidence_count);
	put_lengths(b, q->data, q->data_count);
	put_texts(b, q->digests, q->digest_count);
	put_texts(b, q->initial_policies, q->initial_policy_count);
	record_put_u8(b, q->password != NULL);
	record_put_text(b, q->password);
	record_put_u32(b, (uint32_t)q->proof_count);
	for (size_t i = 0; i < q->proof_count; i++) {
		record_put_raw(b, q->proofs[i].sha256, sizeof q->proofs[i].sha256);
		record_put_time(b, q->proofs[i].when);
		record_put_text(b, q->proofs[i].basis);
	}
	record_put_bytes(b, q->query.data, q->query.len);
	record_put_time(b, q->tolerance);
	record_put_u8(b, q->with_anchor);
	record_put_u64(b, q->records_cover);
	record_put_time(b, q->grace);
	put_extend(b, q->extend);
}

/* A count is believed only as far as the bytes that are there can carry so many elements. */
static size_t get_count(struct record_reader *r, size_t element) {
	size_t n = record_get_u32(r);
	if (r->bad || n > (r->len - r->pos) / element) {
		r->bad = true;
		return 0;
	}
	return n;
}

static char *keep_text(struct wire_request *w, char *text) {
	ARRAY_GROW(w->texts, w->text_count, w->text_cap);
	return w->texts[w->text_count++] = text;
}

/* Adds the lengths of `count` blobs behind those that are there. */
static void get_lengths(struct record_reader *r, struct wire_request *w, size_t before, size_t count) {
	w->blobs = xreallocarray(w->blobs, before + count + 1, sizeof *w->blobs);
	for (size_t i = 0; i < count; i++) {
		uint64_t len = record_get_u64(r);
		w->blobs[before + i] = (struct val_blob){NULL, len};
		if (__builtin_add_overflow(w->material_len, (size_t)len, &w->material_len)) r->bad = true;
	}
}

static void get_extend(struct record_reader *r, struct wire_request *w) {
	if (!record_get_u8(r)) return;
	uint8_t flags = record_get_u8(r);
	w->extend.stamp = flags & 1;
	w->extend.entries = flags & 2;
	w->extend.certified = flags & 4;
	w->extend.finish = flags & 8;
	uint8_t digest = record_get_u8(r);
	w->extend.token_count = record_get_u64(r);
	w->extend.token_room = record_get_u64(r);
	w->extend.renew_until = record_get_time(r);
	if (w->extend.token_room > LIMIT_PDF_GAP_BYTES) r->bad = true;
	w->extend.digest = (enum digest_alg)digest;
	if (!digest_size(w->extend.digest) && digest) r->bad = true;
	w->request.extend = &w->extend;
}

bool wire_get_request(struct record_reader *r, struct wire_request *w) {
	struct val_request *q = &w->request;
	*w = (struct wire_request){0};
	w->path = record_get_u8(r);
	q->at = record_get_time(r);
	uint8_t revocation = record_get_u8(r), flags = record_get_u8(r);
	if (revocation > REVOCATION_OFF) r->bad = true;
	q->revocation = (enum revocation_mode)revocation;
	q->require_explicit_policy = flags & 1;
	q->inhibit_policy_mapping = flags & 2;
	q->inhibit_any_policy = flags & 4;
	q->only_read = flags & 8;
	q->brief = flags & 16;
	w->document_len = record_get_u64(r);
	q->evidence_count = get_count(r, 8);
	get_lengths(r, w, 0, q->evidence_count);
	q->data_count = get_count(r, 8);
	get_lengths(r, w, q->evidence_count, q->data_count);
	q->digest_count = get_count(r, 4);
	for (size_t i = 0; i < q->digest_count; i++) keep_text(w, record_get_text(r));
	q->initial_policy_count = get_count(r, 4);
	for (size_t i = 0; i < q->initial_policy_count; i++) keep_text(w, record_get_text(r));
	bool password = record_get_u8(r);
	w->password = record_get_text(r);
	q->password = password ? w->password : NULL;
	q->proof_count = get_count(r, 44);
	w->proofs = xcalloc(q->proof_count + 1, sizeof *w->proofs);
	for (size_t i = 0; i < q->proof_count; i++) {
		const unsigned char *name = record_get_raw(r, sizeof w->proofs[i].sha256);
		for (size_t k = 0; name && k < sizeof w->proofs[i].sha256; k++) w->proofs[i].sha256[k] = name[k];
		w->proofs[i].when = record_get_time(r);
		w->proofs[i].basis = keep_text(w, record_get_text(r));
	}
	q->query.data = record_get_bytes(r, &q->query.len);
	if (!q->query.len) q->query.data = NULL;
	q->tolerance = record_get_time(r);
	q->with_anchor = record_get_u8(r) != 0;
	q->records_cover = record_get_u64(r);
	q->grace = record_get_time(r);
	get_extend(r, w);
	return record_at_end(r);
}

void wire_request_place(struct wire_request *w, const unsigned char *document, const unsigned char *material) {
	struct val_request *q = &w->request;
	q->document = (struct val_blob){document, w->document_len};
	for (size_t i = 0; i < q->evidence_count + q->data_count; i++) {
		w->blobs[i].data = material;
		material += w->blobs[i].len;
	}
	q->evidence = w->blobs;
	q->data = w->blobs + q->evidence_count;
	q->digests = (const char *const *)w->texts;
	q->initial_policies = q->digest_count ? q->digests + q->digest_count : q->digests;
	q->proofs = w->proofs;
}

void wire_request_dispose(struct wire_request *w) {
	for (size_t i = 0; i < w->text_count; i++) free(w->texts[i]);
	free(w->texts);
	if (w->password) explicit_bzero(w->password, strlen(w->password));
	free(w->password);
	free(w->blobs);
	free(w->proofs);
}
