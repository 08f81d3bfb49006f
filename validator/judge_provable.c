/* Until when each signature and time-stamp can be proven (docs/forecast.md).
 *
 * Newer time-stamps first, so that what proves something has its own date already. Of everything that ends one is tried
 * after the other: would the validation still pass a moment later, with the evidence at hand and the proofs that hold
 * then? That is asked of the validation itself (process_then), never reckoned here a second time. */
#include "validator/judge.h"

#include "base/limits.h"
#include "validator/provable.h"

#include <stdlib.h>
#include <string.h>

/* What proves a signature, and how much with it. */
enum reach {
	REACH_STAMP,    /* a document time-stamp, one of a container */
	REACH_RECORD,   /* an evidence record that was offered */
	REACH_ARCHIVED, /* an archive time-stamp */
	REACH_VALUE,    /* any other time-stamp in the signature */
	REACH_NEXT,     /* the next time-stamp of an evidence record */
};
struct support {
	enum reach reach;
	const struct signature *s;
	const struct token *token;
	utime when;
	const struct archive_cover *cover; /* ARCHIVED, version 3: what its index lists */
};

struct forecast {
	struct context *c;
	const struct judged *j;
	struct support *supports;
	size_t count, cap;
	uint64_t steps; /* against LIMIT_FORECAST_STEPS */
};

static void add_support(struct forecast *f, enum reach reach, const struct signature *s, const struct token *token,
			utime when) {
	if (s->provable.until == UTIME_NONE) return;
	ARRAY_GROW(f->supports, f->count, f->cap);
	f->supports[f->count++] = (struct support){.reach = reach, .s = s, .token = token, .when = when};
}

/* Whatever the caller vouches for has no end that could be known, and nobody else need believe it: it does not count. */
static void find_outer(struct forecast *f, const struct signature *s) {
	const struct judged *j = f->j;
	f->count = 0;
	for (size_t i = 0; i < j->count; i++)
		if (judged_proves(j->signatures[i], s))
			add_support(f, REACH_STAMP, j->signatures[i], NULL, judged_stamp_time(j->signatures[i]));
	for (size_t i = 0; judge_records_cover(f->c, s) && i < j->record_count; i++)
		add_support(f, REACH_RECORD, j->records[i].signature, NULL, j->records[i].signature->best.when);
}

static void add_archive(struct forecast *f, const struct token *t, const struct archive_cover *cover) {
	size_t before = f->count;
	add_support(f, REACH_ARCHIVED, t->signature, t, t->signature->tst.gen_time);
	if (f->count > before) f->supports[before].cover = cover;
}

static bool is_archived(const struct token *t) {
	return t->kind == TOKEN_ARCHIVE && t->proves && t->form && (!strcmp(t->form, "ATSv2") || !strcmp(t->form, "ATSv3"));
}

static bool spend(struct forecast *f, uint64_t steps) {
	f->steps += steps;
	return f->steps <= LIMIT_FORECAST_STEPS;
}

/* What one proof covers, into the proofs of `then`. */
static void extract(const struct forecast *f, struct context *then, const struct signature *carrier,
		    const struct signature *x, const struct support *p) {
	switch (p->reach) {
	case REACH_STAMP:
		judged_extract(then, f->j, p->s);
		break;
	case REACH_RECORD:
		judge_record_extract(then, f->j, p->s);
		break;
	case REACH_ARCHIVED:
		process_extract_archived(then, carrier, p->token, p->cover);
		break;
	case REACH_NEXT:
		process_extract(then, x, p->when, true);
		break;
	case REACH_VALUE:
		break;
	}
}

static bool passes_then(struct context *then, const struct signature *x, const struct support *next, utime bst) {
	process_extract(then, x, bst, false);
	if (process_then(then, x, bst).indication == INDICATION_PASSED) return true;
	return next && process_record_token_at(then, x, next->when).indication == INDICATION_PASSED;
}

