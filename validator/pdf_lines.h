/* Lines of text as they are seen, put together from where characters were drawn, in whatever order that was. */
#ifndef LTVAULT_VALIDATOR_PDF_LINES_H
#define LTVAULT_VALIDATOR_PDF_LINES_H

#include "validator/pdf_draw.h"

struct pdf_line {
	struct pdf_box box; /* as glyphs' coordinates: y0 above y1 */
	double size;        /* of its largest letter */
	char *text;         /* UTF-8, marks as they came; U+FFFD for what is not readable */
};

struct pdf_lines {
	struct pdf_line *items; /* from the top down, then from the left */
	size_t count, cap;
};

/* A gap wider than two letters ends a line: columns are lines of their own. */
void pdf_lines_read(const struct pdf_drawn *drawn, struct pdf_lines *lines);
void pdf_lines_dispose(struct pdf_lines *lines);

#endif
