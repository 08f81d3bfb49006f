#include "tests/archiver/own_disk.h"
#include "tests/archiver/small_archive.h"

#include "archiver/archive_key.h"
#include "archiver/backup.h"
#include "archiver/drill_night.h"
#include "archiver/envelope.h"
#include "archiver/medium_show.h"
#include "archiver/repair.h"
#include "archiver/restore.h"
#include "base/limits.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sched.h>
#include <sys/mount.h>

static char *archive, *medium, *target, *keys;

/* ---- recipients made here ---- */

static void put_pem(const char *name, EVP_PKEY *key, X509 *certificate) {
	char *path = xasprintf("%s/%s.pem", keys, name), *beside = xasprintf("%s/%s.key", keys, name);
	FILE *out = fopen(path, "we"), *secret = fopen(beside, "we");
	assert_non_null(out);
	assert_non_null(secret);
	assert_true(PEM_write_X509(out, certificate));
	assert_true(PEM_write_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL));
	fclose(out);
	fclose(secret);
	free(path), free(beside);
}

/* Files NAME.pem and NAME.key; valid around NOW, or not any more. */
static void make_recipient(const char *name, EVP_PKEY *key, const char *usage, int days) {
	X509 *one = X509_new();
	assert_non_null(key);
	ASN1_INTEGER_set(X509_get_serialNumber(one), (long)strlen(name) + 7);
	X509_set_version(one, 2);
	ASN1_TIME_set(X509_getm_notBefore(one), (time_t)(NOW / UTIME_SECOND) - 86400L * 30);
	ASN1_TIME_set(X509_getm_notAfter(one), (time_t)(NOW / UTIME_SECOND) + 86400L * days);
	X509_set_pubkey(one, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(one), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(one, X509_get_subject_name(one));
	if (usage) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);
		assert_true(X509_add_ext(one, extension, -1));
		X509_EXTENSION_free(extension);
	}
	assert_true(X509_sign(one, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()));
	put_pem(name, key, one);
	X509_free(one);
	EVP_PKEY_free(key);
}

static int make_keys(void **state) {
	(void)state;
	digest_init();
	keys = folder_new("envelope-keys");
	make_recipient("rsa", EVP_RSA_gen(2048), "keyEncipherment", 365);
	make_recipient("ec", EVP_EC_gen("P-256"), "keyAgreement", 365);
	make_recipient("other", EVP_RSA_gen(2048), NULL, 365);
	make_recipient("otherec", EVP_EC_gen("P-256"), NULL, 365);
	make_recipient("weak", EVP_RSA_gen(1024), NULL, 365);
	make_recipient("signer", EVP_EC_gen("P-256"), "digitalSignature", 365);
	make_recipient("expired", EVP_EC_gen("P-256"), "keyAgreement", -1);
	make_recipient("edwards", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, 365);
	return 0;
}

static int drop_keys(void **state) {
	(void)state;
	folder_remove(keys);
	free(keys);
	return 0;
}

static char *pem_of(const char *first, const char *second) {
	char *a = xasprintf("%s/%s.pem", keys, first), *b = xasprintf("%s/%s.pem", keys, second ? second : first);
	char *one = folder_text(a), *two = second ? folder_text(b) : xstrdup(""), *both = xasprintf("%s%s", one, two);
	free(a), free(b), free(one), free(two);
	return both;
}

static struct envelope_key *key_of(const char *name, bool with_certificate, struct error *err) {
	char *key = xasprintf("%s/%s.key", keys, name), *certificate = xasprintf("%s/%s.pem", keys, name);
	struct envelope_key *k = envelope_key_read(key, with_certificate ? certificate : NULL, err);
	free(key), free(certificate);
	return k;
}

/* ---- messages ---- */

static struct buf message(const char *first, const char *second, const void *plain, size_t len) {
	char *pem = pem_of(first, second);
	struct buf der = {0};
	struct error err = {0};
	struct recipients *r = recipients_parse(pem, strlen(pem), &err);
	assert_non_null(r);
	fine(envelope_make(r, plain, len, &der, oops));
	recipients_free(r);
	free(pem);
	return der;
}

static int opened(const char *name, bool with_certificate, const struct buf *der, struct buf *plain, struct error *err) {
	struct envelope_key *key = key_of(name, with_certificate, err);
	int rc = key ? envelope_open(key, der->data, der->len, plain, err) : -1;
	envelope_key_free(key);
	return rc;
}

