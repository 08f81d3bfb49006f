/* A zip file (APPNOTE 6.3) in memory, read as strictly as a signed container deserves.
 *
 * Names come from the central directory and must be the same in front of the data; members may not overlap, share a
 * name, be encrypted, or lead out of the container. Everything is held against base/limits.h before it is unpacked. */
#ifndef LTVAULT_VALIDATOR_ZIP_H
#define LTVAULT_VALIDATOR_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zip_member {
	char *name;        /* the bytes stored; no control characters */
	char *shown;       /* the same in UTF-8 */
	bool named;        /* the name is UTF-8 */
	bool stored_first; /* it is the first of the file, and not compressed */
	unsigned char *data;
	size_t len;
	bool damaged; /* its checksum or its length is not the one promised */
};

struct zip {
	struct zip_member *members; /* by name, byte order; folders are left out */
	size_t count;
	bool unlisted; /* there is more between the members than the directory tells */
};

/* False when it cannot be used; `why` is then fixed text. Dispose of it in either case. */
bool zip_read(const unsigned char *data, size_t len, struct zip *zip, const char **why);
void zip_dispose(struct zip *zip);
/* NULL when there is none of that name. */
struct zip_member *zip_find(const struct zip *zip, const char *name);
/* The name in UTF-8, bytes that are none and control characters as \\xHH; owned by the caller. */
char *zip_shown_name(const char *name);

#endif
