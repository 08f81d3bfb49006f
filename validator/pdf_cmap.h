/* ToUnicode CMaps (ISO 32000-2 9.10.3): from the codes of a font to characters. Hostile bytes; never fails: what cannot
 * be used is passed over, and its codes stay without a character. */
#ifndef LTVAULT_VALIDATOR_PDF_CMAP_H
#define LTVAULT_VALIDATOR_PDF_CMAP_H

#include <stddef.h>
#include <stdint.h>

#define PDF_CMAP_CHARS 3 /* characters for one code that are kept: a vowel with two marks, a ligature */

struct pdf_cmap_row {
	uint32_t low, high;             /* codes, of whatever length */
	uint32_t chars[PDF_CMAP_CHARS]; /* of `low`; the last one counts up with the code */
	uint8_t count;
};

struct pdf_cmap {
	struct pdf_cmap_row *rows; /* by `low`; of equal ones the last in the file is the last */
	size_t count, cap;
	struct {
		uint32_t low, high;
	} spaces[4]; /* codespaces by length - 1; high 0: no codes of that length */
};

/* Adds what the bytes of a CMap say, up to LIMIT_PDF_CMAP_ROWS. */
void pdf_cmap_read(const unsigned char *data, size_t len, struct pdf_cmap *cmap);
void pdf_cmap_dispose(struct pdf_cmap *cmap);
/* The characters of a code; 0 when it has none. */
unsigned pdf_cmap_find(const struct pdf_cmap *cmap, uint32_t code, uint32_t chars[PDF_CMAP_CHARS]);
/* How many bytes the next code has, by the codespaces; 1 where none fits, never more than `len`, which is not 0. */
size_t pdf_cmap_code_length(const struct pdf_cmap *cmap, const unsigned char *text, size_t len);

#endif
