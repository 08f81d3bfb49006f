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

/* ---- by parts ---- */

/* Reads one pack as it is given, through the page cache. */
static void read_pack(struct store *store, struct scrubber *scrubber, const struct store_pack *pack) {
	memset(counts, 0, sizeof counts);
	fine(store_scrub_pack(store, scrubber, pack, 0, &stretch, oops));
	assert_true(stretch.sealed);
}

static struct scrubber *by_parts(void) {
	return scrubber_new(&(struct scrub_options){.threads = 1, .cached = true, .proof = true, .whole = true, .tell = count});
}

static struct store_pack first_pack(struct store *store) {
	struct store_pack *packs, first;
	size_t n;
	fine(store_packs(store, &packs, &n, oops));
	assert_true(n >= 1 && packs[0].sealed);
	first = packs[0];
	free(packs);
	return first;
}

/* Its whole was right: the digest of its parts is kept. */
static struct store *open_with_parts_kept(void) {
	struct store *store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, NULL);
	struct scrubber *scrubber = by_parts();
	struct store_pack pack = first_pack(store);
	assert_false(pack.framed);
	read_pack(store, scrubber, &pack);
	assert_true(stretch.seal_right && stretch.framed);
	struct batch *batch = store_begin(store, NOW + UTIME_DAY);
	batch_keep_frame(batch, &pack, &stretch);
	fine(batch_commit(batch, oops));
	scrubber_free(scrubber);
	pack = first_pack(store);
	assert_true(pack.framed);
	assert_memory_equal(pack.frame, stretch.frame, SHA256_SIZE);
	return store;
}

static void every_byte_of_a_sealed_pack_counts_by_its_parts(void **state) {
	(void)state;
	make_odd();
	struct store *store = open_with_parts_kept();
	struct scrubber *scrubber = by_parts();
	struct store_pack pack = first_pack(store), other_seal = pack;
	read_pack(store, scrubber, &pack);
	uint64_t all = counts[SCRUB_GOOD];
	assert_true(all >= 4 && stretch.seal_right);
	for (uint64_t at = 0; at < pack.length; at++) {
		flip("packs/000001.tar", at, (unsigned)(at % 8));
		read_pack(store, scrubber, &pack);
		if (stretch.seal_right || bad() < 1 || counts[SCRUB_GOOD] + 1 < all)
			fail_msg("byte %llu: %llu bad, %llu of %llu good", (unsigned long long)at, (unsigned long long)bad(),
				 (unsigned long long)counts[SCRUB_GOOD], (unsigned long long)all);
		flip("packs/000001.tar", at, (unsigned)(at % 8));
	}
	/* It is the digest of the parts that says so: with it, nobody asks for that of the whole. */
	other_seal.digest[0] ^= 1;
	read_pack(store, scrubber, &other_seal);
	assert_true(stretch.seal_right);
	other_seal.framed = false;
	read_pack(store, scrubber, &other_seal);
	assert_false(stretch.seal_right);
	scrubber_free(scrubber);
	store_close(store);
}

static void add_number(struct digest_ctx *ctx, uint64_t v) {
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(v >> (56 - 8 * i));
	digest_update(ctx, bytes, sizeof bytes);
}

/* docs/formats.md, Frame of a pack: computed here from the file's headers alone. */
static void digest_of_the_parts_is_the_documented_one(void **state) {
	(void)state;
	unsigned char expected[DIGEST_MAX], *bytes;
	struct stat st;
	make_odd();
	struct store *store = open_with_parts_kept();
	assert_int_equal(stat(in_archive("packs/000001.tar"), &st), 0);
	size_t len = (size_t)st.st_size, at = 0, between = 0, header, objects = 0;
	int fd = open(in_archive("packs/000001.tar"), O_RDONLY);
	bytes = xmalloc(len);
	assert_int_equal(pread(fd, bytes, len, 0), st.st_size);
	close(fd);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	struct object_id id;
	uint64_t size;
	for (; tar_parse(bytes + at, len - at, &id, &size, &header) == TAR_MEMBER; objects++) {
		digest_update(ctx, bytes + at, header);
		add_number(ctx, between + header);
		add_number(ctx, size);
		digest_update(ctx, id.sha256, SHA256_SIZE);
		at += header + (size_t)size;
		between = (size_t)(tar_padded(size) - size);
		digest_update(ctx, bytes + at, between);
		at += between;
	}
	assert_true(objects >= 4);
	digest_update(ctx, bytes + at, len - at);
	add_number(ctx, between + len - at);
	digest_final(ctx, expected);
	assert_memory_equal(first_pack(store).frame, expected, SHA256_SIZE);
	digest_free(ctx);
	free(bytes);
	store_close(store);
}

