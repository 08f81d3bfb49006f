#include "tests/archiver/small_archive.h"

#include "archiver/report.h"
#include "archiver/report_model.h"

static char *archive;
static struct app app;

static int fresh(void **state) {
	(void)state;
	archive = folder_new("report-archive");
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

static json_t *build(utime from, utime to) {
	struct error err = {0};
	json_t *report = report_build(&app, from, to, &err);
	if (!report) fail_msg("%s", err.text);
	return report;
}

/* Not inlined: gcc 12 takes the stream's hold on `text` for a dangling pointer. */
__attribute__((noinline)) static char *rendered(enum report_format format, const json_t *report) {
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	report_render(format, out, report);
	fclose(out);
	return text;
}

static void counts_come_with_their_denominators(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "a", "TOTAL-PASSED", "");
	small_add(&app, "b.pdf", "b", "INDETERMINATE", "TRY_LATER");
	small_add(&app, "c.pdf", "c", "INDETERMINATE", "TRY_LATER");
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_int_equal(model_number(report, "checks.held"), 3);
	assert_int_equal(model_number(report, "checks.checked"), 3);
	assert_int_equal(model_number(report, "checks.passed"), 1);
	assert_int_equal(model_number(report, "checks.not_passed"), 2);
	assert_int_equal(model_number(report, "checks.never"), 0);
	assert_int_equal(model_number(report, "intake.received"), 3);
	const json_t *first = json_array_get(model_get(report, "verdicts"), 0);
	assert_string_equal(model_text(first, "sub_indication"), "TRY_LATER");
	assert_int_equal(model_number(first, "records"), 2);
	json_decref(report);
}

static void period_outside_the_events_counts_none_of_them(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "a", "TOTAL-PASSED", "");
	json_t *report = build(NOW - 20 * UTIME_DAY, NOW - 10 * UTIME_DAY);
	assert_int_equal(model_number(report, "intake.received"), 0);
	assert_int_equal(model_number(report, "checks.checked"), 0);
	assert_int_equal(model_number(report, "checks.held"), 1);
	json_decref(report);
}

static void never_checked_and_overdue_are_named(void **state) {
	(void)state;
	struct batch *batch = store_begin(app.store, NOW);
	struct record_row row = {.size = 1, .name = (char *)"p.pdf", .source = (char *)"spool", .actor = (char *)"clerk", .taken_in = NOW,
	                         .state = RECORD_PENDING, .due = NOW - 1, .verified = UTIME_NONE};
	uint64_t number;
	batch_put(batch, OBJECT_DOCUMENT, "p", 1, &row.original, NULL);
	batch_add_record(batch, &row, &number);
	row.due = NOW; /* what this run itself made due is late for nobody */
	batch_put(batch, OBJECT_DOCUMENT, "q", 1, &row.original, NULL);
	batch_add_record(batch, &row, &number);
	fine(batch_commit(batch, oops));
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_int_equal(model_number(report, "checks.never"), 2);
	assert_int_equal(model_number(report, "checks.overdue"), 1);
	assert_string_equal(model_text(report, "state"), "findings");
	json_decref(report);
}

static void damage_is_on_the_first_line_until_it_is_healed(void **state) {
	(void)state;
	struct object_id id;
	small_add(&app, "a.pdf", "a", "TOTAL-PASSED", "");
	sha256_bytes("a", 1, id.sha256);
	struct batch *batch = store_begin(app.store, NOW);
	batch_set_object_state(batch, &id, OBJECT_DAMAGED, "read as sha256 00");
	fine(batch_commit(batch, oops));
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_true(report_has_damage(report));
	assert_string_equal(model_text(report, "state"), "damage");
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report);
	assert_true(strstr(text, "DAMAGE") && strstr(text, "DAMAGE") < strstr(text, "Holdings"));
	assert_non_null(strstr(page, "banner damage"));
	free(text), free(page);
	json_decref(report);

	batch = store_begin(app.store, NOW);
	batch_set_object_state(batch, &id, OBJECT_PRESENT, "restored from Disk A");
	fine(batch_commit(batch, oops));
	report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_false(report_has_damage(report));
	assert_int_equal(model_number(report, "repaired.total"), 1);
	json_decref(report);
}

