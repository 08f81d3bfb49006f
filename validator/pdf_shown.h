/* The text that a simple appearance shows: strings drawn with fonts of one byte a letter and a usual encoding. */
#ifndef LTVAULT_VALIDATOR_PDF_SHOWN_H
#define LTVAULT_VALIDATOR_PDF_SHOWN_H

#include "validator/pdf_object.h"

/* Adds the ASCII text that `form`, a form XObject, draws. `defaults`: resources for fonts that it does not bring itself.
 * `*left` counts down what may still be decoded. False when the appearance is not simple: then nothing can be said. */
bool pdf_shown_text(struct pdf_file *file, const struct pdf_value *form, const struct pdf_value *defaults, uint64_t *left,
		    struct buf *out);

#endif
