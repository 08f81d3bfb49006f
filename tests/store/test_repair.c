/* What was damaged is made good again from a copy, byte for byte, and nothing is thrown away. */
#include "busy.h"

#include "store/repair.h"
#include "store/scrub.h"

static char copy[300];
static struct repair_from from;

static void change(const char *name, uint64_t offset, unsigned bit) {
	unsigned char byte = 0;
	chmod(in_archive(name), 0644);
	int fd = open(in_archive(name), O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= (unsigned char)(1U << bit);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

/* Three packs, two of them sealed; a copy of packs and journal beside the archive stands for a medium. */
static struct object_id ids[12];
static int make(void **state) {
	static const size_t sizes[12] = {10, 1, 511, 512, 513, 4096, 5000, 3, 100, 30000, 2, 700};
	if (make_directory(state)) return -1;
	struct store *store = create_store();
	store_set_bounds(store, 8000, 1200);
	for (unsigned i = 0; i < 12; i++) {
		struct batch *batch = store_begin(store, NOW);
		ids[i] = put_sample(batch, i + 1, sizes[i]);
		fine(batch_commit(batch, oops));
	}
	store_close(store);
	snprintf(copy, sizeof copy, "%s.copy", directory);
	shell("mkdir %s && cp -a %s/packs %s/journal %s", copy, directory, directory, copy);
	from = (struct repair_from){"medium", open(copy, O_RDONLY | O_DIRECTORY)};
	return from.dir < 0 ? -1 : 0;
}

static int unmake(void **state) {
	close(from.dir);
	shell("rm -rf %s", copy);
	return remove_directory(state);
}

static unsigned told, unhealed;
static void tell(void *user, const struct object_info *info, const char *name) {
	(void)user, (void)info;
	told++;
	unhealed += !name;
}

static struct repair_pack repair(uint32_t pack, size_t media) {
	struct repair_pack result;
	struct store *store = open_store(STORE_WRITE);
	told = unhealed = 0;
	fine(store_repair_pack(store, pack, &from, media, NOW, false, tell, NULL, &result, oops));
	store_close(store);
	return result;
}

static bool same(void) {
	char *command = xasprintf("diff -r %s/packs %s/packs >/dev/null && diff -r %s/journal %s/journal >/dev/null", directory, copy, directory, copy);
	int rc = system(command);
	free(command);
	return rc == 0;
}

static uint64_t size_of(const char *name) {
	struct stat st;
	return stat(in_archive(name), &st) ? 0 : (uint64_t)st.st_size;
}

static void every_bit_of_a_pack_comes_back(void **state) {
	(void)state;
	uint64_t size = size_of("packs/000001.tar");
	for (uint64_t i = 0; i < 60; i++) {
		change("packs/000001.tar", i * 7919 % size, (unsigned)(i % 8));
		assert_false(same());
		struct repair_pack result = repair(1, 1);
		if (!result.replaced || result.lost || !same()) fail_msg("byte %llu", (unsigned long long)(i * 7919 % size));
		assert_true(size_of(result.aside) == size);
	}
}

static void good_pack_is_left_alone(void **state) {
	(void)state;
	struct repair_pack result = repair(1, 1);
	assert_false(result.replaced);
	assert_int_equal(told, 0);
	assert_true(access(in_archive("damaged"), F_OK) < 0);
}

static void missing_and_truncated_packs_come_back(void **state) {
	(void)state;
	unlink(in_archive("packs/000001.tar"));
	struct repair_pack result = repair(1, 1);
	assert_true(result.replaced && !*result.aside && result.taken == result.members && same());
	chmod(in_archive("packs/000002.tar"), 0644);
	assert_int_equal(truncate(in_archive("packs/000002.tar"), 700), 0);
	result = repair(2, 1);
	assert_true(result.replaced && same());
}

static void headers_and_padding_need_no_copy(void **state) {
	(void)state;
	change("packs/000001.tar", 20, 1); /* a header */
	struct repair_pack result = repair(1, 0);
	assert_true(result.replaced && same());
	assert_int_equal(result.taken, 0);
}

static void without_a_good_copy_nothing_is_touched(void **state) {
	(void)state;
	change("packs/000001.tar", 515, 1);
	struct repair_pack result = repair(1, 0);
	assert_false(result.replaced);
	assert_int_equal(result.lost, 1);
	assert_int_equal(unhealed, 1);
	char *name = xasprintf("%s/packs/000001.tar", copy); /* the medium's copy is as bad */
	int fd = open(name, O_RDWR);
	if (fd < 0) {
		chmod(name, 0644);
		fd = open(name, O_RDWR);
	}
	assert_int_equal(pwrite(fd, "zzz", 3, 514), 3);
	close(fd);
	free(name);
	result = repair(1, 1);
	assert_false(result.replaced);
	assert_int_equal(result.lost, 1);
}

static void one_lost_object_does_not_keep_the_others_from_coming_back(void **state) {
	(void)state;
	struct object_info lost, other;
	struct store *store = open_store(STORE_READ);
	assert_true(store_object_info(store, &ids[5], &lost, NULL) && store_object_info(store, &ids[4], &other, NULL));
	store_close(store);
	assert_int_equal(lost.pack, other.pack);
	char name[32];
	snprintf(name, sizeof name, "packs/%06u.tar", lost.pack);
	change(name, lost.offset + 100, 2);
	shell("chmod u+w %s/%s && cp %s/%s %s/%s", copy, name, directory, name, copy, name); /* on the medium too */
	change(name, other.offset + 1, 2);
	struct repair_pack result = repair(lost.pack, 1);
	assert_true(result.replaced);
	assert_int_equal(result.taken, 1);
	assert_int_equal(result.lost, 1);
	assert_true(same()); /* the damaged bytes are kept as they are */
}

static struct repair_journal mend(size_t media, int expected) {
	struct repair_journal result;
	struct error err = {0};
	struct store *store = open_store(STORE_READ);
	struct store_totals totals;
	fine(store_totals(store, &totals, oops));
	store_close(store);
	int rc = store_repair_journal(directory, false, totals.events, &from, media, NOW, &result, &err);
	if (rc != expected) fail_msg("%d: %s", rc, err.text);
	if (!rc) assert_int_equal(result.events, totals.events);
	return result;
}

static void every_bit_of_the_journal_comes_back(void **state) {
	(void)state;
	assert_true(size_of("journal/000002.log") > 0);
	for (int media = 0; media < 2; media++) {
		for (int file = 1; file <= 2; file++) {
			char name[32];
			snprintf(name, sizeof name, "journal/%06d.log", file);
			uint64_t size = size_of(name);
			for (uint64_t i = 0; i < 100; i++) {
				change(name, i * 131 % size, (unsigned)(i % 8));
				struct repair_journal result = mend((size_t)media, 0);
				assert_int_equal(result.repaired, 1);
				if (!same()) fail_msg("%s: byte %llu", name, (unsigned long long)(i * 131 % size));
			}
		}
	}
	assert_int_equal(mend(1, 0).repaired, 0);
}

static void journal_that_was_cut_or_is_gone_comes_back_from_a_medium(void **state) {
	(void)state;
	assert_int_equal(truncate(in_archive("journal/000002.log"), (off_t)size_of("journal/000002.log") - 10), 0);
	mend(0, -1);
	assert_true(mend(1, 0).repaired >= 1);
	assert_true(same());
	unlink(in_archive("journal/000001.log"));
	assert_true(mend(1, 0).repaired >= 1);
	assert_true(same());
	/* More than a bit, and no copy: nothing is changed. */
	for (int i = 0; i < 20; i++) change("journal/000001.log", 60 + (uint64_t)i, 3);
	mend(0, -1);
	assert_false(same());
	assert_int_equal(mend(1, 0).files, 1);
	assert_true(same());
}

/* Nothing but its own files or the catalogue says where a journal ends: a copy may be of an earlier day. */
static void the_end_of_a_journal_is_not_taken_from_a_copy_alone(void **state) {
	(void)state;
	struct repair_journal result;
	struct error err = {0};
	assert_int_equal(store_repair_journal(directory, false, 0, &from, 1, NOW, &result, &err), 0);
	change("journal/000001.log", 200, 3);
	assert_int_equal(store_repair_journal(directory, false, 0, &from, 1, NOW, &result, &err), 0);
	assert_true(same());
	unlink(in_archive("journal/000002.log"));
	assert_int_equal(store_repair_journal(directory, false, 0, &from, 1, NOW, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_int_equal(access(in_archive("journal/000002.log"), F_OK), -1);
	unlink(in_archive("journal/000001.log"));
	error_clear(&err);
	assert_int_equal(store_repair_journal(directory, false, 0, &from, 1, NOW, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	mend(1, 0); /* with a catalogue that knows */
	assert_true(same());
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make, unmake)
	const struct CMUnitTest tests[] = {
		T(every_bit_of_a_pack_comes_back),
		T(good_pack_is_left_alone),
		T(missing_and_truncated_packs_come_back),
		T(headers_and_padding_need_no_copy),
		T(without_a_good_copy_nothing_is_touched),
		T(one_lost_object_does_not_keep_the_others_from_coming_back),
		T(every_bit_of_the_journal_comes_back),
		T(journal_that_was_cut_or_is_gone_comes_back_from_a_medium),
		T(the_end_of_a_journal_is_not_taken_from_a_copy_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
