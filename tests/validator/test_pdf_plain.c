/* Objects read from the bytes: which are taken, and that they are what qpdf makes of them. */
#include "validator/pdf_plain.h"

#include "base/digest.h"
#include "base/mem.h"
#include "tests/validator/pdf_same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A document whose object 3 is `body`, told by the table to begin `early` bytes before its number. */
static void make(struct buf *b, const char *header, const char *body, size_t len, size_t early) {
	size_t at[5];
	*b = (struct buf){0};
	buf_add_text(b, "%PDF-1.7\n");
	at[1] = b->len;
	buf_add_text(b, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
	at[2] = b->len;
	buf_add_text(b, "2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n");
	at[4] = b->len;
	buf_add_text(b, "4 0 obj\n5\nendobj\n");
	at[3] = b->len - early;
	buf_add_text(b, header);
	buf_add(b, body, len);
	size_t table = b->len;
	buf_add_text(b, "xref\n0 6\n0000000005 65535 f \n");
	for (int i = 1; i < 5; i++) buf_printf(b, "%010zu 00000 n \n", at[i]);
	buf_add_text(b, "0000000000 00000 f \n");
	buf_printf(b, "trailer\n<< /Root 1 0 R /Size 6 >>\nstartxref\n%zu\n%%%%EOF\n", table);
}

/* Read plainly or not as expected; in both cases as qpdf reads it, with the same damage. */
static void check(const char *header, const char *body, size_t len, size_t early, bool expected) {
	struct buf b;
	struct pdf_file *plain, *through;
	struct pdf_arena arena = {0};
	struct pdf_value value;
	struct pdf_stored stored;
	struct pdf_id id = {3, 0};
	const char *const *m, *const *n;
	make(&b, header, body, len, early);
	assert_int_equal(pdf_file_open(b.data, b.len, false, NULL, &plain), PDF_OPENED);
	assert_int_equal(pdf_file_open(b.data, b.len, false, NULL, &through), PDF_OPENED);
	const struct pdf_xref *xref = pdf_file_xref(plain);
	assert_non_null(xref);
	if (pdf_plain_read(&arena, b.data, b.len, xref, 3, &value, &stored) != expected)
		fail_msg("%s %s: %.*s", header, expected ? "not taken" : "taken", (int)len, body);
	if (!pdf_same(plain, pdf_file_object(plain, id), through, pdf_file_object(through, id)))
		fail_msg("%s: %.*s: differs", header, (int)len, body);
	size_t count = pdf_file_damage(plain, &m);
	assert_int_equal(count, pdf_file_damage(through, &n));
	for (size_t i = 0; i < count; i++) assert_string_equal(m[i], n[i]);
	pdf_file_close(plain);
	pdf_file_close(through);
	pdf_arena_dispose(&arena);
	buf_dispose(&b);
}

#define TEXT(s) s, sizeof(s) - 1

static void plain_values_are_taken_and_others_left(void **state) {
	(void)state;
	static const struct {
		const char *body;
		size_t len;
		bool plain;
	} cases[] = {
		{TEXT("12"), true},
		{TEXT("-0"), true},
		{TEXT("007"), true},
		{TEXT("+5"), false},
		{TEXT("--5"), false},
		{TEXT("123456789012345678"), true},
		{TEXT("1234567890123456789"), false},
		{TEXT("1.50"), true},
		{TEXT(".5"), true},
		{TEXT("-.5"), true},
		{TEXT("5."), true},
		{TEXT("."), false},
		{TEXT("-"), false},
		{TEXT("1e5"), false},
		{TEXT("1.2.3"), false},
		{TEXT("true"), true},
		{TEXT("truer"), false},
		{TEXT("null"), true},
		{TEXT("(plain)"), true},
		{TEXT("(a\\(b\\\\\\051\\n)"), true},
		{TEXT("(a(b)c)"), true},
		{TEXT("(\\7\\77\\777x)"), true},
		{TEXT("(\\q\\0)"), true},
		{TEXT("(one\ntwo)"), true},
		{TEXT("(one\rtwo)"), false},
		{TEXT("(one\\\ntwo)"), false},
		{TEXT("(one\\\r\ntwo)"), false},
		{TEXT("(nul\0nul)"), true},
		{TEXT("(open"), false},
		{TEXT("<00ffAB>"), true},
		{TEXT("<>"), true},
		{TEXT("<0000000000000000>"), true},
		{TEXT("<000000000000000>"), false},
		{TEXT("<00000000000000001f000000000000000000000000000000000000000000000001>"), true},
		{TEXT("<0f0000000000000000000000000000000000000000000000000000000000000 0>"), false},
		{TEXT("<00f>"), false},
		{TEXT("<00 ff>"), false},
		{TEXT("<0x>"), false},
		{TEXT("/Name"), true},
		{TEXT("/A#20b#2F"), true},
		{TEXT("/A#00"), false},
		{TEXT("/A#2"), false},
		{TEXT("/A#zz"), false},
		{TEXT("/"), false},
		{TEXT("/\xc3\xa9"), false},
		{TEXT("[1 2 0 R 3 (x)/N<</A 1>>]"), true},
		{TEXT("[1 2 R]"), false},
		{TEXT("[2 1 R]"), false},
		{TEXT("[0 0 R]"), false},
		{TEXT("[2  0 R]"), false},
		{TEXT("[9999999 0 R]"), false},
		{TEXT("[1"), false},
		{TEXT("<</A 1/B[null]/C null/D<</E null>>>>"), true},
		{TEXT("<</A 2 0 R/B 5 0 R/C 99 0 R/D<</E 5 0 R>>/F[5 0 R]/G 3 0 R>>"), true},
		{TEXT("<</A 1/A 2>>"), false},
		{TEXT("<</A null/A 2>>"), false},
		{TEXT("<</B 1/#41 2/A 3>>"), false},
		{TEXT("<</A>>"), false},
		{TEXT("<<1 2>>"), false},
		{TEXT("<</A 1 % why\n>>"), false},
		{TEXT("2 0 R"), false},
		{TEXT("word"), false},
		{TEXT(""), false},
		{TEXT("<</Length 5>>\nstream\n12345\nendstream"), true},
		{TEXT("<</Length 5>>stream\r\n12345endstream"), true},
		{TEXT("<</Length 4 0 R>>\nstream\n12345\nendstream"), true},
		{TEXT("<</Length 3 0 R>>\nstream\n12345\nendstream"), false},
		{TEXT("<</Length 5 0 R>>\nstream\n12345\nendstream"), false},
		{TEXT("<</Length 6>>\nstream\n1234567\nendstream"), false},
		{TEXT("<</Length 99999>>\nstream\n12345\nendstream"), false},
		{TEXT("<</Length -5>>\nstream\n12345\nendstream"), false},
		{TEXT("<</Length 5>>\nstream\r12345\nendstream"), false},
		{TEXT("<</Length 5>>\nstream \n12345\nendstream"), false},
		{TEXT("<<>>\nstream\n12345\nendstream"), false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = {0};
		buf_add(&b, cases[i].body, cases[i].len);
		buf_add_text(&b, "\nendobj\n");
		check("3 0 obj\n", (const char *)b.data, b.len, 0, cases[i].plain);
		buf_dispose(&b);
	}
}

/* At every place of a long one, in a block of digits and behind the last. */
static void string_with_anything_but_digits_is_left(void **state) {
	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 1; at < 47; at += c == '0' ? 1 : 9) {
			char body[] = "<00112233445566778899aabbccddeeffAABBCCDDEEFF01>\nendobj\n";
			body[at] = (char)c;
			bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
			check("3 0 obj\n", body, sizeof body - 1, 0, digit);
		}
}

static void only_the_customary_frame_is_plain(void **state) {
	(void)state;
	check("3 0 obj", TEXT("<</A 1>>endobj\n"), 0, true);
	check("3 0 obj\r\n", TEXT("(x)\r\nendobj\r\n"), 0, true);
	check("3 0 obj ", TEXT("1 endobj "), 0, true);
	check("\n3 0 obj ", TEXT("1 endobj "), 0, true);
	check("\n\n3 0 obj ", TEXT("1 endobj "), 1, false);
	check("3 0 obj5", TEXT(" endobj\n"), 0, false);
	check("3  0 obj ", TEXT("1 endobj\n"), 0, false);
	check("03 0 obj ", TEXT("1 endobj\n"), 0, false);
	check("4 0 obj ", TEXT("1 endobj\n"), 0, false);
	check("3 0 obj % c\n", TEXT("1 endobj\n"), 0, false);
	check("3 0 obj ", TEXT("1 2 endobj\n"), 0, false);
	check("3 0 obj ", TEXT("1 endobjx\n"), 0, false);
	check("3 0 obj ", TEXT("1\n"), 0, false);
}

static void nesting_is_plain_up_to_its_bound(void **state) {
	(void)state;
	for (int depth = 98; depth < 103; depth++) {
		struct buf b = {0};
		for (int i = 0; i < depth; i++) buf_add_text(&b, "[");
		for (int i = 0; i < depth; i++) buf_add_text(&b, "]");
		buf_add_text(&b, "\nendobj\n");
		check("3 0 obj\n", (const char *)b.data, b.len, 0, depth <= 100);
		buf_dispose(&b);
	}
}

static void add_row(struct buf *b, unsigned kind, size_t where, unsigned index) {
	buf_add_byte(b, (unsigned char)kind);
	for (int shift = 16; shift >= 0; shift -= 8) buf_add_byte(b, (unsigned char)(where >> shift));
	buf_add_byte(b, (unsigned char)index);
}

/* A document whose objects 5, 6 and 7 are in the object stream 3 that has these entries and bytes; 9 is in no table. */
static void make_packed(struct buf *b, const char *entries, const char *bytes) {
	struct buf rows = {0};
	*b = (struct buf){0};
	buf_add_text(b, "%PDF-1.7\n");
	add_row(&rows, 0, 0, 0);
	add_row(&rows, 1, b->len, 0);
	buf_add_text(b, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
	add_row(&rows, 1, b->len, 0);
	buf_add_text(b, "2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n");
	add_row(&rows, 1, b->len, 0);
	buf_printf(b, "3 0 obj\n<< /Type /ObjStm %s /Length %zu >>\nstream\n%s\nendstream\nendobj\n", entries, strlen(bytes), bytes);
	size_t table = b->len;
	add_row(&rows, 1, table, 0);
	for (unsigned i = 0; i < 3; i++) add_row(&rows, 2, 3, i);
	add_row(&rows, 1, 9, 0); /* 8 is 1, misplaced */
	buf_printf(b, "4 0 obj\n<< /Type /XRef /W [1 3 1] /Size 9 /Root 1 0 R /Length %zu >>\nstream\n", rows.len);
	buf_add(b, rows.data, rows.len);
	buf_printf(b, "\nendstream\nendobj\nstartxref\n%zu\n%%%%EOF\n", table);
	buf_dispose(&rows);
}

static void object_streams_are_plain_as_a_whole(void **state) {
	(void)state;
	static const struct {
		const char *entries, *bytes;
		bool plain;
	} cases[] = {
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1>>(x) [1 2]", true},
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1>>12  /Name", true},
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1>>12  12", true},
		{"/N 2 /First 8", "5 0 7 8 <</A 1>>12", true}, /* 6 is not in it, and null */
		{"/N 3 /First 13", "5 0 2 8 7 12 <</A 1>>]]] 12", true}, /* another 2 counts */
		{"/N 3 /First 12", "5 0 6 8 7 12<</A 1>>12  12", false}, /* no space behind the header */
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1>>12  true", false}, /* a longer word may begin so */
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1>>12  5 0 R", false},
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1/A 2>> [1 2]", false},
		{"/N 3 /First 13", "5 0 6 8 7 12 <</A 1>>    ", false},
		{"/N 3 /First 13", "5 0 6 8 7 99 <</A 1>>12  12", false},
		{"/N 3 /First 13", "5 8 6 0 7 12 <</A 1>>12  12", false}, /* not in their order */
		{"/N 3 /First 13", "5 0 6 4 7 12 <</A 1>>12  12", false}, /* one within another */
		{"/N 3 /First 13", "5 0 5 8 7 12 <</A 1>>12  12", false},
		{"/N 3 /First 13", "5 0 9 8 7 12 <</A 1>>12  12", false},
		{"/N 3 /First 13", "5 0 0 8 7 12 <</A 1>>12  12", false},
		{"/N 3 /First 13", "5 0 6 8 7 +2 <</A 1>>12  12", false},
		{"/N 4 /First 13", "5 0 6 8 7 12 <</A 1>>12  12", false},
		{"/N 3 /First 99", "5 0 6 8 7 12 <</A 1>>12  12", false},
		{"/N -3 /First 13", "5 0 6 8 7 12 <</A 1>>12  12", false},
		{"/N 3 0 R /First 13", "5 0 6 8 7 12 <</A 1>>12  12", false},
		{"/First 13", "5 0 6 8 7 12 <</A 1>>12  12", false},
		{"/N 3 /First 13 /Filter /Other", "5 0 6 8 7 12 <</A 1>>12  12", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b;
		struct pdf_file *plain, *through;
		struct pdf_arena arena = {0};
		struct pdf_packed *objects;
		size_t count;
		bool doubt = false;
		const char *const *m, *const *n;
		make_packed(&b, cases[i].entries, cases[i].bytes);
		assert_int_equal(pdf_file_open_plain(b.data, b.len, NULL, &doubt, &plain), PDF_OPENED);
		assert_int_equal(pdf_file_open(b.data, b.len, false, NULL, &through), PDF_OPENED);
		const struct pdf_xref *xref = pdf_file_xref(plain);
		assert_true(xref && xref->plain);
		if (pdf_plain_read_packed(&arena, b.data, b.len, xref, 3, &objects, &count) != cases[i].plain)
			fail_msg("%s %s: %s", cases[i].entries, cases[i].bytes, cases[i].plain ? "not taken" : "taken");
		for (int number = 1; number < 8; number++)
			if (!pdf_same(plain, pdf_file_object(plain, (struct pdf_id){number, 0}), through,
				      pdf_file_object(through, (struct pdf_id){number, 0})))
				fail_msg("%s %s: %d differs", cases[i].entries, cases[i].bytes, number);
		size_t damage = pdf_file_damage(plain, &m);
		assert_int_equal(damage, pdf_file_damage(through, &n));
		for (size_t k = 0; k < damage; k++) assert_string_equal(m[k], n[k]);
		assert_false(doubt);
		free(objects);
		pdf_file_close(plain);
		pdf_file_close(through);
		pdf_arena_dispose(&arena);
		buf_dispose(&b);
	}
}

/* Bytes of streams, and a damaged document that qpdf has to be asked about after all. */
static void what_is_not_plain_is_asked_of_qpdf_when_it_is_met(void **state) {
	(void)state;
	static const char body[] = "<</Length 5/A(\r)>>\nstream\n12345\nendstream\nendobj\n",
			  plain_body[] = "<</Length 5>>\nstream\n12345\nendstream\nendobj\n",
			  twice[] = "<</A 1/A 2>>\nendobj\n";
	const char *const bodies[] = {plain_body, body, twice};
	const char *const *messages;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct buf b;
		struct pdf_file *file;
		bool doubt = false;
		unsigned char *data;
		size_t len;
		make(&b, "3 0 obj\n", bodies[i], strlen(bodies[i]), 0);
		assert_int_equal(pdf_file_open_plain(b.data, b.len, NULL, &doubt, &file), PDF_OPENED);
		assert_int_equal(pdf_file_damage(file, &messages), 0);
		assert_false(pdf_file_encrypted(file));
		bool stream = pdf_file_stream(file, (struct pdf_id){3, 0}, false, &data, &len);
		assert_int_equal(stream, i < 2);
		if (stream) {
			assert_int_equal(len, 5);
			assert_memory_equal(data, "12345", 5);
		}
		free(data);
		assert_int_equal(pdf_file_object(file, (struct pdf_id){3, 0})->type, i < 2 ? PDF_STREAM : PDF_DICT);
		assert_int_equal(pdf_file_damage(file, &messages), i == 2);
		assert_false(doubt);
		pdf_file_close(file);
		buf_dispose(&b);
	}
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_values_are_taken_and_others_left),
		cmocka_unit_test(string_with_anything_but_digits_is_left),
		cmocka_unit_test(only_the_customary_frame_is_plain),
		cmocka_unit_test(nesting_is_plain_up_to_its_bound),
		cmocka_unit_test(object_streams_are_plain_as_a_whole),
		cmocka_unit_test(what_is_not_plain_is_asked_of_qpdf_when_it_is_met),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
