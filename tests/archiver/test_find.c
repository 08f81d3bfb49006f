#include "archiver/find.h"
#include "archiver/query.h"

#include "tests/archiver/sample_archive.h"

#include <jansson.h>

extern const struct command command_find;

static void rows_are_json_lines_with_the_documented_keys(void **state) {
	(void)state;
	struct app app = sample_archive("find-json");
	static const char *const keys[] = {"record",       "sha256",         "number",   "symbol",  "date",
					   "organisation", "subject",        "type",     "signers", "state",
					   "indication",   "sub_indication", "taken_in", "expires", "file",    "match",
					   "provable",     "provable_limit"};
	int status;
	app.json = true;
	char *text = RUN(&app, &command_find, &status, "hòa");
	assert_int_equal(status, EXIT_FINE);
	int lines = 0;
	for (char *line = text, *end; *line; line = end + 1, lines++) {
		end = strchr(line, '\n');
		assert_non_null(end);
		json_t *row = json_loadb(line, (size_t)(end - line), 0, NULL);
		assert_non_null(row);
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (!json_object_get(row, keys[i])) fail_msg("%s is missing", keys[i]);
		assert_int_equal(json_object_size(row), ARRAY_LEN(keys));
		assert_string_equal(json_string_value(json_object_get(row, "match")), lines < 2 ? "exact" : "folded");
		json_decref(row);
	}
	assert_int_equal(lines, 3);
	free(text);
	sample_end(&app);
}

static void nothing_found_is_status_1_and_no_row(void **state) {
	(void)state;
	struct app app = sample_archive("find-nothing");
	int status;
	app.json = true;
	char *text = RUN(&app, &command_find, &status, "xyzzy");
	assert_int_equal(status, EXIT_FINDINGS);
	assert_string_equal(text, "");
	free(text);
	text = RUN(&app, &command_find, &status, "--count", "xyzzy");
	assert_int_equal(status, EXIT_FINDINGS);
	assert_string_equal(text, "{\"count\":0}\n");
	free(text);
	sample_end(&app);
}

static void table_has_a_heading_and_a_line_a_record(void **state) {
	(void)state;
	struct app app = sample_archive("find-table");
	int status, lines = 0;
	char *text = RUN(&app, &command_find, &status, "--limit", "0");
	assert_int_equal(status, EXIT_FINE);
	for (char *p = text; *p; p++) lines += *p == '\n';
	assert_int_equal(lines, 5);
	assert_non_null(strstr(text, "Record"));
	assert_non_null(strstr(text, "15/QĐ-UBND"));
	assert_non_null(strstr(text, "quarantined"));
	assert_non_null(strstr(text, "no?metadata")); /* a name with a newline does not break the table */
	free(text);
	sample_end(&app);
}

static void limit_and_offset_cut_the_list(void **state) {
	(void)state;
	struct app app = sample_archive("find-limit");
	int status;
	app.json = true;
	char *text = RUN(&app, &command_find, &status, "--limit=1", "--offset", "1");
	assert_non_null(strstr(text, "\"record\":3"));
	assert_null(strstr(text, "\"record\":2"));
	assert_null(strstr(text, "\"record\":4"));
	free(text);
	sample_end(&app);
}

static void wrong_requests_are_status_2(void **state) {
	(void)state;
	struct app app = sample_archive("find-wrong");
	static const char *const wrong[] = {"colour:red", "--limit=x", "--offset=-1", "date:soon"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		int status;
		char *text = RUN(&app, &command_find, &status, wrong[i]);
		assert_int_equal(status, EXIT_UNUSABLE);
		assert_string_equal(text, "");
		free(text);
	}
	sample_end(&app);
}

/* docs/search.md has a line for every field, with its Vietnamese name; the manual names it. */
static void every_field_is_documented(void **state) {
	(void)state;
	char *text = folder_text(TEST_SOURCE_DIR "/docs/search.md");
	assert_non_null(text);
	for (size_t i = 0; i < QUERY_FIELDS; i++) {
		char *row = xasprintf("| `%s` | `%s` |", query_fields[i].name, query_fields[i].alias);
		if (!strstr(text, row)) fail_msg("docs/search.md lacks %s", row);
		char *word = xasprintf(" %s,", query_fields[i].name);
		if (!strstr(command_find.manual, word)) fail_msg("the manual of find lacks %s", query_fields[i].name);
		free(word);
		free(row);
	}
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_json_lines_with_the_documented_keys),
		cmocka_unit_test(nothing_found_is_status_1_and_no_row),
		cmocka_unit_test(table_has_a_heading_and_a_line_a_record),
		cmocka_unit_test(limit_and_offset_cut_the_list),
		cmocka_unit_test(wrong_requests_are_status_2),
		cmocka_unit_test(every_field_is_documented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
