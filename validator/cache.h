/* Facts that do not depend on time, shared by all documents of one validator: parsed certificates, CRLs and OCSP
 * responses by the SHA-256 of their bytes, keys by that of their SubjectPublicKeyInfo, and which signature of which
 * certificate verifies under which key. Bounded: a flood evicts, it does not grow. Availability is never shared: only
 * a pool says what a document may use. Not for use by two threads at once. */
#ifndef LTVAULT_VALIDATOR_CACHE_H
#define LTVAULT_VALIDATOR_CACHE_H

#include "validator/cert.h"

struct crl;
struct ocsp;
struct cache;

struct cache *cache_new(void);
void cache_free(struct cache *cache);

/* Each returns a reference the caller owns; NULL when the bytes are no such thing. */
struct cert *cache_cert(struct cache *cache, const unsigned char *der, size_t len);
struct crl *cache_crl(struct cache *cache, const unsigned char *der, size_t len);
struct ocsp *cache_ocsp(struct cache *cache, const unsigned char *der, size_t len);

/* Does `key` verify the signature over the certificate, CRL or OCSP response whose bytes hash to sha256? Computed
 * once. `use` is filled as signature_verify does. */
struct cache_signature {
	const unsigned char *sha256; /* of the whole object */
	const struct der *tbs, *algorithm;
	const unsigned char *signature;
	size_t signature_len;
};
enum signature_status cache_verify(struct cache *cache, const struct cache_signature *signature, const struct key *key,
				   struct algorithm_use *use);

#endif
