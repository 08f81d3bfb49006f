/* Certificates, CRLs and OCSP answers of a document security store (ISO 32000-2 12.8.4.3). */
#ifndef LTVAULT_VALIDATOR_PDF_EVIDENCE_H
#define LTVAULT_VALIDATOR_PDF_EVIDENCE_H

#include "validator/pdf.h"
#include "validator/pdf_object.h"

/* Fills the document's blobs from the final file; revision_end is `file_len` at first. */
void pdf_evidence_read(struct pdf_file *file, const struct pdf_value *root, uint64_t file_len,
		       struct pdf_document *document);
/* What the prefix up to `end` has already is marked with it. Prefixes come in rising order. `left` counts
 * down the work; at 0 the rest keeps its later end. */
void pdf_evidence_mark(struct pdf_file *prefix, const struct pdf_value *root, uint64_t end, uint64_t file_len,
		       uint64_t *left, struct pdf_document *document);

#endif
