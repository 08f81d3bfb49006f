#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one call writes to standard error, without the time. */
static const char *logged(enum log_level level, const char *value) {
	static char text[1024];
	int ends[2], kept = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_event(level, "tested", "skipped", (const char *)NULL, "value", value, NULL);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[1]);
	ssize_t n = read(ends[0], text, sizeof text - 1);
	close(ends[0]);
	text[n > 0 ? n : 0] = 0;
	return n > 0 ? strchr(text, ' ') + 1 : "";
}

static void value_is_quoted_where_logfmt_needs_it(void **unused) {
	(void)unused;
	static const struct {
		const char *value, *line;
	} rows[] = {
		{"plain.pdf", "value=plain.pdf"},
		{"", "value=\"\""},
		{"two words", "value=\"two words\""},
		{"a=b", "value=\"a=b\""},
		{"say \"hi\"", "value=\"say \\\"hi\\\"\""},
		{"back\\slash", "value=\"back\\\\slash\""},
		{"line\nbreak", "value=\"line\\x0abreak\""},
		{"\033[31m", "value=\"\\x1b[31m\""},
		{"đĩa", "value=đĩa"},
		{"\xff", "value=\\xff"},
		{"\xc3", "value=\\xc3"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *expected = xasprintf("level=error event=tested %s\n", rows[i].line);
		assert_string_equal(logged(LOG_ERROR_LEVEL, rows[i].value), expected);
		free(expected);
	}
}

static void lower_levels_are_counted_and_not_written(void **unused) {
	(void)unused;
	log_set_level(LOG_WARN_LEVEL);
	uint64_t before = log_count(LOG_INFO_LEVEL);
	assert_string_equal(logged(LOG_INFO_LEVEL, "x"), "");
	assert_int_equal(log_count(LOG_INFO_LEVEL), before + 1);
	assert_string_not_equal(logged(LOG_WARN_LEVEL, "x"), "");
	log_set_level(LOG_INFO_LEVEL);
	assert_int_equal(log_get_level(), LOG_INFO_LEVEL);
	assert_string_not_equal(logged(LOG_INFO_LEVEL, "x"), "");
}

static void number_is_decimal(void **unused) {
	(void)unused;
	char text[24];
	assert_string_equal(log_number(0, text), "0");
	assert_string_equal(log_number(UINT64_MAX, text), "18446744073709551615");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_quoted_where_logfmt_needs_it),
		cmocka_unit_test(lower_levels_are_counted_and_not_written),
		cmocka_unit_test(number_is_decimal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
