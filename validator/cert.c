#include "validator/cert.h"

#include "base/limits.h"
#include "validator/cert_parts.h"
#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SERIAL 64 /* RFC 5280 allows 20; old CAs went beyond */

static bool read_validity(struct cert *cert, const struct der *validity) {
	struct der_walk w = der_walk_in(validity);
	struct der from, to;
	return der_next(&w, &from) && der_next(&w, &to) && der_done(&w) && der_time(&from, false, &cert->not_before) &&
	       der_time(&to, false, &cert->not_after);
}

static bool read_version(struct cert *cert, struct der_walk *w) {
	struct der wrapper, number;
	uint64_t version = 0;
	if (der_optional(w, 0xa0, &wrapper)) {
		struct der_walk in = der_walk_in(&wrapper);
		if (!der_expect(&in, DER_INTEGER, &number) || !der_done(&in) || !der_uint(&number, &version))
			return false;
	}
	if (version > 2) cert->faults |= CERT_FAULT_VERSION;
	cert->version = version > 2 ? 3 : (int)version + 1;
	return true;
}

static bool read_tbs(struct cert *cert) {
	struct der_walk w = der_walk_in(&cert->tbs);
	struct der validity, skipped, wrapper, extensions;
	if (!read_version(cert, &w) || !der_expect(&w, DER_INTEGER, &cert->serial) ||
	    !der_expect(&w, DER_SEQUENCE, &cert->inner_algorithm) || !der_expect(&w, DER_SEQUENCE, &cert->issuer) ||
	    !der_expect(&w, DER_SEQUENCE, &validity) || !read_validity(cert, &validity) ||
	    !der_expect(&w, DER_SEQUENCE, &cert->subject) || !der_expect(&w, DER_SEQUENCE, &cert->spki))
		return false;
	if (cert->serial.len == 0 || cert->serial.len > MAX_SERIAL) cert->faults |= CERT_FAULT_SERIAL;
	der_optional(&w, 0x81, &skipped); /* unique identifiers, which nobody uses */
	der_optional(&w, 0x82, &skipped);
	if (der_optional(&w, 0xa3, &wrapper)) {
		struct der_walk in = der_walk_in(&wrapper);
		if (!der_expect(&in, DER_SEQUENCE, &extensions) || !der_done(&in)) return false;
		if (cert->version != 3) cert->faults |= CERT_FAULT_VERSION;
		cert_read_extensions(cert, &extensions);
	}
	return der_done(&w);
}

static bool read_certificate(struct cert *cert) {
	struct der_walk w = der_walk_bytes(cert->der, cert->len), in;
	struct der outer, bits;
	if (!der_expect(&w, DER_SEQUENCE, &outer) || !der_done(&w)) return false;
	in = der_walk_in(&outer);
	if (!der_expect(&in, DER_SEQUENCE, &cert->tbs) || !der_expect(&in, DER_SEQUENCE, &cert->algorithm) ||
	    !der_expect(&in, DER_BIT_STRING, &bits) || !der_done(&in) || bits.len < 1)
		return false;
	cert->signature = bits.data + 1;
	/* a value with unused bits verifies under no key, which is for the path to say */
	cert->signature_len = bits.data[0] == 0 ? bits.len - 1 : 0;
	if (!read_tbs(cert)) return false;
	if (cert->algorithm.full != cert->inner_algorithm.full ||
	    memcmp(cert->algorithm.start, cert->inner_algorithm.start, cert->algorithm.full) != 0)
		cert->faults |= CERT_FAULT_ALGORITHMS;
	return name_canonical(&cert->subject, &cert->subject_name) && name_canonical(&cert->issuer, &cert->issuer_name);
}

struct cert *cert_parse(const unsigned char *der, size_t len) {
	if (!der || len == 0 || len > LIMIT_EVIDENCE_BYTES) return NULL;
	struct cert *cert = xcalloc(1, sizeof *cert);
	*cert = (struct cert){.refs = 1, .len = len, .path_len = -1};
	cert->der = xmemdup(der, len);
	cert->unknown_critical = xstrdup("");
	if (!read_certificate(cert)) {
		cert_unref(cert);
		return NULL;
	}
	sha256_bytes(cert->der, len, cert->sha256);
	cert->key = key_new(&cert->spki);
	cert->subject_text = name_text(&cert->subject);
	cert->issuer_text = name_text(&cert->issuer);
	cert->common_name = name_attribute(&cert->subject, "2.5.4.3");
	if (!cert->common_name) cert->common_name = xstrdup("");
	cert->serial_text = hex_dup(cert->serial.data, cert->serial.len < MAX_SERIAL ? cert->serial.len : MAX_SERIAL);
	cert->self_issued = name_equal(&cert->subject_name, &cert->issuer_name);
	return cert;
}

struct cert *cert_ref(struct cert *cert) {
	cert->refs++;
	return cert;
}

static void texts_dispose(struct cert_texts *list) {
	for (size_t i = 0; i < list->count; i++) free(list->items[i]);
	free(list->items);
}

void cert_unref(struct cert *cert) {
	if (!cert || --cert->refs > 0) return;
	key_unref(cert->key);
	free(cert->subject_text);
	free(cert->issuer_text);
	free(cert->common_name);
	free(cert->serial_text);
	free(cert->unknown_critical);
	buf_dispose(&cert->subject_name);
	buf_dispose(&cert->issuer_name);
	texts_dispose(&cert->eku);
	texts_dispose(&cert->ocsp_urls);
	texts_dispose(&cert->issuer_urls);
	texts_dispose(&cert->crl_urls);
	free(cert->der);
	free(cert);
}

bool cert_same(const struct cert *a, const struct cert *b) {
	return a == b || !memcmp(a->sha256, b->sha256, SHA256_SIZE);
}

bool cert_key_usage(const struct cert *cert, unsigned any_of) {
	return !cert->has_key_usage || (cert->key_usage & any_of) != 0;
}

bool cert_has_eku(const struct cert *cert, const char *oid) {
	for (size_t i = 0; i < cert->eku.count; i++)
		if (!strcmp(cert->eku.items[i], oid)) return true;
	return false;
}

const unsigned char *cert_public_key_bits(const struct cert *cert, size_t *len) {
	struct der_walk w = der_walk_in(&cert->spki);
	struct der algorithm, bits;
	*len = 0;
	if (!der_next(&w, &algorithm) || !der_expect(&w, DER_BIT_STRING, &bits) || bits.len < 1) return cert->spki.data;
	*len = bits.len - 1;
	return bits.data + 1;
}

void cert_key_sha1(const struct cert *cert, unsigned char out[static 20]) {
	unsigned char digest[DIGEST_MAX] = {0};
	size_t len;
	const unsigned char *bits = cert_public_key_bits(cert, &len);
	digest_bytes(DIGEST_SHA1, bits, len, digest);
	memcpy(out, digest, 20);
}
