/* Evidence records renewed, cut short, rebuilt, and made by runs that die. */
#include "tests/archiver/evidence_runs.h"

#include "store/fault.h"

#include <sys/wait.h>
#include <unistd.h>

/* ---- renewal ---- */

static void one_token_renews_all_that_is_due(void **state) {
	(void)state;
	add_many(0, 3);
	round_now();
	add_many(3, 6);
	round_now();
	assert_int_equal(renew_now(false).renewals, 0);
	a.until = NOW + 200 * UTIME_DAY; /* 180 are the margin */
	app.now = NOW + 99 * UTIME_DAY;
	assert_int_equal(renew_now(false).renewals, 0);
	app.now = a.gen_time = NOW + 101 * UTIME_DAY; /* half */
	a.asked = 0;
	struct evidence_counts counts = renew_now(false);
	assert_int_equal(counts.renewals, 1);
	assert_int_equal(a.asked, 1);
	assert_true(assert_all(&app, 1, 1, 2).proven > 6);
	a.until = NOW + 3650 * UTIME_DAY;
	assert_int_equal(renew_now(true).renewals, 1);
	assert_true(assert_all(&app, 1, 1, 3).proven > 6);
	assert_int_equal(renew_now(false).renewals, 0);
	assert_sound(&app);
}

/* The authority's own end is near: its new token is no better, and every night one more would help nobody. */
static void a_token_that_was_short_lived_from_the_start_is_renewed_at_half_its_time(void **state) {
	(void)state;
	add_many(0, 3);
	round_now();
	a.until = NOW + 40 * UTIME_DAY;
	app.now = a.gen_time = NOW + 10 * UTIME_DAY;
	assert_int_equal(renew_now(false).renewals, 0); /* 40 days in all: not before the twentieth */
	app.now = a.gen_time = NOW + 21 * UTIME_DAY;
	assert_int_equal(renew_now(false).renewals, 1);
	app.now += UTIME_DAY;
	assert_int_equal(renew_now(false).renewals, 0);
	app.now = a.gen_time = NOW + 31 * UTIME_DAY;
	assert_int_equal(renew_now(false).renewals, 1);
	a.until = NOW + 3650 * UTIME_DAY; /* another policy */
	assert_int_equal(renew_now(false).renewals, 0);
}

/* BSI and others want all earlier tokens of the chain in the first list; RFC 4998 5.3 wants the one before. */
static void renewal_lists_every_earlier_token(void **state) {
	(void)state;
	struct object_id id = id_of("object 1");
	struct ers ers;
	struct finding_list findings = {0};
	struct evidence_proof proof;
	struct buf der = {0};
	unsigned char hash[DIGEST_MAX];
	add_many(0, 3);
	round_now();
	renew_now(true);
	renew_now(true);
	struct evidence *e = evidence_begin(&app, NULL);
	fine(evidence_of(e, &id, 1, &der, &proof, oops));
	assert_true(ers_read(der.data, der.len, &ers, &findings));
	assert_int_equal(ers.stamp_count, 3);
	assert_int_equal(ers.lists[ers.stamps[2].first_list].count, 2);
	for (size_t i = 0; i < 2; i++) {
		digest_bytes(DIGEST_SHA512, ers.stamps[i].token.start, ers.stamps[i].token.full, hash);
		assert_true(first_list_has(&ers, &ers.stamps[2], hash, hash, 64) && ers.stamps[2].has_tree);
	}
	ers_dispose(&ers);
	finding_list_dispose(&findings);
	buf_dispose(&der);
	evidence_close(e);
}

static void a_token_that_is_lost_is_renewed_at_once_and_one_that_is_unclear_is_not(void **state) {
	(void)state;
	add_many(0, 3);
	round_now();
	a.bad = "TRY_LATER", a.bad_until = 1;
	struct evidence_counts counts = renew_now(false);
	assert_int_equal(counts.not_valid, 1);
	assert_int_equal(counts.renewals, 0);
	assert_int_equal(app.status, EXIT_FINDINGS);
	a.bad = "REVOKED_NO_POE";
	counts = renew_now(false);
	assert_int_equal(counts.not_valid, 1);
	assert_int_equal(counts.renewals, 1);
	assert_int_equal(renew_now(false).not_valid, 0); /* nothing rests on it alone any more */
}

static void the_newest_token_of_an_authority_stands_for_all(void **state) {
	(void)state;
	for (int i = 0; i < 4; i++) {
		add_many(i, i + 1);
		round_now();
	}
	a.examined = 0;
	renew_now(false);
	assert_int_equal(a.examined, 1);
}

/* ---- hash-tree renewal ---- */