/* Would x pass at t, by the proofs that hold then? `carrier` is the signature that a token is in, else x itself. */
static bool proven_at(struct forecast *f, const struct signature *carrier, const struct signature *x, utime t) {
	struct val_request request = *f->c->request;
	struct context then = *f->c;
	const struct support *next = NULL;
	utime bst = POLICY_NO_END;
	request.at = t;
	request.proof_count = 0;
	then.request = &request;
	then.obtainable = t > f->c->request->at; /* today what is not there is not there */
	then.poes = then.accepted = (struct poe_set){0};
	bool room = true;
	for (size_t i = 0; i < f->count && room; i++) {
		const struct support *p = &f->supports[i];
		if (p->s->provable.until < t) continue;
		if (p->when < bst) bst = p->when;
		if (p->reach == REACH_NEXT) next = p;
		room = spend(f, 1 + f->j->count + f->j->store_count);
		extract(f, &then, carrier, x, p);
	}
	bool passed = bst != POLICY_NO_END && room && spend(f, FORECAST_TRIAL_STEPS) && passes_then(&then, x, next, bst);
	f->c->candidates = then.candidates;
	poe_set_dispose(&then.poes);
	poe_set_dispose(&then.accepted);
	return passed;
}

static const struct support *longest(const struct forecast *f) {
	const struct support *best = NULL;
	for (size_t i = 0; i < f->count; i++)
		if (!best || f->supports[i].s->provable.until > best->s->provable.until) best = &f->supports[i];
	return best;
}

static const char *basis_of(const struct support *p) {
	switch (p->reach) {
	case REACH_STAMP:
		return judged_stamp_basis(p->s);
	case REACH_ARCHIVED:
		return "archive-timestamp";
	case REACH_VALUE:
		return p->token->kind == TOKEN_SIGNATURE ? "signature-timestamp" : "archive-timestamp";
	default:
		return "evidence-record";
	}
}

/* A certificate ends although a proof goes on: what is missing is status from after the proof. A proof of the value
 * alone says nothing about authorities, so that the end of theirs is an end whatever the status. */
static bool lacks_status(const struct provable_end *end, const struct support *proof) {
	if (!proof || !end->own || proof->s->provable.until <= end->at) return false;
	if (end->limit == PROVABLE_SIGNER || end->limit == PROVABLE_TSA) return true;
	return end->limit == PROVABLE_CA && proof->reach != REACH_VALUE;
}

static void conclude(struct forecast *f, struct signature *x, const struct provable_end *end, bool by_itself) {
	const struct support *proof = longest(f);
	x->provable.until = end->at;
	bool status = lacks_status(end, proof);
	x->provable.limit = status ? PROVABLE_STATUS : end->limit;
	x->provable.detail = xasprintf("%s%s", status ? "no status that serves the proof: " : "", end->detail);
	if (by_itself || !proof) {
		provable_rest_on(&x->provable, x);
		return;
	}
	x->provable.basis = basis_of(proof);
	provable_rest_as(&x->provable, &proof->s->provable);
	if (proof->reach == REACH_VALUE) provable_rest_on(&x->provable, x);
}

/* With f->supports found: the first end that x does not survive. */
static void find_until(struct forecast *f, const struct signature *carrier, struct signature *x) {
	struct provable_ends ends = {0};
	if (x->outcome.indication != INDICATION_PASSED || !x->cert || !x->path_judged) return;
	provable_own_ends(f->c, x, &ends);
	for (size_t i = 0; i < f->count; i++) {
		const struct provable *p = &f->supports[i].s->provable;
		if (i && f->supports[i - 1].s->provable.until == p->until) continue; /* one authority's, mostly */
		provable_add_end(&ends, p->until, p->limit, p->detail, false);
	}
	provable_sort(&ends);
	bool by_itself = true; /* until the first end of its own, nothing else is needed */
	utime tried = UTIME_NONE;
	for (size_t i = 0; i < ends.count; i++) {
		const struct provable_end *end = &ends.items[i];
		if (by_itself && !end->own) continue;
		if (end->at == tried) continue;
		tried = end->at;
		/* what ended before today was survived, or rests on the caller's word */
		utime after = end->at < f->c->request->at ? f->c->request->at : end->at + 1;
		if (!proven_at(f, carrier, x, after)) {
			conclude(f, x, end, by_itself);
			break;
		}
		by_itself = false;
	}
	provable_ends_dispose(&ends);
}

/* The archive's own word counts last, for nobody else need believe it: where one of the others carries the signature today, that
 * is what proves it. */
