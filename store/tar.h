/* Tar members as they lie in packs: an ordinary ustar header (with a pax record before it from 8 GiB on), whose
 * name is "sha256/" and 64 hexadecimal digits; content; zeros up to the next multiple of 512. Owner 0, mode 0444
 * and time 0, so that a header follows from name and size alone. */
#ifndef LTVAULT_STORE_TAR_H
#define LTVAULT_STORE_TAR_H

#include "store/object.h"

#define TAR_BLOCK 512
#define TAR_HEADER_MAX 1536 /* pax header, pax record, ustar header */
#define TAR_END 1024        /* two zero blocks end a closed pack */

size_t tar_header_size(uint64_t size); /* of a member with that many bytes of content */
uint64_t tar_padded(uint64_t size);    /* content with its zeros */
/* Writes the header; -1 with err set when libarchive refuses. */
int tar_header(const struct object_id *id, uint64_t size, unsigned char header[static TAR_HEADER_MAX], size_t *len,
	       struct error *err);
/* True when `header`, tar_header_size(size) bytes, is that very header, bit for bit. */
bool tar_header_is(const unsigned char *header, const struct object_id *id, uint64_t size);
bool tar_zeros(const unsigned char *data, size_t len);

enum tar_member {
	TAR_MEMBER, /* *id, *size and *header_len are set */
	TAR_ZEROS,  /* a block of zeros: the end */
	TAR_BAD,    /* neither: not written by this program, or damaged */
};
/* Reads a header back; `len` bytes are at hand (less than TAR_HEADER_MAX only at the end of the file). */
enum tar_member tar_parse(const unsigned char *data, size_t len, struct object_id *id, uint64_t *size,
			  size_t *header_len);

#endif
