#include "validator/extend_cms.h"

#include "validator/cms_edit.h"

#include <stdlib.h>
#include <string.h>

#define OID_HASH_INDEX_V3 "0.4.0.19122.1.5"

/* ---- may it be extended? ---- */

/* What these cover includes the bags as they are; nothing can be put in there any more (EN 319 122-1 5.5.3). */
static bool is_frozen(const struct cms_signer *signer) {
	static const char *const covering[] = {OID_ARCHIVE_TIMESTAMP_V2, "1.2.840.113549.1.9.16.2.27", "0.4.0.1733.2.2"};
	struct cms_attribute a;
	for (size_t i = 0; i < ARRAY_LEN(covering); i++)
		if (cms_attribute_find(&signer->unsigned_attrs, covering[i], &a)) return true;
	return false;
}

static enum extend_refusal refuse_signature(const struct judged *j, const struct signature *s) {
	size_t len;
	if (!s->signer) return EXTEND_SIGNATURE_BROKEN;
	if (is_frozen(s->signer)) return EXTEND_ARCHIVED_OTHERWISE;
	if (!j->signatures[0]->cms.has_content && !s->is_counter && !s->intact &&
	    !content_digest(s->content, s->digest ? s->digest : DIGEST_SHA256, 0, &len))
		return EXTEND_CONTENT_MISSING;
	return s->intact ? EXTEND_NONE : EXTEND_SIGNATURE_BROKEN;
}

enum extend_refusal extend_cms_refuse(const struct context *c, const struct judged *j, char **detail) {
	if (j->recognised.data != c->request->document.data || j->recognised.len != c->request->document.len)
		return EXTEND_AS_TEXT;
	for (size_t i = 0; i < j->count; i++) {
		enum extend_refusal refusal = refuse_signature(j, j->signatures[i]);
		if (refusal == EXTEND_NONE) continue;
		free(*detail);
		*detail = xstrdup(j->signatures[i]->id);
		return refusal;
	}
	return j->count ? EXTEND_NONE : EXTEND_NO_SIGNATURE;
}

/* ---- the bags as they will be ---- */

struct bags {
	struct cms cms; /* a copy whose lists have the new elements, too */
	struct buf *made;
	size_t made_count;
};

static void add(struct cms_bytes *list, size_t *count, const unsigned char *data, size_t len) {
	list[(*count)++] = (struct cms_bytes){data, len};
}

static void bags_open(struct bags *b, const struct cms *cms, const struct extend_cms_order *order) {
	*b = (struct bags){.cms = *cms, .made = xcalloc(order->count + 1, sizeof *b->made)};
	b->cms.certs = xcalloc(cms->cert_count + order->count + 1, sizeof *b->cms.certs);
	b->cms.crls = xcalloc(cms->crl_count + order->count + 1, sizeof *b->cms.crls);
	for (size_t i = 0; i < cms->cert_count; i++) b->cms.certs[i] = cms->certs[i];
	for (size_t i = 0; i < cms->crl_count; i++) b->cms.crls[i] = cms->crls[i];
	for (size_t i = 0; i < order->count; i++) {
		const struct extend_item *it = &order->items[i];
		if (it->kind == EXTEND_CERTIFICATE) {
			add(b->cms.certs, &b->cms.cert_count, it->data, it->len);
		} else if (it->kind == EXTEND_CRL) {
			add(b->cms.crls, &b->cms.crl_count, it->data, it->len);
		} else {
			struct buf *whole = &b->made[b->made_count++];
			cms_edit_ocsp_header(it->len, whole);
			buf_add(whole, it->data, it->len);
			add(b->cms.crls, &b->cms.crl_count, whole->data, whole->len);
		}
	}
}

static void bags_close(struct bags *b) {
	for (size_t i = 0; i < b->made_count; i++) buf_dispose(&b->made[i]);
	free(b->made);
	free(b->cms.certs);
	free(b->cms.crls);
}

/* ---- what is stamped ---- */

/* Which of the things given the signature is about. */
static size_t offer_of(const struct signature *s) {
	struct der digest;
	const unsigned char *hash;
	size_t len;
	if (!cms_attribute_single(&s->signer->signed_attrs, OID_MESSAGE_DIGEST, &digest)) return 0;
	for (size_t i = 0; (hash = content_digest(s->content, s->digest, i, &len)) != NULL; i++)
		if (len == digest.len && !memcmp(hash, digest.data, len)) return i;
	return 0;
}

static size_t archive_imprint(const struct signature *s, enum digest_alg alg, const struct buf *index,
			      unsigned char hash[static DIGEST_MAX]) {
	const struct der element = {.start = index->data, .full = index->len};
	return process_archive_hash(s, alg, offer_of(s), &element, hash);
}

static bool find_imprints(const struct judged *j, const struct bags *b, const struct extend_cms_order *order,
			  struct extend_imprint *imprints, size_t *count) {
	for (size_t i = 0; i < b->cms.signer_count; i++) {
		const struct signature *s = j->signatures[i];
		struct extend_imprint *out = &imprints[*count];
		struct buf index = {0};
		if (order->stamps[i] == EXTEND_NO_STAMP) continue;
		*out = (struct extend_imprint){.alg = order->alg};
		(*count)++;
		if (order->stamps[i] == EXTEND_SIGNATURE_STAMP) {
			digest_bytes(order->alg, s->signer->signature.data, s->signer->signature.len, out->digest);
			continue;
		}
		process_archive_index(&b->cms, s->signer, order->alg, &index);
		bool there = archive_imprint(s, order->alg, &index, out->digest) != 0;
		buf_dispose(&index);
		if (!there) return false;
	}
	return true;
}

