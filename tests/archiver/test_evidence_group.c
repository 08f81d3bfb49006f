/* Groups in evidence records: what is in one, what is not, and that the single objects need it for nothing. */
#include "tests/archiver/evidence_runs.h"

#include "archiver/evidence_group.h"
#include "archiver/evidence_private.h"
#include "archiver/evidence_show.h"

static void put_metadata(uint64_t number, const char *text) {
	struct object_id id;
	struct batch *batch = store_begin(app.store, app.now);
	batch_put(batch, OBJECT_METADATA, text, strlen(text), &id, NULL);
	batch_add_metadata(batch, number, &id, "");
	fine(batch_commit(batch, oops));
}

static void link_signature(uint64_t number, const char *signature) {
	struct object_id id = id_of(signature);
	struct batch *batch = store_begin(app.store, app.now);
	batch_link_evidence(batch, number, &id);
	fine(batch_commit(batch, oops));
}

struct found {
	struct buf der;
	struct evidence_proof proof;
	struct evidence_group group;
	size_t missing;
	bool closed;
	int rc;
};

static struct found group_of(uint64_t number) {
	struct found f = {0};
	struct evidence *e = evidence_begin(&app, NULL);
	fine(f.rc = evidence_group_of(e, number, 1, &f.der, &f.proof, &f.group, &f.missing, &f.closed, oops));
	evidence_close(e);
	return f;
}

static void found_dispose(struct found *f) {
	buf_dispose(&f->der);
	evidence_group_dispose(&f->group);
}

/* RFC 4998 4.3, group: the first list has the digests of these and of nothing else, and leads to the imprint. */
static void assert_group(const struct found *f, const char *const *members, size_t count) {
	struct ers ers;
	struct finding_list findings = {0};
	unsigned char hash[DIGEST_MAX], root[DIGEST_MAX];
	assert_int_equal(f->rc, 1);
	assert_int_equal(f->group.count, count);
	assert_int_equal(f->missing, 0);
	assert_true(ers_read(f->der.data, f->der.len, &ers, &findings));
	struct ers_stamp *s = &ers.stamps[0];
	s->digest = DIGEST_SHA512;
	assert_true(s->has_tree);
	const struct ers_list *first = &ers.lists[s->first_list];
	assert_int_equal(first->count, count);
	for (size_t i = 0; i < count; i++) {
		digest_bytes(DIGEST_SHA512, members[i], strlen(members[i]), hash);
		if (!first_list_has(&ers, s, hash, hash, 64)) fail_msg("%s", members[i]);
	}
	hash_list(&ers, s, root);
	assert_memory_equal(root, s->token.start + s->token.full - 64, 64);
	ers_dispose(&ers);
	finding_list_dispose(&findings);
}

#define ASSERT_GROUP(number, ...)                                                                                      \
	do {                                                                                                           \
		static const char *const members_[] = {__VA_ARGS__};                                                    \
		struct found f_ = group_of(number);                                                                     \
		assert_group(&f_, members_, ARRAY_LEN(members_));                                                       \
		found_dispose(&f_);                                                                                     \
	} while (0)

static void assert_no_group(uint64_t number) {
	struct found f = group_of(number);
	assert_int_equal(f.rc, 0);
	found_dispose(&f);
}

static void a_document_and_its_metadata_are_a_group_and_each_is_proven_alone(void **state) {
	(void)state;
	uint64_t with = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", ""), without = small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	put_metadata(with, "{\"number\":\"1\"}");
	assert_no_group(with);
	struct evidence_counts counts = round_now();
	assert_int_equal(counts.objects, 6); /* groups are no objects: two documents, two verdicts, metadata, the journal's head */
	ASSERT_GROUP(with, "first", "{\"number\":\"1\"}");
	assert_no_group(without);
	assert_int_equal(assert_all(&app, 1, 1, 1).proven, 6);
	assert_sound(&app);
}

static void attachments_and_detached_signatures_belong_to_it_where_they_came_together(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "main", "TOTAL-PASSED", "");
	static const char metadata[] = "{\"attachments\":[\"b.pdf\",\"later.pdf\"]}";
	put_metadata(number, metadata);
	uint64_t attached = small_add(&app, "b.pdf", "attached", "TOTAL-PASSED", "");
	put_metadata(attached, "{}");
	small_add(&app, "a.pdf.p7s", "signature", "TOTAL-PASSED", "");
	link_signature(number, "signature");
	small_add(&app, "c.pdf", "a neighbour", "TOTAL-PASSED", "");
	round_now();
	small_add(&app, "later.pdf", "came later", "TOTAL-PASSED", "");
	round_now();
	ASSERT_GROUP(number, "main", metadata, "signature", "attached", "{}");
	ASSERT_GROUP(attached, "attached", "{}"); /* its own */
	assert_all(&app, 1, 1, 1);
}

