#include "validator/attributes.h"

#include "validator/names.h"

#include <string.h>

static bool read_issuer_serial(const struct der *e, struct ess_ref *ref) {
	struct der_walk w = der_walk_in(e);
	return der_next_ber(&w, &ref->names) && ref->names.tag == DER_SEQUENCE && der_next_ber(&w, &ref->serial) &&
	       ref->serial.tag == DER_INTEGER && der_done(&w);
}

static bool read_ref(const struct der *e, int version, struct ess_ref *ref) {
	struct der part;
	struct der_walk w = der_walk_in(e);
	*ref = (struct ess_ref){.digest = version == 1 ? DIGEST_SHA1 : DIGEST_SHA256};
	if (e->tag != DER_SEQUENCE || !der_next_ber(&w, &part)) return false;
	if (version == 2 && part.tag == DER_SEQUENCE) {
		ref->digest = digest_of_algorithm(&part);
		if (!der_next_ber(&w, &part)) return false;
	}
	if (part.tag != DER_OCTET_STRING) return false;
	ref->hash = part.data, ref->hash_len = part.len;
	if (der_next_ber(&w, &part) && (part.tag != DER_SEQUENCE || !read_issuer_serial(&part, ref))) return false;
	return der_done(&w);
}

void ess_read(const struct der *signed_attrs, int version, struct ess *out) {
	const char *oid = version == 1 ? OID_SIGNING_CERTIFICATE : OID_SIGNING_CERTIFICATE_V2;
	struct cms_attribute attribute;
	struct der value, certs, e;
	*out = (struct ess){0};
	if (!cms_attribute_find(signed_attrs, oid, &attribute)) return;
	out->malformed = true;
	if (!cms_attribute_single(signed_attrs, oid, &value) || value.tag != DER_SEQUENCE) return;
	struct der_walk w = der_walk_in(&value);
	if (!der_next_ber(&w, &certs) || certs.tag != DER_SEQUENCE) return;
	struct der_walk in = der_walk_in(&certs);
	while (out->count < ESS_REFS && der_next_ber(&in, &e))
		if (!read_ref(&e, version, &out->refs[out->count++])) return;
	out->malformed = in.bad || !out->count;
	out->present = !out->malformed;
}

bool ess_ref_is(const struct ess_ref *ref, const struct cert *cert) {
	unsigned char hash[DIGEST_MAX];
	if (ref->digest == DIGEST_SHA256)
		return ref->hash_len == SHA256_SIZE && !memcmp(cert->sha256, ref->hash, SHA256_SIZE);
	size_t len = digest_bytes(ref->digest, cert->der, cert->len, hash);
	return len && len == ref->hash_len && !memcmp(hash, ref->hash, len);
}

static bool same_contents(const struct der *a, const struct der *b) {
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static bool same_name(const struct der *name, const struct buf *canonical) {
	struct buf own = {0};
	bool equal = name_canonical(name, &own) && name_equal(&own, canonical);
	buf_dispose(&own);
	return equal;
}

enum ess_issuer ess_ref_issuer(const struct ess_ref *ref, const struct cert *cert) {
	struct der general, name;
	if (!ref->names.start) return ESS_ISSUER_ABSENT;
	/* RFC 5035 5: exactly one directoryName, [4] EXPLICIT because Name is a choice */
	struct der_walk w = der_walk_in(&ref->names);
	if (!der_next_ber(&w, &general) || general.tag != (DER_CONTEXT | DER_CONSTRUCTED | 4) || !der_done(&w))
		return ESS_ISSUER_OTHER;
	struct der_walk in = der_walk_in(&general);
	if (!der_next_ber(&in, &name) || !same_name(&name, &cert->issuer_name)) return ESS_ISSUER_OTHER;
	return same_contents(&ref->serial, &cert->serial) ? ESS_ISSUER_SAME : ESS_ISSUER_OTHER;
}

bool signer_names(const struct cms_signer *signer, const struct cert *cert) {
	unsigned char key[20];
	if (signer->issuer.start)
		return same_contents(&signer->serial, &cert->serial) && same_name(&signer->issuer, &cert->issuer_name);
	if (!signer->key_id.start) return false;
	if (cert->ski.tag) return same_contents(&signer->key_id, &cert->ski);
	cert_key_sha1(cert, key);
	return signer->key_id.len == sizeof key && !memcmp(key, signer->key_id.data, sizeof key);
}

utime signing_time_claimed(const struct der *signed_attrs) {
	struct der value;
	utime t;
	if (!cms_attribute_single(signed_attrs, OID_SIGNING_TIME, &value) || !der_time(&value, false, &t))
		return UTIME_NONE;
	return t;
}

/* Parameters are compared as they are, but NULL and absent are the same (RFC 5754 2). */
static bool same_algorithm(const struct der *a, const struct der *b) {
	struct der oid_a, oid_b, par_a = {0}, par_b = {0};
	struct der_walk wa = der_walk_in(a), wb = der_walk_in(b);
	if (!der_next_ber(&wa, &oid_a) || !der_next_ber(&wb, &oid_b) || !same_contents(&oid_a, &oid_b)) return false;
	der_next_ber(&wa, &par_a), der_next_ber(&wb, &par_b);
	bool none_a = !par_a.start || par_a.tag == DER_NULL, none_b = !par_b.start || par_b.tag == DER_NULL;
	if (none_a || none_b) return none_a == none_b;
	return par_a.full == par_b.full && !memcmp(par_a.start, par_b.start, par_a.full);
}

bool algorithm_protection_holds(const struct cms_signer *signer) {
	struct cms_attribute attribute;
	struct der value, digest, algorithm;
	if (!cms_attribute_find(&signer->signed_attrs, OID_ALGORITHM_PROTECTION, &attribute)) return true;
	if (!cms_attribute_single(&signer->signed_attrs, OID_ALGORITHM_PROTECTION, &value)) return false;
	struct der_walk w = der_walk_in(&value);
	if (!der_next_ber(&w, &digest) || digest.tag != DER_SEQUENCE) return false;
	if (!der_next_ber(&w, &algorithm) || algorithm.tag != (DER_CONTEXT | DER_CONSTRUCTED | 1)) return false;
	return same_algorithm(&digest, &signer->digest_alg) && same_algorithm(&algorithm, &signer->signature_alg);
}
