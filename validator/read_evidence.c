#include "base/mem.h"
#include "validator/cms.h"
#include "validator/crl.h"
#include "validator/ocsp.h"
#include "validator/pool.h"
#include "validator/tst.h"
#include "validator/validator_internal.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	const struct val_blob *document;
	json_t *pieces;
	bool inside; /* of a time-stamp, which is kept whole */
};

static json_t *text(const char *s) {
	json_t *value = json_string(s);
	return value ? value : json_string(""); /* no UTF-8: it is found by nothing */
}

static json_t *begin(struct reading *r, const char *kind, const unsigned char *der, size_t len) {
	bool whole = len == r->document->len && !memcmp(der, r->document->data, len);
	json_t *piece = json_pack("{s:s, s:b}", "kind", kind, "whole", whole);
	if (r->inside) json_object_set_new(piece, "inside", json_true());
	else if (!whole) json_object_set_new(piece, "der", report_base64(der, len));
	json_array_append_new(r->pieces, piece);
	return piece;
}

static void put_cert(struct reading *r, const struct cert *cert) {
	json_t *piece = begin(r, "certificate", cert->der, cert->len);
	json_object_set_new(piece, "subject", text(cert->subject_text));
	json_object_set_new(piece, "issuer", text(cert->issuer_text));
	json_object_set_new(piece, "serials", json_pack("[s]", cert->serial_text));
}

static void put_crl(struct reading *r, const struct crl *crl) {
	json_t *piece = begin(r, "crl", crl->der, crl->len);
	json_object_set_new(piece, "issuer", text(crl->issuer_text));
}

static void put_ocsp(struct reading *r, const struct ocsp *ocsp) {
	json_t *piece = begin(r, "ocsp", ocsp->der, ocsp->len), *serials = json_array();
	for (size_t i = 0; i < ocsp->single_count; i++) {
		char *hex = hex_dup(ocsp->singles[i].serial.data, ocsp->singles[i].serial.len);
		json_array_append_new(serials, json_string(hex));
		free(hex);
	}
	json_object_set_new(piece, "serials", serials);
}

/* The token of a response, or the bytes themselves. */
static bool is_time_stamp(const struct val_blob *document) {
	struct der token;
	bool tst;
	if (cms_recognise(document->data, document->len, &tst)) return tst;
	return tst_token_of_response(document->data, document->len, &token) && cms_recognise(token.start, token.full, &tst) && tst;
}

static void put_time_stamp(struct reading *r, struct pool *pool) {
	struct der token;
	bool tst;
	const struct val_blob *d = r->document;
	begin(r, "timestamp", d->data, d->len);
	r->inside = true;
	if (!cms_recognise(d->data, d->len, &tst) && tst_token_of_response(d->data, d->len, &token))
		pool_add(pool, token.start, token.full);
	else
		pool_add(pool, d->data, d->len);
}

json_t *validator_read_evidence(struct validator *v, const struct val_request *request) {
	struct reading r = {.document = &request->document, .pieces = json_array()};
	struct pool *pool = pool_new(v->cache);
	if (is_time_stamp(&request->document)) put_time_stamp(&r, pool);
	else pool_add(pool, request->document.data, request->document.len);
	for (size_t i = 0; i < pool_cert_count(pool); i++) put_cert(&r, pool_cert(pool, i));
	for (size_t i = 0; i < pool_crl_count(pool); i++) put_crl(&r, pool_crl(pool, i));
	for (size_t i = 0; i < pool_ocsp_count(pool); i++) put_ocsp(&r, pool_ocsp(pool, i));
	pool_free(pool);
	return json_pack("{s:o}", "pieces", r.pieces);
}
