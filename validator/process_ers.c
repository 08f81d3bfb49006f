/* Evidence records in the validation process (EN 319 102-1 5.6.3.4, RFC 4998 5.3): the tokens from the newest to the
 * oldest, the last at the time of the validation, each other one with the next as its proof. */
#include "validator/process.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static const struct outcome passed = {INDICATION_PASSED, SUB_NONE};

/* What cryptoInfos hold (RFC 4998 3.1) is a hint like all evidence: certificates, CRLs and OCSP answers, bare or in
 * lists as in certificate-values and revocation-values. */
static void add_crypto_info(struct context *c, const struct der *element, int depth, size_t *room) {
	struct der e;
	if (!*room) return;
	--*room;
	if (pool_add(c->pool, element->start, element->full) || depth == 4 || !(element->tag & DER_CONSTRUCTED)) return;
	struct der_walk w = der_walk_in(element);
	while (der_next_ber(&w, &e)) add_crypto_info(c, &e, depth + 1, room);
}

static void add_crypto_infos(struct context *c, const struct ers *ers) {
	size_t room = LIMIT_EVIDENCE_COUNT;
	struct cms_attribute a;
	struct der value;
	if (!ers->crypto_infos.start) return;
	struct der_walk w = der_walk_in(&ers->crypto_infos);
	while (cms_attribute_next(&w, &a)) {
		struct der_walk values = der_walk_in(&a.values);
		while (der_next_ber(&values, &value)) add_crypto_info(c, &value, 0, &room);
	}
}

static void open_stamp(struct context *c, struct signature *s, const struct ers_stamp *stamp) {
	struct signature *t = signature_new("", KIND_TIMESTAMP);
	t->bytes = stamp->token.start, t->len = stamp->token.full;
	process_open(c, t);
	c->tokens++;
	ARRAY_GROW(s->tokens, s->token_count, s->token_cap);
	s->tokens[s->token_count++] = (struct token){.kind = TOKEN_ARCHIVE, .form = "ERS", .signature = t};
}

void process_open_record(struct context *c, struct signature *s) {
	s->ers = xcalloc(1, sizeof *s->ers);
	if (!ers_read(s->bytes, s->len, s->ers, &s->findings)) {
		process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
		return;
	}
	if (c->tokens + s->ers->stamp_count > LIMIT_TOKENS) {
		finding_add(&s->findings, FINDING_LIMIT_REACHED, "%d time-stamps", LIMIT_TOKENS);
		process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
		return;
	}
	if (s->ers->encryption.start) finding_add(&s->findings, FINDING_ERS_ENCRYPTED, "%s", "");
	add_crypto_infos(c, s->ers);
	for (size_t i = 0; i < s->ers->stamp_count; i++) open_stamp(c, s, &s->ers->stamps[i]);
}

/* RFC 5652 5.1: version 3 at least for content other than id-data. The signature does not cover the number. */
static void check_cms_version(struct signature *s, size_t index) {
	const struct signature *t = s->tokens[index].signature;
	struct der e, version;
	uint64_t number;
	struct der_walk w = der_walk_bytes(t->bytes, t->len);
	for (int level = 0; level < 3; level++) { /* ContentInfo, [0], SignedData */
		if (!der_next_ber(&w, &e)) return;
		w = der_walk_in(&e);
		if (level == 0 && !der_next_ber(&w, &e)) return;
	}
	if (!der_next_ber(&w, &version) || !der_uint(&version, &number) || number >= 3) return;
	char *name = process_stamp_name(s->ers, index);
	finding_add(&s->findings, FINDING_ERS_CMS_VERSION, "%s: %d", name, (int)number);
	free(name);
}

