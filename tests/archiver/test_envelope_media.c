/* Media that are encrypted: written, read by a stranger, restored, tampered with. */
#include "tests/archiver/envelope_archive.h"

#include "tests/archiver/own_disk.h"

#include "archiver/archive_key.h"
#include "archiver/drill_night.h"
#include "archiver/medium_show.h"
#include "archiver/repair.h"

static void nothing_on_the_medium_is_in_the_clear_and_the_list_holds(void **state) {
	(void)state;
	three_days();
	assert_int_equal(run("sha256sum -c --quiet SHA256SUMS", medium), 0);
	assert_int_not_equal(run("grep -rqa 'chu ky so' .", medium), 0);
	assert_int_not_equal(run("grep -rqa 'Kho th' .", medium), 0);
	assert_int_not_equal(run("grep -rqa 'PRIVATE KEY' .", medium), 0);
	assert_false(folder_has(medium, "packs/000001.tar"));
	assert_true(folder_has(medium, "packs/000001.tar.000003.cms"));
	assert_false(folder_has(medium, "packs/000001.tar.000004.cms"));
	assert_true(folder_has(medium, "generations/000001/catalogue.mdb.000001.cms"));
	assert_true(folder_has(medium, "recipients.pem"));
}

/* What README.txt on the medium tells somebody who has openssl and tar alone. */
static void a_stranger_reads_it_with_openssl_and_tar(void **state) {
	(void)state;
	three_days();
	char *out = folder_new("envelope-out");
	char *command = xasprintf("cd %s && for p in packs/000001.tar.*.cms; do openssl cms -decrypt -binary -inform DER -in $p "
	                          "-recip %s/ec.pem -inkey %s/ec.key || exit 1; done > %s/all.tar && cd %s && "
	                          "grep -q $(sha256sum all.tar | cut -c 1-64) %s/generations/000003/manifest.json && tar -xf all.tar && "
	                          "grep -rlq 'van ban c' . ", medium, keys, keys, out, out, medium);
	assert_int_equal(system(command), 0);
	folder_remove(out);
	free(out);
	free(command);
}

