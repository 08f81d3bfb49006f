/* Hexadecimal digits of PDF strings and names. */
#ifndef LTVAULT_VALIDATOR_PDF_HEX_H
#define LTVAULT_VALIDATOR_PDF_HEX_H

#include <stddef.h>

int pdf_hex_digit(char c); /* its value; -1: it is none */
/* Decodes hexadecimal digits up to the first pair that is none: signatures are strings of 30,000 with nothing between
 * them. Gives the number of bytes written; `out` has room for half of `len`, and what is behind them is undefined. */
size_t pdf_hex_pairs(const char *text, size_t len, unsigned char *out);

#endif
