#include "archiver/log.h"
#include "archiver/scrub_parts.h"
#include "store/records.h"
#include "tests/archiver/small_archive.h"

static struct app app;
static char *folder;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("scrub");
	small_open(&app, folder, NOW);
	log_set_level(LOG_ERROR_LEVEL + 1);
	for (int i = 0; i < 5; i++) {
		char *text = xasprintf("document %d, %0*d", i, 3000 * i + 1, i);
		small_add(&app, "a.pdf", text, "TOTAL-PASSED", "");
		free(text);
	}
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

static void later(utime now) {
	small_close(&app);
	small_open(&app, folder, now);
}

static struct scrub_counts scrub(const struct scrub_run_options *options) {
	struct scrub_counts counts;
	fine(scrub_run(&app, options, &counts, oops));
	assert_int_equal(counts.planted, counts.caught);
	assert_true(counts.planted >= 18);
	return counts;
}

static const struct scrub_run_options share = {0}, all = {.all = true}, errors = {.errors = true};

static struct object_info original(uint64_t number) {
	struct record_row row;
	struct object_info info;
	assert_int_equal(records_get(app.store, number, &row, NULL), 1);
	assert_true(store_object_info(app.store, &row.original, &info, NULL));
	record_row_dispose(&row);
	return info;
}

static void flip(uint64_t offset) {
	unsigned char byte = 0;
	char *path = xasprintf("%s/packs/000001.tar", folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && pread(fd, &byte, 1, (off_t)offset) == 1);
	byte ^= 64;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
	free(path);
}

static size_t damages(void) {
	struct damage_row *rows;
	size_t count;
	fine(store_damages(app.store, &rows, &count, oops));
	for (size_t i = 0; i < count; i++) damage_row_dispose(&rows[i]);
	free(rows);
	return count;
}

static void whole_archive_is_counted_with_its_denominators(void **state) {
	(void)state;
	struct scrub_counts c = scrub(&share);
	assert_int_equal(c.objects, 10);
	assert_int_equal(c.objects_held, 10);
	assert_int_equal(c.bytes, c.bytes_held);
	assert_true(c.bytes > 30000);
	assert_true(c.events > 10);
	assert_int_equal(c.events, c.events_held);
	assert_int_equal(app.status, EXIT_FINE);
	assert_false(folder_has(folder, "work/canary.tar"));
}

static void damaged_object_is_noted_once_and_found_good_again(void **state) {
	(void)state;
	uint64_t at = original(3).offset + 7;
	flip(at);
	struct scrub_counts c = scrub(&all);
	assert_int_equal(c.damaged, 1);
	assert_int_equal(c.objects, 9);
	assert_int_equal(app.status, EXIT_DAMAGE);
	assert_int_equal(damages(), 1);
	later(NOW + UTIME_DAY);
	c = scrub(&errors); /* only the pack in which it was */
	assert_int_equal(c.damaged, 1);
	flip(at);
	later(NOW + 2 * UTIME_DAY);
	c = scrub(&errors);
	assert_int_equal(c.healed, 1);
	assert_int_equal(app.status, EXIT_FINE);
	assert_int_equal(damages(), 0);
	later(NOW + 3 * UTIME_DAY);
	c = scrub(&errors);
	assert_int_equal(c.bytes, 0); /* nothing is bad: nothing to read again */
}

static void bytes_of_nobody_are_noted_with_their_pack(void **state) {
	(void)state;
	char *value = NULL;
	uint64_t at = original(2).offset - 400; /* its header */
	flip(at);
	struct scrub_counts c = scrub(&share);
	assert_int_equal(c.frame, 1);
	assert_int_equal(c.objects, 10);
	assert_int_equal(app.status, EXIT_DAMAGE);
	assert_int_equal(store_value(app.store, SCRUB_BAD_PACK "000001", &value, NULL), 1);
	free(value);
	flip(at);
	later(NOW + UTIME_DAY);
	c = scrub(&share);
	assert_int_equal(c.frame, 0);
	assert_int_equal(store_value(app.store, SCRUB_BAD_PACK "000001", &value, NULL), 0);
}

