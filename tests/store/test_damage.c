/* Each kind of damage, and exactly what is said of it. */
#include "busy.h"

static struct buf said;

static void remember(void *user, const char *text) {
	(void)user;
	buf_printf(&said, "%s\n", text);
}

/* fsck's sentences about a store opened for reading, one a line. */
static const char *complaints(bool deep) {
	struct error err = {0};
	struct store *store = store_open(directory, STORE_READ, "test", NOW, &err);
	if (!store) fail_msg("%s", err.text);
	buf_dispose(&said);
	int problems = store_fsck(store, deep, remember, NULL, NULL, &err);
	if (problems < 0) fail_msg("%s", err.text);
	store_close(store);
	return buf_text(&said);
}

static void flip(const char *name, off_t offset) {
	unsigned char byte;
	chmod(in_archive(name), 0644);
	int fd = open(in_archive(name), O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

static struct object_info object_of(const struct object_id *id) {
	struct object_info info;
	struct store *store = open_store(STORE_READ);
	assert_true(store_object_info(store, id, &info, NULL));
	store_close(store);
	return info;
}

static void assert_state(const struct object_id *id, enum object_state expected) {
	struct store *store = open_store(STORE_READ);
	assert_object(store, id, expected);
	store_close(store);
}

static void assert_says(const char *text, const char *expected) {
	if (!strstr(text, expected)) fail_msg("\"%s\" lacks \"%s\"", text, expected);
}

static void make_busy(struct busy *busy) {
	store_close(create_busy(busy));
	assert_string_equal(complaints(true), "");
}

static void flipped_content_is_damaged_and_its_neighbours_are_not(void **state) {
	(void)state;
	struct busy busy;
	make_busy(&busy);
	flip("packs/000001.tar", (off_t)object_of(&busy.documents[1]).offset + 3999);
	assert_string_equal(complaints(false), "");
	assert_says(complaints(true), "is damaged\n");
	assert_says(complaints(true), "packs/000001.tar: object sha256:");
	assert_state(&busy.documents[0], OBJECT_PRESENT);
	assert_state(&busy.documents[1], OBJECT_DAMAGED);
	assert_state(&busy.documents[2], OBJECT_PRESENT);
}

static void damaged_object_is_not_returned(void **state) {
	(void)state;
	struct busy busy;
	unsigned char *data;
	size_t len;
	struct error err = {0};
	make_busy(&busy);
	flip("packs/000001.tar", (off_t)object_of(&busy.documents[1]).offset);
	struct store *store = open_store(STORE_READ);
	assert_int_equal(store_read(store, &busy.documents[1], 1 << 20, &data, &len, &err), OBJECT_DAMAGED);
	assert_null(data);
	assert_int_equal(err.code, ERROR_NONE);
	store_close(store);
}

static void flipped_header_is_told_and_the_bytes_still_read(void **state) {
	(void)state;
	struct busy busy;
	make_busy(&busy);
	off_t header = (off_t)object_of(&busy.documents[1]).offset - 512;
	flip("packs/000001.tar", header + 20);
	char *expected = xasprintf("packs/000001.tar: no member's header at byte %ld\n", (long)header);
	assert_says(complaints(false), expected);
	assert_says(complaints(false), "has no header at byte");
	assert_state(&busy.documents[1], OBJECT_PRESENT);
	free(expected);
}

static void truncated_pack_is_told(void **state) {
	(void)state;
	struct busy busy;
	make_busy(&busy);
	struct object_info info = object_of(&busy.documents[2]);
	assert_int_equal(truncate(in_archive("packs/000001.tar"), (off_t)info.offset + 10), 0);
	assert_says(complaints(false), "packs/000001.tar: 8714 bytes instead of ");
	assert_state(&busy.documents[1], OBJECT_PRESENT);
	assert_state(&busy.documents[2], OBJECT_DAMAGED);
	assert_state(&busy.metadata[0], OBJECT_MISSING);
}

static void short_pack_is_not_written_to_again(void **state) {
	(void)state;
	struct busy busy;
	make_busy(&busy);
	assert_int_equal(truncate(in_archive("packs/000001.tar"), 5000), 0);
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, NULL);
	struct batch *batch = store_begin(store, NOW + UTIME_DAY);
	struct object_id id = put_sample(batch, 77, 1000);
	fine(batch_commit(batch, oops));
	store_close(store);
	assert_int_equal(object_of(&id).pack, 2);
	assert_state(&id, OBJECT_PRESENT);
}

static void deleted_pack_makes_its_objects_missing(void **state) {
	(void)state;
	struct busy busy;
	make_busy(&busy);
	unlink(in_archive("packs/000001.tar"));
	assert_says(complaints(false), "packs/000001.tar: missing\n");
	assert_says(complaints(false), "is missing with its pack\n");
	assert_state(&busy.documents[0], OBJECT_MISSING);
}

static void deleted_folder_is_damage_for_a_writer_and_work_is_made_again(void **state) {
	(void)state;
	struct busy busy;
	struct error err = {0};
	static const char *const folders[] = {"journal", "packs"};
	make_busy(&busy);
	char *aside = xstrdup(in_archive("taken-away")); /* the same file system, wherever the test is run */
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		assert_int_equal(rename(in_archive(folders[i]), aside), 0);
		assert_null(store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err));
		assert_int_equal(err.code, ERROR_DAMAGED);
		assert_says(err.text, folders[i]);
		assert_int_equal(rename(aside, in_archive(folders[i])), 0);
		error_clear(&err);
	}
	free(aside);
	unlink(in_archive("work/lock"));
	assert_int_equal(rmdir(in_archive("work")), 0);
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err);
	if (!store) fail_msg("%s", err.text);
	store_close(store);
}

