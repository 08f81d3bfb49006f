#include "validator/anchors.h"

#include "validator/cache.h"
#include "validator/pem.h"

#include <stdlib.h>
#include <string.h>

struct anchors {
	struct cache *cache;
	struct cert **certs; /* ordered by sha256 */
	size_t count, cap;
};

struct anchors *anchors_new(struct cache *cache) {
	struct anchors *anchors = xcalloc(1, sizeof *anchors);
	anchors->cache = cache;
	return anchors;
}

void anchors_free(struct anchors *anchors) {
	if (!anchors) return;
	for (size_t i = 0; i < anchors->count; i++) cert_unref(anchors->certs[i]);
	free(anchors->certs);
	free(anchors);
}

/* Where this hash is or belongs. */
static size_t place(const struct anchors *anchors, const unsigned char *sha256) {
	size_t low = 0, high = anchors->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(anchors->certs[middle]->sha256, sha256, SHA256_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool anchors_has(const struct anchors *anchors, const struct cert *cert) {
	size_t at = place(anchors, cert->sha256);
	return at < anchors->count && cert_same(anchors->certs[at], cert);
}

static int add_der(struct anchors *anchors, const unsigned char *der, size_t len) {
	struct cert *cert = len ? cache_cert(anchors->cache, der, len) : NULL;
	if (!cert) return 0;
	if (anchors_has(anchors, cert)) {
		cert_unref(cert);
		return 1;
	}
	size_t at = place(anchors, cert->sha256);
	ARRAY_GROW(anchors->certs, anchors->count, anchors->cap);
	memmove(anchors->certs + at + 1, anchors->certs + at, (anchors->count - at) * sizeof *anchors->certs);
	anchors->certs[at] = cert;
	anchors->count++;
	return 1;
}

int anchors_add(struct anchors *anchors, const unsigned char *data, size_t len) {
	if (!data || len == 0) return 0;
	if (data[0] == DER_SEQUENCE) return add_der(anchors, data, len);
	int added = 0;
	struct pem_reader reader = pem_reader_of(data, len);
	struct buf block = {0};
	while (pem_next(&reader, &block)) added += add_der(anchors, block.data, block.len);
	buf_dispose(&block);
	return added;
}

size_t anchors_count(const struct anchors *anchors) {
	return anchors->count;
}

struct cert *anchors_cert(const struct anchors *anchors, size_t index) {
	return anchors->certs[index];
}
