/* Rounds of evidence records: what they cover, what they leave alone. */
#include "tests/archiver/evidence_runs.h"

#include "archiver/evidence_leaves.h"

/* ---- rounds ---- */

static void a_round_covers_every_kind_of_object(void **state) {
	(void)state;
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	small_add(&app, "b.pdf", "second", "INDETERMINATE", "TRY_LATER");
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(counts.objects, 5); /* two documents, two verdicts, the journal's head */
	assert_int_equal(a.asked, 1);
	struct all all = assert_all(&app, 1, 1, 1);
	assert_int_equal(all.proven, 5);
	assert_int_equal(all.unproven, 3); /* page, top and token of this round are in the next */
	assert_sound(&app);
}

static void one_object_alone_needs_no_tree(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(folder);
	free(folder);
	folder = folder_new("evidence");
	small_open(&app, folder, NOW);
	add_many(0, 1);
	round_now();
	assert_int_equal(assert_all(&app, 1, 1, 1).proven, 2);
}

static void nothing_new_makes_no_round(void **state) {
	(void)state;
	add_many(0, 3);
	assert_int_equal(round_now().rounds, 1);
	assert_int_equal(round_now().rounds, 0);
	assert_int_equal(a.asked, 1);
	add_many(3, 4);
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(counts.objects, 5); /* it, the first round's page, top and token, a head */
	assert_int_equal(assert_all(&app, 1, 1, 1).unproven, 3);
}

static void many_objects_are_pages_of_one_tree(void **state) {
	(void)state;
	add_many(0, 2 * EVIDENCE_PAGE + 5);
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(a.asked, 1);
	assert_int_equal(assert_all(&app, 1, 1, 1).proven, counts.objects);
}

static void few_new_ones_among_many_are_a_round_of_their_own(void **state) {
	(void)state;
	add_many(0, 300);
	round_now();
	add_many(300, 303);
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(counts.objects, 3 + 3 + 1); /* what the first round left behind, and a head */
	assert_int_equal(assert_all(&app, 1, 1, 1).unproven, 3);
}

static struct round_leaves leaves_from(struct evidence *e, uint32_t pack, uint64_t offset, size_t room) {
	struct round_leaves leaves = {0};
	struct evidence_counts counts = {0};
	struct fixity fixity;
	fine(fixity_begin(&fixity, app.store, oops));
	struct batch *batch = store_begin(app.store, app.now);
	const struct round_wanted wanted = {1, DIGEST_SHA512, pack, offset, room, &fixity, batch, &counts};
	fine(round_leaves_gather(&leaves, e, &wanted, oops));
	batch_abort(batch);
	fixity_end(&fixity);
	return leaves;
}

/* Objects from..to of add_many, in the order of their keys, each with its hash. */
static void assert_leaves(const struct round_leaves *leaves, int from, int to) {
	assert_int_equal(leaves->count, to - from);
	for (size_t i = 1; i < leaves->count; i++) assert_true(memcmp(leaves->items[i - 1].key, leaves->items[i].key, SHA256_SIZE) < 0);
	for (int i = from; i < to; i++) {
		unsigned char hash[DIGEST_MAX];
		char *text = xasprintf("object %d", i);
		struct object_id id = id_of(text);
		const struct round_leaf *leaf = round_leaves_find(leaves, &id);
		assert_non_null(leaf);
		digest_bytes(DIGEST_SHA512, text, strlen(text), hash);
		assert_memory_equal(leaf->hash, hash, 64);
		free(text);
	}
}

/* What one tree has no room for is what was stored last, and comes with the next. */
static void a_tree_takes_what_was_stored_first(void **state) {
	(void)state;
	static const int rooms[] = {4, 8, 9, 40};
	add_many(0, 9);
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		int taken = rooms[i] < 9 ? rooms[i] : 9;
		struct round_leaves leaves = leaves_from(e, 0, 0, (size_t)rooms[i]);
		assert_leaves(&leaves, 0, taken);
		struct round_leaves rest = leaves_from(e, leaves.to_pack, leaves.to_offset, 40);
		assert_leaves(&rest, taken, 9);
		round_leaves_dispose(&rest);
		round_leaves_dispose(&leaves);
	}
	evidence_close(e);
}

/* The same where so few are new that they are walked in the order of the packs. */
static void a_tree_takes_of_few_what_was_stored_first(void **state) {
	(void)state;
	add_many(0, 300);
	round_now();
	add_many(300, 309);
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	const struct evidence_stamp *round = &e->stamps[0];
	struct round_leaves leaves = leaves_from(e, round->to_pack, round->to_offset, 3 + 5); /* page, top, token */
	assert_int_equal(leaves.count, 8);
	struct round_leaves rest = leaves_from(e, leaves.to_pack, leaves.to_offset, 40);
	assert_leaves(&rest, 305, 309);
	round_leaves_dispose(&rest);
	round_leaves_dispose(&leaves);
	evidence_close(e);
}

