#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/conf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/ltvault-test-conf-XXXXXX";

static int read_text(struct conf *conf, const char *text, struct error *err) {
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	return conf_read(conf, path, err);
}

static void written_defaults_read_back_the_same(void **unused) {
	(void)unused;
	struct conf *fresh = conf_new(), *read = conf_new();
	struct error err = {0};
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	conf_write_defaults(out);
	fclose(out);
	if (conf_read(read, path, &err)) fail_msg("%s", err.text);
	for (int s = 0; s < CONF_SETTINGS; s++) {
		assert_string_equal(conf_text(read, (enum setting)s), conf_text(fresh, (enum setting)s));
		assert_true(conf_number(read, (enum setting)s) == conf_number(fresh, (enum setting)s));
	}
	conf_free(fresh);
	conf_free(read);
}

static void setting_takes_what_its_row_allows(void **unused) {
	(void)unused;
	static const struct {
		enum setting setting;
		const char *value;
		bool good;
		uint64_t number;
	} rows[] = {
		{CONF_validation_workers, "1", true, 1},
		{CONF_validation_workers, "64", true, 64},
		{CONF_validation_workers, "0", false, 0},
		{CONF_validation_workers, "65", false, 0},
		{CONF_validation_workers, "-1", false, 0},
		{CONF_validation_workers, "", false, 0},
		{CONF_validation_workers, "2x", false, 0},
		{CONF_validation_workers, "99999999999999999999", false, 0},
		{CONF_report_keep, "1k", true, 1024},
		{CONF_verify_interval, "3600", true, 3600},
		{CONF_verify_interval, "60m", true, 3600},
		{CONF_verify_interval, "2d", true, 172800},
		{CONF_verify_interval, "59m", false, 0},
		{CONF_verify_interval, "2dd", false, 0},
		{CONF_verify_interval, "18446744073709551615d", false, 0},
		{CONF_validation_revocation, "soft", true, 0},
		{CONF_validation_revocation, "sof", false, 0},
		{CONF_validation_revocation, "hard soft", false, 0},
		{CONF_validation_revocation, "", false, 0},
		{CONF_network_offline, "yes", true, 1},
		{CONF_network_offline, "no", true, 0},
		{CONF_network_offline, "true", false, 0},
		{CONF_archive_name, "", true, 0},
		{CONF_archive_name, "Kho lưu trữ", true, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf *conf = conf_new();
		struct error err = {0};
		int rc = conf_set(conf, rows[i].setting, rows[i].value, &err);
		if ((rc == 0) != rows[i].good) fail_msg("row %zu: %s", i, rows[i].value);
		assert_int_equal(err.code, rows[i].good ? ERROR_NONE : ERROR_CONFIG);
		if (rows[i].good) {
			assert_string_equal(conf_text(conf, rows[i].setting), rows[i].value);
			assert_true(conf_number(conf, rows[i].setting) == rows[i].number);
		}
		conf_free(conf);
	}
}

static void wrong_line_is_named(void **unused) {
	(void)unused;
	static const struct {
		const char *text, *part;
	} rows[] = {
		{"[validation]\nworkers = 3\nworkres = 3\n", "line 3: unknown setting validation.workres"},
		{"[vaildation]\nworkers = 3\n", "line 2: unknown setting vaildation.workers"},
		{"[validation]\n\nworkers = many\n", "line 3: validation.workers: \"many\" is not a value from 1 to 64"},
		{"[validation]\nnonsense\n", "line 2"},
		{"workers = 3\n", "line 1"},
		{"[validation]\nworkers = 3\nworkers = 4\n", "line 3: validation.workers is set twice"},
		{"[validation]\nworkers = 3\n  sandbox = best\n", "line 3: validation.workers is set twice (an indented line goes on"},
		{"[verify]\ninterval = 5 d\n", "3600 to 315360000 (seconds; m, h or d may follow the number)"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf *conf = conf_new();
		struct error err = {0};
		assert_int_equal(read_text(conf, rows[i].text, &err), -1);
		assert_int_equal(err.code, ERROR_CONFIG);
		if (!strstr(err.text, rows[i].part) || !strstr(err.text, path)) fail_msg("%s", err.text);
		conf_free(conf);
	}
}

static void list_goes_on_in_indented_lines(void **unused) {
	(void)unused;
	static const char *const texts[] = {"[backup]\nmedia = /media/a \"/media/b c\"\n  /media/d\n", "[backup]\nmedia =\n\t/media/a \"/media/b c\"\n\t/media/d\n",
	                                    "[backup]\nmedia = /media/a \"/media/b c\"\nmedia = /media/d\n"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct conf *conf = conf_new();
		struct error err = {0};
		if (read_text(conf, texts[i], &err)) fail_msg("%s", err.text);
		assert_string_equal(conf_text(conf, CONF_backup_media), "/media/a \"/media/b c\" /media/d");
		conf_free(conf);
	}
}

/* The parser would cut it, and the second half be another setting or none. */
static void line_that_is_too_long_is_named(void **unused) {
	(void)unused;
	for (int longer = 0; longer < 2; longer++) {
		struct conf *conf = conf_new();
		struct error err = {0};
		char *text = xasprintf("[archive]\nsite = x\nname = %0*d\n", 191 + longer, 0); /* 199 bytes, and one more */
		assert_int_equal(read_text(conf, text, &err), longer ? -1 : 0);
		if (longer && !strstr(err.text, "line 3: longer than 199 bytes")) fail_msg("%s", err.text);
		if (!longer) assert_int_equal(strlen(conf_text(conf, CONF_archive_name)), 191);
		free(text);
		conf_free(conf);
	}
}

static void file_that_cannot_be_a_configuration_is_refused(void **unused) {
	(void)unused;
	struct conf *conf = conf_new();
	struct error err = {0};
	assert_int_equal(conf_read(conf, "/tmp/ltvault-no-such-file", &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	error_clear(&err);
	assert_int_equal(conf_read(conf, "/tmp", &err), -1);
	for (int longer = 0; longer < 2; longer++) {
		error_clear(&err);
		assert_int_equal(read_text(conf, "", &err), 0);
		/* A hole of zeros is no setting; what matters is whether it is read at all. */
		assert_int_equal(truncate(path, (off_t)LIMIT_CONFIG_BYTES + longer), 0);
		conf_read(conf, path, &err);
		assert_int_equal(strstr(err.text, "reasonable size") != NULL, longer);
	}
	conf_free(conf);
}

/* docs/settings.md has one row for each setting, in order: name, default, what it means. */
static void settings_are_documented(void **unused) {
	(void)unused;
	const struct setting_row *rows = conf_rows();
	FILE *in = fopen(TEST_SOURCE_DIR "/docs/settings.md", "r");
	assert_non_null(in);
	char line[1024];
	int next = 0;
	while (fgets(line, sizeof line, in)) {
		if (strncmp(line, "| `", 3)) continue;
		if (next == CONF_SETTINGS) fail_msg("docs/settings.md: too many rows: %s", line);
		char *expected = xasprintf("| `%s.%s` | %s%s%s | %s |", rows[next].section, rows[next].key, *rows[next].initial ? "`" : "",
		                           rows[next].initial, *rows[next].initial ? "`" : "", rows[next].text);
		/* A last column, for what the program does not say itself, is free. */
		if (strncmp(line, expected, strlen(expected))) fail_msg("docs/settings.md: expected %s, found %s", expected, line);
		free(expected);
		next++;
	}
	fclose(in);
	if (next < CONF_SETTINGS) fail_msg("docs/settings.md: %s.%s is missing", rows[next].section, rows[next].key);
}

static void several_values_are_cut_at_blanks_and_kept_whole_in_quotes(void **unused) {
	(void)unused;
	static const struct {
		const char *text, *values[3];
	} cases[] = {
		{"", {NULL}},
		{"  ", {NULL}},
		{"/media/a", {"/media/a"}},
		{" /media/a  /media/b ", {"/media/a", "/media/b"}},
		{"\"/media/my disk\" /media/b", {"/media/my disk", "/media/b"}},
		{"/media/b \"/media/my disk", {"/media/b", "/media/my disk"}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = xstrdup(cases[i].text), *rest = text, *value;
		size_t n = 0;
		for (; (value = conf_next(&rest)); n++) assert_string_equal(value, cases[i].values[n]);
		assert_null(cases[i].values[n]);
		free(text);
	}
}

int main(void) {
	int fd = mkstemp(path);
	if (fd < 0) return 1;
	close(fd);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_defaults_read_back_the_same),
		cmocka_unit_test(setting_takes_what_its_row_allows),
		cmocka_unit_test(wrong_line_is_named),
		cmocka_unit_test(list_goes_on_in_indented_lines),
		cmocka_unit_test(line_that_is_too_long_is_named),
		cmocka_unit_test(file_that_cannot_be_a_configuration_is_refused),
		cmocka_unit_test(settings_are_documented),
		cmocka_unit_test(several_values_are_cut_at_blanks_and_kept_whole_in_quotes),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
