/* What is told of evidence records: by `show` of one record, by the report of all; each count with its nearest other. */
#include "tests/archiver/evidence_runs.h"

#include "archiver/report.h"
#include "archiver/report_model.h"
#include "archiver/run_record.h"
#include "archiver/show.h"

static struct evidence_counts night(void) {
	struct evidence_counts counts = {0};
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_night(e, &counts, oops));
	evidence_close(e);
	return counts;
}

static json_t *shown(uint64_t number) {
	struct error err = {0};
	json_t *doc = show_document(&app, number, 0, &err);
	if (!doc) fail_msg("%s", err.text);
	return doc;
}

/* Not inlined: gcc 12 takes the stream's hold on `text` for a dangling pointer. */
__attribute__((noinline)) static char *page_of(const json_t *doc) {
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	show_print(out, doc);
	fclose(out);
	return text;
}

static void assert_counts(const json_t *doc, json_int_t objects, json_int_t covered, json_int_t waiting) {
	assert_int_equal(model_number(doc, "evidence_records.objects"), objects);
	assert_int_equal(model_number(doc, "evidence_records.covered"), covered);
	assert_int_equal(model_number(doc, "evidence_records.waiting"), waiting);
}

static void put_metadata(uint64_t number, const char *text) {
	struct object_id id;
	struct batch *batch = store_begin(app.store, app.now);
	batch_put(batch, OBJECT_METADATA, text, strlen(text), &id, NULL);
	batch_add_metadata(batch, number, &id, "");
	fine(batch_commit(batch, oops));
}

static void show_says_of_each_object_whether_it_is_covered_since_when_and_by_whom(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	json_t *doc = shown(number);
	char *page = page_of(doc);
	assert_counts(doc, 3, 0, 3);
	assert_non_null(strstr(page, "Evidence records: 0 of 3 objects covered, 3 waiting for the next round\n"));
	assert_null(strstr(page, "proven since"));
	free(page);
	json_decref(doc);
	night();
	put_metadata(number, "{\"number\":\"1\"}");
	doc = shown(number);
	page = page_of(doc);
	assert_counts(doc, 4, 3, 1);
	const json_t *record = json_array_get(json_object_get(json_array_get(model_get(doc, "evidence_records.rows"), 0), "records"), 0);
	assert_string_equal(model_text(record, "from"), "2026-11-22T02:00:00Z");
	assert_string_equal(json_string_value(json_array_get(json_object_get(record, "authorities"), 0)), "http://a/");
	assert_string_equal(json_string_value(json_array_get(json_object_get(record, "digests"), 0)), "SHA-512");
	assert_string_equal(model_text(record, "until"), "2036-11-19T02:00:00Z");
	assert_string_equal(model_text(record, "renew_by"), "2036-05-23T02:00:00Z"); /* 180 days before */
	assert_string_equal(model_text(record, "renewal"), "renewal");
	if (!strstr(page, "  the document: proven since 2026-11-22") || !strstr(page, ", by http://a/ (SHA-512)\n")) fail_msg("%s", page);
	assert_non_null(strstr(page, "    to be renewed by 2036-05-23"));
	assert_non_null(strstr(page, "  metadata: waits for the next round\n"));
	free(page);
	json_decref(doc);
}

/* Until when, carried by what, and by when that must have been renewed. */
static void a_proof_that_the_record_carries_has_a_day_of_renewal(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	night();
	static const char *const bases[] = {"signature-timestamp", "evidence-record"};
	for (size_t i = 0; i < 2; i++) {
		char *name = xasprintf("provable/%llu", (unsigned long long)number);
		char *value = xasprintf("{\"until\":\"2036-11-19T02:00:00Z\",\"limit\":\"tsa-certificate\",\"detail\":\"\",\"basis\":\"%s\",\"algorithms\":[]}", bases[i]);
		struct batch *batch = store_begin(app.store, app.now);
		batch_set_value(batch, name, value);
		fine(batch_commit(batch, oops));
		json_t *doc = shown(number);
		char *page = page_of(doc);
		assert_string_equal(model_text(doc, "provable.renew_by"), i ? "2036-05-23T02:00:00Z" : "");
		assert_int_equal(strstr(page, "To be renewed by         2036-05-23") != NULL, i);
		assert_non_null(strstr(page, i ? "Carried                  by an evidence record" : "Carried                  by the signature's timestamp"));
		free(page), free(name), free(value);
		json_decref(doc);
	}
}

