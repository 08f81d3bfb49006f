/* The archive's evidence records when it judges a document again, and in the night. */
#include "tests/archiver/intake_archive.h"

#include "tests/archiver/evidence_archive.h"

#include "archiver/evidence_authority.h"
#include "archiver/intake_judge.h"

static struct app app;
static char *folder;
static struct authority a;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("evidence-judged");
	archive_open(&app, folder, NOW);
	log_set_level(LOG_ERROR_LEVEL + 1);
	a = (struct authority){.gen_time = NOW, .until = NOW + 3650 * UTIME_DAY, .digest_until = UTIME_NONE, .certificate = 1};
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	archive_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

/* How many pieces of evidence the validator was given for record 1. */
static json_int_t evidence_given(void) {
	struct fixity fixity;
	struct error err = {0};
	struct intake_judged item = {.number = 1};
	fine(fixity_begin(&fixity, app.store, oops));
	struct intake_judge *judge = intake_judge_start(&app, ON_FAILED_QUARANTINE, &fixity, &err);
	if (!judge) fail_msg("%s", err.text);
	struct batch *batch = store_begin(app.store, app.now);
	fine(intake_judge_run(judge, batch, &item, 1, oops));
	fine(batch_commit(batch, oops));
	json_int_t given = json_integer_value(json_object_get(item.report, "evidence"));
	assert_false(item.recorded); /* that it is there alone is no new verdict */
	intake_judged_dispose(&item);
	intake_judge_stop(judge);
	fixity_end(&fixity);
	return given;
}

static void a_document_is_judged_with_its_own_evidence_record(void **state) {
	(void)state;
	struct evidence_counts counts = {0};
	spool_put(&app, "a.pdf", "good");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	assert_int_equal(evidence_given(), 0);
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_round(e, &counts, oops));
	evidence_close(e);
	assert_int_equal(evidence_given(), 1);
}

/* A worth is read off the report that a time-stamp gets. */
static void the_worth_of_a_time_stamp_is_its_earliest_end(void **state) {
	(void)state;
	static const char report[] =
		"{\"indication\":\"TOTAL-PASSED\",\"signatures\":[{\"signer\":{\"common_name\":\"TSA 1\",\"sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000007\"},\"chain\":["
		"{\"subject\":\"CN=TSA 1\",\"not_after\":\"2034-01-01T00:00:00Z\",\"anchor\":false},{\"subject\":\"CN=CA\",\"not_after\":\"2033-01-01T00:00:00Z\",\"anchor\":false},"
		"{\"not_after\":\"2030-01-01T00:00:00Z\",\"anchor\":true}],\"algorithms\":{\"signature\":\"RSASSA-PSS\",\"key_bits\":2048,\"reliable_until\":\"%s\"},"
		"\"imprint\":{\"digest\":\"SHA-256\",\"reliable_until\":\"2031-01-01T00:00:00Z\"}}]}";
	static const struct {
		const char *algorithms, *until, *limit, *detail;
	} rows[] = {{"2029-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "algorithm", "RSASSA-PSS 2048"},
		    {"2031-01-01T00:00:00Z", "2033-01-01T00:00:00Z", "ca-certificate", "CN=CA"}}; /* the imprint's own end: another renewal */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct evidence_worth worth;
		char *text = xasprintf("%.*s%s%s", (int)(strstr(report, "%s") - report), report, rows[i].algorithms, strstr(report, "%s") + 2), until[UTIME_TEXT_MAX];
		json_t *json = json_loads(text, 0, NULL);
		assert_non_null(json);
		evidence_worth_of(json, &worth);
		assert_true(worth.passed);
		assert_string_equal(utime_text(worth.until, until), rows[i].until);
		assert_string_equal(utime_text(worth.digest_until, until), "2031-01-01T00:00:00Z");
		assert_int_equal(worth.authority[31], 7);
		assert_string_equal(worth.limit, rows[i].limit);
		assert_string_equal(worth.detail, rows[i].detail);
		assert_string_equal(worth.name, "TSA 1");
		evidence_worth_dispose(&worth);
		json_decref(json);
		free(text);
	}
}

static void what_does_not_pass_says_why(void **state) {
	(void)state;
	struct evidence_worth worth;
	json_t *json = json_loads("{\"indication\":\"INDETERMINATE\",\"sub_indication\":\"REVOKED_NO_POE\",\"signatures\":[]}", 0, NULL);
	evidence_worth_of(json, &worth);
	assert_false(worth.passed);
	assert_string_equal(worth.why, "REVOKED_NO_POE");
	assert_int_equal(worth.until, UTIME_NONE);
	assert_null(worth.limit);
	evidence_worth_dispose(&worth);
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		TEST(a_document_is_judged_with_its_own_evidence_record),
		TEST(the_worth_of_a_time_stamp_is_its_earliest_end),
		TEST(what_does_not_pass_says_why),
	};
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
