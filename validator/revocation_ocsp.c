#include "validator/path_internal.h"

#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

static enum signature_status response_signature(const struct path_search *search, const struct ocsp *ocsp,
						const struct key *key, struct algorithm_use *use) {
	struct cache_signature signature = {
		.sha256 = ocsp->sha256,
		.tbs = &ocsp->tbs,
		.algorithm = &ocsp->algorithm,
		.signature = ocsp->signature,
		.signature_len = ocsp->signature_len,
	};
	return cache_verify(search->request->cache, &signature, key, use);
}

static bool names_responder(const struct ocsp *ocsp, const struct cert *cert) {
	if (ocsp->responder_key.tag) {
		unsigned char hash[20];
		cert_key_sha1(cert, hash);
		return ocsp->responder_key.len == 20 && !memcmp(hash, ocsp->responder_key.data, 20);
	}
	return name_equal(&ocsp->responder_canonical, &cert->subject_name);
}

/* A delegate whose certificate is good at the time in question, and now; one that was revoked after it answered, with the time in
 * *revoked_at; or none. */
enum delegate { DELEGATE_NONE, DELEGATE_REVOKED, DELEGATE_GOOD };

/* RFC 6960 4.2.2.2 (3): issued directly by the CA that issued the certificate in question, with that very key, and
 * marked for it. Neither anyExtendedKeyUsage nor an issuer further up authorises. */
static enum delegate delegate_of(const struct path_search *search, const struct chain *chain, size_t issuer, struct cert *cert,
				 const struct ocsp *ocsp, utime *revoked_at) {
	struct algorithm_use use;
	*revoked_at = UTIME_NONE;
	if (!cert_has_eku(cert, EKU_OCSP_SIGNING) || !cert_key_usage(cert, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))
		return DELEGATE_NONE;
	if (!name_equal(&cert->issuer_name, &chain->certs[issuer]->subject_name) || cert->faults) return DELEGATE_NONE;
	if (ocsp->produced_at < cert->not_before || ocsp->produced_at > cert->not_after) return DELEGATE_NONE;
	if (path_signature(search, cert, chain->keys[issuer], &use) != SIGNATURE_VALID) return DELEGATE_NONE;
	if (!revocation_signer_good(search, chain, issuer, cert, revoked_at)) return DELEGATE_NONE;
	if (*revoked_at == UTIME_NONE) return DELEGATE_GOOD;
	if (ocsp->produced_at >= *revoked_at) return DELEGATE_NONE;
	/* Whoever has its key can date an answer back: before its end alone counts what is proven to be from before it. */
	const struct path_request *q = search->request;
	bool proven = q->poes && poe_find(q->poes, ocsp->sha256, INT64_MAX) < *revoked_at;
	return proven && q->at < *revoked_at ? DELEGATE_GOOD : DELEGATE_REVOKED;
}

/* Who signed the response, with the right to speak for the issuer; NULL when nobody did. *revoked_at: a delegate that has none any
 * more since then; UTIME_NONE for all others. */
static struct cert *find_signer(const struct path_search *search, const struct chain *chain, size_t issuer,
				const struct ocsp *ocsp, struct algorithm_use *use, utime *revoked_at) {
	struct cert *ca = chain->certs[issuer], *revoked = NULL;
	utime when;
	*revoked_at = UTIME_NONE;
	bool anchor = issuer + 1 == chain->count;
	if (names_responder(ocsp, ca) && revocation_spend(search) &&
	    response_signature(search, ocsp, chain->keys[issuer], use) == SIGNATURE_VALID)
		return anchor || (ca->not_before <= ocsp->produced_at && ocsp->produced_at <= ca->not_after) ? ca
													     : NULL;
	const struct pool *pool = search->request->pool;
	for (size_t i = 0; i < pool_cert_count(pool); i++) {
		struct cert *cert = pool_cert(pool, i);
		if (!names_responder(ocsp, cert) || !revocation_spend(search)) continue;
		if (response_signature(search, ocsp, cert->key, use) != SIGNATURE_VALID) continue;
		enum delegate delegate = delegate_of(search, chain, issuer, cert, ocsp, &when);
		if (delegate == DELEGATE_GOOD) return *revoked_at = UTIME_NONE, cert;
		if (delegate == DELEGATE_REVOKED && !revoked) revoked = cert, *revoked_at = when;
	}
	return revoked;
}

static utime cutoff(const struct ocsp *ocsp, const struct ocsp_single *single) {
	return single->archive_cutoff != UTIME_NONE ? single->archive_cutoff : ocsp->archive_cutoff;
}

