#include "validator/pdf_xref.h"

#include "pdf_builder.h"
#include "validator/pdf_object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static size_t find_object(const struct pdf_builder *b, const char *header) {
	const unsigned char *p = memmem(b->out.data, b->out.len, header, strlen(header));
	assert_non_null(p);
	return (size_t)(p - b->out.data);
}

static void every_kind_of_section_is_read(void **state) {
	(void)state;
	for (enum pdf_builder_kind kind = PDF_TABLE; kind <= PDF_OBJECT_STREAM; kind++) {
		struct pdf_builder b;
		struct pdf_xref x;
		pdf_builder_begin(&b, kind);
		pdf_builder_sample(&b);
		pdf_builder_finish(&b);
		assert_true(pdf_xref_read(b.out.data, b.out.len, &x));
		assert_int_equal(x.entries[4].kind, PDF_ENTRY_PLAIN);
		assert_int_equal(x.entries[4].where, find_object(&b, "4 0 obj"));
		assert_int_equal(x.entries[1].kind, kind == PDF_OBJECT_STREAM ? PDF_ENTRY_PACKED : PDF_ENTRY_PLAIN);
		pdf_xref_dispose(&x);
		pdf_builder_dispose(&b);
	}
}

static void touched_objects_are_those_of_the_update(void **state) {
	(void)state;
	for (enum pdf_builder_kind kind = PDF_TABLE; kind <= PDF_OBJECT_STREAM; kind++) {
		struct pdf_builder b;
		struct pdf_xref base, final;
		size_t count;
		pdf_builder_begin(&b, kind);
		pdf_builder_sample(&b);
		size_t end = pdf_builder_finish(&b);
		pdf_builder_object(&b, 8, "<< >>");
		pdf_builder_object(&b, 40, "<< >>");
		pdf_builder_finish(&b);
		assert_true(pdf_xref_read(b.out.data, end, &base));
		assert_true(pdf_xref_read(b.out.data, b.out.len, &final));
		unsigned char *touched = pdf_xref_touched(&base, &final, &count);
		assert_non_null(touched);
		for (int i = 1; i < 10; i++) assert_int_equal(touched[i], i == 8);
		assert_int_equal(touched[40], 1);
		free(touched);
		pdf_xref_dispose(&base);
		pdf_xref_dispose(&final);
		pdf_builder_dispose(&b);
	}
}

static void freed_object_gives_no_map(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_xref base, final;
	size_t count;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	size_t end = pdf_builder_finish(&b);
	pdf_builder_free(&b, 8);
	pdf_builder_finish(&b);
	assert_true(pdf_xref_read(b.out.data, end, &base));
	assert_true(pdf_xref_read(b.out.data, b.out.len, &final));
	assert_null(pdf_xref_touched(&base, &final, &count));
	pdf_xref_dispose(&base);
	pdf_xref_dispose(&final);
	pdf_builder_dispose(&b);
}

/* The text is replaced in the last section by one of the same length. */
static void unusual_sections_give_no_table(void **state) {
	(void)state;
	static const struct {
		const char *from, *to;
		bool good;
	} cases[] = {
		{"/Root 1 0 R", "/Root 1 0 R", true},
		{"00000 n", "00001 n", false},   /* a generation */
		{"/Size 10", "/Size 09", false}, /* an object beyond Size */
		{"/Root 1 0 R", "/XRefStm 10", false},
		{"%PDF-", " PDF-", false},
		{"xref\n0 1", "xref\n1 1", false}, /* one number twice */
		{"startxref\n", "startxref\nx", false},
		{"startxref\n", "startxref\n9", false},
		{"startxref\n", "startxref7", false}, /* one word, and qpdf takes an earlier one */
		{"\nstartxref\n", "xstartxref\n", false}, /* the end of a longer word */
		{"\n%%EOF", "f%%EOF", false},              /* the beginning of one */
		{"/Size 10 /Root 1 0 R", "/Size 10 /Prev 15   ", false}, /* a chain that leads nowhere */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		struct pdf_xref x;
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		pdf_builder_finish(&b);
		memcpy(b.out.data + find_object(&b, cases[i].from), cases[i].to, strlen(cases[i].to));
		bool good = pdf_xref_read(b.out.data, b.out.len, &x);
		if (good != cases[i].good) fail_msg("%s for %s: %d", cases[i].to, cases[i].from, good);
		pdf_xref_dispose(&x);
		pdf_builder_dispose(&b);
	}
}

