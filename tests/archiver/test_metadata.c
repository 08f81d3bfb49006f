#include "archiver/metadata.h"
#include "base/digest.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int check(const char *text, struct metadata *m, struct error *reason) {
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(json);
	memset(reason, 0, sizeof *reason);
	int rc = metadata_check(json, m, reason);
	json_decref(json);
	return rc;
}

static void canonical_form_is_sorted_composed_and_without_empty_fields(void **state) {
	(void)state;
	static const struct {
		const char *given, *kept;
	} cases[] = {
		{"{}", "{}"},
		{"{\"symbol\":\"QĐ-UBND\",\"number\":15}", "{\"number\":\"15\",\"symbol\":\"QĐ-UBND\"}"},
		{"{\"subject\":\"\",\"type\":null,\"pages\":\"12\"}", "{\"pages\":12}"},
		/* An empty text is as good as none, also where a number, a list or an object belongs. */
		{"{\"pages\":\"\",\"year\":\"\",\"signers\":\"\",\"file\":\"\",\"sent\":\"\",\"direction\":\"\",\"organisation\":\"\",\"attachments\":\"\"}", "{}"},
		{"{\"pages\":0}", "{\"pages\":0}"},
		{"{\"subject\":\"Quye\\u0302\\u0301t\"}", "{\"subject\":\"Quyết\"}"},
		{"{\"date\":\"14/03/2025\"}", "{\"date\":\"2025-03-14\"}"},
		{"{\"organisation\":\"Sở Y tế\"}", "{\"organisation\":{\"name\":\"Sở Y tế\"}}"},
		{"{\"direction\":\"Đến\",\"role\":\"main\"}", "{\"direction\":\"incoming\",\"role\":\"main\"}"},
		{"{\"sent\":\"2025-03-14T09:30:00+07:00\"}", "{\"sent\":\"2025-03-14T09:30:00+07:00\"}"},
		{"{\"received\":{\"value\":\"2025-03-14T02:30:00Z\",\"source\":\"VBĐH\"}}",
		 "{\"received\":{\"source\":\"VBĐH\",\"value\":\"2025-03-14T02:30:00Z\"}}"},
		{"{\"signers\":[\"Trần A\",{\"position\":\"Chủ tịch\",\"name\":\"Lê "
		 "B\"}],\"attachments\":[\"a.pdf\"],\"recipients\":[]}",
		 "{\"attachments\":[\"a.pdf\"],\"signers\":[{\"name\":\"Trần A\"},{\"name\":\"Lê "
		 "B\",\"position\":\"Chủ tịch\"}]}"},
		{"{\"secrecy\":\"none\",\"x-own\":[1,{\"b\":2,\"a\":1.5}]}", "{\"x-own\":[1,{\"a\":1.5,\"b\":2}]}"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct metadata m;
		struct error reason;
		assert_int_equal(check(cases[i].given, &m, &reason), 0);
		assert_string_equal(m.text, cases[i].kept);
		assert_null(m.secrecy);
		metadata_dispose(&m);
	}
}

static void wrong_types_and_lengths_are_named(void **state) {
	(void)state;
	static const struct {
		const char *given, *reason;
	} cases[] = {
		{"[]", "the metadata is not a JSON object"},
		{"\"15\"", "the metadata is not a JSON object"},
		{"{\"number\":1.5}", "number: is neither text nor a whole number"},
		{"{\"number\":-1}", "number: is neither text nor a whole number"},
		{"{\"number\":\"123456789012\"}", "number: longer than it may be: 12 > 11"},
		{"{\"symbol\":7}", "symbol: is not text"},
		{"{\"date\":\"2025-02-30\"}", "date: is not a date such as 2025-03-14"},
		{"{\"date\":\"2025-03-14T00:00:00Z\"}", "date: is not a date such as 2025-03-14"},
		{"{\"year\":25}", "year: is not a whole number in its range: 1900 .. 9999"},
		{"{\"sent\":\"hôm qua\"}", "sent: is not a time such as 2025-03-14T09:30:00+07:00"},
		{"{\"organisation\":{\"code\":7}}", "organisation.code: is not text"},
		{"{\"organisation\":{\"code\":\"H35.123456789012345678901234567890123\"}}",
		 "organisation.code: longer than it may be: 37 > 35"},
		{"{\"signers\":[{\"name\":\"A\"},{\"name\":[]}]}", "signers[1].name: is not text"},
		{"{\"attachments\":\"a.pdf\"}", "attachments: is not a list"},
		{"{\"attachments\":[7]}", "attachments: has an element of the wrong kind"},
		{"{\"direction\":\"sideways\"}", "direction: is not one of its words: incoming, outgoing"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct metadata m;
		struct error reason;
		assert_int_equal(check(cases[i].given, &m, &reason), -1);
		assert_int_equal(reason.code, ERROR_INPUT);
		assert_string_equal(reason.text, cases[i].reason);
		metadata_dispose(&m);
	}
}

static void longest_code_is_35_characters(void **state) {
	(void)state;
	struct metadata m;
	struct error reason;
	assert_int_equal(check("{\"organisation\":{\"code\":\"H35.1234567890123456789012345678901\"}}", &m, &reason),
			 0);
	assert_int_equal(strlen(metadata_inner_text(m.object, "organisation", "code")), 35);
	metadata_dispose(&m);
}

static void secrecy_is_found_under_every_name_and_when_other_fields_are_wrong(void **state) {
	(void)state;
	static const struct {
		const char *given, *level;
	} cases[] = {
		{"{\"secrecy\":\"MẬT\"}", "MẬT"},
		{"{\"secrecy\":\"Không\"}", NULL},
		{"{\"secrecy\":\"\"}", NULL},
		{"{\"secrecy\":null}", NULL},
		{"{\"secrecy\":0}", NULL},
		{"{\"secrecy\":1}", "1"},
		{"{\"secrecy\":true}", "true"},
		{"{\"secrecy\":false}", NULL},
		{"{\"secrecy\":\"sonstwas\"}", "sonstwas"},
		{"{\"secrecy\":{\"level\":2}}", "{\"level\":2}"},
		{"{\"Độ mật\":\"Tối mật\"}", "Tối mật"},
		{"{\"do-mat\":\"mật\"}", "mật"},
		{"{\"number\":[],\"secrecy\":\"Tuyệt mật\"}", "Tuyệt mật"},
		{"{\"classification\":\"secret\"}", "secret"},
		{"{\"subject\":\"về tài liệu mật\"}", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct metadata m;
		struct error reason;
		check(cases[i].given, &m, &reason);
		if (cases[i].level)
			assert_string_equal(m.secrecy, cases[i].level);
		else
			assert_null(m.secrecy);
		metadata_dispose(&m);
	}
}

static void unknown_keys_are_kept_and_listed(void **state) {
	(void)state;
	struct metadata m;
	struct error reason;
	assert_int_equal(check("{\"numbr\":\"15\",\"organisation\":{\"name\":\"X\",\"city\":\"Lai "
			       "Châu\"},\"signers\":[{\"tel\":\"1\"}]}",
			       &m, &reason),
			 0);
	assert_int_equal(m.unknown_count, 3);
	assert_string_equal(m.unknown[0], "numbr");
	assert_string_equal(m.unknown[1], "organisation.city");
	assert_string_equal(m.unknown[2], "signers[0].tel");
	assert_non_null(strstr(m.text, "\"city\":\"Lai Châu\""));
	metadata_dispose(&m);
}

static void natural_key_joins_spellings_of_one_number(void **state) {
	(void)state;
	static const struct {
		const char *given, *key;
	} cases[] = {
		{"{\"number\":\"015\",\"symbol\":\"QĐ – "
		 "UBND\",\"date\":\"2025-03-14\",\"organisation\":{\"code\":\"H35.6\",\"name\":\"x\"}}",
		 "h35.6|2025|15|qd-ubnd"},
		{"{\"number\":15,\"symbol\":\"QĐ-UBND\",\"year\":2025,\"organisation\":{\"code\":\"H35.6\"}}",
		 "h35.6|2025|15|qd-ubnd"},
		{"{\"number\":\"15/QĐ-UBND\",\"year\":2025,\"organisation\":{\"code\":\"H35.6\"}}",
		 "h35.6|2025|15|qd-ubnd"},
		{"{\"number\":15,\"symbol\":\"BC\",\"year\":2025,\"organisation\":\"Sở Y tế\"}", "so y te|2025|15|bc"},
		{"{\"number\":15,\"symbol\":\"BC\",\"year\":2025,\"organisation\":\"A|B\"}", "a b|2025|15|bc"},
		{"{\"number\":15,\"year\":2025,\"organisation\":\"X\"}", "x|2025|15|"},
		{"{\"symbol\":\"BC\",\"year\":2025,\"organisation\":\"X\"}", ""},
		{"{\"number\":15,\"symbol\":\"BC\",\"organisation\":\"X\"}", ""},
		{"{\"number\":15,\"symbol\":\"BC\",\"year\":2025}", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct metadata m;
		struct error reason;
		assert_int_equal(check(cases[i].given, &m, &reason), 0);
		assert_string_equal(m.natural_key, cases[i].key);
		metadata_dispose(&m);
	}
}

static void documentation_names_every_key(void **state) {
	(void)state;
	static const char *const keys[] = {
#define METADATA_FIELD(key, shape, longest, text) #key,
#include "archiver/metadata_field.def"
#undef METADATA_FIELD
	};
	struct buf b = {0};
	char part[4096];
	FILE *file = fopen(TEST_SOURCE_DIR "/docs/metadata.md", "re");
	assert_non_null(file);
	for (size_t n; (n = fread(part, 1, sizeof part, file));) buf_add(&b, part, n);
	fclose(file);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char *row = xasprintf("| `%s` |", keys[i]);
		if (!strstr(buf_text(&b), row)) fail_msg("docs/metadata.md does not explain %s", keys[i]);
		free(row);
	}
	buf_dispose(&b);
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_form_is_sorted_composed_and_without_empty_fields),
		cmocka_unit_test(wrong_types_and_lengths_are_named),
		cmocka_unit_test(longest_code_is_35_characters),
		cmocka_unit_test(secrecy_is_found_under_every_name_and_when_other_fields_are_wrong),
		cmocka_unit_test(unknown_keys_are_kept_and_listed),
		cmocka_unit_test(natural_key_joins_spellings_of_one_number),
		cmocka_unit_test(documentation_names_every_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
