/* One certificate revocation list, RFC 5280 5, indexed by serial number. What it says at a time is judged elsewhere. */
#ifndef LTVAULT_VALIDATOR_CRL_H
#define LTVAULT_VALIDATOR_CRL_H

#include "base/mem.h"
#include "validator/der.h"

/* Bits as in DistributionPoint reasons (bit 1 keyCompromise ... bit 8 aACompromise). */
#define CRL_ALL_REASONS 0x1feU

enum crl_reason { CRL_UNSPECIFIED, CRL_KEY_COMPROMISE, CRL_CA_COMPROMISE, CRL_AFFILIATION_CHANGED, CRL_SUPERSEDED,
	CRL_CESSATION, CRL_HOLD, CRL_REMOVE = 8, CRL_PRIVILEGE_WITHDRAWN, CRL_AA_COMPROMISE };
const char *crl_reason_name(unsigned reason); /* "keyCompromise"; "unspecified" for what is not known */

struct crl_entry { /* pointers into der */
	const unsigned char *serial; /* contents of the INTEGER */
	const unsigned char *issuer; /* certificateIssuer in force (GeneralNames element); NULL: the CRL's issuer */
	uint32_t serial_len, issuer_len;
	uint32_t rest_len; /* of the entry after the serial */
	uint32_t order;    /* position in the list */
};

struct crl {
	unsigned refs;
	unsigned char *der;
	size_t len;
	unsigned char sha256[SHA256_SIZE];
	struct der tbs, inner_algorithm, algorithm, issuer;
	const unsigned char *signature;
	size_t signature_len;
	struct buf issuer_name; /* canonical */
	char *issuer_text;
	utime this_update, next_update; /* UTIME_NONE: absent */

	struct der aki_key_id, number, base_number; /* tag 0 when absent; base_number present: a delta CRL */
	bool has_idp, only_user, only_ca, only_attribute, indirect;
	struct der idp_point;  /* DistributionPointName; tag 0 when absent */
	unsigned only_reasons; /* CRL_ALL_REASONS when not limited */
	utime expired_certs;   /* expiredCertsOnCRL; UTIME_NONE */
	bool unknown_critical; /* CRL or entry extension that we do not know: it may revoke, it cannot clear */
	bool malformed;        /* inner and outer algorithm differ, duplicate or malformed extension: not usable */
	struct der freshest_crl; /* tag 0 when absent */

	struct crl_entry *entries; /* sorted by serial, then order */
	size_t entry_count;
};

struct crl *crl_parse(const unsigned char *der, size_t len); /* NULL when it is none */
struct crl *crl_ref(struct crl *crl);
void crl_unref(struct crl *crl);

struct crl_status {
	utime revoked_at, invalid_since; /* invalid_since: invalidityDate, UTIME_NONE none */
	unsigned reason;
};
/* Looks up a serial (INTEGER element) of an issuer (canonical name). False when it is not listed. */
bool crl_find(const struct crl *crl, const struct der *serial, const struct buf *issuer_name, struct crl_status *out);

#endif
