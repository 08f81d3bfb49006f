/* Evidence records with an authority that lives in the test: a token is SEQUENCE { INTEGER number, OCTET STRING digest }.
 *
 * To be included behind small_archive.h or intake_archive.h. What a record must be (RFC 4998 5.3) is checked here with the reader's parser and arithmetic of the test's own. */
#ifndef LTVAULT_TESTS_EVIDENCE_ARCHIVE_H
#define LTVAULT_TESTS_EVIDENCE_ARCHIVE_H

#include "archiver/evidence_make.h"
#include "archiver/log.h"
#include "validator/ers.h"
#include "validator/key.h"

#include <stdlib.h>

struct authority { /* what it does and what it saw */
	bool down;
	const char *bad; /* sub-indication of what it stamped before `bad_until`; NULL: all is well */
	uint64_t bad_until, asked, given, examined;
	bool other; /* the last request asked for another one than http://a/ */
	utime gen_time, until, digest_until;
	unsigned char certificate;
	const char *name, *limit, *detail; /* who it is and what ends at `until`; NULL: it does not say */
};

static inline int authority_stamp(void *user, const char *other_than, enum digest_alg alg, const unsigned char *digest,
				  struct tsa_token *token, struct error *err) {
	struct authority *a = user;
	struct buf inner = {0}, outer = {0};
	unsigned char number[2] = {(unsigned char)(1 + a->given / 100), (unsigned char)(a->given % 100)};
	(void)err;
	a->asked++;
	a->other = other_than && !strcmp(other_than, "http://a/");
	if (a->down) return 1;
	a->given++;
	der_put(&inner, DER_INTEGER, number, 2);
	der_put(&inner, DER_OCTET_STRING, digest, digest_size(alg));
	der_put(&outer, DER_SEQUENCE, inner.data, inner.len);
	buf_dispose(&inner);
	*token = (struct tsa_token){outer.data, outer.len, a->gen_time++, other_than ? "http://b/" : "http://a/"};
	return 0;
}

static inline uint64_t token_number(const unsigned char *token) {
	return (uint64_t)(token[4] - 1) * 100 + token[5];
}

static inline int authority_examine(void *user, const unsigned char *token, size_t len, enum digest_alg alg,
				    const unsigned char *digest, struct evidence_worth *out, struct error *err) {
	struct authority *a = user;
	(void)err;
	a->examined++;
	assert_true(len > digest_size(alg));
	assert_memory_equal(token + len - digest_size(alg), digest, digest_size(alg));
	bool bad = a->bad && token_number(token) < a->bad_until;
	*out = (struct evidence_worth){.passed = !bad, .why = bad ? xstrdup(a->bad) : NULL, .until = a->until,
				       .digest_until = a->digest_until, .authority = {a->certificate},
				       .name = a->name ? xstrdup(a->name) : NULL, .limit = a->limit ? xstrdup(a->limit) : NULL,
				       .detail = a->detail ? xstrdup(a->detail) : NULL};
	return 0;
}

#define AUTHORITY(a) &(const struct evidence_authority){&(a), authority_stamp, authority_examine}

/* ---- what a record says ---- */

static inline void hash_list(const struct ers *ers, const struct ers_stamp *stamp, unsigned char *root) {
	ers_root(ers, stamp, 0, root);
}

static inline bool first_list_has(const struct ers *ers, const struct ers_stamp *stamp, const unsigned char *hash,
				  const unsigned char *imprint, size_t size) {
	if (!stamp->has_tree) return !memcmp(hash, imprint, size);
	for (size_t i = 0; i < ers->lists[stamp->first_list].count; i++)
		if (!memcmp(ers->hashes[ers->lists[stamp->first_list].first + i].data, hash, size)) return true;
	return false;
}

