/* Equality of two documents' values: what a reader sees when following both, not how it is written down.
 *
 * Direct or indirect, moved, compressed or renumbered makes no difference; numbers are compared by value, strings and
 * names by their bytes, streams by dictionary and stored bytes. A reference to a node of pdf_tree.h is equal only to a
 * reference with the same number and is not followed. */
#ifndef LTVAULT_VALIDATOR_PDF_EQUAL_H
#define LTVAULT_VALIDATOR_PDF_EQUAL_H

#include "validator/pdf_tree.h"

struct pdf_equality {
	struct pdf_file *base, *final;
	const struct pdf_trees *base_trees, *final_trees;
	struct pdf_set pairs;       /* of object numbers already found equal */
	const unsigned char *dirty; /* NULL, or by object number what may differ; the rest is equal */
	size_t dirty_count;
	uint64_t left;  /* values that may still be compared */
	bool drawing;   /* during pdf_equal_drawn */
	bool exhausted; /* the bound was reached, or something could not be compared: results are worth nothing */
};

/* `a` is of base, `b` of final; NULL is null. */
bool pdf_equal(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b);
/* The same entry of two dictionaries. */
bool pdf_equal_entry(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b, const char *key);
/* For what is drawn or decides what is drawn: nodes of pdf_tree.h are followed like everything else. One dictionary may
 * be a field or a page and at the same time a page's resources; what the one may have changed, the other may not. */
bool pdf_equal_drawn(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b);
/* The object of this number is known to be the same in both, with all that a comparison follows from it. */
bool pdf_known_equal(const struct pdf_equality *e, struct pdf_id id);
void pdf_equality_dispose(struct pdf_equality *e);

#endif