/* All findings are made before any time is looked at: what the arithmetic says holds at every time. */
void process_record(struct context *c, struct signature *s) {
	bool intact = s->token_count > 0;
	for (size_t i = 0; i < s->token_count; i++) {
		struct signature *t = s->tokens[i].signature;
		process_basic(c, t);
		check_cms_version(s, i);
		if (!t->tst_read) process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
		intact &= t->intact;
	}
	if (s->token_count) process_record_bonds(s);
	for (size_t i = 0; i < s->token_count; i++) {
		s->tokens[i].imprint_checked = true;
		s->tokens[i].imprint_right = s->ers->stamps[i].root_right && s->ers->stamps[i].bond != ERS_BROKEN;
	}
	intact &= s->format.indication == INDICATION_PASSED && s->crypto.indication == INDICATION_PASSED;
	s->intact = intact;
}

/* What a valid stamp proves: every token before it, with all it carries. */
static void extract_before(struct context *c, struct signature *s, size_t index) {
	for (size_t k = 0; k < index; k++)
		process_extract(c, s->tokens[k].signature, s->tokens[index].signature->tst.gen_time, true);
}

/* Nothing of the path that is weak today is younger than the end of its algorithm. */
static bool weak_are_proven(const struct context *c, const struct path_result *path) {
	utime now = c->request->at;
	for (size_t i = 0; i < path->link_count; i++) {
		const struct path_link *link = &path->links[i];
		if (link->anchor) continue;
		if (link->algorithm_end <= now && poe_find(&c->poes, link->cert->sha256, now) >= link->algorithm_end)
			return false;
		for (size_t k = 0; k < link->evidence_count; k++) {
			const struct path_evidence *e = &link->evidence[k];
			if (e->algorithm_end <= now && poe_find(&c->poes, e->sha256, now) >= e->algorithm_end)
				return false;
		}
	}
	return true;
}

/* 5.6.3.4: a token that the next one proves is judged as of the time of the next. Past validation (5.6.2.4) would ask
 * for status data younger than that time, which no record can hold: they are in the token before it is renewed. */
struct outcome process_record_token_at(struct context *c, const struct signature *t, utime when) {
	struct path_result then;
	if (!t->cert || !t->intact || t->format.indication != INDICATION_PASSED ||
	    t->identification.indication != INDICATION_PASSED)
		return t->outcome;
	process_path_at(c, t, when, c->request->revocation, &then);
	struct outcome result = then.outcome;
	bool proven = weak_are_proven(c, &then);
	path_result_dispose(&then);
	if (result.indication != INDICATION_PASSED || !proven) return t->outcome;
	if (t->acceptance.indication != INDICATION_PASSED) return t->acceptance;
	return process_algorithms(c, t, when);
}

static void judge_before(struct context *c, struct signature *t, utime when) {
	if (t->outcome.indication != INDICATION_INDETERMINATE) return;
	t->outcome = t->in_time = process_record_token_at(c, t, when);
	if (t->outcome.indication == INDICATION_PASSED) finding_add(&t->findings, FINDING_PAST_VALIDATION, "%s", "");
}

static void judge_stamp(struct context *c, struct signature *s, size_t index, struct proof *proofs, size_t count) {
	struct token *t = &s->tokens[index], *after = index + 1 < s->token_count ? t + 1 : NULL;
	const struct ers_stamp *stamp = &s->ers->stamps[index];
	if (after && after->proves) proofs[count++] = (struct proof){after->signature->tst.gen_time, "evidence-record"};
	process_time(c, t->signature, proofs, count);
	if (after && after->proves) judge_before(c, t->signature, after->signature->tst.gen_time);
	process_explain(c, t->signature);
	t->proves = t->signature->tst_read && t->imprint_right &&
		    t->signature->outcome.indication == INDICATION_PASSED && (!index || stamp->bond == ERS_HOLDS);
	if (t->proves) extract_before(c, s, index);
}

static void explain_stamp(struct signature *s, size_t index) {
	const struct outcome *o = &s->tokens[index].signature->outcome;
	if (o->indication == INDICATION_PASSED) return;
	char *name = process_stamp_name(s->ers, index);
	finding_add(&s->findings, FINDING_ERS_TIMESTAMP_NOT_VALID, "%s: %s", name,
		    o->sub ? sub_indication_name(o->sub) : indication_name(o->indication));
	free(name);
}

