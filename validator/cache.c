#include "validator/cache.h"

#include "base/limits.h"
#include "validator/crl.h"
#include "validator/ocsp.h"

#include <stdlib.h>
#include <string.h>

enum kind { KIND_CERT, KIND_CRL, KIND_OCSP, KIND_SIGNATURE };

struct entry {
	struct entry *next;
	enum kind kind;
	unsigned char key[SHA256_SIZE];
	size_t bytes;
	void *object; /* one reference; NULL for a signature, and for bytes that are no such thing */
	enum signature_status status;
	struct algorithm_use use;
};

#define BUCKETS 4096

struct cache {
	struct entry *buckets[BUCKETS];
	size_t count, bytes;
};

struct cache *cache_new(void) {
	return xcalloc(1, sizeof(struct cache));
}

static void release(struct entry *entry) {
	switch (entry->kind) {
	case KIND_CERT:
		cert_unref(entry->object);
		break;
	case KIND_CRL:
		crl_unref(entry->object);
		break;
	case KIND_OCSP:
		ocsp_unref(entry->object);
		break;
	case KIND_SIGNATURE:
		break;
	}
	free(entry);
}

/* What documents hold stays alive by its count; the next document reads the rest again. */
static void forget_all(struct cache *cache) {
	for (size_t i = 0; i < BUCKETS; i++) {
		while (cache->buckets[i]) {
			struct entry *entry = cache->buckets[i];
			cache->buckets[i] = entry->next;
			release(entry);
		}
	}
	cache->count = cache->bytes = 0;
}

void cache_free(struct cache *cache) {
	if (!cache) return;
	forget_all(cache);
	free(cache);
}

static struct entry **bucket(struct cache *cache, const unsigned char *key) {
	return &cache->buckets[(key[0] | (unsigned)key[1] << 8) % BUCKETS];
}

static struct entry *find(struct cache *cache, enum kind kind, const unsigned char *key) {
	for (struct entry *e = *bucket(cache, key); e; e = e->next)
		if (e->kind == kind && !memcmp(e->key, key, SHA256_SIZE)) return e;
	return NULL;
}

static struct entry *add(struct cache *cache, enum kind kind, const unsigned char *key, size_t bytes) {
	if (cache->count >= LIMIT_CACHE_ENTRIES || cache->bytes + bytes > LIMIT_CACHE_BYTES) forget_all(cache);
	struct entry *entry = xcalloc(1, sizeof *entry), **head = bucket(cache, key);
	entry->kind = kind;
	entry->bytes = bytes;
	memcpy(entry->key, key, SHA256_SIZE);
	entry->next = *head;
	*head = entry;
	cache->count++;
	cache->bytes += bytes;
	return entry;
}

struct cert *cache_cert(struct cache *cache, const unsigned char *der, size_t len) {
	unsigned char key[SHA256_SIZE];
	sha256_bytes(der, len, key);
	struct entry *entry = find(cache, KIND_CERT, key);
	if (entry) return cert_ref(entry->object);
	struct cert *cert = cert_parse(der, len);
	if (!cert) return NULL;
	entry = add(cache, KIND_CERT, key, 4 * len); /* texts, names and key beside the bytes */
	entry->object = cert_ref(cert);
	return cert;
}

struct crl *cache_crl(struct cache *cache, const unsigned char *der, size_t len) {
	unsigned char key[SHA256_SIZE];
	sha256_bytes(der, len, key);
	struct entry *entry = find(cache, KIND_CRL, key);
	if (entry) return crl_ref(entry->object);
	struct crl *crl = crl_parse(der, len);
	if (!crl) return NULL;
	size_t bytes = len + crl->entry_count * sizeof *crl->entries;
	if (bytes > LIMIT_CACHE_BYTES / 2) return crl; /* it would push out everything else */
	entry = add(cache, KIND_CRL, key, bytes);
	entry->object = crl_ref(crl);
	return crl;
}

struct ocsp *cache_ocsp(struct cache *cache, const unsigned char *der, size_t len) {
	unsigned char key[SHA256_SIZE];
	sha256_bytes(der, len, key);
	struct entry *entry = find(cache, KIND_OCSP, key);
	if (entry) return ocsp_ref(entry->object);
	struct ocsp *ocsp = ocsp_parse(cache, der, len);
	if (!ocsp) return NULL;
	size_t bytes = len + ocsp->single_count * sizeof *ocsp->singles;
	if (bytes > LIMIT_CACHE_BYTES / 2) return ocsp;
	entry = add(cache, KIND_OCSP, key, bytes);
	entry->object = ocsp_ref(ocsp);
	return ocsp;
}

enum signature_status cache_verify(struct cache *cache, const struct cache_signature *signature, const struct key *key,
				   struct algorithm_use *use) {
	unsigned char both[2 * SHA256_SIZE], name[SHA256_SIZE];
	memcpy(both, signature->sha256, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, key->sha256, SHA256_SIZE);
	sha256_bytes(both, sizeof both, name);
	struct entry *entry = find(cache, KIND_SIGNATURE, name);
	if (!entry) {
		struct signed_bytes bytes = {.data = signature->tbs->start, .len = signature->tbs->full};
		enum signature_status status = signature_verify(key, signature->algorithm, DIGEST_UNKNOWN, &bytes,
								signature->signature, signature->signature_len, use);
		entry = add(cache, KIND_SIGNATURE, name, sizeof *entry);
		entry->status = status;
		entry->use = *use;
	}
	*use = entry->use;
	return entry->status;
}
