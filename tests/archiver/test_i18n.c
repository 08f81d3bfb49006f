#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "base/mem.h"
#include "validator/indication.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void language_comes_from_the_first_variable_that_is_set(void **unused) {
	(void)unused;
	static const struct {
		const char *own, *all, *messages, *lang;
		enum language expected;
	} rows[] = {
		{NULL, NULL, NULL, NULL, LANGUAGE_EN},     {NULL, NULL, NULL, "vi_VN.UTF-8", LANGUAGE_VI},
		{NULL, NULL, NULL, "C.UTF-8", LANGUAGE_EN}, {NULL, "C", NULL, "vi_VN.UTF-8", LANGUAGE_EN},
		{NULL, NULL, "vi", "C", LANGUAGE_VI},      {"vi", "C", "C", "C", LANGUAGE_VI},
		{"en", "vi_VN", NULL, NULL, LANGUAGE_EN},  {"", "vi_VN", NULL, NULL, LANGUAGE_VI},
	};
	static const char *const names[] = {"LTVAULT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *values[] = {rows[i].own, rows[i].all, rows[i].messages, rows[i].lang};
		for (size_t k = 0; k < ARRAY_LEN(names); k++) values[k] ? setenv(names[k], values[k], 1) : unsetenv(names[k]);
		i18n_set_language(LANGUAGE_EN);
		i18n_init();
		assert_int_equal(i18n_language(), rows[i].expected);
	}
}

static void text_is_in_the_language_asked_for(void **unused) {
	(void)unused;
	i18n_set_language(LANGUAGE_VI);
	assert_string_equal(_("signature valid"), "Chữ ký hợp lệ");
	assert_string_equal(i18n_text_in(LANGUAGE_EN, "signature valid"), "signature valid");
	i18n_set_language(LANGUAGE_EN);
	assert_string_equal(_("signature valid"), "signature valid");
	assert_string_equal(i18n_text_in(LANGUAGE_VI, "signature not valid"), "Chữ ký không hợp lệ");
	assert_string_equal(i18n_text_in(LANGUAGE_VI, "not enough information to validate"), "Không đủ thông tin xác thực");
	assert_string_equal(i18n_text_in(LANGUAGE_VI, "no such text"), "no such text");
	assert_string_equal(i18n_text_in(LANGUAGE_VI, ""), "");
	assert_int_equal(i18n_parse("vi"), LANGUAGE_VI);
	assert_int_equal(i18n_parse("en"), LANGUAGE_EN);
	assert_int_equal(i18n_parse("vie"), -1);
}

static void every_indication_has_words(void **unused) {
	(void)unused;
	for (int i = 0; i <= INDICATION_FAILED; i++) {
		const char *total = indication_total_name((enum indication)i), *plain = indication_name((enum indication)i);
		assert_string_not_equal(explain_indication(total), total);
		assert_string_not_equal(explain_indication(plain), plain);
	}
	assert_string_equal(explain_indication("SOMETHING"), "SOMETHING");
	for (int s = SUB_NONE + 1; s < SUB_INDICATIONS; s++) {
		const char *name = sub_indication_name((enum sub_indication)s);
		assert_string_not_equal(explain_reason(name), "");
		assert_string_not_equal(explain_advice(name), "");
	}
	assert_string_equal(explain_advice(""), "");
}

static void hostile_text_is_shown_and_does_nothing(void **unused) {
	(void)unused;
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"Nguyễn Văn Đức", "Nguyễn Văn Đức"},
		{"", ""},
		{"a\033[2Jb", "a\\u001b[2Jb"},
		{"a\nb", "a\\u000ab"},
		{"a\xc2\x9b" "b", "a\\u009bb"},
		{"a\xe2\x80\xae" "fdp.b", "a\\u202efdp.b"},
		{"\xff\xc3", "\\xff\\xc3"},
		{"\xc0\x80", "\\xc0\\x80"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *shown = explain_safe(rows[i].text);
		assert_string_equal(shown, rows[i].shown);
		free(shown);
	}
}

