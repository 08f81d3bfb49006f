/* Makes zip files and ASiC manifests for tests, byte for byte, so that each field can be spoilt alone. */
#ifndef LTVAULT_TESTS_ASIC_BUILDER_H
#define LTVAULT_TESTS_ASIC_BUILDER_H

#include "base/digest.h"
#include "base/mem.h"

#define ASIC_MEMBERS_MAX 12
#define MIME_SIMPLE "application/vnd.etsi.asic-s+zip"
#define MIME_EXTENDED "application/vnd.etsi.asic-e+zip"

struct asic_file {
	const char *name;
	const void *data;
	size_t len;
};

/* All members stored; where each of its headers stands. */
struct made_zip {
	struct buf bytes;
	size_t local[ASIC_MEMBERS_MAX], central[ASIC_MEMBERS_MAX], end;
};
struct made_zip zip_make(const struct asic_file *files, size_t count);
/* Writes a field of `size` bytes over what is there. */
void zip_patch(struct made_zip *zip, size_t at, unsigned long long value, unsigned size);

/* A manifest with one SigReference and the SHA-256 (or another digest) of each file. */
struct buf manifest_make(const char *signature, const struct asic_file *files, size_t count, enum digest_alg alg);

#endif