static void what_came_after_the_round_is_not_in_it_and_not_missing(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	round_now();
	put_metadata(number, "{\"number\":\"2\"}");
	round_now();
	ASSERT_GROUP(number, "first", "{}");
}

static void damage_text(const char *text) {
	struct object_id id = id_of(text);
	damage(&id, 1);
}

static void a_member_that_is_no_longer_whole_is_missing(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	round_now();
	damage_text("{}");
	struct found f = group_of(number);
	assert_int_equal(f.group.count, 1);
	assert_int_equal(f.missing, 1);
	found_dispose(&f);
	damage_text("{}");
	ASSERT_GROUP(number, "first", "{}");
}

static void what_was_not_whole_in_its_round_is_in_no_group(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", ""), other = small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	put_metadata(other, "{\"n\":2}");
	damage_text("first");
	damage_text("{\"n\":2}");
	round_now();
	assert_no_group(number);
	assert_no_group(other); /* alone is no group */
	assert_all(&app, 1, 1, 1);
}

static void renewals_of_the_time_stamp_go_on_with_it(void **state) {
	(void)state;
	struct evidence_counts counts = {0};
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	round_now();
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_renew(e, true, &counts, oops));
	evidence_close(e);
	struct found f = group_of(number);
	assert_int_equal(f.proof.stamps, 2);
	assert_false(f.closed);
	found_dispose(&f);
	ASSERT_GROUP(number, "first", "{}");
}

/* RFC 4998 5.3: each later chain's first list has what the members' new hashes make with the history so far, and nothing else. */
static void assert_renewed(const struct found *f, const char *const *members, size_t count, size_t chains) {
	struct ers ers;
	struct finding_list findings = {0};
	assert_true(ers_read(f->der.data, f->der.len, &ers, &findings));
	assert_int_equal(ers.chain_count, chains);
	for (size_t c = 0; c < chains; c++) {
		struct ers_stamp *s = &ers.stamps[ers.chains[c].first];
		s->digest = c % 2 ? DIGEST_SHA384 : DIGEST_SHA512;
		size_t size = digest_size(s->digest);
		unsigned char both[2 * DIGEST_MAX], hash[DIGEST_MAX], root[DIGEST_MAX];
		struct buf before = {0}, sequence = {0};
		for (size_t i = 0; i < c; i++) buf_add(&before, ers.chains[i].whole.start, ers.chains[i].whole.full);
		der_put(&sequence, DER_SEQUENCE, before.data, before.len);
		digest_bytes(s->digest, sequence.data, sequence.len, both + size);
		assert_true(s->has_tree);
		if (c) assert_int_equal(ers.lists[s->first_list].count, count);
		for (size_t i = 0; i < count; i++) {
			digest_bytes(s->digest, members[i], strlen(members[i]), hash);
			memcpy(both, hash, size);
			if (c) digest_bytes(s->digest, both, 2 * size, hash);
			if (!first_list_has(&ers, s, hash, hash, size)) fail_msg("chain %zu: %s", c, members[i]);
		}
		hash_list(&ers, s, root);
		assert_memory_equal(root, s->token.start + s->token.full - size, size);
		buf_dispose(&before);
		buf_dispose(&sequence);
	}
	ers_dispose(&ers);
	finding_list_dispose(&findings);
}

#define ASSERT_RENEWED(number, chains, missing_, ...)                                                                   \
	do {                                                                                                           \
		static const char *const members_[] = {__VA_ARGS__};                                                    \
		struct found f_ = group_of(number);                                                                     \
		assert_int_equal(f_.rc, 1);                                                                             \
		assert_int_equal(f_.group.count, ARRAY_LEN(members_));                                                  \
		assert_int_equal(f_.missing, missing_);                                                                 \
		assert_false(f_.closed);                                                                                \
		assert_renewed(&f_, members_, ARRAY_LEN(members_), chains);                                             \
		found_dispose(&f_);                                                                                     \
	} while (0)