static void flipped_journal_is_told_with_event_and_byte(void **state) {
	(void)state;
	struct busy busy;
	make_busy(&busy);
	flip("journal/000001.log", 48 + 30);
	assert_string_equal(complaints(false), "journal/000001.log: event 1 at byte 48: its hash is wrong\n");
	struct error err = {0};
	assert_int_equal(store_rebuild(directory, "test", NOW + UTIME_DAY, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_string_equal(err.text, "journal/000001.log: event 1 at byte 48: its hash is wrong");
}

static void journal_that_was_cut_refuses_a_writer(void **state) {
	(void)state;
	struct busy busy;
	struct stat st;
	struct error err = {0};
	make_busy(&busy);
	assert_int_equal(stat(in_archive("journal/000001.log"), &st), 0);
	assert_int_equal(truncate(in_archive("journal/000001.log"), st.st_size - 1), 0);
	assert_null(store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err));
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_string_equal(err.text, "journal/000001.log: it ends before event 23, which the catalogue has");
	assert_says(complaints(false), "journal: it ends after event 22, the catalogue knows 23\n");
}

/* Finds a value in the catalogue's file by its bytes; there may be older copies of the page. */
static void flip_all(const char *needle, size_t len) {
	struct stat st;
	int fd = open(in_archive("catalogue/data.mdb"), O_RDWR);
	assert_int_equal(fstat(fd, &st), 0);
	unsigned char *all = xmalloc((size_t)st.st_size), *p = all;
	assert_int_equal(pread(fd, all, (size_t)st.st_size, 0), st.st_size);
	size_t left = (size_t)st.st_size;
	unsigned found = 0;
	while ((p = memmem(p, left, needle, len))) {
		p[0] ^= 1;
		assert_int_equal(pwrite(fd, p, 1, p - all), 1);
		p += len;
		left = (size_t)st.st_size - (size_t)(p - all);
		found++;
	}
	assert_true(found > 0);
	close(fd);
	free(all);
}

static void flipped_catalogue_value_is_never_used(void **state) {
	(void)state;
	struct busy busy;
	struct record_row row;
	struct error err = {0};
	make_busy(&busy);
	flip_all("no trust anchor", 15);
	struct store *store = open_store(STORE_READ);
	assert_int_equal(records_get(store, 3, &row, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_string_equal(err.text, "catalogue: records 0000000000000003: checksum is wrong");
	error_clear(&err);
	assert_int_equal(records_get(store, 2, &row, &err), 1);
	record_row_dispose(&row);
	store_close(store);
	assert_says(complaints(false), "catalogue: records 0000000000000003: checksum is wrong\n");
}

static void truncated_catalogue_is_refused(void **state) {
	(void)state;
	struct busy busy;
	struct stat st;
	struct error err = {0};
	make_busy(&busy);
	assert_int_equal(stat(in_archive("catalogue/data.mdb"), &st), 0);
	assert_int_equal(truncate(in_archive("catalogue/data.mdb"), st.st_size / 2), 0);
	assert_null(store_open(directory, STORE_READ, "test", NOW, &err));
	assert_int_equal(err.code, ERROR_DAMAGED);
	error_clear(&err);
	assert_null(store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err));
	assert_int_equal(err.code, ERROR_DAMAGED);
	fine(store_rebuild(directory, "test", NOW + UTIME_DAY, oops));
	assert_string_equal(complaints(true), "");
}

static void sealed_pack_is_held_against_its_digest(void **state) {
	(void)state;
	struct store *store = create_store();
	store_set_bounds(store, 4000, 1 << 20);
	for (unsigned i = 0; i < 3; i++) {
		struct batch *batch = store_begin(store, NOW);
		put_sample(batch, i, 5000);
		fine(batch_commit(batch, oops));
	}
	store_close(store);
	struct stat st;
	assert_int_equal(stat(in_archive("packs/000001.tar"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0444);
	assert_string_equal(complaints(true), "");
	flip("packs/000001.tar", 5500 + 100); /* in the zeros behind the content: no object is harmed */
	assert_string_equal(complaints(true), "packs/000001.tar: 5632 bytes at byte 0 are not as they must be\n"
					      "packs/000001.tar: its bytes are not those it was sealed with\n");
}

/* Takes the first row of a table away, or adds one beside it that nothing else knows of. */
static void spoil(enum table table, bool add) {
	struct span key, value;
	struct error err = {0};
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err);
	if (!store) fail_msg("%s", err.text);
	struct txn *txn = txn_begin(store->catalogue, true, &err);
	struct walk *walk = walk_begin(txn, table);
	if (!walk_seek(walk, (struct span){0}, &key, &value)) fail_msg("%s is empty", table_name(table));
	struct buf copy = {0}, bytes = {0};
	buf_add(&copy, key.data, key.len);
	buf_add(&bytes, value.data, value.len);
	walk_end(walk);
	if (add) {
		copy.data[copy.len - 1] ^= 0x40;
		txn_put(txn, table, span_of(&copy), span_of(&bytes));
	} else {
		txn_delete(txn, table, span_of(&copy));
	}
	fine(txn_commit(txn, oops));
	buf_dispose(&copy);
	buf_dispose(&bytes);
	store_close(store);
}

static void row_too_few_or_too_many_is_told_of_every_table(void **state) {
	(void)state;
	for (int table = TABLE_META + 1; table < TABLES; table++) {
		for (int add = 0; add < 2; add++) {
			if (table == TABLE_VALUES || (table == TABLE_MEDIA && add))
				continue; /* nothing else refers to these */
			struct busy busy;
			make_directory(NULL);
			make_busy(&busy);
			spoil(table, add);
			if (!*complaints(false))
				fail_msg("%s: %s row is not told", table_name(table), add ? "an added" : "a lost");
			fine(store_rebuild(directory, "test", NOW + UTIME_DAY, oops));
			assert_string_equal(complaints(true), "");
			remove_directory(NULL);
		}
	}
}

static void writer_without_the_row_of_the_newest_pack_removes_nothing(void **state) {
	(void)state;
	struct busy busy;
	struct error err = {0};
	make_busy(&busy);
	spoil(TABLE_PACKS, false);
	assert_null(store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err));
	assert_int_equal(err.code, ERROR_DAMAGED);
	fine(store_rebuild(directory, "test", NOW + UTIME_DAY, oops));
	assert_string_equal(complaints(true), "");
}

static void storing_again_heals_a_damaged_object(void **state) {
	(void)state;
	struct busy busy;
	struct error err = {0};
	make_busy(&busy);
	flip("packs/000001.tar", (off_t)object_of(&busy.documents[2]).offset + 1);
	assert_state(&busy.documents[2], OBJECT_DAMAGED);
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err);
	struct batch *batch = store_begin(store, NOW + UTIME_DAY);
	bool existed = true;
	struct object_id id;
	unsigned char *data = sample(12, 5000);
	assert_int_equal(batch_put(batch, OBJECT_DOCUMENT, data, 5000, &id, &existed), 0);
	free(data);
	assert_false(existed); /* its state was recorded as damaged */
	fine(batch_commit(batch, oops));
	assert_object(store, &busy.documents[2], OBJECT_PRESENT);
	assert_consistent(store);
	store_close(store);
}

/* In a process of its own: the catalogue grows with every commit. */
static void write_much(void) {
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, NULL);
	if (!store) _exit(1);
	for (unsigned i = 0; i < 300; i++) {
		struct batch *batch = store_begin(store, NOW + UTIME_DAY);
		for (unsigned k = 0; k < 10; k++) put_sample(batch, 1000 + 10 * i + k, 10);
		if (batch_commit(batch, NULL)) _exit(1);
	}
	store_close(store);
	_exit(0);
}

