#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void first_error_is_kept(void **state) {
	(void)state;
	struct error err = {0};
	assert_int_equal(error_set(&err, ERROR_INPUT, "first %d", 1), -1);
	assert_int_equal(error_set(&err, ERROR_IO, "second"), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_string_equal(err.text, "first 1");
	error_clear(&err);
	assert_int_equal(err.code, ERROR_NONE);
	assert_string_equal(err.text, "");
}

static void context_goes_before_the_text(void **state) {
	(void)state;
	struct error err = {0};
	error_prefix(&err, "nothing");
	assert_string_equal(err.text, "");
	error_set(&err, ERROR_IO, "failed");
	error_prefix(&err, "%s", "a.pdf");
	error_prefix(&err, "spool");
	assert_string_equal(err.text, "spool: a.pdf: failed");
}

static void errno_decides_the_code(void **state) {
	(void)state;
	static const struct {
		int number;
		enum error_code code;
	} cases[] = {{ENOSPC, ERROR_NO_SPACE},
		     {EDQUOT, ERROR_NO_SPACE},
		     {ENOENT, ERROR_NOT_FOUND},
		     {EACCES, ERROR_IO},
		     {EIO, ERROR_IO}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = {0};
		char expected[128];
		errno = cases[i].number;
		assert_int_equal(error_errno(&err, "packs/000017.tar"), -1);
		assert_int_equal(errno, cases[i].number);
		assert_int_equal(err.code, cases[i].code);
		strcpy(expected, "packs/000017.tar: ");
		strcat(expected, strerrordesc_np(cases[i].number));
		assert_string_equal(err.text, expected);
	}
}

static void no_place_for_the_error_is_allowed(void **state) {
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_IO, "lost"), -1);
	assert_int_equal(error_errno(NULL, "lost"), -1);
	assert_int_equal(error_prefix(NULL, "lost"), -1);
}

static void long_text_is_cut_and_terminated(void **state) {
	(void)state;
	struct error err = {0};
	char text[3000];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	error_set(&err, ERROR_IO, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	error_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void every_code_has_name_meaning_and_status(void **state) {
	(void)state;
	for (int code = ERROR_NONE + 1; code < ERROR_CODES; code++) {
		assert_true(*error_name(code) && *error_meaning(code));
		int status = error_exit_status(code);
		assert_true(status == 2 || status == 3 || status == 4 || status == 75);
	}
	assert_int_equal(error_exit_status(ERROR_NONE), 0);
	assert_int_equal(error_exit_status(ERROR_LOCKED), 75);
	assert_string_equal(error_name(ERROR_NO_SPACE), "NO_SPACE");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_error_is_kept),
		cmocka_unit_test(context_goes_before_the_text),
		cmocka_unit_test(errno_decides_the_code),
		cmocka_unit_test(no_place_for_the_error_is_allowed),
		cmocka_unit_test(long_text_is_cut_and_terminated),
		cmocka_unit_test(every_code_has_name_meaning_and_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