static void an_authority_that_is_down_delays_and_changes_nothing(void **state) {
	(void)state;
	add_many(0, 3);
	a.down = true;
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.rounds, 0);
	assert_int_equal(counts.waiting, 1);
	assert_int_equal(app.status, EXIT_FINDINGS);
	assert_int_equal(assert_all(&app, 1, 1, 1).proven, 0);
	add_many(3, 6);
	a.down = false;
	counts = round_now();
	assert_int_equal(counts.rounds, 2); /* the tree that waited, then the rest */
	assert_int_equal(counts.objects, 4 + 3 + 4);
	assert_int_equal(assert_all(&app, 1, 1, 1).unproven, 3);
}

static void a_token_that_does_not_pass_is_not_taken(void **state) {
	(void)state;
	add_many(0, 3);
	a.bad = "REVOKED_NO_POE", a.bad_until = 1;
	assert_int_equal(round_now().waiting, 1);
	assert_int_equal(round_now().rounds, 1); /* the next one does */
	assert_int_equal(a.given, 2);
}

static void parallel_records_come_from_another_authority_and_hash(void **state) {
	(void)state;
	set("digest = SHA-512\nsecond = SHA3-512");
	add_many(0, 3);
	assert_int_equal(round_now().rounds, 2);
	assert_true(a.other);
	struct evidence *e = evidence_begin(&app, NULL);
	const struct evidence_stamp *stamps;
	assert_int_equal(evidence_stamps(e, &stamps), 2);
	assert_int_equal(stamps[0].alg, DIGEST_SHA512);
	assert_int_equal(stamps[1].alg, DIGEST_SHA3_512);
	evidence_close(e);
	assert_int_equal(assert_all(&app, 1, 1, 1).proven, 4);
	assert_true(assert_all(&app, 2, 1, 1).proven > 4); /* what the first left behind as well */
	assert_int_equal(round_now().rounds, 0);
}

static bool has_record(const char *text) {
	struct object_id id = id_of(text);
	struct evidence *e = evidence_begin(&app, NULL);
	struct evidence_proof proof;
	struct error err = {0};
	struct buf der = {0};
	int rc = evidence_of(e, &id, 1, &der, &proof, &err);
	if (rc < 0) fail_msg("%s", err.text);
	buf_dispose(&der);
	evidence_close(e);
	return rc;
}

static void damaged_bytes_are_no_leaf_until_they_are_good(void **state) {
	(void)state;
	struct object_id id = id_of("object 1");
	add_many(0, 3);
	damage(&id, 1);
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.damaged, 1);
	assert_int_equal(counts.objects, 3);
	assert_int_equal(app.status, EXIT_DAMAGE);
	assert_false(has_record("object 1"));
	assert_true(has_record("object 2"));
	damage(&id, 1);
	add_many(3, 4);
	counts = round_now();
	assert_int_equal(counts.damaged, 0);
	assert_true(has_record("object 1"));
}

static void what_was_stored_again_keeps_its_first_evidence(void **state) {
	(void)state;
	struct object_id id = id_of("first");
	small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	a.gen_time = NOW + 1;
	round_now();
	struct batch *batch = store_begin(app.store, app.now);
	batch_set_object_state(batch, &id, OBJECT_DAMAGED, "test");
	fine(batch_commit(batch, oops));
	batch = store_begin(app.store, app.now);
	batch_put(batch, OBJECT_DOCUMENT, "first", 5, &id, NULL);
	fine(batch_commit(batch, oops));
	assert_int_equal(round_now().rounds, 1);
	struct evidence *e = evidence_begin(&app, NULL);
	struct evidence_proof proof;
	struct buf der = {0};
	fine(evidence_of(e, &id, 1, &der, &proof, oops));
	assert_int_equal(proof.first->number, 1);
	buf_dispose(&der);
	evidence_close(e);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_round_covers_every_kind_of_object),
		TEST(one_object_alone_needs_no_tree),
		TEST(nothing_new_makes_no_round),
		TEST(many_objects_are_pages_of_one_tree),
		TEST(few_new_ones_among_many_are_a_round_of_their_own),
		TEST(a_tree_takes_what_was_stored_first),
		TEST(a_tree_takes_of_few_what_was_stored_first),
		TEST(an_authority_that_is_down_delays_and_changes_nothing),
		TEST(a_token_that_does_not_pass_is_not_taken),
		TEST(parallel_records_come_from_another_authority_and_hash),
		TEST(damaged_bytes_are_no_leaf_until_they_are_good),
		TEST(what_was_stored_again_keeps_its_first_evidence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
