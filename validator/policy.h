/* Validation policy: dated algorithm catalogue, freshness, what is required. Data, read from JSON (docs/policy.md).
 *
 * A policy has an identifier and the SHA-256 of its text; every verdict names both. */
#ifndef LTVAULT_VALIDATOR_POLICY_H
#define LTVAULT_VALIDATOR_POLICY_H

#include "base/error.h"
#include "validator/key.h"

struct policy;

/* NULL text: the built-in policy. NULL with err set when it is unusable: each key is checked, unknown ones refused. */
struct policy *policy_load(const char *text, size_t len, struct error *err);
void policy_free(struct policy *policy);
const char *policy_id(const struct policy *policy);
const unsigned char *policy_sha256(const struct policy *policy);

/* Until when (exclusive) a use is reliable: POLICY_NEVER it never was, POLICY_NO_END no end is known. */
#define POLICY_NEVER INT64_MIN
#define POLICY_NO_END INT64_MAX
utime policy_digest_end(const struct policy *policy, enum digest_alg digest);
/* Signature scheme with its key; the digest is not looked at. */
utime policy_key_end(const struct policy *policy, const struct algorithm_use *use);
/* The earlier of both, for a signature value. `what` names the part that ends first ("SHA-1", "RSA PKCS#1 v1.5 1024");
 * owned by the caller; may be NULL when the name is not wanted. */
utime policy_use_end(const struct policy *policy, const struct algorithm_use *use, char **what);
/* Beyond the catalogue's own horizon: an end predicted after its date of issue is judged a warning, not a failure,
 * when the policy says so. */
bool policy_end_is_prediction(const struct policy *policy, utime end);
/* So weak that nothing excuses it, not even judging a path alone: its row says "broken", or there is no row. */
bool policy_use_broken(const struct policy *policy, const struct algorithm_use *use);

/* Certificates and status data under this anchor, issued at `issued`, may be signed with this digest until then,
 * whatever the catalogue says (the old government root signs with SHA-1). POLICY_NEVER: there is no such allowance. */
utime policy_allowance(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE],
		       enum digest_alg digest, utime issued);
/* A trust anchor's own dates: no path to it is accepted before the one, or at or after its sunset. INT64_MIN and
 * POLICY_NO_END when there is none. */
utime policy_anchor_from(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE]);
utime policy_anchor_sunset(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE]);
/* What it is trusted for: signers, time-stamping authorities, separate signers of OCSP responses and CRLs. */
enum policy_purpose { POLICY_FOR_SIGNING, POLICY_FOR_TIMESTAMPING, POLICY_FOR_STATUS, POLICY_PURPOSES };
bool policy_anchor_serves(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE],
			  enum policy_purpose purpose);

enum policy_level { POLICY_IGNORE, POLICY_WARN, POLICY_FAIL };
enum policy_rule {
	POLICY_PATH_ALGORITHMS, /* ended algorithms where nothing but a path is judged (ltvault path) */
	POLICY_TSA_EKU_CRITICAL, /* RFC 3161: the timestamping purpose is critical and alone */
	POLICY_SIGNER_KEY_USAGE, /* digitalSignature or nonRepudiation when keyUsage is present */
	POLICY_SIGNING_CERTIFICATE, /* the ESS signing-certificate attribute in AdES forms */
	POLICY_REFERENCE_DIGESTS, /* the digest of the ESS reference that found the certificate is judged like the others */
	POLICY_SIGNATURE_POLICY, /* the document of the signature policy that a signature names is there */
	POLICY_STATUS_BEFORE_SIGNING, /* all status data of the signer is older than the signature */
	POLICY_ANCHOR_ISSUED_STATUS, /* no status for what an anchor issued itself and that names no source of status */
	POLICY_RULES
};
enum policy_level policy_level(const struct policy *policy, enum policy_rule rule);

/* Oldest acceptable age of revocation data in microseconds; 0: as long as nextUpdate says (EN 319 102-1 5.2.5). */
utime policy_max_age(const struct policy *policy);
/* Allowed difference of clocks for data that comes from live services. */
utime policy_clock_skew(const struct policy *policy);

#endif
