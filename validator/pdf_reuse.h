/* Objects that an update did not touch are read once: a prefix takes them from the final document. Only speed depends
 * on this; where it cannot be done safely, every prefix reads all of its own. */
#ifndef LTVAULT_VALIDATOR_PDF_REUSE_H
#define LTVAULT_VALIDATOR_PDF_REUSE_H

#include "validator/pdf_object.h"

struct pdf_reuse {
	const struct pdf_xref *xref; /* of the final document; borrowed from it */
	struct pdf_file *final;      /* NULL: nothing can be reused */
};

/* `final` outlives it. */
void pdf_reuse_begin(struct pdf_file *final, struct pdf_reuse *reuse);
/* Lets `prefix`, an earlier state of the same bytes, take untouched objects from the final one. Gives the map of what is touched,
 * which must outlive the prefix and is freed by the caller; NULL when nothing is taken. */
unsigned char *pdf_reuse_attach(const struct pdf_reuse *reuse, struct pdf_file *prefix, size_t *count);

#endif