/* Pack and catalogue agree on another object; only what was sealed knows. */
static void exchange(struct store *store, const struct object_info *info) {
	unsigned char header[TAR_HEADER_MAX], *data = sample(77, (size_t)info->size);
	struct object_id stranger;
	size_t len;
	sha256_bytes(data, (size_t)info->size, stranger.sha256);
	fine(tar_header(&stranger, info->size, header, &len, oops));
	change("packs/000001.tar", info->offset - len, header, len);
	change("packs/000001.tar", info->offset, data, (size_t)info->size);
	free(data);
	struct key old = key_object(&info->id), fresh = key_object(&stranger), place = key_place(info->pack, info->offset);
	struct buf row = {0};
	object_row_put(&row, &(struct object_row){info->pack, info->offset, info->size, info->kind, OBJECT_PRESENT});
	struct txn *txn = txn_begin(store->catalogue, true, NULL);
	txn_delete(txn, TABLE_OBJECTS, key_span(&old));
	txn_put(txn, TABLE_OBJECTS, key_span(&fresh), (struct span){row.data, row.len});
	txn_put(txn, TABLE_PLACES, key_span(&place), (struct span){stranger.sha256, SHA256_SIZE});
	fine(txn_commit(txn, oops));
	buf_dispose(&row);
}

static void object_exchanged_in_pack_and_catalogue_alike_is_not_what_was_sealed(void **state) {
	(void)state;
	make_odd();
	struct store *store = open_with_parts_kept();
	struct scrubber *scrubber = by_parts();
	struct store_pack pack = first_pack(store);
	struct object_info info;
	assert_true(store_object_info(store, &odd[3], &info, NULL));
	assert_int_equal(info.pack, 1);
	exchange(store, &info);
	read_pack(store, scrubber, &pack);
	assert_int_equal(bad(), 0);
	assert_false(stretch.seal_right || stretch.framed);
	scrubber_free(scrubber);
	store_close(store);
}

/* The catalogue's places tell the parts: where they are wrong, the whole says that the pack is right all the same. */
static void wrong_places_are_no_damage_of_the_pack(void **state) {
	(void)state;
	make_odd();
	struct store *store = open_with_parts_kept();
	struct scrubber *scrubber = by_parts();
	struct store_pack pack = first_pack(store), kept;
	struct object_info info;
	assert_true(store_object_info(store, &odd[5], &info, NULL));
	assert_int_equal(info.pack, 1);
	struct key key = key_object(&info.id);
	for (int turn = 0; turn < 2; turn++) {
		struct buf row = {0};
		object_row_put(&row, &(struct object_row){1, info.offset, info.size - (turn ? 0 : 100), info.kind, OBJECT_PRESENT});
		struct txn *txn = txn_begin(store->catalogue, true, NULL);
		txn_put(txn, TABLE_OBJECTS, key_span(&key), (struct span){row.data, row.len});
		fine(txn_commit(txn, oops));
		buf_dispose(&row);
		read_pack(store, scrubber, &pack);
		assert_true(stretch.seal_right && stretch.framed);
		assert_true(turn ? bad() == 0 : bad() > 0);
		assert_int_equal(memcmp(stretch.frame, pack.frame, SHA256_SIZE) != 0, !turn);
	}
	/* What was kept in error is taken anew, and what was kept with another seal does not count. */
	kept = pack;
	kept.frame[0] ^= 1;
	read_pack(store, scrubber, &kept);
	assert_true(stretch.seal_right && stretch.framed);
	assert_memory_equal(stretch.frame, pack.frame, SHA256_SIZE);
	char name[STORE_FRAME_NAME_MAX], *text = NULL;
	assert_int_equal(store_value(store, store_frame_name(1, name), &text, NULL), 1);
	static const int changed[] = {0, 64, 65, 128};
	for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
		char was = text[changed[i]];
		text[changed[i]] = was == 'x' ? 'y' : 'x';
		struct batch *batch = store_begin(store, NOW + UTIME_DAY);
		batch_set_value(batch, name, text);
		fine(batch_commit(batch, oops));
		assert_false(first_pack(store).framed);
		text[changed[i]] = was;
	}
	free(text);
	scrubber_free(scrubber);
	store_close(store);
}

