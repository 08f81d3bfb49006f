/* Any bytes given as a PDF: every object is the same, and the same damage is told, whether it was read from the bytes
 * where these are plain or through qpdf alone. */
#include "tests/validator/pdf_same.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* qpdf files an object under the number that stands at its place, so that what another number gives depends on the
 * order of reading. It warns of it, and no comparison passes with that. */
static bool is_misplaced(struct pdf_file *file) {
	const char *const *messages;
	size_t count = pdf_file_damage(file, &messages);
	for (size_t i = 0; i < count; i++)
		if (strstr(messages[i], "expected ") && strstr(messages[i], " 0 obj")) return true;
	return false;
}

static void compare(const uint8_t *data, size_t size, struct pdf_file *plain, struct pdf_file *through) {
	const struct pdf_xref *xref = pdf_file_xref(plain);
	const char *const *a, *const *b;
	struct pdf_file *first;
	if (!xref || pdf_file_open(data, size, false, NULL, &first) != PDF_OPENED) return;
	for (size_t i = 1; i < xref->count; i++) pdf_file_object(first, (struct pdf_id){(int)i, 0});
	bool misplaced = is_misplaced(first);
	pdf_file_close(first);
	if (misplaced) return;
	for (size_t i = 1; i < xref->count + 2; i++) {
		struct pdf_id id = {(int)i, 0};
		const struct pdf_value *x = pdf_file_object(plain, id), *y = pdf_file_object(through, id);
		if (!pdf_same(plain, x, through, y)) abort();
		if (x->type != PDF_NULL && !pdf_id_equal(x->id, y->id)) abort();
	}
	size_t count = pdf_file_damage(plain, &a);
	if (count != pdf_file_damage(through, &b)) abort();
	for (size_t i = 0; i < count; i++)
		if (strcmp(a[i], b[i]) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct pdf_file *plain = NULL, *through = NULL;
	if (pdf_file_open(data, size, false, NULL, &plain) == PDF_OPENED &&
	    pdf_file_open(data, size, false, NULL, &through) == PDF_OPENED)
		compare(data, size, plain, through);
	pdf_file_close(plain);
	pdf_file_close(through);
	return 0;
}
