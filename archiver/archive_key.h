/* The archive's own key, Ed25519 (RFC 8032): signs the labels and manifests of its media.
 *
 * Private half: ARCHIVE/keys/archive.pem (PKCS#8, mode 0600); it never leaves the archive, no medium carries it. Public
 * halves: the value "archive/keys" of the journal, so that a restored archive still knows what its media were signed with
 * although it makes itself a new key. */
#ifndef LTVAULT_ARCHIVER_ARCHIVE_KEY_H
#define LTVAULT_ARCHIVER_ARCHIVE_KEY_H

#include "archiver/app.h"

#include <stddef.h>

#define ARCHIVE_KEY_BYTES 32
#define ARCHIVE_SIGNATURE_BYTES 64

/* Signs; the first use makes the key and records its public half: the store must be open for writing, no batch under way.
 * A private key that others may read is refused (ERROR_CONFIG). */
int archive_key_sign(struct app *app, const void *data, size_t len, unsigned char signature[static ARCHIVE_SIGNATURE_BYTES],
                     struct error *err);
/* Whether one of the archive's own public keys made the signature: 1, 0, or -1 with err. Any mode of the store. */
int archive_key_made(struct app *app, const void *data, size_t len, const unsigned char *signature, size_t signature_len,
                     struct error *err);

/* The public key now in use, as PEM (SubjectPublicKeyInfo, RFC 8410); owned by the caller. As archive_key_sign. */
int archive_key_pem(struct app *app, char **pem, struct error *err);

/* The same check with a public key in PEM from elsewhere, as a medium carries it: false for anything that is no Ed25519 key. */
bool archive_key_verify(const char *pem, size_t pem_len, const void *data, size_t len, const unsigned char *signature, size_t signature_len);

#endif
