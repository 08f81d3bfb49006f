/* Time-stamp renewal (RFC 4998 5.2): the tokens of every chain that needs it in one new tree, one token for all. */
#include "archiver/evidence_progress.h"

#include "archiver/log.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the newest time-stamps are worth now ---- */

/* Numbers of the time-stamps that open chains rest on, ascending. The caller frees. */
static uint32_t *heads_of(const struct evidence *e, size_t *count) {
	bool *is_head = xcalloc(e->count + 1, sizeof *is_head);
	uint32_t *heads = xcalloc(e->count + 1, sizeof *heads);
	*count = 0;
	for (size_t i = 0; i < e->count; i++)
		if (evidence_is_open(e, &e->stamps[i])) is_head[evidence_newest(e, &e->stamps[i])->number] = true;
	for (uint32_t i = 1; i <= e->count; i++)
		if (is_head[i]) heads[(*count)++] = i;
	free(is_head);
	return heads;
}

/* Tokens of one certificate over hashes of one kind share their fate. */
static bool alike(const struct evidence_stamp *a, const struct evidence_stamp *b) {
	return a->alg == b->alg && !memcmp(a->authority, b->authority, sizeof a->authority);
}

/* Gone for good, unlike what only cannot be known today. */
static bool is_lost(const char *why) {
	static const char *const words[] = {"REVOKED", "EXPIRED", "OUT_OF_BOUNDS", "CRYPTO", "HASH", "SIG_CRYPTO", "FORMAT"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (why && !strncmp(why, words[i], strlen(words[i]))) return true;
	return false;
}

static void tell_lost(struct evidence *e, const struct evidence_stamp *s, const struct evidence_worth *worth,
		      struct evidence_counts *counts) {
	char number[24];
	counts->not_valid++;
	app_worsen(e->app, EXIT_FINDINGS);
	log_event(LOG_WARN_LEVEL, "evidence-token-not-valid", "number", log_number(s->number, number), "authority", s->url,
		  "reason", worth->why, NULL);
}

static int judge_head(struct evidence *e, const struct evidence_stamp *s, struct evidence_worth *worth,
		      struct evidence_counts *counts, struct error *err) {
	const struct evidence_top *top = evidence_read_top(e, &s->tree, err);
	const struct buf *token = top ? evidence_read_token(e, &s->token, err) : NULL;
	if (!token) return -1;
	if (e->authority->examine(e->authority->user, token->data, token->len, s->alg, ers_tree_root(top->tree), worth,
				  err))
		return -1;
	if (worth->passed) return 0;
	tell_lost(e, s, worth, counts);
	worth->until = is_lost(worth->why) ? e->app->now : s->until;
	worth->digest_until = s->digest_until;
	return 0;
}

static bool learn_text(char **text, const char *now) {
	if (!now || (*text && !strcmp(*text, now))) return false;
	free(*text);
	*text = xstrdup(now);
	return true;
}

/* What is known of it now; false where that is nothing new. */
static bool learn(struct evidence_stamp *s, const struct evidence_worth *worth) {
	bool times = s->until != worth->until || s->digest_until != worth->digest_until;
	bool name = learn_text(&s->name, worth->name), limit = learn_text(&s->limit, worth->limit);
	bool detail = learn_text(&s->detail, worth->detail);
	s->until = worth->until, s->digest_until = worth->digest_until;
	return times || name || limit || detail;
}

/* The newest of each kind stands for all. */
static int judge_heads(struct evidence *e, struct evidence_counts *counts, struct error *err) {
	size_t count;
	int rc = 0;
	uint32_t *heads = heads_of(e, &count);
	struct batch *batch = store_begin(e->app->store, e->app->now);
	bool *judged = xcalloc(count + 1, sizeof *judged);
	for (size_t i = count; i-- > 0 && !rc;) {
		struct evidence_worth worth = {0};
		if (judged[i]) continue;
		const struct evidence_stamp *newest = &e->stamps[heads[i] - 1];
		rc = judge_head(e, newest, &worth, counts, err);
		for (size_t k = 0; k <= i && !rc; k++) {
			struct evidence_stamp *s = &e->stamps[heads[k] - 1];
			if (!alike(s, newest)) continue;
			judged[k] = true;
			if (!learn(s, &worth)) continue;
			evidence_update_stamp(batch, s);
		}
		evidence_worth_dispose(&worth);
	}
	free(judged);
	free(heads);
	if (!rc) return batch_commit(batch, err);
	batch_abort(batch);
	return -1;
}

/* ---- the tree ---- */

struct chain {
	unsigned char key[SHA256_SIZE]; /* first, to be sorted by */
	const struct evidence_stamp *begin;
	struct buf members;
};

static int by_key(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

static int by_number(const void *a, const void *b) {
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static int add_member(struct evidence *e, struct chain *chain, const struct evidence_stamp *s, struct error *err) {
	unsigned char digest[DIGEST_MAX];
	const struct buf *token = evidence_read_token(e, &s->token, err);
	if (!token) return -1;
	buf_add(&chain->members, digest, digest_bytes(chain->begin->alg, token->data, token->len, digest));
	return 0;
}

/* All earlier time-stamps of the chain, which is more than 5.2 asks for and what some verifiers want. */
static int fill(struct evidence *e, struct chain *chain, struct error *err) {
	if (add_member(e, chain, chain->begin, err)) return -1;
	for (size_t i = chain->begin->number; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		if (s->kind == EVIDENCE_RENEWAL && evidence_covers(s, chain->begin) && add_member(e, chain, s, err)) return -1;
	}
	return 0;
}

static void put_tree(struct batch *batch, struct evidence_stamp *stamp, const struct chain *chains, size_t count) {
	struct evidence_builder *builder = evidence_builder_new(batch, stamp->alg, false);
	for (size_t i = 0; i < count; i++) {
		const struct buf *members = &chains[i].members;
		struct evidence_leaf leaf = {.members = members->data, .count = members->len / digest_size(stamp->alg)};
		memcpy(leaf.key, chains[i].key, SHA256_SIZE);
		evidence_builder_add(builder, &leaf);
	}
	evidence_builder_end(builder, &stamp->tree);
}

static int put_renewal(struct evidence *e, struct evidence_stamp *stamp, struct chain *chains, size_t count,
		       struct error *err) {
	int rc = 0;
	for (size_t i = 0; i < count && !rc; i++) rc = fill(e, &chains[i], err);
	if (rc) return -1;
	qsort(chains, count, sizeof *chains, by_key);
	stamp->leaves = count;
	stamp->cover_count = count;
	stamp->covers = xcalloc(count, sizeof *stamp->covers);
	for (size_t i = 0; i < count; i++) stamp->covers[i] = chains[i].begin->number;
	qsort(stamp->covers, count, sizeof *stamp->covers, by_number);
	struct batch *batch = store_begin(e->app->store, e->app->now);
	put_tree(batch, stamp, chains, count);
	evidence_put_pending(batch, stamp);
	return batch_commit(batch, err);
}

/* ---- which chains ---- */

/* What a renewal asks for; what it made itself it does not renew again. */
struct choice {
	unsigned series;
	bool all;
	size_t known; /* time-stamps when it began */
};

static int wants(struct evidence *e, const struct evidence_stamp *s, const struct choice *choice, struct error *err) {
	if (s->series != choice->series || !evidence_is_open(e, s)) return 0;
	const struct evidence_stamp *newest = evidence_newest(e, s);
	if (newest->number > choice->known || !(choice->all || evidence_is_due(e, newest->gen_time, newest->until))) return 0;
	int rehashing = evidence_is_rehashing(e, s, err);
	return rehashing < 0 ? -1 : !rehashing;
}

/* Chains of one algorithm (5.2: the same within a chain): those of the first that is found above `after`. */
static int collect(struct evidence *e, const struct choice *choice, enum digest_alg after, struct chain *chains,
		   size_t *count, enum digest_alg *alg, struct error *err) {
	*count = 0, *alg = DIGEST_ALGS;
	for (size_t i = 0; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		if (s->alg <= after || s->alg > *alg || *count == EVIDENCE_LEAVES) continue;
		int wanted = wants(e, s, choice, err);
		if (wanted < 0) return -1;
		if (!wanted) continue;
		if (s->alg < *alg) *count = 0;
		*alg = s->alg;
		struct chain *c = &chains[(*count)++];
		*c = (struct chain){.begin = s};
		memcpy(c->key, s->tree.sha256, SHA256_SIZE);
	}
	return 0;
}

/* 0 one was made and has its token, 1 nothing more to do now, -1. */
static int next(struct evidence *e, const struct choice *choice, enum digest_alg *after, struct evidence_counts *counts,
		struct error *err) {
	struct evidence_stamp stamp = {.kind = EVIDENCE_RENEWAL, .series = choice->series};
	size_t count = 0;
	struct chain *chains = xcalloc(e->count + 1, sizeof *chains);
	int rc = collect(e, choice, *after, chains, &count, &stamp.alg, err);
	if (!rc && count) rc = put_renewal(e, &stamp, chains, count, err);
	for (size_t i = 0; i < count; i++) buf_dispose(&chains[i].members);
	free(chains);
	free(stamp.covers);
	if (rc) return -1;
	if (!count) return 1;
	*after = stamp.alg;
	return evidence_settle(e, choice->series, EVIDENCE_RENEWAL, counts, err);
}

int evidence_renew(struct evidence *e, bool all, struct evidence_counts *counts, struct error *err) {
	const size_t known = e->count;
	if (judge_heads(e, counts, err)) return -1;
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		const struct choice choice = {series, all, known};
		enum digest_alg after = DIGEST_UNKNOWN;
		int rc = evidence_settle(e, series, EVIDENCE_RENEWAL, counts, err);
		while (!rc) rc = next(e, &choice, &after, counts, err);
		if (rc < 0) return -1;
	}
	return 0;
}