/* Read by pdf_xref_read in all cases; plain as told, and then opened by qpdf without damage. */
static void check_plain(const struct pdf_builder *b, const char *what, bool expected) {
	struct pdf_xref x;
	struct pdf_file *file = NULL, *through = NULL;
	const char *const *messages;
	bool doubt = false;
	if (!pdf_xref_read(b->out.data, b->out.len, &x)) fail_msg("%s: no table", what);
	if (x.plain != expected) fail_msg("%s: %s", what, expected ? "not plain" : "plain");
	pdf_xref_dispose(&x);
	if (!expected) return;
	assert_int_equal(pdf_file_open_plain(b->out.data, b->out.len, NULL, &doubt, &file), PDF_OPENED);
	assert_int_equal(pdf_file_open(b->out.data, b->out.len, false, NULL, &through), PDF_OPENED);
	assert_int_equal(pdf_file_damage(through, &messages), 0);
	const struct pdf_value *a = pdf_file_trailer(file), *c = pdf_file_trailer(through);
	assert_int_equal(a->dict.count, c->dict.count);
	assert_ptr_not_equal(pdf_get(file, a, "Root"), &pdf_null);
	assert_false(doubt);
	pdf_file_close(file);
	pdf_file_close(through);
}

static void customary_sections_are_plain(void **state) {
	(void)state;
	for (enum pdf_builder_kind kind = PDF_TABLE; kind <= PDF_OBJECT_STREAM; kind++) {
		struct pdf_builder b;
		pdf_builder_begin(&b, kind);
		pdf_builder_sample(&b);
		pdf_builder_finish(&b);
		check_plain(&b, "sample", true);
		pdf_builder_object(&b, 40, "<< >>");
		pdf_builder_free(&b, 8);
		pdf_builder_finish(&b);
		check_plain(&b, "update", true);
		pdf_builder_dispose(&b);
	}
}

/* The text is replaced in the last section by one of the same length. */
static void what_readers_may_take_differently_is_not_plain(void **state) {
	(void)state;
	static const struct {
		const char *from, *to;
		bool plain;
	} cases[] = {
		{"%PDF-1.", "%PDF-1.", true},
		{"%PDF-1.", "%PDF-x.", false},                       /* no version */
		{"00000 n \n", "00000 n\r\n", true},
		{"00000 n \n", "00000 n \r", true},
		{"00000 n \n", "00000 n  ", false},                  /* no end of line */
		{"00000 n \n", "00000 n\n\n", false},
		{"65535 f", "6553x f", false},
		{"xref\n0", "xref 0", true},
		{"xref\n0", "xref\f0", false},
		{"trailer\n<< ", "trailer <<\n", true},
		{"trailer\n", "trailer\f", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		pdf_builder_finish(&b);
		memcpy(b.out.data + find_object(&b, cases[i].from), cases[i].to, strlen(cases[i].to));
		check_plain(&b, cases[i].to, cases[i].plain);
		pdf_builder_dispose(&b);
	}
}

/* What is between the trailer and the word that ends the section, and in the trailer. */
static void plain_trailer_has_nothing_to_interpret(void **state) {
	(void)state;
	static const struct {
		const char *trailer;
		bool plain;
	} cases[] = {
		{"/Root 1 0 R /ID [<00ff> (a)] /Info << /A 5 >>", true},
		{"/Root 1 0 R /Info 77 0 R", true}, /* leads nowhere */
		{"/Root 1 0 R >>\n%made by hand\n%and twice\n%<<", true},
		{"/Root 1 0 R >> <<", false},
		{"/Root 1 0 R >>\nstream\n<<", false},
		{"/Root 1 0 R /A (\r)", false},
		{"/Root 1 0 R /A 1 /A 2", false},
		{"/Root 1 0 R /Encrypt 77 0 R", false},
		{"/Root 1 0 R /Encrypt null", true},
		{"/Root 1 0 R /A +5", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		pdf_builder_finish_with(&b, cases[i].trailer);
		check_plain(&b, cases[i].trailer, cases[i].plain);
		pdf_builder_dispose(&b);
	}
}

/* What stands at a section that is a stream is the object of that number for qpdf, whatever the table says of it. */
static void stream_of_another_number_gives_no_table(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_xref x;
	pdf_builder_begin(&b, PDF_XREF_STREAM);
	pdf_builder_sample(&b);
	pdf_builder_finish(&b);
	assert_true(pdf_xref_read(b.out.data, b.out.len, &x));
	pdf_xref_dispose(&x);
	size_t at = b.previous;
	while (b.out.data[at] != ' ') b.out.data[at++] = '0';
	b.out.data[at - 1] = '4';
	assert_false(pdf_xref_read(b.out.data, b.out.len, &x));
	pdf_builder_dispose(&b);
}

static void section_that_is_its_own_predecessor_ends(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_xref x;
	char trailer[64];
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	snprintf(trailer, sizeof trailer, "/Root 1 0 R /Prev %zu", b.out.len);
	pdf_builder_finish_with(&b, trailer);
	assert_false(pdf_xref_read(b.out.data, b.out.len, &x));
	pdf_builder_dispose(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_section_is_read),
		cmocka_unit_test(touched_objects_are_those_of_the_update),
		cmocka_unit_test(freed_object_gives_no_map),
		cmocka_unit_test(unusual_sections_give_no_table),
		cmocka_unit_test(customary_sections_are_plain),
		cmocka_unit_test(what_readers_may_take_differently_is_not_plain),
		cmocka_unit_test(plain_trailer_has_nothing_to_interpret),
		cmocka_unit_test(stream_of_another_number_gives_no_table),
		cmocka_unit_test(section_that_is_its_own_predecessor_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
