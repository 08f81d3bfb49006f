/* CAdES archive time-stamps: what their imprint is made of. Version 3 (EN 319 122-1 5.5.2 and 5.5.3) has an index that
 * lists by hash the certificates, CRLs and unsigned attributes it protects; version 2 (EN 319 122-1 A.2.4, TS 101 733
 * 6.4.1) is over all that was there. */
#include "validator/process.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum index_version { INDEX_V1 = 1, INDEX_V2, INDEX_V3 };

struct hash_index {
	enum index_version version;
	enum digest_alg digest;
	struct der whole, certs, crls, attributes;
};

/* ATSHashIndex: [AlgorithmIdentifier], certificates, CRLs, unsigned attributes; version 1 may omit the algorithm. */
static bool read_index(const struct signature *token, struct hash_index *index) {
	static const char *const oids[] = {"0.4.0.1733.2.5", "0.4.0.19122.1.4", "0.4.0.19122.1.5"};
	struct der part, peek;
	for (int v = 0; v < 3; v++) {
		if (!cms_attribute_single(&token->signer->unsigned_attrs, oids[v], &index->whole)) continue;
		index->version = (enum index_version)(v + 1);
		index->digest = DIGEST_SHA256;
		struct der_walk w = der_walk_in(&index->whole);
		if (index->whole.tag != DER_SEQUENCE || !der_next_ber(&w, &part)) return false;
		struct der_walk in = der_walk_in(&part);
		if (der_next_ber(&in, &peek) && peek.tag == DER_OID) {
			index->digest = digest_of_algorithm(&part);
			if (!der_next_ber(&w, &part)) return false;
		}
		index->certs = part;
		return der_next_ber(&w, &index->crls) && der_next_ber(&w, &index->attributes) && der_done(&w) &&
		       digest_size(index->digest);
	}
	return false;
}

