/* Proofs of existence of objects: which bytes, by their SHA-256, are known to have existed when (EN 319 102-1 5.6.2.3).
 * What has no entry exists now. */
#ifndef LTVAULT_VALIDATOR_POE_H
#define LTVAULT_VALIDATOR_POE_H

#include "base/digest.h"
#include "base/utime.h"

struct poe {
	unsigned char sha256[SHA256_SIZE];
	utime when;
};

struct poe_set {
	struct poe *items; /* sorted by sha256 */
	size_t count, cap;
};

/* The earliest proof wins. */
void poe_add(struct poe_set *set, const unsigned char sha256[static SHA256_SIZE], utime when);
/* The earliest proof, else `now`. */
utime poe_find(const struct poe_set *set, const unsigned char sha256[static SHA256_SIZE], utime now);
void poe_set_dispose(struct poe_set *set);

#endif
