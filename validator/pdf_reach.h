/* Which objects of the final document can lead to a changed one? All others are equal in every earlier state without
 * looking, and one walk of the final document serves all its signatures. */
#ifndef LTVAULT_VALIDATOR_PDF_REACH_H
#define LTVAULT_VALIDATOR_PDF_REACH_H

#include "validator/pdf_object.h"
#include "validator/pdf_set.h"

struct pdf_reach {
	uint32_t *first;   /* by object number: where its sources begin; one more at the end */
	uint32_t *sources; /* numbers of the objects that refer to it */
	size_t count;      /* object numbers */
};

/* Walks `file` from its trailer. References to numbers in `roles` are left out where they only name a node, under keys
 * like Parent: a comparison does not follow those. False when there are too many. */
bool pdf_reach_build(struct pdf_file *file, const struct pdf_set *roles, size_t count, struct pdf_reach *reach);
/* One byte a number: 1 for the touched ones and all that lead to them. malloc'ed. */
unsigned char *pdf_reach_dirty(const struct pdf_reach *reach, const unsigned char *touched, size_t count);
void pdf_reach_dispose(struct pdf_reach *reach);

#endif
