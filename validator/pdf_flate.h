/* Streams decoded without qpdf, where their filter leaves nothing to interpret: none, or Flate alone, with PNG rows or
 * without. Only speed depends on this: what is accepted here qpdf decodes to the same bytes, everything else is left to
 * it (tests/fuzz/fuzz_pdf_plain.c holds the two against each other). The only user of zlib. */
#ifndef LTVAULT_VALIDATOR_PDF_FLATE_H
#define LTVAULT_VALIDATOR_PDF_FLATE_H

#include "validator/pdf_value.h"

/* *data is malloc'ed, NULL when there are no bytes. False: ask qpdf; always when more than `most` bytes would come out.
 */
bool pdf_flate_decode(const struct pdf_value *dict, const unsigned char *stored, size_t stored_len, size_t most,
		      unsigned char **data, size_t *len);

#endif
