#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/command.h"
#include "base/mem.h"

#include <string.h>

static const struct option_row options[] = {
	{"trust", 't', "PATH", "anchors"},
	{"offline", 'o', NULL, "no network"},
	{NULL, 0, NULL, NULL},
};
static const struct command command = {.name = "test", .options = options};
static const struct command bare = {.name = "bare"};

/* Words of a line, separated by single blanks. */
static struct args *parse(const struct command *c, const char *line, struct error *err) {
	static char space[256];
	char *argv[16];
	int argc = 0;
	snprintf(space, sizeof space, "%s", line);
	for (char *p = strtok(space, " "); p; p = strtok(NULL, " ")) argv[argc++] = p;
	return args_parse(c, argc, argv, err);
}

static void options_stand_anywhere(void **unused) {
	(void)unused;
	static const char *const lines[] = {
		"--trust a --offline one --trust b two",
		"one two --trust=a --trust=b -o",
		"-t a -tb -o -- one two",
		"one -ta --offline -t b two",
	};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct error err = {0};
		const char *const *values;
		struct args *args = parse(&command, lines[i], &err);
		assert_non_null(args);
		assert_true(args_has(args, "offline"));
		assert_int_equal(args_values(args, "trust", &values), 2);
		assert_string_equal(values[0], "a");
		assert_string_equal(args_value(args, "trust"), "b");
		assert_int_equal(args_words(args, &values), 2);
		assert_string_equal(values[0], "one");
		assert_string_equal(values[1], "two");
		args_free(args);
	}
}

static void after_two_hyphens_all_are_words(void **unused) {
	(void)unused;
	struct error err = {0};
	const char *const *words;
	struct args *args = parse(&command, "- -- --offline --", &err);
	assert_non_null(args);
	assert_false(args_has(args, "offline"));
	assert_int_equal(args_words(args, &words), 3);
	assert_string_equal(words[0], "-");
	assert_string_equal(words[1], "--offline");
	assert_string_equal(words[2], "--");
	args_free(args);
}

static void absent_option_has_no_value(void **unused) {
	(void)unused;
	struct error err = {0};
	const char *const *values;
	struct args *args = parse(&bare, "word", &err);
	assert_non_null(args);
	assert_false(args_has(args, "trust"));
	assert_null(args_value(args, "trust"));
	assert_int_equal(args_values(args, "trust", &values), 0);
	args_free(args);
	args_free(NULL);
}

static void wrong_option_is_named(void **unused) {
	(void)unused;
	static const struct {
		const char *line, *text;
	} rows[] = {
		{"--trus a", "--trus: unknown option"},   {"--trusted a", "--trusted: unknown option"},
		{"-x", "-x: unknown option"},             {"--offline=yes", "--offline=yes: takes no value"},
		{"-oyes", "-oyes: takes no value"},       {"--trust", "--trust: needs PATH"},
		{"word -t", "-t: needs PATH"},            {"--=a", "--=a: unknown option"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		assert_null(parse(&command, rows[i].line, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void worst_status_wins(void **unused) {
	(void)unused;
	static const struct {
		int before, said, after;
	} rows[] = {
		{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 3, 3}, {3, 1, 3}, {3, 4, 4}, {4, 3, 4}, {0, 2, 2}, {2, 0, 2},
		{2, 1, 1}, {1, 2, 1}, {0, 75, 75}, {75, 1, 1}, {1, 75, 1}, {75, 4, 4}, {2, 75, 75},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct app app = {.status = rows[i].before};
		assert_int_equal(app_worsen(&app, rows[i].said), rows[i].after);
		assert_int_equal(app.status, rows[i].after);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(after_two_hyphens_all_are_words),
		cmocka_unit_test(absent_option_has_no_value),
		cmocka_unit_test(wrong_option_is_named),
		cmocka_unit_test(worst_status_wins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
