/* SHA-512 of a stream in a thread of its own, beside the one that reads, hashes SHA-256 and writes: intake keeps both
 * digests without paying for the second on a machine with two cores. */
#ifndef LTVAULT_ARCHIVER_INTAKE_DIGEST_H
#define LTVAULT_ARCHIVER_INTAKE_DIGEST_H

#include <stddef.h>

struct intake_digest;
struct intake_digest *intake_digest_new(void);
void intake_digest_free(struct intake_digest *digest); /* NULL-safe */

/* Hands a piece over. It must not change before the next call for this digest has returned. */
void intake_digest_add(struct intake_digest *digest, const void *data, size_t len);
/* Ends the stream and begins the next; out may be NULL when nobody wants to know. */
void intake_digest_end(struct intake_digest *digest, unsigned char out[64]);

#endif