static void name_better(struct forecast *f, struct signature *x) {
	const struct support *best = NULL;
	char when[UTIME_TEXT_MAX];
	utime now = f->c->request->at;
	if (x->outcome.indication != INDICATION_PASSED || strcmp(x->best.basis, "archive") || !f->count) return;
	if (!proven_at(f, x, x, now)) return;
	for (size_t i = 0; i < f->count; i++) {
		const struct support *p = &f->supports[i];
		if (p->s->provable.until >= now && p->when < now && (!best || p->when < best->when)) best = p;
	}
	if (!best) return;
	x->best = (struct proof){best->when, basis_of(best)};
	char *detail = xasprintf("%s, %s", utime_text(best->when, when), x->best.basis);
	finding_restate(&x->findings, FINDING_PROOF_OF_EXISTENCE, detail);
	free(detail);
}

static bool covers(const struct token *stamp, const struct archive_cover *cover, const struct token *t) {
	return is_archived(stamp) && (!strcmp(stamp->form, "ATSv2") || archive_covers(cover, t->signature->bytes));
}

/* The tokens in a signature, each proven with it and by archive time-stamps behind it; then the signature. */
static void find_signature(struct forecast *f, struct signature *s) {
	struct archive_cover *lists = xcalloc(s->token_count + 1, sizeof *lists);
	for (size_t i = 0; i < s->token_count; i++)
		if (is_archived(&s->tokens[i])) process_archive_cover(s, &s->tokens[i], &lists[i]);
	for (size_t i = s->token_count; i-- > 0;) {
		struct token *t = &s->tokens[i];
		if (!t->proves) continue;
		find_outer(f, s);
		for (size_t k = i + 1; k < s->token_count; k++)
			if (covers(&s->tokens[k], &lists[k], t)) add_archive(f, &s->tokens[k], &lists[k]);
		find_until(f, s, t->signature);
	}
	find_outer(f, s);
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		if (!t->proves || t->kind == TOKEN_CONTENT) continue;
		if (is_archived(t))
			add_archive(f, t, &lists[i]);
		else
			add_support(f, REACH_VALUE, t->signature, t, t->signature->tst.gen_time);
	}
	find_until(f, s, s);
	name_better(f, s);
	for (size_t i = 0; i < s->token_count; i++) archive_cover_dispose(&lists[i]);
	free(lists);
}

/* An evidence record holds as long as all its time-stamps and the digest of its last chain do. */
static void find_record(struct forecast *f, struct signature *r, bool outer) {
	struct provable_ends ends = {0};
	if (r->outcome.indication != INDICATION_PASSED || !r->token_count) return;
	for (size_t i = r->token_count; i-- > 0;) {
		f->count = 0;
		if (outer) find_outer(f, r);
		const struct token *next = i + 1 < r->token_count ? &r->tokens[i + 1] : NULL;
		if (next && next->proves) add_support(f, REACH_NEXT, next->signature, next, next->signature->tst.gen_time);
		struct signature *t = r->tokens[i].signature;
		find_until(f, t, t);
		if (t->provable.until == UTIME_NONE) goto out;
		provable_add_end(&ends, t->provable.until, t->provable.limit, t->provable.detail, true);
	}
	enum digest_alg digest = r->ers->stamps[r->ers->chains[r->ers->chain_count - 1].first].digest;
	utime end = policy_digest_end(f->c->v->policy, digest);
	if (!policy_end_is_prediction(f->c->v->policy, end))
		provable_add_end(&ends, end, PROVABLE_ALGORITHM, digest_name(digest), true);
	provable_sort(&ends);
	r->provable.until = ends.items[0].at;
	r->provable.limit = ends.items[0].limit;
	r->provable.detail = xstrdup(ends.items[0].detail);
	provable_rest_as(&r->provable, &r->tokens[r->token_count - 1].signature->provable);
	provable_rest_on_digest(&r->provable, digest);
out:
	provable_ends_dispose(&ends);
}

static void find(struct forecast *f, struct signature *s) {
	if (s->kind == KIND_EVIDENCE_RECORD)
		find_record(f, s, true);
	else
		find_signature(f, s);
}

void judge_provable(struct context *c, struct judged *j) {
	struct forecast f = {.c = c, .j = j};
	uint64_t candidates = c->candidates;
	for (size_t i = 0; i < j->record_count; i++) find_record(&f, j->records[i].signature, false);
	for (size_t i = j->count; i-- > 0;)
		if (judged_is_stamp(j->signatures[i])) find(&f, j->signatures[i]);
	for (size_t i = 0; i < j->count; i++)
		if (!judged_is_stamp(j->signatures[i])) find(&f, j->signatures[i]);
	free(f.supports);
	c->candidates = candidates;
}
