/* The trees of a document whose nodes have an identity of their own: pages, form fields, annotations, structure
 * elements. In a comparison these are judged in their own place; everywhere else only their numbers count. */
#ifndef LTVAULT_VALIDATOR_PDF_TREE_H
#define LTVAULT_VALIDATOR_PDF_TREE_H

#include "validator/pdf_object.h"
#include "validator/pdf_set.h"

struct pdf_page_node {
	struct pdf_id id;
	const struct pdf_value *value;
	unsigned depth;
	bool leaf;
};

struct pdf_field {
	struct pdf_id id; /* number 0: written directly into its parent */
	const struct pdf_value *value;
	int parent;                        /* index; -1 at the top */
	char *name;                        /* full name, of the nearest named ancestor for widgets */
	const struct pdf_value *type;      /* effective FT */
	const struct pdf_value *signature; /* effective V, resolved */
	bool widget_only;                  /* no FT, T, V or Kids: a place where its parent is shown */
	bool has_kids;
};

struct pdf_trees {
	struct pdf_page_node *pages; /* in document order, inner nodes before their kids */
	size_t page_count, page_cap;
	struct pdf_field *fields; /* parents before their kids */
	size_t field_count, field_cap;
	struct pdf_set field_index;   /* object number to index */
	struct pdf_set roles;         /* numbers of all nodes with an identity */
	size_t malformed_fields;      /* loops, repetitions, kids that are no dictionaries */
	bool pages_broken, cut_short; /* cut_short: a limit was reached */
};

void pdf_trees_read(struct pdf_file *file, const struct pdf_value *root, struct pdf_trees *trees);
void pdf_trees_dispose(struct pdf_trees *trees);
const struct pdf_field *pdf_trees_field(const struct pdf_trees *trees, struct pdf_id id); /* NULL: none */

#endif
