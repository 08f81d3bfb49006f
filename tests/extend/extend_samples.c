#include "tests/extend/extend_samples.h"

#include "tests/pki/cms_sign.h"
#include "tests/pki/tool.h"
#include "validator/extend.h"

#include <openssl/cms.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

utime time_of(const char *asn1) {
	int f[6];
	utime t;
	need(sscanf(asn1, "%4d%2d%2d%2d%2d%2dZ", &f[0], &f[1], &f[2], &f[3], &f[4], &f[5]) == 6, asn1);
	need(utime_from_civil(f[0], f[1], f[2], f[3], f[4], f[5], 0, &t), asn1);
	return t;
}

/* ---- signing ---- */

static void add_status(CMS_ContentInfo *cms, const struct pki *pki, const char *this_update) {
	static const enum cert_id cas[] = {ROOT_G2, SUB_G2};
	for (size_t i = 0; i < ARRAY_LEN(cas); i++) {
		X509_CRL *crl = pki_crl(pki, cas[i], this_update, PKI_EVIDENCE_UNTIL);
		need(CMS_add1_crl(cms, crl) == 1 && CMS_add1_cert(cms, pki->cert[cas[i]]) == 1, "status in CMS");
		X509_CRL_free(crl);
	}
	need(CMS_add1_cert(cms, pki->cert[TSA_G2]) == 1, "certificates in CMS");
}

/* The writer leaves a place for a time-stamp; here it becomes one for a signature, with as many bytes. */
static void rename_type(struct buf *literal) {
	static const char was[] = "/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161\n",
			  is[] = "/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n";
	unsigned char *at = memmem(literal->data, literal->len, was, sizeof was - 1);
	need(at && sizeof is <= sizeof was, "place of the signature");
	memset(at, ' ', sizeof was - 1);
	memcpy(at, is, sizeof is - 1);
}

static void append(struct buf *document, const struct extension *x, const unsigned char *token, size_t len) {
	for (size_t i = 0; i < x->count; i++) {
		const struct extend_piece *p = &x->pieces[i];
		need(p->kind != EXTEND_ITEM, "no evidence");
		if (p->kind == EXTEND_LITERAL) buf_add(document, x->literal.data + p->at, p->len);
		for (size_t k = 0; p->kind == EXTEND_TOKEN && k < p->len / 2; k++)
			buf_printf(document, "%02X", k < len ? token[k] : 0);
	}
}

void sign(struct buf *document, const struct pki *pki, const struct signing *s) {
	struct pdf_document pdf;
	struct extension x;
	struct buf covered = {0}, der = {0};
	const struct extend_order order = {.token_room = 16384};
	pdf_read(document->data, document->len, &pdf);
	extend_write(document->data, document->len, &pdf, &order, &x);
	need(x.refusal == EXTEND_NONE, extend_refusal_name(x.refusal));
	rename_type(&x.literal);
	size_t before = x.token_at - 1, after = x.token_at + 2 * order.token_room + 1;
	struct buf whole = {0};
	buf_add(&whole, document->data, document->len);
	append(&whole, &x, (const unsigned char *)"", 0);
	buf_add(&covered, whole.data, before);
	buf_add(&covered, whole.data + after, whole.len - after);
	CMS_ContentInfo *cms = cms_sign(pki, s->signer, CMS_OPT_NO_TIME, s->when, covered.data, covered.len);
	if (s->status) add_status(cms, pki, s->status);
	if (s->stamp) cms_add_timestamp(cms, pki, s->stamp);
	TOOL_DER(&der, i2d_CMS_ContentInfo, cms);
	need(der.len <= order.token_room, "room for the signature");
	append(document, &x, der.data, der.len);
	CMS_ContentInfo_free(cms);
	extension_dispose(&x);
	pdf_document_dispose(&pdf);
	buf_dispose(&covered);
	buf_dispose(&whole);
	buf_dispose(&der);
}

void cms_add_signer(CMS_ContentInfo *cms, const struct pki *pki, enum cert_id signer, const char *when, const char *stamp,
		    const char *content) {
	struct buf value = {0};
	CMS_ContentInfo *other = cms_sign(pki, signer, 0, when, content, strlen(content));
	cms_add_timestamp(other, pki, stamp);
	TOOL_DER(&value, i2d_CMS_ContentInfo, other);
	const unsigned char *p = value.data;
	CMS_ContentInfo *copy = d2i_CMS_ContentInfo(NULL, &p, (long)value.len);
	STACK_OF(CMS_SignerInfo) *from = CMS_get0_SignerInfos(copy), *to = CMS_get0_SignerInfos(cms);
	need(sk_CMS_SignerInfo_push(to, sk_CMS_SignerInfo_shift(from)) == 2, "second signer");
	need(CMS_add1_cert(cms, pki->cert[signer]) == 1, "second certificate");
	CMS_ContentInfo_free(copy);
	CMS_ContentInfo_free(other);
	buf_dispose(&value);
}

/* ---- evidence ---- */

