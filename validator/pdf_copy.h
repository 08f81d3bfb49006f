/* The block of a copy (SAO Y, SAO LỤC, TRÍCH SAO): Decree 30/2020 annex I, cell 14, and the regulation's article 15.2
 * want it at the top right of the first page, as the text of the organisation's signature. A hint for people: what a
 * page shows is easily arranged, and decides nothing. */
#ifndef LTVAULT_VALIDATOR_PDF_COPY_H
#define LTVAULT_VALIDATOR_PDF_COPY_H

#include "validator/pdf_draw.h"

enum pdf_copy_form { PDF_COPY_NONE, PDF_COPY_SAO_Y, PDF_COPY_SAO_LUC, PDF_COPY_TRICH_SAO };

/* What reading came to. */
enum pdf_reading {
	PDF_READING_NOT_DONE,
	PDF_READING_NONE,        /* nothing is written there */
	PDF_READING_DONE,        /* all of it */
	PDF_READING_IN_PART,     /* some letters have no known meaning, or a bound was reached */
	PDF_READING_NOT_READABLE /* all of them; or what draws them cannot be read */
};

struct pdf_copy {
	enum pdf_reading reading;
	enum pdf_copy_form form;
	char *words;                  /* the lines of the block, joined by " / "; UTF-8 (NFC); NULL: none was found */
	int left, top, width, height; /* of the block, in points as the page is seen; 0 without one */
	bool image;                   /* an image lies there, which nobody read */
};
void pdf_copy_dispose(struct pdf_copy *copy);
/* It is at a place where no block has to be: what was found is none. */
void pdf_copy_forget(struct pdf_copy *copy);

/* The text of a signature's appearance, drawn in the coordinates of its page as it is seen. A line of it has to begin
 * with a form of copying, as a whole word; it is the caller's to know where on the page that is. */
void pdf_copy_of_appearance(const struct pdf_drawn *drawn, struct pdf_copy *copy);

/* The upper right of the first page: the right half of its upper third. There a line that is not the rest of a longer
 * one has to begin with the form, in a capital. */
void pdf_copy_of_page(struct pdf_fonts *fonts, const struct pdf_pages *pages, struct pdf_copy *copy);

/* Is this box of a page of that size at the top right: its middle in the right half, its end in the upper third? */
bool pdf_copy_place(const struct pdf_box *box, double page_width, double page_height);

/* The form that a line begins with, with or without marks, composed or not, however it is spaced; behind it the line
 * ends, or no letter follows. `capital`: only where it begins with one. */
enum pdf_copy_form pdf_copy_form_of(const char *line, bool capital);
const char *pdf_copy_form_name(enum pdf_copy_form form); /* "sao-y" */
const char *pdf_reading_name(enum pdf_reading reading);  /* "not-readable" */

#endif
