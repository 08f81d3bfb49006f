/* EN 319 102-1 5.6.2: what can be known of a signature whose certificates have expired, been revoked or become weak
 * since. Validation time sliding finds the last moment at which everything above the signature was good; a proof that
 * the signature is older saves it. */
#include "validator/process.h"

#include "base/limits.h"
#include "validator/crl.h"
#include "validator/ocsp.h"

#include <string.h>

/* What past validation needs to know of one signature. */
struct past {
	struct context *c;
	const struct signature *s;
	utime now;
};

static bool needs_status(const struct past *p, const struct path_link *link) {
	if (link->exempt || link->anchor || p->c->request->revocation == REVOCATION_OFF) return false;
	return link->evidence_count || link->past_count || p->c->request->revocation == REVOCATION_HARD;
}

/* What has been said of the certificate, the latest first: by those who may still speak, and by those who have lost that. */
struct statements {
	const struct path_link *link;
	size_t now, past;
};

static const struct path_evidence *next_statement(struct statements *s) {
	const struct path_link *link = s->link;
	const struct path_evidence *a = s->now < link->evidence_count ? &link->evidence[s->now] : NULL;
	const struct path_evidence *b = s->past < link->past_count ? &link->past[s->past] : NULL;
	if (a && (!b || a->this_update >= b->this_update)) return s->now++, a;
	if (b) s->past++;
	return b;
}

/* Of a signer of status data that has been revoked, only what is proven to be older than that was said by him. */
static bool said_in_time(const struct past *p, const struct path_evidence *e) {
	return e->signer_revoked_at == UTIME_NONE || poe_find(&p->c->poes, e->sha256, p->now) < e->signer_revoked_at;
}

/* 5.2.5 at t: PASSED when it was issued within the window before t. */
static bool fresh(const struct past *p, const struct path_evidence *e, utime t) {
	utime max = policy_max_age(p->c->v->policy);
	if (!max && e->next_update == UTIME_NONE) return false;
	if (!max) max = e->next_update - e->this_update;
	return e->this_update > t - max;
}

/* Ahead of today: whoever is valid then is asked then, as long as it is known where. */
static bool obtainable(const struct past *p, const struct path_link *link, utime t) {
	const struct cert *cert = link->cert;
	return p->c->obtainable && t == p->now && t <= cert->not_after && (cert->crl_points.tag || cert->ocsp_urls.count);
}

/* 5.6.2.4 step 1: the signer of the status data is proven to have existed while its certificate was valid. */
static bool signer_proven(const struct past *p, const struct path_evidence *e) {
	if (e->signer_is_anchor || !e->signer) return true;
	utime t = poe_find(&p->c->poes, e->signer->sha256, p->now);
	return t >= e->signer->not_before && t <= e->signer->not_after;
}

/* Step a: known before ct, about a certificate that is. */
static bool selected(const struct past *p, const struct path_link *link, const struct path_evidence *e, utime ct) {
	return said_in_time(p, e) && e->this_update < ct && poe_find(&p->c->poes, link->cert->sha256, p->now) <= ct &&
	       poe_find(&p->c->poes, e->sha256, p->now) <= ct;
}

static bool slide_path(const struct past *p, const struct path_result *path, unsigned depth, utime *ct);

/* A delegate signed it: its chain slides as well, from the same start, and the earlier moment counts (5.6.2.2 NOTE 5).
 * `issuer` issued the certificate whose status it is, and is slid over with that one's chain. */
static bool slide_signer(const struct past *p, const struct cert *issuer, const struct path_evidence *e, unsigned depth,
			 utime *ct) {
	struct path_result path;
	utime own;
	if (!e->signer || e->signer_is_anchor || cert_same(e->signer, issuer)) return true;
	if (depth == LIMIT_STATUS_DEPTH) return false;
	process_status_path(p->c, e, &path);
	bool slides = path.link_count > 1 && slide_path(p, &path, depth + 1, &own);
	path_result_dispose(&path);
	if (slides && own < *ct) *ct = own;
	return slides;
}

