#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void empty_buffer_is_empty_text(void **state) {
	(void)state;
	struct buf b = {0};
	assert_string_equal(buf_text(&b), "");
	char *text = buf_take_text(&b);
	assert_string_equal(text, "");
	free(text);
	buf_dispose(&b);
}

static void buffer_keeps_what_was_added_and_ends_with_zero(void **state) {
	(void)state;
	struct buf b = {0};
	for (int i = 0; i < 1000; i++) {
		buf_add(&b, "ab", 2);
		assert_int_equal(b.data[b.len], 0);
	}
	buf_add_byte(&b, 0);
	buf_add_text(&b, "x");
	assert_int_equal(b.len, 2002);
	assert_memory_equal(b.data + 1998, "ab\0x", 5);
	buf_dispose(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

static void nothing_can_be_added(void **state) {
	(void)state;
	struct buf b = {0};
	buf_add(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_text(&b), "");
	buf_dispose(&b);
}

static void taken_text_leaves_the_buffer_empty(void **state) {
	(void)state;
	struct buf b = {0};
	buf_printf(&b, "%d-%s", 7, "x");
	char *text = buf_take_text(&b);
	assert_string_equal(text, "7-x");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	free(text);
}

static void duplicates_end_where_they_should(void **state) {
	(void)state;
	char *text = xstrndup("abc", 2), *whole = xstrndup("abc", 9), *printed = xasprintf("%03d", 5);
	assert_string_equal(text, "ab");
	assert_string_equal(whole, "abc");
	assert_string_equal(printed, "005");
	free(text);
	free(whole);
	free(printed);
}

static void arrays_grow_by_doubling(void **state) {
	(void)state;
	int *array = NULL;
	size_t count = 0, cap = 0;
	for (int i = 0; i < 17; i++) {
		ARRAY_GROW(array, count, cap);
		array[count++] = i;
	}
	assert_int_equal(cap, 32);
	assert_int_equal(array[16], 16);
	free(array);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_buffer_is_empty_text),
		cmocka_unit_test(buffer_keeps_what_was_added_and_ends_with_zero),
		cmocka_unit_test(nothing_can_be_added),
		cmocka_unit_test(taken_text_leaves_the_buffer_empty),
		cmocka_unit_test(duplicates_end_where_they_should),
		cmocka_unit_test(arrays_grow_by_doubling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
