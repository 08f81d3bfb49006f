/* X.509 certificate validation: EN 319 102-1 5.2.6 over RFC 5280 6.1, with revocation of every certificate.
 *
 * Builds all candidate paths from the target to the anchors within the limits, tries them in a fixed order, and
 * returns the first that passes, else the most advanced failure. Own code on purpose: X509_verify_cert does not
 * backtrack, ignores revocation times and cannot say which of the standard's outcomes it met (docs/verdicts.md). */
#ifndef LTVAULT_VALIDATOR_PATH_H
#define LTVAULT_VALIDATOR_PATH_H

#include "validator/cert.h"
#include "validator/finding.h"
#include "validator/indication.h"
#include "validator/poe.h"
#include "validator/policy.h"
#include "validator/pool.h"
#include "validator/validator.h"

enum path_purpose { PATH_SIGNER, PATH_TSA, PATH_OCSP, PATH_CRL, PATH_ANY };

struct path_request {
	struct cert *target;
	const struct anchors *anchors; /* validator/anchors.h */
	const struct pool *pool;
	struct cache *cache;
	const struct policy *policy; /* algorithms and freshness */
	utime at;
	utime now;                   /* the time of the validation where `at` lies before it, else 0: what is known of signers of status
	                              * data today counts for what they signed earlier, too */
	const struct poe_set *poes;  /* what proves that such data are older; NULL: nothing does */
	enum revocation_mode revocation;
	enum path_purpose purpose;
	const struct val_request *inputs; /* RFC 5280 policy inputs; NULL for none */
	struct poe_set *accepted; /* NULL, or told of every CRL and OCSP response that speaks with authority, and of issuers */
	uint64_t *considered; /* NULL, or certificates looked at so far, shared by the paths of one document */
};

enum revocation_status { REVOCATION_UNKNOWN, REVOCATION_GOOD, REVOCATION_REVOKED, REVOCATION_NOT_CHECKED };

/* One acceptable statement about a certificate's status (EN 319 102-1 5.2.6 and digest of its data), whatever its age:
 * input of validation time sliding. */
struct path_evidence {
	bool by_ocsp, revoked;
	utime this_update, next_update; /* UTIME_NONE: absent */
	utime revoked_at;               /* UTIME_NONE unless revoked */
	unsigned reason;                /* enum crl_reason */
	utime algorithm_end;            /* of its own signature; POLICY_NEVER, POLICY_NO_END as in policy.h */
	struct algorithm_use use;       /* that signature */
	bool not_issued;                /* the responder says that it never issued this certificate (RFC 6960 2.2) */
	struct cert *signer;            /* borrowed as the link's */
	bool signer_is_anchor;
	utime signer_revoked_at;  /* the delegate that signed it was revoked after that; UTIME_NONE: it was not */
	unsigned char sha256[32]; /* of the CRL or OCSP response */
};

/* One certificate of the chain, from the target (0) to the anchor. */
struct path_link {
	struct cert *cert; /* borrowed from pool, anchors or cache */
	bool anchor;
	enum revocation_status status;
	bool by_ocsp;   /* else by CRL */
	utime produced; /* thisUpdate of the data used; UTIME_NONE none */
	utime next_update;
	utime revoked_at;                  /* UTIME_NONE unless revoked (also when the revocation lies after `at`) */
	const char *reason;                /* RFC 5280 name, "unspecified" ..., NULL when not revoked */
	unsigned char evidence_sha256[32]; /* of the CRL or OCSP response used; zero none */
	struct path_evidence *evidence;    /* everything acceptable, latest issued first */
	size_t evidence_count, evidence_cap;
	struct path_evidence *past;        /* the same by delegates that have been revoked since: nothing today, and evidence of the past
	                                    * where it is proven to be older than that */
	size_t past_count, past_cap;
	utime algorithm_end; /* of the signature on this certificate; POLICY_NO_END for the anchor */
	utime trusted_until; /* the anchor's sunset by the policy; POLICY_NO_END for all others */
	bool exempt;         /* its status need not be known (ocsp-nocheck, assured short term) */
};

struct path_want {
	const char *kind; /* "ocsp", "crl", "issuer" */
	char *url;
	unsigned char *request; /* DER of an OCSP request; NULL for a GET */
	size_t request_len;
	unsigned char for_sha256[32];
};

struct path_result {
	struct outcome outcome; /* INDICATION_PASSED, _INDETERMINATE or _FAILED */
	struct path_link *links;
	size_t link_count;
	utime revoked_at;      /* of the certificate that made it REVOKED_* or is on hold: to compare with proofs */
	bool on_hold;          /* TRY_LATER because of a suspension, not of stale data */
	utime retry_at;        /* TRY_LATER: when newer data is promised; UTIME_NONE unknown */
	utime algorithm_until; /* CRYPTO_*: until when what failed first was reliable, or POLICY_NEVER */
	struct finding_list findings;
	struct path_want *wants;
	size_t want_count, want_cap;
};

/* Always gives a result; a limit reached is INDETERMINATE/CUSTOM with LIMIT_REACHED. */
void path_judge(const struct path_request *request, struct path_result *result);
void path_result_dispose(struct path_result *result);

#endif
