/* Signed attributes that say who signed, when and with what (RFC 5035, RFC 6211, RFC 5652 11). */
#ifndef LTVAULT_VALIDATOR_ATTRIBUTES_H
#define LTVAULT_VALIDATOR_ATTRIBUTES_H

#include "validator/cert.h"
#include "validator/cms.h"

#define OID_CONTENT_TYPE "1.2.840.113549.1.9.3"
#define OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define OID_SIGNING_TIME "1.2.840.113549.1.9.5"
#define OID_COUNTERSIGNATURE "1.2.840.113549.1.9.6"
#define OID_ALGORITHM_PROTECTION "1.2.840.113549.1.9.52"
#define OID_SIGNING_CERTIFICATE "1.2.840.113549.1.9.16.2.12"
#define OID_SIGNATURE_TIMESTAMP "1.2.840.113549.1.9.16.2.14"
#define OID_SIGNATURE_POLICY "1.2.840.113549.1.9.16.2.15"
#define OID_SIGNATURE_POLICY_STORE "0.4.0.19122.1.3"
#define OID_CONTENT_TIMESTAMP "1.2.840.113549.1.9.16.2.20"
#define OID_CERTIFICATE_VALUES "1.2.840.113549.1.9.16.2.23"
#define OID_REVOCATION_VALUES "1.2.840.113549.1.9.16.2.24"
#define OID_SIGNING_CERTIFICATE_V2 "1.2.840.113549.1.9.16.2.47"
#define OID_ARCHIVE_TIMESTAMP_V2 "1.2.840.113549.1.9.16.2.48"
#define OID_ARCHIVE_TIMESTAMP_V3 "0.4.0.1733.2.4"
#define OID_ADOBE_REVOCATION "1.2.840.113583.1.1.8"

/* One ESSCertID or ESSCertIDv2. */
struct ess_ref {
	enum digest_alg digest;
	const unsigned char *hash;
	size_t hash_len;
	struct der names, serial; /* issuerSerial; start is NULL when absent */
};

#define ESS_REFS 64 /* references kept of one attribute: a path has at most LIMIT_PATH_DEPTH certificates */
struct ess {
	bool present;   /* well-formed, once, with one value and at least one reference */
	bool malformed; /* there, but not as above: counts as absent (EN 319 102-1 5.2.8.4.1) */
	struct ess_ref refs[ESS_REFS];
	size_t count;
};

/* The signing-certificate attribute of version 1 (SHA-1) or 2 in a signed attribute set. */
void ess_read(const struct der *signed_attrs, int version, struct ess *out);
bool ess_ref_is(const struct ess_ref *ref, const struct cert *cert);
enum ess_issuer { ESS_ISSUER_ABSENT, ESS_ISSUER_SAME, ESS_ISSUER_OTHER };
enum ess_issuer ess_ref_issuer(const struct ess_ref *ref, const struct cert *cert);

/* The signer identifier names this certificate: issuer and serial number, or key identifier. */
bool signer_names(const struct cms_signer *signer, const struct cert *cert);
/* The claimed time; UTIME_NONE when absent or malformed. */
utime signing_time_claimed(const struct der *signed_attrs);
/* RFC 6211: false when a CMSAlgorithmProtection attribute contradicts the SignerInfo. */
bool algorithm_protection_holds(const struct cms_signer *signer);

#endif
