#include "validator/pdf.h"

#include "base/limits.h"
#include "pdf_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define IMAGE "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
#define FORM "/Type /XObject /Subtype /Form /BBox [0 0 10 10]"

/* A signed sample: `page` and `field` are entries of the page and of the merged field and widget (object 20); the
 * appearance is object 22, its entries `form` and its content `drawing`; 23 is an image, 24 a form that draws it and a
 * letter, 25 one that uses itself. */
static void look(const char *page, const char *field, const char *form, const char *drawing, struct pdf_appearance *a) {
	struct pdf_builder b;
	struct pdf_document d;
	char text[512];
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_finish(&b);
	pdf_builder_object(&b, 5, "<< /Fields [20 0 R] /SigFlags 3 >>");
	snprintf(text, sizeof text, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R %s >>", page);
	pdf_builder_object(&b, 3, text);
	snprintf(text, sizeof text, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /V 21 0 R %s >>", field);
	pdf_builder_object(&b, 20, text);
	snprintf(text, sizeof text, FORM " %s", form);
	pdf_builder_stream(&b, 22, text, drawing);
	pdf_builder_stream(&b, 23, IMAGE, "x");
	pdf_builder_stream(&b, 24, FORM " /Resources << /XObject << /I 23 0 R >> /Font << /F 6 0 R >> >>",
			   "q 9 0 0 9 0 0 cm /I Do Q BT /F 5 Tf (x) Tj ET");
	pdf_builder_stream(&b, 25, FORM " /Resources << /XObject << /A 25 0 R /B 25 0 R >> >>", "/A Do /B Do");
	pdf_builder_signature(&b, 21, "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached");
	pdf_builder_finish(&b);
	pdf_read(b.out.data, b.out.len, &d);
	assert_int_equal(d.signature_count, 1);
	*a = d.signatures[0].appearance;
	a->copy = (struct pdf_copy){0}; /* goes with the document; test_pdf_copy.c is about it */
	assert_true(a->known);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

#define PAGE "/MediaBox [0 0 600 800] /Annots [20 0 R]"
#define SEEN "/Rect [400 700 500 740] /AP << /N 22 0 R >> "

static void visible_is_what_a_reader_can_see(void **state) {
	(void)state;
	static const struct {
		const char *page, *field;
		bool visible;
		unsigned number;
	} rows[] = {
		{PAGE, SEEN, true, 1},
		{PAGE, SEEN "/F 132", true, 1},
		{PAGE, SEEN "/F 2", false, 1},
		{PAGE, SEEN "/F 32", false, 1},
		{PAGE, "/Rect [400 700 400 740] /AP << /N 22 0 R >>", false, 1},
		{PAGE, "/Rect [400 700 500 740]", false, 1},
		{PAGE, "/Rect [400 700 500] /AP << /N 22 0 R >>", false, 1},
		{PAGE, "/Rect [400 /a 500 740] /AP << /N 22 0 R >>", false, 1},
		{PAGE, "/Rect [1e9 700 1e10 740] /AP << /N 22 0 R >>", false, 1},
		{"/MediaBox [0 0 600 800]", SEEN "/P 3 0 R", false, 0}, /* the page does not list it */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pdf_appearance a;
		look(rows[i].page, rows[i].field, "", "", &a);
		assert_int_equal(a.visible, rows[i].visible);
		assert_int_equal(a.page, rows[i].number);
	}
}

static void place_is_given_as_the_page_is_seen(void **state) {
	(void)state;
	static const struct {
		const char *page;
		int left, top, width, height, page_width, page_height;
	} rows[] = {
		{PAGE, 400, 60, 100, 40, 600, 800},
		{PAGE " /Rotate 90", 700, 400, 40, 100, 800, 600},
		{PAGE " /Rotate 180", 100, 700, 100, 40, 600, 800},
		{PAGE " /Rotate 270", 60, 100, 40, 100, 800, 600},
		{PAGE " /Rotate -90", 60, 100, 40, 100, 800, 600},
		{PAGE " /CropBox [100 100 600 780]", 300, 40, 100, 40, 500, 680},
		{"/MediaBox [600 800 0 0] /Annots [20 0 R]", 400, 60, 100, 40, 600, 800},
		{"/MediaBox [0 0 600] /Annots [20 0 R]", 400, 102, 100, 40, 595, 842},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pdf_appearance a;
		look(rows[i].page, SEEN, "", "", &a);
		assert_int_equal(a.left, rows[i].left);
		assert_int_equal(a.top, rows[i].top);
		assert_int_equal(a.width, rows[i].width);
		assert_int_equal(a.height, rows[i].height);
		assert_int_equal(a.page_width, rows[i].page_width);
		assert_int_equal(a.page_height, rows[i].page_height);
	}
}

static void image_and_text_are_what_is_drawn(void **state) {
	(void)state;
	static const struct {
		const char *form, *drawing;
		bool image, text;
	} rows[] = {
		{"", "", false, false},
		{"/Resources << >>", "BT ET", false, false},
		{"/Resources << /Font << /F 6 0 R >> >>", "", false, false}, /* at hand, and not drawn */
		{"/Resources << /Font << /F 6 0 R >> >>", "BT /F 9 Tf (x) Tj ET", false, true},
		{"/Resources << /Font << /F 6 0 R >> >>", "BT /F 9 Tf ( ) Tj ET", false, false},
		{"/Resources << /XObject << /I 23 0 R >> >>", "", false, false},
		{"/Resources << /XObject << /I 23 0 R >> >>", "q 9 0 0 9 0 0 cm /I Do Q", true, false},
		{"/Resources << /XObject << /I 23 0 R >> >>", "q 9 0 0 9 99 0 cm /I Do Q", false, false}, /* beside it */
		{"", "q 9 0 0 9 0 0 cm BI /W 1 /H 1 ID x EI Q", true, false},
		{"/Resources << /XObject << /X 24 0 R >> >>", "/X Do", true, true},
		{"/Resources << /XObject << /X 25 0 R >> >>", "/X Do", false, false}, /* ends although it uses itself */
		/* What cannot be followed may draw what it has at hand. */
		{"/Filter [/A /B] /Resources << /XObject << /I 23 0 R >> /Font << /F 6 0 R >> >>", "", true, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pdf_appearance a;
		look(PAGE, SEEN, rows[i].form, rows[i].drawing, &a);
		assert_int_equal(a.image, rows[i].image);
		assert_int_equal(a.text, rows[i].text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visible_is_what_a_reader_can_see),
		cmocka_unit_test(place_is_given_as_the_page_is_seen),
		cmocka_unit_test(image_and_text_are_what_is_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