static void each_of_two_recipients_opens_it_with_and_without_certificate(void **state) {
	(void)state;
	static const char *const owners[] = {"rsa", "ec"};
	struct buf der = message("rsa", "ec", "dòng một\r\ndòng hai\n", 21);
	for (size_t i = 0; i < ARRAY_LEN(owners) * 2; i++) {
		struct buf plain = {0};
		fine(opened(owners[i / 2], i % 2, &der, &plain, oops));
		assert_int_equal(plain.len, 21);
		assert_memory_equal(plain.data, "dòng một\r\ndòng hai\n", 21);
		buf_dispose(&plain);
	}
	buf_dispose(&der);
}

static void another_key_opens_nothing(void **state) {
	(void)state;
	static const char *const strangers[] = {"other", "otherec"};
	struct buf der = message("rsa", "ec", "secret", 6);
	for (size_t i = 0; i < ARRAY_LEN(strangers) * 2; i++) {
		struct buf plain = {0};
		struct error err = {0};
		assert_int_equal(opened(strangers[i / 2], i % 2, &der, &plain, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
		assert_int_equal(plain.len, 0);
	}
	buf_dispose(&der);
}

static void no_flipped_byte_opens(void **state) {
	(void)state;
	struct buf der = message("ec", NULL, "a document of some length, so that there is content to flip", 59);
	struct error none = {0};
	struct envelope_key *key = key_of("ec", false, &none);
	size_t opened_all_the_same = 0;
	for (size_t i = 0; i < der.len; i++) {
		struct buf plain = {0};
		struct error err = {0};
		der.data[i] ^= 1;
		/* Where a byte is authenticated by nothing (the recipient's name) the content may open, but never as something else. */
		if (!envelope_open(key, der.data, der.len, &plain, &err)) {
			opened_all_the_same++;
			assert_int_equal(plain.len, 59);
			assert_memory_equal(plain.data, "a document of some length, so that there is content to flip", 59);
		} else {
			assert_int_equal(plain.len, 0);
		}
		buf_dispose(&plain);
		der.data[i] ^= 1;
	}
	assert_true(opened_all_the_same < der.len / 4);
	envelope_key_free(key);
	buf_dispose(&der);
}

static void only_authenticated_encryption_is_opened(void **state) {
	(void)state;
	struct buf plain = {0};
	struct error err = {0};
	struct buf junk = {0};
	buf_add_text(&junk, "0 not DER");
	assert_int_equal(opened("rsa", true, &junk, &plain, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	buf_dispose(&junk);
}

static void unfit_recipients_are_refused(void **state) {
	(void)state;
	static const struct {
		const char *name;
		bool parsed;
	} cases[] = {{"weak", false}, {"edwards", false}, {"signer", true}, {"expired", true}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		char *pem = pem_of("rsa", cases[i].name);
		struct recipients *r = recipients_parse(pem, strlen(pem), &err);
		assert_int_equal(r != NULL, cases[i].parsed);
		if (r) assert_int_equal(recipients_check(r, NOW, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
		assert_non_null(strstr(err.text, cases[i].name));
		recipients_free(r);
		free(pem);
	}
}

static void no_more_recipients_than_the_bound(void **state) {
	(void)state;
	char *one = pem_of("ec", NULL);
	struct buf many = {0};
	for (int i = 0; i <= LIMIT_RECIPIENTS; i++) {
		struct error err = {0};
		struct recipients *r = many.len ? recipients_parse(buf_text(&many), many.len, &err) : NULL;
		assert_int_equal(r != NULL, i > 0);
		recipients_free(r);
		buf_add_text(&many, one);
	}
	struct error err = {0};
	assert_null(recipients_parse(buf_text(&many), many.len, &err));
	assert_int_equal(err.code, ERROR_INPUT);
	buf_dispose(&many);
	free(one);
}

/* ---- media ---- */

static int fresh(void **state) {
	(void)state;
	archive = folder_new("envelope-archive");
	medium = folder_new("envelope-medium");
	target = folder_new("envelope-target");
	folder_remove(target);
	return 0;
}

static int gone(void **state) {
	(void)state;
	char *left = xasprintf("%s.restoring", target);
	folder_remove(archive), folder_remove(medium), folder_remove(target), folder_remove(left);
	free(archive), free(medium), free(target), free(left);
	return 0;
}

static void wrote(struct app *app, bool full, struct backup_result *result) {
	fine(backup_medium(app, medium, full, result, oops));
}

/* Three days with a document each, the medium written every evening. */
static void three_days(void) {
	struct app app;
	struct backup_result result;
	char *pem = pem_of("rsa", "ec");
	for (int day = 0; day < 3; day++) {
		char name[] = "a.pdf", text[] = "chu ky so cua van ban a";
		text[22] = name[0] = (char)('a' + day);
		small_open(&app, archive, NOW + day * UTIME_DAY);
		small_add(&app, name, text, "TOTAL-PASSED", "");
		const struct medium_wish wish = {.path = medium, .label = "Disk A", .site = "", .set = "", .end_of_life = UTIME_NONE, .recipients = pem};
		if (!day) fine(media_init(&app, &wish, oops));
		wrote(&app, false, &result);
		small_close(&app);
	}
	free(pem);
}

/* A shell command in a folder. */
static int run(const char *words, const char *folder) {
	char *command = xasprintf("cd %s && %s", folder, words);
	int rc = system(command);
	free(command);
	return rc;
}

static int restored(const char *key, struct restore_request request, struct restore_result *result, struct error *err) {
	struct app app = {.archive = target, .now = NOW + 10 * UTIME_DAY, .command = "restore"};
	char *path = key ? xasprintf("%s/%s.key", keys, key) : NULL;
	request.medium = medium;
	request.directory = target;
	request.key = path;
	int rc = restore_run(&app, &request, result, err);
	conf_free(app.conf);
	free(path);
	return rc;
}

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
	char *command = xasprintf("cd %s && mkdir ../test-envelope-out && for p in packs/000001.tar.*.cms; do openssl cms -decrypt -binary -inform DER -in $p "
	                          "-recip %s/ec.pem -inkey %s/ec.key || exit 1; done > ../test-envelope-out/all.tar && cd ../test-envelope-out && "
	                          "grep -q $(sha256sum all.tar | cut -c 1-64) %s/generations/000003/manifest.json && tar -xf all.tar && "
	                          "grep -rlq 'van ban c' . ", medium, keys, keys, medium);
	char *out = folder_new("envelope-out");
	folder_remove(out);
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
	char *pem = pem_of("ec", NULL);
	if (!disk_mount(medium, 16)) skip();
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

static uint64_t overhead_of(const char *first, const char *second) {
	char *pem = pem_of(first, second);
	struct error err = {0};
	struct recipients *r = recipients_parse(pem, strlen(pem), &err);
	uint64_t bytes = 0;
	assert_non_null(r);
	fine(envelope_overhead(r, &bytes, oops));
	recipients_free(r);
	free(pem);
	return bytes;
}

static void no_message_is_longer_than_its_content_and_the_overhead(void **state) {
	(void)state;
	static const char *const recipients[][2] = {{"rsa", NULL}, {"ec", NULL}, {"rsa", "ec"}};
	static const size_t sizes[] = {0, 1, 127, 128, 65535, 65536, LIMIT_ENVELOPE_PLAIN};
	char *plain = xcalloc(1, LIMIT_ENVELOPE_PLAIN);
	for (size_t i = 0; i < ARRAY_LEN(recipients); i++) {
		uint64_t most = overhead_of(recipients[i][0], recipients[i][1]);
		assert_true(most < 2000);
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			struct buf der = message(recipients[i][0], recipients[i][1], plain, sizes[k]);
			assert_true(der.len <= sizes[k] + most);
			assert_true(der.len + 100 >= sizes[k] + most); /* and it is no wild guess */
			buf_dispose(&der);
		}
	}
	free(plain);
}

/* One document of 33 MB in one backup: two messages and what belongs to it, opened again in their order. */
static void a_file_of_several_messages_in_one_backup_comes_back_whole(void **state) {
	(void)state;
	const size_t size = LIMIT_ENVELOPE_PLAIN + (1 << 20);
	struct app app;
	struct backup_result result;
	struct restore_result back;
	char *bytes = xmalloc(size + 1), *pem = pem_of("ec", NULL);
	uint64_t seed = 1;
	for (size_t i = 0; i < size; i++) bytes[i] = (char)('!' + (seed = seed * 6364136223846793005u + 1442695040888963407u) % 93);
	bytes[size] = 0;
	small_open(&app, archive, NOW);
	struct batch *batch = store_begin(app.store, app.now);
	struct record_row row = {.size = size, .name = (char *)"large.pdf", .source = (char *)"spool", .actor = (char *)"clerk", .taken_in = app.now,
	                         .state = RECORD_PENDING, .due = app.now};
	uint64_t number;
	batch_put(batch, OBJECT_DOCUMENT, bytes, size, &row.original, NULL);
	digest_bytes(DIGEST_SHA512, bytes, size, row.sha512);
	batch_add_record(batch, &row, &number);
	fine(batch_commit(batch, oops));
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Disk A", .site = "", .set = "", .end_of_life = UTIME_NONE, .recipients = pem},
	                oops));
	wrote(&app, false, &result);
	assert_true(folder_has(medium, "packs/000001.tar.000002.cms"));
	assert_false(folder_has(medium, "packs/000001.tar.000003.cms"));
	small_add(&app, "b.pdf", "one more, behind it", "TOTAL-PASSED", "");
	wrote(&app, false, &result);
	assert_true(result.bytes < LIMIT_ENVELOPE_PLAIN);
	assert_true(folder_has(medium, "packs/000001.tar.000003.cms"));
	small_close(&app);
	assert_int_equal(run("sha256sum -c --quiet SHA256SUMS", medium), 0);
	fine(restored("ec", (struct restore_request){.until = UTIME_NONE}, &back, oops));
	assert_int_equal(back.counts.records, 2);
	assert_int_equal(back.counts.problems, 0);
	/* Two messages in each other's place are not the file, whatever else about them is right. */
	folder_remove(target);
	assert_int_equal(run("mv packs/000001.tar.000001.cms x && mv packs/000001.tar.000002.cms packs/000001.tar.000001.cms && mv x "
	                     "packs/000001.tar.000002.cms", medium), 0);
	struct error err = {0};
	assert_int_equal(restored("ec", (struct restore_request){.until = UTIME_NONE}, &back, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	free(bytes), free(pem);
}

/* A file system of so many kilobytes at the medium's place, or the one there made that large; false where this may not be done here. */
static bool sized(unsigned kilobytes, bool again) {
	static bool own;
	char options[32];
	snprintf(options, sizeof options, "size=%uk", kilobytes);
	if (!own && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))) return false;
	own = true;
	return mount("none", medium, "tmpfs", again ? MS_REMOUNT : 0, options) == 0;
}

/* The medium grows until the backup is done: before that it is refused, and nothing is begun. */
static void done_once_there_is_room(struct app *app, unsigned *size) {
	struct backup_result result;
	unsigned refused = 0;
	for (struct error err = {0}; backup_medium(app, medium, false, &result, &err); error_clear(&err)) {
		if (err.code != ERROR_NO_SPACE || !strstr(err.text, "nothing was written")) fail_msg("%u: %s", *size, err.text);
		assert_false(folder_has(medium, "INCOMPLETE"));
		assert_true(++refused < 100);
		assert_true(sized(*size += 64, true)); /* more than a refusal adds to the ledger */
	}
	assert_true(refused > 0);
	assert_int_equal(run("sha256sum -c --quiet SHA256SUMS", medium), 0);
}

static void whatever_is_begun_has_room(void **state) {
	(void)state;
	char *pem = pem_of("rsa", "ec"), *many = xasprintf("%s%s%s%s%s%s%s%s", pem, pem, pem, pem, pem, pem, pem, pem); /* LIMIT_RECIPIENTS */
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		struct app app;
		unsigned size = 128;
		folder_remove(archive);
		mkdir(archive, 0755);
		small_open(&app, archive, NOW);
		/* Many small files: what each costs beside its bytes, a block of the file system and the message around it, is most of it. */
		for (int i = 0; i < 200; i++) {
			char name[] = "trust/root-000.pem";
			name[11] = (char)('0' + i / 100), name[12] = (char)('0' + i / 10 % 10), name[13] = (char)('0' + i % 10);
			folder_put_text(archive, name, "not a real anchor\n");
		}
		if (!sized(size, false)) skip();
		fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "A", .site = "", .set = "", .end_of_life = UTIME_NONE,
		                                            .recipients = encrypted ? many : NULL}, oops));
		for (int round = 0; round < 3; round++) {
			char name[] = "a.pdf", *text = xcalloc(1, 60001);
			name[0] = (char)('a' + round);
			memset(text, name[0], 60000);
			small_add(&app, name, text, "TOTAL-PASSED", "");
			free(text);
			done_once_there_is_room(&app, &size);
		}
		small_close(&app);
		assert_int_equal(umount(medium), 0);
	}
	free(pem), free(many);
}

#define MEDIUM_TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_two_recipients_opens_it_with_and_without_certificate),
		cmocka_unit_test(another_key_opens_nothing),
		cmocka_unit_test(no_flipped_byte_opens),
		cmocka_unit_test(only_authenticated_encryption_is_opened),
		cmocka_unit_test(unfit_recipients_are_refused),
		cmocka_unit_test(no_more_recipients_than_the_bound),
		cmocka_unit_test(no_message_is_longer_than_its_content_and_the_overhead),
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
		MEDIUM_TEST(a_file_of_several_messages_in_one_backup_comes_back_whole),
		MEDIUM_TEST(whatever_is_begun_has_room),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
