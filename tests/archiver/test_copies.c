#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/search.h"
#include "archiver/show.h"

static char *archive, *media[2];
static struct app app;

static int fresh(void **state) {
	(void)state;
	struct backup_result result;
	archive = folder_new("copies-archive");
	media[0] = folder_new("copies-first");
	media[1] = folder_new("copies-second");
	small_open(&app, archive, NOW);
	/* Three documents: on both media, on the first, on none. */
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"a.pdf", "b.pdf", "c.pdf"}, *const labels[] = {"Disk A", "Disk B"}, *const sites[] = {"Kho 1", "Kho 2"};
		small_add(&app, names[i], names[i], "TOTAL-PASSED", "");
		for (int m = 0; m < 2 - i; m++) {
			const struct medium_wish wish = {.path = media[m], .label = labels[m], .site = sites[m], .set = "", .end_of_life = UTIME_NONE};
			if (!i) fine(media_init(&app, &wish, oops));
			fine(backup_medium(&app, media[m], false, &result, oops));
		}
	}
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive);
	for (int m = 0; m < 2; m++) folder_remove(media[m]), free(media[m]);
	free(archive);
	return 0;
}

static int take(void *user, const char *json, bool exact) {
	struct buf *found = user;
	json_t *row = json_loads(json, 0, NULL);
	(void)exact;
	buf_printf(found, "%lld ", (long long)json_integer_value(json_object_get(row, "record")));
	json_decref(row);
	return 0;
}

static void a_query_for_copies_finds_the_records_that_have_them(void **state) {
	(void)state;
	static const struct {
		const char *query, *found; /* newest first */
	} cases[] = {
		{"copies<1", ""},       {"copies:1", "3 "},     {"copies<2", "3 "},       {"copies:2", "2 "},    {"copies<3", "3 2 "},
		{"copies:3", "1 "},     {"copies>=2", "2 1 "},  {"copies>2", "1 "},       {"copies<=3", "3 2 1 "}, {"copies>3", ""},
		{"-copies<3", "1 "},    {"copies>=0", "3 2 1 "}, {"bansao<2 copies>0", "3 "},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct search_window everything = {0};
		struct query query;
		struct buf found = {0};
		fine(query_parse(&cases[i].query, 1, &query, oops));
		struct error err = {0};
		struct search *search = search_open(&app, &err);
		assert_non_null(search);
		fine(search_each(search, &query, &everything, take, &found, oops));
		if (strcmp(buf_text(&found), cases[i].found)) fail_msg("%s: found %s, not %s", cases[i].query, buf_text(&found), cases[i].found);
		search_close(search);
		query_dispose(&query);
		buf_dispose(&found);
	}
}

static void what_is_no_number_of_copies_is_refused(void **state) {
	(void)state;
	static const char *const bad[] = {"copies:", "copies:two", "copies<-1", "copies<1234567890"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct query query;
		struct error err = {0};
		if (query_parse(&bad[i], 1, &query, &err) != -1) fail_msg("%s is taken", bad[i]);
		assert_int_equal(err.code, ERROR_USAGE);
	}
}

static void a_record_tells_where_its_copies_are(void **state) {
	(void)state;
	struct error err = {0};
	for (uint64_t number = 1; number <= 3; number++) {
		json_t *doc = show_document(&app, number, 0, &err);
		assert_non_null(doc);
		const json_t *copies = json_object_get(doc, "copies");
		assert_int_equal(json_integer_value(json_object_get(copies, "count")), 4 - (int)number);
		assert_int_equal(json_integer_value(json_object_get(copies, "sites")), 3 - (int)number);
		if (number == 2)
			assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(copies, "rows"), 0), "medium")), "Disk A");
		json_decref(doc);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_query_for_copies_finds_the_records_that_have_them),
		cmocka_unit_test(what_is_no_number_of_copies_is_refused),
		TEST(a_record_tells_where_its_copies_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
