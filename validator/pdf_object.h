/* One PDF file opened for reading through qpdf: objects by number, as value trees that live as long as the file is
 * open.
 *
 * Nothing is ever written through qpdf: it rewrites whole files and would end their signatures. */
#ifndef LTVAULT_VALIDATOR_PDF_OBJECT_H
#define LTVAULT_VALIDATOR_PDF_OBJECT_H

#include "validator/pdf_value.h"
#include "validator/pdf_xref.h"

struct pdf_file;

enum pdf_open_result { PDF_OPENED, PDF_NEEDS_PASSWORD, PDF_UNKNOWN_ENCRYPTION, PDF_UNREADABLE };

/* Opens the first `len` bytes as a complete document, with qpdf's repairs only when `recover`. The bytes must outlive
 * the file. `password` (NULL: none) is tried, then none. *file is NULL unless opened; close it with pdf_file_close (NULL
 * is fine). */
enum pdf_open_result pdf_file_open(const unsigned char *data, size_t len, bool recover, const char *password,
				   struct pdf_file **file);
/* The same without repairs, and without qpdf as long as everything that is read is of the plainest form (validator/pdf_plain.h,
 * validator/pdf_xref.h): then qpdf would have said the same, and had nothing to warn of. Should it, asked for the first time, not
 * open the document or have met damage by then, *doubt is set, and what was read is to be thrown away. `doubt` outlives the file. */
enum pdf_open_result pdf_file_open_plain(const unsigned char *data, size_t len, const char *password, bool *doubt,
					 struct pdf_file **file);
void pdf_file_close(struct pdf_file *file);

/* The document's table, where it has one that can be read without doubt, else NULL; borrowed. From now on its objects are
 * read from the bytes where qpdf is not needed for it (validator/pdf_plain.h). */
const struct pdf_xref *pdf_file_xref(struct pdf_file *file);

/* From now on `file` takes every object whose number is below `count` and not `touched` from `newer`, an update of the
 * same bytes, which outlives it. `touched` is borrowed. */
void pdf_file_share(struct pdf_file *file, struct pdf_file *newer, const unsigned char *touched, size_t count);

const struct pdf_value *pdf_file_trailer(struct pdf_file *file);
/* Whole object; null when there is none. Never NULL; lives until the file is closed. */
const struct pdf_value *pdf_file_object(struct pdf_file *file, struct pdf_id id);
/* The value itself, or the object it refers to. NULL gives null. */
const struct pdf_value *pdf_resolve(struct pdf_file *file, const struct pdf_value *value);
const struct pdf_value *pdf_get(struct pdf_file *file, const struct pdf_value *dict, const char *key);
/* Stored bytes of a stream after decryption, filters left alone; with `decode`, filters undone as far as they are known
 * and lossless. malloc'ed; false when they cannot be read or, decoded, exceed LIMIT_PDF_STREAM_BYTES. */
bool pdf_file_stream(struct pdf_file *file, struct pdf_id id, bool decode, unsigned char **data, size_t *len);
/* Undoes the filters of a stream given by the text of its dictionary and its stored bytes, alone and without a file. */
bool pdf_decode_stream(const unsigned char *dict, size_t dict_len, const unsigned char *stored, size_t stored_len,
		       unsigned char **data, size_t *len);
bool pdf_file_encrypted(struct pdf_file *file);

/* Every object read by this file counts `*left` down; at 0 nothing more is read and all else is null. */
void pdf_file_limit(struct pdf_file *file, uint64_t *left);
bool pdf_file_exhausted(const struct pdf_file *file);

/* Messages about damage met so far while objects were read, in the order they came; borrowed. */
size_t pdf_file_damage(struct pdf_file *file, const char *const **messages);

#endif
