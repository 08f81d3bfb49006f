#include "fixture.h"

static void committed_objects_are_read_back(void **state) {
	(void)state;
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	struct object_id small = put_sample(batch, 1, 1000), empty = put_sample(batch, 2, 0),
			 large = put_sample(batch, 3, 5 << 20);
	fine(batch_commit(batch, oops));
	assert_object(store, &small, OBJECT_PRESENT);
	assert_object(store, &empty, OBJECT_PRESENT);
	assert_object(store, &large, OBJECT_PRESENT);
	unsigned char *data, *expected = sample(3, 5 << 20);
	size_t len;
	struct error err = {0};
	assert_int_equal(store_read(store, &large, 5 << 20, &data, &len, &err), OBJECT_PRESENT);
	assert_int_equal(len, 5 << 20);
	assert_memory_equal(data, expected, len);
	free(data);
	assert_int_equal(store_read(store, &large, (5 << 20) - 1, &data, &len, &err), OBJECT_UNREADABLE);
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_null(data);
	free(expected);
	struct object_id nobody = {{1}};
	assert_object(store, &nobody, OBJECT_MISSING);
	assert_consistent(store);
	store_close(store);
	store = open_store(STORE_READ);
	assert_object(store, &large, OBJECT_PRESENT);
	store_close(store);
}

static void aborted_batch_leaves_nothing(void **state) {
	(void)state;
	struct store *store = create_store();
	char *before = dump(store);
	struct batch *batch = store_begin(store, NOW);
	struct object_id id = put_sample(batch, 1, 3 << 20);
	add_sample_record(batch, &id, 3 << 20);
	batch_abort(batch);
	char *after = dump(store);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_object(store, &id, OBJECT_MISSING);
	assert_int_equal(access(in_archive("packs/000001.tar"), F_OK), -1);
	batch = store_begin(store, NOW);
	id = put_sample(batch, 1, 3 << 20);
	assert_int_equal(add_sample_record(batch, &id, 3 << 20), 1);
	fine(batch_commit(batch, oops));
	assert_object(store, &id, OBJECT_PRESENT);
	store_close(store);
}

static void same_bytes_are_stored_once(void **state) {
	(void)state;
	struct store *store = create_store();
	struct store_totals before, after;
	struct object_id id, again;
	unsigned char *data = sample(5, 3 << 20);
	bool existed;
	struct batch *batch = store_begin(store, NOW);
	assert_int_equal(batch_put(batch, OBJECT_DOCUMENT, data, 3 << 20, &id, &existed), 0);
	assert_false(existed);
	assert_int_equal(batch_put(batch, OBJECT_DOCUMENT, data, 3 << 20, &again, &existed), 0);
	assert_true(existed);
	put_sample(batch, 6, 100);
	fine(batch_commit(batch, oops));
	fine(store_totals(store, &before, oops));
	batch = store_begin(store, NOW);
	struct object_stream *stream = batch_stream_begin(batch, OBJECT_DOCUMENT, 3 << 20);
	batch_stream_write(stream, data, 3 << 20);
	fine(batch_stream_end(stream, &again, &existed, oops));
	assert_true(existed);
	assert_true(object_id_equal(&id, &again));
	fine(batch_commit(batch, oops));
	fine(store_totals(store, &after, oops));
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(after.objects, 2);
	assert_consistent(store);
	free(data);
	store_close(store);
}

