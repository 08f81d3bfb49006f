#include "tests/archiver/small_archive.h"

#include "archiver/archive_key.h"
#include "archiver/backup.h"
#include "archiver/medium_identity.h"
#include "archiver/medium_sums.h"
#include "base/limits.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *archive, *medium;
static struct app app;

static int fresh(void **state) {
	(void)state;
	archive = folder_new("media-archive");
	medium = folder_new("media-medium");
	small_open(&app, archive, NOW);
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive);
	folder_remove(medium);
	free(archive);
	free(medium);
	return 0;
}

static int made(const char *path, const char *label, enum medium_kind kind, struct error *err) {
	const struct medium_wish wish = {.path = path, .label = label, .site = "Kho 1", .set = "A", .kind = kind, .end_of_life = UTIME_NONE};
	return media_init(&app, &wish, err);
}

static void written(void) {
	struct backup_result result;
	small_add(&app, "a.pdf", "first document", "TOTAL-PASSED", "");
	fine(made(medium, "Disk A", MEDIUM_DISK, oops));
	fine(backup_medium(&app, medium, false, &result, oops));
}

static void refused(enum error_code code, const char *words) {
	struct backup_result result;
	struct error err = {0};
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	if (err.code != code || !strstr(err.text, words)) fail_msg("%s, not \"%s\"", err.text, words);
	assert_false(folder_has(medium, "INCOMPLETE"));
}

static char *path_of(const char *folder, const char *name) {
	return xasprintf("%s/%s", folder, name);
}

static void the_key_is_private_and_the_journal_knows_its_public_half(void **state) {
	(void)state;
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	char *path = path_of(archive, "keys/archive.pem"), *pem;
	struct error err = {0};
	struct stat st;
	fine(archive_key_sign(&app, "text", 4, signature, oops));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(archive_key_made(&app, "text", 4, signature, sizeof signature, &err), 1);
	assert_int_equal(archive_key_made(&app, "texT", 4, signature, sizeof signature, &err), 0);
	fine(archive_key_pem(&app, &pem, oops));
	assert_true(archive_key_verify(pem, strlen(pem), "text", 4, signature, sizeof signature));
	signature[0] ^= 1;
	assert_false(archive_key_verify(pem, strlen(pem), "text", 4, signature, sizeof signature));
	assert_false(archive_key_verify("no key", 6, "text", 4, signature, sizeof signature));
	/* A key that is lost is followed by a new one; what the first signed still counts. */
	fine(archive_key_sign(&app, "text", 4, signature, oops));
	unlink(path);
	unsigned char other[ARCHIVE_SIGNATURE_BYTES];
	fine(archive_key_sign(&app, "text", 4, other, oops));
	assert_memory_not_equal(signature, other, sizeof other);
	assert_int_equal(archive_key_made(&app, "text", 4, signature, sizeof signature, &err), 1);
	assert_int_equal(archive_key_made(&app, "text", 4, other, sizeof other, &err), 1);
	chmod(path, 0640);
	assert_int_equal(archive_key_sign(&app, "text", 4, other, &err), -1);
	assert_int_equal(err.code, ERROR_CONFIG);
	free(path), free(pem);
}

static void the_private_key_is_on_no_medium(void **state) {
	(void)state;
	written();
	char *command = xasprintf("grep -rqa 'PRIVATE KEY' %s", medium);
	assert_int_equal(WEXITSTATUS(system(command)), 1);
	free(command);
	assert_false(folder_has(medium, "keys"));
}

static void ledger_has_kind_site_set_and_end_of_life(void **state) {
	(void)state;
	struct ledger ledger;
	char *tape = folder_new("media-tape"), day[UTIME_TEXT_MAX];
	written();
	fine(made(tape, "Tape B", MEDIUM_TAPE, oops));
	fine(ledger_read(&app, &ledger, oops));
	assert_int_equal(ledger.count, 2);
	struct medium *m = ledger_find(&ledger, "Tape B");
	assert_int_equal(medium_kind_of(m), MEDIUM_TAPE);
	assert_string_equal(medium_site(m), "Kho 1");
	assert_string_equal(medium_set(m), "A");
	assert_string_equal(utime_date_text(medium_time(m, "end_of_life"), day), "2041-11-22");
	assert_null(medium_newest(m));
	m = ledger_find(&ledger, medium);
	assert_string_equal(m->row.label, "Disk A");
	assert_int_equal(json_integer_value(json_object_get(medium_newest(m), "number")), 1);
	assert_true(json_is_true(json_object_get(medium_newest(m), "full")));
	ledger_dispose(&ledger);
	folder_remove(tape);
	free(tape);
}