static void add_hash(struct buf *hashes, enum digest_alg alg, const void *a, size_t a_len, const void *b,
		     size_t b_len) {
	unsigned char hash[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(alg);
	digest_update(ctx, a, a_len);
	if (b_len) digest_update(ctx, b, b_len);
	size_t len = digest_final(ctx, hash);
	digest_free(ctx);
	buf_add(hashes, hash, len);
}

static void hash_items(const struct cms_bytes *items, size_t count, enum digest_alg alg, struct buf *hashes) {
	for (size_t i = 0; i < count; i++) add_hash(hashes, alg, items[i].data, items[i].len, NULL, 0);
}

static void hash_attributes(const struct cms_signer *signer, enum index_version version, enum digest_alg alg,
			    struct buf *hashes) {
	struct cms_attribute a;
	struct der value;
	if (!signer->unsigned_attrs.start) return;
	struct der_walk w = der_walk_in(&signer->unsigned_attrs);
	while (cms_attribute_next(&w, &a)) {
		if (version != INDEX_V3) {
			add_hash(hashes, alg, a.whole.start, a.whole.full, NULL, 0);
			continue;
		}
		struct der_walk values = der_walk_in(&a.values);
		while (der_next_ber(&values, &value))
			add_hash(hashes, alg, a.oid.start, a.oid.full, value.start, value.full);
	}
}

static int by_bytes(const void *a, const void *b, void *size) {
	return memcmp(a, b, *(const size_t *)size);
}

static const unsigned char *find_hash(const struct buf *sorted, const unsigned char *hash, size_t size) {
	size_t low = 0, high = sorted->len / size;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(sorted->data + middle * size, hash, size);
		if (order == 0) return sorted->data + middle * size;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Every entry of the list has its element: an index that lists what is not there protects something else. */
static bool all_there(const struct der *list, struct buf *hashes, size_t size) {
	struct der e;
	struct der_walk w = der_walk_in(list);
	if (hashes->len) qsort_r(hashes->data, hashes->len / size, size, by_bytes, &size);
	while (der_next_ber(&w, &e))
		if (e.tag != DER_OCTET_STRING || e.len != size || !find_hash(hashes, e.data, size)) return false;
	return der_done(&w);
}

static bool index_holds(const struct signature *s, const struct hash_index *index) {
	struct buf certs = {0}, crls = {0}, attributes = {0};
	size_t size = digest_size(index->digest);
	hash_items(s->cms.certs, s->cms.cert_count, index->digest, &certs);
	hash_items(s->cms.crls, s->cms.crl_count, index->digest, &crls);
	hash_attributes(s->signer, index->version, index->digest, &attributes);
	bool holds = all_there(&index->certs, &certs, size) && all_there(&index->crls, &crls, size) &&
		     all_there(&index->attributes, &attributes, size);
	buf_dispose(&certs), buf_dispose(&crls), buf_dispose(&attributes);
	return holds;
}

/* What a time-stamp covers of the signature: elements of the bags and values of unsigned attributes whose hashes are in the
 * list, by their place. */
static void cover(struct archive_cover *out, const struct buf *list, size_t size, const struct buf *hashes, size_t at,
		  const unsigned char *start, size_t len) {
	if (!list->len || !find_hash(list, hashes->data + at * size, size)) return;
	ARRAY_GROW(out->spans, out->count, out->cap);
	out->spans[out->count++] = (struct cms_bytes){start, len};
}

static struct buf entries_of(const struct der *list, size_t size) {
	struct buf out = {0};
	struct der e;
	struct der_walk w = der_walk_in(list);
	while (der_next_ber(&w, &e))
		if (e.tag == DER_OCTET_STRING && e.len == size) buf_add(&out, e.data, size);
	if (out.len) qsort_r(out.data, out.len / size, size, by_bytes, &size);
	return out;
}

static void cover_bag(const struct cms_bytes *items, size_t count, const struct hash_index *index, const struct der *list,
		      struct archive_cover *out) {
	size_t size = digest_size(index->digest);
	struct buf hashes = {0}, entries = entries_of(list, size);
	hash_items(items, count, index->digest, &hashes);
	for (size_t i = 0; i < count; i++) cover(out, &entries, size, &hashes, i, items[i].data, items[i].len);
	buf_dispose(&hashes), buf_dispose(&entries);
}

static void cover_attributes(const struct cms_signer *signer, const struct hash_index *index, struct archive_cover *out) {
	size_t size = digest_size(index->digest), at = 0;
	struct buf hashes = {0}, entries = entries_of(&index->attributes, size);
	struct cms_attribute a;
	struct der value;
	struct der_walk w = der_walk_in(&signer->unsigned_attrs);
	hash_attributes(signer, index->version, index->digest, &hashes);
	while (signer->unsigned_attrs.start && cms_attribute_next(&w, &a)) {
		struct der_walk values = der_walk_in(&a.values);
		if (index->version != INDEX_V3)
			cover(out, &entries, size, &hashes, at++, a.whole.start, a.whole.full);
		else
			while (der_next_ber(&values, &value))
				cover(out, &entries, size, &hashes, at++, value.start, value.full);
	}
	buf_dispose(&hashes), buf_dispose(&entries);
}

static int by_place(const void *a, const void *b) {
	const struct cms_bytes *x = a, *y = b;
	return (x->data > y->data) - (x->data < y->data);
}

void process_archive_cover(const struct signature *s, const struct token *t, struct archive_cover *out) {
	struct hash_index index;
	*out = (struct archive_cover){0};
	if (!t->form || strcmp(t->form, "ATSv3") || !t->signature->signer || !read_index(t->signature, &index)) return;
	cover_bag(s->cms.certs, s->cms.cert_count, &index, &index.certs, out);
	cover_bag(s->cms.crls, s->cms.crl_count, &index, &index.crls, out);
	cover_attributes(s->signer, &index, out);
	if (out->count) qsort(out->spans, out->count, sizeof *out->spans, by_place);
}

bool archive_covers(const struct archive_cover *cover, const unsigned char *at) {
	size_t low = 0, high = cover->count; /* the last span that does not begin behind it */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cover->spans[middle].data <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low && at < cover->spans[low - 1].data + cover->spans[low - 1].len;
}

void archive_cover_dispose(struct archive_cover *cover) {
	free(cover->spans);
	*cover = (struct archive_cover){0};
}

/* The imprint's input: type of the content, digest of the content, the SignerInfo's own fields, the index. */
size_t process_archive_hash(const struct signature *s, enum digest_alg alg, size_t offer, const struct der *index,
			    unsigned char hash[static DIGEST_MAX]) {
	const struct cms_signer *signer = s->signer;
	const struct der *const fields[] = {&signer->version,      &signer->sid,           &signer->digest_alg,
					    &signer->signed_attrs, &signer->signature_alg, &signer->value,
					    index};
	size_t len = 0;
	const unsigned char *content = content_digest(s->content, alg, offer, &len);
	struct digest_ctx *ctx = content && len ? digest_new(alg) : NULL;
	if (!ctx) return 0;
	digest_update(ctx, s->cms.content_type.start, s->cms.content_type.full);
	digest_update(ctx, content, len);
	for (size_t f = 0; f < ARRAY_LEN(fields); f++)
		if (fields[f]->start) digest_update(ctx, fields[f]->start, fields[f]->full);
	len = digest_final(ctx, hash);
	digest_free(ctx);
	return len;
}

static bool imprint_right(const struct signature *s, const struct tst_info *tst, const struct hash_index *index) {
	enum digest_alg alg = digest_of_algorithm(&tst->imprint_alg);
	unsigned char hash[DIGEST_MAX];
	bool right = false;
	size_t len;
	for (size_t i = 0; !right && content_digest(s->content, alg, i, &len); i++) { /* what a detached one may be about */
		len = process_archive_hash(s, alg, i, &index->whole, hash);
		right = len && len == tst->imprint_len && !memcmp(hash, tst->imprint, len);
	}
	return right;
}

static void put_list(struct buf *out, const struct buf *hashes, size_t size) {
	struct buf list = {0};
	for (size_t at = 0; at < hashes->len; at += size) der_put(&list, DER_OCTET_STRING, hashes->data + at, size);
	der_put(out, DER_SEQUENCE, list.data, list.len);
	buf_dispose(&list);
}

void process_archive_index(const struct cms *cms, const struct cms_signer *signer, enum digest_alg alg, struct buf *out) {
	struct buf certs = {0}, crls = {0}, attributes = {0}, parts = {0};
	hash_items(cms->certs, cms->cert_count, alg, &certs);
	hash_items(cms->crls, cms->crl_count, alg, &crls);
	hash_attributes(signer, INDEX_V3, alg, &attributes);
	digest_put_algorithm(&parts, DER_SEQUENCE, alg);
	put_list(&parts, &certs, digest_size(alg));
	put_list(&parts, &crls, digest_size(alg));
	put_list(&parts, &attributes, digest_size(alg));
	der_put(out, DER_SEQUENCE, parts.data, parts.len);
	buf_dispose(&certs), buf_dispose(&crls), buf_dispose(&attributes), buf_dispose(&parts);
}

/* ---- version 2 ---- */

static void add_element(struct digest_ctx *ctx, const struct der *element, bool der) {
	struct buf encoded = {0};
	if (!element->start) return;
	if (der && cms_put_der(element, &encoded))
		digest_update(ctx, encoded.data, encoded.len);
	else
		digest_update(ctx, element->start, element->full);
	buf_dispose(&encoded);
}

/* What stands before the unsigned attributes, for one of the things that a detached signature may be about; NULL when
 * there is no further one. */
static struct digest_ctx *begin_imprint(struct signature *s, enum digest_alg alg, size_t index, bool der) {
	const struct cms_signer *signer = s->signer;
	const struct der *const fields[] = {&s->cms.cert_bag,       &s->cms.crl_bag,     &signer->version,
					    &signer->sid,           &signer->digest_alg, &signer->signed_attrs,
					    &signer->signature_alg, &signer->value};
	const unsigned char *external = NULL;
	size_t len = 0;
	if (!s->cms.has_content) external = content_bytes(s->content, index, &len);
	if (s->cms.has_content ? index > 0 : !external) return NULL;
	struct digest_ctx *ctx = digest_new(alg);
	if (!ctx) return NULL;
	add_element(ctx, &s->cms.encapsulated, der);
	if (external) digest_update(ctx, external, len);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) add_element(ctx, fields[i], der);
	return ctx;
}

/* The unsigned attributes that the time-stamp found: those before it, or, where a later tool sorted the set, all but
 * the archive time-stamps that are not older. */
enum attributes { ATTRIBUTES_BEFORE, ATTRIBUTES_NOT_LATER, ATTRIBUTES_FORMS };

static bool later_stamp(const struct signature *s, const struct cms_attribute *a, const struct token *than) {
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		bool inside =
			t->signature->bytes > a->whole.start && t->signature->bytes < a->whole.start + a->whole.full;
		if (inside && t->kind == TOKEN_ARCHIVE)
			return t == than || !t->signature->tst_read ||
			       t->signature->tst.gen_time >= than->signature->tst.gen_time;
	}
	return false;
}

