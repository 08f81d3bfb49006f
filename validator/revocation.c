#include "validator/path_internal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EVIDENCE 4096 /* statements kept for one certificate */

bool revocation_exempt(const struct cert *cert, bool responder) {
	return (responder && cert->ocsp_nocheck && cert_has_eku(cert, EKU_OCSP_SIGNING)) || cert->assured_short_term ||
	       (cert->no_rev_avail && !cert->ca && cert->crl_urls.count == 0 && cert->ocsp_urls.count == 0);
}

bool revocation_still_known(const struct cert *cert, utime this_update, utime coverage) {
	utime since = coverage != UTIME_NONE && coverage < this_update ? coverage : this_update;
	return cert->not_after >= since;
}

bool revocation_spend(const struct path_search *search) {
	if (++search->budget->status_checks <= LIMIT_STATUS_SIGNATURE_CHECKS) return true;
	path_limit(search->budget, "signature checks of revocation data");
	search->budget->status_incomplete = true;
	return false;
}

bool revocation_look(const struct path_search *search, size_t answers) {
	struct path_budget *budget = search->budget;
	if (answers <= LIMIT_STATUS_ANSWERS - budget->status_answers) {
		budget->status_answers += (unsigned)answers;
		return true;
	}
	path_limit(budget, "answers of revocation data");
	budget->status_incomplete = true;
	return false;
}

bool revocation_guarded(const struct path_search *search, const struct cert *cert) {
	if (search->guard && search->guard->depth >= LIMIT_STATUS_DEPTH) return true;
	for (const struct path_guard *guard = search->guard; guard; guard = guard->outer)
		if (cert_same(guard->cert, cert)) return true;
	return false;
}

void revocation_accept(const struct path_search *search, const unsigned char *sha256) {
	if (search->request->accepted) poe_add(search->request->accepted, sha256, 0);
}

void revocation_add(struct path_link *link, const struct path_evidence *evidence) {
	if (evidence->signer_revoked_at != UTIME_NONE) {
		if (link->past_count == MAX_EVIDENCE) return;
		ARRAY_GROW(link->past, link->past_count, link->past_cap);
		link->past[link->past_count++] = *evidence;
		return;
	}
	if (link->evidence_count == MAX_EVIDENCE) return;
	ARRAY_GROW(link->evidence, link->evidence_count, link->evidence_cap);
	link->evidence[link->evidence_count++] = *evidence;
}

/* Latest issued first; of two issued together, the one that says revoked. */
static int by_issuance(const void *a, const void *b) {
	const struct path_evidence *x = a, *y = b;
	if (x->this_update != y->this_update) return x->this_update > y->this_update ? -1 : 1;
	if (x->revoked != y->revoked) return x->revoked ? -1 : 1;
	return memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

void revocation_find(const struct path_search *search, const struct chain *chain, size_t index, struct path_link *link,
		     struct finding_list *findings) {
	revocation_from_ocsp(search, chain, index, link, findings);
	revocation_from_crls(search, chain, index, link, findings);
	link->status = REVOCATION_UNKNOWN;
	if (link->past_count) qsort(link->past, link->past_count, sizeof *link->past, by_issuance);
	if (link->evidence_count == 0) return;
	qsort(link->evidence, link->evidence_count, sizeof *link->evidence, by_issuance);
	const struct path_evidence *latest = &link->evidence[0];
	link->by_ocsp = latest->by_ocsp;
	link->produced = latest->this_update;
	link->next_update = latest->next_update;
	memcpy(link->evidence_sha256, latest->sha256, sizeof latest->sha256);
	link->status = REVOCATION_GOOD;
	if (!latest->revoked) return;
	link->revoked_at = latest->revoked_at;
	link->reason = crl_reason_name(latest->reason);
	if (latest->revoked_at <= search->request->at) link->status = REVOCATION_REVOKED;
}
