/* EN 319 102-1 5.4 and 5.5: time-stamps, the best-signature-time, and what it saves. */
#include "validator/process.h"

#include <stdlib.h>
#include <string.h>

/* What the imprint of a token inside a signature must be about. */
static struct content *imprinted(struct signature *s, const struct token *t, struct content **own) {
	if (t->kind == TOKEN_CONTENT) return s->content;
	if (t->kind == TOKEN_SIGNATURE)
		return *own = content_of_bytes(s->signer->signature.data, s->signer->signature.len);
	return NULL;
}

static const char *token_name(const struct token *t) {
	return t->form ? t->form : t->kind == TOKEN_CONTENT ? "content time-stamp" : "signature time-stamp";
}

static void check_imprint(struct signature *s, struct token *t) {
	struct content *own = NULL;
	const struct tst_info *tst = &t->signature->tst;
	struct content *covered = imprinted(s, t, &own);
	if (t->kind == TOKEN_ARCHIVE) {
		t->imprint_checked = process_archive_imprint(s, t, &t->imprint_right);
	} else if (covered) {
		t->imprint_checked = true;
		t->imprint_right = content_check(covered, digest_of_algorithm(&tst->imprint_alg), tst->imprint,
						 tst->imprint_len) == CONTENT_MATCHES;
	}
	content_free(own);
}

static void judge_token(struct context *c, struct signature *s, struct token *t) {
	struct signature *token = t->signature;
	process_basic(c, token);
	if (!token->tst_read) return;
	check_imprint(s, t);
	t->proves = t->imprint_right && token->outcome.indication == INDICATION_PASSED;
}

void process_tokens(struct context *c, struct signature *s) {
	for (size_t i = 0; i < s->token_count; i++) judge_token(c, s, &s->tokens[i]);
}

static void explain_token(struct signature *s, const struct token *t) {
	const struct outcome *o = &t->signature->outcome;
	if (t->proves) return;
	if (t->signature->tst_read && !t->imprint_checked)
		finding_add(&s->findings, FINDING_ARCHIVE_TIMESTAMP_NOT_USED, "%s", token_name(t));
	else if (t->signature->tst_read && !t->imprint_right)
		finding_add(&s->findings, FINDING_TIMESTAMP_IMPRINT_WRONG, "%s", token_name(t));
	else
		finding_add(&s->findings, FINDING_TIMESTAMP_NOT_VALID, "%s: %s", token_name(t),
			    o->sub ? sub_indication_name(o->sub) : indication_name(o->indication));
}

static int newest_first(const void *a, const void *b) {
	const struct token *x = *(struct token *const *)a, *y = *(struct token *const *)b;
	bool xa = x->kind == TOKEN_ARCHIVE, ya = y->kind == TOKEN_ARCHIVE;
	if (xa != ya) return xa ? -1 : 1;
	if (xa && x->signature->tst_read && y->signature->tst_read && x->signature->tst.gen_time != y->signature->tst.gen_time)
		return x->signature->tst.gen_time > y->signature->tst.gen_time ? -1 : 1;
	return x > y ? -1 : 1;
}

/* Whether an archive time-stamp that is valid covers an older token. */
static bool covers_token(const struct token *stamp, const struct archive_cover *cover, const struct token *t) {
	if (t == stamp) return false;
	if (strcmp(stamp->form, "ATSv2")) return archive_covers(cover, t->signature->bytes);
	return t->signature->bytes < stamp->signature->bytes;
}

/* What a valid archive time-stamp proves: tokens older than it, and what the signature carries. */
static void use_archive(struct context *c, struct signature *s, const struct token *stamp, utime *proven) {
	struct archive_cover cover;
	utime when = stamp->signature->tst.gen_time;
	process_archive_cover(s, stamp, &cover);
	for (size_t i = 0; i < s->token_count; i++)
		if (when < proven[i] && covers_token(stamp, &cover, &s->tokens[i])) proven[i] = when;
	process_extract_archived(c, s, stamp, &cover);
	archive_cover_dispose(&cover);
}

/* The newest archive time-stamp comes first: what it covers is proven by it. */
void process_tokens_past(struct context *c, struct signature *s, utime when) {
	struct token **order = xcalloc(s->token_count + 1, sizeof *order);
	utime *proven = xcalloc(s->token_count + 1, sizeof *proven);
	for (size_t i = 0; i < s->token_count; i++) order[i] = &s->tokens[i], proven[i] = when;
	qsort(order, s->token_count, sizeof *order, newest_first);
	for (size_t i = 0; i < s->token_count; i++) {
		struct token *t = order[i];
		if (t->imprint_right && !t->proves) {
			t->signature->outcome =
				process_past(c, t->signature, t->signature->outcome, proven[t - s->tokens]);
			t->signature->in_time = t->signature->outcome;
			t->proves = t->signature->outcome.indication == INDICATION_PASSED;
			if (t->proves) finding_add(&t->signature->findings, FINDING_PAST_VALIDATION, "%s", "");
		}
		if (t->proves && t->kind == TOKEN_ARCHIVE && t->form && strcmp(t->form, "ERS")) use_archive(c, s, t, proven);
	}
	for (size_t i = 0; i < s->token_count; i++) explain_token(s, &s->tokens[i]);
	free(order);
	free(proven);
}