/* 5.1: ascending in time. */
static bool in_order(struct signature *s) {
	bool right = true;
	for (size_t i = 1; i < s->token_count; i++) {
		const struct signature *a = s->tokens[i - 1].signature, *b = s->tokens[i].signature;
		if (!a->tst_read || !b->tst_read || a->tst.gen_time < b->tst.gen_time) continue;
		bool same = a->tst.gen_time == b->tst.gen_time;
		char *name = process_stamp_name(s->ers, i);
		finding_add(&s->findings, same ? FINDING_ERS_TIME_EQUAL : FINDING_TIMESTAMP_ORDER, "%s", name);
		free(name);
		right &= same;
	}
	return right;
}

/* 5.3: the algorithm of each chain is reliable until the first time-stamp of the next; that of the last until now. */
static void check_digests(struct context *c, struct signature *s) {
	char date[UTIME_TEXT_MAX];
	for (size_t i = 0; i < s->ers->chain_count; i++) {
		enum digest_alg alg = s->ers->stamps[s->ers->chains[i].first].digest;
		bool last = i + 1 == s->ers->chain_count;
		const struct token *renewal = last ? NULL : &s->tokens[s->ers->chains[i + 1].first];
		utime until = renewal && renewal->proves ? renewal->signature->tst.gen_time : c->request->at;
		utime end = policy_digest_end(c->v->policy, alg);
		if (alg == DIGEST_UNKNOWN || until < end) continue;
		bool never = end == POLICY_NEVER, predicted = !never && policy_end_is_prediction(c->v->policy, end);
		finding_add(&s->findings, predicted ? FINDING_ERS_DIGEST_PREDICTED : FINDING_ERS_DIGEST_ENDED,
			    "chain %zu: %s%s%s", i + 1, digest_name(alg), never ? "" : ", ",
			    never ? "" : utime_date_text(end, date));
		if (!predicted)
			process_block(&s->acceptance, INDICATION_INDETERMINATE,
				      never ? SUB_CRYPTO_CONSTRAINTS_FAILURE : SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	}
}

/* The newest that is definitely bad, else the newest that is not good. */
static struct outcome worst_token(const struct signature *s) {
	struct outcome worst = passed;
	for (size_t i = s->token_count; i-- > 0;) {
		struct outcome o = s->tokens[i].signature->outcome;
		bool worse = worst.indication == INDICATION_PASSED || worst.indication == INDICATION_INDETERMINATE;
		if (o.indication == INDICATION_FAILED && worse) worst = o;
		process_block(&worst, o.indication, o.sub);
	}
	return worst;
}

void process_record_time(struct context *c, struct signature *s, const struct proof *proofs, size_t proof_count) {
	char when[UTIME_TEXT_MAX];
	struct proof *all = xcalloc(proof_count + 1, sizeof *all);
	if (proof_count) memcpy(all, proofs, proof_count * sizeof *all);
	for (size_t i = s->token_count; i-- > 0;) judge_stamp(c, s, i, all, proof_count);
	for (size_t i = 0; i < s->token_count; i++) explain_stamp(s, i);
	free(all);
	bool ordered = in_order(s);
	if (s->token_count) check_digests(c, s);
	const struct outcome order = {INDICATION_INDETERMINATE, SUB_TIMESTAMP_ORDER_FAILURE};
	const struct outcome blocks[] = {s->format, s->crypto, worst_token(s), ordered ? passed : order, s->acceptance};
	s->outcome = passed;
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		if (blocks[i].indication == INDICATION_FAILED)
			process_block(&s->outcome, blocks[i].indication, blocks[i].sub);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) process_block(&s->outcome, blocks[i].indication, blocks[i].sub);
	s->basic = s->in_time = s->outcome;
	if (s->outcome.indication != INDICATION_PASSED) return;
	s->best = (struct proof){s->tokens[0].signature->tst.gen_time, "evidence-record"};
	finding_add(&s->findings, FINDING_ERS_PROOF, "%s", utime_text(s->best.when, when));
}
