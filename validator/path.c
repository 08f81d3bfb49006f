#include "validator/path_internal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MOST_WANTS 256 /* of one path and all that was tried for it: more would only make others fetch */

/* How far a path came: of several that fail, the most advanced is reported. */
enum rank {
	RANK_NONE,
	RANK_SUNSET,
	RANK_GENERAL,
	RANK_TRY_LATER,
	RANK_CA_REVOKED,
	RANK_CONSTRAINTS,
	RANK_CRYPTO,
	RANK_RETURN,
	RANK_PASSED
};

static enum rank fail(struct path_result *attempt, enum rank rank, enum sub_indication sub) {
	attempt->outcome = (struct outcome){INDICATION_INDETERMINATE, sub};
	return rank;
}

static void start_links(const struct policy *policy, const struct chain *chain, struct path_result *attempt) {
	attempt->links = xcalloc(chain->count, sizeof *attempt->links);
	attempt->link_count = chain->count;
	for (size_t i = 0; i < chain->count; i++)
		attempt->links[i] = (struct path_link){
			.cert = chain->certs[i],
			.anchor = i + 1 == chain->count,
			.status = REVOCATION_NOT_CHECKED,
			.produced = UTIME_NONE,
			.next_update = UTIME_NONE,
			.revoked_at = UTIME_NONE,
			.algorithm_end = POLICY_NO_END,
			.trusted_until = i + 1 == chain->count ? policy_anchor_sunset(policy, chain->certs[i]->sha256) : POLICY_NO_END,
		};
}

/* Validity of the CAs, shell model. False: one is not yet valid; *expired: one is no longer. */
static bool check_cas(const struct path_search *search, const struct chain *chain, struct path_result *attempt,
		      bool *expired) {
	utime at = search->request->at;
	char when[UTIME_TEXT_MAX];
	bool ok = true;
	for (size_t i = 1; i + 1 < chain->count; i++) {
		const struct cert *cert = chain->certs[i];
		if (at < cert->not_before) {
			finding_add(&attempt->findings, FINDING_CERT_CA_NOT_YET_VALID, "%s: %s", cert->subject_text,
				    utime_text(cert->not_before, when));
			ok = false;
		} else if (at > cert->not_after) {
			finding_add(&attempt->findings, FINDING_CERT_CA_EXPIRED, "%s: %s", cert->subject_text,
				    utime_text(cert->not_after, when));
			*expired = true;
		}
	}
	return ok;
}

static bool check_target_period(const struct path_search *search, const struct cert *cert,
				struct path_result *attempt) {
	utime at = search->request->at;
	char when[UTIME_TEXT_MAX];
	if (at > cert->not_after)
		finding_add(&attempt->findings, FINDING_CERT_EXPIRED, "%s: %s", cert->subject_text,
			    utime_text(cert->not_after, when));
	else if (at < cert->not_before)
		finding_add(&attempt->findings, FINDING_CERT_NOT_YET_VALID, "%s: %s", cert->subject_text,
			    utime_text(cert->not_before, when));
	else
		return true;
	return false;
}

/* The issuer keeps status beyond the end, and said good after it: what is older proves nothing about the last days. */
static bool known_not_revoked(const struct path_link *link, const struct cert *cert) {
	for (size_t i = 0; i < link->evidence_count; i++)
		if (!link->evidence[i].revoked && link->evidence[i].this_update > cert->not_after) return true;
	return false;
}