/* An object longer than the windows, and one that a budget cuts a reading at: the parts are the same ones. */
static void parts_do_not_depend_on_windows(void **state) {
	(void)state;
	struct store *store = create_store();
	store_set_bounds(store, 40 << 20, 1 << 20);
	struct batch *batch = store_begin(store, NOW);
	for (unsigned i = 0; i < 30; i++) put_sample(batch, 100 + i, 300000 + i * 77777);
	put_sample(batch, 999, 20 << 20);
	put_sample(batch, 1000, 100); /* the next pack */
	fine(batch_commit(batch, oops));
	store_close(store);
	store = open_with_parts_kept();
	struct store_pack pack = first_pack(store);
	struct scrubber *scrubber = by_parts();
	read_pack(store, scrubber, &pack);
	assert_true(stretch.seal_right && stretch.framed && bad() == 0);
	assert_int_equal(scrubber_bytes(scrubber), pack.length);
	flip("packs/000001.tar", pack.length - 5000, 2);
	read_pack(store, scrubber, &pack);
	assert_false(stretch.seal_right || stretch.framed);
	assert_int_equal(bad(), 1);
	flip("packs/000001.tar", pack.length - 5000, 2);
	scrubber_free(scrubber);
	scrubber = scrubber_new(&(struct scrub_options){.threads = 2, .budget = 1, .tell = count, .whole = true});
	memset(counts, 0, sizeof counts);
	for (uint64_t at = 0; at < pack.length; at = stretch.to) {
		fine(store_scrub_pack(store, scrubber, &pack, at, &stretch, oops));
		assert_false(stretch.sealed || stretch.framed); /* not in one reading: by its members alone, as ever */
	}
	assert_int_equal(bad(), 0);
	scrubber_free(scrubber);
	store_close(store);
}

static unsigned problems;
static char *last_problem;
static void note_problem(void *user, const char *text) {
	(void)user;
	problems++;
	free(last_problem);
	last_problem = xstrdup(text);
}

static void deep_check_reads_the_whole_and_holds_the_kept_parts_against_it(void **state) {
	(void)state;
	make_odd();
	struct store *store = open_with_parts_kept();
	problems = 0;
	assert_int_equal(store_fsck(store, true, note_problem, NULL, NULL, NULL), 0);
	char name[STORE_FRAME_NAME_MAX], *text = NULL;
	assert_int_equal(store_value(store, store_frame_name(1, name), &text, NULL), 1);
	text[strlen(text) - 1] = text[strlen(text) - 1] == '0' ? '1' : '0';
	struct batch *batch = store_begin(store, NOW + UTIME_DAY);
	batch_set_value(batch, name, text);
	fine(batch_commit(batch, oops));
	assert_true(first_pack(store).framed);
	assert_int_equal(store_fsck(store, true, note_problem, NULL, NULL, NULL), 1);
	assert_non_null(strstr(last_problem, "packs/000001.tar: the digest kept of its parts"));
	free(text);
	free(last_problem);
	last_problem = NULL;
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
		T(every_byte_of_a_sealed_pack_counts_by_its_parts),
		T(digest_of_the_parts_is_the_documented_one),
		T(object_exchanged_in_pack_and_catalogue_alike_is_not_what_was_sealed),
		T(wrong_places_are_no_damage_of_the_pack),
		T(parts_do_not_depend_on_windows),
		T(deep_check_reads_the_whole_and_holds_the_kept_parts_against_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
