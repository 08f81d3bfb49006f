/* Runs content streams (ISO 32000-2 annex A) as far as text goes: which characters are put where, and whether images
 * are drawn. Nothing is painted: colours, clipping, layers and rendering modes are not looked at. */
#ifndef LTVAULT_VALIDATOR_PDF_DRAW_H
#define LTVAULT_VALIDATOR_PDF_DRAW_H

#include "validator/pdf_font.h"
#include "validator/pdf_matrix.h"

/* What may still be done. Drawings that share one share what is left. */
struct pdf_budget {
	uint64_t bytes, operators, glyphs;
	unsigned forms;
};
struct pdf_budget pdf_budget_new(void); /* the bounds of base/limits.h */

/* One code shown. Coordinates are those that the first matrix leads to, y growing downwards. */
struct pdf_glyph {
	double x, end, y, size; /* from, to, of the base line; of the letters */
	uint32_t text;          /* in pdf_drawn.text */
	uint16_t len;           /* 0: not readable */
};

struct pdf_drawn {
	struct pdf_box only;      /* where text matters; set before */
	struct pdf_box pictures;  /* where images matter; set before */
	struct pdf_glyph *glyphs; /* upright and in there, in the order of drawing */
	size_t count, cap;
	struct buf text; /* UTF-8; no spaces */
	bool any_text;   /* anywhere */
	bool image;      /* where they matter */
	bool cut_short;  /* a bound was reached, or a part could not be read */
};
void pdf_drawn_dispose(struct pdf_drawn *drawn);

struct pdf_fonts; /* those read so far */
struct pdf_fonts *pdf_fonts_new(struct pdf_file *file);
void pdf_fonts_free(struct pdf_fonts *fonts); /* NULL is fine */
struct pdf_file *pdf_fonts_file(const struct pdf_fonts *fonts);

/* The content of a page: a stream or an array of streams. */
void pdf_draw_content(struct pdf_fonts *fonts, const struct pdf_value *contents, const struct pdf_value *resources,
		      struct pdf_matrix matrix, struct pdf_budget *budget, struct pdf_drawn *drawn);
/* A form XObject; its own matrix comes before `matrix`. */
void pdf_draw_form(struct pdf_fonts *fonts, const struct pdf_value *form, struct pdf_matrix matrix,
		   struct pdf_budget *budget, struct pdf_drawn *drawn);

#endif