static void an_increment_costs_its_own_bytes_alone(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	three_days();
	char *first = xasprintf("%s/packs/000001.tar.000001.cms", medium);
	struct stat before, after;
	assert_int_equal(stat(first, &before), 0);
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	wrote(&app, false, &result);
	assert_int_equal(stat(first, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_false(folder_has(medium, "packs/000001.tar.000004.cms"));
	small_add(&app, "d.pdf", "the fourth", "TOTAL-PASSED", "");
	wrote(&app, true, &result);
	assert_true(result.full);
	assert_int_equal(stat(first, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_true(folder_has(medium, "packs/000001.tar.000004.cms"));
	small_close(&app);
	free(first);
}

static void each_recipient_restores_it(void **state) {
	(void)state;
	static const char *const owners[] = {"rsa", "ec"};
	three_days();
	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		struct restore_result result;
		fine(restored(owners[i], (struct restore_request){.until = UTIME_NONE}, &result, oops));
		assert_int_equal(result.counts.records, 3);
		assert_true(folder_has(target, "packs/000001.tar"));
		assert_true(folder_has(target, "trust/root.pem"));
		folder_remove(target);
	}
}

static void without_the_right_key_nothing_is_restored_or_left_behind(void **state) {
	(void)state;
	static const char *const strangers[] = {"other", "otherec", NULL};
	three_days();
	char *left = xasprintf("%s.restoring", target);
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		struct restore_result result;
		struct error err = {0};
		assert_int_equal(restored(strangers[i], (struct restore_request){.until = UTIME_NONE}, &result, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
		assert_int_equal(access(target, F_OK), -1);
		assert_int_equal(access(left, F_OK), -1);
	}
	free(left);
}

static void an_older_state_is_refused_and_its_plain_copy_removed(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	three_days();
	char *left = xasprintf("%s.restoring", target);
	const struct restore_request request = {.until = NOW + UTIME_SECOND};
	assert_int_equal(restored("ec", request, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_int_equal(access(left, F_OK), -1);
	fine(restored("ec", (struct restore_request){.until = NOW + UTIME_SECOND, .fork = true}, &result, oops));
	assert_int_equal(result.counts.records, 1);
	free(left);
}

/* Its journal is not to be read, but its manifest says how far it goes. */
static void an_encrypted_medium_that_knows_more_is_heard(void **state) {
	(void)state;
	struct app app;
	struct restore_result result;
	struct backup_result backup;
	struct error err = {0};
	char *later = folder_new("envelope-later"), *pem = pem_of("rsa", "ec");
	three_days();
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	fine(media_init(&app, &(struct medium_wish){.path = later, .label = "Disk B", .site = "", .set = "", .end_of_life = UTIME_NONE, .recipients = pem},
	                oops));
	wrote(&app, false, &backup);
	small_add(&app, "d.pdf", "the fourth", "TOTAL-PASSED", "");
	fine(backup_medium(&app, later, false, &backup, oops));
	small_close(&app);
	assert_int_equal(restored("rsa", (struct restore_request){.until = UTIME_NONE}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, later));
	folder_remove(later);
	fine(restored("rsa", (struct restore_request){.until = UTIME_NONE}, &result, oops));
	assert_false(result.forked);
	free(later), free(pem);
}

static void flip(const char *folder, const char *name, long offset) {
	char *path = xasprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "r+e");
	assert_non_null(file);
	fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET);
	int byte = fgetc(file);
	fseek(file, -1, SEEK_CUR);
	fputc(byte ^ 1, file);
	fclose(file);
	free(path);
}

static void a_flipped_byte_on_the_medium_is_found_by_restore_and_by_a_full_backup(void **state) {
	(void)state;
	struct restore_result result;
	struct backup_result backup;
	struct error err = {0}, again = {0};
	struct app app;
	three_days();
	flip(medium, "packs/000001.tar.000002.cms", -40);
	assert_int_equal(restored("ec", (struct restore_request){.until = UTIME_NONE}, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_non_null(strstr(err.text, "000002.cms"));
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	assert_int_equal(backup_medium(&app, medium, true, &backup, &again), -1);
	assert_int_equal(again.code, ERROR_DAMAGED);
	small_close(&app);
}

/* More behind a beginning that changed would make neither the old file nor the new one. */
static void a_changed_beginning_of_a_growing_pack_is_not_added_to(void **state) {
	(void)state;
	struct backup_result result;
	struct error err = {0};
	struct app app;
	three_days();
	flip(archive, "packs/000001.tar", 1);
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	small_add(&app, "d.pdf", "the fourth", "TOTAL-PASSED", "");
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_false(folder_has(medium, "packs/000001.tar.000004.cms"));
	small_close(&app);
}

/* Cut off at each of the places that matter: the lists are missing, older, or half signed. */
static void a_backup_that_was_cut_off_is_finished(void **state) {
	(void)state;
	static const char *const cuts[] = {"rm SHA256SUMS.sig", "rm SHA256SUMS", "rm generations/000005/manifest.sig",
	                                   "echo rest > packs/000001.tar.000004.cms && touch INCOMPLETE"};
	three_days();
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		struct app app;
		struct backup_result result;
		struct restore_result back;
		assert_int_equal(run(cuts[i], medium), 0);
		small_open(&app, archive, NOW + (3 + (int)i) * UTIME_DAY);
		wrote(&app, false, &result);
		small_close(&app);
		assert_int_equal(run("sha256sum -c --quiet SHA256SUMS", medium), 0);
		assert_false(folder_has(medium, "INCOMPLETE"));
		fine(restored("rsa", (struct restore_request){.until = UTIME_NONE}, &back, oops));
		assert_int_equal(back.counts.records, 3);
		folder_remove(target);
	}
}

static void a_drill_needs_the_key_and_passes_with_it(void **state) {
	(void)state;
	struct app app;
	struct error err = {0};
	json_t *outcome = NULL;
	three_days();
	char *key = xasprintf("%s/rsa.key", keys);
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	struct drill_options options = {.medium = medium, .sample = 2};
	assert_int_equal(drill_run(&app, &options, &outcome, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "encrypted"));
	/* The night has no key: it says which medium somebody must drill. */
	struct drill_state due;
	fine(conf_set(app.conf, CONF_backup_media, medium, oops));
	app.now = NOW + 100 * UTIME_DAY;
	fine(drill_night(&app, &outcome, oops));
	assert_null(outcome);
	assert_int_equal(app.status, EXIT_FINDINGS);
	fine(drill_state(&app, &due, oops));
	assert_true(due.connect_encrypted && !strcmp(due.connect, "Disk A"));
	options.key = key;
	fine(drill_run(&app, &options, &outcome, oops));
	assert_int_equal(json_integer_value(json_object_get(outcome, "restored")), 2);
	assert_int_equal(json_integer_value(json_object_get(outcome, "failure_count")), 0);
	json_decref(outcome);
	small_close(&app);
	free(key);
}

/* Every message is immutable once it is listed; what expires goes all the same. */
static void an_encrypted_append_only_medium_grows_and_lets_go(void **state) {
	(void)state;
	static const enum setting keeps[] = {CONF_rotation_daily, CONF_rotation_weekly, CONF_rotation_monthly, CONF_rotation_yearly};
	struct app app;
	if (!disk_mount(medium, 16)) skip();
	char *pem = pem_of("ec", NULL);
	for (int day = 0; day < 5; day++) {
		struct backup_result result;
		char name[] = "a.pdf";
		name[0] = (char)('a' + day);
		small_open(&app, archive, NOW + day * UTIME_DAY);
		for (size_t i = 0; day > 2 && i < ARRAY_LEN(keeps); i++) fine(conf_set(app.conf, keeps[i], "0", oops));
		if (!day)
			fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "A", .site = "", .set = "", .append_only = true,
			                                            .end_of_life = UTIME_NONE, .recipients = pem}, oops));
		small_add(&app, name, name, "TOTAL-PASSED", "");
		wrote(&app, day == 4, &result);
		assert_false(result.unprotected);
		small_close(&app);
		if (day == 2) assert_int_equal(run("lsattr generations/000001/catalogue.mdb.000001.cms | grep -q '^....i'", medium), 0);
	}
	assert_int_equal(run("lsattr packs/000001.tar.000002.cms README.txt generations/000001/manifest.json | grep -vq '^....i'", medium), 256);
	assert_int_equal(run("lsattr SHA256SUMS trust/root.pem.000001.cms | grep -q '^....i'", medium), 256);
	assert_false(folder_has(medium, "generations/000001/catalogue.mdb.000001.cms"));
	assert_int_equal(run("sha256sum -c --quiet SHA256SUMS", medium), 0);
	disk_unmount(medium);
	free(pem);
}

static void the_ledger_names_the_recipients(void **state) {
	(void)state;
	static const char *const names[] = {"rsa", "ec"};
	struct app app;
	struct ledger ledger;
	struct drill_state drill;
	char ends[UTIME_TEXT_MAX];
	three_days();
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	fine(drill_state(&app, &drill, oops));
	fine(ledger_read(&app, &ledger, oops));
	json_t *doc = medium_json(&(struct medium_view){&app, &ledger, &drill}, &ledger.media[0], true);
	const json_t *list = json_object_get(doc, "recipients");
	assert_true(json_is_true(json_object_get(doc, "encrypted")));
	assert_int_equal(json_array_size(list), 2);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const json_t *one = json_array_get(list, i);
		char *command = xasprintf("openssl x509 -in %s/%s.pem -noout -fingerprint -sha256 | tr -d : | tr A-F a-f | grep -q %s", keys, names[i],
		                          json_string_value(json_object_get(one, "sha256")));
		assert_string_equal(json_string_value(json_object_get(one, "name")), names[i]);
		assert_string_equal(json_string_value(json_object_get(one, "ends")), utime_text(NOW + 365 * UTIME_DAY, ends));
		assert_int_equal(system(command), 0);
		free(command);
	}
	json_decref(doc);
	ledger_dispose(&ledger);
	small_close(&app);
}

static void opened_as_an_archive_it_says_that_it_must_be_restored(void **state) {
	(void)state;
	struct app app = {.archive = medium, .now = NOW, .command = "find"};
	struct error err = {0};
	three_days();
	assert_int_equal(app_open_store(&app, STORE_READ, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "restored first"));
}

/* The medium's own label, signed by the archive's own key, with other words at `recipients`. */
static void sign_label(struct app *app, const char *recipients) {
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	struct medium_label label;
	char *path = xasprintf("%s/" MEDIUM_LABEL, medium), *text = folder_text(path);
	fine(medium_label_parse(text, strlen(text), &label, oops));
	free(text);
	free(label.recipients);
	label.recipients = recipients ? xstrdup(recipients) : NULL;
	text = medium_label_text(&label);
	fine(archive_key_sign(app, text, strlen(text), signature, oops));
	folder_put_text(medium, MEDIUM_LABEL, text);
	folder_put(medium, MEDIUM_LABEL_SIGNATURE, signature, sizeof signature);
	medium_label_dispose(&label);
	free(text), free(path);
}

/* Everything else about the label is right: identity, signature, generation. */
static void a_label_with_other_recipients_than_the_ledger_gets_nothing(void **state) {
	(void)state;
	static const char other[] = "0000000000000000000000000000000000000000000000000000000000000000";
	struct app app;
	struct backup_result result;
	struct medium_label label;
	three_days();
	char *path = xasprintf("%s/" MEDIUM_LABEL, medium), *text = folder_text(path);
	fine(medium_label_parse(text, strlen(text), &label, oops));
	const char *const wrong[] = {NULL, other};
	small_open(&app, archive, NOW + 3 * UTIME_DAY);
	small_add(&app, "d.pdf", "chu ky so", "TOTAL-PASSED", "");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct error err = {0};
		sign_label(&app, wrong[i]);
		assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
		assert_non_null(strstr(err.text, "other recipients"));
		assert_int_not_equal(run("grep -rqa 'chu ky so' .", medium), 0);
	}
	sign_label(&app, label.recipients);
	wrote(&app, false, &result);
	small_close(&app);
	medium_label_dispose(&label);
	free(text), free(path);
}

