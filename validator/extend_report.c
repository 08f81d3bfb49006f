/* "extension" of a report: the pieces to append with the evidence they refer to, or why there are none. */
#include "validator/crl.h"
#include "validator/extend_choose.h"
#include "validator/ocsp.h"
#include "validator/report.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[EXTEND_KINDS] = {"certificate", "crl", "ocsp"};

static json_t *hex(const unsigned char *sha256) {
	char text[SHA256_HEX];
	return json_string(hex_encode(sha256, SHA256_SIZE, text));
}

/* The caller knows what it offered by its digest; of the rest it gets the bytes. */
static bool was_offered(const struct val_request *q, const struct extend_item *item) {
	for (size_t i = 0; i < q->evidence_count; i++)
		if (q->evidence[i].len == item->len && !memcmp(q->evidence[i].data, item->data, item->len)) return true;
	return false;
}

static json_t *item(const struct context *c, const struct extend_item *it) {
	unsigned char sha256[SHA256_SIZE];
	sha256_bytes(it->data, it->len, sha256);
	json_t *value = json_pack("{s:s, s:o, s:I}", "kind", kinds[it->kind], "sha256", hex(sha256), "size", (json_int_t)it->len);
	if (!was_offered(c->request, it)) json_object_set_new(value, "der", report_base64(it->data, it->len));
	return value;
}

/* A token is evidence like the others, and comes behind them. */
static json_t *stamp(const struct buf *der) {
	unsigned char sha256[SHA256_SIZE];
	sha256_bytes(der->data, der->len, sha256);
	return json_pack("{s:s, s:o, s:I, s:o}", "kind", "timestamp", "sha256", hex(sha256), "size", (json_int_t)der->len, "der",
			 report_base64(der->data, der->len));
}

static json_t *piece(const struct extension *x, size_t items, const struct extend_piece *p) {
	switch (p->kind) {
	case EXTEND_LITERAL:
		return json_pack("{s:o}", "literal", report_base64(x->literal.data + p->at, p->len));
	case EXTEND_ITEM:
		return json_pack("{s:I}", "item", (json_int_t)p->at);
	case EXTEND_STAMP:
		return json_pack("{s:I}", "item", (json_int_t)(items + p->at));
	case EXTEND_COPY:
		return json_pack("{s:[I,I]}", "copy", (json_int_t)p->at, (json_int_t)p->len);
	default:
		return json_pack("{s:I}", "token", (json_int_t)p->len);
	}
}

static json_t *written(const struct context *c, const struct extend_item *list, size_t count, const struct extension *x) {
	json_t *value = json_object(), *pieces = json_array(), *items = json_array();
	for (size_t i = 0; i < count; i++) json_array_append_new(items, item(c, &list[i]));
	for (size_t i = 0; i < x->stamp_count; i++) json_array_append_new(items, stamp(&x->stamps[i]));
	for (size_t i = 0; i < x->count; i++) json_array_append_new(pieces, piece(x, count, &x->pieces[i]));
	json_object_set_new(value, "size", json_integer((json_int_t)x->size));
	json_object_set_new(value, "token_at", json_integer((json_int_t)x->token_at));
	json_object_set_new(value, "whole", json_boolean(x->whole));
	json_object_set_new(value, "items", items);
	json_object_set_new(value, "pieces", pieces);
	return value;
}

/* ---- PDF ---- */

static void write_pdf(const struct context *c, const struct judged *j, const struct extend_chosen *chosen, struct extension *x) {
	const struct extend_order order = {
		.items = chosen->items,
		.count = chosen->count,
		.entries = chosen->entries,
		.entry_count = chosen->entry_count,
		.token_room = chosen->stamp ? c->request->extend->token_room : 0,
	};
	extend_write(c->request->document.data, c->request->document.len, &j->pdf, &order, x);
}

/* ---- CMS ---- */

/* At least what is asked for, and not weaker than the strongest digest that a signature in the document uses. */
static enum digest_alg digest_for(const struct context *c, const struct judged *j) {
	enum digest_alg best = c->request->extend->digest ? c->request->extend->digest : DIGEST_SHA256;
	for (size_t i = 0; i < j->count; i++)
		if (digest_size(j->signatures[i]->digest) > digest_size(best)) best = j->signatures[i]->digest;
	return best;
}

static json_t *imprints_json(const struct extend_imprint *imprints, size_t count) {
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		char text[2 * DIGEST_MAX + 1];
		const struct extend_imprint *p = &imprints[i];
		json_array_append_new(list, json_pack("{s:s, s:s}", "digest", digest_name(p->alg), "value",
						      hex_encode(p->digest, digest_size(p->alg), text)));
	}
	return list;
}

