#include "tests/archiver/own_disk.h"
#include "tests/archiver/small_archive.h"

#include "archiver/archive_key.h"
#include "archiver/backup.h"
#include "archiver/medium_ledger.h"
#include "archiver/report.h"
#include "store/fault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL "journal/000001.log"
#define PACK "packs/000001.tar"

static char *archive, *medium;
static struct app app;

static bool on_a_disk; /* the medium has a file system of its own */

static int fresh(void **state) {
	(void)state;
	archive = folder_new("mend-archive");
	medium = folder_new("mend-medium");
	small_open(&app, archive, NOW);
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Đĩa A", .site = "Kho 1", .set = "lẻ", .end_of_life = UTIME_NONE}, oops));
	return 0;
}

static int fresh_disk(void **state) {
	(void)state;
	archive = folder_new("mend-archive");
	medium = folder_new("mend-medium");
	small_open(&app, archive, NOW);
	on_a_disk = disk_mount(medium, 16);
	fine(media_init(&app, &(struct medium_wish){.path = medium, .label = "Đĩa A", .site = "Kho 1", .set = "lẻ", .end_of_life = UTIME_NONE}, oops));
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	disk_unmount(medium);
	folder_remove(archive);
	folder_remove(medium);
	free(archive), free(medium);
	return 0;
}

static struct backup_result written(void) {
	struct backup_result result;
	fine(backup_medium(&app, medium, false, &result, oops));
	return result;
}

static void added(const char *name, const char *bytes) {
	small_add(&app, name, bytes, "TOTAL-PASSED", "");
}

static char *read_whole(const char *folder, const char *name, size_t *len) {
	char *path = xasprintf("%s/%s", folder, name);
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	char *data = xcalloc(1, (size_t)st.st_size + 1);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	*len = (size_t)st.st_size;
	close(fd);
	free(path);
	return data;
}

/* The medium is whole: its list holds, its packs, journal and catalogue agree, and no copy is under way. */
static void assert_whole(void) {
	struct error err = {0};
	struct fsck_counts counts;
	char *command = xasprintf("cd %s && sha256sum -c --quiet SHA256SUMS", medium);
	assert_int_equal(system(command), 0);
	free(command);
	assert_false(folder_has(medium, "INCOMPLETE"));
	struct store *copy = store_open_medium(medium, &err);
	assert_non_null(copy);
	assert_int_equal(store_fsck(copy, true, NULL, NULL, &counts, &err), 0);
	store_close(copy);
}

static int count_mended(void *user, const struct event_row *event) {
	*(int *)user += !strcmp(event->type, MEDIUM_MENDED);
	return 0;
}

static int events_of_mending(void) {
	int count = 0;
	fine(store_each_event(app.store, 1, count_mended, &count, oops));
	return count;
}

/* ---- tails ---- */

/* A document more than the medium has, and of the archive's file `from` so many bytes copied before the power went; what the disk gave
 * for the rest of what was being written is `rest`. */
static void cut_off(const char *name, size_t copied, const char *rest, size_t rest_len) {
	size_t len, there = 0;
	char *data = read_whole(archive, name, &len), *before = folder_has(medium, name) ? read_whole(medium, name, &there) : NULL;
	assert_true(there + copied <= len);
	struct buf b = {0};
	buf_add(&b, data, there + copied);
	buf_add(&b, rest, rest_len);
	folder_put(medium, name, b.data, b.len);
	folder_put_text(medium, "INCOMPLETE", "");
	buf_dispose(&b);
	free(data), free(before);
}

static const char zeros[300];
static const struct {
	const char *name;
	size_t copied;
	const char *rest;
	size_t len;
	unsigned mended;
} cuts[] = {
	{JOURNAL, 0, zeros, sizeof zeros, 1},
	{JOURNAL, 20, zeros, sizeof zeros, 1},         /* the beginning of an event */
	{JOURNAL, 20, "\0\0\0\x10garbage", 11, 1},
	{JOURNAL, 0, "\xff\xff\xff\xff", 4, 1},        /* a length beyond every bound */
	{JOURNAL, 0, "\0\0\0\x04" "abcd"               /* an entry of the right form with wrong hashes */
	             "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 72, 1},
	{JOURNAL, 20, "", 0, 0},                       /* what is there is right: it is only gone on with */
	{PACK, 0, zeros, sizeof zeros, 1},
	{PACK, 520, zeros, sizeof zeros, 1},
	{PACK, 520, "", 0, 0},
};

static void a_tail_that_a_power_cut_left_is_cut_back_and_copied_anew(void **state) {
	(void)state;
	added("a.pdf", "first document");
	written();
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		char name[] = "b.pdf", text[] = "the document with the letter b";
		name[0] = text[29] = (char)('b' + i);
		added(name, text);
		cut_off(cuts[i].name, cuts[i].copied, cuts[i].rest, cuts[i].len);
		int before = events_of_mending();
		struct backup_result result = written();
		if (result.mended != cuts[i].mended) fail_msg("case %zu: %llu", i, (unsigned long long)result.mended);
		assert_int_equal(events_of_mending() - before, cuts[i].mended);
		assert_whole();
	}
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	assert_int_equal(medium_number(&ledger.media[0], "error_count"), events_of_mending());
	ledger_dispose(&ledger);
}

