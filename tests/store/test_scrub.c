/* What a reading of packs tells apart, and that every byte of them is read. */
#include "busy.h"

#include "store/file.h"
#include "store/scrub.h"

static uint64_t counts[SCRUB_STATES];
static struct scrub_found last[SCRUB_STATES];

static int count(void *user, const struct scrub_found *found, struct error *err) {
	(void)user, (void)err;
	counts[found->state]++;
	last[found->state] = *found;
	return 0;
}

static struct scrub_stretch stretch;

/* Reads every pack of the store; *stretch is of the last. */
static void scrub_with(struct store *store, const struct scrub_options *given) {
	struct scrub_options options = *given;
	struct store_pack *packs;
	size_t n;
	options.tell = count;
	memset(counts, 0, sizeof counts);
	struct scrubber *scrubber = scrubber_new(&options);
	fine(store_packs(store, &packs, &n, oops));
	for (size_t i = 0; i < n; i++) fine(store_scrub_pack(store, scrubber, &packs[i], 0, &stretch, oops));
	scrubber_free(scrubber);
	free(packs);
}

static void scrub(void) {
	struct store *store = open_store(STORE_READ);
	scrub_with(store, &(struct scrub_options){.threads = 2, .proof = true, .whole = true});
	store_close(store);
}

static uint64_t bad(void) {
	uint64_t sum = 0;
	for (int i = 0; i < SCRUB_STATES; i++) sum += i == SCRUB_GOOD || i == SCRUB_OLDER ? 0 : counts[i];
	return sum;
}

static uint64_t objects(void) {
	struct store_totals totals;
	struct store *store = open_store(STORE_READ);
	fine(store_totals(store, &totals, oops));
	store_close(store);
	return totals.objects;
}

static void change(const char *name, uint64_t offset, const void *data, size_t len) {
	chmod(in_archive(name), 0644);
	int fd = open(in_archive(name), O_RDWR);
	assert_int_equal(pwrite(fd, data, len, (off_t)offset), (ssize_t)len);
	close(fd);
}

static void flip(const char *name, uint64_t offset, unsigned bit) {
	unsigned char byte = 0;
	int fd = open(in_archive(name), O_RDONLY);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
	byte ^= (unsigned char)(1U << bit);
	change(name, offset, &byte, 1);
}

static struct object_info object_of(const struct object_id *id) {
	struct object_info info;
	struct store *store = open_store(STORE_READ);
	assert_true(store_object_info(store, id, &info, NULL));
	store_close(store);
	return info;
}

/* Three packs, the first two sealed, members of every awkward size. */
static struct object_id odd[12];
static void make_odd(void) {
	static const size_t sizes[12] = {0, 1, 511, 512, 513, 4096, 5000, 0, 100, 30000, 1, 700};
	struct store *store = create_store();
	store_set_bounds(store, 8000, 1 << 20);
	for (unsigned i = 0; i < 12; i++) {
		struct batch *batch = store_begin(store, NOW);
		odd[i] = put_sample(batch, i + 1, sizes[i]);
		fine(batch_commit(batch, oops));
	}
	store_close(store);
}

static void good_archive_is_read_whole(void **state) {
	(void)state;
	make_odd();
	scrub();
	assert_int_equal(bad(), 0);
	assert_int_equal(counts[SCRUB_GOOD], objects());
	assert_true(counts[SCRUB_GOOD] >= 10);
	struct store_pack *packs;
	size_t n;
	struct store *store = open_store(STORE_READ);
	fine(store_packs(store, &packs, &n, oops));
	assert_true(n >= 2 && packs[0].sealed);
	struct scrubber *scrubber = scrubber_new(&(struct scrub_options){.threads = 1, .whole = true, .proof = true, .tell = count});
	fine(store_scrub_pack(store, scrubber, &packs[0], 0, &stretch, oops));
	assert_true(stretch.sealed && stretch.seal_right && stretch.to == packs[0].length);
	assert_int_equal(scrubber_bytes(scrubber), packs[0].length);
	scrubber_free(scrubber);
	free(packs);
	store_close(store);
}

