/* What a signature speaks about: bytes, ranges of a file, or what the caller offered for a detached signature.
 *
 * Digests are made once per algorithm and kept, however many signatures ask. */
#ifndef LTVAULT_VALIDATOR_CONTENT_H
#define LTVAULT_VALIDATOR_CONTENT_H

#include "base/digest.h"
#include "validator/pdf.h"
#include "validator/validator.h"

#include <stdbool.h>

struct content;

/* A file whose ranges are hashed. Ranges that begin with the file share the hashing of what they have in common, when
 * they are asked for in the order of where the first of them ends: fifty signatures then read the file once, not fifty
 * times. Outlives the contents made of it; freed with content_file_free (NULL is fine). */
struct content_file;
struct content_file *content_file_new(const unsigned char *data);
void content_file_free(struct content_file *file);
/* The SHA-256 of the first `len` bytes, at least as far as every range reaches that begins with the file. What was made
 * of the file before is shared with it: a document's own digest costs no second reading. */
void content_file_sha256(struct content_file *file, size_t len, unsigned char out[static SHA256_SIZE]);

/* Each is freed with content_free; what they point to is borrowed. */
struct content *content_of_bytes(const unsigned char *data, size_t len);
struct content *content_of_ranges(struct content_file *file, const struct pdf_range *ranges, size_t count);
/* Any one of the request's data and digests. */
struct content *content_of_offers(const struct val_request *request);
void content_free(struct content *content);

enum content_match { CONTENT_MATCHES, CONTENT_DIFFERS, CONTENT_MISSING };
/* CONTENT_MISSING when nothing is there that could be hashed with this algorithm. NULL content is missing. */
enum content_match content_check(struct content *content, enum digest_alg alg, const unsigned char *digest, size_t len);
/* The digest number `index` (0 for bytes and ranges; one for each offer); NULL when there is none. */
const unsigned char *content_digest(struct content *content, enum digest_alg alg, size_t index, size_t *len);
/* One of the things given begins like the signed attributes of a CMS signature (a SET OF Attribute). */
bool content_begins_as_attributes(const struct content *content);
/* All of it in one piece, for algorithms that cannot take a digest; NULL when it has to be joined and is longer than
 * LIMIT_ONESHOT_BYTES. Borrowed from the content. */
const unsigned char *content_bytes(struct content *content, size_t index, size_t *len);

#endif
