/* What qpdf's messages about a file mean. */
#ifndef LTVAULT_VALIDATOR_PDF_DAMAGE_H
#define LTVAULT_VALIDATOR_PDF_DAMAGE_H

#include <stdbool.h>

/* Readers may not agree on what is read here; the other messages are about form. */
bool pdf_damage_counts(const char *message);
/* It says that an object could not be found where it should be. */
bool pdf_damage_loses_object(const char *message);

#endif
