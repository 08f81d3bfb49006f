/* What programs read in different ways: each follows the rules in its own place, and shows another document. */
#ifndef LTVAULT_VALIDATOR_PDF_LENIENT_H
#define LTVAULT_VALIDATOR_PDF_LENIENT_H

#include "validator/finding.h"
#include "validator/pdf_object.h"

/* Call it when everything of the document was read: the damage met so far counts. */
void pdf_lenient_look(struct pdf_file *file, const unsigned char *data, size_t len, struct finding_list *findings);
/* The document in the first `end` bytes ends with its marker. */
bool pdf_ends_with_marker(const unsigned char *data, size_t end);
/* A key that decides what is signed was met twice in this object; programs do not agree which of the two counts. */
bool pdf_signature_keys_twice(struct pdf_file *file, struct pdf_id id);

#endif
