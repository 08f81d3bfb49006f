/* What waited or was refused for extension and is released: told once, with why and since when. */
#include "tests/archiver/small_archive.h"

#include "archiver/extend_blocked.h"
#include "archiver/report.h"
#include "archiver/report_model.h"

static char *archive;
static struct app app;

static int fresh(void **state) {
	(void)state;
	archive = folder_new("blocked-archive");
	small_open(&app, archive, NOW);
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive);
	free(archive);
	return 0;
}

/* What `extend` came to for record 7 on that day. */
static void came_to(enum extend_refusal refusal, const char *detail, int day) {
	const struct extend_outcome o = {7, "Công văn.pdf", refusal, detail, refusal ? "" : "B-LT", NOW + day * UTIME_DAY};
	struct batch *batch = store_begin(app.store, o.when);
	fine(extend_blocked_keep(app.store, batch, &o, oops));
	fine(batch_commit(batch, oops));
}

static json_t *report_of(int from, int to) {
	struct error err = {0};
	app.now = NOW + to * UTIME_DAY;
	json_t *report = report_build(&app, NOW + from * UTIME_DAY, NOW + to * UTIME_DAY, &err);
	if (!report) fail_msg("%s", err.text);
	return report;
}

static void what_is_released_is_told_with_its_reason_and_the_first_day(void **state) {
	(void)state;
	came_to(EXTEND_WAIT_FOR_STATUS, "CN=CA", 0);
	came_to(EXTEND_WAIT_FOR_STATUS, "CN=CA", 1);
	came_to(EXTEND_NOT_PASSED, "INDETERMINATE", 2);
	json_t *report = report_of(0, 3);
	assert_int_equal(model_number(report, "blocked.total"), 1);
	assert_string_equal(model_text(json_array_get(model_get(report, "blocked.rows"), 0), "refusal"), "NOT_PASSED");
	assert_int_equal(model_number(report, "released.total"), 0);
	json_decref(report);
	came_to(EXTEND_NONE, "", 4);
	came_to(EXTEND_UP_TO_DATE, "", 5); /* told once */
	report = report_of(3, 6);
	const json_t *row = json_array_get(model_get(report, "released.rows"), 0);
	assert_int_equal(model_number(report, "blocked.total"), 0);
	assert_int_equal(model_number(report, "released.total"), 1);
	assert_int_equal(model_number(row, "record"), 7);
	assert_string_equal(model_text(row, "refusal"), "NOT_PASSED");
	assert_string_equal(model_text(row, "since"), "2026-11-22T02:00:00Z");
	assert_string_equal(model_text(row, "level"), "B-LT");
	json_decref(report);
	report = report_of(5, 7); /* another night */
	assert_int_equal(model_number(report, "released.total"), 0);
	json_decref(report);
}

static void what_needs_nothing_any_more_is_released_too(void **state) {
	(void)state;
	came_to(EXTEND_ENCRYPTED, "", 0);
	came_to(EXTEND_UP_TO_DATE, "", 1);
	json_t *report = report_of(0, 2);
	assert_int_equal(model_number(report, "released.total"), 1);
	assert_string_equal(model_text(json_array_get(model_get(report, "released.rows"), 0), "outcome"), "UP_TO_DATE");
	json_decref(report);
}

static void what_was_never_held_up_is_not_told(void **state) {
	(void)state;
	came_to(EXTEND_NONE, "", 0);
	came_to(EXTEND_UP_TO_DATE, "", 1);
	json_t *report = report_of(0, 2);
	assert_int_equal(model_number(report, "released.total"), 0);
	assert_int_equal(model_number(report, "blocked.total"), 0);
	json_decref(report);
}

__attribute__((noinline)) static char *rendered(enum report_format format, const json_t *report) {
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	report_render(format, out, report);
	fclose(out);
	return text;
}

static void every_form_of_the_report_has_it_in_words(void **state) {
	(void)state;
	came_to(EXTEND_WAIT_FOR_STATUS, "CN=CA", 0);
	json_t *report = report_of(0, 1);
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(text, "Cannot be extended now: 1\n  1 "));
	assert_non_null(strstr(text, "(WAIT_FOR_STATUS)"));
	assert_non_null(strstr(page, "<h2>Cannot be extended now</h2>"));
	assert_null(strstr(page, "Waited or were refused"));
	free(text), free(page);
	json_decref(report);
	came_to(EXTEND_NONE, "", 1);
	report = report_of(0, 2);
	text = rendered(REPORT_TEXT, report), page = rendered(REPORT_HTML, report);
	char *csv = rendered(REPORT_CSV, report);
	assert_null(strstr(text, "Cannot be extended now"));
	assert_non_null(strstr(text, "Waited or were refused, and are extended now or need nothing: 1\n"));
	assert_non_null(strstr(page, "<td>Công văn.pdf</td>"));
	assert_non_null(strstr(csv, "released,rows.1.refusal,WAIT_FOR_STATUS\r\n"));
	free(text), free(page), free(csv);
	json_decref(report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(what_is_released_is_told_with_its_reason_and_the_first_day),
		TEST(what_needs_nothing_any_more_is_released_too),
		TEST(what_was_never_held_up_is_not_told),
		TEST(every_form_of_the_report_has_it_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