static void a_first_backup_that_was_cut_off_is_finished_as_well(void **state) {
	(void)state;
	char *journal = xasprintf("%s/journal", medium), *packs = xasprintf("%s/packs", medium);
	added("a.pdf", "first document");
	mkdir(journal, 0755), mkdir(packs, 0755);
	cut_off(JOURNAL, 200, zeros, sizeof zeros);
	cut_off(PACK, 100, zeros, sizeof zeros);
	assert_int_equal(written().mended, 2);
	assert_whole();
	free(journal), free(packs);
}

static void mending_is_a_finding_of_the_report(void **state) {
	(void)state;
	struct error err = {0};
	added("a.pdf", "first document");
	written();
	added("b.pdf", "second document");
	cut_off(JOURNAL, 0, zeros, sizeof zeros);
	for (int mended = 0; mended < 2; mended++) {
		json_t *report = report_build(&app, NOW, NOW + UTIME_DAY, &err), *part = json_object_get(report, "mended");
		assert_int_equal(json_integer_value(json_object_get(part, "total")), mended);
		if (mended) {
			const json_t *row = json_array_get(json_object_get(part, "rows"), 0);
			assert_string_equal(json_string_value(json_object_get(row, "file")), JOURNAL);
			assert_string_equal(json_string_value(json_object_get(row, "medium")), "Đĩa A");
			assert_true(report_has_findings(report));
		}
		json_decref(report);
		if (!mended) written();
	}
}

/* Refused, with the words, and not a byte of the file is another. */
static void assert_refused_and_unchanged(const char *name, const char *words) {
	struct backup_result result;
	struct error err = {0};
	size_t before_len, after_len;
	char *before = read_whole(medium, name, &before_len);
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	if (!strstr(err.text, words)) fail_msg("%s", err.text);
	char *after = read_whole(medium, name, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, after_len);
	assert_int_equal(events_of_mending(), 0);
	free(before), free(after);
}

/* Two copies of one archive that went on by themselves: whole events that the other one wrote are its history and no tail. */
static void whole_events_of_another_history_are_never_cut(void **state) {
	(void)state;
	static const char *const rests[] = {"", "torn"};
	added("a.pdf", "first document");
	written();
	char *other = folder_new("mend-other"), *command = xasprintf("cp -a %s/. %s", archive, other);
	struct app second;
	for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
		folder_remove(other);
		mkdir(other, 0755);
		assert_int_equal(system(command), 0);
		char *lock = xasprintf("%s/work/lock", other);
		unlink(lock);
		small_open(&second, other, NOW);
		small_add(&second, "x.pdf", "of the other one", "TOTAL-PASSED", "");
		small_close(&second);
		size_t len;
		char *theirs = read_whole(other, JOURNAL, &len);
		struct buf b = {0};
		buf_add(&b, theirs, len);
		buf_add_text(&b, rests[i]);
		added("b.pdf", i ? "second document" : "third document, of this one");
		char *kept = xasprintf("cp %s/" JOURNAL " %s/kept", medium, archive), *back = xasprintf("cp %s/kept %s/" JOURNAL, archive, medium);
		assert_int_equal(system(kept), 0);
		folder_put(medium, JOURNAL, b.data, b.len);
		folder_put_text(medium, "INCOMPLETE", "");
		assert_refused_and_unchanged(JOURNAL, "another copy of this archive");
		assert_int_equal(system(back), 0);
		buf_dispose(&b);
		free(theirs), free(lock), free(kept), free(back);
	}
	folder_remove(other);
	free(other), free(command);
}

/* Damage in what a signed generation has is no tail: the medium is wearing out. */
static void damage_before_the_end_of_a_verified_generation_is_not_cut(void **state) {
	(void)state;
	size_t len;
	added("a.pdf", "first document");
	written();
	added("b.pdf", "second document");
	char *data = read_whole(medium, JOURNAL, &len);
	data[len - 100] ^= 1;
	struct buf b = {0};
	buf_add(&b, data, len);
	buf_add(&b, zeros, sizeof zeros);
	folder_put(medium, JOURNAL, b.data, b.len);
	folder_put_text(medium, "INCOMPLETE", "");
	assert_refused_and_unchanged(JOURNAL, "is not the beginning");
	buf_dispose(&b);
	free(data);
}

