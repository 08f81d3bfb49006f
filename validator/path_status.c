#include "validator/path_internal.h"

#include <string.h>

/* EN 319 102-1 5.2.5: issued less than the longest age before the time in question; without a constraint the age that
 * the issuer itself promised. */
static bool is_fresh(const struct path_search *search, const struct path_evidence *evidence) {
	utime age = policy_max_age(search->request->policy);
	if (age == 0) {
		if (evidence->next_update == UTIME_NONE) return false;
		age = evidence->next_update - evidence->this_update;
	}
	return evidence->this_update > search->request->at - age - policy_clock_skew(search->request->policy);
}

static bool names_source(const struct cert *cert) {
	return cert->crl_points.tag || cert->ocsp_urls.count;
}

static void judge_missing(const struct path_search *search, const struct chain *chain, size_t index, bool objected,
			  struct path_result *attempt, struct path_statuses *out) {
	const struct cert *cert = chain->certs[index];
	path_wants_status(attempt, cert, chain->certs[index + 1]);
	if (search->request->revocation == REVOCATION_SOFT) {
		finding_add(&attempt->findings, FINDING_REVOCATION_LET_THROUGH, "%s", cert->subject_text);
		return;
	}
	enum policy_level level = policy_level(search->request->policy, POLICY_ANCHOR_ISSUED_STATUS);
	if (index + 2 == chain->count && !names_source(cert) && !objected && level != POLICY_FAIL) {
		if (level == POLICY_WARN)
			finding_add(&attempt->findings, FINDING_REVOCATION_NO_SOURCE, "%s", cert->subject_text);
		return;
	}
	finding_add(&attempt->findings, FINDING_REVOCATION_MISSING, "%s", cert->subject_text);
	out->missing = true;
}

static void judge_stale(const struct path_search *search, const struct chain *chain, size_t index,
			struct path_result *attempt, struct path_statuses *out) {
	const struct cert *cert = chain->certs[index];
	const struct path_link *link = &attempt->links[index];
	char issued[UTIME_TEXT_MAX], next[UTIME_TEXT_MAX];
	path_wants_status(attempt, cert, chain->certs[index + 1]);
	bool soft = search->request->revocation == REVOCATION_SOFT;
	finding_add(&attempt->findings, soft ? FINDING_REVOCATION_LET_THROUGH : FINDING_REVOCATION_STALE,
		    "%s: %s to %s", cert->subject_text, utime_text(link->produced, issued),
		    utime_text(link->next_update, next));
	if (soft) return;
	out->stale = true;
	if (link->next_update != UTIME_NONE && (out->retry_at == UTIME_NONE || link->next_update > out->retry_at))
		out->retry_at = link->next_update;
}

/* There is an answer, of somebody who has lost the right to give one: another one would decide. */
static void judge_abandoned(const struct path_search *search, const struct chain *chain, size_t index, struct path_result *attempt,
			    struct path_statuses *out) {
	const struct path_evidence *latest = &attempt->links[index].past[0];
	char when[UTIME_TEXT_MAX];
	bool soft = search->request->revocation == REVOCATION_SOFT;
	path_wants_status(attempt, chain->certs[index], chain->certs[index + 1]);
	finding_add(&attempt->findings, soft ? FINDING_REVOCATION_LET_THROUGH : FINDING_REVOCATION_SIGNER_REVOKED, "%s: %s, %s",
		    chain->certs[index]->subject_text, latest->signer->subject_text, utime_text(latest->signer_revoked_at, when));
	if (!soft) out->stale = true;
}

static void judge_revoked(const struct chain *chain, size_t index, struct path_result *attempt,
			  struct path_statuses *out) {
	const struct cert *cert = chain->certs[index];
	const struct path_link *link = &attempt->links[index];
	const struct path_evidence *evidence = &link->evidence[0];
	char when[UTIME_TEXT_MAX];
	utime_text(link->revoked_at, when);
	enum finding_code code = index == 0 ? FINDING_CERT_REVOKED : FINDING_CERT_CA_REVOKED;
	if (evidence->not_issued) {
		code = FINDING_CERT_NOT_ISSUED;
		out->not_issued = true;
	} else if (evidence->reason == CRL_HOLD) {
		code = FINDING_CERT_ON_HOLD;
		out->hold = true;
	} else if (index == 0) {
		out->target_revoked = true;
	} else {
		out->ca_revoked = true;
	}
	finding_add(&attempt->findings, code, "%s: %s, %s", cert->subject_text, when, link->reason);
	if (out->revoked_at == UTIME_NONE || index == 0 || link->revoked_at < out->revoked_at)
		out->revoked_at = link->revoked_at;
}

static void judge_status(const struct path_search *search, const struct chain *chain, size_t index,
			 struct path_result *attempt, struct path_statuses *out) {
	const struct cert *cert = chain->certs[index];
	struct path_link *link = &attempt->links[index];
	if (search->request->revocation == REVOCATION_OFF) {
		finding_add(&attempt->findings, FINDING_REVOCATION_DISABLED, "%s", "");
		return;
	}
	if (revocation_exempt(cert, index == 0 && search->purpose == PATH_OCSP)) {
		link->exempt = true;
		finding_add(&attempt->findings, FINDING_REVOCATION_EXEMPT, "%s", cert->subject_text);
		return;
	}
	struct finding_list objections = {0};
	revocation_find(search, chain, index, link, &objections);
	finding_append(&attempt->findings, &objections);
	if (link->status == REVOCATION_UNKNOWN && link->past_count) {
		judge_abandoned(search, chain, index, attempt, out);
	} else if (link->status == REVOCATION_UNKNOWN) {
		judge_missing(search, chain, index, objections.count > 0, attempt, out);
	} else if (link->status == REVOCATION_REVOKED) {
		judge_revoked(chain, index, attempt, out);
	} else {
		char when[UTIME_TEXT_MAX];
		if (link->revoked_at != UTIME_NONE)
			finding_add(&attempt->findings, FINDING_CERT_REVOKED_LATER, "%s: %s, %s", cert->subject_text,
				    utime_text(link->revoked_at, when), link->reason);
		if (!is_fresh(search, &link->evidence[0])) judge_stale(search, chain, index, attempt, out);
	}
	finding_list_dispose(&objections);
}

void path_find_statuses(const struct path_search *search, const struct chain *chain, struct path_result *attempt,
			struct path_statuses *out) {
	*out = (struct path_statuses){.revoked_at = UTIME_NONE, .retry_at = UTIME_NONE};
	for (size_t i = chain->count - 1; i-- > 0;) judge_status(search, chain, i, attempt, out);
}

bool path_status_signers_valid(const struct path_search *search, const struct chain *chain,
			       struct path_result *attempt) {
	bool valid = true;
	utime at = search->request->at;
	for (size_t i = 0; i + 1 < chain->count; i++) {
		const struct path_link *link = &attempt->links[i];
		if (link->status != REVOCATION_GOOD || link->exempt) continue;
		const struct cert *signer = link->evidence[0].signer;
		if (link->evidence[0].signer_is_anchor || cert_same(signer, chain->certs[i + 1])) continue;
		if (signer->not_before <= at && at <= signer->not_after) continue;
		path_wants_status(attempt, chain->certs[i], chain->certs[i + 1]);
		bool soft = search->request->revocation == REVOCATION_SOFT;
		finding_add(&attempt->findings,
			    soft ? FINDING_REVOCATION_LET_THROUGH : FINDING_REVOCATION_OUT_OF_BOUNDS, "%s",
			    signer->subject_text);
		valid &= soft;
	}
	return valid;
}
