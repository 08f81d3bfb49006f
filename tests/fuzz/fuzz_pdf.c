/* Any bytes given as a PDF: read, judged and let go. */
#include "validator/pdf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct pdf_document document;
	if (pdf_recognise(data, size)) {
		pdf_read(data, size, &document);
		pdf_document_dispose(&document);
	}
	return 0;
}
