#include "archiver/show.h"

#include "tests/archiver/sample_archive.h"

extern const struct command command_show;

static char *digest_of(const char *content) {
	unsigned char digest[SHA256_SIZE];
	sha256_bytes(content, strlen(content), digest);
	return hex_dup(digest, sizeof digest);
}

static void record_is_named_by_number_and_digest(void **state) {
	(void)state;
	struct app app = sample_archive("show-id");
	char *hex = digest_of(samples[1].content), *part = xstrndup(hex, 9), *whole = xasprintf("sha256:%s", hex);
	const struct {
		const char *text;
		enum error_code code;
		uint64_t number;
	} cases[] = {
		{"2", ERROR_NONE, 2},        {"02", ERROR_NONE, 2},
		{hex, ERROR_NONE, 2},        {whole, ERROR_NONE, 2},
		{part, ERROR_NONE, 2},       {"5", ERROR_NOT_FOUND, 0},
		{"0", ERROR_NOT_FOUND, 0},   {"abcdef0123456789", ERROR_NOT_FOUND, 0},
		{"abcdef0", ERROR_USAGE, 0}, {"", ERROR_USAGE, 0},
		{"xyz", ERROR_USAGE, 0},     {"-1", ERROR_USAGE, 0},
		{"sha256:", ERROR_USAGE, 0},
	};
	sample_open(&app, STORE_READ);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		uint64_t number = 0;
		show_id(&app, cases[i].text, &number, &err);
		if (err.code != cases[i].code) fail_msg("%s: %s", cases[i].text, err.text);
		if (!err.code) assert_int_equal(number, cases[i].number);
	}
	free(hex);
	free(part);
	free(whole);
	sample_end(&app);
}

static void document_holds_everything(void **state) {
	(void)state;
	struct app app = sample_archive("show-document");
	struct error err = {0};
	sample_open(&app, STORE_READ);
	json_t *doc = show_document(&app, 1, 0, &err);
	assert_non_null(doc);
	assert_string_equal(json_string_value(json_object_get(doc, "schema")), "ltvault.record/1");
	assert_string_equal(json_string_value(json_object_get(doc, "file")), "15-QD-UBND.signed.pdf");
	assert_string_equal(json_string_value(json_object_get(json_object_get(doc, "metadata"), "symbol")), "QĐ-UBND");
	assert_int_equal(json_array_size(json_object_get(doc, "verdicts")), 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(doc, "report"), "indication")),
			    "TOTAL-PASSED");
	assert_true(json_is_false(json_object_get(doc, "overdue")));
	json_decref(doc);
	doc = show_document(&app, 3, 0, &err);
	assert_true(json_is_null(json_object_get(doc, "metadata")));
	assert_true(json_is_null(json_object_get(doc, "report")));
	json_decref(doc);
	assert_null(show_document(&app, 3, 1, &err));
	assert_int_equal(err.code, ERROR_USAGE);
	sample_end(&app);
}

static void every_field_of_the_metadata_is_shown(void **state) {
	(void)state;
	static const char *const shown[] = {"12", "13/2026", "KT. Phó Chủ tịch", "Đất đai", "VBĐH-ghi-chú", "H35.2026.7", "Thu hồi đất", "20 năm", "appendix", "Bên A", "Bên B", "Bộ 1"};
	char *text = NULL;
	size_t size;
	json_t *doc = json_pack("{s:{s:i,s:s,s:[{s:s,s:s,s:s}],s:s,s:s,s:{s:s,s:s,s:s},s:s,s:s,s:s,s:s}}", "metadata", "pages", 12, "arrival_number", "13/2026", "signers",
	                        "authority", "KT", "position", "Phó Chủ tịch", "name", "Lê A", "domain", "Đất đai", "description", "VBĐH-ghi-chú", "file", "code",
	                        "H35.2026.7", "title", "Thu hồi đất", "retention", "20 năm", "role", "appendix", "sender", "Bên A", "recipient", "Bên B", "set", "Bộ 1");
	FILE *out = open_memstream(&text, &size);
	show_print(out, doc);
	fclose(out);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		if (!strstr(text, shown[i])) fail_msg("%s\nlacks: %s", text, shown[i]);
	free(text);
	json_decref(doc);
}

static void exit_status_tells_the_verdict(void **state) {
	(void)state;
	struct app app = sample_archive("show-status");
	static const struct {
		const char *id;
		int status;
	} cases[] = {{"1", EXIT_FINE}, {"2", EXIT_FINDINGS}, {"3", EXIT_FINDINGS}, {"9", EXIT_UNUSABLE}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status;
		char *text = RUN(&app, &command_show, &status, cases[i].id);
		assert_int_equal(status, cases[i].status);
		free(text);
	}
	sample_end(&app);
}

static void raw_gives_the_original_bytes(void **state) {
	(void)state;
	struct app app = sample_archive("show-raw");
	int status;
	char *text = RUN(&app, &command_show, &status, "--raw", "1");
	assert_int_equal(status, EXIT_FINE);
	assert_string_equal(text, samples[0].content);
	free(text);
	sample_end(&app);
}

static void damaged_bytes_are_not_put_out(void **state) {
	(void)state;
	struct app app = sample_archive("show-damaged");
	struct object_id id;
	int status;
	sha256_bytes(samples[0].content, strlen(samples[0].content), id.sha256);
	sample_damage(&app, &id);
	char *text = RUN(&app, &command_show, &status, "--raw", "1");
	assert_int_equal(status, EXIT_DAMAGE);
	assert_string_equal(text, "");
	free(text);
	sample_end(&app);
}

static void damaged_report_is_told_and_the_rest_is_shown(void **state) {
	(void)state;
	struct app app = sample_archive("show-report");
	struct object_id id;
	int status;
	sha256_bytes(samples[0].report, strlen(samples[0].report), id.sha256);
	sample_damage(&app, &id);
	app.json = true;
	char *text = RUN(&app, &command_show, &status, "1");
	assert_int_equal(status, EXIT_DAMAGE);
	json_t *doc = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(doc, "report_bytes")), "damaged");
	assert_string_equal(json_string_value(json_object_get(doc, "file")), "15-QD-UBND.signed.pdf");
	json_decref(doc);
	free(text);
	sample_end(&app);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_is_named_by_number_and_digest),
		cmocka_unit_test(document_holds_everything),
		cmocka_unit_test(every_field_of_the_metadata_is_shown),
		cmocka_unit_test(exit_status_tells_the_verdict),
		cmocka_unit_test(raw_gives_the_original_bytes),
		cmocka_unit_test(damaged_bytes_are_not_put_out),
		cmocka_unit_test(damaged_report_is_told_and_the_rest_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