static void time_is_shown_in_the_zone_of_the_reader(void **unused) {
	(void)unused;
	static const struct {
		enum language language;
		const char *text, *shown;
	} rows[] = {
		{LANGUAGE_EN, "2026-11-22T02:00:00Z", "2026-11-22 09:00:00 (UTC+0700)"},
		{LANGUAGE_VI, "2026-11-21T19:30:00.5Z", "02:30:00 ngày 22/11/2026 (UTC+0700)"},
		{LANGUAGE_EN, "1969-12-31T23:59:59.5Z", "1970-01-01 06:59:59 (UTC+0700)"},
		{LANGUAGE_EN, "D:20261122", "D:20261122"},
		{LANGUAGE_EN, "", ""},
	};
	setenv("TZ", "ICT-7", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		i18n_set_language(rows[i].language);
		char *shown = explain_time(rows[i].text);
		assert_string_equal(shown, rows[i].shown);
		free(shown);
	}
	i18n_set_language(LANGUAGE_EN);
}

static void finding_is_translated_with_its_detail(void **unused) {
	(void)unused;
	static const struct {
		const char *text, *detail, *shown;
	} rows[] = {
		{"the file is empty", NULL, "tệp rỗng"},
		{"the file is empty", "0 bytes", "tệp rỗng (0 bytes)"},
		{"the file is empty: 0 bytes", NULL, "tệp rỗng (0 bytes)"},
	};
	i18n_set_language(LANGUAGE_VI);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *finding = json_pack("{s:s, s:s, s:s*}", "code", "EMPTY_FILE", "text", rows[i].text, "detail", rows[i].detail);
		char *shown = explain_finding(finding);
		assert_string_equal(shown, rows[i].shown);
		free(shown);
		json_decref(finding);
	}
	i18n_set_language(LANGUAGE_EN);
}

static void report_says_who_when_and_what_to_do(void **unused) {
	(void)unused;
	static const char report[] =
		"{\"file\": \"15-QD-UBND.pdf\", \"indication\": \"INDETERMINATE\", \"sub_indication\": \"TRY_LATER\", \"at\": \"2026-11-22T02:00:00Z\","
		"\"rules\": [{\"code\": \"ORGANISATION_SIGNATURE_MISSING\", \"severity\": \"warning\", \"text\": \"no organisation has signed\","
		"\"rule\": \"Decree 30/2020 art. 5.1\"}],"
		"\"findings\": [], \"signatures\": [{\"id\": \"Signature1\", \"kind\": \"signature\", \"indication\": \"INDETERMINATE\","
		"\"sub_indication\": \"TRY_LATER\", \"coverage\": \"whole-revision\", \"modification\": \"permitted\", \"signer\": {\"subject\":"
		"\"CN=Trần Thị B,O=UBND tỉnh\", \"issuer\": \"CN=CA\", \"role\": \"person\"}, \"signing_time\": {\"claimed\": \"2026-11-20T01:00:00Z\","
		"\"proven\": null, \"basis\": \"none\"}, \"timestamps\": [], \"findings\": [{\"code\": \"EMPTY_FILE\", \"severity\": \"error\", \"text\": \"the file is empty\"}]}]}";
	static const char *const parts[] = {
		"15-QD-UBND.pdf\nKhông đủ thông tin xác thực (TRY_LATER)\n", "1. Trần Thị B: Không đủ thông tin xác thực",
		"- cảnh báo: chưa có chữ ký số của cơ quan, tổ chức; Nghị định 30/2020 điều 5.1 [ORGANISATION_SIGNATURE_MISSING]",
		"=> Xem phần quy định", "08:00:00 ngày 20/11/2026", "- lỗi: tệp rỗng [EMPTY_FILE]", "   lý do: không kiểm tra được chứng thư có bị thu hồi hay không\n   => Kiểm tra lại sau", "tư cách ký                cá nhân",
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *json = json_loads(report, 0, NULL);
	i18n_set_language(LANGUAGE_VI);
	explain_report(out, json, true);
	i18n_set_language(LANGUAGE_EN);
	fclose(out);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strstr(text, parts[i])) fail_msg("%s\nlacks: %s", text, parts[i]);
	free(text);
	/* A report that lacks everything is shown without a word, and without a fault. */
	json_t *nothing = json_pack("{s:[{}], s:[{}], s:[{}]}", "signatures", "findings", "chain");
	out = open_memstream(&text, &size);
	explain_report(out, nothing, true);
	fclose(out);
	free(text);
	json_decref(json);
	json_decref(nothing);
}