static void a_hash_tree_renewal_goes_on_with_the_group(void **state) {
	(void)state;
	bool done;
	struct evidence_budget budget;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", ""), other = small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	put_metadata(other, "{\"n\":2}");
	uint64_t objects = round_now().objects;
	renew_now(true);
	put_metadata(number, "{\"later\":1}"); /* is in no group, and in none after it */
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_rehash_budget(e, 1, DIGEST_SHA384, &budget, oops));
	evidence_close(e);
	assert_int_equal(budget.objects, objects);
	struct evidence_counts counts = rehash_now(DIGEST_SHA384, 0, &done);
	assert_true(done);
	assert_int_equal(counts.reread, objects);
	assert_int_equal(counts.damaged, 0);
	assert_int_equal(app.status, EXIT_FINE);
	ASSERT_RENEWED(number, 2, 0, "first", "{}");
	ASSERT_RENEWED(other, 2, 0, "second", "{\"n\":2}");
	assert_int_equal(assert_all(&app, 1, 2, 3).proven, objects);
	rehash_now(DIGEST_SHA512, 0, &done);
	rehash_now(DIGEST_SHA384, 0, &done);
	ASSERT_RENEWED(number, 4, 0, "first", "{}");
	ASSERT_RENEWED(other, 4, 0, "second", "{\"n\":2}");
	assert_int_equal(assert_all(&app, 1, 4, 5).proven, objects);
	assert_sound(&app);
}

/* One that is damaged then is not in what comes after, also when it is whole again; what is left of the others goes on. */
static void a_member_that_is_damaged_in_a_renewal_is_not_renewed(void **state) {
	(void)state;
	bool done;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", ""), pair = small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	put_metadata(number, "{\"n\":1}");
	put_metadata(pair, "{\"n\":2}");
	round_now();
	damage_text("{}");
	damage_text("{\"n\":2}");
	assert_int_equal(rehash_now(DIGEST_SHA384, 0, &done).damaged, 2);
	damage_text("{}");
	damage_text("{\"n\":2}");
	ASSERT_RENEWED(number, 2, 1, "first", "{\"n\":1}");
	struct found f = group_of(pair); /* alone is no group: it ended with two */
	assert_true(f.closed);
	assert_int_equal(f.proof.chains, 1);
	found_dispose(&f);
	ASSERT_GROUP(pair, "second", "{\"n\":2}");
	rehash_now(DIGEST_SHA512, 0, &done);
	ASSERT_RENEWED(number, 3, 1, "first", "{\"n\":1}");
}

/* Groups on many pages, with a run that ends after each page. */
static void groups_are_renewed_page_by_page(void **state) {
	(void)state;
	bool done = false;
	uint64_t numbers[40];
	add_many(0, 3 * EVIDENCE_PAGE);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		char *text = xasprintf("document %zu", i), *metadata = xasprintf("{\"of\":%zu}", i);
		numbers[i] = small_add(&app, text, text, "TOTAL-PASSED", "");
		put_metadata(numbers[i], metadata);
		free(text);
		free(metadata);
	}
	round_now();
	for (int i = 0; i < 10 && !done; i++) rehash_now(DIGEST_SHA384, 1, &done);
	assert_true(done);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		char *text = xasprintf("document %zu", i), *metadata = xasprintf("{\"of\":%zu}", i);
		const char *const members[] = {text, metadata};
		struct found f = group_of(numbers[i]);
		assert_int_equal(f.group.count, 2);
		assert_renewed(&f, members, 2, 2);
		found_dispose(&f);
		free(text);
		free(metadata);
	}
}

/* ---- archives from before there were groups ---- */

struct old {
	struct evidence_leaf leaves[16];
	unsigned char hashes[16][DIGEST_MAX];
	size_t count;
	struct object_info last;
};

static int old_leaf(void *user, const struct object_info *info, struct error *err) {
	struct old *o = user;
	enum object_state state;
	fine(store_digest_many(app.store, info, 1, DIGEST_SHA512, &o->hashes[o->count], &state, err));
	o->leaves[o->count] = (struct evidence_leaf){.members = o->hashes[o->count], .count = 1};
	memcpy(o->leaves[o->count++].key, info->id.sha256, SHA256_SIZE);
	o->last = *info;
	return 0;
}

static int by_key(const void *x, const void *y) {
	return memcmp(x, y, SHA256_SIZE);
}