static void add_material(struct material *m, struct buf der) {
	if (m->count == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 8;
		m->items = xreallocarray(m->items, m->cap, sizeof *m->items);
		m->blobs = xreallocarray(m->blobs, m->cap, sizeof *m->blobs);
	}
	m->items[m->count] = der;
	m->blobs[m->count++] = (struct val_blob){der.data, der.len};
}

void material_add_crl(struct material *m, const struct pki *pki, enum cert_id ca, const char *this_update,
		      const char *next_update) {
	struct buf der = {0};
	X509_CRL *crl = pki_crl(pki, ca, this_update, next_update);
	TOOL_DER(&der, i2d_X509_CRL, crl);
	X509_CRL_free(crl);
	add_material(m, der);
}

void material_add_certs(struct material *m, const struct pki *pki) {
	static const enum cert_id certs[] = {ROOT_G2, SUB_G2, TSA_G2, EXPIRED_PERSON, OFFICE};
	for (size_t i = 0; i < ARRAY_LEN(certs); i++) {
		struct buf der = {0};
		TOOL_DER(&der, i2d_X509, pki->cert[certs[i]]);
		add_material(m, der);
	}
}

void material_dispose(struct material *m) {
	for (size_t i = 0; i < m->count; i++) buf_dispose(&m->items[i]);
	free(m->items);
	free(m->blobs);
	*m = (struct material){0};
}

/* ---- extending ---- */

json_t *judge(struct validator *v, const struct buf *document, const struct material *m, utime at,
	      const struct val_extend *extend) {
	const struct val_request request = {
		.document = {document->data, document->len},
		.at = at,
		.evidence = m ? m->blobs : NULL,
		.evidence_count = m ? m->count : 0,
		.extend = extend,
	};
	json_t *report = validator_judge(v, &request);
	expect_brief(v, &request, report);
	return report;
}

static void need_same(const json_t *brief, const json_t *full, const char *key) {
	need(json_object_get(brief, key) && json_equal(json_object_get(brief, key), json_object_get(full, key)), key);
}

static void need_same_inside(const json_t *brief, const json_t *full, const char *outer, const char *key) {
	need_same(json_object_get(brief, outer), json_object_get(full, outer), key);
}

void expect_brief(struct validator *v, const struct val_request *request, const json_t *full) {
	static const char *const keys[] = {"id", "kind", "indication", "sub_indication", "integrity", "coverage", "modification", "level"};
	struct val_request shorter = *request;
	shorter.brief = true;
	json_t *brief = validator_judge(v, &shorter), *theirs = json_object_get(full, "signatures"), *s;
	size_t i;
	need_same(brief, full, "sha256"), need_same(brief, full, "format"), need_same(brief, full, "indication");
	need(json_array_size(json_object_get(brief, "signatures")) == json_array_size(theirs), "signatures");
	need(json_array_size(json_object_get(brief, "findings")) == json_array_size(json_object_get(full, "findings")), "findings");
	json_array_foreach(json_object_get(brief, "signatures"), i, s) {
		const json_t *other = json_array_get(theirs, i);
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) need_same(s, other, keys[k]);
		need_same_inside(s, other, "signer", "not_after"), need_same_inside(s, other, "algorithms", "digest");
		need(json_array_size(json_object_get(s, "timestamps")) == json_array_size(json_object_get(other, "timestamps")), "timestamps");
	}
	json_decref(brief);
}

enum extend_refusal extend(struct validator *v, const struct pki *pki, struct buf *document, const struct material *m,
			   const char *when, const struct val_extend *order) {
	json_t *report = judge(v, document, m, time_of(when), order);
	struct extend_plan plan;
	struct error err = {0};
	need(extend_plan_read(report, document->len, m->blobs, m->count, &plan, &err) == 0, err.text);
	enum extend_refusal refusal = plan.refusal;
	if (refusal == EXTEND_NONE && plan.token_digits) {
		struct buf whole = {0}, covered = {0}, der = {0};
		extend_plan_fill(&plan, (const unsigned char *)"", 0);
		extend_plan_assemble(&plan, document->data, document->len, &whole);
		size_t after = plan.token_at + plan.token_digits + 1;
		buf_add(&covered, whole.data, plan.token_at - 1);
		buf_add(&covered, whole.data + after, whole.len - after);
		unsigned char digest[DIGEST_MAX], own[DIGEST_MAX];
		extend_plan_digest(&plan, document->data, document->len, DIGEST_SHA256, digest);
		sha256_bytes(covered.data, covered.len, own);
		need(!memcmp(digest, own, SHA256_SIZE), "digest to be stamped");
		CMS_ContentInfo *token = tst_over(pki, when, covered.data, covered.len);
		TOOL_DER(&der, i2d_CMS_ContentInfo, token);
		need(extend_plan_fill(&plan, der.data, der.len), "room for the token");
		CMS_ContentInfo_free(token);
		buf_dispose(&whole);
		buf_dispose(&covered);
		buf_dispose(&der);
	}
	if (refusal == EXTEND_NONE) {
		struct buf whole = {0};
		extend_plan_assemble(&plan, document->data, document->len, &whole);
		buf_dispose(document);
		*document = whole;
	}
	extend_plan_dispose(&plan);
	json_decref(report);
	return refusal;
}
