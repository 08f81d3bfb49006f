/* What the files that judge paths share: path.c, path_*.c, revocation*.c. */
#ifndef LTVAULT_VALIDATOR_PATH_INTERNAL_H
#define LTVAULT_VALIDATOR_PATH_INTERNAL_H

#include "base/limits.h"
#include "validator/anchors.h"
#include "validator/cache.h"
#include "validator/crl.h"
#include "validator/ocsp.h"
#include "validator/path.h"

#define EKU_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"

/* Target first, anchor last. */
struct chain {
	struct cert *certs[LIMIT_PATH_DEPTH];
	struct key *keys[LIMIT_PATH_DEPTH]; /* working keys: inherited parameters filled in; one reference each */
	size_t count;
};

/* Signers of status data whose own status is being looked for: none of them may prove itself. */
struct path_guard {
	const struct path_guard *outer;
	const struct cert *cert;
	unsigned depth;
};

/* What one call of path_judge may spend, nested searches included. */
struct path_budget {
	unsigned signature_checks, status_checks, status_answers, paths, comparisons, policy_steps;
	bool exceeded, status_incomplete;
	char *limit; /* name of the one that was exceeded; NULL */
};

struct path_search {
	const struct path_request *request;
	struct cert *target;
	struct cert *only_anchor; /* nested: the trust anchor of the path that asks (RFC 5280 6.3.3 (f)); NULL any */
	enum path_purpose purpose;
	struct path_budget *budget;
	const struct path_guard *guard;
	struct path_result *result;      /* best so far */
	int rank;                        /* of the best so far */
	struct path_result *dead_ends;   /* findings and wants from where no path came out */
	struct chain foreign;            /* the first that ends at a root which is no anchor; certificates alone */
};

void path_limit(struct path_budget *budget, const char *what);

/* Calls `visit` for each complete path, in a fixed order, until it gives true. False when there was no path. */
typedef bool path_visitor(struct path_search *search, struct chain *chain);
bool path_search_run(struct path_search *search, path_visitor *visit);

/* What becomes of the statuses of a path (path_status.c). */
struct path_statuses {
	bool missing, stale, ca_revoked, hold, not_issued, target_revoked;
	utime revoked_at, retry_at;
};
void path_find_statuses(const struct path_search *search, const struct chain *chain, struct path_result *attempt,
			struct path_statuses *out);
/* Step 8: the signers of the data used are valid at the time of the request, or trusted. */
bool path_status_signers_valid(const struct path_search *search, const struct chain *chain,
			       struct path_result *attempt);
/* Step 6: all algorithms of the path and of the status data used. */
bool path_check_algorithms(const struct path_search *search, const struct chain *chain, struct path_result *attempt);

/* RFC 5280 6.1 without validity periods and revocation. False with findings when the chain is no path. */
bool path_check(const struct path_search *search, const struct chain *chain, struct finding_list *findings);
bool path_check_names(const struct chain *chain, struct path_budget *budget, struct finding_list *findings);
bool path_check_policies(const struct chain *chain, const struct val_request *inputs, struct path_budget *budget,
			 struct finding_list *findings);
/* What the purpose asks of the target (EN 319 102-1 5.2.6.4 step 5). */
bool path_check_purpose(const struct path_search *search, const struct chain *chain, struct finding_list *findings);
enum signature_status path_signature(const struct path_search *search, const struct cert *cert, const struct key *key,
				     struct algorithm_use *use);

/* The same judgement for a signer of status data: an anchored path whose status is known, at the time of the request.
 * Its own validity period is for the caller. */
bool path_judge_signer(const struct path_search *outer, struct cert *signer, struct cert *anchor);
/* Status of chain->certs[index]; fills the link's status fields and evidence. */
void revocation_find(const struct path_search *search, const struct chain *chain, size_t index, struct path_link *link,
		     struct finding_list *findings);
/* Parts of it: append what is acceptable. */
void revocation_from_ocsp(const struct path_search *search, const struct chain *chain, size_t index,
			  struct path_link *link, struct finding_list *findings);
void revocation_from_crls(const struct path_search *search, const struct chain *chain, size_t index,
			  struct path_link *link, struct finding_list *findings);
void revocation_add(struct path_link *link, const struct path_evidence *evidence);
/* The CRL or OCSP response is authentic and about the certificate; the certificate's key verifies one of a path. */
void revocation_accept(const struct path_search *search, const unsigned char *sha256);
bool revocation_spend(const struct path_search *search); /* one signature check; false: the budget is used up */
bool revocation_look(const struct path_search *search, size_t answers); /* the same for what is looked through */
bool revocation_guarded(const struct path_search *search, const struct cert *cert);
/* Its status need not be known. `responder`: it is asked for as the signer of an OCSP response, where alone
 * ocsp-nocheck counts (RFC 6960 4.2.2.2.1). */
bool revocation_exempt(const struct cert *cert, bool responder);
/* The status of a responder's certificate is known by what others say, or need not be (ocsp-nocheck). *revoked_at: since when it
 * is revoked, as known now; UTIME_NONE: it is not. */
bool revocation_signer_good(const struct path_search *search, const struct chain *chain, size_t issuer,
			    struct cert *signer, utime *revoked_at);
/* Reasons for which this CRL speaks about the certificate (RFC 5280 6.3.3 (b), (d)); 0: none. */
unsigned revocation_crl_scope(const struct crl *crl, const struct cert *cert);
/* Row 7: an issuer that may forget expired certificates says nothing by not listing one. */
bool revocation_still_known(const struct cert *cert, utime this_update, utime coverage);

/* What would help. */
void path_wants_status(struct path_result *result, const struct cert *cert, const struct cert *issuer);
void path_wants_issuer(struct path_result *result, const struct cert *cert);

#endif