static void swapped_objects_are_misplaced(void **state) {
	(void)state;
	struct object_info a = original(3), b = original(4);
	char *path = xasprintf("%s/packs/000001.tar", folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	/* The longer one's member takes the shorter one's place and all behind it moves. */
	uint64_t from = a.offset - 512, middle = b.offset - 512, end = b.offset + (b.size + 511) / 512 * 512;
	unsigned char *bytes = xmalloc((size_t)(end - from));
	assert_int_equal(pread(fd, bytes, (size_t)(middle - from), (off_t)from), (ssize_t)(middle - from));
	unsigned char *second = xmalloc((size_t)(end - middle));
	assert_int_equal(pread(fd, second, (size_t)(end - middle), (off_t)middle), (ssize_t)(end - middle));
	assert_int_equal(pwrite(fd, second, (size_t)(end - middle), (off_t)from), (ssize_t)(end - middle));
	assert_int_equal(pwrite(fd, bytes, (size_t)(middle - from), (off_t)(from + end - middle)), (ssize_t)(middle - from));
	close(fd);
	free(bytes), free(second), free(path);
	struct scrub_counts c = scrub(&share);
	/* What was first stands where nothing is expected: it is met only in another's place. */
	assert_true(c.misplaced >= 1);
	assert_int_equal(c.misplaced + c.substituted + c.damaged, c.objects_held - c.objects);
	assert_int_equal(app.status, EXIT_DAMAGE);
}

static void set(const char *text) {
	char *conf = xasprintf("[archive]\nname = Kho\n[scrub]\n%s", text);
	folder_put_text(folder, "ltvault.conf", conf);
	free(conf);
}

static void a_share_goes_on_where_the_last_one_ended_and_the_cycle_closes(void **state) {
	(void)state;
	uint64_t bytes = 0, objects = 0;
	int night = 0;
	set("least = 0\ncycle = 10d\n");
	char *cursor = NULL;
	for (bool whole = false; !whole && night < 20; night++) {
		later(NOW + night * UTIME_DAY);
		struct scrub_counts c = scrub(&share);
		bytes += c.bytes;
		objects += c.objects;
		assert_int_equal(store_value(app.store, SCRUB_CURSOR, &cursor, NULL), 1);
		whole = strstr(cursor, "\"before\":\"2026-11-22T02:00:00Z\"") != NULL;
		assert_true(whole || c.bytes < c.bytes_held);
		free(cursor);
	}
	assert_true(night <= 10);
	assert_int_equal(objects, 10); /* each once: a window holds more than a night's share, so few nights do */
	struct store_totals totals;
	fine(store_totals(app.store, &totals, oops));
	assert_int_equal(bytes, totals.pack_bytes);
	assert_int_equal(app.status, EXIT_FINE);
}

static int keep_last(void *user, const struct event_row *event) {
	json_t **last = user;
	if (strcmp(event->type, "scrub")) return 0;
	json_decref(*last);
	*last = json_loads(event->json, 0, NULL);
	return 0;
}

static void run_is_proven_by_a_digest_over_nonce_and_bytes(void **state) {
	(void)state;
	unsigned char nonce[SCRUB_NONCE], digest[DIGEST_MAX];
	char hex[SHA256_HEX];
	json_t *note = NULL;
	json_int_t pack, from, to;
	const char *proof;
	memset(nonce, 0x5a, sizeof nonce);
	struct scrub_run_options options = {.all = true, .nonce = nonce};
	scrub(&options);
	fine(store_each_event(app.store, 1, keep_last, &note, oops));
	assert_int_equal(json_unpack(note, "{s:[[I, I, I, s]!]}", "stretches", &pack, &from, &to, &proof), 0);
	struct buf all_bytes = {0};
	buf_add(&all_bytes, nonce, sizeof nonce);
	char *path = xasprintf("%s/packs/%06lld.tar", folder, (long long)pack), *bytes = xmalloc((size_t)to);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, bytes, (size_t)to, 0), to);
	close(fd);
	buf_add(&all_bytes, bytes, (size_t)to);
	digest_bytes(DIGEST_SHA256, all_bytes.data, all_bytes.len, digest);
	assert_string_equal(hex_encode(digest, SHA256_SIZE, hex), proof);
	all_bytes.len = sizeof nonce;
	buf_add(&all_bytes, digest, SHA256_SIZE);
	digest_bytes(DIGEST_SHA256, all_bytes.data, all_bytes.len, digest);
	assert_string_equal(hex_encode(digest, SHA256_SIZE, hex), json_string_value(json_object_get(note, "digest")));
	buf_dispose(&all_bytes);
	free(path), free(bytes);
	json_decref(note);
}

/* The planted pack is read from the folder given; one that is right everywhere must not pass as seen through. */
static void run_without_its_planted_faults_has_failed(void **state) {
	(void)state;
	struct scrub_counts counts;
	struct error err = {0};
	char *work = xasprintf("%s/work", folder), *away = xasprintf("%s/work.away", folder);
	assert_int_equal(rename(work, away), 0);
	assert_int_equal(scrub_run(&app, &share, &counts, &err), -1);
	assert_true(err.code != ERROR_NONE);
	assert_int_equal(counts.objects, 0);
	assert_int_equal(rename(away, work), 0);
	free(work), free(away);
}

static void archive_without_objects_is_no_failure(void **state) {
	(void)state;
	struct app empty;
	char *other = folder_new("scrub-empty");
	struct scrub_counts counts;
	small_open(&empty, other, NOW);
	fine(scrub_run(&empty, &share, &counts, oops));
	assert_int_equal(counts.objects_held, 0);
	assert_int_equal(empty.status, EXIT_FINE);
	small_close(&empty);
	folder_remove(other);
	free(other);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(whole_archive_is_counted_with_its_denominators),
		T(damaged_object_is_noted_once_and_found_good_again),
		T(bytes_of_nobody_are_noted_with_their_pack),
		T(swapped_objects_are_misplaced),
		T(a_share_goes_on_where_the_last_one_ended_and_the_cycle_closes),
		T(run_is_proven_by_a_digest_over_nonce_and_bytes),
		T(run_without_its_planted_faults_has_failed),
		T(archive_without_objects_is_no_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