/* The medium may have what the archive has lost since: it is cut only where the archive's own bytes are whole. */
static void a_pack_is_not_cut_where_the_archive_itself_is_damaged(void **state) {
	(void)state;
	size_t len;
	added("a.pdf", "first document");
	written();
	added("b.pdf", "second document");
	char *data = read_whole(archive, PACK, &len), *at = memmem(data, len, "second document", 15);
	assert_non_null(at);
	folder_put(medium, PACK, data, len);
	folder_put_text(medium, "INCOMPLETE", "");
	*at ^= 1;
	folder_put(archive, PACK, data, len);
	assert_refused_and_unchanged(PACK, "damaged in the archive");
	*at ^= 1;
	folder_put(archive, PACK, data, len);
	assert_int_equal(written().mended, 0);
	assert_whole();
	free(data);
}

/* ---- a ledger that was not written ---- */

/* A backup whose medium is whole, and whose last step, the ledger, failed: the archive's disk was full. */
static void written_but_not_noted(uint64_t number) {
	char *manifest = xasprintf("generations/%06llu/manifest.json", (unsigned long long)number);
	for (unsigned long n = 1; n < 100 && !folder_has(medium, manifest); n++) {
		struct backup_result result;
		struct error err = {0};
		fault_arm(n, FAULT_FAIL, true);
		int rc = backup_medium(&app, medium, false, &result, &err);
		fault_arm(0, FAULT_NONE, false);
		assert_int_equal(rc, -1);
		small_close(&app);
		small_open(&app, archive, NOW);
	}
	assert_true(folder_has(medium, manifest));
	free(manifest);
}

static void a_medium_that_is_ahead_of_the_ledger_is_gone_on_with(void **state) {
	(void)state;
	added("a.pdf", "first document");
	written();
	for (uint64_t number = 2; number < 5; number++) {
		added(number == 2 ? "b.pdf" : number == 3 ? "c.pdf" : "d.pdf", number == 2 ? "second" : number == 3 ? "third" : "fourth");
		written_but_not_noted(number);
	}
	assert_int_equal(written().generation, 5);
	assert_whole();
}

/* The nearest: as far ahead, and one of the generations is signed by nobody that the archive knows. */
static void a_medium_that_is_ahead_with_anothers_generation_is_refused(void **state) {
	(void)state;
	struct backup_result result;
	struct error err = {0};
	added("a.pdf", "first document");
	written();
	for (uint64_t number = 2; number < 4; number++) written_but_not_noted(number);
	char *command = xasprintf("head -c 64 /dev/zero > %s/generations/000002/manifest.sig", medium);
	assert_int_equal(system(command), 0);
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "has generation 3, but this archive wrote 1"));
	free(command);
}

/* ---- the label ---- */

static void run_there(const char *words) {
	char *command = xasprintf("cd %s && %s", medium, words);
	assert_int_equal(system(command), 0);
	free(command);
}

static void a_damaged_label_is_written_again_as_it_was(void **state) {
	(void)state;
	static const char *const damages[] = {
		"rm label.json", "rm label.json label.sig", ": > label.json", "head -c 100 label.json > x && mv x label.json",
		"rm label.sig", "printf x > label.sig", "head -c 70000 /dev/zero > label.json", "rm label.json && printf x > archive-key.pem",
		"head -c 400 /dev/zero > label.json && head -c 64 /dev/zero > label.sig && head -c 1000000 /dev/zero > archive-key.pem",
	};
	if (!on_a_disk) skip();
	added("a.pdf", "first document");
	written();
	size_t len, len_now;
	char *label = read_whole(medium, MEDIUM_LABEL, &len);
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		run_there(damages[i]);
		struct backup_result result = written();
		char *now = read_whole(medium, MEDIUM_LABEL, &len_now);
		assert_int_equal(len, len_now);
		assert_memory_equal(label, now, len);
		if (result.mended != 1 || events_of_mending() != (int)i + 1) fail_msg("case %zu", i);
		assert_whole();
		free(now);
	}
	assert_int_equal(written().mended, 0); /* and a whole one is left alone */
	free(label);
}

static void put_row_uuid(const char *uuid) {
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	free(ledger.media[0].row.uuid);
	ledger.media[0].row.uuid = xstrdup(uuid);
	struct batch *batch = store_begin(app.store, app.now);
	medium_put(batch, &ledger.media[0]);
	fine(batch_commit(batch, oops));
	ledger_dispose(&ledger);
}

static void assert_no_label_is_made(void) {
	struct backup_result result;
	struct error err = {0};
	assert_int_equal(backup_medium(&app, medium, false, &result, &err), -1);
	assert_false(folder_has(medium, MEDIUM_LABEL));
	assert_int_equal(events_of_mending(), 0);
}

