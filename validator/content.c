#include "validator/content.h"

#include "base/limits.h"
#include "base/mem.h"
#include "validator/der.h"

#include <stdlib.h>
#include <string.h>

struct piece {
	const unsigned char *data;
	size_t len;
};

struct hashed {
	unsigned char digest[DIGEST_MAX];
	size_t len;
};

struct content_file {
	const unsigned char *data;
	struct {
		struct digest_ctx *ctx; /* of the first `at` bytes; NULL: not begun */
		size_t at;
	} running[DIGEST_ALGS];
	struct mark {
		size_t at;
		struct digest_ctx *ctx; /* SHA-256 of the first `at` bytes; NULL: not made */
	} *marks;
	size_t mark_count, mark_cap;
};

/* One thing that may have been signed: pieces in order, or a bare digest. */
struct offer {
	struct piece *pieces;
	size_t count;
	struct content_file *file; /* NULL, or the pieces are ranges of this */
	enum digest_alg given_alg; /* DIGEST_UNKNOWN: pieces */
	struct hashed given;
	struct hashed *made[DIGEST_ALGS];
	unsigned char *joined;
};

struct content {
	struct offer *offers;
	size_t count;
};

static struct content *content_new(size_t count) {
	struct content *c = xcalloc(1, sizeof *c);
	c->offers = xcalloc(count ? count : 1, sizeof *c->offers);
	c->count = count;
	return c;
}

static void set_bytes(struct offer *o, const unsigned char *data, size_t len) {
	o->pieces = xcalloc(1, sizeof *o->pieces);
	o->pieces[0] = (struct piece){data, len};
	o->count = 1;
}

struct content *content_of_bytes(const unsigned char *data, size_t len) {
	struct content *c = content_new(1);
	set_bytes(&c->offers[0], data, len);
	return c;
}

struct content_file *content_file_new(const unsigned char *data) {
	struct content_file *f = xcalloc(1, sizeof *f);
	f->data = data;
	return f;
}

void content_file_free(struct content_file *file) {
	if (!file) return;
	for (int alg = 0; alg < DIGEST_ALGS; alg++) digest_free(file->running[alg].ctx);
	for (size_t i = 0; i < file->mark_count; i++) digest_free(file->marks[i].ctx);
	free(file->marks);
	free(file);
}

