#include "validator/pool.h"

#include "base/limits.h"
#include "validator/cache.h"
#include "validator/crl.h"
#include "validator/ocsp.h"
#include "validator/pem.h"

#include <stdlib.h>
#include <string.h>

struct pool {
	struct cache *cache;
	struct cert **certs;
	struct crl **crls;
	struct ocsp **ocsps;
	size_t cert_count, cert_cap, crl_count, crl_cap, ocsp_count, ocsp_cap;
	size_t bytes; /* of all that was added, against LIMIT_EVIDENCE_TOTAL */
	bool full;
};

struct pool *pool_new(struct cache *cache) {
	struct pool *pool = xcalloc(1, sizeof *pool);
	pool->cache = cache;
	return pool;
}

void pool_free(struct pool *pool) {
	if (!pool) return;
	for (size_t i = 0; i < pool->cert_count; i++) cert_unref(pool->certs[i]);
	for (size_t i = 0; i < pool->crl_count; i++) crl_unref(pool->crls[i]);
	for (size_t i = 0; i < pool->ocsp_count; i++) ocsp_unref(pool->ocsps[i]);
	free(pool->certs);
	free(pool->crls);
	free(pool->ocsps);
	free(pool);
}

static bool room(struct pool *pool, size_t len) {
	if (pool->cert_count + pool->crl_count + pool->ocsp_count < LIMIT_CERTS_PER_DOCUMENT &&
	    len <= LIMIT_EVIDENCE_TOTAL - pool->bytes)
		return true;
	pool->full = true;
	return false;
}

bool pool_is_full(const struct pool *pool) {
	return pool->full;
}

/* Takes over the reference. */
static struct cert *keep_cert(struct pool *pool, struct cert *cert) {
	for (size_t i = 0; i < pool->cert_count; i++) {
		if (!cert_same(pool->certs[i], cert)) continue;
		cert_unref(cert);
		return pool->certs[i];
	}
	ARRAY_GROW(pool->certs, pool->cert_count, pool->cert_cap);
	pool->bytes += cert->len;
	return pool->certs[pool->cert_count++] = cert;
}

struct cert *pool_add_cert(struct pool *pool, const unsigned char *der, size_t len) {
	struct cert *cert = room(pool, len) ? cache_cert(pool->cache, der, len) : NULL;
	return cert ? keep_cert(pool, cert) : NULL;
}

static bool add_crl(struct pool *pool, const unsigned char *der, size_t len) {
	struct crl *crl = room(pool, len) ? cache_crl(pool->cache, der, len) : NULL;
	if (!crl) return false;
	for (size_t i = 0; i < pool->crl_count; i++) {
		if (memcmp(pool->crls[i]->sha256, crl->sha256, SHA256_SIZE) != 0) continue;
		crl_unref(crl);
		return true;
	}
	ARRAY_GROW(pool->crls, pool->crl_count, pool->crl_cap);
	pool->crls[pool->crl_count++] = crl;
	pool->bytes += len;
	return true;
}

static bool add_ocsp(struct pool *pool, const unsigned char *der, size_t len) {
	struct ocsp *ocsp = room(pool, len) ? cache_ocsp(pool->cache, der, len) : NULL;
	if (!ocsp) return false;
	for (size_t i = 0; i < pool->ocsp_count; i++) {
		if (memcmp(pool->ocsps[i]->sha256, ocsp->sha256, SHA256_SIZE) != 0) continue;
		ocsp_unref(ocsp);
		return true;
	}
	ARRAY_GROW(pool->ocsps, pool->ocsp_count, pool->ocsp_cap);
	pool->ocsps[pool->ocsp_count++] = ocsp;
	pool->bytes += len;
	for (size_t i = 0; i < ocsp->cert_count; i++)
		if (room(pool, ocsp->certs[i]->len)) keep_cert(pool, cert_ref(ocsp->certs[i]));
	return true;
}

/* What is in the [0] certificates and [1] crls of a SignedData; BER is allowed in the wrapper. */
static int add_set(struct pool *pool, const struct der *set) {
	struct der_walk w = der_walk_in(set);
	struct der element;
	int added = 0;
	while (der_next_ber(&w, &element)) {
		if (element.tag == DER_SEQUENCE && set->tag == 0xa0)
			added += pool_add_cert(pool, element.start, element.full) != NULL;
		else if (element.tag == DER_SEQUENCE)
			added += add_crl(pool, element.start, element.full);
		else if (element.tag == 0xa1 && set->tag == 0xa1) { /* OtherRevocationInfoFormat: an OCSP response */
			struct der_walk in = der_walk_in(&element);
			struct der format, info;
			/* RFC 5940 has the whole response; some tools write the inner one under its own type */
			if (der_next_ber(&in, &format) &&
			    (der_is_oid(&format, "1.3.6.1.5.5.7.16.2") || der_is_oid(&format, "1.3.6.1.5.5.7.48.1.1")) &&
			    der_next_ber(&in, &info))
				added += add_ocsp(pool, info.start, info.full);
		}
	}
	return added;
}

static int add_bundle(struct pool *pool, const unsigned char *data, size_t len) {
	struct der_walk w = der_walk_bytes(data, len);
	struct der content, type, wrapper, signed_data, part;
	int added = 0;
	if (!der_next_ber(&w, &content) || content.tag != DER_SEQUENCE) return 0;
	w = der_walk_in(&content);
	if (!der_next_ber(&w, &type) || !der_is_oid(&type, "1.2.840.113549.1.7.2")) return 0;
	if (!der_next_ber(&w, &wrapper) || wrapper.tag != 0xa0) return 0;
	w = der_walk_in(&wrapper);
	if (!der_next_ber(&w, &signed_data) || signed_data.tag != DER_SEQUENCE) return 0;
	w = der_walk_in(&signed_data);
	while (der_next_ber(&w, &part))
		if (part.tag == 0xa0 || part.tag == 0xa1) added += add_set(pool, &part);
	return added;
}

static int add_der(struct pool *pool, const unsigned char *data, size_t len) {
	if (len < 2 || data[0] != DER_SEQUENCE || len > LIMIT_EVIDENCE_BYTES) return 0;
	if (pool_add_cert(pool, data, len) || add_crl(pool, data, len) || add_ocsp(pool, data, len)) return 1;
	return add_bundle(pool, data, len);
}

int pool_add(struct pool *pool, const unsigned char *data, size_t len) {
	if (!data || len == 0) return 0;
	int added = add_der(pool, data, len);
	if (added) return added;
	struct pem_reader reader = pem_reader_of(data, len);
	struct buf block = {0};
	while (pem_next(&reader, &block)) added += add_der(pool, block.data, block.len);
	buf_dispose(&block);
	return added;
}

size_t pool_cert_count(const struct pool *pool) {
	return pool->cert_count;
}

struct cert *pool_cert(const struct pool *pool, size_t index) {
	return pool->certs[index];
}

size_t pool_crl_count(const struct pool *pool) {
	return pool->crl_count;
}

struct crl *pool_crl(const struct pool *pool, size_t index) {
	return pool->crls[index];
}

size_t pool_ocsp_count(const struct pool *pool) {
	return pool->ocsp_count;
}

struct ocsp *pool_ocsp(const struct pool *pool, size_t index) {
	return pool->ocsps[index];
}
