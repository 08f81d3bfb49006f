/* Where a signature is seen: facts about the field's widget in the final document, for people. They decide nothing. */
#ifndef LTVAULT_VALIDATOR_PDF_APPEARANCE_H
#define LTVAULT_VALIDATOR_PDF_APPEARANCE_H

#include "validator/pdf_box.h"

struct pdf_appearance {
	bool known;    /* the field was found and looked at; nothing else holds otherwise */
	bool visible;  /* on a page, of some size, not hidden, with an appearance stream */
	uint32_t page; /* from 1; 0: on no page */
	/* Points as the page is seen, turned and cropped, from its top left corner; 0 without a page. */
	int left, top, width, height, page_width, page_height;
	bool image, text; /* the appearance has an image (inline ones are not looked for), has a font */
};

/* `field` is a signature field of the same file. */
void pdf_appearance_read(struct pdf_file *file, const struct pdf_pages *pages, const struct pdf_value *field,
			 struct pdf_appearance *appearance);

#endif
