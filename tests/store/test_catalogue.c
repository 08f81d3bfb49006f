/* A catalogue far larger than what of it may be in memory: walked, looked up, checked and copied. */
#include "fixture.h"

#define ROWS 60000
#define ROW_BYTES 900 /* 78 MB of pages */
#define MIB (UINT64_C(1) << 20)
#define RESIDENT_MAX (28 * MIB)

static struct key key_of(uint64_t i) {
	char text[32];
	struct object_id id;
	snprintf(text, sizeof text, "row %llu", (unsigned long long)i);
	sha256_bytes(text, strlen(text), id.sha256);
	return key_object(&id);
}

static void value_of(uint64_t i, unsigned char value[static ROW_BYTES]) {
	memset(value, (int)(i & 255), ROW_BYTES);
	memcpy(value, &i, sizeof i);
}

static struct catalogue *filled(uint64_t rows) {
	unsigned char value[ROW_BYTES];
	struct error err = {0};
	mkdir(in_archive("catalogue"), 0755);
	struct catalogue *catalogue = catalogue_open(in_archive("catalogue"), CATALOGUE_WRITE, &err);
	if (!catalogue) fail_msg("%s", err.text);
	for (uint64_t i = 0; i < rows;) {
		struct txn *txn = txn_begin(catalogue, true, NULL);
		for (uint64_t n = 0; n < 6000; n++, i++) {
			struct key key = key_of(i);
			value_of(i, value);
			txn_put(txn, TABLE_VALUES, key_span(&key), (struct span){value, ROW_BYTES});
		}
		fine(txn_commit(txn, oops));
	}
	return catalogue;
}

/* Bytes of the catalogue's file that are in this process. */
static size_t resident(void) {
	FILE *in = fopen("/proc/self/smaps", "re");
	char line[512];
	size_t all = 0, kib;
	bool here = false;
	assert_non_null(in);
	while (fgets(line, sizeof line, in)) {
		if (strstr(line, "catalogue/data.mdb")) here = true;
		else if (here && sscanf(line, "Rss: %zu", &kib) == 1) all += kib << 10, here = false;
	}
	fclose(in);
	return all;
}

static void assert_small(const char *when) {
	if (resident() > RESIDENT_MAX) fail_msg("%s: %zu bytes of the catalogue are resident", when, resident());
}

static void a_large_catalogue_stays_out_of_memory(void **state) {
	(void)state;
	struct catalogue *catalogue = filled(ROWS);
	struct span key, value;
	unsigned char expected[ROW_BYTES];
	uint64_t rows = 0;
	struct stat st;
	assert_int_equal(stat(in_archive("catalogue/data.mdb"), &st), 0);
	assert_true(st.st_size > (off_t)(2 * RESIDENT_MAX));
	assert_small("filling");
	struct txn *txn = txn_begin(catalogue, false, NULL);
	struct walk *walk = walk_begin(txn, TABLE_VALUES);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) rows++;
	walk_end(walk);
	assert_int_equal(rows, ROWS);
	assert_small("walking");
	for (uint64_t i = 0; i < ROWS; i++) {
		struct key one = key_of(i);
		value_of(i, expected);
		assert_true(txn_get(txn, TABLE_VALUES, key_span(&one), &value));
		assert_int_equal(value.len, ROW_BYTES);
		assert_memory_equal(value.data, expected, ROW_BYTES);
	}
	assert_small("looking up");
	walk = walk_begin(txn, TABLE_VALUES);
	for (uint64_t i = ROWS; i < 3 * ROWS; i++) { /* what is not there was looked for in a page as well */
		struct key one = key_of(i);
		assert_false(i % 2 ? txn_get(txn, TABLE_VALUES, key_span(&one), &value) : walk_find(walk, key_span(&one), &value));
		if (i % 1000 == 0) assert_small("looking up what is not there");
	}
	walk_end(walk);
	fine(txn_end(txn, oops));
	catalogue_close(catalogue);
}

static void count_problem(void *user, const char *text) {
	print_message("%s\n", text);
	++*(unsigned *)user;
}

static void checking_and_copying_stay_out_of_memory(void **state) {
	(void)state;
	unsigned problems = 0;
	struct catalogue *catalogue = filled(ROWS), *copy;
	catalogue_check(catalogue, count_problem, &problems);
	assert_int_equal(problems, 0);
	assert_small("checking");
	mkdir(in_archive("copy"), 0755);
	int fd = open(in_archive("copy/data.mdb"), O_WRONLY | O_CREAT, 0644);
	fine(catalogue_copy(catalogue, fd, oops));
	close(fd);
	assert_small("copying");
	catalogue_close(catalogue);
	copy = catalogue_open(in_archive("copy"), CATALOGUE_MEDIUM, NULL);
	assert_non_null(copy);
	catalogue_check(copy, count_problem, &problems);
	assert_int_equal(problems, 0);
	struct txn *txn = txn_begin(copy, false, NULL);
	assert_int_equal(txn_count(txn, TABLE_VALUES), ROWS);
	fine(txn_end(txn, oops));
	catalogue_close(copy);
}

static void a_copy_onto_a_full_disk_is_told(void **state) {
	(void)state;
	struct error err = {0};
	struct catalogue *catalogue = filled(6000);
	int fd = open("/dev/full", O_WRONLY);
	assert_int_equal(catalogue_copy(catalogue, fd, &err), -1);
	assert_int_equal(err.code, ERROR_NO_SPACE);
	close(fd);
	catalogue_close(catalogue);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
		TEST(a_large_catalogue_stays_out_of_memory),
		TEST(checking_and_copying_stay_out_of_memory),
		TEST(a_copy_onto_a_full_disk_is_told),
#undef TEST
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
