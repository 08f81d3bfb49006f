#include "archiver/query.h"
#include "archiver/medium_ledger.h"
#include "archiver/search_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct query parsed(const char *text) {
	struct query query;
	struct error err = {0};
	if (query_parse(&text, 1, &query, &err)) fail_msg("%s: %s", text, err.text);
	return query;
}

static int64_t day(int y, int m, int d) {
	utime t;
	assert_true(utime_from_civil(y, m, d, 0, 0, 0, 0, &t));
	return t / UTIME_DAY;
}

static void dates_are_read_as_people_write_them(void **state) {
	(void)state;
	static const struct {
		const char *text;
		int y1, m1, d1, y2, m2, d2;
	} cases[] = {
		{"2025", 2025, 1, 1, 2026, 1, 1},        {"2025-03", 2025, 3, 1, 2025, 4, 1},
		{"2025-12", 2025, 12, 1, 2026, 1, 1},    {"2025-03-10", 2025, 3, 10, 2025, 3, 11},
		{"10/3/2025", 2025, 3, 10, 2025, 3, 11}, {"10-03-2025", 2025, 3, 10, 2025, 3, 11},
		{"10.3.2025", 2025, 3, 10, 2025, 3, 11}, {"03/2025", 2025, 3, 1, 2025, 4, 1},
		{"29/2/2024", 2024, 2, 29, 2024, 3, 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t low, high;
		assert_true(query_date(cases[i].text, &low, &high));
		assert_int_equal(low, day(cases[i].y1, cases[i].m1, cases[i].d1));
		assert_int_equal(high, day(cases[i].y2, cases[i].m2, cases[i].d2));
	}
}

static void what_is_no_date_is_not_taken_for_one(void **state) {
	(void)state;
	static const char *const texts[] = {
		"",           "20",    "20255",   "2025-13",    "2025-00",   "2025-02-30", "29/2/2025",    "32/1/2025",
		"2025-03-0",  "10/3",  "10/3/25", "0/3/2025",   "10/0/2025", "10/3-2025",  "2025-03-10-1", "2025-3x",
		"15/2025/QD", "2025-", "-2025",   "10/13/2025", "123/2025"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int64_t low, high;
		if (query_date(texts[i], &low, &high)) fail_msg("\"%s\" was taken for a date", texts[i]);
	}
}

static void comparisons_are_half_open_ranges(void **state) {
	(void)state;
	int64_t first = day(2025, 3, 1), after = day(2025, 4, 1);
	const struct {
		const char *text;
		int64_t low, high;
	} cases[] = {
		{"date:2025-03", first, after},
		{"date=2025-03", first, after},
		{"date<2025-03", INT64_MIN, first},
		{"date<=2025-03", INT64_MIN, after},
		{"date>2025-03", after, INT64_MAX},
		{"date>=2025-03", first, INT64_MAX},
		{"from:2025-03", first, INT64_MAX},
		{"to:2025-03", INT64_MIN, after},
		{"ngày:3/2025", first, after},
		{"từ:2025-03", first, INT64_MAX},
		{"taken>=2025-03", first * UTIME_DAY, INT64_MAX},
		{"due<2025-03-01T00:00:00Z", INT64_MIN, first * UTIME_DAY},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query q = parsed(cases[i].text);
		assert_int_equal(q.count, 1);
		assert_true(q.terms[0].low == cases[i].low);
		assert_true(q.terms[0].high == cases[i].high);
		query_dispose(&q);
	}
}

static void parts_of_a_query_are_told_apart(void **state) {
	(void)state;
	struct query q =
		parsed("đất \"quyết định\" -nháp số:015 signer:\"Lê  Hòa\" 10/3/2025 15/2025/QĐ-UBND ubnd* … -");
	static const struct {
		const char *text;
		enum query_field field;
		enum query_kind kind;
		bool excluded, quoted, prefix;
	} expected[] = {
		{"đất", QUERY_anywhere, QUERY_KIND_WORDS, false, false, false},
		{"quyết định", QUERY_anywhere, QUERY_KIND_WORDS, false, true, false},
		{"nháp", QUERY_anywhere, QUERY_KIND_WORDS, true, false, false},
		{"015", QUERY_number, QUERY_KIND_NUMBER, false, false, false},
		{"Lê  Hòa", QUERY_signer, QUERY_KIND_WORDS, false, true, false},
		{"10/3/2025", QUERY_anywhere, QUERY_KIND_DATE, false, false, false},
		{"15/2025/QĐ-UBND", QUERY_anywhere, QUERY_KIND_WORDS, false, false, false},
		{"ubnd", QUERY_anywhere, QUERY_KIND_WORDS, false, false, true},
	};
	assert_int_equal(q.count, ARRAY_LEN(expected));
	for (size_t i = 0; i < q.count; i++) {
		assert_string_equal(q.terms[i].text, expected[i].text);
		assert_int_equal(q.terms[i].field, expected[i].field);
		assert_int_equal(q.terms[i].kind, expected[i].kind);
		assert_int_equal(q.terms[i].excluded, expected[i].excluded);
		assert_int_equal(q.terms[i].quoted, expected[i].quoted);
		assert_int_equal(q.terms[i].prefix, expected[i].prefix);
	}
	assert_true(q.marks);
	query_dispose(&q);
}

static void verdicts_and_states_come_in_their_own_spelling(void **state) {
	(void)state;
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"verdict:total-passed", "TOTAL-PASSED"},
		{"verdict:passed", "TOTAL-PASSED"},
		{"verdict:INDETERMINATE/revoked_no_poe", "INDETERMINATE/REVOKED_NO_POE"},
		{"kếtquả:failed", "TOTAL-FAILED"},
		{"verdict:no-signature", "NO-SIGNATURE"},
		{"verdict:none", "NONE"},
		{"state:Quarantined", "quarantined"},
		{"sha256:ABCDEF01", "abcdef01"},
		{"certificate:11:00:AB", "1100ab"},
		{"chứngthư:4", "4"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query q = parsed(cases[i].text);
		assert_string_equal(q.terms[0].text, cases[i].value);
		query_dispose(&q);
	}
}

