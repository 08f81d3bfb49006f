/* The facts of one signature dictionary, its byte range held against the bytes. */
#ifndef LTVAULT_VALIDATOR_PDF_SIGNATURE_H
#define LTVAULT_VALIDATOR_PDF_SIGNATURE_H

#include "validator/pdf.h"
#include "validator/pdf_find.h"

/* Fills everything but coverage and modification. `file` is the one `found` belongs to; NULL when it could not be
 * opened. True when ranges and gap have the one form that covers all but the signature's own value. */
bool pdf_signature_read(const unsigned char *data, size_t len, struct pdf_file *file, const struct pdf_found *found,
			struct pdf_signature *signature);
/* Empties what is written in strings, for a file whose strings cannot be decrypted. */
void pdf_signature_forget_texts(struct pdf_signature *signature);
/* Numbers are added to names that come twice. */
void pdf_signatures_name(struct pdf_document *document);
void pdf_signature_dispose(struct pdf_signature *signature);

/* P of the DocMDP transform of a signature dictionary: 1, 2, 3; 0 none. */
int pdf_signature_docmdp(struct pdf_file *file, const struct pdf_value *dict);
bool pdf_signature_is_timestamp(struct pdf_file *file, const struct pdf_value *dict);

#endif
