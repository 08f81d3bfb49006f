/* Coordinates: from those of forms to those of a page, and from there to what is seen. */
#ifndef LTVAULT_VALIDATOR_PDF_MATRIX_H
#define LTVAULT_VALIDATOR_PDF_MATRIX_H

#include "validator/pdf_box.h"

/* x' = a x + c y + e, y' = b x + d y + f */
struct pdf_matrix {
	double a, b, c, d, e, f;
};
extern const struct pdf_matrix pdf_matrix_identity;

/* First `first`, then `then`. */
struct pdf_matrix pdf_matrix_join(struct pdf_matrix first, struct pdf_matrix then);
/* The smallest upright box around a box that was moved. */
struct pdf_box pdf_matrix_box(const struct pdf_matrix *m, const struct pdf_box *box);

/* A page as it is seen, turned and cropped: points from the top left corner, y growing downwards. */
struct pdf_matrix pdf_matrix_view(const struct pdf_page *page, double *width, double *height);
/* The /Matrix of a form XObject. */
struct pdf_matrix pdf_matrix_of_form(struct pdf_file *file, const struct pdf_value *form);
/* What brings an appearance, its own matrix applied, to its annotation's rectangle (ISO 32000-2 12.5.5). */
struct pdf_matrix pdf_matrix_of_appearance(struct pdf_file *file, const struct pdf_value *form,
					   const struct pdf_box *rect);

#endif
