#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/restore.h"
#include "archiver/restore_head.h"

#include <fcntl.h>
#include <unistd.h>

static char *archive, *medium, *target;

static int fresh(void **state) {
	(void)state;
	archive = folder_new("restore-archive");
	medium = folder_new("restore-medium");
	target = folder_new("restore-target");
	folder_remove(target);
	return 0;
}

static int gone(void **state) {
	(void)state;
	char *left = xasprintf("%s.restoring", target);
	folder_remove(archive);
	folder_remove(medium);
	folder_remove(target);
	folder_remove(left);
	free(archive), free(medium), free(target), free(left);
	return 0;
}

static void wrote(struct app *app, const char *path) {
	struct backup_result result;
	fine(backup_medium(app, path, false, &result, oops));
}

static void made(struct app *app, const char *path, const char *label) {
	const struct medium_wish wish = {.path = path, .label = label, .site = "", .set = "", .end_of_life = UTIME_NONE};
	fine(media_init(app, &wish, oops));
	wrote(app, path);
}

/* Three days with a document each, the medium written every evening. */
static void three_days(void) {
	struct app app;
	for (int day = 0; day < 3; day++) {
		char name[] = "a.pdf";
		name[0] = (char)('a' + day);
		small_open(&app, archive, NOW + day * UTIME_DAY);
		small_add(&app, name, name, "TOTAL-PASSED", "");
		if (!day) made(&app, medium, "Disk A");
		else wrote(&app, medium);
		small_close(&app);
	}
}

static int restored(struct restore_request request, struct restore_result *result, struct error *err) {
	struct app app = {.archive = target, .now = NOW + 10 * UTIME_DAY, .command = "restore"};
	request.medium = medium;
	request.directory = target;
	int rc = restore_run(&app, &request, result, err);
	conf_free(app.conf);
	return rc;
}

static void has_note(const char *word, const char *part) {
	char *command = xasprintf("grep -aq '%s' %s/journal/*.log && grep -aq '%s' %s/journal/*.log", word, target, part, target);
	if (system(command)) fail_msg("no note %s with %s", word, part);
	free(command);
}

static void the_newest_state_comes_back_without_a_fork(void **state) {
	(void)state;
	struct restore_result result;
	three_days();
	fine(restored((struct restore_request){.until = UTIME_NONE}, &result, oops));
	assert_int_equal(result.counts.records, 3);
	assert_false(result.forked);
	assert_null(result.replaced);
	has_note("restored", "key_sha256");
}

static void an_earlier_instant_needs_a_fork_which_the_journal_tells(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	three_days();
	const utime evening = NOW + UTIME_DAY + UTIME_SECOND;
	assert_int_equal(restored((struct restore_request){.until = evening}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "older state"));
	assert_false(folder_has(target, ""));
	fine(restored((struct restore_request){.until = evening, .fork = true}, &result, oops));
	assert_int_equal(result.counts.records, 2);
	assert_true(result.forked);
	has_note("forked", "known_events");
}