static void without_proof_of_what_it_is_no_label_is_made(void **state) {
	(void)state;
	if (!on_a_disk) skip();
	/* Never written: nothing signed says which medium it is. */
	run_there("rm label.json");
	assert_no_label_is_made();
	gone(state), fresh_disk(state);
	added("a.pdf", "first document");
	written();
	/* Another file system than the ledger's. */
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	char *uuid = xstrdup(ledger.media[0].row.uuid);
	ledger_dispose(&ledger);
	put_row_uuid("00000000-0000-4000-8000-000000000000");
	run_there("rm label.json");
	assert_no_label_is_made();
	put_row_uuid("");
	assert_no_label_is_made();
	put_row_uuid("00000000-0000-0000-0000-000000000000");
	assert_no_label_is_made();
	put_row_uuid(uuid);
	/* No manifest that one of the archive's keys signed. */
	run_there("mv generations/000001/manifest.sig kept.sig && head -c 64 /dev/zero > generations/000001/manifest.sig");
	assert_no_label_is_made();
	run_there("rm generations/000001/manifest.sig");
	assert_no_label_is_made();
	run_there("mv kept.sig generations/000001/manifest.sig");
	assert_int_equal(written().mended, 1);
	assert_whole();
	free(uuid);
}

/* An older copy of the medium on the same file system: its newest manifest is not the one that the ledger knows. */
static void an_older_copy_of_a_medium_gets_no_label(void **state) {
	(void)state;
	if (!on_a_disk) skip();
	added("a.pdf", "first document");
	written();
	run_there("mkdir .old && cp -a [a-zA-Z]* .old");
	for (int i = 0; i < 2; i++) written();
	run_there("rm -rf [a-zA-Z]* && mv .old/* . && rmdir .old");
	run_there("rm label.json");
	assert_no_label_is_made();
}

/* The label's signature is no damage but another copy's of the archive, which has begun to write to the medium: its key lies beside it. */
static void a_label_that_another_copy_signed_is_not_signed_again(void **state) {
	(void)state;
	if (!on_a_disk) skip();
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	struct backup_result result;
	struct error err = {0};
	struct app second;
	char *other = folder_new("mend-other"), *copy = xasprintf("cp -a %s/. %s && rm -f %s/work/lock %s/keys/archive.pem", archive, other, other, other);
	char *pem;
	size_t len;
	added("a.pdf", "first document");
	written();
	assert_int_equal(system(copy), 0);
	small_open(&second, other, NOW);
	char *label = read_whole(medium, MEDIUM_LABEL, &len);
	fine(archive_key_sign(&second, label, len, signature, oops));
	fine(archive_key_pem(&second, &pem, oops));
	small_close(&second);
	folder_put(medium, MEDIUM_LABEL_SIGNATURE, signature, sizeof signature);
	/* Without its key beside it that signature is anybody's, and the label is made good: the nearest. */
	for (int with_key = 1; with_key >= 0; with_key--) {
		if (with_key) folder_put_text(medium, MEDIUM_KEY, pem);
		else run_there("printf x > archive-key.pem");
		error_clear(&err);
		assert_int_equal(backup_medium(&app, medium, false, &result, &err), with_key ? -1 : 0);
		if (with_key) assert_non_null(strstr(err.text, "another copy of this archive"));
		assert_int_equal(events_of_mending(), !with_key);
	}
	folder_remove(other);
	free(other), free(copy), free(label), free(pem);
}

/* The nearest that proves nothing: the same damage on a file system without a UUID of its own. */
static void a_file_system_without_a_uuid_proves_nothing(void **state) {
	(void)state;
	added("a.pdf", "first document");
	written();
	put_row_uuid("");
	run_there("rm label.json");
	assert_no_label_is_made();
}

#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_disk, gone)
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_tail_that_a_power_cut_left_is_cut_back_and_copied_anew),
		TEST(a_first_backup_that_was_cut_off_is_finished_as_well),
		TEST(mending_is_a_finding_of_the_report),
		TEST(whole_events_of_another_history_are_never_cut),
		TEST(damage_before_the_end_of_a_verified_generation_is_not_cut),
		TEST(a_pack_is_not_cut_where_the_archive_itself_is_damaged),
		TEST(a_medium_that_is_ahead_of_the_ledger_is_gone_on_with),
		TEST(a_medium_that_is_ahead_with_anothers_generation_is_refused),
		DISK_TEST(a_damaged_label_is_written_again_as_it_was),
		DISK_TEST(without_proof_of_what_it_is_no_label_is_made),
		DISK_TEST(an_older_copy_of_a_medium_gets_no_label),
		DISK_TEST(a_label_that_another_copy_signed_is_not_signed_again),
		TEST(a_file_system_without_a_uuid_proves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
