#include "validator/tst.h"

#include "base/mem.h"
#include "tests/validator/cms_builder.h"
#include "validator/cms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cms_world world;

static bool read_token(const struct buf *token, struct cms *cms, struct tst_info *info) {
	const char *why;
	assert_true(cms_read(token->data, token->len, cms, &why));
	return tst_read_info(cms->content, cms->content_len, info);
}

static void times_keep_their_fractions(void **state) {
	(void)state;
	static const struct {
		const char *text, *shown; /* NULL: refused */
	} cases[] = {
		{"20250601120000Z", "2025-06-01T12:00:00Z"},
		{"20250601120000.5Z", "2025-06-01T12:00:00.500000Z"},
		{"20250601120000+0700", NULL},
		{"202506011200Z", NULL},
		{"20251301120000Z", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf token = cms_build_token(&world, cases[i].text, "x", 1, 0);
		struct cms cms;
		struct tst_info info;
		bool good = read_token(&token, &cms, &info);
		if (good != !!cases[i].shown) fail_msg("%s", cases[i].text);
		utime expected;
		if (good) {
			assert_true(utime_parse(cases[i].shown, &expected));
			assert_int_equal(info.gen_time, expected);
		}
		cms_dispose(&cms);
		buf_dispose(&token);
	}
}

static void imprint_is_read(void **state) {
	(void)state;
	unsigned char hash[SHA256_SIZE];
	struct buf token = cms_build_token(&world, "20250601120000Z", "abc", 3, 0);
	struct cms cms;
	struct tst_info info;
	assert_true(read_token(&token, &cms, &info));
	sha256_bytes("abc", 3, hash);
	assert_int_equal(info.imprint_len, sizeof hash);
	assert_memory_equal(info.imprint, hash, sizeof hash);
	assert_int_equal(info.accuracy, 0);
	assert_false(info.ordering);
	cms_dispose(&cms);
	buf_dispose(&token);
}

static void no_truncation_is_a_token(void **state) {
	(void)state;
	struct buf token = cms_build_token(&world, "20250601120000Z", "abc", 3, 0);
	struct cms cms;
	struct tst_info info;
	assert_true(read_token(&token, &cms, &info));
	for (size_t len = 0; len < cms.content_len; len++) {
		unsigned char *copy = xmemdup(cms.content, len ? len : 1);
		assert_false(tst_read_info(copy, len, &info));
		free(copy);
	}
	cms_dispose(&cms);
	buf_dispose(&token);
}

static void optional_fields_are_read(void **state) {
	(void)state;
	static const struct {
		const char *tail;
		bool good, ordering;
		int accuracy;
	} cases[] = {
		{"", true, false, 0},
		{"3003020105", true, false, 5000000},
		{"3007020105800201f4", true, false, 5500000},
		{"3003800101", true, false, 1000},
		{"3003810103", true, false, 3},
		{"0101ff", true, true, 0},
		{"010100", true, false, 0},
		{"3003020105"
		 "0101ff"
		 "020107",
		 true, true, 5000000},
		{"3003020185", false, false, 0},
		{"0500", false, false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char hex[512] = "";
		const char *const parts[] = {"02010106012a", "300a3005", "06032a0304",
					     "0401aa",       "020101",   "180f32303235303630313132303030305a",
					     cases[i].tail};
		for (size_t p = 0; p < ARRAY_LEN(parts); p++) strcat(hex, parts[p]);
		unsigned char body[256];
		size_t len = strlen(hex) / 2;
		assert_true(hex_decode(hex, body, len));
		struct buf info = {0};
		buf_add_byte(&info, 0x30), buf_add_byte(&info, (unsigned char)len), buf_add(&info, body, len);
		struct tst_info out;
		if (tst_read_info(info.data, info.len, &out) != cases[i].good) fail_msg("case %zu", i);
		if (cases[i].good) {
			assert_int_equal(out.accuracy, cases[i].accuracy);
			assert_int_equal(out.ordering, cases[i].ordering);
		}
		buf_dispose(&info);
	}
}

static void order_respects_accuracy(void **state) {
	(void)state;
	static const struct {
		utime a, a_accuracy, b, b_accuracy;
		bool before;
	} cases[] = {
		{0, 0, 1, 0, true}, {0, 0, 0, 0, false}, {1, 0, 0, 0, false}, {0, 5, 9, 4, false}, {0, 5, 10, 4, true}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tst_info a = {.gen_time = cases[i].a, .accuracy = cases[i].a_accuracy};
		struct tst_info b = {.gen_time = cases[i].b, .accuracy = cases[i].b_accuracy};
		assert_int_equal(tst_before(&a, &b), cases[i].before);
	}
}

static void token_is_found_in_a_response(void **state) {
	(void)state;
	struct buf token = cms_build_token(&world, "20250601120000Z", "abc", 3, 0),
		   response = cms_build_response(&token);
	struct der found;
	assert_true(tst_token_of_response(response.data, response.len, &found));
	assert_int_equal(found.full, token.len);
	assert_false(tst_token_of_response(token.data, token.len, &found));
	buf_dispose(&token), buf_dispose(&response);
}

static int open_world(void **state) {
	(void)state;
	digest_init();
	cms_world_open(&world);
	return 0;
}

static int close_world(void **state) {
	(void)state;
	cms_world_close(&world);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_keep_their_fractions), cmocka_unit_test(imprint_is_read),
		cmocka_unit_test(no_truncation_is_a_token),   cmocka_unit_test(optional_fields_are_read),
		cmocka_unit_test(order_respects_accuracy),    cmocka_unit_test(token_is_found_in_a_response),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