static void what_ends_it_first_is_named(void **state) {
	(void)state;
	a.limit = "tsa-certificate", a.detail = "CN=TSA", a.name = "The authority";
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	night();
	json_t *doc = shown(number);
	char *page = page_of(doc);
	if (!strstr(page, "by The authority (SHA-512)") || !strstr(page, "because the time-stamping authority's certificate ends then (CN=TSA)"))
		fail_msg("%s", page);
	free(page);
	json_decref(doc);
	a.digest_until = NOW + 1000 * UTIME_DAY;
	night();
	doc = shown(number);
	page = page_of(doc);
	if (!strstr(page, "because an algorithm or key size is no longer reliable from then on (SHA-512)")) fail_msg("%s", page);
	free(page);
	json_decref(doc);
}

static void renewals_and_a_second_authority_are_told(void **state) {
	(void)state;
	bool done;
	struct evidence_counts counts = {0};
	set("digest = SHA-512\nsecond = SHA3-512");
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	night();
	app.now = a.gen_time = NOW + 100 * UTIME_DAY;
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_renew(e, true, &counts, oops));
	fine(evidence_rehash(e, 1, DIGEST_SHA384, 0, &counts, &done, oops));
	evidence_close(e);
	json_t *doc = shown(number);
	const json_t *records = json_object_get(json_array_get(model_get(doc, "evidence_records.rows"), 0), "records");
	assert_int_equal(json_array_size(records), 2);
	const json_t *first = json_array_get(records, 0), *second = json_array_get(records, 1);
	assert_int_equal(model_number(first, "chains"), 2);
	assert_int_equal(model_number(first, "timestamps"), 3);
	assert_int_equal(json_array_size(json_object_get(first, "digests")), 2);
	assert_string_equal(model_text(first, "from"), "2026-11-22T02:00:00Z");
	assert_int_equal(model_number(second, "chains"), 1);
	assert_string_equal(model_text(second, "digest"), "SHA3-512");
	assert_string_equal(json_string_value(json_array_get(json_object_get(second, "authorities"), 0)), "http://b/");
	json_decref(doc);
}

static void a_damaged_tree_is_told_and_hides_nothing_else(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	night();
	struct evidence *e = evidence_begin(&app, NULL);
	const struct evidence_stamp *stamps;
	struct object_info info;
	assert_int_equal(evidence_stamps(e, &stamps), 1);
	assert_true(store_object_info(app.store, &stamps[0].tree, &info, &(struct error){0}));
	evidence_close(e);
	char *path = xasprintf("%s/packs/%06u.tar", folder, info.pack);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	fseek(file, (long)info.offset, SEEK_SET);
	fputc('X', file);
	fclose(file);
	free(path);
	json_t *doc = shown(number);
	char *page = page_of(doc);
	assert_int_equal(model_number(doc, "evidence_records.damaged"), 2);
	assert_int_equal(model_number(doc, "evidence_records.covered"), 0);
	assert_non_null(strstr(page, "  the document: "));
	assert_non_null(strstr(page, "damaged"));
	free(page);
	json_decref(doc);
}

/* ---- the report ---- */

static json_t *build(utime from, utime to) {
	struct error err = {0};
	json_t *report = report_build(&app, from, to, &err);
	if (!report) fail_msg("%s", err.text);
	return report;
}

__attribute__((noinline)) static char *rendered(enum report_format format, const json_t *report) {
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	report_render(format, out, report);
	fclose(out);
	return text;
}

static const json_t *series_row(const json_t *report, size_t index) {
	return json_array_get(model_get(report, "evidence.series"), index);
}