static void proof_is_the_digest_of_nonce_and_bytes(void **state) {
	(void)state;
	unsigned char expected[DIGEST_MAX], *bytes = xmalloc(1 << 20);
	struct busy busy;
	store_close(create_busy(&busy));
	struct store *store = open_store(STORE_READ);
	struct scrub_options options = {.threads = 2, .proof = true};
	memset(options.nonce, 7, sizeof options.nonce);
	scrub_with(store, &options);
	store_close(store);
	int fd = open(in_archive("packs/000001.tar"), O_RDONLY);
	memcpy(bytes, options.nonce, SCRUB_NONCE);
	ssize_t n = pread(fd, bytes + SCRUB_NONCE, (1 << 20) - SCRUB_NONCE, 0);
	close(fd);
	assert_int_equal(stretch.pack, 1);
	assert_true(n >= (ssize_t)stretch.to);
	digest_bytes(DIGEST_SHA256, bytes, SCRUB_NONCE + stretch.to, expected);
	assert_memory_equal(stretch.proof, expected, SHA256_SIZE);
	free(bytes);
}

/* No bit of a pack may change unseen; one change never costs more than its object. */
static void every_bit_of_a_pack_counts(void **state) {
	(void)state;
	struct stat st;
	make_odd();
	uint64_t all = objects();
	assert_int_equal(stat(in_archive("packs/000001.tar"), &st), 0);
	for (uint64_t i = 0; i < 700; i++) {
		uint64_t at = i * 7919 % (uint64_t)st.st_size;
		flip("packs/000001.tar", at, (unsigned)(i % 8));
		scrub();
		if (bad() < 1 || counts[SCRUB_GOOD] + 1 < all)
			fail_msg("byte %llu: %llu bad, %llu of %llu good", (unsigned long long)at, (unsigned long long)bad(),
				 (unsigned long long)counts[SCRUB_GOOD], (unsigned long long)all);
		flip("packs/000001.tar", at, (unsigned)(i % 8));
	}
	scrub();
	assert_int_equal(bad(), 0);
}

static void damage_is_told_from_missing(void **state) {
	(void)state;
	struct busy busy;
	store_close(create_busy(&busy));
	uint64_t all = objects();
	struct object_info info = object_of(&busy.documents[1]);
	flip("packs/000001.tar", info.offset + info.size - 1, 3);
	scrub();
	assert_int_equal(counts[SCRUB_DAMAGED], 1);
	assert_int_equal(bad(), 1);
	assert_int_equal(counts[SCRUB_GOOD], all - 1);
	assert_true(object_id_equal(&last[SCRUB_DAMAGED].info.id, &busy.documents[1]));
	assert_false(object_id_is_zero(&last[SCRUB_DAMAGED].actual));
	flip("packs/000001.tar", info.offset + info.size - 1, 3);
	assert_int_equal(truncate(in_archive("packs/000001.tar"), (off_t)info.offset + 10), 0);
	scrub();
	assert_int_equal(counts[SCRUB_DAMAGED], 1);
	assert_true(counts[SCRUB_MISSING] >= 1);
	assert_int_equal(counts[SCRUB_GOOD] + counts[SCRUB_DAMAGED] + counts[SCRUB_MISSING], all);
	unlink(in_archive("packs/000001.tar"));
	scrub();
	assert_int_equal(counts[SCRUB_MISSING], all);
}

static void other_objects_bytes_are_substituted(void **state) {
	(void)state;
	unsigned char header[TAR_HEADER_MAX], *data = sample(99, 5000);
	struct object_id stranger;
	struct busy busy;
	size_t len;
	store_close(create_busy(&busy));
	struct object_info info = object_of(&busy.documents[2]);
	assert_int_equal(info.size, 5000);
	sha256_bytes(data, 5000, stranger.sha256);
	fine(tar_header(&stranger, 5000, header, &len, oops));
	change("packs/000001.tar", info.offset - len, header, len);
	change("packs/000001.tar", info.offset, data, 5000);
	scrub();
	assert_int_equal(counts[SCRUB_SUBSTITUTED], 1);
	assert_true(object_id_equal(&last[SCRUB_SUBSTITUTED].actual, &stranger));
	assert_true(object_id_equal(&last[SCRUB_SUBSTITUTED].info.id, &busy.documents[2]));
	free(data);
}