static void improve(struct proof *best, utime when, const char *basis) {
	bool first = when == best->when && !strcmp(best->basis, "none");
	if (when < best->when || first) *best = (struct proof){when, basis};
}

/* The earliest proof wins; of equal ones the first in the order in which they are offered here. */
static void find_best(struct context *c, struct signature *s, const struct proof *proofs, size_t proof_count) {
	s->best = (struct proof){c->request->at, "none"};
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		if (t->kind == TOKEN_CONTENT || !t->proves) continue;
		improve(&s->best, t->signature->tst.gen_time,
			t->kind == TOKEN_SIGNATURE ? "signature-timestamp" : "archive-timestamp");
	}
	for (size_t i = 0; i < proof_count; i++) improve(&s->best, proofs[i].when, proofs[i].basis);
}

static bool proven_to_exist(const struct signature *s) {
	return strcmp(s->best.basis, "none") != 0;
}

/* 5.5.4 step 4: what a proof at bst makes of the basic result. PASSED when it goes on to the later steps. */
static struct outcome compare(struct context *c, const struct signature *s, utime bst) {
	const struct outcome passed = {INDICATION_PASSED, SUB_NONE}, basic = s->basic;
	const struct outcome early = {INDICATION_FAILED, SUB_NOT_YET_VALID};
	const struct outcome late = {INDICATION_INDETERMINATE, SUB_OUT_OF_BOUNDS_NOT_REVOKED};
	if (!s->cert || basic.indication == INDICATION_FAILED) return basic;
	bool inside = bst <= s->cert->not_after;
	switch (basic.sub) {
	case SUB_NONE:
		return bst < s->cert->not_before ? early : passed;
	case SUB_REVOKED_NO_POE:
	case SUB_REVOKED_CA_NO_POE:
		if (s->path.revoked_at == UTIME_NONE || s->path.revoked_at <= bst) return basic;
		return bst < s->cert->not_before ? early : inside ? passed : late;
	case SUB_OUT_OF_BOUNDS_NO_POE:
		return bst < s->cert->not_before ? early : basic;
	case SUB_OUT_OF_BOUNDS_NOT_REVOKED:
		return bst < s->cert->not_before ? early : inside ? passed : basic;
	case SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE:
		if (s->x509.indication != INDICATION_PASSED) return basic;
		return bst < s->cert->not_before ? early : process_algorithms(c, s, bst);
	case SUB_TRY_LATER:
		return bst < s->cert->not_before ? early : inside ? passed : basic;
	default:
		return basic;
	}
}

/* A path that failed today and is saved by the proof must hold at the time of the proof (steps 6 and 7: freshness and
 * suspension then), and its algorithms must hold today, for bst proves nothing about the certificates (step 10). */
