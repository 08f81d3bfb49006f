#include "validator/ocsp.h"

#include "base/limits.h"
#include "validator/cache.h"
#include "validator/cert_parts.h"
#include "validator/crl.h"
#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

static bool explicit_time(const struct der *wrapper, utime *out) {
	struct der_walk w = der_walk_in(wrapper);
	struct der when;
	return der_next(&w, &when) && der_done(&w) && der_time(&when, true, out);
}

static bool read_cert_id(struct ocsp_single *single, const struct der *id) {
	struct der_walk w = der_walk_in(id);
	struct der algorithm;
	if (!der_expect(&w, DER_SEQUENCE, &algorithm) || !der_expect(&w, DER_OCTET_STRING, &single->name_hash) ||
	    !der_expect(&w, DER_OCTET_STRING, &single->key_hash) || !der_expect(&w, DER_INTEGER, &single->serial) ||
	    !der_done(&w))
		return false;
	single->id_digest = digest_of_algorithm(&algorithm);
	return true;
}

static bool read_revoked(struct ocsp_single *single, const struct der *info) {
	struct der_walk w = der_walk_in(info);
	struct der when, wrapper, number;
	uint64_t reason;
	single->status = OCSP_REVOKED;
	if (!der_next(&w, &when) || !der_time(&when, true, &single->revoked_at)) return false;
	if (der_optional(&w, 0xa0, &wrapper)) {
		struct der_walk in = der_walk_in(&wrapper);
		if (!der_expect(&in, DER_ENUMERATED, &number) || !der_uint(&number, &reason)) return false;
		single->reason = reason <= CRL_AA_COMPROMISE ? (unsigned)reason : CRL_UNSPECIFIED;
	}
	return der_done(&w);
}

static bool read_single_extensions(struct ocsp_single *single, const struct der *wrapper) {
	struct der_walk w = der_walk_in(wrapper);
	struct der list;
	struct extension e;
	if (!der_expect(&w, DER_SEQUENCE, &list) || !der_done(&w)) return false;
	w = der_walk_in(&list);
	while (extension_next(&w, &e)) {
		if (der_is_oid(&e.oid, "1.3.6.1.5.5.7.48.1.6")) {
			if (!der_time(&e.value, true, &single->archive_cutoff)) return false;
		} else if (der_is_oid(&e.oid, "1.3.36.8.3.13")) {
			if (e.value.tag != DER_SEQUENCE) return false;
			single->cert_hash = e.value;
		} else if (e.critical) {
			single->unknown_critical = true;
		}
	}
	return !w.bad;
}

static bool read_single(struct ocsp_single *single, const struct der *element) {
	struct der_walk w = der_walk_in(element);
	struct der id, status, when, wrapper;
	*single = (struct ocsp_single){.revoked_at = UTIME_NONE,
				       .this_update = UTIME_NONE,
				       .next_update = UTIME_NONE,
				       .archive_cutoff = UTIME_NONE};
	if (element->tag != DER_SEQUENCE || !der_expect(&w, DER_SEQUENCE, &id) || !read_cert_id(single, &id))
		return false;
	if (!der_next(&w, &status)) return false;
	if (status.tag == 0x80)
		single->status = OCSP_GOOD;
	else if (status.tag == 0x82 || status.tag == 0xa2)
		single->status = OCSP_UNKNOWN;
	else if (status.tag != 0xa1 || !read_revoked(single, &status))
		return false;
	if (!der_next(&w, &when) || !der_time(&when, true, &single->this_update)) return false;
	if (der_optional(&w, 0xa0, &wrapper) && !explicit_time(&wrapper, &single->next_update)) return false;
	if (der_optional(&w, 0xa1, &wrapper) && !read_single_extensions(single, &wrapper)) return false;
	return der_done(&w);
}

static bool read_singles(struct ocsp *ocsp, const struct der *list) {
	struct der_walk w = der_walk_in(list);
	struct der element;
	size_t cap = 0;
	while (der_next(&w, &element)) {
		if (ocsp->single_count == LIMIT_OCSP_ANSWERS) return false;
		ARRAY_GROW(ocsp->singles, ocsp->single_count, cap);
		if (!read_single(&ocsp->singles[ocsp->single_count], &element)) return false;
		ocsp->single_count++;
	}
	return !w.bad;
}

