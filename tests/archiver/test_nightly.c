#include "archiver/backup.h"
#include "archiver/nightly.h"
#include "tests/archiver/intake_archive.h"

static struct app app;
static char *folder;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("nightly");
	archive_open(&app, folder, NOW);
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	archive_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

/* The record of the night, owned. */
static json_t *night(void) {
	struct run_record *record = run_record_new(&app);
	fine(nightly_run(&app, record, oops));
	char *text = run_record_text(record);
	json_t *json = json_loads(text, 0, NULL);
	assert_non_null(json);
	free(text);
	run_record_free(record);
	return json;
}

static const json_t *step_of(const json_t *record, const char *name) {
	const json_t *step;
	size_t i;
	json_array_foreach(json_object_get(record, "steps"), i,
			   step) if (!strcmp(json_string_value(json_object_get(step, "step")), name)) return step;
	fail_msg("no step %s", name);
	return NULL;
}

static json_int_t status_of(const json_t *record, const char *name) {
	return json_integer_value(json_object_get(step_of(record, name), "status"));
}

static int keep_last_run(void *user, const struct event_row *event) {
	json_t **run = user;
	if (strcmp(event->type, "run")) return 0;
	json_decref(*run);
	*run = json_loads(event->json, 0, NULL);
	return 0;
}

static void night_runs_every_step_and_keeps_one_record(void **state) {
	(void)state;
	static const char *const steps[] = {"ingest", "verify", "evidence", "scrub", "repair", "search", "second-look", "extend", "backup", "drill", "report"};
	json_t *kept = NULL;
	spool_put(&app, "a.pdf", "good");
	json_t *record = night();
	assert_int_equal(json_array_size(json_object_get(record, "steps")), ARRAY_LEN(steps));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) assert_int_equal(status_of(record, steps[i]), 0);
	assert_int_equal(app.status, EXIT_FINE);
	assert_true(folder_has(folder, "reports/2026-11-22.html"));
	fine(store_each_event(app.store, 1, keep_last_run, &kept, oops));
	assert_true(json_equal(json_object_get(kept, "steps"), json_object_get(record, "steps")));
	json_decref(kept);
	json_decref(record);
}

static json_t *report_of(const char *date) {
	char *name = xasprintf("reports/%s.json", date), *path = xasprintf("%s/%s", folder, name);
	json_t *report = json_load_file(path, 0, NULL);
	assert_non_null(report);
	free(name), free(path);
	return report;
}

static void a_nights_report_says_what_that_night_did_and_no_other_report_does(void **state) {
	(void)state;
	char *value = NULL;
	json_int_t total;
	const char *outcome;
	spool_put(&app, "a.pdf", "bad");
	json_decref(night());
	json_t *report = report_of("2026-11-22");
	assert_int_equal(
		json_unpack(report, "{s:{s:I, s:[{s:s}!]}}", "runs", "total", &total, "rows", "outcome", &outcome), 0);
	assert_int_equal(total, 1);
	assert_string_equal(outcome, "ingest 1, verify 0, evidence 0, scrub 0, repair 0, search 0, second-look 0, extend 0, backup 0, drill 0");
	json_decref(report);
	assert_int_equal(store_value(app.store, RUN_UNDER_WAY, &value, NULL), 0);
	app.now += UTIME_DAY;
	app.status = EXIT_FINE;
	json_decref(night());
	report = report_of("2026-11-23");
	assert_int_equal(json_unpack(report, "{s:{s:I}}", "runs", "total", &total), 0);
	assert_int_equal(total, 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(report, "intake"), "received")), 0);
	json_decref(report);
}

static void a_medium_has_what_the_night_did_before_it_was_written(void **state) {
	(void)state;
	char *medium = folder_new("nightly-medium"), *conf = xasprintf("%s/ltvault.conf", folder),
	     *text = folder_text(conf), *more = xasprintf("%smedia = %s\n", text, medium), *value = NULL;
	struct error err = {0};
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "first", .site = "", .set = "", .end_of_life = UTIME_NONE}, oops));
	archive_close(&app);
	folder_put_text(folder, "ltvault.conf", more);
	archive_open(&app, folder, NOW);
	spool_put(&app, "a.pdf", "good");
	json_t *record = night();
	assert_int_equal(status_of(record, "backup"), 0);
	struct store *copy = store_open_medium(medium, &err);
	assert_non_null(copy);
	assert_int_equal(store_value(copy, RUN_UNDER_WAY, &value, &err), 1);
	assert_non_null(strstr(value, "\"step\":\"ingest\""));
	assert_non_null(strstr(value, "\"step\":\"search\""));
	store_close(copy);
	json_decref(record);
	folder_remove(medium);
	free(medium), free(conf), free(text), free(more), free(value);
}

static void media_that_no_night_writes_to_are_a_finding(void **state) {
	(void)state;
	json_t *record = night();
	assert_int_equal(status_of(record, "backup"), EXIT_FINE); /* none is registered: the report says so */
	json_decref(record);
	char *medium = folder_new("nightly-forgotten");
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Disk A", .site = "", .set = "", .end_of_life = UTIME_NONE}, oops));
	app.now += UTIME_DAY;
	record = night();
	assert_int_equal(status_of(record, "backup"), EXIT_FINDINGS);
	json_decref(record);
	folder_remove(medium);
	free(medium);
}

static void a_failing_step_does_not_keep_the_others_from_running(void **state) {
	(void)state;
	char *done = xasprintf("%s/spool/done", folder);
	spool_put(&app, "a.pdf", "good");
	assert_int_equal(rmdir(done), 0);
	folder_put_text(folder, "spool/done", "a file in the folder's place");
	log_set_level(LOG_ERROR_LEVEL + 1);
	json_t *record = night();
	assert_int_equal(status_of(record, "ingest"), EXIT_RUN_FAILED);
	assert_int_equal(status_of(record, "verify"), 0);
	assert_int_equal(status_of(record, "report"), 0);
	assert_int_equal(app.status, EXIT_RUN_FAILED);
	assert_true(spool_has(&app, "in", "a.pdf")); /* recorded, and not lost */
	assert_int_equal(archive_records(&app), 1);
	/* Repaired, the next night finishes it without a second receipt. */
	unlink(done);
	mkdir(done, 0755);
	json_decref(record);
	app.status = EXIT_FINE;
	record = night();
	assert_int_equal(app.status, EXIT_FINE);
	struct record_row row = archive_row(&app, 1);
	assert_int_equal(row.receipts, 1);
	assert_true(spool_has(&app, "done/2026-11-22", "a.pdf"));
	record_row_dispose(&row);
	json_decref(record);
	free(done);
}

static void findings_and_damage_are_the_nights_status(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "bad");
	json_t *record = night();
	assert_int_equal(status_of(record, "ingest"), EXIT_FINDINGS);
	assert_int_equal(app.status, EXIT_FINDINGS);
	json_decref(record);
}

int main(int argc, char **argv) {
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(night_runs_every_step_and_keeps_one_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_nights_report_says_what_that_night_did_and_no_other_report_does,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_medium_has_what_the_night_did_before_it_was_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(media_that_no_night_writes_to_are_a_finding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failing_step_does_not_keep_the_others_from_running, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(findings_and_damage_are_the_nights_status, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
