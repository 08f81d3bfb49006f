/* What an encrypted medium must have room for. */
#include "tests/archiver/envelope_archive.h"

#include "tests/archiver/own_disk.h"

#include <sched.h>
#include <sys/mount.h>

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

int main(void) {
	const struct CMUnitTest tests[] = {
		MEDIUM_TEST(a_file_of_several_messages_in_one_backup_comes_back_whole),
		MEDIUM_TEST(whatever_is_begun_has_room),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