/* ---- tokens ---- */

/* The token with the index among the unsigned attributes of its SignerInfo. */
static bool put_index(const struct val_blob *token, const struct cms *cms, const struct buf *index, struct buf *out) {
	struct cms_edit edit;
	struct extension x = {0};
	const struct extend_piece value = {EXTEND_ITEM, 0, index->len};
	const struct extend_item item = {.data = index->data, .len = index->len};
	if (cms->signer_count != 1) return false;
	bool good = cms_edit_open(&edit, token->data, token->len, cms);
	if (good) {
		cms_edit_add_attribute(&edit, 0, OID_HASH_INDEX_V3, value);
		cms_edit_write(&edit, &x);
		cms_edit_join(&edit, &x, &item, out);
	}
	cms_edit_close(&edit);
	extension_dispose(&x);
	return good;
}

static size_t keep_stamp(struct extension *out, struct buf *stamp) {
	out->stamps = xreallocarray(out->stamps, out->stamp_count + 1, sizeof *out->stamps);
	out->stamps[out->stamp_count] = *stamp;
	*stamp = (struct buf){0};
	return out->stamp_count++;
}

static bool is_about(const struct tst_info *tst, const unsigned char *hash, size_t len) {
	return len && len == tst->imprint_len && !memcmp(hash, tst->imprint, len);
}

/* Puts the token where it belongs: a SignerInfo that has got none yet. */
static bool place_token(const struct judged *j, const struct bags *b, const struct val_blob *token, const struct cms *cms,
			bool *used, struct cms_edit *edit, struct extension *out) {
	struct tst_info tst;
	unsigned char hash[DIGEST_MAX];
	if (!cms->has_content || !tst_read_info(cms->content, cms->content_len, &tst)) return false;
	enum digest_alg alg = digest_of_algorithm(&tst.imprint_alg);
	if (!digest_size(alg)) return false;
	for (size_t i = 0; i < b->cms.signer_count; i++) {
		const struct signature *s = j->signatures[i];
		const struct buf *value = &s->signer->signature;
		struct buf index = {0}, stamp = {0};
		const char *oid = NULL;
		if (used[i]) continue;
		process_archive_index(&b->cms, s->signer, alg, &index);
		if (is_about(&tst, hash, digest_bytes(alg, value->data, value->len, hash))) {
			oid = OID_SIGNATURE_TIMESTAMP;
			buf_add(&stamp, token->data, token->len);
		} else if (is_about(&tst, hash, archive_imprint(s, alg, &index, hash)) && put_index(token, cms, &index, &stamp)) {
			oid = OID_ARCHIVE_TIMESTAMP_V3;
			cms_edit_add_digest(edit, alg);
		}
		buf_dispose(&index);
		if (!oid) continue;
		size_t len = stamp.len;
		cms_edit_add_attribute(edit, i, oid, (struct extend_piece){EXTEND_STAMP, keep_stamp(out, &stamp), len});
		return used[i] = true;
	}
	return false;
}

static bool place_tokens(const struct judged *j, const struct bags *b, const struct extend_cms_order *order,
			 struct cms_edit *edit, struct extension *out) {
	bool *used = xcalloc(b->cms.signer_count + 1, sizeof *used), good = true;
	for (size_t i = 0; i < order->token_count && good; i++) {
		struct cms cms;
		const char *why;
		good = cms_read(order->tokens[i].data, order->tokens[i].len, &cms, &why);
		if (!good) break;
		good = place_token(j, b, &order->tokens[i], &cms, used, edit, out);
		cms_dispose(&cms);
	}
	free(used);
	return good;
}

static enum extend_refusal make(const struct judged *j, const struct bags *b, const struct extend_cms_order *order,
				struct extension *out) {
	struct cms_edit edit;
	enum extend_refusal refusal = EXTEND_NONE;
	const struct signature *first = j->signatures[0];
	if (!order->count && !order->token_count)
		refusal = EXTEND_UP_TO_DATE;
	else if (!cms_edit_open(&edit, first->bytes, first->len, &first->cms))
		refusal = EXTEND_ENCODING_UNUSUAL;
	if (refusal == EXTEND_UP_TO_DATE) return refusal;
	if (refusal == EXTEND_NONE) {
		cms_edit_add_items(&edit, order->items, order->count);
		if (!place_tokens(j, b, order, &edit, out)) refusal = EXTEND_STAMP_WRONG;
	}
	if (refusal == EXTEND_NONE) cms_edit_write(&edit, out);
	cms_edit_close(&edit);
	return refusal;
}

void extend_cms_write(const struct judged *j, const struct extend_cms_order *order, struct extension *out,
		      struct extend_imprint *imprints, size_t *imprint_count) {
	struct bags bags;
	enum extend_refusal refusal = EXTEND_NONE;
	*out = (struct extension){0};
	*imprint_count = 0;
	bags_open(&bags, &j->signatures[0]->cms, order);
	if (bags.cms.cert_count > LIMIT_CERTS_PER_DOCUMENT || bags.cms.crl_count > LIMIT_CERTS_PER_DOCUMENT)
		refusal = EXTEND_ENCODING_UNUSUAL;
	else if (order->stamps && !find_imprints(j, &bags, order, imprints, imprint_count))
		refusal = EXTEND_CONTENT_MISSING;
	else if (!*imprint_count)
		refusal = make(j, &bags, order, out);
	bags_close(&bags);
	if (refusal != EXTEND_NONE) extension_dispose(out);
	out->refusal = refusal;
}
