#include "validator/der.h"

#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct der element(const char *hex, unsigned char *bytes) {
	size_t len = strlen(hex) / 2;
	assert_true(hex_decode(hex, bytes, len));
	struct der_walk w = der_walk_bytes(bytes, len);
	struct der e;
	assert_true(der_next(&w, &e));
	assert_true(der_done(&w));
	return e;
}

static void lengths_are_definite_and_minimal(void **state) {
	(void)state;
	static const struct {
		const char *hex;
		bool der, ber;
	} cases[] = {
		{"0400", true, true},
		{"040161", true, true},
		{"04810161", false, true},
		{"0482000161", false, true},
		{"0402", false, false},
		{"04", false, false},
		{"3080020101", false, false},
		{"30800201010000", false, true},
		{"04800000", false, false},
		{"04ffffff", false, false},
		{"1f810100", false, false},
		{"048900000000000000000161", false, true},
		{"0488ffffffffffffffff61", false, false},
		{"30803080020101000000", false, false},
		{"3080308002010100000000", false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char bytes[64];
		size_t len = strlen(cases[i].hex) / 2;
		assert_true(hex_decode(cases[i].hex, bytes, len));
		struct der e;
		struct der_walk w = der_walk_bytes(bytes, len);
		if (der_next(&w, &e) != cases[i].der) fail_msg("DER: %s", cases[i].hex);
		assert_int_equal(w.bad, !cases[i].der);
		w = der_walk_bytes(bytes, len);
		if (der_next_ber(&w, &e) != cases[i].ber) fail_msg("BER: %s", cases[i].hex);
		if (cases[i].ber) assert_int_equal(e.full, len);
	}
}

static void long_lengths_are_read(void **state) {
	(void)state;
	unsigned char bytes[300] = {0x04, 0x82, 0x01, 0x28};
	struct der_walk w = der_walk_bytes(bytes, sizeof bytes);
	struct der e;
	assert_true(der_next(&w, &e));
	assert_int_equal(e.len, 296);
	assert_int_equal(e.full, 300);
	w = der_walk_bytes(bytes, sizeof bytes - 1);
	assert_false(der_next(&w, &e));
}

static void nesting_is_bounded(void **state) {
	(void)state;
	for (unsigned depth = LIMIT_DER_DEPTH; depth <= LIMIT_DER_DEPTH + 1; depth++) {
		struct buf b = {0};
		for (unsigned i = 0; i < depth; i++) buf_add(&b, "\x30\x80", 2);
		for (unsigned i = 0; i < depth; i++) buf_add(&b, "\0\0", 2);
		struct der_walk w = der_walk_bytes(b.data, b.len);
		struct der e;
		assert_int_equal(der_next_ber(&w, &e), depth <= LIMIT_DER_DEPTH);
		buf_dispose(&b);
	}
}

static void constructed_octets_are_joined(void **state) {
	(void)state;
	static const unsigned char bytes[] = {0x24, 0x80, 0x04, 0x01, 'a', 0x24, 0x03, 0x04, 0x01, 'b', 0, 0};
	struct der_walk w = der_walk_bytes(bytes, sizeof bytes);
	struct der e;
	struct buf out = {0};
	assert_true(der_next_ber(&w, &e));
	assert_true(der_octets_ber(&e, &out));
	assert_string_equal(buf_text(&out), "ab");
	buf_dispose(&out);
	static const unsigned char wrong[] = {0x24, 0x03, 0x0c, 0x01, 'a'};
	w = der_walk_bytes(wrong, sizeof wrong);
	assert_true(der_next_ber(&w, &e));
	assert_false(der_octets_ber(&e, &out));
	buf_dispose(&out);
}

static void identifiers_are_compared_and_printed(void **state) {
	(void)state;
	unsigned char bytes[64];
	struct der e = element("06092a864886f70d010701", bytes);
	assert_true(der_is_oid(&e, "1.2.840.113549.1.7.1"));
	assert_false(der_is_oid(&e, "1.2.840.113549.1.7.2"));
	assert_false(der_is_oid(&e, "1.2.840.113549.1.7"));
	char *text = der_oid_text(&e);
	assert_string_equal(text, "1.2.840.113549.1.7.1");
	free(text);
	static const struct {
		const char *hex, *text;
	} cases[] = {
		{"0603883703", "2.999.3"},
		{"060100", "0.0"},
		{"0600", ""},
		{"060188", ""},
		{"06022a80", ""},
		{"0603800101", ""},
		{"060c2affffffffffffffffff7f7f", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		e = element(cases[i].hex, bytes);
		text = der_oid_text(&e);
		if (strcmp(text, cases[i].text)) fail_msg("%s gave %s", cases[i].hex, text);
		free(text);
	}
}

static void numbers_fit_or_are_refused(void **state) {
	(void)state;
	static const struct {
		const char *hex;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"020100", true, 0},
		{"02017f", true, 127},
		{"02020080", true, 128},
		{"0a0101", true, 1},
		{"020180", false, 0},
		{"0200", false, 0},
		{"0202007f", false, 0},
		{"040101", false, 0},
		{"020900ffffffffffffffff", true, UINT64_MAX},
		{"0209010000000000000000", false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char bytes[64];
		struct der e = element(cases[i].hex, bytes);
		uint64_t value = 0;
		if (der_uint(&e, &value) != cases[i].ok || value != cases[i].value) fail_msg("%s", cases[i].hex);
	}
}

static void times_are_strict(void **state) {
	(void)state;
	static const struct {
		unsigned char tag;
		const char *text;
		bool fractions;
		const char *expected; /* NULL: refused */
	} cases[] = {
		{DER_UTCTIME, "491231235959Z", false, "2049-12-31T23:59:59Z"},
		{DER_UTCTIME, "500101000000Z", false, "1950-01-01T00:00:00Z"},
		{DER_UTCTIME, "4912312359Z", false, NULL},
		{DER_UTCTIME, "491231235959+0700", false, NULL},
		{DER_UTCTIME, "491331235959Z", false, NULL},
		{DER_GENERALIZEDTIME, "20261122020000Z", false, "2026-11-22T02:00:00Z"},
		{DER_GENERALIZEDTIME, "20261122020000.5Z", true, "2026-11-22T02:00:00.5Z"},
		{DER_GENERALIZEDTIME, "20261122020000.5Z", false, NULL},
		{DER_GENERALIZEDTIME, "20261122020000.Z", true, NULL},
		{DER_GENERALIZEDTIME, "20261122020000", true, NULL},
		{DER_GENERALIZEDTIME, "00000101000000Z", false, NULL},
		{DER_GENERALIZEDTIME, "20230229000000Z", false, NULL},
		{DER_OCTET_STRING, "20261122020000Z", false, NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct der e = {.tag = cases[i].tag,
				.data = (const unsigned char *)cases[i].text,
				.len = strlen(cases[i].text)};
		utime t, expected;
		bool ok = der_time(&e, cases[i].fractions, &t);
		if (ok != (cases[i].expected != NULL)) fail_msg("%s", cases[i].text);
		if (!ok) continue;
		assert_true(utime_parse(cases[i].expected, &expected));
		assert_true(t == expected);
	}
}

static void strings_become_utf8_without_control_characters(void **state) {
	(void)state;
	static const struct {
		unsigned char tag;
		const char *bytes;
		size_t len;
		const char *expected;
	} cases[] = {
		{DER_UTF8, "Đỗ", 5, "Đỗ"},
		{DER_UTF8, "a\nb", 3, "a\\u000ab"},
		{DER_UTF8, "\xff", 1, "\xc3\xbf"},
		{DER_UTF8,
		 "\xe2\x80\xae"
		 "a",
		 4, "\\u202ea"},
		{DER_BMP,
		 "\x01\x10\x00"
		 "a",
		 4, "Đa"},
		{DER_BMP, "\xd8\x3d\xde\x00", 4, "\xf0\x9f\x98\x80"},
		{DER_BMP, "\xd8\x3d", 2, "\xef\xbf\xbd"},
		{DER_T61, "\xe9", 1, "é"},
		{DER_UNIVERSAL, "\0\0\x01\x10", 4, "Đ"},
		{DER_PRINTABLE, "", 0, ""},
		{DER_UTF8, "a\0b", 3, "a\\u0000b"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct der e = {
			.tag = cases[i].tag, .data = (const unsigned char *)cases[i].bytes, .len = cases[i].len};
		char *text = der_string_utf8(&e);
		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void walks_stop_at_what_was_not_expected(void **state) {
	(void)state;
	static const unsigned char bytes[] = {0x02, 0x01, 0x05, 0x01, 0x01, 0xff, 0x01, 0x01, 0x01};
	struct der_walk w = der_walk_bytes(bytes, sizeof bytes);
	struct der e;
	bool truth;
	assert_false(der_optional(&w, DER_BOOLEAN, &e));
	assert_int_equal(e.tag, 0);
	assert_true(der_expect(&w, DER_INTEGER, &e));
	assert_true(der_optional(&w, DER_BOOLEAN, &e) && der_bool(&e, &truth) && truth);
	assert_true(der_next(&w, &e));
	assert_false(der_bool(&e, &truth));
	assert_true(der_done(&w));
	w = der_walk_bytes(bytes, sizeof bytes);
	assert_false(der_expect(&w, DER_BOOLEAN, &e));
	assert_false(der_next(&w, &e));
	assert_false(der_done(&w));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_definite_and_minimal),
		cmocka_unit_test(long_lengths_are_read),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(constructed_octets_are_joined),
		cmocka_unit_test(identifiers_are_compared_and_printed),
		cmocka_unit_test(numbers_fit_or_are_refused),
		cmocka_unit_test(times_are_strict),
		cmocka_unit_test(strings_become_utf8_without_control_characters),
		cmocka_unit_test(walks_stop_at_what_was_not_expected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