static void an_instant_before_the_archive_is_refused_before_anything_is_copied(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	three_days();
	assert_int_equal(restored((struct restore_request){.until = NOW - UTIME_DAY, .fork = true}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	char *left = xasprintf("%s.restoring", target);
	assert_int_equal(access(left, F_OK), -1);
	free(left);
}

static void an_instant_after_the_last_event_is_the_newest_state(void **state) {
	(void)state;
	struct restore_result result;
	three_days();
	fine(restored((struct restore_request){.until = NOW + 5 * UTIME_DAY}, &result, oops));
	assert_int_equal(result.counts.records, 3);
	assert_false(result.forked);
}

/* A second medium that was written later is mounted where the ledger saw it. */
static void a_medium_that_knows_more_keeps_an_older_one_from_going_live(void **state) {
	(void)state;
	struct app app;
	struct restore_result result;
	struct error err = {0};
	char *later = folder_new("restore-later");
	small_open(&app, archive, NOW);
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	made(&app, later, "Disk B");
	made(&app, medium, "Disk A");
	small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	wrote(&app, later);
	small_close(&app);
	assert_int_equal(restored((struct restore_request){.until = UTIME_NONE}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, later));
	fine(restored((struct restore_request){.until = UTIME_NONE, .fork = true}, &result, oops));
	assert_true(result.forked);
	folder_remove(later);
	free(later);
}

static void a_head_from_a_report_keeps_an_older_state_from_going_live(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	struct head head;
	char hash[SHA256_HEX];
	three_days();
	fine(head_read(archive, &head, oops)); /* the ledger was written after the medium: the archive is ahead */
	char *known = xasprintf("%llu:%s", (unsigned long long)head.events, hex_encode(head.chain, SHA256_SIZE, hash));
	const char *const list[] = {known}, *const nonsense[] = {"12:beef"};
	assert_int_equal(restored((struct restore_request){.until = UTIME_NONE, .known = list, .known_count = 1}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	error_clear(&err);
	assert_int_equal(restored((struct restore_request){.until = UTIME_NONE, .known = nonsense, .known_count = 1}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	free(head.where);
	fine(head_read(medium, &head, oops));
	free(known);
	known = xasprintf("%llu:%s", (unsigned long long)head.events, hex_encode(head.chain, SHA256_SIZE, hash));
	fine(restored((struct restore_request){.until = UTIME_NONE, .known = (const char *const[]){known}, .known_count = 1}, &result, oops));
	free(head.where), free(known);
}

static void the_archive_in_its_place_is_kept_and_its_later_events_need_a_fork(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	three_days();
	char *command = xasprintf("cp -a %s %s", archive, target);
	assert_int_equal(system(command), 0);
	assert_int_equal(restored((struct restore_request){.until = UTIME_NONE}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	error_clear(&err);
	assert_int_equal(restored((struct restore_request){.until = UTIME_NONE, .replace = true}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT); /* the archive there has the ledger's last event */
	fine(restored((struct restore_request){.until = UTIME_NONE, .replace = true, .fork = true}, &result, oops));
	assert_true(folder_has(result.replaced, "ltvault.conf"));
	assert_true(folder_has(target, "ltvault.conf"));
	char *first = result.replaced;
	fine(restored((struct restore_request){.until = UTIME_NONE, .replace = true, .fork = true}, &result, oops)); /* in the same second */
	assert_string_not_equal(first, result.replaced);
	assert_true(folder_has(first, "journal/000001.log"));
	assert_true(folder_has(result.replaced, "journal/000001.log"));
	folder_remove(first);
	folder_remove(result.replaced);
	free(first), free(result.replaced), free(command);
}

static void the_catalogue_of_a_replaced_archive_knows_what_its_journal_did(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	struct restore_request request = {.until = UTIME_NONE, .replace = true};
	three_days();
	char *command = xasprintf("cp -a %s %s && rm %s/journal/*", archive, target, target);
	assert_int_equal(system(command), 0);
	struct store *store = store_open(archive, STORE_READ, "test", NOW, &err);
	fine(store_totals(store, &request.replaced, oops));
	store_close(store);
	assert_int_equal(restored(request, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "/catalogue knows of event"));
	request.fork = true;
	fine(restored(request, &result, oops));
	assert_true(result.forked);
	folder_remove(result.replaced);
	free(result.replaced), free(command);
}

static void a_restored_archive_goes_on_writing_to_its_medium(void **state) {
	(void)state;
	struct restore_result result;
	struct app app;
	struct backup_result backup;
	three_days();
	fine(restored((struct restore_request){.until = UTIME_NONE}, &result, oops));
	small_open(&app, target, NOW + 11 * UTIME_DAY);
	small_add(&app, "d.pdf", "fourth", "TOTAL-PASSED", "");
	fine(backup_medium(&app, medium, false, &backup, oops));
	small_add(&app, "e.pdf", "fifth", "TOTAL-PASSED", "");
	fine(backup_medium(&app, medium, false, &backup, oops));
	assert_int_equal(backup.generation, 5);
	small_close(&app);
}

static void a_list_without_a_signature_that_holds_is_refused(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	three_days();
	folder_put_text(medium, MEDIUM_SUMS ".sig", "0123456789012345678901234567890123456789012345678901234567890123");
	assert_int_equal(restored((struct restore_request){.until = UTIME_NONE}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_non_null(strstr(err.text, "signature does not hold"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(the_newest_state_comes_back_without_a_fork),
		TEST(an_earlier_instant_needs_a_fork_which_the_journal_tells),
		TEST(an_instant_before_the_archive_is_refused_before_anything_is_copied),
		TEST(an_instant_after_the_last_event_is_the_newest_state),
		TEST(a_medium_that_knows_more_keeps_an_older_one_from_going_live),
		TEST(a_head_from_a_report_keeps_an_older_state_from_going_live),
		TEST(the_archive_in_its_place_is_kept_and_its_later_events_need_a_fork),
		TEST(the_catalogue_of_a_replaced_archive_knows_what_its_journal_did),
		TEST(a_restored_archive_goes_on_writing_to_its_medium),
		TEST(a_list_without_a_signature_that_holds_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