static int by_place(const void *a, const void *b) {
	const struct mark *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

void content_file_sha256(struct content_file *file, size_t len, unsigned char out[static SHA256_SIZE]) {
	unsigned char digest[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	size_t at = 0;
	if (file->mark_count) qsort(file->marks, file->mark_count, sizeof *file->marks, by_place);
	for (size_t i = 0; i < file->mark_count && file->marks[i].at <= len; i++) {
		struct mark *m = &file->marks[i];
		digest_update(ctx, file->data + at, m->at - at);
		at = m->at;
		if (!m->ctx) m->ctx = digest_copy(ctx);
	}
	digest_update(ctx, file->data + at, len - at);
	digest_final(ctx, digest);
	memcpy(out, digest, SHA256_SIZE);
	digest_free(ctx);
}

/* The whole file is hashed, too: on the way it leaves what those that begin with it need. */
static void add_mark(struct content_file *file, size_t at) {
	for (size_t i = 0; i < file->mark_count; i++)
		if (file->marks[i].at == at) return;
	ARRAY_GROW(file->marks, file->mark_count, file->mark_cap);
	file->marks[file->mark_count++] = (struct mark){at, NULL};
}

struct content *content_of_ranges(struct content_file *file, const struct pdf_range *ranges, size_t count) {
	struct content *c = content_new(1);
	struct offer *o = &c->offers[0];
	o->file = file;
	o->pieces = xcalloc(count ? count : 1, sizeof *o->pieces);
	for (o->count = 0; o->count < count; o->count++)
		o->pieces[o->count] = (struct piece){file->data + ranges[o->count].offset, ranges[o->count].length};
	if (count && ranges[0].offset == 0) add_mark(file, ranges[0].length);
	return c;
}

/* "ALG:HEX" */
static void set_digest(struct offer *o, const char *text) {
	char name[32] = "";
	const char *colon = strchr(text, ':');
	if (!colon || (size_t)(colon - text) >= sizeof name) return;
	memcpy(name, text, (size_t)(colon - text));
	o->given_alg = digest_from_name(name);
	o->given.len = digest_size(o->given_alg);
	if (!o->given.len || !hex_decode(colon + 1, o->given.digest, o->given.len)) o->given.len = 0;
}

struct content *content_of_offers(const struct val_request *request) {
	struct content *c = content_new(request->data_count + request->digest_count);
	for (size_t i = 0; i < request->data_count; i++)
		set_bytes(&c->offers[i], request->data[i].data, request->data[i].len);
	for (size_t i = 0; i < request->digest_count; i++)
		set_digest(&c->offers[request->data_count + i], request->digests[i]);
	return c;
}

void content_free(struct content *content) {
	if (!content) return;
	for (size_t i = 0; i < content->count; i++) {
		for (int alg = 0; alg < DIGEST_ALGS; alg++) free(content->offers[i].made[alg]);
		free(content->offers[i].pieces);
		free(content->offers[i].joined);
	}
	free(content->offers);
	free(content);
}

/* A digest that has taken the first `len` bytes of the file. The signatures of a document come in the order of their
 * ends, and each covers what was there when it was made: so the bytes before the gap of one are among those of the next,
 * and are taken once for all of them. NULL where this one begins before the last. */
static struct digest_ctx *begun(struct content_file *file, enum digest_alg alg, size_t len) {
	for (size_t i = 0; alg == DIGEST_SHA256 && i < file->mark_count; i++)
		if (file->marks[i].at == len && file->marks[i].ctx) return digest_copy(file->marks[i].ctx);
	if (!file->running[alg].ctx) file->running[alg].ctx = digest_new(alg);
	if (!file->running[alg].ctx || file->running[alg].at > len) return NULL;
	digest_update(file->running[alg].ctx, file->data + file->running[alg].at, len - file->running[alg].at);
	file->running[alg].at = len;
	return digest_copy(file->running[alg].ctx);
}

static const struct hashed *offer_digest(struct offer *o, enum digest_alg alg) {
	if (!o->pieces) return o->given.len && o->given_alg == alg ? &o->given : NULL;
	if (o->made[alg]) return o->made[alg];
	size_t first = 0;
	struct digest_ctx *ctx = NULL;
	if (o->file && o->count && o->pieces[0].data == o->file->data) ctx = begun(o->file, alg, o->pieces[0].len);
	if (ctx) first = 1;
	if (!ctx) ctx = digest_new(alg);
	if (!ctx) return NULL;
	for (size_t i = first; i < o->count; i++) digest_update(ctx, o->pieces[i].data, o->pieces[i].len);
	o->made[alg] = xcalloc(1, sizeof *o->made[alg]);
	o->made[alg]->len = digest_final(ctx, o->made[alg]->digest);
	digest_free(ctx);
	return o->made[alg];
}

enum content_match content_check(struct content *content, enum digest_alg alg, const unsigned char *digest,
				 size_t len) {
	enum content_match result = CONTENT_MISSING;
	for (size_t i = 0; content && i < content->count; i++) {
		const struct hashed *h = offer_digest(&content->offers[i], alg);
		if (!h) continue;
		if (h->len == len && !memcmp(h->digest, digest, len)) return CONTENT_MATCHES;
		result = CONTENT_DIFFERS;
	}
	return result;
}

const unsigned char *content_digest(struct content *content, enum digest_alg alg, size_t index, size_t *len) {
	static const unsigned char nothing[1];
	*len = 0;
	if (!content || index >= content->count) return NULL;
	const struct hashed *h = offer_digest(&content->offers[index], alg);
	if (!h) return nothing; /* of another algorithm: the next may be of this */
	*len = h->len;
	return h->digest;
}

bool content_begins_as_attributes(const struct content *content) {
	static const unsigned char kinds[] = {DER_SET, DER_SEQUENCE, DER_OID};
	for (size_t i = 0; content && i < content->count; i++) {
		const struct offer *o = &content->offers[i];
		struct der_walk w =
			der_walk_bytes(o->count ? o->pieces[0].data : NULL, o->count ? o->pieces[0].len : 0);
		struct der e;
		size_t depth = 0;
		while (depth < ARRAY_LEN(kinds) && der_next_ber(&w, &e) && e.tag == kinds[depth]) {
			w = der_walk_in(&e);
			depth++;
		}
		if (depth == ARRAY_LEN(kinds)) return true;
	}
	return false;
}

const unsigned char *content_bytes(struct content *content, size_t index, size_t *len) {
	*len = 0;
	if (!content || index >= content->count || !content->offers[index].pieces) return NULL;
	struct offer *o = &content->offers[index];
	for (size_t i = 0; i < o->count; i++) *len += o->pieces[i].len;
	if (o->count == 1) return o->pieces[0].data;
	if (o->joined || *len > LIMIT_ONESHOT_BYTES) return o->joined;
	size_t at = 0;
	o->joined = xmalloc(*len + 1);
	for (size_t i = 0; i < o->count; i++) {
		memcpy(o->joined + at, o->pieces[i].data, o->pieces[i].len);
		at += o->pieces[i].len;
	}
	return o->joined;
}
