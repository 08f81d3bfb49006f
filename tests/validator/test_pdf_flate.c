/* Streams decoded without qpdf: which are taken, and that they are what qpdf makes of them. */
#include "validator/pdf_flate.h"

#include "base/limits.h"
#include "validator/pdf_object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static struct buf compressed(const void *data, size_t len) {
	struct buf b = {0};
	uLongf n = compressBound(len);
	buf_reserve(&b, n);
	assert_int_equal(compress2(b.data, &n, data, len, 6), Z_OK);
	b.len = n;
	return b;
}

/* Taken or not as expected; what is taken, qpdf decodes to the same. */
static void check(const char *dict, const unsigned char *stored, size_t len, bool expected) {
	struct pdf_arena arena = {0};
	struct pdf_value value;
	unsigned char *a, *b;
	size_t m, n;
	char *text = xasprintf("<<%s/Length %zu>>", dict, len);
	assert_true(pdf_value_parse(&arena, text, strlen(text), &value));
	bool good = pdf_flate_decode(&value, stored, len, LIMIT_PDF_STREAM_BYTES, &a, &m);
	if (good != expected) fail_msg("%s: %s", text, expected ? "not taken" : "taken");
	if (good) {
		assert_true(pdf_decode_stream((const unsigned char *)text, strlen(text), stored, len, &b, &n));
		assert_int_equal(m, n);
		if (m) assert_memory_equal(a, b, m);
		if (!m) assert_null(a);
		free(b);
	}
	free(a);
	free(text);
	pdf_arena_dispose(&arena);
}

static void flate_alone_is_taken_and_other_filters_left(void **state) {
	(void)state;
	static const unsigned char text[] = "the same again, the same again, the same again";
	struct buf b = compressed(text, sizeof text);
	static const struct {
		const char *dict;
		bool taken;
	} cases[] = {
		{"/Filter/FlateDecode", true},
		{"/Filter[/FlateDecode]", true},
		{"", true},
		{"/DecodeParms 5", true}, /* without filter it means nothing */
		{"/Filter[/FlateDecode/FlateDecode]", false},
		{"/Filter[]", false},
		{"/Filter/Fl", false},
		{"/Filter/LZWDecode", false},
		{"/Filter 5 0 R", false},
		{"/Filter/FlateDecode/DecodeParms<<>>", true},
		{"/Filter/FlateDecode/DecodeParms[<</Predictor 1>>]", true},
		{"/Filter/FlateDecode/DecodeParms[<<>><<>>]", false},
		{"/Filter/FlateDecode/DecodeParms<</Predictor 1/Columns 0>>", true},
		{"/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 1>>", false},
		{"/Filter/FlateDecode/DecodeParms<</Predictor 1 0 R>>", false},
		{"/Filter/FlateDecode/DecodeParms<</Other 1>>", false},
		{"/Filter/FlateDecode/DecodeParms 7 0 R", false},
		{"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 0>>", false},
		{"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1/Colors 2>>", false},
		{"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1/BitsPerComponent 4>>", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) check(cases[i].dict, b.data, b.len, cases[i].taken);
	buf_dispose(&b);
}

static void damaged_and_loose_streams_are_left(void **state) {
	(void)state;
	static const unsigned char text[] = "some bytes that were compressed";
	struct buf b = compressed(text, sizeof text);
	check("/Filter/FlateDecode", b.data, b.len, true);
	for (size_t len = 0; len < b.len; len++) check("/Filter/FlateDecode", b.data, len, false);
	b.data[b.len - 1] ^= 1; /* its sum */
	check("/Filter/FlateDecode", b.data, b.len, false);
	b.data[b.len - 1] ^= 1;
	b.data[4] ^= 0xff;
	check("/Filter/FlateDecode", b.data, b.len, false);
	b.data[4] ^= 0xff;
	buf_add_byte(&b, '\n');
	check("/Filter/FlateDecode", b.data, b.len, false);
	buf_dispose(&b);
	b = compressed("", 0);
	check("/Filter/FlateDecode", b.data, b.len, true);
	buf_dispose(&b);
}

/* Every kind of row, in the first row and later ones; a kind that there is not, and a row cut short. */
static void rows_are_undone_as_qpdf_does(void **state) {
	(void)state;
	enum { ROWS = 12, ROW = 5 };
	static const char dict[] = "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 5>>";
	for (unsigned first = 0; first < 6; first++) {
		unsigned char rows[ROWS * (ROW + 1)];
		for (unsigned i = 0; i < sizeof rows; i++) rows[i] = (unsigned char)(i * 37 + first * 11);
		for (unsigned i = 0; i < ROWS; i++) rows[i * (ROW + 1)] = (unsigned char)((first + i) % 5);
		if (first == 5) rows[ROW + 1] = 5;
		struct buf b = compressed(rows, sizeof rows), cut = compressed(rows, sizeof rows - 1);
		check(dict, b.data, b.len, first < 5);
		check(dict, cut.data, cut.len, false);
		buf_dispose(&b);
		buf_dispose(&cut);
	}
}

static void more_than_the_bound_is_left(void **state) {
	(void)state;
	enum { SIZE = 100000 };
	struct pdf_arena arena = {0};
	struct pdf_value dict;
	unsigned char *zero = xcalloc(1, SIZE), *out;
	size_t len;
	struct buf b = compressed(zero, SIZE);
	assert_true(pdf_value_parse(&arena, "<</Filter/FlateDecode>>", 23, &dict));
	assert_true(pdf_flate_decode(&dict, b.data, b.len, SIZE, &out, &len));
	assert_int_equal(len, SIZE);
	free(out);
	assert_false(pdf_flate_decode(&dict, b.data, b.len, SIZE - 1, &out, &len));
	assert_null(out);
	assert_true(pdf_value_parse(&arena, "<<>>", 4, &dict));
	assert_true(pdf_flate_decode(&dict, zero, 10, 10, &out, &len));
	free(out);
	assert_false(pdf_flate_decode(&dict, zero, 10, 9, &out, &len));
	free(zero);
	buf_dispose(&b);
	pdf_arena_dispose(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flate_alone_is_taken_and_other_filters_left),
		cmocka_unit_test(damaged_and_loose_streams_are_left),
		cmocka_unit_test(rows_are_undone_as_qpdf_does),
		cmocka_unit_test(more_than_the_bound_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
