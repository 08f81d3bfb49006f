#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/drill_night.h"
#include "archiver/log.h"
#include "archiver/medium_ledger.h"
#include "archiver/report.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char *archive, *medium;
static struct app app;

static int fresh(void **state) {
	(void)state;
	struct backup_result result;
	archive = folder_new("drill-archive");
	medium = folder_new("drill-medium");
	small_open(&app, archive, NOW);
	for (int i = 0; i < 9; i++) {
		char name[] = "a.pdf", text[] = "document number 0";
		name[0] = (char)('a' + i);
		text[16] = (char)('0' + i);
		small_add(&app, name, text, "TOTAL-PASSED", "");
	}
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Disk A", .site = "", .set = "", .end_of_life = UTIME_NONE}, oops));
	fine(backup_medium(&app, medium, false, &result, oops));
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive);
	folder_remove(medium);
	free(archive), free(medium);
	return 0;
}

static json_t *drilled(uint64_t sample, const char *seed) {
	json_t *outcome;
	fine(drill_run(&app, &(struct drill_options){.medium = medium, .sample = sample, .seed = seed}, &outcome, oops));
	return outcome;
}

static json_int_t number(const json_t *outcome, const char *key) {
	return json_integer_value(json_object_get(outcome, key));
}

/* Nothing of a drill stays in the archive's work folder. */
static void assert_cleared(void) {
	char *command = xasprintf("ls %s/work | grep -q drill", archive);
	assert_int_not_equal(system(command), 0);
	free(command);
}

/* Flips the byte in the middle of a text within the medium's pack. */
static void damage(const char *text) {
	char *command = xasprintf("chmod u+w %s/packs/*; LC_ALL=C sed -i 's/%s/XX/' %s/packs/000001.tar", medium, text, medium);
	assert_int_equal(system(command), 0);
	free(command);
}

static void a_sample_is_restored_and_the_same_seed_takes_it_again(void **state) {
	(void)state;
	json_t *first = drilled(4, NULL), *second = drilled(4, json_string_value(json_object_get(first, "seed")));
	assert_int_equal(number(first, "restored"), 4);
	assert_int_equal(number(first, "records"), 9);
	assert_int_equal(number(first, "failure_count"), 0);
	assert_true(number(first, "bytes") >= 4 * 17);
	assert_int_equal(number(first, "bytes"), number(second, "bytes"));
	assert_cleared();
	json_decref(first);
	json_decref(second);
}

static void a_sample_larger_than_the_archive_is_everything_once(void **state) {
	(void)state;
	json_t *outcome = drilled(100, NULL);
	assert_int_equal(number(outcome, "restored"), 9);
	json_decref(outcome);
}

static void everything_is_restored_and_checked(void **state) {
	(void)state;
	json_t *outcome = drilled(0, NULL);
	assert_int_equal(number(outcome, "restored"), 9);
	assert_int_equal(number(outcome, "failure_count"), 0);
	assert_string_equal(json_string_value(json_object_get(outcome, "mode")), "everything");
	assert_cleared();
	json_decref(outcome);
}

static void a_damaged_document_on_the_medium_fails_the_drill(void **state) {
	(void)state;
	damage("r 4"); /* of "document number 4", three bytes that become two: what follows is out of place as well */
	json_t *outcome = drilled(9, NULL);
	assert_true(number(outcome, "failure_count") >= 1);
	json_decref(outcome);
	outcome = drilled(0, NULL);
	assert_true(number(outcome, "failure_count") >= 1);
	json_decref(outcome);
	struct drill_state drill;
	fine(drill_state(&app, &drill, oops));
	assert_int_equal(drill.last, UTIME_NONE); /* one that failed does not count */
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	assert_int_equal(medium_number(&ledger.media[0], "error_count"), 2);
	ledger_dispose(&ledger);
	assert_cleared();
}

/* The archive went on after the backup: what the medium has must agree all the same. */
static void a_medium_that_is_older_than_the_archive_passes(void **state) {
	(void)state;
	struct batch *batch = store_begin(app.store, app.now);
	struct verdict_row verdict = {.when = app.now, .indication = (char *)"INDETERMINATE", .sub_indication = (char *)"TRY_LATER"};
	batch_put(batch, OBJECT_VERDICT, "{}", 2, &verdict.report, NULL);
	batch_add_verdict(batch, 3, &verdict, app.now + UTIME_DAY);
	fine(batch_commit(batch, oops));
	small_add(&app, "z.pdf", "one more", "TOTAL-PASSED", "");
	json_t *outcome = drilled(9, NULL);
	assert_int_equal(number(outcome, "failure_count"), 0);
	json_decref(outcome);
}

