/* Reports on their way from a worker: what was put in comes out, and nothing else is taken. */
#include "archiver/worker_private.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *sample(void) {
	return json_pack("{s:n, s:b, s:b, s:I, s:I, s:f, s:s, s:s, s:[], s:{}, s:[i,[n,{s:s}],s]}", "z-null", "yes", 1, "no", 0, "most",
			 (json_int_t)INT64_MAX, "least", (json_int_t)INT64_MIN, "real", 0.1, "text",
			 "\xc3\xa2\xe1\xba\xaf \xf0\x9f\x98\x80 \x01\"\\", "empty", "", "array", "object", "deep", 1, "", "value", "end");
}

static struct buf put(const json_t *json) {
	struct buf b = {0};
	assert_true(wire_put_json(&b, json));
	return b;
}

static json_t *get(const void *data, size_t len) {
	struct record_reader r = record_reader_of(data, len);
	return wire_get_json(&r);
}

/* The same text: the same values, and keys in the same order. */
static void value_comes_back_as_it_was(void **state) {
	(void)state;
	json_t *json = sample();
	struct buf b = put(json);
	json_t *back = get(b.data, b.len);
	char *before = json_dumps(json, JSON_COMPACT), *after = json_dumps(back, JSON_COMPACT);
	assert_string_equal(before, after);
	free(before);
	free(after);
	buf_dispose(&b);
	json_decref(json);
	json_decref(back);
}

static void record_cut_short_or_with_more_behind_it_is_none(void **state) {
	(void)state;
	json_t *json = sample();
	struct buf b = put(json);
	for (size_t len = 0; len < b.len; len++) {
		unsigned char *copy = xmemdup(b.data, len ? len : 1);
		assert_null(get(copy, len));
		free(copy);
	}
	buf_add_byte(&b, 0);
	assert_null(get(b.data, b.len));
	buf_dispose(&b);
	json_decref(json);
}

static void every_wrong_byte_gives_a_value_or_none(void **state) {
	(void)state;
	json_t *json = sample();
	struct buf b = put(json);
	size_t taken = 0;
	for (size_t i = 0; i < b.len; i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			b.data[i] ^= (unsigned char)bit;
			json_t *back = get(b.data, b.len);
			taken += back != NULL;
			json_decref(back);
			b.data[i] ^= (unsigned char)bit;
		}
	assert_true(taken > 0 && taken < 8 * b.len);
	buf_dispose(&b);
	json_decref(json);
}

#define RECORD(s) s, sizeof(s) - 1

static void what_json_cannot_have_is_none(void **state) {
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		bool good;
	} cases[] = {
		{RECORD("\x05\0\0\0\1a"), true},
		{RECORD("\x05\0\0\0\1\0"), false},       /* NUL */
		{RECORD("\x05\0\0\0\1\xff"), false},     /* no UTF-8 */
		{RECORD("\x07\0\0\0\1\0\0\0\1a\0"), true},
		{RECORD("\x07\0\0\0\1\0\0\0\1\0\0"), false},
		{RECORD("\x07\0\0\0\1\0\0\0\1\xff\0"), false},
		{RECORD("\x06\0\0\0\2\0\0"), true},
		{RECORD("\x06\xff\xff\xff\xff\0\0"), false}, /* a count that the bytes cannot carry */
		{RECORD("\x07\xff\xff\xff\xff\0\0"), false},
		{RECORD("\x08"), false},                 /* no such kind */
		{RECORD("\x04\x7f\xf0\0\0\0\0\0\0"), false}, /* infinity */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *json = get(cases[i].data, cases[i].len);
		if ((json != NULL) != cases[i].good) fail_msg("case %zu", i);
		json_decref(json);
	}
}

/* Texts are looked at eight bytes at a time: each length, with something wrong at each place. */
static void every_byte_of_a_text_is_looked_at(void **state) {
	(void)state;
	static const struct {
		const char *in;
		bool good;
	} cases[] = {{"b", true}, {"\0", false}, {"\xff", false}, {"\xc3\xa2", true}, {"\xc3(", false}};
	for (size_t len = 2; len < 27; len++)
		for (size_t at = 0; at + 1 < len; at++)
			for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
				char *text = xmalloc(len);
				memset(text, 'a', len);
				memcpy(text + at, cases[i].in, cases[i].in[0] ? strlen(cases[i].in) : 1);
				struct buf b = {0};
				record_put_u8(&b, 5);
				record_put_bytes(&b, text, len);
				json_t *json = get(b.data, b.len);
				if ((json != NULL) != cases[i].good) fail_msg("case %zu, length %zu, place %zu", i, len, at);
				if (json) assert_memory_equal(json_string_value(json), text, len);
				json_decref(json);
				buf_dispose(&b);
				free(text);
			}
}

static json_t *nested(unsigned depth) {
	json_t *json = json_array();
	for (unsigned i = 1; i < depth; i++) json = json_pack("[o]", json);
	return json;
}

static void depth_and_length_are_bounded(void **state) {
	(void)state;
	struct buf b = {0};
	json_t *deep = nested(LIMIT_REPORT_DEPTH - 1), *deeper = nested(LIMIT_REPORT_DEPTH + 1);
	assert_true(wire_put_json(&b, deep));
	json_t *back = get(b.data, b.len);
	assert_non_null(back);
	b.len = 0;
	assert_false(wire_put_json(&b, deeper));
	b.len = 0;
	for (unsigned i = 0; i <= LIMIT_REPORT_DEPTH; i++) buf_add(&b, "\x06\0\0\0\1", 5);
	buf_add_byte(&b, 0);
	assert_null(get(b.data, b.len));
	/* As a record it would fit, as text it would not: each of its bytes becomes six. */
	size_t len = LIMIT_REPORT_BYTES / 5;
	char *text = xmalloc(len + 1);
	memset(text, 1, len);
	json_t *controls = json_stringn(text, len);
	b.len = 0;
	assert_false(wire_put_json(&b, controls));
	memset(text, 'x', len);
	json_t *letters = json_stringn(text, len);
	b.len = 0;
	assert_true(wire_put_json(&b, letters));
	free(text);
	buf_dispose(&b);
	json_decref(controls);
	json_decref(letters);
	json_decref(deep);
	json_decref(deeper);
	json_decref(back);
}

int main(void) {
	json_object_seed(1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_comes_back_as_it_was),
		cmocka_unit_test(record_cut_short_or_with_more_behind_it_is_none),
		cmocka_unit_test(every_wrong_byte_gives_a_value_or_none),
		cmocka_unit_test(what_json_cannot_have_is_none),
		cmocka_unit_test(every_byte_of_a_text_is_looked_at),
		cmocka_unit_test(depth_and_length_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
