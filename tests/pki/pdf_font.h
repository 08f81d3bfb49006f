/* Vietnamese text in a simple PDF font: every character above ASCII gets a code of its own from 128 on, named in
 * /Differences and mapped back by /ToUnicode, so text extraction gives the words that were put in. */
#ifndef LTVAULT_TESTS_PKI_PDF_FONT_H
#define LTVAULT_TESTS_PKI_PDF_FONT_H

#include "base/mem.h"

#include <stdbool.h>

struct font_plan; /* which code stands for which character */

/* Lines are UTF-8 and end with NULL; at most 127 different characters above ASCII. */
struct font_plan *font_plan_new(const char *const *lines);
void font_plan_free(struct font_plan *plan);

char *font_dictionary(const struct font_plan *plan, int to_unicode); /* the caller frees */
struct buf font_to_unicode(const struct font_plan *plan);
struct buf font_page_content(const struct font_plan *plan, const char *const *lines);
/* The same lines in 10 points in the form of a signature, 60 points high. `numbered`: two bytes a letter, as in a font
 * whose codes are the numbers of its drawings. */
struct buf font_block_content(const struct font_plan *plan, const char *const *lines, bool numbered);

/* A text string object, "<FEFF...>" in UTF-16BE (ISO 32000-1 7.9.2.2); the caller frees. */
char *pdf_text_string(const char *utf8);

#endif