static void own_device_needs_the_setting(void **state) {
	(void)state;
	struct error err = {0};
	written();
	fine(conf_set(app.conf, CONF_backup_same_device, "no", oops));
	refused(ERROR_INPUT, "own device");
	char *second = folder_new("media-second");
	assert_int_equal(made(second, "B", MEDIUM_DISK, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_int_equal(rmdir(second), 0); /* nothing was written */
	free(second);
}

static void two_media_with_one_label_are_refused(void **state) {
	(void)state;
	struct error err = {0};
	struct backup_result result;
	char *second = folder_new("media-second"), *command;
	written();
	assert_int_equal(made(second, "Disk A", MEDIUM_DISK, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	/* A copy of the medium, label and all, that stayed behind. */
	command = xasprintf("cp -a %s/. %s", medium, second);
	assert_int_equal(system(command), 0);
	for (int i = 0; i < 2; i++) {
		small_add(&app, i ? "c.pdf" : "b.pdf", i ? "third" : "second", "TOTAL-PASSED", "");
		fine(backup_medium(&app, medium, false, &result, oops));
	}
	error_clear(&err);
	assert_int_equal(backup_medium(&app, second, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "another medium with the same label"));
	folder_remove(second);
	free(second), free(command);
}

static void a_changed_label_is_refused(void **state) {
	(void)state;
	written();
	char *path = path_of(medium, MEDIUM_LABEL), *text = folder_text(path), *site = strstr(text, "Kho 1");
	assert_non_null(site);
	site[4] = '2';
	folder_put_text(medium, MEDIUM_LABEL, text);
	refused(ERROR_INPUT, "label was changed");
	free(path), free(text);
}

static void a_retired_medium_is_not_written_to(void **state) {
	(void)state;
	struct ledger ledger;
	written();
	fine(ledger_read(&app, &ledger, oops));
	medium_set_time(&ledger.media[0], "retired", NOW);
	struct batch *batch = store_begin(app.store, app.now);
	medium_put(batch, &ledger.media[0]);
	fine(batch_commit(batch, oops));
	ledger_dispose(&ledger);
	refused(ERROR_INPUT, "was retired");
}

static void a_shrunken_archive_is_not_backed_up(void **state) {
	(void)state;
	written();
	small_add(&app, "b.pdf", "second document", "TOTAL-PASSED", "");
	char *path = path_of(archive, "packs/000001.tar");
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 512), 0);
	refused(ERROR_DAMAGED, "the archive is damaged");
	assert_int_equal(unlink(path), 0);
	refused(ERROR_DAMAGED, "0 packs of 0 bytes");
	free(path);
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	assert_int_equal(medium_number(&ledger.media[0], "error_count"), 2);
	assert_int_equal(ledger.media[0].row.generation, 1);
	ledger_dispose(&ledger);
}

static void a_link_on_a_medium_is_not_followed(void **state) {
	(void)state;
	struct backup_result result;
	struct error err = {0};
	written();
	char *victim = path_of(archive, "victim"), *journal = path_of(medium, "journal/000001.log"), *packs = path_of(medium, "packs"),
	     *aside = path_of(medium, "aside");
	folder_put_text(archive, "victim", "");
	unlink(journal);
	assert_int_equal(symlink(victim, journal), 0);
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(unlink(journal), 0);
	error_clear(&err);
	assert_int_equal(rename(packs, aside), 0);
	assert_int_equal(symlink(archive, packs), 0);
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	char *after = folder_text(victim);
	assert_string_equal(after, "");
	free(after), free(victim), free(journal), free(packs), free(aside);
}

static void names_that_lead_elsewhere_are_no_names(void **state) {
	(void)state;
	static const char *const bad[] = {"", "/etc/passwd", "..", ".", "a/../b", "a//b", "a/", "/", "a\nb", "a\\b", "packs/."};
	static const char *const good[] = {"a", "packs/000001.tar", "a..b", "trust/tên tệp.pem", ".hidden"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (place_name_is_safe(bad[i])) fail_msg("\"%s\" is taken", bad[i]);
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!place_name_is_safe(good[i])) fail_msg("\"%s\" is not taken", good[i]);
}

static void lists_are_read_as_sha256sum_writes_them_and_no_other_way(void **state) {
	(void)state;
#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		const char *text;
		int count; /* -1: refused */
	} cases[] = {
		{"", 0},
		{SUM "  a\n", 1},
		{SUM " *a", 1},
		{SUM "  b\n" SUM "  a\n", 2},
		{SUM "  a\n" SUM "  a\n", -1},
		{SUM " a\n", -1},
		{SUM "  ../a\n", -1},
		{SUM "0  a\n", -1},
		{"\n", -1},
		{SUM "  a\n\n", -1},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct medium_sums sums = {0};
		struct error err = {0};
		int rc = medium_sums_parse(&sums, cases[i].text, strlen(cases[i].text), "list", &err);
		if ((rc ? -1 : (int)sums.count) != cases[i].count) fail_msg("case %zu: %d, %zu", i, rc, sums.count);
		medium_sums_dispose(&sums);
	}
}

static void a_generation_is_read_as_it_was_written(void **state) {
	(void)state;
	struct generation g = {.number = 12, .events = 7, .records = 2, .made = NOW, .last_event = NOW}, again;
	generation_add(&g, "packs/000001.tar", 1024, SUM);
	char *text = generation_text(&g);
	fine(generation_parse(text, strlen(text), &again, oops));
	assert_int_equal(again.number, 12);
	assert_int_equal(again.count, 1);
	assert_string_equal(again.files[0].name, "packs/000001.tar");
	generation_dispose(&again);
	struct error err = {0};
	memcpy(strstr(text, "packs/"), "../../", 6);
	assert_int_equal(generation_parse(text, strlen(text), &again, &err), -1);
	generation_dispose(&again);
	generation_dispose(&g);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(the_key_is_private_and_the_journal_knows_its_public_half),
		TEST(the_private_key_is_on_no_medium),
		TEST(ledger_has_kind_site_set_and_end_of_life),
		TEST(own_device_needs_the_setting),
		TEST(two_media_with_one_label_are_refused),
		TEST(a_changed_label_is_refused),
		TEST(a_retired_medium_is_not_written_to),
		TEST(a_shrunken_archive_is_not_backed_up),
		TEST(a_link_on_a_medium_is_not_followed),
		cmocka_unit_test(names_that_lead_elsewhere_are_no_names),
		cmocka_unit_test(lists_are_read_as_sha256sum_writes_them_and_no_other_way),
		cmocka_unit_test(a_generation_is_read_as_it_was_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
