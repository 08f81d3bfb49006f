#include "archiver/notice.h"
#include "archiver/i18n.h"
#include "archiver/intake_finding.h"
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/archiver/folder.h"

static struct notice sample(json_t *metadata, json_t *report, json_t *findings) {
	return (struct notice){.archive = "Kho",
			       .organisation = "H35.6",
			       .name = "15-Q\xc4\x90\n\xff.pdf",
			       .key = "k",
			       .number = 12,
			       .when = INT64_C(1763776800000000),
			       .metadata = metadata,
			       .report = report,
			       .findings = findings};
}

static void notice_names_document_reasons_and_both_languages(void **state) {
	(void)state;
	struct error err = {0};
	char *outbox = folder_new("notice");
	json_t *metadata = json_pack("{s:s, s:s, s:s}", "number", "15", "symbol", "QĐ-UBND", "date", "2025-03-14");
	json_t *report = json_pack("{s:s, s:s, s:[], s:[{s:[{s:s,s:s,s:s,s:s}]}]}", "indication", "TOTAL-FAILED",
				   "sub_indication", "HASH_FAILURE", "findings", "signatures", "findings", "code",
				   "X_CODE", "severity", "error", "rule", "", "text", "the digest differs");
	json_t *findings = json_pack("[oo]", archive_finding_json(ARCHIVE_FINDING_DUPLICATE_NUMBER, "record 3"),
				     archive_finding_json(ARCHIVE_FINDING_METADATA_UNUSABLE, "15.json: the file is empty"));
	i18n_init();
	struct notice n = sample(metadata, report, findings);
	char *base = notice_write(&n, outbox, &err);
	assert_non_null(base);
	char *txt = xasprintf("%s.txt", base), *js = xasprintf("%s.json", base);
	char *text = folder_text(txt);
	static const char *const lines[] = {"15-QĐ\\n\\xff.pdf", "15/QĐ-UBND, 2025-03-14",
					    "TOTAL-FAILED / HASH_FAILURE", "the digest differs (X_CODE)",
					    "record 3 (DUPLICATE_NUMBER)"};
	static const char *const once[] = {"Result of the check: signature not valid (TOTAL-FAILED / HASH_FAILURE)",
					   "Kết quả kiểm tra: Chữ ký không hợp lệ (TOTAL-FAILED / HASH_FAILURE)",
					   "lý do: nội dung đã bị thay đổi sau khi ký", ": 15.json: the file is empty (METADATA_UNUSABLE)",
					   ": 15.json: tệp rỗng (METADATA_UNUSABLE)"};
	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		if (!strstr(text, once[i])) fail_msg("%s\nlacks: %s", text, once[i]);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *first = strstr(text, lines[i]);
		assert_non_null(first);
		assert_non_null(strstr(first + 1, lines[i])); /* once in each language */
	}
	json_t *json = json_load_file(js, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "decision")), "refused");
	assert_int_equal(json_integer_value(json_object_get(json, "record")), 12);
	assert_int_equal(json_array_size(json_object_get(json, "reasons")), 3);
	assert_non_null(
		json_object_get(json_object_get(json_array_get(json_object_get(json, "reasons"), 0), "text"), "vi"));
	/* Again: the same names. */
	char *again = notice_write(&n, outbox, &err);
	assert_string_equal(again, base);
	json_decref(json), json_decref(metadata), json_decref(report), json_decref(findings);
	folder_remove(outbox);
	free(outbox), free(base), free(again), free(txt), free(js), free(text);
}

static void errors_come_before_warnings_and_the_number_is_bounded(void **state) {
	(void)state;
	json_t *findings = json_array();
	json_array_append_new(findings, archive_finding_json(ARCHIVE_FINDING_DUPLICATE_NUMBER, ""));
	for (int i = 0; i < 60; i++) json_array_append_new(findings, validator_finding_json(FINDING_EMPTY_FILE, ""));
	json_t *reasons = notice_reasons(NULL, findings);
	assert_int_equal(json_array_size(reasons), 50);
	assert_string_equal(json_string_value(json_object_get(json_array_get(reasons, 0), "code")), "EMPTY_FILE");
	json_decref(reasons), json_decref(findings);
}

static void outbox_that_is_not_there_is_an_error(void **state) {
	(void)state;
	struct error err = {0};
	struct notice n = sample(NULL, NULL, NULL);
	assert_null(notice_write(&n, "/nonexistent/outbox", &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notice_names_document_reasons_and_both_languages),
		cmocka_unit_test(errors_come_before_warnings_and_the_number_is_bounded),
		cmocka_unit_test(outbox_that_is_not_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
