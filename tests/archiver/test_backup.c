#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/medium_file.h"
#include "archiver/medium_sums.h"
#include "archiver/restore.h"
#include "archiver/medium_ledger.h"
#include "base/limits.h"
#include "store/private.h"

static char *archive, *medium, *restored;

static int fresh(void **state) {
	(void)state;
	archive = folder_new("backup-archive");
	medium = folder_new("backup-medium");
	restored = folder_new("backup-restored");
	folder_remove(restored);
	return 0;
}

static int gone(void **state) {
	(void)state;
	folder_remove(archive);
	folder_remove(medium);
	folder_remove(restored);
	free(archive);
	free(medium);
	free(restored);
	return 0;
}

static int made_medium(struct app *app, const char *path, const char *label, struct error *err) {
	const struct medium_wish wish = {.path = path, .label = label, .site = "", .set = "", .end_of_life = UTIME_NONE};
	return media_init(app, &wish, err);
}

static int restored_from(const char *from, const char *to, utime now, struct error *err) {
	struct app app = {.archive = to, .now = now, .command = "restore"};
	struct restore_result result;
	const struct restore_request request = {.medium = from, .directory = to, .until = UTIME_NONE};
	int rc = restore_run(&app, &request, &result, err);
	conf_free(app.conf);
	return rc;
}

static void backed_up(struct app *app) {
	struct backup_result result;
	small_open(app, archive, NOW);
	small_add(app, "a.pdf", "first document", "TOTAL-PASSED", "");
	fine(made_medium(app, medium, "Disk A", oops));
	fine(backup_medium(app, medium, false, &result, oops));
	assert_string_equal(result.medium, "Disk A");
}

/* The whole manifest, by our own reading of files. */
static void assert_manifest_true(const char *folder) {
	struct medium_sums sums = {0};
	struct medium_place place;
	char *text;
	size_t len;
	fine(place_open(&place, folder, false, oops));
	fine(place_read(&place, MEDIUM_SUMS, LIMIT_MANIFEST_BYTES, &text, &len, oops));
	fine(medium_sums_parse(&sums, text, len, "the list", oops));
	assert_true(sums.count >= 4);
	for (size_t i = 0; i < sums.count; i++) {
		char hex[SHA256_HEX];
		uint64_t size;
		fine(medium_digest(&place, sums.items[i].name, NULL, hex, &size, oops));
		assert_string_equal(hex, sums.items[i].hex);
	}
	medium_sums_dispose(&sums);
	place_close(&place);
	free(text);
}

static void medium_opens_as_archive_and_its_manifest_is_true(void **state) {
	(void)state;
	struct app app;
	struct error err = {0};
	struct fsck_counts counts;
	backed_up(&app);
	small_close(&app);
	assert_manifest_true(medium);
	assert_false(folder_has(medium, "INCOMPLETE"));
	struct store *copy = store_open_medium(medium, &err);
	assert_non_null(copy);
	assert_int_equal(store_fsck(copy, true, NULL, NULL, &counts, &err), 0);
	assert_int_equal(counts.records, 1);
	store_close(copy);
}

static void second_backup_copies_only_what_is_new(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	backed_up(&app);
	small_add(&app, "b.pdf", "second document", "INDETERMINATE", "TRY_LATER");
	fine(backup_medium(&app, medium, false, &result, oops));
	assert_true(result.bytes > 0 && result.bytes < 16384);
	assert_int_equal(result.files, 2); /* one pack, one journal file */
	struct medium_row *rows;
	size_t count;
	fine(store_media(app.store, &rows, &count, oops));
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].generation, 2);
	medium_row_dispose(&rows[0]);
	free(rows);
	small_close(&app);
	assert_manifest_true(medium);
}

/* The medium's pack has its final length already, and the signed list of the backup before names its digest when it was shorter. */
static void digests_from_before_a_backup_that_was_cut_off_do_not_count(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	backed_up(&app);
	small_add(&app, "b.pdf", "second document", "INDETERMINATE", "TRY_LATER");
	char *from = app_path(&app, "packs/000001.tar"), *command = xasprintf("cp %s %s/packs/000001.tar", from, medium);
	assert_int_equal(system(command), 0);
	folder_put_text(medium, "INCOMPLETE", "");
	fine(backup_medium(&app, medium, false, &result, oops));
	assert_false(folder_has(medium, "INCOMPLETE"));
	small_close(&app);
	assert_manifest_true(medium);
	free(from);
	free(command);
}

static void path_without_a_medium_is_never_written_to(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	struct error err = {0};
	backed_up(&app);
	char *empty = folder_new("backup-unmounted");
	assert_int_equal(backup_medium(&app, empty, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "is it mounted?"));
	assert_int_equal(rmdir(empty), 0); /* still empty */
	free(empty);
	small_close(&app);
}