static void the_report_counts_what_is_covered_of_what_is_held(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_int_equal(model_number(series_row(report, 0), "held"), 2);
	assert_int_equal(model_number(series_row(report, 0), "covered"), 0);
	assert_int_equal(model_number(series_row(report, 0), "waiting"), 2);
	json_decref(report);
	night();
	report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	/* document, verdict and the journal's head; page, top and token come with the next */
	assert_int_equal(model_number(series_row(report, 0), "held"), 6);
	assert_int_equal(model_number(series_row(report, 0), "covered"), 3);
	assert_int_equal(model_number(series_row(report, 0), "waiting"), 3);
	assert_int_equal(model_number(series_row(report, 0), "chains"), 1);
	assert_int_equal(model_number(report, "evidence.tokens.rounds"), 1);
	assert_int_equal(model_number(report, "evidence.tokens.total"), 1);
	assert_string_equal(model_text(series_row(report, 0), "renew_by"), "2036-05-23T02:00:00Z");
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report), *csv = rendered(REPORT_CSV, report);
	assert_non_null(strstr(text, "of these covered by an evidence record       3\n"));
	assert_non_null(strstr(page, "of 6 objects held 3 are covered, 3 wait for the next round"));
	assert_non_null(strstr(csv, "evidence,series.1.covered,3\r\n"));
	free(text), free(page), free(csv);
	json_decref(report);
	report = build(NOW + UTIME_DAY, NOW + 2 * UTIME_DAY);
	assert_int_equal(model_number(report, "evidence.tokens.total"), 0);
	assert_int_equal(model_number(report, "evidence.timestamps"), 1);
	json_decref(report);
}

/* A night's record of its evidence step, as the report reads it. */
static void note_night(const struct evidence_counts *counts) {
	struct run_record *record = run_record_new(&app);
	run_record_step(record, "evidence", app.status, evidence_counts_json(counts), &(struct error){0});
	fine(run_record_commit(record, oops));
	run_record_free(record);
	app.status = EXIT_FINE;
}

static void an_authority_that_gave_nothing_is_told(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	struct evidence_counts counts = night();
	note_night(&counts);
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_int_equal(model_number(report, "evidence.trees_waiting"), 0);
	assert_int_equal(model_number(report, "evidence_failures.total"), 0);
	json_decref(report);
	small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	a.down = true;
	counts = night();
	note_night(&counts);
	report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_int_equal(model_number(report, "evidence.trees_waiting"), 1);
	assert_int_equal(model_number(report, "evidence_failures.total"), 1);
	assert_int_equal(model_number(json_array_get(model_get(report, "evidence_failures.rows"), 0), "waiting"), 1);
	assert_true(report_has_findings(report));
	char *text = rendered(REPORT_TEXT, report);
	assert_non_null(strstr(text, "Runs that could not finish the evidence records"));
	free(text);
	json_decref(report);
}

static void what_is_due_and_not_renewed_is_told(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	night();
	for (int days = 3469; days <= 3470; days++) {
		app.now = NOW + days * UTIME_DAY; /* 3,650 less 180 */
		json_t *report = build(app.now - UTIME_DAY, app.now + UTIME_DAY);
		assert_int_equal(model_number(report, "evidence.overdue"), days == 3470);
		assert_int_equal(model_number(report, "evidence.ended"), 0);
		json_decref(report);
	}
	app.now = NOW + 3650 * UTIME_DAY;
	json_t *report = build(app.now - UTIME_DAY, app.now + UTIME_DAY);
	assert_int_equal(model_number(report, "evidence.ended"), 1);
	json_decref(report);
}

static void a_value_that_cannot_be_read_does_not_cost_the_report(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	struct batch *batch = store_begin(app.store, app.now);
	batch_set_value(batch, "evidence/stamp/00000001", "{}");
	fine(batch_commit(batch, oops));
	json_t *report = build(NOW - UTIME_DAY, NOW + UTIME_DAY);
	assert_true(json_is_false(model_get(report, "evidence.known")));
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(text, "It is not known what they cover: evidence/stamp/00000001"));
	assert_non_null(strstr(page, "It is not known what they cover: evidence/stamp/00000001"));
	free(text), free(page);
	json_decref(report);
}


int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(show_says_of_each_object_whether_it_is_covered_since_when_and_by_whom),
		TEST(a_proof_that_the_record_carries_has_a_day_of_renewal),
		TEST(what_ends_it_first_is_named),
		TEST(renewals_and_a_second_authority_are_told),
		TEST(a_damaged_tree_is_told_and_hides_nothing_else),
		TEST(the_report_counts_what_is_covered_of_what_is_held),
		TEST(an_authority_that_gave_nothing_is_told),
		TEST(what_is_due_and_not_renewed_is_told),
		TEST(a_value_that_cannot_be_read_does_not_cost_the_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