static void changed_verdict_is_listed_and_first_verdict_is_not(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "a", "TOTAL-PASSED", "");
	small_add(&app, "b.pdf", "b", "TOTAL-PASSED", "");
	app.now = NOW + UTIME_DAY;
	struct batch *batch = store_begin(app.store, app.now);
	struct verdict_row verdict = {.when = app.now, .indication = (char *)"INDETERMINATE", .sub_indication = (char *)"REVOKED_NO_POE"};
	batch_put(batch, OBJECT_VERDICT, "{}", 2, &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, app.now + UTIME_DAY);
	fine(batch_commit(batch, oops));
	/* The same result in another report: recorded, and nothing that changed. */
	app.now += UTIME_DAY / 2;
	batch = store_begin(app.store, app.now);
	verdict.when = app.now;
	batch_put(batch, OBJECT_VERDICT, "{ }", 3, &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, app.now + UTIME_DAY);
	fine(batch_commit(batch, oops));
	json_t *report = build(NOW - UTIME_DAY, NOW + 2 * UTIME_DAY);
	assert_int_equal(model_number(report, "changed.total"), 1);
	const json_t *row = json_array_get(model_get(report, "changed.rows"), 0);
	assert_string_equal(model_text(row, "before"), "TOTAL-PASSED");
	assert_string_equal(model_text(row, "after_sub"), "REVOKED_NO_POE");
	assert_string_equal(model_text(row, "file"), "a.pdf");
	json_decref(report);
}

static void add_signed(const char *name, const char *not_after) {
	uint64_t number = small_add(&app, name, name, "TOTAL-PASSED", "");
	struct verdict_row verdict = {.when = NOW, .indication = (char *)"TOTAL-PASSED", .sub_indication = (char *)""};
	char *report = xasprintf("{\"signatures\":[{\"kind\":\"signature\",\"signer\":{\"not_after\":\"%s\"}}]}", not_after);
	struct batch *batch = store_begin(app.store, NOW);
	batch_put(batch, OBJECT_VERDICT, report, strlen(report), &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, NOW + UTIME_DAY);
	fine(batch_commit(batch, oops));
	free(report);
}

static void certificates_that_end_soon_are_counted_and_named(void **state) {
	(void)state;
	char soon[UTIME_TEXT_MAX], later[UTIME_TEXT_MAX], far[UTIME_TEXT_MAX], past[UTIME_TEXT_MAX];
	small_add(&app, "unsigned.pdf", "u", "NO-SIGNATURE", "");
	add_signed("past.pdf", utime_text(NOW - 1, past));
	add_signed("soon.pdf", utime_text(NOW, soon));
	add_signed("later.pdf", utime_text(NOW + 90 * UTIME_DAY, later));
	add_signed("far.pdf", utime_text(NOW + 365 * UTIME_DAY, far));
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_true(json_is_true(model_get(report, "expiring.known")));
	assert_int_equal(model_number(report, "expiring.with_certificate"), 4);
	assert_int_equal(model_number(report, "expiring.ended"), 1);
	assert_int_equal(model_number(report, "expiring.total"), 1);
	assert_int_equal(model_number(report, "expiring.year"), 2);
	assert_int_equal(model_number(report, "expiring.behind"), 0);
	assert_int_equal(json_array_size(model_get(report, "expiring.months")), 2);
	const json_t *row = json_array_get(model_get(report, "expiring.rows"), 0);
	assert_string_equal(model_text(row, "file"), "soon.pdf");
	assert_string_equal(model_text(row, "expires"), soon);
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(text, "soon.pdf"));
	assert_int_equal(json_array_size(model_get(report, "expiring.rows")), 1);
	assert_non_null(strstr(page, "<td>soon.pdf</td>"));
	free(text), free(page);
	json_decref(report);
}

static void refusals_show_the_reason_in_words_and_the_bare_name(void **state) {
	(void)state;
	json_t *report = json_pack("{s:s,s:{s:i,s:[{s:s,s:s,s:s}]}}", "state", "findings", "refused", "total", 1, "rows", "file",
	                           "/srv/spool/in/81.pdf", "reason", "SECRET_DOCUMENT", "detail", "mật");
	char *page = rendered(REPORT_HTML, report), *text = rendered(REPORT_TEXT, report);
	assert_non_null(strstr(page, "<td>81.pdf</td><td>a document with a secrecy level must not be taken in: mật (SECRET_DOCUMENT)</td>"));
	assert_non_null(strstr(text, "81.pdf a document with a secrecy level"));
	assert_null(strstr(text, "/srv/spool"));
	free(page), free(text);
	json_decref(report);
}

static void revocation_is_told_in_words(void **state) {
	(void)state;
	static const struct {
		const char *reason, *shown;
	} cases[] = {{"keyCompromise", "its key was compromised (keyCompromise)"}, {"certificateHold", "suspended (certificateHold)"}, {"whatever", "whatever"}, {"", ""}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *row = json_pack("{s:s}", "reason", cases[i].reason);
		char *shown = model_shown(row, "reason");
		assert_string_equal(shown, cases[i].shown);
		free(shown);
		json_decref(row);
	}
}

