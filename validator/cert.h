/* One X.509 certificate, read by our own DER reader from bytes that are kept as they came.
 *
 * Immutable once made and shared by count through the cache. Two certificates are the same when their sha256 are:
 * never compare pointers. Reading is lenient where validation can say more: what is wrong inside is a fault, which
 * makes a path fail (RFC 5280 6.1), not an unreadable certificate. */
#ifndef LTVAULT_VALIDATOR_CERT_H
#define LTVAULT_VALIDATOR_CERT_H

#include "base/mem.h"
#include "validator/key.h"

enum cert_role { CERT_ROLE_UNKNOWN, CERT_ROLE_PERSON, CERT_ROLE_ORGANISATION, CERT_ROLE_DEVICE };

enum {
	KU_DIGITAL_SIGNATURE = 1 << 0, KU_NON_REPUDIATION = 1 << 1, KU_KEY_ENCIPHERMENT = 1 << 2,
	KU_DATA_ENCIPHERMENT = 1 << 3, KU_KEY_AGREEMENT = 1 << 4, KU_CERT_SIGN = 1 << 5, KU_CRL_SIGN = 1 << 6,
};

/* Why RFC 5280 4.1 or 4.2 refuses it although it could be read. */
enum cert_fault {
	CERT_FAULT_EXTENSION = 1 << 0,   /* an extension that we use is malformed */
	CERT_FAULT_DUPLICATE = 1 << 1,   /* one extension twice */
	CERT_FAULT_CRITICAL = 1 << 2,    /* a critical extension that we do not know: `unknown_critical` */
	CERT_FAULT_ALGORITHMS = 1 << 3,  /* inner and outer AlgorithmIdentifier differ */
	CERT_FAULT_VERSION = 1 << 4,     /* extensions without version 3, or no known version */
	CERT_FAULT_SERIAL = 1 << 5,      /* longer than 64 bytes, or empty */
};

struct cert_texts {
	char **items;
	size_t count, cap;
};

struct cert {
	unsigned refs;
	unsigned char *der; /* the received bytes, exactly one element */
	size_t len;
	unsigned char sha256[SHA256_SIZE];

	/* Elements within der. */
	struct der tbs, inner_algorithm, algorithm, serial, issuer, subject, spki;
	const unsigned char *signature;
	size_t signature_len;
	int version; /* 1, 2, 3 */
	utime not_before, not_after;
	struct key *key; /* never NULL; see key.h for what it may lack */

	char *subject_text, *issuer_text; /* RFC 4514 order and escaping, UTF-8; "" when empty */
	char *common_name;                /* the last CN of the subject, UTF-8; "" when there is none */
	char *serial_text;                /* lower-case hexadecimal of the INTEGER's contents */
	struct buf subject_name, issuer_name; /* canonical (names.h): equal bytes are equal names */
	bool self_issued;

	/* Extensions. An absent one has tag 0 (struct der) or its neutral value. */
	struct der ski, aki_key_id; /* contents are the key identifier */
	bool has_basic_constraints, ca;
	int path_len; /* -1 none */
	bool has_key_usage;
	unsigned key_usage; /* KU_* */
	bool has_eku, eku_critical;
	struct cert_texts eku; /* dotted OIDs */
	struct der subject_alt_name, name_constraints, policies, policy_mappings, policy_constraints, inhibit_any,
		crl_points, freshest_crl; /* the extension's value, parsed where it is used; tag 0 when absent */
	bool ocsp_nocheck, no_rev_avail, assured_short_term;
	bool for_signature, for_seal; /* QcType of EN 319 412-5: of a natural, of a legal person */
	struct cert_texts ocsp_urls, issuer_urls, crl_urls; /* http and https only, in their order */

	unsigned faults; /* enum cert_fault */
	char *unknown_critical; /* dotted OID; "" */
};

/* NULL when the bytes are not exactly one certificate. The caller owns one reference. Prefer cache_cert(). */
struct cert *cert_parse(const unsigned char *der, size_t len);
struct cert *cert_ref(struct cert *cert);
void cert_unref(struct cert *cert);

bool cert_same(const struct cert *a, const struct cert *b);
/* True when there is no key usage extension, or one of these bits is set. */
bool cert_key_usage(const struct cert *cert, unsigned any_of);
bool cert_has_eku(const struct cert *cert, const char *oid); /* named explicitly; anyExtendedKeyUsage does not count */
enum cert_role cert_role(const struct cert *cert);
const char *cert_role_name(enum cert_role role); /* "person", "organisation", "device", "unknown" */
/* SHA-1 of the public key's bits (RFC 5280 4.2.1.2 (1)): key identifiers and responder ids. */
void cert_key_sha1(const struct cert *cert, unsigned char out[static 20]);
/* Those bits: the BIT STRING's contents without the octet that counts unused ones. Borrowed. */
const unsigned char *cert_public_key_bits(const struct cert *cert, size_t *len);

#endif
