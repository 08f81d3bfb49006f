/* Trust anchors: certificates that end a path. Any certificate may be one, an intermediate or the target too. */
#ifndef LTVAULT_VALIDATOR_ANCHORS_H
#define LTVAULT_VALIDATOR_ANCHORS_H

#include "validator/cert.h"

struct anchors;
struct cache;

struct anchors *anchors_new(struct cache *cache);
void anchors_free(struct anchors *anchors);
/* One DER certificate or any number in PEM; how many were recognised. */
int anchors_add(struct anchors *anchors, const unsigned char *data, size_t len);

size_t anchors_count(const struct anchors *anchors);
struct cert *anchors_cert(const struct anchors *anchors, size_t index); /* borrowed; ordered by sha256 */
bool anchors_has(const struct anchors *anchors, const struct cert *cert);

#endif
