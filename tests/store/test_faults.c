/* Every step that changes the disk fails once, or is the last one of its process; then the archive must be whole. */
#include "fixture.h"

#include "store/fault.h"

#define BATCHES 3
#define OBJECTS 3
#define LARGE 1100000 /* more than the writer's buffer: reaches the disk before the commit */

static size_t sample_size(unsigned batch, unsigned i) {
	return i == 2 && batch == 1 ? LARGE : 700 + 100 * batch;
}

static struct object_id sample_id(unsigned batch, unsigned i) {
	struct object_id id;
	unsigned char *data = sample(100 * batch + i, sample_size(batch, i));
	sha256_bytes(data, sample_size(batch, i), id.sha256);
	free(data);
	return id;
}

/* One batch: objects with records, and one object taken back after it went to the disk in part. */
static int write_batch(struct store *store, unsigned n) {
	struct batch *batch = store_begin(store, NOW);
	for (unsigned i = 0; i < OBJECTS; i++) {
		struct object_id id = put_sample(batch, 100 * n + i, sample_size(n, i));
		add_sample_record(batch, &id, sample_size(n, i));
	}
	if (n != 2) {
		struct object_stream *stream = batch_stream_begin(batch, OBJECT_OTHER, LARGE + 1);
		unsigned char *data = sample(7, LARGE);
		batch_stream_write(stream, data, LARGE);
		free(data);
		batch_stream_abort(stream);
	}
	return batch_commit(batch, NULL);
}

/* What the child reports: which commits it was told have happened, and how many steps it took. */
struct report {
	int committed[BATCHES];
	unsigned long steps;
};

static void run_child(unsigned long n, enum fault_action action, bool stay, int out) {
	struct report report = {0};
	fault_arm(n, action, stay);
	struct store *store = store_open(directory, STORE_WRITE, "child", NOW, NULL);
	if (store) store_set_bounds(store, LARGE, 1500);
	for (unsigned i = 0; store && i < BATCHES; i++) {
		report.committed[i] = write_batch(store, i) == 0;
		if (pwrite(out, &report, sizeof report, 0) != sizeof report) _exit(1);
	}
	store_close(store);
	report.steps = fault_steps();
	if (pwrite(out, &report, sizeof report, 0) != sizeof report) _exit(1);
	_exit(0);
}

/* Forks before any store is open in this process. */
static int in_child(unsigned long n, enum fault_action action, bool stay, struct report *report) {
	char path[] = "/tmp/ltvault-report-XXXXXX";
	int status, out = mkstemp(path);
	assert_true(out >= 0);
	unlink(path);
	pid_t pid = fork();
	if (pid == 0) run_child(n, action, stay, out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	memset(report, 0, sizeof *report);
	if (pread(out, report, sizeof *report, 0) < 0) fail();
	close(out);
	return WEXITSTATUS(status);
}

/* Acknowledged batches are there; the others are there as a whole or not at all. */
static void check_batches(struct store *store, const struct report *report, unsigned long n) {
	for (unsigned b = 0; b < BATCHES; b++) {
		unsigned there = 0, records = 0;
		for (unsigned i = 0; i < OBJECTS; i++) {
			struct object_id id = sample_id(b, i);
			struct object_info info;
			uint64_t number;
			if (store_object_info(store, &id, &info, NULL)) {
				assert_object(store, &id, OBJECT_PRESENT);
				there++;
			}
			records += records_by_object(store, &id, &number, NULL) == 1;
		}
		if (there != records || (there && there != OBJECTS) || (report->committed[b] && !there))
			fail_msg("step %lu: batch %u: %u objects, %u records, acknowledged %d", n, b, there, records,
				 report->committed[b]);
	}
}

static void check_archive(const struct report *report, unsigned long n) {
	struct error err = {0};
	struct fsck_counts counts;
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW, &err);
	if (!store) fail_msg("step %lu: %s", n, err.text);
	int problems = store_fsck(store, true, print_problem, NULL, &counts, &err);
	if (problems) fail_msg("step %lu: %d problems %s", n, problems, err.text);
	check_batches(store, report, n);
	struct batch *batch = store_begin(store, NOW);
	struct object_id id = put_sample(batch, 9999, 5000);
	if (batch_commit(batch, &err) < 0) fail_msg("step %lu: %s", n, err.text);
	assert_object(store, &id, OBJECT_PRESENT);
	store_close(store);
}

static unsigned long every_step(enum fault_action action, bool stay) {
	unsigned long n = 1;
	for (;; n++) {
		struct report report;
		make_directory(NULL);
		fine(store_create(directory, NOW, oops));
		int status = in_child(n, action, stay, &report);
		bool hit = status == FAULT_STATUS || report.steps >= n;
		if (status != 0 && status != FAULT_STATUS) fail_msg("step %lu: exit status %d", n, status);
		check_archive(&report, n);
		remove_directory(NULL);
		if (!hit) break;
	}
	return n;
}

static void archive_survives_one_failing_step(void **state) {
	(void)state;
	assert_true(every_step(FAULT_FAIL, false) > 30);
}

static void archive_survives_a_disk_that_stays_full(void **state) {
	(void)state;
	assert_true(every_step(FAULT_FAIL, true) > 30);
}

static void archive_survives_death_at_any_step(void **state) {
	(void)state;
	assert_true(every_step(FAULT_DIE, false) > 30);
}

/* ---- creating and rebuilding ---- */

static void create_or_rebuild(bool rebuild) {
	if (rebuild)
		store_rebuild(directory, "child", NOW, NULL);
	else
		store_create(directory, NOW, NULL);
}

static bool die_at(unsigned long n, bool rebuild) {
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		fault_arm(n, FAULT_DIE, false);
		create_or_rebuild(rebuild);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == FAULT_STATUS;
}

static void creation_that_died_is_made_again(void **state) {
	(void)state;
	bool hit = true;
	for (unsigned long n = 1; hit; n++) {
		struct error err = {0};
		make_directory(NULL);
		hit = die_at(n, false);
		if (store_create(directory, NOW, &err) < 0 && err.code != ERROR_EXISTS)
			fail_msg("step %lu: %s", n, err.text);
		struct store *store = open_store(STORE_WRITE);
		assert_consistent(store);
		store_close(store);
		remove_directory(NULL);
	}
}

static void rebuild_that_died_is_made_again(void **state) {
	(void)state;
	bool hit = true;
	make_directory(NULL);
	struct store *store = create_store();
	for (unsigned i = 0; i < 2; i++) assert_int_equal(write_batch(store, i), 0);
	char *before = dump(store);
	store_close(store);
	for (unsigned long n = 1; hit; n++) {
		hit = die_at(n, true);
		store = open_store(STORE_READ); /* readers have a catalogue at every moment */
		store_close(store);
		fine(store_rebuild(directory, "test", NOW, oops));
		store = open_store(STORE_READ);
		char *after = dump(store);
		assert_string_equal(before, after);
		free(after);
		store_close(store);
	}
	free(before);
	remove_directory(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archive_survives_one_failing_step),
		cmocka_unit_test(archive_survives_a_disk_that_stays_full),
		cmocka_unit_test(archive_survives_death_at_any_step),
		cmocka_unit_test(creation_that_died_is_made_again),
		cmocka_unit_test(rebuild_that_died_is_made_again),
	};
	digest_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
