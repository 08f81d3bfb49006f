/* Detached signatures and time-stamps: which file they speak about, by name and by the digest that a report names.
 *
 * NAME.p7s (.p7m, .sig, .tst, .tsr) belongs to NAME; x.p7s where there is no x also to the one file x.pdf, x.docx ... .
 * Once it is known the digest of the content stands in the signature's metadata as CONTENT_KEY: "sha256:...". */
#ifndef LTVAULT_ARCHIVER_CONTENT_H
#define LTVAULT_ARCHIVER_CONTENT_H

#include "store/records.h"

#include <jansson.h>

#define CONTENT_KEY "content"

/* "x.pdf" for "x.pdf.p7s": what a signature of that name is expected to sign; NULL for any other name. Owned. */
char *content_name(const char *name);
/* The file beside it that the signature at `path` belongs to by its name; NULL when there is none, or more than one.
 * Owned. */
char *content_beside(const char *path);
/* SHA-256 of a file as it is now. False when it cannot be read. */
bool content_file_digest(const char *path, struct object_id *id);

/* The digest under CONTENT_KEY. False when there is none, or it is a file name. */
bool content_of_metadata(const json_t *metadata, struct object_id *id);
/* It is the report of a detached signature or a time-stamp alone: what it says of the signed data is said of the
 * companion that was given. `is_signature`: a time-stamp is none. */
bool content_is_apart(const json_t *report, bool *is_signature);
/* The report says that what was signed was not given. *alg and *digest are what it names: DIGEST_MAX bytes at most;
 * *len is 0 when it names nothing. */
bool content_wanted(const json_t *report, enum digest_alg *alg, unsigned char digest[static DIGEST_MAX], size_t *len);
/* The record with these bytes: by SHA-256, or by SHA-512 among those that came under `name` (NULL: none). 1 found. */
int content_by_digest(struct store *store, const char *name, enum digest_alg alg, const unsigned char *digest,
		      struct object_id *id, struct error *err);

#endif
