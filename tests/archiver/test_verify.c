#include "tests/archiver/intake_archive.h"

static struct app app;
static char *folder;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("verify");
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

static void later(utime now) {
	archive_close(&app);
	archive_open(&app, folder, now);
}

static struct verify_counts verify(enum verify_scope scope) {
	struct verify_counts counts;
	const struct verify_options options = {.scope = scope, .policy = ON_FAILED_QUARANTINE};
	fine(verify_run(&app, &options, &counts, oops));
	return counts;
}

static void take_in(const char *name, const char *text) {
	spool_put(&app, name, text);
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	app.status = EXIT_FINE;
}

static void only_what_is_due_is_checked(void **state) {
	(void)state;
	take_in("a", "good");
	take_in("b", "open");
	later(NOW + UTIME_DAY - 1);
	assert_int_equal(verify(VERIFY_DUE).selected, 0);
	later(NOW + UTIME_DAY);
	struct verify_counts c = verify(VERIFY_DUE);
	assert_int_equal(c.selected, 1); /* an open verdict is due sooner */
	assert_int_equal(c.checked, 1);
	assert_int_equal(c.unchanged, 1);
	assert_int_equal(app.status, EXIT_FINE);
	later(NOW + 30 * UTIME_DAY);
	c = verify(VERIFY_DUE);
	assert_int_equal(c.checked, 2);
	struct record_row row = archive_row(&app, 1);
	assert_int_equal(row.verdicts, 1); /* unchanged: only the times move */
	assert_true(row.verified == app.now && row.due == app.now + 30 * UTIME_DAY);
	record_row_dispose(&row);
	assert_int_equal(verify(VERIFY_DUE).selected, 0);
}

static bool newest_verdict_says(uint64_t number, const char *text) {
	unsigned char *data = NULL;
	size_t len;
	struct record_row row = archive_row(&app, number);
	assert_int_equal(store_read(app.store, &row.verdict, 1 << 20, &data, &len, NULL), OBJECT_PRESENT);
	char *copy = xstrndup((char *)data, len);
	bool says = strstr(copy, text) != NULL;
	free(copy), free(data);
	record_row_dispose(&row);
	return says;
}

static void another_result_is_a_new_verdict_and_a_finding(void **state) {
	(void)state;
	take_in("a", "until2027");
	take_in("b", "from2027");
	later(NOW + 60 * UTIME_DAY);
	struct verify_counts c = verify(VERIFY_DUE);
	assert_int_equal(c.changed, 2);
	assert_int_equal(app.status, EXIT_FINDINGS);
	assert_true(newest_verdict_says(1, "VERDICT_CHANGED") &&
		    newest_verdict_says(1, "from TOTAL-PASSED to INDETERMINATE OUT_OF_BOUNDS_NO_POE"));
	struct record_row lost = archive_row(&app, 1), won = archive_row(&app, 2);
	assert_int_equal(lost.state, RECORD_ACCEPTED); /* what was accepted stays so */
	assert_int_equal(won.state, RECORD_ACCEPTED);  /* what was quarantined and passes now is accepted */
	assert_int_equal(lost.verdicts, 2);
	record_row_dispose(&lost), record_row_dispose(&won);
	/* The same result again is no change, although the verdict before carries the finding. */
	later(NOW + 100 * UTIME_DAY);
	c = verify(VERIFY_ALL);
	assert_int_equal(c.changed, 0);
	assert_int_equal(c.unchanged, 2);
	assert_int_equal(app.status, EXIT_FINE);
	assert_true(newest_verdict_says(2, "\"basis\":\"archive\""));
}

/* Changes one bit of an object in its pack; again, it is right again. */
static void rules_stand_beside_the_verdict_and_follow_the_metadata(void **state) {
	(void)state;
	take_in("a", "sealed");
	struct record_row row = archive_row(&app, 1);
	assert_int_equal(row.state, RECORD_ACCEPTED); /* rules refuse nothing */
	record_row_dispose(&row);
	assert_true(newest_verdict_says(1, "PERSON_SIGNATURE_MISSING"));
	assert_int_equal(verify(VERIFY_ALL).unchanged, 1);
	row = archive_row(&app, 1);
	assert_int_equal(row.verdicts, 1); /* the same in, the same out */
	record_row_dispose(&row);
	spool_put(&app, "a.json", "{\"role\":\"attachment\"}");
	spool_put(&app, "a.pdf", "sealed");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	later(NOW + UTIME_DAY);
	struct verify_counts c = verify(VERIFY_ALL);
	assert_int_equal(c.changed, 0);
	assert_int_equal(app.status, EXIT_FINE);
	row = archive_row(&app, 1);
	assert_int_equal(row.verdicts, 2);
	record_row_dispose(&row);
	assert_false(newest_verdict_says(1, "PERSON_SIGNATURE_MISSING"));
}

static void flip(const struct object_id *id) {
	struct object_info info;
	unsigned char byte = 0;
	assert_true(store_object_info(app.store, id, &info, NULL));
	char *path = xasprintf("%s/packs/%06u.tar", folder, info.pack);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && pread(fd, &byte, 1, (off_t)info.offset) == 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)info.offset), 1);
	close(fd);
	free(path);
}

static void damaged_bytes_are_told_once_noted_and_stay_due(void **state) {
	(void)state;
	take_in("a", "good 1");
	take_in("b", "good 2");
	struct record_row row = archive_row(&app, 1);
	flip(&row.original);
	for (int night = 0; night < 2; night++) {
		struct damage_row *damages;
		size_t count;
		later(NOW + (30 + night) * UTIME_DAY);
		log_set_level(LOG_ERROR_LEVEL + 1);
		struct verify_counts c = verify(VERIFY_DUE);
		assert_int_equal(c.damaged, 1);
		assert_int_equal(c.checked, night ? 1 : 2);
		assert_int_equal(app.status, EXIT_DAMAGE);
		fine(store_damages(app.store, &damages, &count, oops));
		assert_int_equal(count, 1);
		assert_true(damages[0].when == NOW + 30 * UTIME_DAY);
		assert_non_null(strstr(damages[0].detail, "record 1: the stored bytes have the digest sha256:"));
		damage_row_dispose(&damages[0]);
		free(damages);
	}
	flip(&row.original);
	later(NOW + 32 * UTIME_DAY);
	struct verify_counts c = verify(VERIFY_DUE);
	assert_int_equal(c.healed, 1);
	assert_int_equal(c.damaged, 0);
	assert_int_equal(app.status, EXIT_FINE);
	record_row_dispose(&row);
	row = archive_row(&app, 1);
	assert_int_equal(row.bytes, OBJECT_PRESENT);
	record_row_dispose(&row);
}

static void a_pass_over_everything_goes_on_where_it_was_cut_off(void **state) {
	(void)state;
	for (int i = 0; i < 4; i++) {
		char text[16];
		snprintf(text, sizeof text, "good %d", i);
		take_in("a", text);
	}
	struct batch *batch = store_begin(app.store, NOW);
	batch_set_value(batch, "cursor/verify-all", "3");
	fine(batch_commit(batch, oops));
	struct verify_counts c = verify(VERIFY_ALL);
	assert_int_equal(c.selected, 1);
	assert_int_equal(c.checked, 1);
	c = verify(VERIFY_ALL);
	assert_int_equal(c.checked, 4);
}

int main(int argc, char **argv) {
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_is_due_is_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_result_is_a_new_verdict_and_a_finding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rules_stand_beside_the_verdict_and_follow_the_metadata, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(damaged_bytes_are_told_once_noted_and_stay_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pass_over_everything_goes_on_where_it_was_cut_off, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
