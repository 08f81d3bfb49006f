/* What simple fonts call their letters: the encodings of ISO 32000-2 annex D, and glyph names. */
#ifndef LTVAULT_VALIDATOR_PDF_ENCODING_H
#define LTVAULT_VALIDATOR_PDF_ENCODING_H

#include <stddef.h>
#include <stdint.h>

enum pdf_encoding { PDF_ENCODING_UNKNOWN, PDF_ENCODING_STANDARD, PDF_ENCODING_WIN_ANSI, PDF_ENCODING_MAC_ROMAN };

/* The character of a code; 0 where there is none. */
uint32_t pdf_encoding_char(enum pdf_encoding encoding, unsigned char code);

#define PDF_GLYPH_CHARS 3 /* a letter and its marks */

/* The characters that a glyph is by its name: uniXXXX, uXXXXX, names of the Adobe Glyph List for ASCII, Latin-1 and
 * letters with marks ("acircumflexacute"), which come apart. 0 for any other name ("g17"). */
unsigned pdf_glyph_chars(const char *name, size_t len, uint32_t chars[PDF_GLYPH_CHARS]);

#endif
