#include "base/utime.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int64_t seconds;
	int microseconds;
	const char *printed; /* NULL: as it was read */
} good[] = {
	{"1970-01-01T00:00:00Z", 0, 0, NULL},
	{"1969-12-31T23:59:59Z", -1, 0, NULL},
	{"1969-12-31T23:59:59.75Z", -1, 750000, NULL},
	{"2026-11-22T02:00:00Z", 1795312800, 0, NULL},
	{"2026-11-22T02:00:00.000001Z", 1795312800, 1, NULL},
	{"2026-11-22T02:00:00.1234567Z", 1795312800, 123456, "2026-11-22T02:00:00.123456Z"},
	{"2026-11-22T09:00:00+07:00", 1795312800, 0, "2026-11-22T02:00:00Z"},
	{"2026-11-21T20:30:00-05:30", 1795312800, 0, "2026-11-22T02:00:00Z"},
	{"2026-11-22t02:00:00z", 1795312800, 0, "2026-11-22T02:00:00Z"},
	{"2026-11-22 02:00:00Z", 1795312800, 0, "2026-11-22T02:00:00Z"},
	{"2026-11-22", 1795305600, 0, "2026-11-22T00:00:00Z"},
	{"2000-02-29T00:00:00Z", 951782400, 0, NULL},
	{"9999-12-31T23:59:59Z", 253402300799, 0, NULL},
	{"0000-01-01T00:00:00Z", -62167219200, 0, NULL},
	{"2016-12-31T23:59:60Z", 1483228800, 0, "2017-01-01T00:00:00Z"},
};

static void times_are_read_and_written(void **state) {
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		utime t;
		char text[UTIME_TEXT_MAX];
		if (!utime_parse(good[i].text, &t)) fail_msg("%s", good[i].text);
		assert_true(t == good[i].seconds * UTIME_SECOND + good[i].microseconds);
		assert_string_equal(utime_text(t, text), good[i].printed ? good[i].printed : good[i].text);
	}
}

static void what_is_no_time_is_refused(void **state) {
	(void)state;
	static const char *const bad[] = {
		"",
		"2026",
		"2026-11",
		"2026-11-22T",
		"2026-11-22T02:00",
		"2026-11-22T02:00:00",
		"2026-11-22T02:00:00.Z",
		"2026-11-22T02:00:00Zx",
		"2026-11-22T02:00:00+07",
		"2026-11-22T02:00:00+0700",
		"2026-11-22T02:00:00+24:00",
		"2026-11-22T02:00:00+07:60",
		"2026-13-01",
		"2026-00-01",
		"2026-01-00",
		"2026-01-32",
		"2026-04-31",
		"2026-02-29",
		"1900-02-29",
		"2026-11-22T24:00:00Z",
		"2026-11-22T23:60:00Z",
		"2026-11-22T23:59:61Z",
		"+026-11-22",
		" 2026-11-22",
		"2026-11-22 ",
		"26-11-22",
		"2026-1-22",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		utime t;
		if (utime_parse(bad[i], &t)) fail_msg("%s", bad[i]);
	}
}

static void no_time_is_no_text(void **state) {
	(void)state;
	char text[UTIME_TEXT_MAX];
	assert_string_equal(utime_text(UTIME_NONE, text), "");
	assert_string_equal(utime_date_text(UTIME_NONE, text), "");
	assert_string_equal(utime_date_text(1795312800 * UTIME_SECOND, text), "2026-11-22");
}

/* Every day of two 400-year eras, there and back. */
static void civil_dates_round_trip(void **state) {
	(void)state;
	for (int64_t day = -300000; day <= 300000; day += 1) {
		int y, mo, d, h, mi, s, us;
		utime back, t = day * UTIME_DAY + 86399 * UTIME_SECOND + 999999;
		utime_to_civil(t, &y, &mo, &d, &h, &mi, &s, &us);
		assert_true(utime_from_civil(y, mo, d, h, mi, s, us, &back));
		assert_true(back == t);
	}
}

static void fields_are_held_against_their_ranges(void **state) {
	(void)state;
	utime t;
	assert_true(utime_from_civil(2024, 2, 29, 23, 59, 60, 999999, &t));
	assert_false(utime_from_civil(2024, 2, 30, 0, 0, 0, 0, &t));
	assert_false(utime_from_civil(-1, 1, 1, 0, 0, 0, 0, &t));
	assert_false(utime_from_civil(10000, 1, 1, 0, 0, 0, 0, &t));
	assert_false(utime_from_civil(2024, 1, 1, 0, 0, 0, 1000000, &t));
	assert_false(utime_from_civil(2024, 1, 1, -1, 0, 0, 0, &t));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_and_written),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(no_time_is_no_text),
		cmocka_unit_test(civil_dates_round_trip),
		cmocka_unit_test(fields_are_held_against_their_ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