static json_int_t overdue(void) {
	struct error err = {0};
	json_t *report = report_build(&app, NOW, app.now + 1, &err);
	assert_non_null(report);
	json_int_t yes = json_integer_value(json_object_get(json_object_get(report, "drill"), "overdue"));
	if (yes) assert_true(report_has_findings(report));
	json_decref(report);
	return yes;
}

static void an_overdue_drill_is_a_finding(void **state) {
	(void)state;
	app.now = NOW + 92 * UTIME_DAY - 1;
	assert_int_equal(overdue(), 0);
	app.now++;
	assert_int_equal(overdue(), 1);
	json_decref(drilled(2, NULL));
	assert_int_equal(overdue(), 0);
	app.now += 92 * UTIME_DAY;
	assert_int_equal(overdue(), 1);
}

static void a_drill_without_its_medium_is_an_error_and_no_outcome(void **state) {
	(void)state;
	struct error err = {0};
	json_t *outcome;
	char *empty = folder_new("drill-empty");
	assert_int_equal(drill_run(&app, &(struct drill_options){.medium = empty, .sample = 1}, &outcome, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_null(outcome);
	error_clear(&err);
	assert_int_equal(drill_run(&app, &(struct drill_options){.medium = medium, .sample = 1, .seed = "12"}, &outcome, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	folder_remove(empty);
	free(empty);
}

/* ---- the night's ---- */

static void set(enum setting setting, const char *value) {
	fine(conf_set(app.conf, setting, value, oops));
}

static json_t *night(int status) {
	json_t *outcome;
	app.status = EXIT_FINE;
	fine(drill_night(&app, &outcome, oops));
	if (app.status != status) fail_msg("status %d, not %d", app.status, status);
	return outcome;
}

static void the_night_drills_a_medium_that_is_there_when_it_is_due(void **state) {
	(void)state;
	set(CONF_backup_media, medium);
	set(CONF_drill_sample, "4");
	app.now = NOW + 92 * UTIME_DAY - 1;
	assert_null(night(EXIT_FINE)); /* not due yet */
	app.now++;
	json_t *outcome = night(EXIT_FINE);
	assert_non_null(outcome);
	assert_int_equal(number(outcome, "restored"), 4);
	assert_int_equal(number(outcome, "passed_over"), 0);
	assert_true(json_is_true(json_object_get(outcome, "automatic")));
	assert_string_equal(json_string_value(json_object_get(outcome, "mode")), "sample");
	assert_int_equal(overdue(), 0);
	assert_cleared();
	assert_null(night(EXIT_FINE)); /* made */
	json_decref(outcome);
}

/* Which medium the report says is to be connected. */
static void assert_connect(const char *label) {
	struct error err = {0};
	char *text = NULL;
	size_t len = 0;
	json_t *report = report_build(&app, NOW, app.now + 1, &err);
	assert_non_null(report);
	assert_string_equal(json_string_value(json_object_get(json_object_get(report, "drill"), "connect")), label);
	FILE *memory = open_memstream(&text, &len);
	report_render(REPORT_TEXT, memory, report);
	fclose(memory);
	assert_non_null(strstr(text, label));
	free(text);
	json_decref(report);
}

static void a_drill_that_cannot_be_made_is_a_finding_that_names_the_medium(void **state) {
	(void)state;
	static const struct {
		enum setting setting;
		const char *value;
	} reasons[] = {{CONF_drill_automatic, "off"}, {CONF_backup_media, "/nowhere"}};
	app.now = NOW + 92 * UTIME_DAY;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		set(CONF_backup_media, medium);
		set(CONF_drill_automatic, "sample");
		set(reasons[i].setting, reasons[i].value);
		assert_null(night(EXIT_FINDINGS));
		assert_int_equal(overdue(), 1);
		assert_connect("Disk A");
	}
	/* Of two media the one that waited longer; one that is here before one that is away. */
	struct ledger ledger;
	struct backup_result result;
	char *second = folder_new("drill-second");
	fine(media_init(&app, &(struct medium_wish){.path = second, .label = "Disk B", .site = "", .set = "", .end_of_life = UTIME_NONE}, oops));
	fine(backup_medium(&app, second, false, &result, oops));
	for (int away = 0; away < 2; away++) {
		fine(ledger_read(&app, &ledger, oops));
		medium_set_time(&ledger.media[0], "drilled", NOW);
		medium_set_text(&ledger.media[1], "away_to", away ? "Kho 2" : "");
		struct batch *batch = store_begin(app.store, app.now);
		medium_put(batch, &ledger.media[0]);
		medium_put(batch, &ledger.media[1]);
		fine(batch_commit(batch, oops));
		ledger_dispose(&ledger);
		assert_connect(away ? "Disk A" : "Disk B");
	}
	folder_remove(second);
	free(second);
}

static void the_night_does_not_restore_more_than_its_bytes(void **state) {
	(void)state;
	char large[5000];
	struct backup_result result;
	memset(large, 'x', sizeof large);
	large[sizeof large - 1] = 0;
	small_add(&app, "large.pdf", large, "TOTAL-PASSED", "");
	fine(backup_medium(&app, medium, false, &result, oops));
	set(CONF_backup_media, medium);
	set(CONF_drill_bytes, "2k");
	app.now = NOW + 92 * UTIME_DAY;
	json_t *outcome = night(EXIT_FINE);
	assert_true(number(outcome, "restored") >= 1 && number(outcome, "restored") <= 9);
	assert_int_equal(number(outcome, "passed_over") + number(outcome, "restored"), 10);
	assert_true(number(outcome, "bytes") < 4096);
	json_decref(outcome);
	/* Nothing fits: nothing was shown, and it is overdue still. */
	set(CONF_drill_bytes, "1");
	app.now += 92 * UTIME_DAY;
	outcome = night(EXIT_FINDINGS);
	assert_int_equal(number(outcome, "restored"), 0);
	assert_int_equal(overdue(), 1);
	json_decref(outcome);
}

static void without_room_on_scratch_space_the_night_restores_nothing(void **state) {
	(void)state;
	char *work = xasprintf("%s/work", archive);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", work, "tmpfs", 0, "size=1m")) skip();
	log_set_level(LOG_ERROR_LEVEL + 1);
	set(CONF_backup_media, medium);
	app.now = NOW + 92 * UTIME_DAY;
	assert_null(night(EXIT_FINDINGS));
	assert_int_equal(overdue(), 1);
	assert_int_equal(mount("none", work, "tmpfs", MS_REMOUNT, "size=80m"), 0);
	json_decref(night(EXIT_FINE));
	assert_int_equal(overdue(), 0);
	umount(work);
	log_set_level(LOG_WARN_LEVEL);
	free(work);
}

static void a_drill_of_the_night_that_fails_is_damage_and_stays_due(void **state) {
	(void)state;
	log_set_level(LOG_ERROR_LEVEL + 1);
	set(CONF_backup_media, medium);
	damage("r 4");
	app.now = NOW + 92 * UTIME_DAY;
	json_t *outcome = night(EXIT_DAMAGE);
	assert_true(number(outcome, "failure_count") >= 1);
	assert_int_equal(overdue(), 1);
	json_decref(outcome);
	log_set_level(LOG_WARN_LEVEL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_sample_is_restored_and_the_same_seed_takes_it_again),
		TEST(a_sample_larger_than_the_archive_is_everything_once),
		TEST(everything_is_restored_and_checked),
		TEST(a_damaged_document_on_the_medium_fails_the_drill),
		TEST(a_medium_that_is_older_than_the_archive_passes),
		TEST(an_overdue_drill_is_a_finding),
		TEST(a_drill_without_its_medium_is_an_error_and_no_outcome),
		TEST(the_night_drills_a_medium_that_is_there_when_it_is_due),
		TEST(a_drill_that_cannot_be_made_is_a_finding_that_names_the_medium),
		TEST(the_night_does_not_restore_more_than_its_bytes),
		TEST(without_room_on_scratch_space_the_night_restores_nothing),
		TEST(a_drill_of_the_night_that_fails_is_damage_and_stays_due),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
