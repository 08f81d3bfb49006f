/* Any bytes given as a PDF: every object and every stream is the same, and the same damage is told, whether it was read from
 * the bytes where these are plain or through qpdf alone. What opens without qpdf, qpdf opens, with the same trailer and without a
 * word of damage. */
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

#define STREAMS 64 /* of a document whose bytes are compared */

static void compare_streams(struct pdf_file *plain, struct pdf_file *through, struct pdf_id id) {
	for (int decode = 0; decode < 2; decode++) {
		unsigned char *a, *b;
		size_t m, n;
		bool good = pdf_file_stream(plain, id, decode, &a, &m);
		if (good != pdf_file_stream(through, id, decode, &b, &n) || m != n || (m && memcmp(a, b, m) != 0)) abort();
		free(a);
		free(b);
	}
}

/* Without the place, which for a loop is where qpdf happened to read last. */
static const char *said(const char *message) {
	const char *place = strstr(message, "(offset "), *behind = place ? strchr(place, ')') : NULL;
	return behind ? behind : message;
}

static void compare_damage(struct pdf_file *plain, struct pdf_file *through) {
	const char *const *a, *const *b;
	size_t count = pdf_file_damage(plain, &a);
	if (count != pdf_file_damage(through, &b)) abort();
	for (size_t i = 0; i < count; i++)
		if (strcmp(said(a[i]), said(b[i])) != 0) abort();
}

/* False: damage of a kind after which the order of reading counts. */
static bool may_compare(const uint8_t *data, size_t size, size_t objects) {
	struct pdf_file *first;
	if (pdf_file_open(data, size, false, NULL, &first) != PDF_OPENED) return false;
	for (size_t i = 1; i < objects; i++) pdf_file_object(first, (struct pdf_id){(int)i, 0});
	bool misplaced = is_misplaced(first);
	pdf_file_close(first);
	return !misplaced;
}

static void compare(const uint8_t *data, size_t size, struct pdf_file *plain, struct pdf_file *through) {
	const struct pdf_xref *xref = pdf_file_xref(plain);
	const char *const *messages;
	if (!xref) return;
	if (xref->plain && pdf_file_damage(through, &messages)) abort();
	if (!may_compare(data, size, xref->count)) return;
	if (!pdf_same(plain, pdf_file_trailer(plain), through, pdf_file_trailer(through))) abort();
	size_t streams = 0;
	for (size_t i = 1; i < xref->count + 2; i++) {
		struct pdf_id id = {(int)i, 0};
		const struct pdf_value *x = pdf_file_object(plain, id), *y = pdf_file_object(through, id);
		if (!pdf_same(plain, x, through, y)) abort();
		if (x->type != PDF_NULL && !pdf_id_equal(x->id, y->id)) abort();
		if (x->type == PDF_STREAM && streams++ < STREAMS) compare_streams(plain, through, id);
	}
	compare_damage(plain, through);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct pdf_file *plain = NULL, *through = NULL;
	bool doubt = false;
	enum pdf_open_result result = pdf_file_open_plain(data, size, NULL, &doubt, &plain);
	if (result != pdf_file_open(data, size, false, NULL, &through)) abort();
	if (result == PDF_OPENED) compare(data, size, plain, through);
	if (doubt) abort();
	pdf_file_close(plain);
	pdf_file_close(through);
	return 0;
}
