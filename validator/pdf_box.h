/* Rectangles, and the pages of a document by the annotations that they list. */
#ifndef LTVAULT_VALIDATOR_PDF_BOX_H
#define LTVAULT_VALIDATOR_PDF_BOX_H

#include "validator/pdf_object.h"

struct pdf_box {
	double x0, y0, x1, y1; /* x0 <= x1, y0 <= y1 */
};

/* Four numbers, in whatever order the corners are given; false, *box untouched, when it is not that. */
bool pdf_box_read(struct pdf_file *file, const struct pdf_value *array, struct pdf_box *box);
double pdf_box_area(const struct pdf_box *box);
/* What both have in common; an empty box, of area 0, when nothing. */
struct pdf_box pdf_box_common(const struct pdf_box *a, const struct pdf_box *b);

struct pdf_page {
	struct pdf_box box; /* what of it is shown */
	int rotate;         /* clockwise, 0 to 359 */
	const struct pdf_value *value;
};

struct pdf_pages;
struct pdf_pages *pdf_pages_read(struct pdf_file *file, const struct pdf_value *root);
void pdf_pages_free(struct pdf_pages *pages); /* NULL is fine */
size_t pdf_pages_count(const struct pdf_pages *pages);
const struct pdf_page *pdf_pages_item(const struct pdf_pages *pages, size_t index);
/* The first page that lists the annotation of this object number. */
bool pdf_pages_find(const struct pdf_pages *pages, int annotation, uint32_t *index);

#endif