static bool read_extensions(struct ocsp *ocsp, const struct der *wrapper) {
	struct der_walk w = der_walk_in(wrapper);
	struct der list;
	struct extension e;
	if (!der_expect(&w, DER_SEQUENCE, &list) || !der_done(&w)) return false;
	w = der_walk_in(&list);
	while (extension_next(&w, &e)) {
		if (der_is_oid(&e.oid, "1.3.6.1.5.5.7.48.1.6")) {
			if (!der_time(&e.value, true, &ocsp->archive_cutoff)) return false;
		} else if (der_is_oid(&e.oid, "1.3.6.1.5.5.7.48.1.9")) {
			ocsp->extended_revoke = true;
		} else if (e.critical && !der_is_oid(&e.oid, "1.3.6.1.5.5.7.48.1.2")) { /* a nonce is for who asked */
			ocsp->unknown_critical = true;
		}
	}
	return !w.bad;
}

static bool read_responder(struct ocsp *ocsp, const struct der *id) {
	struct der_walk w = der_walk_in(id);
	if (id->tag == 0xa1)
		return der_expect(&w, DER_SEQUENCE, &ocsp->responder_name) && der_done(&w) &&
		       name_canonical(&ocsp->responder_name, &ocsp->responder_canonical);
	return id->tag == 0xa2 && der_expect(&w, DER_OCTET_STRING, &ocsp->responder_key) && der_done(&w);
}

static bool read_tbs(struct ocsp *ocsp) {
	struct der_walk w = der_walk_in(&ocsp->tbs);
	struct der part, when, list;
	der_optional(&w, 0xa0, &part); /* version */
	if (!der_next(&w, &part) || !read_responder(ocsp, &part)) return false;
	if (!der_next(&w, &when) || !der_time(&when, true, &ocsp->produced_at)) return false;
	if (!der_expect(&w, DER_SEQUENCE, &list) || !read_singles(ocsp, &list)) return false;
	if (der_optional(&w, 0xa1, &part) && !read_extensions(ocsp, &part)) return false;
	return der_done(&w);
}

static bool read_certs(struct ocsp *ocsp, struct cache *cache, const struct der *wrapper) {
	struct der_walk w = der_walk_in(wrapper);
	struct der list, element;
	size_t cap = 0;
	if (!der_expect(&w, DER_SEQUENCE, &list)) return false;
	w = der_walk_in(&list);
	while (der_next(&w, &element)) {
		struct cert *cert = ocsp->cert_count < 64 ? cache_cert(cache, element.start, element.full) : NULL;
		if (!cert) continue;
		ARRAY_GROW(ocsp->certs, ocsp->cert_count, cap);
		ocsp->certs[ocsp->cert_count++] = cert;
	}
	return !w.bad;
}

static bool read_basic(struct ocsp *ocsp, struct cache *cache, const unsigned char *data, size_t len) {
	struct der_walk w = der_walk_bytes(data, len), in;
	struct der outer, bits, certs;
	if (!der_expect(&w, DER_SEQUENCE, &outer) || !der_done(&w)) return false;
	in = der_walk_in(&outer);
	if (!der_expect(&in, DER_SEQUENCE, &ocsp->tbs) || !der_expect(&in, DER_SEQUENCE, &ocsp->algorithm) ||
	    !der_expect(&in, DER_BIT_STRING, &bits) || bits.len < 1)
		return false;
	ocsp->signature = bits.data + 1;
	/* a value with unused bits verifies under no key, which is for the path to say */
	ocsp->signature_len = bits.data[0] == 0 ? bits.len - 1 : 0;
	if (!read_tbs(ocsp)) return false;
	if (der_optional(&in, 0xa0, &certs) && !read_certs(ocsp, cache, &certs)) return false;
	return der_done(&in);
}

/* Finds the BasicOCSPResponse in an OCSPResponse; the bytes themselves when they are none. */
static bool unwrap(const unsigned char **data, size_t *len) {
	struct der_walk w = der_walk_bytes(*data, *len), in;
	struct der outer, status, wrapper, type, octets;
	uint64_t code;
	if (!der_expect(&w, DER_SEQUENCE, &outer) || !der_done(&w)) return false;
	in = der_walk_in(&outer);
	if (!der_optional(&in, DER_ENUMERATED, &status)) return !in.bad;
	if (!der_uint(&status, &code) || code != 0 || !der_expect(&in, 0xa0, &wrapper) || !der_done(&in)) return false;
	in = der_walk_in(&wrapper);
	if (!der_expect(&in, DER_SEQUENCE, &outer)) return false;
	in = der_walk_in(&outer);
	if (!der_expect(&in, DER_OID, &type) || !der_is_oid(&type, "1.3.6.1.5.5.7.48.1.1")) return false;
	if (!der_expect(&in, DER_OCTET_STRING, &octets) || !der_done(&in)) return false;
	*data = octets.data;
	*len = octets.len;
	return true;
}

