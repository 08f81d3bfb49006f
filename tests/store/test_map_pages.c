/* Pages of a mapping are given back after a bound, and read the same afterwards. */
#include "fixture.h"
#include "store/map_pages.h"
#include "store/through_pipe.h"

#include <errno.h>
#include <sys/mman.h>

#define MIB (UINT64_C(1) << 20)
#define SIZE (96 * MIB)

static unsigned char *map_file(const char *name) {
	int fd = open(in_archive(name), O_RDWR | O_CREAT, 0644);
	assert_true(fd >= 0);
	unsigned char *block = xmalloc(MIB);
	for (uint64_t i = 0; i < SIZE / MIB; i++) {
		memset(block, (int)(i + 1), MIB);
		assert_int_equal(write(fd, block, MIB), MIB);
	}
	free(block);
	assert_int_equal(fsync(fd), 0);
	unsigned char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	return map;
}

/* Of this mapping, not of the process: a test's own memory must not count. */
static size_t resident(const unsigned char *map) {
	FILE *in = fopen("/proc/self/smaps", "re");
	char line[512], begin[32];
	size_t kib = 0;
	bool here = false;
	assert_non_null(in);
	snprintf(begin, sizeof begin, "%lx-", (unsigned long)map);
	while (fgets(line, sizeof line, in)) {
		if (!strncmp(line, begin, strlen(begin))) here = true;
		else if (here && sscanf(line, "Rss: %zu", &kib) == 1) break;
	}
	fclose(in);
	assert_true(here);
	return kib << 10;
}

static uint64_t place(uint64_t i) { /* everywhere, in no order */
	return i * UINT64_C(40503) * 4096 % SIZE;
}

static uint64_t read_all(const unsigned char *map, struct map_pages *pages) {
	uint64_t sum = 0, step = 4096;
	for (uint64_t i = 0; i < SIZE / step; i++) {
		sum += map[place(i)];
		if (pages) map_pages_touch(pages, map + place(i));
	}
	return sum;
}

static void pages_that_were_read_are_given_back_and_read_the_same(void **state) {
	(void)state;
	struct map_pages pages;
	unsigned char *map = map_file("file");
	uint64_t sum = read_all(map, NULL);
	assert_true(resident(map) > SIZE / 2); /* without it all of it stays */
	map_pages_find(&pages, map + 5 * MIB + 17);
	assert_ptr_equal(pages.base, map);
	assert_true(pages.len == SIZE);
	map_pages_give_back(&pages);
	assert_int_equal(resident(map), 0);
	assert_true(read_all(map, &pages) == sum);
	if (resident(map) > 32 * MIB) fail_msg("%zu bytes are resident", resident(map));
	map_pages_end(&pages);
	munmap(map, SIZE);
}

static void places_nobody_knows_count_and_others_do_not(void **state) {
	(void)state;
	struct map_pages pages;
	unsigned char *map = map_file("file"), elsewhere = 0;
	map_pages_find(&pages, map);
	for (int i = 0; i < 100000; i++) map_pages_touch(&pages, &elsewhere);
	assert_int_equal(pages.touched, 0);
	for (int i = 0; i < 1000; i++) map_pages_touch(&pages, map + 100); /* one page again and again */
	assert_int_equal(pages.touched, 1);
	assert_int_equal(map[100], 1);
	for (int i = 0; i < 1000; i++) map_pages_touch(&pages, NULL);
	assert_true(pages.touched < 1000);
	map_pages_end(&pages);
	munmap(map, SIZE);
}

static void what_is_no_mapping_of_a_file_is_never_given_back(void **state) {
	(void)state;
	struct map_pages pages;
	unsigned char *own = xmalloc(8 * MIB);
	memset(own, 7, 8 * MIB);
	map_pages_find(&pages, own);
	assert_null(pages.base);
	for (uint64_t i = 0; i < 8 * MIB; i += 4096) map_pages_touch(&pages, own + i);
	map_pages_give_back(&pages);
	for (uint64_t i = 0; i < 8 * MIB; i++) assert_int_equal(own[i], 7);
	free(own);
}

/* ---- through a pipe ---- */

struct flow {
	size_t size;
	int rc;
	unsigned stretches;
};

static int flow_out(void *user, int fd) {
	struct flow *flow = user;
	unsigned char byte = 0;
	for (size_t done = 0; done < flow->size;) {
		unsigned char data[3001];
		size_t n = flow->size - done < sizeof data ? flow->size - done : sizeof data;
		for (size_t i = 0; i < n; i++) data[i] = byte++;
		ssize_t w = write(fd, data, n);
		if (w < 0) return errno;
		done += (size_t)w;
		byte = (unsigned char)done;
	}
	return flow->rc;
}

static void count_stretch(void *user) {
	((struct flow *)user)->stretches++;
}

static int flow_into(const char *name, int flags, struct flow *flow) {
	int fd = open(name, flags, 0644);
	assert_true(fd >= 0);
	int rc = through_pipe(flow_out, fd, count_stretch, flow);
	close(fd);
	return rc;
}

static void what_goes_through_a_pipe_arrives_whole(void **state) {
	(void)state;
	static const size_t sizes[] = {0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 77};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct flow flow = {.size = sizes[i]};
		assert_int_equal(flow_into(in_archive("out"), O_RDWR | O_CREAT | O_TRUNC, &flow), 0);
		assert_true(flow.stretches >= (sizes[i] + 65535) / 65536);
		int fd = open(in_archive("out"), O_RDONLY);
		unsigned char *data = xmalloc(sizes[i] + 1);
		assert_int_equal(read(fd, data, sizes[i] + 1), sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(data[k], k & 255);
		free(data);
		close(fd);
	}
}

static void an_error_of_either_side_is_told_and_ends_both(void **state) {
	(void)state;
	struct flow ends = {.size = 3 * MIB, .rc = ENOMEM}, endless = {.size = SIZE_MAX};
	assert_int_equal(flow_into(in_archive("out"), O_RDWR | O_CREAT | O_TRUNC, &ends), ENOMEM);
	assert_int_equal(flow_into("/dev/full", O_WRONLY, &endless), ENOSPC);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
		TEST(pages_that_were_read_are_given_back_and_read_the_same),
		TEST(places_nobody_knows_count_and_others_do_not),
		TEST(what_is_no_mapping_of_a_file_is_never_given_back),
		TEST(what_goes_through_a_pipe_arrives_whole),
		TEST(an_error_of_either_side_is_told_and_ends_both),
#undef TEST
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
