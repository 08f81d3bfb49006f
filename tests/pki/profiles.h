/* The certificates of the test PKI, one row each, and the instants that everything in it is built around. */
#ifndef LTVAULT_TESTS_PKI_PROFILES_H
#define LTVAULT_TESTS_PKI_PROFILES_H

enum cert_id {
	ROOT_G1,
	SUB_G1,
	ROOT_G2,
	SUB_G2,
	OCSP_ROOT_G2,
	OCSP_G2,
	TSA_G2,
	SUB_CLOSED_G2,
	UNKNOWN_CA,
	CHAIRMAN,
	DEPUTY,
	OFFICE,
	CHIEF_P256,
	DEPARTMENT_P384,
	WARD_CHAIRMAN,
	WARD,
	REVOKED_PERSON,
	HELD_PERSON,
	EXPIRED_PERSON,
	FUTURE_PERSON,
	LATE_PERSON,
	WRONG_USAGE,
	WEAK_PERSON,
	G1_PERSON,
	UNKNOWN_PERSON,
	CLOSED_PERSON,
	TSA_EXPIRED,
	OCSP_EXPIRED,
	CERT_IDS,
};

enum cert_shape { /* which extensions, in which order: see cert_make.c */
		  SHAPE_ROOT,
		  SHAPE_SUB_G1,
		  SHAPE_SUB_G2,
		  SHAPE_OCSP,
		  SHAPE_TSA,
		  SHAPE_LEAF_G1,
		  SHAPE_LEAF_G2,
		  SHAPE_LEAF_ENCRYPT_ONLY,
};

struct cert_profile {
	const char *name; /* of the file, and of its CRL when it is a CA */
	enum cert_id issuer;
	enum cert_shape shape;
	const char *key;    /* keys/KEY.pem */
	const char *digest; /* of the issuer's signature */
	unsigned long long serial;
	const char *not_before, *not_after;
	const char *subject; /* "C=VN|O=...|CN=...", in order, UTF-8 NFC */
};
extern const struct cert_profile cert_profiles[CERT_IDS];

struct revocation_row {
	enum cert_id cert;
	const char *when;
	int reason; /* RFC 5280 5.3.1 */
};
extern const struct revocation_row revocations[];
extern const int revocation_count;

#define PKI_REVOKED_AT "20260615080000Z"
#define PKI_CA_CLOSED_AT "20260901000000Z"     /* a CA revoked, cessation of operation */
#define PKI_EVIDENCE_FROM "20261101000000Z"    /* thisUpdate of what evidence/ holds */
#define PKI_EVIDENCE_UNTIL "20310101000000Z"   /* its nextUpdate */
#define PKI_EXPECTED_AT "2026-12-01T00:00:00Z" /* the validation time of expected.tsv */
#define PKI_DEFAULT_URL "http://127.0.0.1:8089"

#endif
