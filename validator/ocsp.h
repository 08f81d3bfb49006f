/* One BasicOCSPResponse (RFC 6960), bytes kept as received: the signature is over them. */
#ifndef LTVAULT_VALIDATOR_OCSP_H
#define LTVAULT_VALIDATOR_OCSP_H

#include "validator/cert.h"

struct cache;

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };

struct ocsp_single {
	enum digest_alg id_digest;
	struct der name_hash, key_hash, serial; /* elements */
	enum ocsp_status status;
	utime revoked_at;
	unsigned reason; /* enum crl_reason */
	utime this_update, next_update; /* UTIME_NONE: absent */
	utime archive_cutoff;           /* UTIME_NONE: absent */
	struct der cert_hash;           /* CertHash value (SEQUENCE); tag 0 when absent */
	bool unknown_critical;
};

struct ocsp {
	unsigned refs;
	unsigned char *der; /* as received: OCSPResponse or BasicOCSPResponse */
	size_t len;
	unsigned char sha256[SHA256_SIZE];
	struct der tbs, algorithm;
	const unsigned char *signature;
	size_t signature_len;
	struct der responder_name, responder_key; /* one of them; key: contents are the 20 bytes */
	struct buf responder_canonical;
	utime produced_at;
	utime archive_cutoff; /* in responseExtensions, where some responders put it */
	bool unknown_critical, extended_revoke;
	struct ocsp_single *singles;
	size_t single_count;
	struct cert **certs;
	size_t cert_count;
};

/* OCSPResponse (successful, basic) or BasicOCSPResponse; NULL when it is neither or carries no answer. */
struct ocsp *ocsp_parse(struct cache *cache, const unsigned char *der, size_t len);
struct ocsp *ocsp_ref(struct ocsp *ocsp);
void ocsp_unref(struct ocsp *ocsp);

/* The single response's CertID names this certificate as issued under this name and key. */
bool ocsp_single_is_for(const struct ocsp_single *single, const struct cert *cert, const struct cert *issuer);
/* CertHash when present equals the certificate's hash; *present says whether there is one. */
bool ocsp_cert_hash_matches(const struct ocsp_single *single, const struct cert *cert, bool *present);

/* DER of a request for one certificate, SHA-1 CertID, no nonce (answers are kept and shared). */
void ocsp_request(const struct cert *cert, const struct cert *issuer, struct buf *out);

#endif
