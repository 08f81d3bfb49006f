/* One ASiCManifest (EN 319 162-1 Annex A.4): which signature, time-stamp or evidence record it is for, and the digests
 * of what that one speaks about. */
#ifndef LTVAULT_VALIDATOR_ASIC_MANIFEST_H
#define LTVAULT_VALIDATOR_ASIC_MANIFEST_H

#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>

struct asic_reference {
	char *name; /* of a member, percent signs resolved; UTF-8 as far as they allow; NULL when there is none */
	enum digest_alg alg;
	unsigned char digest[DIGEST_MAX];
	size_t digest_len; /* 0 when there is no usable digest */
};

struct asic_manifest {
	size_t member;   /* of the container: the caller's */
	char *signature; /* name of the member that it is for; NULL when it tells none */
	struct asic_reference *references;
	size_t count, cap;
	bool misplaced; /* references stand where the schema has none; they count all the same */
};

/* No document type, no entities, no network, UTF-8 only. False when it is no manifest; `why` is then fixed text.
 * Dispose of it in either case. */
bool asic_manifest_read(const unsigned char *data, size_t len, struct asic_manifest *out, const char **why);
void asic_manifest_dispose(struct asic_manifest *manifest);

#endif
