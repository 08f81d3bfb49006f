/* Objects that an update did not touch are read once: a prefix takes them from the final document. Only speed depends
 * on this; where it cannot be done safely, every prefix reads all of its own. */
#ifndef LTVAULT_VALIDATOR_PDF_REUSE_H
#define LTVAULT_VALIDATOR_PDF_REUSE_H

#include "validator/pdf_object.h"
#include "validator/pdf_xref.h"

struct pdf_reuse {
	struct pdf_xref xref;   /* of the final document */
	struct pdf_file *final; /* NULL: nothing can be reused */
};

void pdf_reuse_begin(const unsigned char *data, size_t len, struct pdf_file *final, struct pdf_reuse *reuse);
/* Lets `prefix`, the document up to `end`, take untouched objects from the final one. Gives the map of what is touched,
 * which must outlive the prefix and is freed by the caller; NULL when nothing is taken. */
unsigned char *pdf_reuse_attach(const struct pdf_reuse *reuse, const unsigned char *data, size_t end,
				struct pdf_file *prefix, size_t *count);
void pdf_reuse_dispose(struct pdf_reuse *reuse);

#endif