/* Every tree, bond and history of a record over these bytes; the stub's tokens stand for real ones. */
static inline void assert_proves(const struct buf *record, const void *data, size_t len, size_t chains, size_t stamps) {
	struct ers ers;
	struct finding_list findings = {0};
	unsigned char hash[DIGEST_MAX], root[DIGEST_MAX], both[2 * DIGEST_MAX];
	assert_true(ers_read(record->data, record->len, &ers, &findings));
	assert_false(ers.ber);
	assert_int_equal(ers.chain_count, chains);
	assert_int_equal(ers.stamp_count, stamps);
	for (size_t i = 0; i < ers.stamp_count; i++) {
		struct ers_stamp *s = &ers.stamps[i];
		const struct ers_chain *chain = &ers.chains[s->chain];
		struct der_walk w = der_walk_in(&s->digest_alg);
		struct der oid;
		assert_true(der_next(&w, &oid) && der_done(&w));
		for (int alg = 1; alg < DIGEST_ALGS; alg++)
			if (digest_size((enum digest_alg)alg) && der_is_oid(&oid, digest_alg_oid((enum digest_alg)alg))) s->digest = (enum digest_alg)alg;
		size_t size = digest_size(s->digest);
		const unsigned char *imprint = s->token.start + s->token.full - size;
		if (s->has_tree) {
			hash_list(&ers, s, root);
			assert_memory_equal(root, imprint, size);
		}
		if (i != chain->first) {
			digest_bytes(s->digest, s[-1].token.start, s[-1].token.full, hash);
			assert_int_equal(s->digest, s[-1].digest);
		} else {
			digest_bytes(s->digest, data, len, hash);
			if (s->has_tree) assert_int_equal(ers.lists[s->first_list].count, 1);
		}
		if (i == chain->first && s->chain) {
			struct buf before = {0}, sequence = {0};
			for (size_t c = 0; c < s->chain; c++) buf_add(&before, ers.chains[c].whole.start, ers.chains[c].whole.full);
			der_put(&sequence, DER_SEQUENCE, before.data, before.len);
			memcpy(both, hash, size);
			digest_bytes(s->digest, sequence.data, sequence.len, hash);
			memcpy(both + size, hash, size);
			digest_bytes(s->digest, both, 2 * size, hash);
			buf_dispose(&before);
			buf_dispose(&sequence);
		}
		assert_true(first_list_has(&ers, s, hash, imprint, size));
	}
	ers_dispose(&ers);
	finding_list_dispose(&findings);
}

static inline struct evidence *evidence_begin(struct app *app, const struct evidence_authority *authority) {
	struct error err = {0};
	struct evidence *e = evidence_open(app, authority, &err);
	if (!e) fail_msg("%s", err.text);
	return e;
}

struct all {
	struct app *app;
	struct evidence *evidence;
	unsigned series;
	size_t chains, stamps, proven, unproven;
};

static inline int assert_one(void *user, const struct object_info *info, struct error *err) {
	struct all *all = user;
	unsigned char *data;
	size_t len;
	struct buf record = {0};
	struct evidence_proof proof;
	int rc = evidence_of(all->evidence, &info->id, all->series, &record, &proof, err);
	if (rc < 0) fail_msg("%s", err->text);
	if (rc) {
		assert_int_equal(store_read(all->app->store, &info->id, 1 << 20, &data, &len, err), OBJECT_PRESENT);
		assert_proves(&record, data, len, all->chains ? all->chains : proof.chains, all->stamps ? all->stamps : proof.stamps);
		free(data);
		all->proven++;
	} else {
		all->unproven++;
	}
	buf_dispose(&record);
	return 0;
}

/* Holds every object's record against its bytes; 0 for any number of chains or time-stamps. */
static inline struct all assert_all(struct app *app, unsigned series, size_t chains, size_t stamps) {
	struct all all = {.app = app, .evidence = evidence_begin(app, NULL), .series = series, .chains = chains, .stamps = stamps};
	fine(store_each_object(app->store, 0, 0, assert_one, &all, oops));
	evidence_close(all.evidence);
	all.evidence = NULL;
	return all;
}

static inline void problem(void *user, const char *text) {
	(void)user;
	fail_msg("%s", text);
}

static inline void assert_sound(struct app *app) {
	struct fsck_counts counts;
	struct error err = {0};
	if (store_fsck(app->store, true, problem, NULL, &counts, &err)) fail_msg("%s", err.text);
}

#endif
