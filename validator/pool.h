/* Evidence offered for one document: certificates, CRLs, OCSP responses, from the document or from the caller.
 *
 * Adding never fails: what is no such thing is counted as not recognised. Nothing in a pool is trusted. Parsed
 * certificates are shared through a cache (validator/cache.h) keyed by their SHA-256; pools are one document's own. */
#ifndef LTVAULT_VALIDATOR_POOL_H
#define LTVAULT_VALIDATOR_POOL_H

#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>

struct cert;  /* validator/cert.h */
struct crl;   /* validator/crl.h */
struct ocsp;  /* validator/ocsp.h: one BasicOCSPResponse */
struct cache; /* validator/cache.h: time-free facts, shared by all documents of a validator */
struct pool;

struct pool *pool_new(struct cache *cache);
void pool_free(struct pool *pool);

/* Recognises DER or PEM (any number of blocks) of: Certificate, CertificateList, OCSPResponse, BasicOCSPResponse, and
 * CMS SignedData as a bundle (its certificates and CRLs). Returns how many things were added. */
int pool_add(struct pool *pool, const unsigned char *data, size_t len);
struct cert *pool_add_cert(struct pool *pool, const unsigned char *der,
			   size_t len); /* NULL when it is none; borrowed */

bool pool_is_full(const struct pool *pool); /* something was not taken for want of room */
size_t pool_cert_count(const struct pool *pool);
struct cert *pool_cert(const struct pool *pool, size_t index);
size_t pool_crl_count(const struct pool *pool);
struct crl *pool_crl(const struct pool *pool, size_t index);
size_t pool_ocsp_count(const struct pool *pool);
struct ocsp *pool_ocsp(const struct pool *pool, size_t index);

#endif