static void what_cannot_be_understood_is_named(void **state) {
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"colour:red", "colour: there is no such field; the fields are number, symbol, org,"},
		{"date:yesterday", "date: \"yesterday\" is not a date"},
		{"taken:x", "taken: \"x\" is not a time"},
		{"verdict:good", "verdict: \"GOOD\" is none of"},
		{"state:lost", "state: \"lost\" is none of accepted, refused"},
		{"sha256:abc", "sha256: \"abc\" is not 8 to 64"},
		{"sha256:zzzzzzzzz", "sha256:"},
		{"certificate:xyz", "certificate: \"xyz\" is no"},
		{"certificate:::", "certificate: \"\" is no"},
		{"number<15", "number: can only be asked with ':'"},
		{"subject:", "subject: the value is missing"},
		{"\"open", "the closing quotation mark is missing"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct query q;
		struct error err = {0};
		assert_int_equal(query_parse(&cases[i].text, 1, &q, &err), -1);
		assert_int_equal(err.code, ERROR_USAGE);
		if (!strstr(err.text, cases[i].message)) fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static void long_queries_are_refused(void **state) {
	(void)state;
	for (int over = 0; over < 2; over++) {
		size_t len = 8192 + (size_t)over;
		char *text = xmalloc(len + 1);
		const char *word = text;
		struct query q;
		struct error err = {0};
		memset(text, 'a', len);
		text[len] = 0;
		assert_int_equal(query_parse(&word, 1, &q, &err), over ? -1 : 0);
		if (!over) query_dispose(&q);
		free(text);
	}
}

static void plan_has(const char *text, const char *folded, const char *exact, const char *where) {
	struct query q = parsed(text);
	struct search_plan plan;
	search_plan_make(&q, &(struct ledger){0}, &plan);
	assert_string_equal(buf_text(&plan.folded), folded);
	assert_string_equal(buf_text(&plan.exact), exact);
	assert_string_equal(buf_text(&plan.where), where);
	search_plan_dispose(&plan);
	query_dispose(&q);
}

static void words_become_index_expressions(void **state) {
	(void)state;
	plan_has("subject:dat", "{ subject } : \"dat\"", "", "");
	plan_has("subject:đất org:ubnd*", "{ subject } : \"dat\" AND { org } : \"ubnd\" *",
		 "{ x_subject } : \"đất\" AND { org } : \"ubnd\" *", "");
	plan_has("symbol:QD-UBND", "{ symbol } : \"qd-ubnd\"", "", "");
	plan_has("name:a-b", "{ name } : \"a b\"", "", "");
	plan_has("số:15 verdict:INDETERMINATE/X", "", "",
		 " AND (f.number = ?) AND (f.indication = ? AND f.sub_indication = ?)");
	plan_has("-subject:dat", "", "", " AND NOT (f.record IN (SELECT rowid FROM words WHERE words MATCH ?))");
	plan_has("subject:'x\\\"", "{ subject } : \"x\"", "", "");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read_as_people_write_them),
		cmocka_unit_test(what_is_no_date_is_not_taken_for_one),
		cmocka_unit_test(comparisons_are_half_open_ranges),
		cmocka_unit_test(parts_of_a_query_are_told_apart),
		cmocka_unit_test(verdicts_and_states_come_in_their_own_spelling),
		cmocka_unit_test(what_cannot_be_understood_is_named),
		cmocka_unit_test(long_queries_are_refused),
		cmocka_unit_test(words_become_index_expressions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