static json_t *write_cms(const struct context *c, const struct judged *j, const struct extend_chosen *chosen, struct extension *x) {
	const struct extend_cms_order order = {.items = chosen->items, .count = chosen->count, .stamps = chosen->stamps,
					       .alg = digest_for(c, j)};
	struct extend_imprint *imprints = xcalloc(j->count + 1, sizeof *imprints);
	size_t count;
	extend_cms_write(j, &order, x, imprints, &count);
	json_t *value = x->refusal ? NULL : written(c, chosen->items, chosen->count, x);
	if (value && count) json_object_set_new(value, "imprints", imprints_json(imprints, count));
	free(imprints);
	return value;
}

static bool kind_of(const struct pool *pool, const struct val_blob *blob, enum extend_kind *kind) {
	unsigned char sha256[SHA256_SIZE];
	sha256_bytes(blob->data, blob->len, sha256);
	for (size_t i = 0; i < pool_cert_count(pool); i++)
		if (!memcmp(pool_cert(pool, i)->sha256, sha256, SHA256_SIZE)) return *kind = EXTEND_CERTIFICATE, true;
	for (size_t i = 0; i < pool_crl_count(pool); i++)
		if (!memcmp(pool_crl(pool, i)->sha256, sha256, SHA256_SIZE)) return *kind = EXTEND_CRL, true;
	for (size_t i = 0; i < pool_ocsp_count(pool); i++)
		if (!memcmp(pool_ocsp(pool, i)->sha256, sha256, SHA256_SIZE)) return *kind = EXTEND_OCSP, true;
	return false;
}

/* The second step for a CMS signature: what was decided is made. */
static json_t *finish(struct context *c, const struct judged *j) {
	const struct val_request *q = c->request;
	size_t tokens = q->extend->token_count < q->evidence_count ? q->extend->token_count : q->evidence_count;
	size_t count = q->evidence_count - tokens;
	struct extend_item *items = xcalloc(count + 1, sizeof *items);
	struct extension x = {0};
	size_t none;
	char *detail = xstrdup("");
	enum extend_refusal refusal = j->recognised.format == FORMAT_CMS ? extend_cms_refuse(c, j, &detail) : EXTEND_FORMAT;
	for (size_t i = 0; i < count && refusal == EXTEND_NONE; i++) {
		items[i] = (struct extend_item){.data = q->evidence[i].data, .len = q->evidence[i].len};
		if (!kind_of(c->pool, &q->evidence[i], &items[i].kind)) refusal = EXTEND_ENCODING_UNUSUAL;
	}
	if (refusal == EXTEND_NONE) {
		const struct extend_cms_order order = {.items = items, .count = count, .tokens = q->evidence + count,
						       .token_count = tokens};
		extend_cms_write(j, &order, &x, NULL, &none);
		refusal = x.refusal;
	}
	json_t *value = refusal ? json_object() : written(c, items, count, &x);
	json_object_set_new(value, "refusal", refusal ? json_string(extend_refusal_name(refusal)) : json_null());
	json_object_set_new(value, "detail", json_string(detail));
	extension_dispose(&x);
	free(detail);
	free(items);
	return value;
}

json_t *report_extension(struct context *c, const struct judged *j, json_t *wants) {
	struct extend_chosen chosen;
	struct extension x = {0};
	json_t *value = NULL;
	if (c->request->extend->finish) return finish(c, j);
	extend_choose(c, j, &chosen);
	if (chosen.refusal == EXTEND_NONE) {
		if (j->recognised.format == FORMAT_CMS)
			value = write_cms(c, j, &chosen, &x);
		else
			write_pdf(c, j, &chosen, &x);
		chosen.refusal = x.refusal;
	}
	if (!value) value = chosen.refusal == EXTEND_NONE ? written(c, chosen.items, chosen.count, &x) : json_object();
	json_object_set_new(value, "refusal", chosen.refusal ? json_string(extend_refusal_name(chosen.refusal)) : json_null());
	json_t *detail = json_string(chosen.detail);
	json_object_set_new(value, "detail", detail ? detail : json_string(""));
	json_object_set_new(value, "incomplete", json_boolean(chosen.incomplete));
	json_object_set_new(value, "retry_at", report_time(chosen.retry_at));
	report_wants(wants, &chosen.wanted);
	extension_dispose(&x);
	extend_chosen_dispose(&chosen);
	return value;
}
