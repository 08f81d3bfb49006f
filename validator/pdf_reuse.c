#include "validator/pdf_reuse.h"

#include <stdlib.h>

void pdf_reuse_begin(struct pdf_file *final, struct pdf_reuse *reuse) {
	*reuse = (struct pdf_reuse){.xref = pdf_file_xref(final)};
	if (reuse->xref) reuse->final = final;
}

/* A dictionary read from the final document lacks the keys whose objects are null there. Where an object became null,
 * the signed state may have had such a key, and it would be missed. */
static bool something_became_null(const struct pdf_reuse *reuse, struct pdf_file *prefix, const struct pdf_xref *xref,
				  const unsigned char *touched) {
	for (size_t i = 1; i < xref->count; i++) {
		struct pdf_id id = {(int)i, 0};
		bool was_there = xref->entries[i].kind == PDF_ENTRY_PLAIN || xref->entries[i].kind == PDF_ENTRY_PACKED;
		if (touched[i] && was_there && pdf_file_object(prefix, id)->type != PDF_NULL &&
		    pdf_file_object(reuse->final, id)->type == PDF_NULL)
			return true;
	}
	return false;
}

unsigned char *pdf_reuse_attach(const struct pdf_reuse *reuse, struct pdf_file *prefix, size_t *count) {
	const struct pdf_xref *xref = reuse->final && prefix != reuse->final ? pdf_file_xref(prefix) : NULL;
	unsigned char *touched = xref ? pdf_xref_touched(xref, reuse->xref, count) : NULL;
	if (touched && something_became_null(reuse, prefix, xref, touched)) {
		free(touched);
		touched = NULL;
	}
	if (touched) pdf_file_share(prefix, reuse->final, touched, *count);
	return touched;
}