static struct buf attributes_then(const struct signature *s, const struct token *t, enum attributes form) {
	struct cms_attribute a;
	struct buf out = {0};
	struct der_walk w = der_walk_in(&s->signer->unsigned_attrs);
	while (cms_attribute_next(&w, &a)) {
		bool passed_by = a.whole.start + a.whole.full > t->signature->bytes;
		if (form == ATTRIBUTES_BEFORE && passed_by) break;
		if (form == ATTRIBUTES_NOT_LATER && later_stamp(s, &a, t)) continue;
		buf_add(&out, a.whole.start, a.whole.full);
	}
	return out;
}

/* Tools differ about the header of the set of attributes. */
static bool imprint_ends_with(const struct digest_ctx *begun, const struct buf *attributes, bool header,
			      const struct tst_info *tst) {
	unsigned char hash[DIGEST_MAX];
	struct buf set = {0};
	if (header) der_put(&set, DER_CONTEXT | DER_CONSTRUCTED | 1, attributes->data, attributes->len);
	struct digest_ctx *ctx = digest_copy(begun);
	digest_update(ctx, header ? set.data : attributes->data, header ? set.len : attributes->len);
	size_t len = digest_final(ctx, hash);
	digest_free(ctx);
	buf_dispose(&set);
	return len == tst->imprint_len && !memcmp(hash, tst->imprint, len);
}

