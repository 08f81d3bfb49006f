/* SHA-512 in a thread of its own, beside the one that reads, hashes SHA-256 and writes: intake keeps both digests without
 * waiting for the slower one.
 *
 * Streams are handed over in pieces, one after the other; the results are asked for later, all at once. The pieces lie
 * in a ring of buffers that this module owns: the reader waits only when all of them are still being hashed. */
#ifndef LTVAULT_ARCHIVER_INTAKE_DIGEST_H
#define LTVAULT_ARCHIVER_INTAKE_DIGEST_H

#include <stddef.h>

#define INTAKE_PIECE (256UL << 10) /* bytes of one buffer */

struct intake_digest;
struct intake_digest *intake_digest_new(void);
void intake_digest_free(struct intake_digest *digest); /* NULL-safe */

/* A free buffer of INTAKE_PIECE bytes to read into; borrowed until it is handed over. */
unsigned char *intake_digest_buffer(struct intake_digest *digest);
/* Hands the buffer over: it may still be read, and must not be written any more. */
void intake_digest_add(struct intake_digest *digest, size_t len);
/* Ends the stream; the result has this number, counted from 0 since the last intake_digest_forget. */
size_t intake_digest_end(struct intake_digest *digest);

/* Waits for everything handed over; results stay until intake_digest_forget. */
void intake_digest_wait(struct intake_digest *digest);
const unsigned char *intake_digest_result(const struct intake_digest *digest, size_t number); /* 64 bytes, borrowed */
void intake_digest_forget(struct intake_digest *digest); /* also waits */

#endif
