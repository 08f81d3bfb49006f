#include "base/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_was_put_is_got(void **state) {
	(void)state;
	struct buf b = {0};
	size_t len;
	record_put_u8(&b, 0xfe);
	record_put_u16(&b, 0xfedc);
	record_put_u32(&b, 0xfedcba98);
	record_put_u64(&b, UINT64_C(0xfedcba9876543210));
	record_put_time(&b, -5);
	record_put_time(&b, UTIME_NONE);
	record_put_bytes(&b, "a\0b", 3);
	record_put_text(&b, "tên");
	record_put_text(&b, NULL);
	record_put_raw(&b, "zz", 2);
	struct record_reader r = record_reader_of(b.data, b.len);
	assert_int_equal(record_get_u8(&r), 0xfe);
	assert_int_equal(record_get_u16(&r), 0xfedc);
	assert_int_equal(record_get_u32(&r), 0xfedcba98);
	assert_true(record_get_u64(&r) == UINT64_C(0xfedcba9876543210));
	assert_true(record_get_time(&r) == -5);
	assert_true(record_get_time(&r) == UTIME_NONE);
	assert_memory_equal(record_get_bytes(&r, &len), "a\0b", 3);
	assert_int_equal(len, 3);
	char *text = record_get_text(&r), *empty = record_get_text(&r);
	assert_string_equal(text, "tên");
	assert_string_equal(empty, "");
	assert_false(record_at_end(&r));
	assert_memory_equal(record_get_raw(&r, 2), "zz", 2);
	assert_true(record_at_end(&r));
	free(text);
	free(empty);
	buf_dispose(&b);
}

static void fields_are_big_endian(void **state) {
	(void)state;
	struct buf b = {0};
	record_put_u32(&b, 1);
	record_put_text(&b, "x");
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "\0\0\0\1\0\0\0\1x", 9);
	buf_dispose(&b);
}

static void times_sort_as_their_bytes(void **state) {
	(void)state;
	static const utime times[] = {UTIME_NONE, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
	struct buf b = {0};
	for (size_t i = 0; i < ARRAY_LEN(times); i++) record_put_time(&b, times[i]);
	for (size_t i = 0; i + 1 < ARRAY_LEN(times); i++)
		assert_true(memcmp(b.data + 8 * i, b.data + 8 * i + 8, 8) < 0);
	buf_dispose(&b);
}

static void reading_past_the_end_sticks(void **state) {
	(void)state;
	struct record_reader r = record_reader_of("\1\2\3", 3);
	size_t len = 9;
	assert_int_equal(record_get_u32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(record_get_u8(&r), 0);
	assert_true(record_get_time(&r) == UTIME_NONE);
	assert_null(record_get_bytes(&r, &len));
	assert_int_equal(len, 0);
	char *text = record_get_text(&r);
	assert_string_equal(text, "");
	free(text);
	assert_false(record_at_end(&r));
}

/* The last byte that a length may reach, and the one behind it. */
static void length_is_held_against_what_is_there(void **state) {
	(void)state;
	size_t len;
	struct record_reader r = record_reader_of("\0\0\0\2xy", 6);
	assert_non_null(record_get_bytes(&r, &len));
	assert_true(record_at_end(&r));
	r = record_reader_of("\0\0\0\3xy", 6);
	assert_null(record_get_bytes(&r, &len));
	assert_true(r.bad);
	r = record_reader_of("\xff\xff\xff\xffxy", 6);
	assert_null(record_get_bytes(&r, &len));
	assert_true(r.bad);
}

static void text_with_a_zero_byte_is_bad(void **state) {
	(void)state;
	struct record_reader r = record_reader_of("\0\0\0\3a\0b", 7);
	char *text = record_get_text(&r);
	assert_string_equal(text, "");
	assert_true(r.bad);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_got),
		cmocka_unit_test(fields_are_big_endian),
		cmocka_unit_test(times_sort_as_their_bytes),
		cmocka_unit_test(reading_past_the_end_sticks),
		cmocka_unit_test(length_is_held_against_what_is_there),
		cmocka_unit_test(text_with_a_zero_byte_is_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
