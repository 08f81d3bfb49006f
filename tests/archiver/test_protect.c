#include "tests/archiver/own_disk.h"
#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/log.h"
#include "archiver/medium_ledger.h"
#include "archiver/rotation.h"
#include "store/private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *archive, *medium;
static struct app app;
static bool on_a_disk;

/* Whether this process has the right to mark files; it keeps what it needs to take it back. */
static void capable(bool yes) {
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const unsigned bit = 1u << CAP_LINUX_IMMUTABLE;
	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	data[0].effective = yes ? data[0].effective | bit : data[0].effective & ~bit;
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static int fresh(void **state) {
	(void)state;
	archive = folder_new("protect-archive");
	medium = folder_new("protect-medium");
	small_open(&app, archive, NOW);
	on_a_disk = disk_mount(medium, 16);
	log_set_level(LOG_ERROR_LEVEL + 1);
	return 0;
}

static int gone(void **state) {
	(void)state;
	log_set_level(LOG_WARN_LEVEL);
	if (on_a_disk) capable(true);
	small_close(&app);
	disk_unmount(medium);
	folder_remove(archive);
	folder_remove(medium);
	free(archive), free(medium);
	return 0;
}

static void made(bool append_only) {
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Disk A", .site = "", .set = "", .append_only = append_only,
	                                            .end_of_life = UTIME_NONE}, oops));
}

static struct backup_result written(void) {
	struct backup_result result;
	fine(backup_medium(&app, medium, false, &result, oops));
	return result;
}

/* "a" append-only, "i" immutable, "ai" both, "" neither, "none" not there. */
static const char *marks(const char *name) {
	char *path = xasprintf("%s/%s", medium, name);
	int flags = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0) return "none";
	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
	close(fd);
	bool a = flags & FS_APPEND_FL, i = flags & FS_IMMUTABLE_FL;
	return a && i ? "ai" : a ? "a" : i ? "i" : "";
}

/* Documents until packs and journal files are followed by others; the store seals what is full when it is closed. */
static void filled(char first, char last) {
	store_set_bounds(app.store, 3000, 1500);
	for (char letter = first; letter <= last; letter++) {
		char name[] = "a.pdf", text[] = "the document with the letter a";
		name[0] = text[29] = letter;
		small_add(&app, name, text, "TOTAL-PASSED", "");
	}
	utime now = app.now;
	small_close(&app);
	small_open(&app, archive, now + UTIME_DAY);
}

static void assert_whole(void) {
	char *command = xasprintf("cd %s && sha256sum -c --quiet SHA256SUMS", medium);
	assert_int_equal(system(command), 0);
	free(command);
}

static void what_never_changes_is_immutable_and_what_grows_append_only(void **state) {
	(void)state;
	static const struct {
		const char *name, *marks;
	} cases[] = {
		{"packs/000001.tar", "i"},        {"packs/000002.tar", "i"},
		{"packs/000003.tar", "i"},        {"packs/000004.tar", "a"},
		{"journal/000001.log", "i"},      {"packs/000005.tar", "none"},
		{"README.txt", "i"},              {"generations/000001/manifest.json", "i"},
		{"generations/000001/manifest.sig", "i"}, {"generations/000001/catalogue.mdb", "i"},
		{"generations/000002/manifest.json", "i"}, {"generations/000002/catalogue.mdb", "none"},
		{"catalogue/data.mdb", ""},       {"SHA256SUMS", ""},
		{"label.json", ""},               {"ltvault.conf", ""},
	};
	if (!on_a_disk) skip();
	made(true);
	filled('a', 'e');
	written();
	written();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (strcmp(marks(cases[i].name), cases[i].marks)) fail_msg("%s: \"%s\"", cases[i].name, marks(cases[i].name));
	/* The kernel means it. */
	char *sealed = xasprintf("%s/packs/000001.tar", medium), *open_pack = xasprintf("%s/packs/000004.tar", medium);
	assert_int_equal(unlink(sealed), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(open(sealed, O_WRONLY | O_APPEND | O_CLOEXEC), -1);
	assert_int_equal(truncate(open_pack, 0), -1);
	free(sealed), free(open_pack);
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	assert_int_equal(medium_number(&ledger.media[0], "protected"), 1);
	ledger_dispose(&ledger);
	/* And it goes on: more documents, a pack that is sealed now, files that others follow now. */
	filled('f', 'k');
	written();
	assert_string_equal(marks("packs/000004.tar"), "ai");
	assert_whole();
}

/* The nearest: the same medium, but for the option. */
static void without_the_option_nothing_is_marked(void **state) {
	(void)state;
	static const char *const names[] = {"packs/000001.tar", "packs/000003.tar", "journal/000001.log", "README.txt", "generations/000001/manifest.json"};
	if (!on_a_disk) skip();
	made(false);
	filled('a', 'e');
	assert_false(written().unprotected);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) assert_string_equal(marks(names[i]), "");
}