static void failed_backup_is_named_with_its_reason(void **state) {
	(void)state;
	json_t *report = json_pack("{s:s,s:{s:i,s:[{s:s,s:s}]}}", "state", "findings", "backups", "total", 1, "rows", "path", "/media/a",
	                           "error", "no medium is there");
	char *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(page, "<td>/media/a</td>"));
	assert_non_null(strstr(page, "NOT WRITTEN: no medium is there"));
	free(page);
	json_decref(report);
}

static void names_from_outside_are_escaped_in_every_form(void **state) {
	(void)state;
	json_t *report = json_pack("{s:s,s:{s:i,s:[{s:s,s:s}]}}", "state", "clean", "refused", "total", 1, "rows", "file",
	                           "/spool/in/<script>alert(1)<script>\"&", "reason", "=1+1");
	char *page = rendered(REPORT_HTML, report), *csv = rendered(REPORT_CSV, report);
	assert_null(strstr(page, "<script>"));
	assert_non_null(strstr(page, ">&lt;script&gt;alert(1)&lt;script&gt;&quot;&amp;"));
	assert_non_null(strstr(csv, "\"'=1+1\""));
	assert_non_null(strstr(csv, "\"/spool/in/<script>alert(1)<script>\"\"&\""));
	free(page), free(csv);
	json_decref(report);
}

static void page_stands_alone(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "a", "TOTAL-PASSED", "");
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	char *page = rendered(REPORT_HTML, report);
	static const char *const never[] = {"<script", "<link", "src=", "@import", "url(", "http://", "https://"};
	for (size_t i = 0; i < ARRAY_LEN(never); i++) assert_null(strstr(page, never[i]));
	assert_non_null(strstr(page, "<svg"));
	free(page);
	json_decref(report);
}

static void run_is_shown_by_its_steps_and_a_backup_by_its_reading_back(void **state) {
	(void)state;
	json_t *report = json_pack("{s:s,s:{s:i,s:[{s:s,s:s},{s:s,s:s,s:b}]},s:{s:i,s:[{s:s},{s:s,s:s}]}}", "state", "clean", "runs", "total", 2,
	                           "rows", "command", "verify", "outcome", "verify 0", "command", "nightly", "outcome", "ingest 1",
	                           "unfinished", 1, "backups", "total", 2, "rows", "medium", "Disk A", "path", "/m", "error", "gone");
	char *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(page, ">verify 0<"));
	assert_non_null(strstr(page, ">ingest 1 (not finished when this report was made)<"));
	assert_non_null(strstr(page, ">written and read back<"));
	assert_non_null(strstr(page, ">NOT WRITTEN: gone<"));
	free(page);
	json_decref(report);
}

static void canonical_json_is_the_same_each_time(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "a", "TOTAL-PASSED", "");
	json_t *one = build(NOW - UTIME_DAY, NOW + UTIME_DAY), *two = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	char *a = rendered(REPORT_JSON, one), *b = rendered(REPORT_JSON, two);
	assert_string_equal(a, b);
	free(a), free(b);
	json_decref(one), json_decref(two);
}

static void nightly_report_is_written_and_old_ones_go(void **state) {
	(void)state;
	struct error err = {0};
	char *html;
	folder_put_text(archive, "reports/2020-01-01.html", "old");
	folder_put_text(archive, "reports/2020-01-01.json", "old");
	folder_put_text(archive, "reports/notes.html", "not ours");
	fine(conf_set(app.conf, CONF_report_keep, "1", oops));
	if (report_nightly(&app, NOW - UTIME_DAY, &html, &err)) fail_msg("%s", err.text);
	assert_true(folder_has(archive, "reports/2026-11-22.html") && folder_has(archive, "reports/2026-11-22.json"));
	assert_false(folder_has(archive, "reports/2020-01-01.html") || folder_has(archive, "reports/2020-01-01.json"));
	assert_true(folder_has(archive, "reports/notes.html"));
	free(html);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(counts_come_with_their_denominators),
		TEST(period_outside_the_events_counts_none_of_them),
		TEST(never_checked_and_overdue_are_named),
		TEST(damage_is_on_the_first_line_until_it_is_healed),
		TEST(changed_verdict_is_listed_and_first_verdict_is_not),
		TEST(certificates_that_end_soon_are_counted_and_named),
		TEST(refusals_show_the_reason_in_words_and_the_bare_name),
		TEST(revocation_is_told_in_words),
		TEST(failed_backup_is_named_with_its_reason),
		TEST(names_from_outside_are_escaped_in_every_form),
		TEST(page_stands_alone),
		TEST(run_is_shown_by_its_steps_and_a_backup_by_its_reading_back),
		TEST(canonical_json_is_the_same_each_time),
		TEST(nightly_report_is_written_and_old_ones_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