static void medium_of_another_archive_is_refused_and_unchanged(void **state) {
	(void)state;
	struct app app, other;
	struct backup_result result;
	struct error err = {0};
	backed_up(&app);
	small_close(&app);
	char *label = xasprintf("%s/" MEDIUM_LABEL, medium), *before = folder_text(label);
	char *second = folder_new("backup-other");
	small_open(&other, second, NOW);
	assert_int_equal(backup_medium(&other, medium, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	error_clear(&err);
	assert_int_equal(made_medium(&other, medium, "B", &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	small_close(&other);
	char *after = folder_text(label);
	assert_string_equal(before, after);
	assert_manifest_true(medium);
	folder_remove(second);
	free(second), free(label), free(before), free(after);
}

static void folder_with_files_is_not_registered(void **state) {
	(void)state;
	struct app app;
	struct error err = {0};
	small_open(&app, archive, NOW);
	folder_put_text(medium, "photo.jpg", "x");
	assert_int_equal(made_medium(&app, medium, NULL, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "photo.jpg"));
	small_close(&app);
}

/* Changes one byte in the middle of a file. */
static void flip(const char *folder, const char *name) {
	char *path = xasprintf("%s/%s", folder, name), byte;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	assert_int_equal(pread(fd, &byte, 1, st.st_size / 2), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, st.st_size / 2), 1);
	close(fd);
	free(path);
}

/* Packs of some 4 KB; the store seals what is full when it is closed, so it is closed and opened again. */
static void more_in_small_packs(struct app *app, char first, char last) {
	store_set_bounds(app->store, 3000, 1 << 20);
	for (char letter = first; letter <= last; letter++) {
		char name[] = "a.pdf", text[] = "the document with the letter a";
		name[0] = text[29] = letter;
		small_add(app, name, text, "TOTAL-PASSED", "");
	}
	utime now = app->now;
	small_close(app);
	small_open(app, archive, now + UTIME_DAY);
}

static off_t size_of(const char *folder, const char *name) {
	char *path = xasprintf("%s/%s", folder, name);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_size;
}

static void flip_at(const char *folder, const char *name, off_t offset) {
	char *path = xasprintf("%s/%s", folder, name), byte;
	chmod(path, 0644);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
	free(path);
}

/* How many generations the ledger has, and whether all of them are kept. */
static void assert_generations(struct app *app, size_t count) {
	struct ledger ledger;
	size_t i;
	json_t *one;
	fine(ledger_read(app, &ledger, oops));
	assert_int_equal(json_array_size(medium_generations(&ledger.media[0])), count);
	json_array_foreach(medium_generations(&ledger.media[0]), i, one) assert_null(json_object_get(one, "expired"));
	ledger_dispose(&ledger);
}

static void a_sealed_pack_that_is_not_what_was_sealed_ends_the_backup_before_anything_goes(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	struct error err = {0};
	backed_up(&app);
	fine(conf_set(app.conf, CONF_rotation_verified, "1", oops));
	off_t before = size_of(medium, "packs/000001.tar");
	more_in_small_packs(&app, 'b', 'f');
	off_t end = size_of(archive, "packs/000001.tar");
	assert_true(end > before);
	flip_at(archive, "packs/000001.tar", end - 1);
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_non_null(strstr(err.text, "sealed as"));
	assert_int_equal(size_of(medium, "packs/000001.tar"), before); /* what was wrong is not left there */
	assert_generations(&app, 1);
	/* A new pack as well: there is nothing of it afterwards. */
	flip_at(archive, "packs/000001.tar", end - 1);
	flip_at(archive, "packs/000002.tar", 700);
	error_clear(&err);
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_non_null(strstr(err.text, "packs/000002.tar"));
	assert_false(folder_has(medium, "packs/000002.tar"));
	/* The nearest: the same packs as they were sealed. */
	flip_at(archive, "packs/000002.tar", 700);
	fine(backup_medium(&app, medium, false, &result, oops));
	assert_generations(&app, 2);
	small_close(&app);
	assert_manifest_true(medium);
}

static int seal_is_again(struct app *app, const char *value) {
	struct backup_result result;
	struct error err = {0};
	struct record_row row = {0};
	char id[OBJECT_ID_TEXT_MAX];
	fine(records_get(app->store, 1, &row, oops));
	char *name = xasprintf(LOSS_PREFIX "%s", object_id_text(&row.original, id));
	struct batch *batch = store_begin(app->store, app->now);
	if (!*value) batch_seal_again(batch, 1);
	batch_set_value(batch, name, value);
	fine(batch_commit(batch, oops));
	record_row_dispose(&row);
	free(name);
	int rc = backup_medium(app, medium, false, &result, &err);
	if (rc && !strstr(err.text, "the medium does not hold the archive's pack")) fail_msg("%s", err.text);
	return rc;
}

/* What did not grow is not read again: the digest that the medium's signed list has is held against the seal. */
static void a_pack_that_did_not_grow_is_held_against_its_seal(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	backed_up(&app);
	more_in_small_packs(&app, 'b', 'f');
	fine(backup_medium(&app, medium, false, &result, oops));
	fine(backup_medium(&app, medium, false, &result, oops));
	flip_at(archive, "packs/000001.tar", 600); /* in the first document */
	assert_int_equal(seal_is_again(&app, ""), -1);
	/* Where that loss was accepted the medium keeps what it has: it may be the last good copy. */
	assert_int_equal(seal_is_again(&app, "{}"), 0);
	small_close(&app);
	assert_manifest_true(medium);
}

static void damage_on_the_medium_is_told_when_its_file_grows(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	struct error err = {0};
	backed_up(&app);
	flip(medium, "packs/000001.tar");
	small_add(&app, "b.pdf", "second document", "TOTAL-PASSED", "");
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_non_null(strstr(err.text, "packs/000001.tar"));
	assert_true(folder_has(medium, "INCOMPLETE"));
	small_close(&app);
}

/* A copy of the archive that was restored and went on by itself writes to the medium; the first one must not spoil it. */
static void medium_that_another_copy_wrote_to_is_refused_and_unchanged(void **state) {
	(void)state;
	struct app app, again;
	struct backup_result result;
	struct error err = {0};
	backed_up(&app);
	small_close(&app);
	fine(restored_from(medium, restored, NOW, oops));
	small_open(&again, restored, NOW);
	small_add(&again, "c.pdf", "third document, in the copy", "TOTAL-PASSED", "");
	fine(backup_medium(&again, medium, false, &result, oops));
	small_close(&again);
	assert_manifest_true(medium);

	for (int longer = 0; longer < 2; longer++) { /* this one's journal: shorter than the medium's, then longer */
		small_open(&app, archive, NOW);
		for (int i = 0; i < 20 * longer; i++) {
			char name[] = "b.pdf";
			name[0] = (char)('e' + i);
			small_add(&app, name, name, "TOTAL-PASSED", "");
		}
		error_clear(&err);
		assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT); /* the label bears the copy's key now */
		assert_non_null(strstr(err.text, "another copy of this archive"));
		small_close(&app);
		assert_manifest_true(medium);
		assert_false(folder_has(medium, "INCOMPLETE"));
	}
}

static void restore_gives_an_equal_archive(void **state) {
	(void)state;
	struct app app, again;
	backed_up(&app);
	small_close(&app);
	fine(restored_from(medium, restored, NOW, oops));
	small_open(&again, restored, NOW + UTIME_DAY);
	struct fsck_counts counts;
	struct record_row row = {0};
	fine(store_fsck(again.store, true, NULL, NULL, &counts, oops));
	assert_int_equal(counts.problems, 0);
	fine(records_get(again.store, 1, &row, oops));
	assert_string_equal(row.indication, "TOTAL-PASSED");
	assert_string_equal(row.name, "a.pdf");
	record_row_dispose(&row);
	small_close(&again);
}

static void restore_refuses(const char *what, enum error_code code) {
	struct error err = {0};
	if (restored_from(medium, restored, NOW, &err) != -1) fail_msg("%s: restored", what);
	if (err.code != code) fail_msg("%s: %s", what, err.text);
	assert_false(folder_has(restored, "ltvault.conf"));
}

static void restore_refuses_damaged_and_unfinished_media(void **state) {
	(void)state;
	struct app app;
	backed_up(&app);
	small_close(&app);
	folder_put_text(medium, "INCOMPLETE", "");
	restore_refuses("cut off", ERROR_DAMAGED);
	char *path = xasprintf("%s/INCOMPLETE", medium);
	unlink(path);
	free(path);
	flip(medium, "packs/000001.tar");
	restore_refuses("flipped byte", ERROR_DAMAGED);
}

static void manifest_cannot_lead_outside(void **state) {
	(void)state;
	static const char *const names[] = {"../outside", "/etc/passwd", "packs/../../x", "packs/a/b", "notes.txt", "a\\b", ""};
	struct app app;
	backed_up(&app);
	small_close(&app);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *line = xasprintf("%064d  %s\n", 0, names[i]), *left = xasprintf("%s.restoring", restored);
		folder_put_text(medium, "SHA256SUMS", line);
		restore_refuses(names[i], ERROR_DAMAGED);
		folder_remove(left);
		free(line);
		free(left);
	}
}

static void restore_never_writes_over_something(void **state) {
	(void)state;
	struct app app;
	struct error err = {0};
	backed_up(&app);
	small_close(&app);
	mkdir(restored, 0755);
	assert_int_equal(restored_from(medium, restored, NOW, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	rmdir(restored);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(medium_opens_as_archive_and_its_manifest_is_true),
		TEST(second_backup_copies_only_what_is_new),
		TEST(digests_from_before_a_backup_that_was_cut_off_do_not_count),
		TEST(path_without_a_medium_is_never_written_to),
		TEST(medium_of_another_archive_is_refused_and_unchanged),
		TEST(folder_with_files_is_not_registered),
		TEST(damage_on_the_medium_is_told_when_its_file_grows),
		TEST(medium_that_another_copy_wrote_to_is_refused_and_unchanged),
		TEST(a_sealed_pack_that_is_not_what_was_sealed_ends_the_backup_before_anything_goes),
		TEST(a_pack_that_did_not_grow_is_held_against_its_seal),
		TEST(restore_gives_an_equal_archive),
		TEST(restore_refuses_damaged_and_unfinished_media),
		TEST(manifest_cannot_lead_outside),
		TEST(restore_never_writes_over_something),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
