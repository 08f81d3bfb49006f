/* The words of content streams and CMaps (ISO 32000-2 7.2, 7.8.2), one after another, from hostile bytes. Never fails:
 * what is out of place is passed over. */
#ifndef LTVAULT_VALIDATOR_PDF_LEXER_H
#define LTVAULT_VALIDATOR_PDF_LEXER_H

#include "base/mem.h"

#include <stdbool.h>

enum pdf_token {
	PDF_TOKEN_END,
	PDF_TOKEN_NUMBER,
	PDF_TOKEN_STRING, /* literal or hexadecimal, decoded */
	PDF_TOKEN_NAME,   /* without the slash, decoded */
	PDF_TOKEN_OPEN,   /* of an array */
	PDF_TOKEN_CLOSE,
	PDF_TOKEN_MARK, /* any other delimiter */
	PDF_TOKEN_WORD
};

struct pdf_lexer {
	const unsigned char *data; /* borrowed */
	size_t len, at;
	double number;   /* of the last number, within LIMIT_PDF_POINTS and its negative */
	struct buf text; /* of the last string, name or word */
};

enum pdf_token pdf_lexer_next(struct pdf_lexer *lexer);
/* Is the last name or word this one? */
bool pdf_lexer_is(const struct pdf_lexer *lexer, const char *word);
/* Behind the word ID: moves to the end of the inline image, which has no length (ISO 32000-2 8.9.7). */
void pdf_lexer_skip_image(struct pdf_lexer *lexer);
void pdf_lexer_dispose(struct pdf_lexer *lexer);

#endif