/* Step 4 after the statuses are found; RANK_NONE to go on. */
static enum rank judge_statuses(const struct path_statuses *statuses, bool expired, struct path_result *attempt) {
	attempt->revoked_at = statuses->revoked_at;
	attempt->retry_at = statuses->retry_at;
	if (statuses->not_issued) return fail(attempt, RANK_GENERAL, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
	if (statuses->target_revoked) return fail(attempt, RANK_RETURN, SUB_REVOKED_NO_POE);
	if (statuses->hold) {
		attempt->on_hold = true;
		return fail(attempt, RANK_TRY_LATER, SUB_TRY_LATER);
	}
	if (statuses->ca_revoked) return fail(attempt, RANK_CA_REVOKED, SUB_REVOKED_CA_NO_POE);
	if (statuses->missing) return fail(attempt, RANK_GENERAL, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
	/* Rule E: fresher data about an expired certificate will not come; being out of bounds is what matters. */
	if (statuses->stale && !expired) return fail(attempt, RANK_TRY_LATER, SUB_TRY_LATER);
	return RANK_NONE;
}

/* What the policy says of this very anchor. False: no path may end at it now, or for this purpose. */
static bool anchor_serves(const struct path_search *search, const struct cert *anchor, struct path_result *attempt) {
	static const enum policy_purpose purposes[] = {[PATH_SIGNER] = POLICY_FOR_SIGNING,
						       [PATH_TSA] = POLICY_FOR_TIMESTAMPING,
						       [PATH_OCSP] = POLICY_FOR_STATUS,
						       [PATH_CRL] = POLICY_FOR_STATUS};
	const struct policy *policy = search->request->policy;
	char when[UTIME_TEXT_MAX];
	utime from = policy_anchor_from(policy, anchor->sha256);
	if (search->request->at < from)
		finding_add(&attempt->findings, FINDING_ANCHOR_NOT_YET, "%s: %s", anchor->subject_text,
			    utime_text(from, when));
	else if (search->purpose != PATH_ANY &&
		 !policy_anchor_serves(policy, anchor->sha256, purposes[search->purpose]))
		finding_add(&attempt->findings, FINDING_ANCHOR_PURPOSE, "%s", anchor->subject_text);
	else
		return true;
	return false;
}

/* EN 319 102-1 5.2.6 steps 3 to 9 for one chain. */
static enum rank judge_chain(const struct path_search *search, const struct chain *chain, struct path_result *attempt) {
	const struct path_request *request = search->request;
	const struct cert *target = chain->certs[0], *anchor = chain->certs[chain->count - 1];
	char when[UTIME_TEXT_MAX];
	utime sunset = policy_anchor_sunset(request->policy, anchor->sha256);
	if (request->at >= sunset) {
		finding_add(&attempt->findings, FINDING_ANCHOR_SUNSET, "%s: %s", anchor->subject_text,
			    utime_text(sunset, when));
		return fail(attempt, RANK_SUNSET, SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE);
	}
	if (!anchor_serves(search, anchor, attempt)) return fail(attempt, RANK_SUNSET, SUB_NO_CERTIFICATE_CHAIN_FOUND);
	attempt->outcome = (struct outcome){INDICATION_PASSED, SUB_NONE};
	if (chain->count == 1 && search->purpose == PATH_TSA && !path_check_purpose(search, chain, &attempt->findings))
		return fail(attempt, RANK_CONSTRAINTS, SUB_CHAIN_CONSTRAINTS_FAILURE);
	if (chain->count == 1) {
		finding_add(&attempt->findings, FINDING_CERT_TRUSTED_DIRECTLY, "%s", target->subject_text);
		return RANK_PASSED;
	}
	bool ca_expired = false;
	bool path = path_check(search, chain, &attempt->findings);
	path &= check_cas(search, chain, attempt, &ca_expired);
	bool in_period = check_target_period(search, target, attempt);
	if (!path) return fail(attempt, RANK_GENERAL, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
	struct path_statuses statuses;
	path_find_statuses(search, chain, attempt, &statuses);
	bool reliable = path_check_algorithms(search, chain, attempt);
	enum rank rank = judge_statuses(&statuses, ca_expired || !in_period, attempt);
	if (rank != RANK_NONE) return rank;
	if (!path_check_purpose(search, chain, &attempt->findings))
		return fail(attempt, RANK_CONSTRAINTS, SUB_CHAIN_CONSTRAINTS_FAILURE);
	if (!reliable)
		return fail(attempt, RANK_CRYPTO,
			    attempt->algorithm_until == POLICY_NEVER ? SUB_CRYPTO_CONSTRAINTS_FAILURE
								     : SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	if (!in_period || ca_expired)
		return fail(attempt, RANK_RETURN,
			    !ca_expired && known_not_revoked(&attempt->links[0], target) ? SUB_OUT_OF_BOUNDS_NOT_REVOKED
											 : SUB_OUT_OF_BOUNDS_NO_POE);
	if (!path_status_signers_valid(search, chain, attempt))
		return fail(attempt, RANK_RETURN, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE);
	return RANK_PASSED;
}

static bool visit(struct path_search *search, struct chain *chain) {
	struct path_result attempt = {
		.revoked_at = UTIME_NONE, .retry_at = UTIME_NONE, .algorithm_until = POLICY_NO_END};
	start_links(search->request->policy, chain, &attempt);
	enum rank rank = judge_chain(search, chain, &attempt);
	if ((int)rank > search->rank) {
		struct path_result worse = *search->result;
		*search->result = attempt;
		attempt = worse;
		search->rank = (int)rank;
	}
	path_result_dispose(&attempt);
	return rank == RANK_PASSED || rank == RANK_RETURN || search->budget->status_incomplete;
}

/* As many as there is room for; the rest stays where it is. */
static void move_wants(struct path_result *to, struct path_result *from) {
	size_t moved = 0;
	for (; moved < from->want_count && to->want_count < MOST_WANTS; moved++) {
		ARRAY_GROW(to->wants, to->want_count, to->want_cap);
		to->wants[to->want_count++] = from->wants[moved];
	}
	from->want_count -= moved;
	if (from->want_count) memmove(from->wants, from->wants + moved, from->want_count * sizeof *from->wants);
}

static void add_dead_ends(struct path_result *result, struct path_result *dead_ends) {
	finding_append(&result->findings, &dead_ends->findings);
	move_wants(result, dead_ends);
}

static void no_path(const struct path_search *search) {
	struct chain alone = {.certs = {search->target}, .count = 1};
	const struct chain *chain = search->foreign.count ? &search->foreign : &alone;
	struct path_result *result = search->result;
	const struct cert *top = chain->certs[chain->count - 1];
	char hex[SHA256_HEX];
	start_links(search->request->policy, chain, result);
	result->links[chain->count - 1].anchor = false;
	if (search->foreign.count)
		finding_add(&result->findings, FINDING_CERT_OUTSIDE_TRUST, "%s, SHA-256 %s", top->subject_text,
			    hex_encode(top->sha256, SHA256_SIZE, hex));
	result->outcome = (struct outcome){INDICATION_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND};
	finding_add(&result->findings, FINDING_CERT_NO_PATH, "%s", search->target->subject_text);
}

static void run(struct path_search *search) {
	struct path_result dead_ends = {0};
	search->dead_ends = &dead_ends;
	*search->result = (struct path_result){
		.revoked_at = UTIME_NONE, .retry_at = UTIME_NONE, .algorithm_until = POLICY_NO_END};
	path_search_run(search, visit);
	if (search->rank == RANK_NONE) no_path(search);
	if (search->rank != RANK_PASSED) add_dead_ends(search->result, &dead_ends);
	path_result_dispose(&dead_ends);
}

void path_judge(const struct path_request *request, struct path_result *result) {
	struct path_budget budget = {0};
	struct path_search search = {.request = request,
				     .target = request->target,
				     .purpose = request->purpose,
				     .budget = &budget,
				     .result = result};
	run(&search);
	/* A path that passed may have left a longer branch unexplored; but what its status data says must all be known.
	 */
	if (budget.exceeded && (search.rank != RANK_PASSED || budget.status_incomplete)) {
		finding_add(&result->findings, FINDING_LIMIT_REACHED, "%s", budget.limit);
		result->outcome = (struct outcome){INDICATION_INDETERMINATE, SUB_CUSTOM};
	}
	free(budget.limit);
}

bool path_judge_signer(const struct path_search *outer, struct cert *signer, struct cert *anchor) {
	if (revocation_guarded(outer, signer)) return false;
	struct path_guard guard = {
		.outer = outer->guard, .cert = signer, .depth = outer->guard ? outer->guard->depth + 1 : 1};
	struct path_result result;
	struct path_search search = {
		.request = outer->request,
		.target = signer,
		.only_anchor = anchor,
		.purpose = PATH_CRL,
		.budget = outer->budget,
		.guard = &guard,
		.result = &result,
	};
	run(&search);
	bool good = search.rank == RANK_PASSED || result.outcome.sub == SUB_OUT_OF_BOUNDS_NO_POE ||
		    result.outcome.sub == SUB_OUT_OF_BOUNDS_NOT_REVOKED;
	if (!good) move_wants(outer->dead_ends, &result);
	path_result_dispose(&result);
	return good;
}

void path_result_dispose(struct path_result *result) {
	for (size_t i = 0; i < result->link_count; i++) {
		free(result->links[i].evidence);
		free(result->links[i].past);
	}
	free(result->links);
	for (size_t i = 0; i < result->want_count; i++) {
		free(result->wants[i].url);
		free(result->wants[i].request);
	}
	free(result->wants);
	finding_list_dispose(&result->findings);
	*result = (struct path_result){0};
}
