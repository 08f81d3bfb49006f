/* Signs what a fuzzer made, so that the code behind a signature check is reached. */
#ifndef LTVAULT_TESTS_FUZZ_SEALED_H
#define LTVAULT_TESTS_FUZZ_SEALED_H

#include "tests/validator/cert_builder.h"

/* SEQUENCE of the bytes as they are, the algorithm, the signature value over them, and `behind`, which may be NULL. The
 * key is an Ed25519 one. */
struct buf sealed_make(const void *bytes, size_t len, const struct made *signer, const struct buf *behind);
/* What such a sequence was signed over: its first element, as it is encoded. */
struct buf sealed_content(const struct buf *bytes);
/* Wraps what is in b in an element. */
void sealed_wrap(struct buf *b, unsigned char tag);

/* The authority, an issuer of CRLs and a delegated OCSP responder under it, and certificates whose status is asked:
 * without pointers, of a scope, of an indirect CRL, with a delta CRL, and an authority's. */
enum { SEALED_TARGETS = 5 };
struct sealed_world {
	struct made root, lists, responder;
	struct made targets[SEALED_TARGETS];
};
void sealed_world_open(struct sealed_world *w);
void sealed_world_close(struct sealed_world *w);

#endif