/* Why a single response that names the certificate says nothing about it; NULL when it does. */
static const char *objection(const struct ocsp *ocsp, const struct ocsp_single *single, const struct cert *cert) {
	bool known;
	if (single->status == OCSP_UNKNOWN) return "the responder does not know the certificate";
	if (ocsp->unknown_critical || single->unknown_critical) return "it has an unknown critical extension";
	if (!ocsp_cert_hash_matches(single, cert, &known)) return "it is about a certificate with another hash";
	if (single->next_update != UTIME_NONE && single->next_update < single->this_update)
		return "its times contradict each other";
	if (single->status == OCSP_REVOKED) return NULL;
	if (single->this_update < cert->not_before) return "it is older than the certificate";
	if (!known && !revocation_still_known(cert, single->this_update, cutoff(ocsp, single)))
		return "it was issued after the certificate's end, which it does not cover";
	return NULL;
}

static void add(const struct path_search *search, const struct ocsp *ocsp, const struct ocsp_single *single,
		struct cert *signer, utime signer_revoked_at, const struct algorithm_use *use, struct path_link *link) {
	struct path_evidence evidence = {
		.by_ocsp = true,
		.revoked = single->status == OCSP_REVOKED,
		.this_update = single->this_update,
		.next_update = single->next_update,
		.revoked_at = single->revoked_at,
		.reason = single->reason,
		.algorithm_end = policy_use_end(search->request->policy, use, NULL),
		.use = *use,
		.signer = signer,
		.signer_is_anchor = anchors_has(search->request->anchors, signer),
		.signer_revoked_at = signer_revoked_at,
		.not_issued = ocsp->extended_revoke && single->status == OCSP_REVOKED && single->reason == CRL_HOLD &&
			      single->revoked_at == 0,
	};
	memcpy(evidence.sha256, ocsp->sha256, SHA256_SIZE);
	if (signer_revoked_at == UTIME_NONE) revocation_accept(search, ocsp->sha256);
	revocation_add(link, &evidence);
}

/* The signer is looked for once a response, however many single responses name the certificate. */
static void consider(const struct path_search *search, const struct chain *chain, size_t index, const struct ocsp *ocsp,
		     struct path_link *link, struct finding_list *findings) {
	const struct cert *cert = chain->certs[index];
	struct cert *signer = NULL;
	struct algorithm_use use;
	utime revoked_at = UTIME_NONE;
	bool sought = false;
	if (!revocation_look(search, ocsp->single_count)) return;
	for (size_t k = 0; k < ocsp->single_count; k++) {
		const struct ocsp_single *single = &ocsp->singles[k];
		if (!ocsp_single_is_for(single, cert, chain->certs[index + 1])) continue;
		const char *reason = objection(ocsp, single, cert);
		if (!reason && !sought) signer = find_signer(search, chain, index + 1, ocsp, &use, &revoked_at);
		sought |= !reason;
		if (!reason && !signer) reason = "no authorised responder signed it";
		if (!reason) add(search, ocsp, single, signer, revoked_at, &use, link);
		if (!reason && revoked_at != UTIME_NONE) reason = "its responder has been revoked since";
		if (reason)
			finding_add(findings, FINDING_REVOCATION_NOT_USABLE, "%s: OCSP response: %s",
				    cert->subject_text, reason);
	}
}

void revocation_from_ocsp(const struct path_search *search, const struct chain *chain, size_t index,
			  struct path_link *link, struct finding_list *findings) {
	const struct pool *pool = search->request->pool;
	for (size_t i = 0; i < pool_ocsp_count(pool); i++)
		consider(search, chain, index, pool_ocsp(pool, i), link, findings);
}

bool revocation_signer_good(const struct path_search *search, const struct chain *chain, size_t issuer,
			    struct cert *signer, utime *revoked_at) {
	utime now = search->request->now ? search->request->now : search->request->at;
	*revoked_at = UTIME_NONE;
	if (revocation_exempt(signer, true) || search->request->revocation == REVOCATION_OFF) return true;
	if (revocation_guarded(search, signer)) return false; /* it must not prove itself */
	struct path_guard guard = {
		.outer = search->guard, .cert = signer, .depth = search->guard ? search->guard->depth + 1 : 1};
	struct path_search inner = *search;
	inner.guard = &guard;
	/* its path is the rest of the one that asks */
	struct chain own = {.certs = {signer}, .keys = {signer->key}, .count = 1};
	for (size_t i = issuer; i < chain->count; i++) {
		own.certs[own.count] = chain->certs[i];
		own.keys[own.count++] = chain->keys[i];
	}
	struct path_link link = {.revoked_at = UTIME_NONE};
	struct finding_list findings = {0};
	revocation_find(&inner, &own, 0, &link, &findings);
	/* Where nothing is known of the responder, nothing counts that it says: its own status is wanted too. */
	if (link.status == REVOCATION_UNKNOWN) path_wants_status(search->dead_ends, signer, chain->certs[issuer]);
	bool good = link.status != REVOCATION_UNKNOWN || search->request->revocation == REVOCATION_SOFT;
	if (link.status != REVOCATION_UNKNOWN && link.revoked_at != UTIME_NONE && link.revoked_at <= now) *revoked_at = link.revoked_at;
	finding_list_dispose(&findings);
	free(link.evidence);
	free(link.past);
	return good;
}