static void whole_member_without_an_entry_is_extra_or_older(void **state) {
	(void)state;
	struct busy busy;
	store_close(create_busy(&busy));
	/* Stored again because it was told damaged: the first copy is an older one. */
	struct object_info info = object_of(&busy.documents[1]), first = object_of(&busy.documents[0]);
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, NULL);
	struct batch *batch = store_begin(store, NOW + UTIME_DAY);
	batch_set_object_state(batch, &busy.documents[1], OBJECT_DAMAGED, "test");
	fine(batch_commit(batch, oops));
	unsigned char *data = xmalloc((size_t)info.size);
	int fd = open(in_archive("packs/000001.tar"), O_RDONLY);
	assert_int_equal(pread(fd, data, (size_t)info.size, (off_t)info.offset), (ssize_t)info.size);
	close(fd);
	struct object_id id;
	batch = store_begin(store, NOW + UTIME_DAY);
	batch_put(batch, OBJECT_DOCUMENT, data, (size_t)info.size, &id, NULL);
	fine(batch_commit(batch, oops));
	free(data);
	assert_true(object_id_equal(&id, &busy.documents[1]));
	/* And one that nobody knows: its rows are taken away. */
	struct key key = key_object(&busy.documents[0]);
	struct key place = key_place(first.pack, first.offset);
	struct txn *txn = txn_begin(store->catalogue, true, NULL);
	txn_delete(txn, TABLE_OBJECTS, key_span(&key));
	txn_delete(txn, TABLE_PLACES, key_span(&place));
	fine(txn_commit(txn, oops));
	store_close(store);
	scrub();
	assert_int_equal(counts[SCRUB_OLDER], 1);
	assert_int_equal(counts[SCRUB_EXTRA], 1);
	assert_int_equal(bad(), 1);
}

static void damaged_index_entry_is_told_from_damaged_bytes(void **state) {
	(void)state;
	struct busy busy;
	store_close(create_busy(&busy));
	uint64_t all = objects();
	/* A row whose checksum is wrong: found by its bytes in the catalogue's file. */
	struct object_info info = object_of(&busy.documents[1]);
	struct buf row = {0};
	object_row_put(&row, &(struct object_row){info.pack, info.offset, info.size, info.kind, OBJECT_PRESENT});
	struct stat st;
	assert_int_equal(stat(in_archive("catalogue/data.mdb"), &st), 0);
	unsigned char *file = xmalloc((size_t)st.st_size), *p = file;
	int fd = open(in_archive("catalogue/data.mdb"), O_RDWR);
	assert_int_equal(pread(fd, file, (size_t)st.st_size, 0), st.st_size);
	for (; (p = memmem(p, (size_t)(file + st.st_size - p), row.data, row.len)); p++) {
		unsigned char byte = p[row.len - 1] ^ 1;
		assert_int_equal(pwrite(fd, &byte, 1, p + row.len - 1 - file), 1);
	}
	close(fd);
	free(file);
	buf_dispose(&row);
	scrub();
	assert_int_equal(counts[SCRUB_INDEX], 1);
	assert_int_equal(bad(), 1);
	assert_int_equal(counts[SCRUB_GOOD], all - 1);
	assert_true(object_id_equal(&last[SCRUB_INDEX].info.id, &busy.documents[1]));
}

static void a_budget_stops_between_members_and_the_next_reading_goes_on(void **state) {
	(void)state;
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	for (unsigned i = 0; i < 40; i++) put_sample(batch, 100 + i, 1 << 20);
	put_sample(batch, 999, 20 << 20); /* longer than a window */
	fine(batch_commit(batch, oops));
	struct store_pack *packs;
	size_t n;
	fine(store_packs(store, &packs, &n, oops));
	assert_int_equal(n, 1);
	memset(counts, 0, sizeof counts);
	uint64_t at = 0, readings = 0, bytes = 0;
	while (at < packs[0].length) {
		struct scrubber *s = scrubber_new(&(struct scrub_options){.threads = 2, .budget = 1, .tell = count, .proof = true});
		fine(store_scrub_pack(store, s, &packs[0], at, &stretch, oops));
		assert_true(stretch.to > at);
		bytes += scrubber_bytes(s);
		assert_int_equal(scrubber_bytes(s), stretch.to - at);
		at = stretch.to;
		readings++;
		scrubber_free(s);
	}
	assert_true(readings >= 4);
	assert_int_equal(bytes, packs[0].length);
	assert_int_equal(counts[SCRUB_GOOD], 41);
	assert_int_equal(bad(), 0);
	free(packs);
	store_close(store);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		T(good_archive_is_read_whole),
		T(proof_is_the_digest_of_nonce_and_bytes),
		T(every_bit_of_a_pack_counts),
		T(damage_is_told_from_missing),
		T(other_objects_bytes_are_substituted),
		T(whole_member_without_an_entry_is_extra_or_older),
		T(damaged_index_entry_is_told_from_damaged_bytes),
		T(a_budget_stops_between_members_and_the_next_reading_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