static void every_object_is_hashed_anew_with_its_history(void **state) {
	(void)state;
	bool done;
	add_many(0, EVIDENCE_PAGE + 3);
	round_now();
	renew_now(true);
	add_many(5000, 5002);
	round_now();
	struct evidence *e = evidence_begin(&app, NULL);
	struct evidence_budget budget;
	fine(evidence_rehash_budget(e, 1, DIGEST_SHA3_512, &budget, oops));
	evidence_close(e);
	struct evidence_counts counts = rehash_now(DIGEST_SHA3_512, 0, &done);
	assert_true(done);
	assert_int_equal(counts.rehashes, 1);
	assert_int_equal(counts.reread, budget.objects);
	assert_true(budget.bytes > budget.objects);
	assert_true(assert_all(&app, 1, 2, 0).proven > EVIDENCE_PAGE);
	renew_now(true);
	counts = rehash_now(DIGEST_SHA384, 0, &done);
	assert_int_equal(counts.rehashes, 1);
	assert_true(assert_all(&app, 1, 3, 0).proven > EVIDENCE_PAGE);
	assert_int_equal(rehash_now(DIGEST_SHA384, 0, &done).rehashes, 0);
	assert_true(done);
	assert_sound(&app);
}

static void it_goes_on_where_it_stopped_and_no_renewal_comes_between(void **state) {
	(void)state;
	bool done = false;
	unsigned nights = 0;
	uint64_t read = 0;
	add_many(0, 3 * EVIDENCE_PAGE);
	struct evidence_counts counts = round_now();
	uint64_t objects = counts.objects;
	while (!done) {
		counts = rehash_now(DIGEST_SHA384, 1, &done); /* one page each */
		read += counts.reread;
		nights++;
		assert_true(nights < 10);
		assert_int_equal(renew_now(true).renewals, counts.rehashes);
	}
	assert_int_equal(nights, 4);
	assert_int_equal(read, objects);
	assert_all(&app, 1, 2, 3);
}

static void an_object_that_is_damaged_when_hashes_are_renewed_gets_new_evidence_later(void **state) {
	(void)state;
	bool done;
	struct object_id id = id_of("object 1");
	add_many(0, 3);
	round_now();
	damage(&id, 1);
	assert_int_equal(rehash_now(DIGEST_SHA384, 0, &done).damaged, 1);
	damage(&id, 1);
	assert_all(&app, 1, 0, 0);
	set("digest = SHA-384");
	add_many(3, 4);
	round_now();
	struct evidence *e = evidence_begin(&app, NULL);
	struct evidence_proof proof;
	struct buf der = {0};
	fine(evidence_of(e, &id, 1, &der, &proof, oops));
	assert_int_equal(proof.first->number, 3);
	buf_dispose(&der);
	evidence_close(e);
}

static void the_night_does_what_is_due(void **state) {
	(void)state;
	struct evidence_counts counts = {0};
	add_many(0, 3);
	a.digest_until = NOW;
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_night(e, &counts, oops));
	evidence_close(e);
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(counts.rehashes, 0); /* to the same algorithm it would mean nothing: told */
	assert_int_equal(app.status, EXIT_FINDINGS);
	set("digest = SHA3-512");
	counts = (struct evidence_counts){0};
	e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_night(e, &counts, oops));
	evidence_close(e);
	assert_int_equal(counts.rehashes, 1);
	assert_int_equal(assert_all(&app, 1, 2, 2).proven, 4);
}

/* ---- truncation, rebuilding ---- */

static void a_record_without_its_newest_time_stamp_is_known_as_such(void **state) {
	(void)state;
	struct object_id id = id_of("object 1");
	struct evidence_proof proof;
	struct buf old = {0}, whole = {0};
	unsigned series;
	size_t lacks;
	bool done;
	struct error err = {0};
	add_many(0, 3);
	round_now();
	struct evidence *e = evidence_begin(&app, NULL);
	fine(evidence_of(e, &id, 1, &old, &proof, oops));
	evidence_close(e);
	renew_now(true);
	rehash_now(DIGEST_SHA384, 0, &done);
	e = evidence_begin(&app, NULL);
	fine(evidence_of(e, &id, 1, &whole, &proof, oops));
	assert_int_equal(evidence_compare(e, &id, whole.data, whole.len, &series, &lacks, &err), 1);
	assert_int_equal(evidence_compare(e, &id, old.data, old.len, &series, &lacks, &err), 0);
	assert_int_equal(series, 1);
	assert_int_equal(lacks, 2);
	assert_int_equal(evidence_compare(e, &id, (const unsigned char *)"other", 5, &series, &lacks, &err), 0);
	assert_int_equal(series, 0);
	evidence_close(e);
	buf_dispose(&old);
	buf_dispose(&whole);
}