static void stream_of_another_size_is_taken_back(void **state) {
	(void)state;
	static const size_t sizes[] = {0, 999, 1001, 3 << 20};
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	unsigned char *data = sample(5, 3 << 20), sha512[64], expected[DIGEST_MAX];
	struct object_id id;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct error err = {0};
		struct object_stream *stream = batch_stream_begin(batch, OBJECT_DOCUMENT, 1000);
		batch_stream_write(stream, data, sizes[i]);
		assert_int_equal(batch_stream_end(stream, &id, NULL, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
	}
	struct object_stream *stream = batch_stream_begin(batch, OBJECT_DOCUMENT, 1000);
	batch_stream_sha512(stream, sha512);
	batch_stream_write(stream, data, 400);
	batch_stream_write(stream, data + 400, 600);
	fine(batch_stream_end(stream, &id, NULL, oops));
	fine(batch_commit(batch, oops));
	digest_bytes(DIGEST_SHA512, data, 1000, expected);
	assert_memory_equal(sha512, expected, 64);
	assert_object(store, &id, OBJECT_PRESENT);
	assert_consistent(store);
	free(data);
	store_close(store);
}

static void packs_are_ordinary_tar(void **state) {
	(void)state;
	struct store *store = create_store();
	store_set_bounds(store, 100000, 1 << 20);
	for (unsigned i = 0; i < 4; i++) {
		struct batch *batch = store_begin(store, NOW);
		put_sample(batch, i, 60000 + i);
		fine(batch_commit(batch, oops));
	}
	store_close(store);
	shell("cd '%s/work' && for p in ../packs/*.tar; do tar xf $p || exit 1; done && cd sha256 && test $(ls | wc "
	      "-l) = 4 &&"
	      " for f in *; do test $(sha256sum < $f | cut -c-64) = $f || exit 1; done && chmod -R u+w .",
	      directory);
}

static void second_writer_is_refused_and_told_who_holds_the_lock(void **state) {
	(void)state;
	struct store *store = create_store();
	struct error err = {0};
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		char *expected =
			xasprintf("work/lock: held by process %ld (test) since 2026-11-22T02:00:00Z", (long)getppid());
		bool refused = !store_open(directory, STORE_WRITE, "other", NOW, &err) && err.code == ERROR_LOCKED;
		_exit(refused && !strcmp(err.text, expected) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	store_close(store);
	store_close(open_store(STORE_WRITE));
}

static void clock_before_the_last_event_is_refused(void **state) {
	(void)state;
	struct store *store = create_store();
	struct error err = {0};
	struct batch *batch = store_begin(store, NOW - 1);
	batch_note(batch, "run", "{}");
	assert_int_equal(batch_commit(batch, &err), -1);
	assert_int_equal(err.code, ERROR_CLOCK);
	store_close(store);
	error_clear(&err);
	assert_null(store_open(directory, STORE_WRITE, "test", NOW - UTIME_SECOND, &err));
	assert_int_equal(err.code, ERROR_CLOCK);
	assert_string_equal(
		err.text,
		"the clock says 2026-11-22T01:59:59Z, which is before the last recorded event at 2026-11-22T02:00:00Z");
	store = store_open(directory, STORE_READ, "test", NOW - UTIME_SECOND, &err);
	assert_non_null(store);
	store_close(store);
}

static void newer_format_is_refused(void **state) {
	(void)state;
	struct store *store = create_store();
	struct error err = {0};
	struct buf b = {0};
	record_put_u32(&b, STORE_FORMAT_VERSION + 1);
	struct txn *txn = txn_begin(store->catalogue, true, &err);
	txn_put(txn, TABLE_META, span_text("format"), span_of(&b));
	fine(txn_commit(txn, oops));
	buf_dispose(&b);
	store_close(store);
	for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		error_clear(&err);
		assert_null(store_open(directory, mode, "test", NOW, &err));
		assert_int_equal(err.code, ERROR_NEWER_FORMAT);
		assert_string_equal(err.text,
				    "catalogue: format 2 is newer than format 1, the newest this program knows");
	}
}

static void store_is_created_once(void **state) {
	(void)state;
	struct error err = {0};
	store_close(create_store());
	assert_int_equal(store_create(directory, NOW, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	error_clear(&err);
	assert_null(store_open(in_archive("work"), STORE_WRITE, "test", NOW, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* The child writes batch after batch; this process reads all the time until the last one is seen. */
static void readers_work_beside_a_writer(void **state) {
	(void)state;
	fine(store_create(directory, NOW, oops));
	pid_t pid = fork();
	if (pid == 0) {
		struct store *writer = store_open(directory, STORE_WRITE, "child", NOW, NULL);
		for (unsigned i = 0; writer && i < 30; i++) {
			struct batch *batch = store_begin(writer, NOW);
			struct object_id id = put_sample(batch, i, 20000);
			add_sample_record(batch, &id, 20000);
			if (batch_commit(batch, NULL) < 0) _exit(1);
		}
		store_close(writer);
		_exit(0);
	}
	struct store *store = open_store(STORE_READ);
	uint64_t seen = 0;
	int status, done = 0;
	while (!done) {
		done = waitpid(pid, &status, WNOHANG) == pid; /* then one more look, after its last commit */
		struct store_totals totals;
		fine(store_totals(store, &totals, oops));
		assert_true(totals.records >= seen && totals.objects >= totals.records);
		for (uint64_t n = seen + 1; n <= totals.records; n++) {
			struct record_row row;
			struct error err = {0};
			assert_int_equal(records_get(store, n, &row, &err), 1);
			assert_object(store, &row.original, OBJECT_PRESENT);
			record_row_dispose(&row);
		}
		seen = totals.records;
	}
	assert_int_equal(status, 0);
	assert_int_equal(seen, 30);
	assert_consistent(store);
	store_close(store);
}

static int count_event(void *user, const struct event_row *event) {
	(void)event;
	++*(unsigned *)user;
	return 0;
}

static void copied_archive_opens_without_writing(void **state) {
	(void)state;
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	struct object_id early = put_sample(batch, 1, 1000), late = put_sample(batch, 2, 2000);
	fine(batch_commit(batch, oops));
	shell("mkdir '%s/m' '%s/m/catalogue'", directory, directory);
	fine(store_snapshot_catalogue(store, in_archive("m/catalogue/data.mdb"), oops));
	store_close(store);
	shell("cd '%s' && cp -r packs journal m/ && truncate -s 2000 m/packs/000001.tar && chmod -R a-w m", directory);
	struct error err = {0};
	store = store_open_medium(in_archive("m"), &err);
	if (!store) fail_msg("%s", err.text);
	assert_object(store, &early, OBJECT_PRESENT);
	assert_object(store, &late, OBJECT_MISSING);
	unsigned events = 0;
	fine(store_each_event(store, 1, count_event, &events, oops));
	assert_int_equal(events, 2);
	store_close(store);
	shell("cd '%s' && test ! -e m/catalogue/lock.mdb -a ! -e m/work && chmod -R u+w m", directory);
}

static int remember_place(void *user, const struct object_info *info, struct error *err) {
	struct buf *b = user;
	(void)err;
	buf_printf(b, "%u:%llu ", info->pack, (unsigned long long)info->size);
	return 0;
}

static void objects_are_visited_in_physical_order(void **state) {
	(void)state;
	struct store *store = create_store();
	struct buf b = {0};
	store_set_bounds(store, 3000, 1 << 20);
	struct batch *batch = store_begin(store, NOW);
	for (unsigned i = 0; i < 5; i++) put_sample(batch, i, 1001 + i);
	fine(batch_commit(batch, oops));
	fine(store_each_object(store, 0, 0, remember_place, &b, oops));
	assert_string_equal(buf_text(&b), "1:1001 1:1002 2:1003 2:1004 3:1005 ");
	b.len = 0;
	fine(store_each_object(store, 1, 512, remember_place, &b, oops));
	assert_string_equal(buf_text(&b), "1:1002 2:1003 2:1004 3:1005 ");
	buf_dispose(&b);
	store_close(store);
}

struct seen {
	struct object_id last;
	unsigned count;
	uint64_t sizes;
};

static int see_next(void *user, const struct object_info *info, struct error *err) {
	struct seen *s = user;
	(void)err;
	if (s->count++) assert_true(memcmp(s->last.sha256, info->id.sha256, SHA256_SIZE) < 0);
	s->last = info->id;
	s->sizes += info->size;
	return 0;
}

static int see_two(void *user, const struct object_info *info, struct error *err) {
	see_next(user, info, err);
	return ((struct seen *)user)->count == 2;
}

static void objects_are_visited_in_the_order_of_their_digests(void **state) {
	(void)state;
	struct store *store = create_store();
	struct seen all = {.count = 0}, two = {.count = 0};
	struct error err = {0};
	fine(store_each_object_by_digest(store, see_next, &all, oops));
	assert_int_equal(all.count, 0);
	struct batch *batch = store_begin(store, NOW);
	const unsigned n = 4096 + 3; /* more than are read together */
	for (unsigned i = 0; i < n; i++) put_sample(batch, i, 10 + i % 5);
	fine(batch_commit(batch, oops));
	fine(store_each_object_by_digest(store, see_next, &all, oops));
	assert_int_equal(all.count, n);
	assert_int_equal(all.sizes, n / 5 * 60 + 10 + 11 + 12 + 13);
	assert_int_equal(store_each_object_by_digest(store, see_two, &two, &err), -1);
	assert_int_equal(two.count, 2);
	assert_int_equal(err.code, ERROR_NONE);
	store_close(store);
}

static void the_place_of_one_further_on_is_known_without_its_row(void **state) {
	(void)state;
	struct store *store = create_store();
	struct buf b = {0};
	uint32_t pack = 9;
	uint64_t offset = 9;
	assert_int_equal(store_place_behind(store, 0, 0, 3, &pack, &offset, NULL), 0);
	store_set_bounds(store, 3000, 1 << 20);
	struct batch *batch = store_begin(store, NOW);
	for (unsigned i = 0; i < 5; i++) put_sample(batch, i, 1001 + i);
	fine(batch_commit(batch, oops));
	assert_int_equal(store_place_behind(store, 0, 0, 3, &pack, &offset, NULL), 1);
	assert_int_equal(pack, 2);
	fine(store_each_object(store, pack, offset, remember_place, &b, oops));
	assert_string_equal(buf_text(&b), "2:1004 3:1005 ");
	b.len = 0;
	assert_int_equal(store_place_behind(store, pack, offset, 3, &pack, &offset, NULL), 1); /* there are only two */
	fine(store_each_object(store, pack, offset, remember_place, &b, oops));
	assert_int_equal(b.len, 0);
	assert_int_equal(store_place_behind(store, pack, offset, 3, &pack, &offset, NULL), 0);
	buf_dispose(&b);
	store_close(store);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		T(committed_objects_are_read_back),
		T(aborted_batch_leaves_nothing),
		T(same_bytes_are_stored_once),
		T(stream_of_another_size_is_taken_back),
		T(packs_are_ordinary_tar),
		T(second_writer_is_refused_and_told_who_holds_the_lock),
		T(clock_before_the_last_event_is_refused),
		T(objects_are_visited_in_the_order_of_their_digests),
		T(the_place_of_one_further_on_is_known_without_its_row),
		T(newer_format_is_refused),
		T(store_is_created_once),
		T(readers_work_beside_a_writer),
		T(copied_archive_opens_without_writing),
		T(objects_are_visited_in_physical_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