/* One certificate of the slide (steps a to d), not the anchor. False: NO_POE. */
static bool slide_one(const struct past *p, const struct path_link *link, unsigned depth, utime *ct) {
	const struct path_evidence *revoked = NULL, *latest = NULL, *e;
	struct statements statements = {.link = link};
	while (needs_status(p, link) && (e = next_statement(&statements))) {
		if (!selected(p, link, e, *ct)) continue;
		if (!latest) latest = e;
		/* a suspension counts only while it is the latest statement */
		if (e->revoked && !revoked && (e->reason != CRL_HOLD || e == latest)) revoked = e;
	}
	if (needs_status(p, link) && !latest) return false;
	const struct path_evidence *used = revoked ? revoked : latest;
	/* who is revoked at a moment is so at that moment: 5.5.4 would not pass a proof of the same instant either */
	if (revoked && revoked->revoked_at <= *ct) *ct = revoked->revoked_at - 1;
	bool stale = latest && !fresh(p, latest, *ct) && !obtainable(p, link, *ct);
	if (!revoked && stale && latest->this_update < *ct) *ct = latest->this_update;
	utime end = link->algorithm_end;
	if (used && used->algorithm_end < end) end = used->algorithm_end;
	if (end == POLICY_NEVER) return false;
	if (end != POLICY_NO_END && *ct >= end) *ct = end - 1; /* ends are exclusive */
	return !used || slide_signer(p, link[1].cert, used, depth, ct);
}

/* 5.6.2.2: from the certificate below the anchor down to the target. */
static bool slide_path(const struct past *p, const struct path_result *path, unsigned depth, utime *ct) {
	const struct path_link *top = &path->links[path->link_count - 1];
	*ct = p->now;
	if (!top->anchor) return false;
	utime sunset = policy_anchor_sunset(p->c->v->policy, top->cert->sha256);
	if (sunset < *ct) *ct = sunset;
	for (size_t i = path->link_count - 1; i-- > 0;)
		if (!slide_one(p, &path->links[i], depth, ct)) return false;
	return true;
}

