/* The central directory of a zip file: what is in it, where, and whether that can be true. */
#ifndef LTVAULT_VALIDATOR_ZIP_DIRECTORY_H
#define LTVAULT_VALIDATOR_ZIP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zip_entry {
	const unsigned char *name; /* borrowed from the file */
	size_t name_len;
	unsigned flags, method;
	uint64_t packed, size; /* bytes stored, bytes unpacked */
	uint64_t offset;       /* of the local header */
};

struct zip_directory {
	struct zip_entry *entries; /* by offset */
	size_t count;
	bool unlisted;
	size_t end; /* of the file without its comment */
};

/* False with `why` when the directory is damaged, contradicts the local headers or breaks a limit. */
bool zip_directory_read(const unsigned char *data, size_t len, struct zip_directory *out, const char **why);
void zip_directory_dispose(struct zip_directory *directory);

#endif