static void a_rebuilt_archive_gives_the_same_records(void **state) {
	(void)state;
	struct object_id id = id_of("object 1");
	struct evidence_proof proof;
	struct buf before = {0}, after = {0};
	bool done;
	add_many(0, 3);
	round_now();
	renew_now(true);
	rehash_now(DIGEST_SHA384, 0, &done);
	struct evidence *e = evidence_begin(&app, NULL);
	fine(evidence_of(e, &id, 1, &before, &proof, oops));
	evidence_close(e);
	small_close(&app);
	app.conf = NULL, app.store = NULL;
	fine(store_rebuild(folder, "test", NOW, oops));
	fine(app_open_store(&app, STORE_WRITE, oops));
	e = evidence_begin(&app, NULL);
	fine(evidence_of(e, &id, 1, &after, &proof, oops));
	evidence_close(e);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	buf_dispose(&before);
	buf_dispose(&after);
}

/* ---- death at every step ---- */

/* A round, a renewal and a hash-tree renewal, each as far as it comes. The exit status: 0 all, else it was hit. */
static int life(const char *path, unsigned long step, enum fault_action action) {
	pid_t child = fork();
	if (child == 0) {
		struct app own;
		struct authority mine = a;
		struct evidence_counts counts = {0};
		struct error err = {0};
		bool done;
		small_open(&own, path, NOW);
		fault_arm(step, action, false);
		struct evidence *e = evidence_open(&own, AUTHORITY(mine), &err);
		int rc = e ? 0 : 1;
		if (!rc) rc = evidence_round(e, &counts, &err) || evidence_renew(e, true, &counts, &err) ||
			      evidence_rehash(e, 1, DIGEST_SHA384, 0, &counts, &done, &err);
		unsigned long steps = fault_steps();
		fault_arm(0, FAULT_NONE, false);
		evidence_close(e);
		small_close(&own);
		_exit(step > steps ? 0 : 1 + !!rc);
	}
	int status;
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) fail_msg("the run was killed");
	return WEXITSTATUS(status);
}

static void every_step(enum fault_action action) {
	add_many(0, 3);
	small_close(&app);
	app.conf = NULL, app.store = NULL;
	for (unsigned long step = 1;; step++) {
		struct evidence_counts counts = {0};
		const struct evidence_stamp *stamps;
		bool done;
		assert_true(step < 200);
		char *copy = folder_new("evidence-dies"), *command = xasprintf("cp -a %s/. %s/", folder, copy);
		assert_int_equal(system(command), 0);
		int status = life(copy, step, action);
		small_open(&app, copy, NOW);
		assert_sound(&app);
		struct evidence *e = evidence_begin(&app, AUTHORITY(a));
		size_t before = evidence_stamps(e, &stamps);
		a.asked = 0;
		fine(evidence_round(e, &counts, oops));
		if (before < 2) fine(evidence_renew(e, true, &counts, oops));
		fine(evidence_rehash(e, 1, DIGEST_SHA384, 0, &counts, &done, oops));
		assert_true(done);
		assert_int_equal(evidence_stamps(e, &stamps), 3);
		assert_int_equal(a.asked, 3 - before); /* what the archive has it does not ask for again */
		evidence_close(e);
		assert_true(assert_all(&app, 1, 0, 0).proven >= 4);
		assert_sound(&app);
		small_close(&app);
		app.conf = NULL, app.store = NULL;
		folder_remove(copy);
		free(copy);
		free(command);
		if (!status) {
			assert_true(step > 15);
			break;
		}
	}
	small_open(&app, folder, NOW);
}

static void a_run_that_dies_anywhere_is_finished_by_the_next(void **state) {
	(void)state;
	every_step(FAULT_DIE);
}

static void a_full_disk_anywhere_leaves_a_sound_archive(void **state) {
	(void)state;
	every_step(FAULT_FAIL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(one_token_renews_all_that_is_due),
		TEST(a_token_that_was_short_lived_from_the_start_is_renewed_at_half_its_time),
		TEST(renewal_lists_every_earlier_token),
		TEST(a_token_that_is_lost_is_renewed_at_once_and_one_that_is_unclear_is_not),
		TEST(the_newest_token_of_an_authority_stands_for_all),
		TEST(every_object_is_hashed_anew_with_its_history),
		TEST(it_goes_on_where_it_stopped_and_no_renewal_comes_between),
		TEST(an_object_that_is_damaged_when_hashes_are_renewed_gets_new_evidence_later),
		TEST(the_night_does_what_is_due),
		TEST(a_record_without_its_newest_time_stamp_is_known_as_such),
		TEST(a_rebuilt_archive_gives_the_same_records),
		TEST(a_run_that_dies_anywhere_is_finished_by_the_next),
		TEST(a_full_disk_anywhere_leaves_a_sound_archive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