/* The other way round: a medium that is not encrypted, whose label says it is. */
static void a_label_that_names_recipients_where_the_ledger_has_none_gets_nothing(void **state) {
	(void)state;
	struct app app;
	struct backup_result result;
	struct error err = {0};
	small_open(&app, archive, NOW);
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Disk A", .site = "", .set = "", .end_of_life = UTIME_NONE}, oops));
	sign_label(&app, "0000000000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_non_null(strstr(err.text, "other recipients"));
	sign_label(&app, NULL);
	wrote(&app, false, &result);
	small_close(&app);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		MEDIUM_TEST(nothing_on_the_medium_is_in_the_clear_and_the_list_holds),
		MEDIUM_TEST(a_stranger_reads_it_with_openssl_and_tar),
		MEDIUM_TEST(an_increment_costs_its_own_bytes_alone),
		MEDIUM_TEST(each_recipient_restores_it),
		MEDIUM_TEST(without_the_right_key_nothing_is_restored_or_left_behind),
		MEDIUM_TEST(an_older_state_is_refused_and_its_plain_copy_removed),
		MEDIUM_TEST(an_encrypted_medium_that_knows_more_is_heard),
		MEDIUM_TEST(a_flipped_byte_on_the_medium_is_found_by_restore_and_by_a_full_backup),
		MEDIUM_TEST(a_changed_beginning_of_a_growing_pack_is_not_added_to),
		MEDIUM_TEST(a_backup_that_was_cut_off_is_finished),
		MEDIUM_TEST(a_drill_needs_the_key_and_passes_with_it),
		MEDIUM_TEST(an_encrypted_append_only_medium_grows_and_lets_go),
		MEDIUM_TEST(the_ledger_names_the_recipients),
		MEDIUM_TEST(opened_as_an_archive_it_says_that_it_must_be_restored),
		MEDIUM_TEST(a_label_with_other_recipients_than_the_ledger_gets_nothing),
		MEDIUM_TEST(a_label_that_names_recipients_where_the_ledger_has_none_gets_nothing),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