static void time_stamps_and_evidence_records_are_not_spoken_of_as_signatures(void **state) {
	(void)state;
	static const struct {
		const char *kind, *indication, *sub, *verdict, *why;
	} cases[] = {
		{"signature", "TOTAL-FAILED", "HASH_FAILURE", "signature not valid", "the content was changed after it was signed"},
		{"timestamp", "TOTAL-FAILED", "HASH_FAILURE", "timestamp not valid", "the content was changed after it was time-stamped, or the time-stamp is about something else"},
		{"document-timestamp", "TOTAL-PASSED", "", "timestamp valid", "the content is as it was time-stamped, and the authority can be relied on"},
		{"evidence-record", "TOTAL-FAILED", "HASH_FAILURE", "evidence record not valid", "the data was changed, or the evidence record is about something else"},
		{"evidence-record", "INDETERMINATE", "TRY_LATER", "not enough information about the evidence record", "whether a certificate was revoked could not be checked"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *entry = json_pack("{s:s, s:s, s:s}", "kind", cases[i].kind, "indication", cases[i].indication, "sub_indication", cases[i].sub);
		struct explained e = explain_verdict(entry);
		assert_string_equal(e.verdict, cases[i].verdict);
		assert_string_equal(e.why, cases[i].why);
		json_decref(entry);
	}
}

static void general_sub_indication_is_told_by_the_error_behind_it(void **state) {
	(void)state;
	static const struct {
		const char *sub, *code, *why, *help;
	} cases[] = {
		{"SIG_CONSTRAINTS_FAILURE", "CHANGE_FORBIDDEN", "after this signature something was changed that it does not permit", "Ask the sender for the file as it was signed."},
		{"SIG_CONSTRAINTS_FAILURE", "NO_SUCH_CODE", "the signature, or what was added after it, does not meet the validation policy", "See the findings. If something"},
		{"CERTIFICATE_CHAIN_GENERAL_FAILURE", "CERT_NOT_YET_VALID", "the certificate was not yet valid at the validation time", "Check the clock"},
		{"TRY_LATER", "CERT_ON_HOLD", "the certificate is suspended", "Ask the sender what became"},
		{"TRY_LATER", "REVOCATION_MISSING", "whether a certificate was revoked could not be checked", "Validate again later"},
		{"HASH_FAILURE", "CHANGE_FORBIDDEN", "the content was changed after it was signed", "Do not use this file."},
		{"CUSTOM", "DOCUMENT_TOO_LARGE", "the file is too large to be judged", "Ask the sender for a smaller file"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *entry = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "kind", "signature", "indication", "INDETERMINATE", "sub_indication", cases[i].sub, "findings",
		                          "severity", "warning", "code", "CHANGE_NOTICED", "severity", "error", "code", cases[i].code);
		json_t *other = json_pack("{s:s, s:[{s:s, s:s}]}", "sub_indication", "EXPIRED", "findings", "severity", "error", "code", "EMPTY_FILE");
		json_t *report = json_pack("{s:s, s:s, s:[], s:[o, O]}", "indication", "INDETERMINATE", "sub_indication", cases[i].sub, "findings", "signatures", other, entry);
		for (int whole = 0; whole < 2; whole++) {
			struct explained e = explain_verdict(whole ? report : entry);
			assert_string_equal(e.why, cases[i].why);
			if (strncmp(e.help, cases[i].help, strlen(cases[i].help)) != 0) fail_msg("%s", e.help);
		}
		json_decref(report);
		json_decref(entry);
	}
}

/* A report with this end of its proof, as a page. The caller's. */
static char *page_until(const char *indication, const char *until, const char *limit, const char *detail, size_t signatures, enum language language) {
	char *text = NULL;
	size_t size;
	json_t *p = json_pack("{s:s?, s:s, s:s}", "until", until, "limit", limit, "detail", detail), *list = json_array();
	for (size_t i = 0; i < signatures; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:O}", "id", "S", "indication", indication, "provable", p));
	json_t *report = json_pack("{s:s, s:s, s:o, s:o}", "indication", indication, "at", "2026-11-22T02:00:00Z", "provable", p, "signatures", list);
	FILE *out = open_memstream(&text, &size);
	i18n_set_language(language);
	explain_report(out, report, false);
	i18n_set_language(LANGUAGE_EN);
	fclose(out);
	json_decref(report);
	return text;
}

static void report_says_until_when_it_is_provable_and_why_no_longer(void **unused) {
	(void)unused;
	static const struct {
		const char *indication, *until, *limit, *detail;
		enum language language;
		size_t signatures;
		const char *has, *lacks;
	} rows[] = {
		{"TOTAL-PASSED", "2030-03-04T09:12:33Z", "root", "CN=Old", LANGUAGE_EN, 1, " (UTC+0700), because the root ends then, or the trust in it (CN=Old)\n", "Since then"},
		{"TOTAL-PASSED", "2030-03-04T09:12:33Z", "root", "CN=Old", LANGUAGE_VI, 1,
		 "chứng minh được đến 16:12:33 ngày 04/03/2030 (UTC+0700), vì khi đó chứng thư gốc hết hạn hoặc không còn được tin cậy (CN=Old)\n", "   chứng minh"},
		{"TOTAL-PASSED", "2030-03-04T09:12:33Z", "status", "no status that serves the proof: CN=A", LANGUAGE_EN, 1, "was revoked (CN=A)\n", "serves"},
		{"TOTAL-PASSED", "2026-11-22T02:00:00Z", "signer-certificate", "", LANGUAGE_EN, 1, "ends then\n", "Since then"},
		{"TOTAL-PASSED", "2026-11-22T01:59:59Z", "signer-certificate", "", LANGUAGE_EN, 1, "=> Since then it rests on the archive's word", "()"},
		{"TOTAL-PASSED", "2030-03-04T09:12:33Z", "algorithm", "", LANGUAGE_EN, 2, "   provable until            2030-03-04", "()"},
		{"INDETERMINATE", NULL, "none", "INDETERMINATE TRY_LATER", LANGUAGE_EN, 2, "", "rovable until"},
	};
	static const char *const limits[] = {"signer-certificate", "ca-certificate", "tsa-certificate", "status", "algorithm", "root"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = page_until(rows[i].indication, rows[i].until, rows[i].limit, rows[i].detail, rows[i].signatures, rows[i].language);
		if (!strstr(text, rows[i].has) || strstr(text, rows[i].lacks)) fail_msg("%zu: %s", i, text);
		free(text);
	}
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) assert_string_not_equal(explain_limit(limits[i]), limits[i]);
	assert_string_equal(explain_limit("weather"), "weather");
}

int main(void) {
	setenv("LTVAULT_LOCALEDIR", TEST_BINARY_DIR "/locale", 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(language_comes_from_the_first_variable_that_is_set),
		cmocka_unit_test(text_is_in_the_language_asked_for),
		cmocka_unit_test(general_sub_indication_is_told_by_the_error_behind_it),
		cmocka_unit_test(time_stamps_and_evidence_records_are_not_spoken_of_as_signatures),
		cmocka_unit_test(every_indication_has_words),
		cmocka_unit_test(hostile_text_is_shown_and_does_nothing),
		cmocka_unit_test(time_is_shown_in_the_zone_of_the_reader),
		cmocka_unit_test(finding_is_translated_with_its_detail),
		cmocka_unit_test(report_says_who_when_and_what_to_do),
		cmocka_unit_test(report_says_until_when_it_is_provable_and_why_no_longer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
