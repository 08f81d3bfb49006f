/* The parts of one comparison of a signed state with the final one; used by pdf_compare*.c only. */
#ifndef LTVAULT_VALIDATOR_PDF_COMPARE_PARTS_H
#define LTVAULT_VALIDATOR_PDF_COMPARE_PARTS_H

#include "validator/pdf_change.h"
#include "validator/pdf_equal.h"

struct pdf_comparison {
	struct pdf_equality equality;
	const struct pdf_trees *base_trees, *final_trees;
	const struct pdf_value *base_root, *final_root;
	struct pdf_changes changes;
	struct pdf_set new_fields; /* numbers of fields and widgets that were added: their pages may show them */
	struct pdf_set signed_now; /* numbers of empty signature fields that got their signature */
	struct pdf_set base_names; /* hashes of the full names of base's fields, once has_names */
	bool has_names;
	struct pdf_set added_annotations, removed_annotations;
	struct pdf_set looks; /* numbers of annotations and widgets that are new or look different */
};

/* Walks the keys of two dictionaries together: every key that either has, with NULL where one has not. */
struct pdf_key_walk {
	const struct pdf_value *a, *b;
	size_t i, j;
	const char *key;
	const struct pdf_value *old, *new; /* unresolved */
};
bool pdf_next_key(struct pdf_key_walk *w);
/* The entry in hand is the same in both; what is drawn is compared as such, whatever else its parts may be. */
bool pdf_equal_shown(struct pdf_equality *e, const struct pdf_key_walk *w);
bool pdf_key_in(const char *key, const char *const *list); /* list ends with NULL */

void pdf_compare_form(struct pdf_comparison *c);
void pdf_compare_pages(struct pdf_comparison *c);
void pdf_compare_store(struct pdf_comparison *c);
void pdf_compare_tags(struct pdf_comparison *c);
/* Metadata streams: both are XMP that is well-formed, without document type and entities. */
bool pdf_is_plain_xmp(const unsigned char *data, size_t len);

/* What new and changed annotations can cover, by their places; call it last. */
void pdf_compare_sight(struct pdf_comparison *c, struct finding_list *findings);
/* Of a kind that can cover or replace what a page shows. */
bool pdf_can_hide(struct pdf_file *file, const struct pdf_value *annotation);

/* Empty rectangle or hidden. */
bool pdf_is_invisible(struct pdf_file *file, const struct pdf_value *widget);

#endif