struct ocsp *ocsp_parse(struct cache *cache, const unsigned char *der, size_t len) {
	if (!der || len == 0 || len > LIMIT_EVIDENCE_BYTES) return NULL;
	struct ocsp *ocsp = xcalloc(1, sizeof *ocsp);
	*ocsp = (struct ocsp){.refs = 1, .len = len, .archive_cutoff = UTIME_NONE};
	ocsp->der = xmemdup(der, len);
	const unsigned char *basic = ocsp->der;
	size_t basic_len = len;
	if (!unwrap(&basic, &basic_len) || !read_basic(ocsp, cache, basic, basic_len)) {
		ocsp_unref(ocsp);
		return NULL;
	}
	sha256_bytes(ocsp->der, len, ocsp->sha256);
	return ocsp;
}

struct ocsp *ocsp_ref(struct ocsp *ocsp) {
	ocsp->refs++;
	return ocsp;
}

void ocsp_unref(struct ocsp *ocsp) {
	if (!ocsp || --ocsp->refs > 0) return;
	for (size_t i = 0; i < ocsp->cert_count; i++) cert_unref(ocsp->certs[i]);
	free(ocsp->certs);
	free(ocsp->singles);
	buf_dispose(&ocsp->responder_canonical);
	free(ocsp->der);
	free(ocsp);
}

static bool hash_is(enum digest_alg alg, const struct der *expected, const void *data, size_t len) {
	unsigned char digest[DIGEST_MAX];
	size_t size = digest_bytes(alg, data, len, digest);
	return size && size == expected->len && !memcmp(digest, expected->data, size);
}

bool ocsp_single_is_for(const struct ocsp_single *single, const struct cert *cert, const struct cert *issuer) {
	if (single->serial.len != cert->serial.len ||
	    memcmp(single->serial.data, cert->serial.data, cert->serial.len) != 0)
		return false;
	size_t len;
	const unsigned char *bits = cert_public_key_bits(issuer, &len);
	/* The issuer's name as the certificate spells it or as the issuer itself does: they may differ in string type.
	 */
	return hash_is(single->id_digest, &single->key_hash, bits, len) &&
	       (hash_is(single->id_digest, &single->name_hash, cert->issuer.start, cert->issuer.full) ||
		hash_is(single->id_digest, &single->name_hash, issuer->subject.start, issuer->subject.full));
}

bool ocsp_cert_hash_matches(const struct ocsp_single *single, const struct cert *cert, bool *present) {
	*present = single->cert_hash.tag != 0;
	if (!*present) return true;
	struct der_walk w = der_walk_in(&single->cert_hash);
	struct der algorithm, hash;
	return der_expect(&w, DER_SEQUENCE, &algorithm) && der_expect(&w, DER_OCTET_STRING, &hash) &&
	       hash_is(digest_of_algorithm(&algorithm), &hash, cert->der, cert->len);
}

static void wrap(struct buf *b, unsigned char tag) {
	struct buf outer = {0};
	der_put(&outer, tag, b->data, b->len);
	buf_dispose(b);
	*b = outer;
}

void ocsp_request(const struct cert *cert, const struct cert *issuer, struct buf *out) {
	unsigned char digest[DIGEST_MAX];
	size_t len;
	struct buf b = {0};
	der_put_oid(&b, "1.3.14.3.2.26");
	der_put(&b, DER_NULL, "", 0);
	wrap(&b, DER_SEQUENCE);
	digest_bytes(DIGEST_SHA1, cert->issuer.start, cert->issuer.full, digest);
	der_put(&b, DER_OCTET_STRING, digest, 20);
	const unsigned char *bits = cert_public_key_bits(issuer, &len);
	digest_bytes(DIGEST_SHA1, bits, len, digest);
	der_put(&b, DER_OCTET_STRING, digest, 20);
	buf_add(&b, cert->serial.start, cert->serial.full);
	for (int i = 0; i < 5; i++) wrap(&b, DER_SEQUENCE); /* CertID, Request, requestList, TBSRequest, OCSPRequest */
	buf_add(out, b.data, b.len);
	buf_dispose(&b);
}