static void only_the_expiry_of_a_generation_takes_its_snapshot_away(void **state) {
	(void)state;
	static const enum setting keeps[] = {CONF_rotation_daily, CONF_rotation_weekly, CONF_rotation_monthly, CONF_rotation_yearly};
	if (!on_a_disk) skip();
	made(true);
	small_add(&app, "a.pdf", "first document", "TOTAL-PASSED", "");
	for (int i = 0; i < 3; i++, app.now += UTIME_DAY) written();
	assert_string_equal(marks("generations/000001/catalogue.mdb"), "i");
	assert_string_equal(marks("generations/000002/catalogue.mdb"), "i");
	for (size_t i = 0; i < ARRAY_LEN(keeps); i++) fine(conf_set(app.conf, keeps[i], "0", oops));
	/* Without the right to it nothing fails; the snapshot stays until there is one. */
	capable(false);
	written();
	assert_string_equal(marks("generations/000001/catalogue.mdb"), "i");
	capable(true);
	written();
	assert_string_equal(marks("generations/000001/catalogue.mdb"), "none");
	assert_string_equal(marks("generations/000002/catalogue.mdb"), "none");
	assert_string_equal(marks("generations/000003/catalogue.mdb"), "none");
	assert_string_equal(marks("generations/000004/catalogue.mdb"), "i");
	assert_string_equal(marks("generations/000001/manifest.json"), "i"); /* the signed list stays for ever */
	assert_whole();
}

static bool falls_short(void) {
	struct ledger ledger;
	size_t i;
	json_t *row;
	bool found = false;
	fine(ledger_read(&app, &ledger, oops));
	json_t *list = rotation_shortfalls(&app, &ledger);
	json_array_foreach(list, i, row) found |= !strcmp(json_string_value(json_object_get(row, "code")), "IMMUTABLE");
	json_decref(list);
	ledger_dispose(&ledger);
	return found;
}

static void where_it_cannot_be_done_it_is_said_once(void **state) {
	(void)state;
	if (!on_a_disk) skip();
	made(true);
	small_add(&app, "a.pdf", "first document", "TOTAL-PASSED", "");
	for (int round = 0; round < 2; round++) {
		capable(false);
		assert_true(written().unprotected);
		assert_true(falls_short());
		assert_false(written().unprotected); /* every other night it stands in the ledger and in the report */
		assert_true(falls_short());
		capable(true);
		assert_false(written().unprotected);
		assert_false(falls_short());
		if (!round) {
			/* What is marked already stays so without the right; only what is new cannot be marked. */
			capable(false);
			small_add(&app, "b.pdf", "second document", "TOTAL-PASSED", "");
			struct backup_result result;
			struct error err = {0};
			if (backup_medium(&app, medium, false, &result, &err)) fail_msg("%s", err.text);
			assert_true(result.unprotected);
			capable(true);
			assert_false(written().unprotected);
		}
	}
	assert_whole();
}

static void a_torn_tail_on_a_protected_medium_is_mended(void **state) {
	(void)state;
	if (!on_a_disk) skip();
	made(true);
	small_add(&app, "a.pdf", "first document", "TOTAL-PASSED", "");
	written();
	assert_string_equal(marks("journal/000001.log"), "a");
	char *command = xasprintf("head -c 300 /dev/zero >> %s/journal/000001.log && touch %s/INCOMPLETE", medium, medium);
	assert_int_equal(system(command), 0);
	assert_int_equal(written().mended, 1);
	assert_string_equal(marks("journal/000001.log"), "a");
	assert_whole();
	free(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(what_never_changes_is_immutable_and_what_grows_append_only),
		TEST(without_the_option_nothing_is_marked),
		TEST(only_the_expiry_of_a_generation_takes_its_snapshot_away),
		TEST(where_it_cannot_be_done_it_is_said_once),
		TEST(a_torn_tail_on_a_protected_medium_is_mended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