static bool imprint_2_right(struct signature *s, const struct token *t) {
	const struct tst_info *tst = &t->signature->tst;
	enum digest_alg alg = digest_of_algorithm(&tst->imprint_alg);
	bool right = false;
	bool indefinite = s->len > 1 && s->bytes[1] == 0x80; /* what was stored, or its DER encoding */
	for (int der = 0; der < (indefinite ? 2 : 1) && !right; der++) {
		struct digest_ctx *ctx;
		for (size_t i = 0; !right && (ctx = begin_imprint(s, alg, i, der)); i++) {
			for (int form = 0; form < ATTRIBUTES_FORMS && !right; form++) {
				struct buf attributes = attributes_then(s, t, (enum attributes)form);
				right = imprint_ends_with(ctx, &attributes, false, tst) ||
					imprint_ends_with(ctx, &attributes, true, tst);
				buf_dispose(&attributes);
			}
			digest_free(ctx);
		}
	}
	return right;
}

/* Each costs the digest of the whole content. */
static bool too_many(const struct signature *s, const struct token *t) {
	size_t before = 0;
	for (const struct token *other = s->tokens; other < t; other++)
		before += other->form && !strcmp(other->form, "ATSv2");
	return before >= LIMIT_ARCHIVE_STAMPS;
}

/* Not for the time-stamps inside a countersignature: TS 101 733 6.4.1 speaks of a SignerInfo of the SignedData, with the content that
 * it signs. A countersignature signs a signature value, and whether that, the content of the SignedData or both take the place is not
 * said, nor are the bags its own. What it would prove, the archive time-stamp of the signature around it proves. */
bool process_archive_imprint(struct signature *s, const struct token *t, bool *right) {
	struct hash_index index;
	if (!t->form || !t->signature->signer || s->is_counter) return false;
	if (!strcmp(t->form, "ATSv2")) {
		if (too_many(s, t)) return false;
		*right = imprint_2_right(s, t);
		return true;
	}
	if (strcmp(t->form, "ATSv3")) return false;
	*right = read_index(t->signature, &index) && imprint_right(s, &t->signature->tst, &index) &&
		 index_holds(s, &index);
	return true;
}