/* A round as it was made then: a page of version 1, each object a leaf, nothing else. */
static void old_round(void) {
	struct old o = {.count = 0};
	struct evidence_counts counts = {0};
	struct evidence_entry entry;
	unsigned char root[DIGEST_MAX];
	fine(store_each_object(app.store, 0, 0, old_leaf, &o, oops));
	qsort(o.leaves, o.count, sizeof *o.leaves, by_key);
	struct evidence_stamp stamp = {.kind = EVIDENCE_ROUND, .series = 1, .alg = DIGEST_SHA512, .leaves = o.count, .to_pack = o.last.pack,
				       .to_offset = o.last.offset};
	struct batch *batch = store_begin(app.store, app.now);
	evidence_page_put(batch, DIGEST_SHA512, o.leaves, o.count, o.leaves[0].key, &entry);
	evidence_top_put(batch, DIGEST_SHA512, &entry, 1, &stamp.tree, root);
	evidence_put_pending(batch, &stamp);
	fine(batch_commit(batch, oops));
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_settle(e, 1, EVIDENCE_ROUND, &counts, oops));
	evidence_close(e);
	assert_int_equal(counts.rounds, 1);
}

static void an_older_archives_trees_stay_as_they_are(void **state) {
	(void)state;
	bool done;
	struct evidence_counts counts = {0};
	uint64_t old = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	put_metadata(old, "{}");
	old_round();
	assert_int_equal(assert_all(&app, 1, 1, 1).proven, 3);
	assert_no_group(old);
	uint64_t now = small_add(&app, "b.pdf", "second", "TOTAL-PASSED", "");
	put_metadata(now, "{\"n\":2}");
	round_now();
	assert_no_group(old);
	ASSERT_GROUP(now, "second", "{\"n\":2}");
	assert_true(assert_all(&app, 1, 1, 1).proven > 6);
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_renew(e, true, &counts, oops));
	fine(evidence_rehash(e, 1, DIGEST_SHA3_512, 0, &counts, &done, oops));
	evidence_close(e);
	assert_int_equal(counts.damaged, 0);
	assert_true(assert_all(&app, 1, 2, 3).proven > 6);
	assert_sound(&app);
}

/* What only knows version 1 must not take a group's key for an object that is lost; without groups nothing changes for it. */
static void only_a_page_with_a_group_is_of_version_2(void **state) {
	(void)state;
	for (int with = 0; with < 2; with++) {
		uint64_t number = small_add(&app, with ? "b.pdf" : "a.pdf", with ? "second" : "first", "TOTAL-PASSED", "");
		if (with) put_metadata(number, "{}");
		round_now();
		struct evidence *e = evidence_begin(&app, NULL);
		const struct evidence_stamp *stamps;
		size_t count = evidence_stamps(e, &stamps), len;
		struct error err = {0};
		const struct evidence_top *top = evidence_read_top(e, &stamps[count - 1].tree, &err);
		unsigned char *data;
		assert_non_null(top);
		assert_int_equal(store_read(app.store, &top->entries[0].page, 1 << 20, &data, &len, &err), OBJECT_PRESENT);
		assert_int_equal(data[7], with ? 2 : 1);
		free(data);
		evidence_close(e);
	}
}

static void show_names_the_members(void **state) {
	(void)state;
	uint64_t number = small_add(&app, "a.pdf", "first", "TOTAL-PASSED", "");
	put_metadata(number, "{}");
	round_now();
	struct error err = {0};
	struct evidence *e = evidence_begin(&app, NULL);
	json_t *shown = evidence_show_group(e, number, &err);
	const json_t *row = json_array_get(json_object_get(shown, "groups"), 0);
	assert_int_equal(json_array_size(json_object_get(row, "members")), 2);
	assert_int_equal(json_integer_value(json_object_get(row, "missing")), 0);
	assert_string_equal(json_string_value(json_object_get(row, "from")), "2026-11-22T02:00:00Z");
	json_decref(shown);
	evidence_close(e);
}


int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_document_and_its_metadata_are_a_group_and_each_is_proven_alone),
		TEST(attachments_and_detached_signatures_belong_to_it_where_they_came_together),
		TEST(what_came_after_the_round_is_not_in_it_and_not_missing),
		TEST(a_member_that_is_no_longer_whole_is_missing),
		TEST(what_was_not_whole_in_its_round_is_in_no_group),
		TEST(renewals_of_the_time_stamp_go_on_with_it),
		TEST(a_hash_tree_renewal_goes_on_with_the_group),
		TEST(a_member_that_is_damaged_in_a_renewal_is_not_renewed),
		TEST(groups_are_renewed_page_by_page),
		TEST(an_older_archives_trees_stay_as_they_are),
		TEST(only_a_page_with_a_group_is_of_version_2),
		TEST(show_names_the_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