static struct outcome path_then(struct context *c, const struct signature *s, utime bst) {
	struct path_result then, now;
	process_path_at(c, s, bst, c->request->revocation, &then);
	struct outcome result = then.outcome;
	path_result_dispose(&then);
	if (result.indication != INDICATION_PASSED) return result;
	process_path_at(c, s, c->request->at, REVOCATION_OFF, &now);
	if (now.outcome.sub == SUB_CRYPTO_CONSTRAINTS_FAILURE ||
	    now.outcome.sub == SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
		result = now.outcome;
	path_result_dispose(&now);
	return result;
}

/* Step 4 e: every content time-stamp before every signature time-stamp, as far as RFC 3161 2.4.2 orders them. */
static bool in_order(const struct signature *s) {
	for (size_t i = 0; i < s->token_count; i++)
		for (size_t j = 0; j < s->token_count; j++) {
			const struct token *a = &s->tokens[i], *b = &s->tokens[j];
			if (a->kind == TOKEN_SIGNATURE && b->kind == TOKEN_CONTENT && a->proves && b->proves &&
			    tst_before(&a->signature->tst, &b->signature->tst))
				return false;
		}
	return true;
}

static void compare_claim(struct signature *s) {
	char claimed[UTIME_TEXT_MAX], proven[UTIME_TEXT_MAX];
	utime ahead = s->claimed == UTIME_NONE ? 0 : s->claimed - s->best.when;
	if (ahead <= 300 * UTIME_SECOND) return; /* five minutes: clocks of signer and authority differ */
	bool seven = ahead > 6 * 3600 * UTIME_SECOND + 1800 * UTIME_SECOND &&
		     ahead < 7 * 3600 * UTIME_SECOND + 1800 * UTIME_SECOND;
	finding_add(&s->findings, FINDING_CLAIMED_TIME_AFTER_PROOF, "%s, proven %s%s", utime_text(s->claimed, claimed),
		    utime_text(s->best.when, proven), seven ? "; about seven hours: local time written as UTC" : "");
}

/* 5.5.4 with the proof in s->best. */
static struct outcome with_time(struct context *c, const struct signature *s) {
	struct outcome o = compare(c, s, s->best.when);
	if (o.indication == INDICATION_PASSED && s->x509.indication != INDICATION_PASSED)
		o = path_then(c, s, s->best.when);
	if (o.indication == INDICATION_PASSED) o = s->acceptance;
	if (o.indication == INDICATION_PASSED) o = process_algorithms(c, s, s->best.when);
	return o;
}

void process_time(struct context *c, struct signature *s, const struct proof *proofs, size_t proof_count) {
	char when[UTIME_TEXT_MAX];
	find_best(c, s, proofs, proof_count);
	compare_claim(s);
	bool proven = proven_to_exist(s);
	s->outcome = s->basic;
	if (proven) {
		finding_add(&s->findings, FINDING_PROOF_OF_EXISTENCE, "%s, %s", utime_text(s->best.when, when),
			    s->best.basis);
		process_extract(c, s, s->best.when, false);
		s->outcome = with_time(c, s);
	}
	if (s->outcome.indication == INDICATION_INDETERMINATE && proven) {
		s->outcome = process_past(c, s, s->outcome, s->best.when);
		if (s->outcome.indication == INDICATION_PASSED)
			finding_add(&s->findings, FINDING_PAST_VALIDATION, "%s", "");
	}
	if (s->outcome.indication == INDICATION_PASSED && !in_order(s)) {
		finding_add(&s->findings, FINDING_TIMESTAMP_ORDER, "%s", "");
		s->outcome = (struct outcome){INDICATION_INDETERMINATE, SUB_TIMESTAMP_ORDER_FAILURE};
	}
	s->in_time = s->outcome;
}

struct outcome process_then(struct context *c, const struct signature *s, utime bst) {
	struct signature then = *s;
	process_path_at(c, s, c->request->at, c->request->revocation, &then.path);
	then.x509 = then.basic = then.path.outcome;
	struct outcome algorithms = process_algorithms(c, s, c->request->at);
	process_block(&then.basic, algorithms.indication, algorithms.sub);
	then.best = (struct proof){bst, "time-stamp"};
	struct outcome result = with_time(c, &then);
	if (result.indication == INDICATION_INDETERMINATE) result = process_past(c, &then, result, bst);
	path_result_dispose(&then.path);
	return result;
}

/* The reference to the certificate; where the policy makes it count it is among the algorithms of the signature. */
static void explain_reference(struct context *c, struct signature *s, utime t) {
	char date[UTIME_TEXT_MAX];
	if (s->reference_digest == DIGEST_UNKNOWN) return;
	utime end = policy_digest_end(c->v->policy, s->reference_digest);
	if (t < end || policy_level(c->v->policy, POLICY_REFERENCE_DIGESTS) != POLICY_WARN) return;
	finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_DIGEST_ENDED, "%s%s%s", digest_name(s->reference_digest),
		    end == POLICY_NEVER ? "" : ", ", end == POLICY_NEVER ? "" : utime_date_text(end, date));
}

void process_explain(struct context *c, struct signature *s) {
	char date[UTIME_TEXT_MAX], proven[UTIME_TEXT_MAX];
	if (s->cert && proven_to_exist(s) && s->best.when < s->cert->not_before)
		finding_add(&s->findings, FINDING_PROOF_BEFORE_VALIDITY, "%s, valid from %s",
			    utime_text(s->best.when, proven), utime_text(s->cert->not_before, date));
	utime t = s->best.when == UTIME_NONE ? c->request->at : s->best.when;
	explain_reference(c, s, t);
	if (s->use.scheme == SCHEME_UNKNOWN || s->algorithms_end == POLICY_NO_END) return;
	if (t < s->algorithms_end) return;
	bool predicted = s->algorithms_end != POLICY_NEVER && policy_end_is_prediction(c->v->policy, s->algorithms_end);
	finding_add(&s->findings, predicted ? FINDING_SIGNATURE_ALGORITHM_PREDICTED : FINDING_SIGNATURE_ALGORITHM_ENDED,
		    "%s%s%s", s->algorithms_what ? s->algorithms_what : "",
		    s->algorithms_end == POLICY_NEVER ? "" : ", ",
		    s->algorithms_end == POLICY_NEVER ? "" : utime_date_text(s->algorithms_end, date));
}