/* 5.6.2.1: the path holds without regard to revocation at a moment when all its certificates were valid, and slides. */
static struct outcome past_certificate(struct context *c, const struct past *p, utime *ct) {
	const struct path_result *path = &p->s->path;
	const struct outcome general = {INDICATION_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE};
	utime from = INT64_MIN, until = INT64_MAX;
	if (!path->link_count) return (struct outcome){INDICATION_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND};
	for (size_t i = 0; i < path->link_count; i++) {
		const struct path_link *link = &path->links[i];
		if (link->anchor) continue;
		if (link->cert->not_before > from) from = link->cert->not_before;
		if (link->cert->not_after < until) until = link->cert->not_after;
	}
	if (from > until) return general;
	struct path_result then;
	process_path_at(c, p->s, until < p->now ? until : p->now, REVOCATION_OFF, &then);
	struct outcome outcome = then.outcome;
	path_result_dispose(&then);
	/* algorithms are the slide's business */
	if (outcome.indication != INDICATION_PASSED && outcome.sub != SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
		return outcome;
	return slide_path(p, path, 0, ct) ? (struct outcome){INDICATION_PASSED, SUB_NONE}
					  : (struct outcome){INDICATION_INDETERMINATE, SUB_NO_POE};
}

/* Step 1 for the signing certificate. */
static bool status_proven(const struct past *p) {
	const struct path_link *link = &p->s->path.links[0];
	struct statements statements = {.link = link};
	const struct path_evidence *e;
	if (!needs_status(p, link)) return true;
	while ((e = next_statement(&statements)))
		if (said_in_time(p, e) && signer_proven(p, e)) return true;
	return false;
}

/* Status data about the signing certificate that is proven to be older than the revocation of its authority. */
static bool status_before_revocation(const struct past *p) {
	const struct path_link *link = &p->s->path.links[0];
	struct statements statements = {.link = link};
	const struct path_evidence *e;
	while ((e = next_statement(&statements)))
		if (said_in_time(p, e) && poe_find(&p->c->poes, e->sha256, p->now) <= p->s->path.revoked_at) return true;
	return !needs_status(p, link);
}

/* Step 4: what is weak today is proven to be from before its algorithm ended. */
static bool weak_are_proven(const struct past *p) {
	const struct path_result *path = &p->s->path;
	for (size_t i = 0; i < path->link_count; i++) {
		const struct path_link *link = &path->links[i];
		if (link->anchor || link->algorithm_end > p->now) continue;
		if (poe_find(&p->c->poes, link->cert->sha256, p->now) >= link->algorithm_end) return false;
	}
	return true;
}

static const struct outcome passed = {INDICATION_PASSED, SUB_NONE};

/* 5.6.2.4 steps 3 to 7 once the slide gave ct; bst is the proof of the signature. */
static struct outcome decide(const struct past *p, struct outcome current, utime bst, utime ct) {
	const struct cert *cert = p->s->cert;
	bool inside = bst >= cert->not_before && bst <= cert->not_after;
	const struct path_link *top = &p->s->path.links[p->s->path.link_count - 1];
	if (bst > ct || bst < policy_anchor_from(p->c->v->policy, top->cert->sha256) || !weak_are_proven(p))
		return current;
	switch (current.sub) {
	case SUB_REVOKED_CA_NO_POE:
		if (!status_before_revocation(p)) return current;
		break;
	case SUB_TRY_LATER:
	case SUB_REVOKED_NO_POE:
	case SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE:
	case SUB_OUT_OF_BOUNDS_NO_POE:
	case SUB_OUT_OF_BOUNDS_NOT_REVOKED:
	case SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE:
	case SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE:
		break;
	default:
		return current;
	}
	if (bst < cert->not_before) return (struct outcome){INDICATION_FAILED, SUB_NOT_YET_VALID};
	if (inside)
		return status_proven(p)
			       ? passed
			       : (struct outcome){INDICATION_INDETERMINATE, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE};
	if (current.sub == SUB_OUT_OF_BOUNDS_NO_POE || current.sub == SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE)
		return (struct outcome){INDICATION_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE};
	return (struct outcome){INDICATION_INDETERMINATE, SUB_OUT_OF_BOUNDS_NOT_REVOKED};
}

static void contained(struct context *c) {
	/* Certificates inside an OCSP response that is proven are proven with it. */
	for (size_t i = 0; i < pool_ocsp_count(c->pool); i++) {
		const struct ocsp *ocsp = pool_ocsp(c->pool, i);
		utime when = poe_find(&c->poes, ocsp->sha256, c->request->at);
		for (size_t k = 0; when < c->request->at && k < ocsp->cert_count; k++)
			poe_add(&c->poes, ocsp->certs[k]->sha256, when);
	}
}

static void extract(struct context *c, const struct signature *s, utime when, bool everything) {
	for (size_t i = 0; i < s->object_count; i++)
		if (everything || s->objects[i].place == OBJECT_SIGNED) poe_add(&c->poes, s->objects[i].sha256, when);
	/* by reference: the certificate that the ESS attribute names; the standard counts it, see 5.6.2.3. Without one
	 * only what the signature itself carries: any other may have been made since. */
	if (s->cert && (s->ess_present || (everything && s->bare))) poe_add(&c->poes, s->cert->sha256, when);
	for (size_t i = 0; everything && i < s->token_count; i++) extract(c, s->tokens[i].signature, when, true);
}

/* Version 2 covers both bags and what stands before it, version 3 what its index lists. */
static bool archived(const struct token *stamp, const struct archive_cover *cover, bool in_bag, const unsigned char *at) {
	if (!strcmp(stamp->form, "ATSv2")) return in_bag || at < stamp->signature->bytes;
	return archive_covers(cover, at);
}

void process_extract_archived(struct context *c, const struct signature *s, const struct token *stamp,
			      const struct archive_cover *cover) {
	utime when = stamp->signature->tst.gen_time;
	extract(c, s, when, false);
	for (size_t i = 0; i < s->object_count; i++)
		if (archived(stamp, cover, s->objects[i].place == OBJECT_IN_BAG, s->objects[i].at))
			poe_add(&c->poes, s->objects[i].sha256, when);
	for (size_t i = 0; i < s->token_count; i++)
		if (archived(stamp, cover, false, s->tokens[i].signature->bytes))
			extract(c, s->tokens[i].signature, when, true);
	contained(c);
}

void process_extract(struct context *c, const struct signature *s, utime when, bool everything) {
	extract(c, s, when, everything);
	contained(c);
}

struct outcome process_past(struct context *c, struct signature *s, struct outcome current, utime bst) {
	struct past p = {c, s, c->request->at};
	utime ct;
	if (current.indication != INDICATION_INDETERMINATE || !s->cert || !s->path_judged || bst >= p.now)
		return current;
	if (!s->intact || s->format.indication != INDICATION_PASSED) return current;
	s->past = past_certificate(c, &p, &ct);
	if (s->past.indication != INDICATION_PASSED) return current;
	struct outcome result = decide(&p, current, bst, ct);
	if (result.indication == INDICATION_PASSED) result = s->acceptance;
	if (result.indication == INDICATION_PASSED) result = process_algorithms(c, s, bst);
	return result;
}
