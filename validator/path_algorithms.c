#include "validator/path_internal.h"

#include <stdlib.h>

/* When a use ends for what was issued then under this path's anchor: the catalogue, or an allowance for its digest. */
static utime end_under_anchor(const struct path_search *search, const struct chain *chain,
			      const struct algorithm_use *use, utime issued, bool *allowed) {
	const struct policy *policy = search->request->policy;
	utime end = policy_use_end(policy, use, NULL), key = policy_key_end(policy, use);
	utime until = policy_allowance(policy, chain->certs[chain->count - 1]->sha256, use->digest, issued);
	if (until > key) until = key;
	*allowed = until > end;
	return *allowed ? until : end;
}

static bool judge(const struct path_search *search, const struct chain *chain, const struct algorithm_use *use,
		  utime issued, const char *name, struct path_result *attempt) {
	const struct policy *policy = search->request->policy;
	bool allowed, ok = true;
	utime end = end_under_anchor(search, chain, use, issued, &allowed);
	char *what, until[UTIME_TEXT_MAX];
	if (search->request->at < end && !allowed) return true;
	utime named = policy_use_end(policy, use, &what);
	utime_text(named == POLICY_NEVER ? UTIME_NONE : named, until);
	enum finding_code code = FINDING_ALGORITHM_ENDED;
	/* with nothing signed at stake it is the path that is asked about, unless it can be forged by anyone */
	bool path_only = search->request->purpose == PATH_ANY && !policy_use_broken(policy, use) &&
			 policy_level(policy, POLICY_PATH_ALGORITHMS) != POLICY_FAIL;
	if (search->request->at < end) {
		code = FINDING_ALGORITHM_ALLOWED;
	} else if (path_only || policy_end_is_prediction(policy, end)) {
		code = FINDING_ALGORITHM_ENDED_WARNING;
	} else {
		if (end == POLICY_NEVER) code = FINDING_ALGORITHM_UNKNOWN;
		if (attempt->algorithm_until == POLICY_NO_END || end < attempt->algorithm_until)
			attempt->algorithm_until = end;
		ok = false;
	}
	finding_add(&attempt->findings, code, "%s: %s%s%s", name, what, *until ? ", until " : "", until);
	free(what);
	return ok;
}

bool path_check_algorithms(const struct path_search *search, const struct chain *chain, struct path_result *attempt) {
	bool ok = true, allowed;
	attempt->algorithm_until = POLICY_NO_END;
	for (size_t i = 0; i + 1 < chain->count; i++) {
		struct algorithm_use use;
		struct path_link *link = &attempt->links[i];
		const struct cert *cert = chain->certs[i];
		path_signature(search, cert, chain->keys[i + 1], &use);
		link->algorithm_end = end_under_anchor(search, chain, &use, cert->not_before, &allowed);
		ok &= judge(search, chain, &use, cert->not_before, cert->subject_text, attempt);
		for (size_t k = 0; k < link->evidence_count; k++)
			link->evidence[k].algorithm_end = end_under_anchor(search, chain, &link->evidence[k].use,
									   link->evidence[k].this_update, &allowed);
		for (size_t k = 0; k < link->past_count; k++)
			link->past[k].algorithm_end = end_under_anchor(search, chain, &link->past[k].use, link->past[k].this_update, &allowed);
		if (link->evidence_count == 0) continue;
		const struct path_evidence *used = &link->evidence[0];
		ok &= judge(search, chain, &used->use, used->this_update, used->by_ocsp ? "OCSP response" : "CRL",
			    attempt);
		/* a delegate's certificate; other signers of lists have had a path of their own */
		if (!used->by_ocsp || cert_same(used->signer, chain->certs[i + 1])) continue;
		path_signature(search, used->signer, chain->keys[i + 1], &use);
		ok &= judge(search, chain, &use, used->signer->not_before, used->signer->subject_text, attempt);
	}
	return ok;
}