static void catalogue_beside_a_writer_is_not_called_damaged(void **state) {
	(void)state;
	struct busy busy;
	int status = 0;
	struct error err = {0};
	make_busy(&busy);
	pid_t writer = fork();
	if (writer == 0) write_much();
	while (waitpid(writer, &status, WNOHANG) == 0)
		if (store_check_catalogue(directory, false, &err)) fail_msg("%s", err.text);
	assert_int_equal(status, 0);
}

/* On a medium anything may stand in a file's place; the alarm ends the test where it is waited for. */
static void a_pipe_in_the_place_of_a_file_holds_nothing_up(void **state) {
	static const char *const files[] = {"packs/000001.tar", "journal/000001.log"};
	(void)state;
	alarm(60);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct fsck_counts counts;
		struct error err = {0};
		struct busy busy;
		make_directory(NULL);
		store_close(create_busy(&busy));
		shell("rm %s", in_archive(files[i]));
		assert_int_equal(mkfifo(in_archive(files[i]), 0600), 0);
		struct store *store = store_open_medium(directory, &err);
		assert_non_null(store);
		if (!i) assert_int_not_equal(store_stream(store, &busy.documents[0], false, NULL, NULL, &err), OBJECT_PRESENT);
		err = (struct error){0};
		assert_true(store_fsck(store, true, NULL, NULL, &counts, &err) != 0);
		store_close(store);
		remove_directory(NULL);
	}
	alarm(0);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		T(flipped_content_is_damaged_and_its_neighbours_are_not),
		T(damaged_object_is_not_returned),
		T(flipped_header_is_told_and_the_bytes_still_read),
		T(truncated_pack_is_told),
		T(short_pack_is_not_written_to_again),
		T(deleted_pack_makes_its_objects_missing),
		T(deleted_folder_is_damage_for_a_writer_and_work_is_made_again),
		T(flipped_journal_is_told_with_event_and_byte),
		T(journal_that_was_cut_refuses_a_writer),
		T(flipped_catalogue_value_is_never_used),
		T(truncated_catalogue_is_refused),
		T(sealed_pack_is_held_against_its_digest),
		T(writer_without_the_row_of_the_newest_pack_removes_nothing),
		T(storing_again_heals_a_damaged_object),
		T(catalogue_beside_a_writer_is_not_called_damaged),
		cmocka_unit_test(row_too_few_or_too_many_is_told_of_every_table),
		cmocka_unit_test(a_pipe_in_the_place_of_a_file_holds_nothing_up),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	buf_dispose(&said);
	return rc;
}
