/* What signatures of one file have in common is hashed once, and gives what hashing each by itself gives. */
#include "validator/content.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_BYTES 5000

static unsigned char bytes[FILE_BYTES];

static size_t direct(enum digest_alg alg, const struct pdf_range *ranges, size_t count, unsigned char *out) {
	struct buf b = {0};
	for (size_t i = 0; i < count; i++) buf_add(&b, bytes + ranges[i].offset, ranges[i].length);
	size_t len = digest_bytes(alg, b.data, b.len, out);
	buf_dispose(&b);
	return len;
}

static void check_whole(struct content_file *file) {
	unsigned char wanted[SHA256_SIZE], got[SHA256_SIZE];
	sha256_bytes(bytes, FILE_BYTES, wanted);
	content_file_sha256(file, FILE_BYTES, got);
	assert_memory_equal(got, wanted, SHA256_SIZE);
}

static void shared_ranges_hash_as_each_by_itself(void **state) {
	(void)state;
	/* In their order, the same again, one that ends earlier, one that does not begin with the file, the whole file. */
	static const struct {
		enum digest_alg alg;
		struct pdf_range ranges[3];
		size_t count;
	} cases[] = {
		{DIGEST_SHA256, {{0, 700}, {900, 100}}, 2},     {DIGEST_SHA256, {{0, 1500}, {1800, 900}}, 2},
		{DIGEST_SHA512, {{0, 1500}, {1800, 900}}, 2},   {DIGEST_SHA256, {{0, 1500}, {1800, 900}}, 2},
		{DIGEST_SHA256, {{0, 1}, {4999, 1}}, 2},        {DIGEST_SHA256, {{1, 2500}, {2600, 10}}, 2},
		{DIGEST_SHA512, {{0, 700}, {900, 100}}, 2},     {DIGEST_SHA256, {{0, 3000}, {3000, 1}, {4000, 9}}, 3},
		{DIGEST_SHA256, {{0, FILE_BYTES}}, 1},          {DIGEST_SHA256, {{0, FILE_BYTES - 1}}, 1},
		{DIGEST_SHA1, {{0, 4000}, {4100, 900}}, 2},
	};
	/* The whole file not hashed, hashed before all of them, between them, after them. */
	for (size_t whole = 0; whole < 4; whole++) {
		struct content_file *file = content_file_new(bytes);
		struct content *contents[ARRAY_LEN(cases)];
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			if (whole == 2 && i == ARRAY_LEN(cases) / 2) check_whole(file);
			contents[i] = content_of_ranges(file, cases[i].ranges, cases[i].count);
		}
		if (whole == 1 || whole == 2) check_whole(file);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			unsigned char wanted[DIGEST_MAX];
			size_t len = direct(cases[i].alg, cases[i].ranges, cases[i].count, wanted);
			assert_int_equal(content_check(contents[i], cases[i].alg, wanted, len), CONTENT_MATCHES);
			wanted[len - 1] ^= 1;
			assert_int_equal(content_check(contents[i], cases[i].alg, wanted, len), CONTENT_DIFFERS);
			content_free(contents[i]);
		}
		if (whole == 3) check_whole(file);
		content_file_free(file);
	}
}

static void unknown_algorithm_is_missing(void **state) {
	(void)state;
	static const struct pdf_range range = {0, 10};
	struct content_file *file = content_file_new(bytes);
	struct content *c = content_of_ranges(file, &range, 1);
	assert_int_equal(content_check(c, DIGEST_UNKNOWN, bytes, 20), CONTENT_MISSING);
	content_free(c);
	content_file_free(file);
}

int main(void) {
	digest_init();
	for (size_t i = 0; i < FILE_BYTES; i++) bytes[i] = (unsigned char)(i * 167 + i / 256);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_ranges_hash_as_each_by_itself),
		cmocka_unit_test(unknown_algorithm_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
