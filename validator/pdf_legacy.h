/* The Vietnamese fonts from before Unicode that are still met in documents: they draw Vietnamese letters at the codes
 * of Latin-1, and are known by their names alone. */
#ifndef LTVAULT_VALIDATOR_PDF_LEGACY_H
#define LTVAULT_VALIDATOR_PDF_LEGACY_H

#include <stddef.h>
#include <stdint.h>

enum pdf_legacy {
	PDF_LEGACY_NONE,
	PDF_LEGACY_TCVN3,          /* TCVN 5712 in its third form (ABC): .VnTime */
	PDF_LEGACY_TCVN3_CAPITALS, /* the same, all letters drawn as capitals: .VnTimeH */
	PDF_LEGACY_VNI             /* two codes for a letter with its mark: VNI-Times */
};

/* By the BaseFont of a font, with or without the tag of a subset. */
enum pdf_legacy pdf_legacy_of_font(const char *name, size_t len);

#define PDF_LEGACY_CHARS 2

/* What a character of Latin-1 stands for: one character, or one or two combining marks on the letter before it. 0: for
 * nothing else than itself. Also for what programs without better knowledge take the codes for (U+2212, U+F0xx). */
unsigned pdf_legacy_chars(enum pdf_legacy legacy, uint32_t latin, uint32_t chars[PDF_LEGACY_CHARS]);

#endif
