/* What a document holds that can change what is seen without a change of the file, or that was put there to be used
 * later ("shadow" attacks). Warnings and information about what was signed; they decide nothing. */
#ifndef LTVAULT_VALIDATOR_PDF_CONTENT_H
#define LTVAULT_VALIDATOR_PDF_CONTENT_H

#include "validator/finding.h"
#include "validator/pdf_box.h"
#include "validator/pdf_tree.h"
#include "validator/pdf_xref.h"

/* Walks everything that the catalog leads to. `xref` may be NULL: then objects that are referred to and do not exist are
 * seen in arrays only, for qpdf drops keys without value. */
void pdf_content_look(struct pdf_file *file, const struct pdf_value *root, const unsigned char *data, size_t len,
		      const struct pdf_xref *xref, struct finding_list *findings);
/* The form against the pages: widgets without field, fields without page, widgets on top of each other; and text fields
 * that show another text than their value. */
void pdf_form_look(struct pdf_file *file, const struct pdf_value *root, const struct pdf_trees *trees,
		   const struct pdf_pages *pages, struct finding_list *findings);

#endif
