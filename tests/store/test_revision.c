#include "fixture.h"

#include "store/revision.h"

/* "original" + "abc" + X + "de" + hexadecimal + "f", X an object of its own: what an update of a PDF looks like. Then what
 * something put into a document looks like: ranges of it and of X. */
struct sample {
	struct object_id original, evidence, token, own[2];
	struct revision_piece pieces[10];
	struct revision_row row;
};
#define WHOLE "originalabc<evidence>de0AFF0000forvidenceiginal"

static int collect(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	buf_add(user, data, len);
	return 0;
}

static struct store *make(struct sample *s) {
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	batch_put(batch, OBJECT_DOCUMENT, "original", 8, &s->original, NULL);
	batch_put(batch, OBJECT_CRL, "<evidence>", 10, &s->evidence, NULL);
	batch_put(batch, OBJECT_TIMESTAMP, "\x0a\xff", 2, &s->token, NULL);
	batch_put(batch, OBJECT_APPENDED, "abcd", 4, &s->own[0], NULL);
	batch_put(batch, OBJECT_APPENDED, "ef", 2, &s->own[1], NULL);
	fine(batch_commit(batch, oops));
	const struct revision_piece pieces[] = {{PIECE_OBJECT, s->original, 0, 0}, {.form = PIECE_OWN, .size = 3},
						{PIECE_OBJECT, s->evidence, 0, 0}, {.form = PIECE_OWN, .size = 2},
						{PIECE_HEX, s->token, 8, 0},       {.form = PIECE_OWN, .size = 1},
						{PIECE_RANGE, s->original, 2, 0}, {PIECE_RANGE, s->evidence, 0, 3},
						{PIECE_RANGE, s->evidence, 7, 2}, {PIECE_RANGE, s->original, 6, 2}};
	memcpy(s->pieces, pieces, sizeof pieces);
	s->row = (struct revision_row){.when = NOW, .size = strlen(WHOLE), .own = s->own, .own_count = 2,
				       .pieces = s->pieces, .count = 10};
	sha256_bytes(WHOLE, strlen(WHOLE), s->row.digest.sha256);
	return store;
}

static void pieces_join_to_the_revision(void **state) {
	(void)state;
	struct sample s;
	struct buf b = {0};
	struct error err = {0};
	struct store *store = make(&s);
	assert_int_equal(store_stream_revision(store, &s.row, false, collect, &b, NULL, &err), OBJECT_PRESENT);
	assert_string_equal(buf_text(&b), WHOLE);
	assert_int_equal(store_stream_revision(store, &s.row, true, NULL, NULL, NULL, &err), OBJECT_PRESENT);
	buf_dispose(&b);
	store_close(store);
}

static void row_is_read_as_it_was_written(void **state) {
	(void)state;
	struct sample s;
	struct buf b = {0}, again = {0};
	struct revision_row row;
	store_close(make(&s));
	revision_row_put(&b, &s.row);
	assert_true(revision_row_get((struct span){b.data, b.len}, &row));
	assert_int_equal(row.count, 10);
	assert_int_equal(row.own_count, 2);
	revision_row_put(&again, &row);
	assert_int_equal(b.len, again.len);
	assert_memory_equal(b.data, again.data, b.len);
	revision_row_dispose(&row);
	for (size_t len = 0; len < b.len; len++) assert_false(revision_row_get((struct span){b.data, len}, &row));
	buf_add_byte(&b, 0);
	assert_false(revision_row_get((struct span){b.data, b.len}, &row));
	buf_dispose(&b);
	buf_dispose(&again);
}

/* Anything else than the revision is never PRESENT, and says whose fault it is. */
static void what_is_not_the_revision_is_told(void **state) {
	(void)state;
	struct sample s;
	struct object_id bad, nobody = {{1}};
	struct error err = {0};
	struct store *store = make(&s);
	static const struct {
		size_t piece;
		enum object_state state;
	} rows[] = {{0, OBJECT_MISSING}, {2, OBJECT_MISSING}, {4, OBJECT_MISSING}, {6, OBJECT_MISSING}, {9, OBJECT_MISSING}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct object_id kept = s.pieces[rows[i].piece].object;
		s.pieces[rows[i].piece].object = nobody;
		assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), rows[i].state);
		assert_true(object_id_equal(&bad, &nobody));
		s.pieces[rows[i].piece].object = kept;
	}
	s.pieces[1].size = 2; /* a byte of its own is left over, and the digest is another */
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	assert_true(object_id_is_zero(&bad));
	s.pieces[1].size = 5; /* more than there is in the end */
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	s.pieces[1].size = 3;
	s.pieces[4].size = 2; /* the token does not fit */
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	s.pieces[4].size = 8;
	s.pieces[8].at = 4; /* a range that ends behind its object */
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	s.pieces[8].at = UINT64_MAX - 2;
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	s.pieces[8].at = 2;
	s.pieces[9].at = 3; /* the same of the object that was kept in hand */
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	s.pieces[9].at = 2;
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_PRESENT);
	s.row.digest.sha256[0] ^= 1;
	assert_int_equal(store_stream_revision(store, &s.row, false, NULL, NULL, &bad, &err), OBJECT_DAMAGED);
	store_close(store);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pieces_join_to_the_revision, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(row_is_read_as_it_was_written, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(what_is_not_the_revision_is_told, make_directory, remove_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
