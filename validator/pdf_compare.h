/* What was changed after a signature: the document as it was signed against the document as it is, by value. */
#ifndef LTVAULT_VALIDATOR_PDF_COMPARE_H
#define LTVAULT_VALIDATOR_PDF_COMPARE_H

#include "validator/pdf.h"
#include "validator/pdf_find.h"
#include "validator/pdf_tree.h"

struct pdf_revision {
	struct pdf_file *file;
	const struct pdf_value *root;
	const struct pdf_trees *trees;
	const unsigned char
		*dirty; /* of base: NULL, or by object number what may differ from final; the rest is equal */
	size_t dirty_count;
};

/* `signature` is one of base's. `certified` is the P that the document's certification demands of everything after it,
 * 0 without one; `certifies`: it is this signature's own. `left` counts down the values that may still be compared. The
 * result is PDF_PERMITTED, PDF_FORBIDDEN or PDF_UNKNOWN; the changes become findings. */
enum pdf_modification pdf_compare(const struct pdf_revision *base, const struct pdf_revision *final,
				  const struct pdf_found *signature, int certified, bool certifies, uint64_t *left,
				  struct finding_list *findings);

#endif
