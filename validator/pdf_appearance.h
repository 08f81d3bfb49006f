/* Where a signature is seen: facts about the field's widget in the final document, for people. They decide nothing. */
#ifndef LTVAULT_VALIDATOR_PDF_APPEARANCE_H
#define LTVAULT_VALIDATOR_PDF_APPEARANCE_H

#include "validator/pdf_copy.h"

struct pdf_appearance {
	bool known;    /* the field was found and looked at; nothing else holds otherwise */
	bool visible;  /* on a page, of some size, not hidden, with an appearance stream */
	uint32_t page; /* from 1; 0: on no page */
	/* Points as the page is seen, turned and cropped, from its top left corner; 0 without a page. */
	int left, top, width, height, page_width, page_height;
	/* What the appearance draws; where it could not be followed to its end, what it has at hand to draw. */
	bool image, text;
	struct pdf_copy copy; /* its text; a block only where it is seen at the top right of the first page */
};

/* `field` is a signature field of the fonts' file. All appearances of a document share the budget. Dispose of `copy`
 * afterwards. */
void pdf_appearance_read(struct pdf_fonts *fonts, struct pdf_budget *budget, const struct pdf_pages *pages,
			 const struct pdf_value *field, struct pdf_appearance *appearance);

#endif
