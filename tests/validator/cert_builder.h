/* Makes certificates, CRLs and OCSP responses for tests, each part as the test wants it, and the scene they are judged in.
 *
 * Keys by name: "1", "2" ... are Ed25519 keys with that seed, so that everything made with them is the same bytes every
 * time; other names are files of tests/pki/keys. */
#ifndef LTVAULT_TESTS_CERT_BUILDER_H
#define LTVAULT_TESTS_CERT_BUILDER_H

#include "base/mem.h"
#include "base/utime.h"
#include "validator/path.h"

#include <openssl/x509.h>

struct made {
	X509 *x509;
	EVP_PKEY *key;
	struct buf der;
};

struct cert_plan {
	const char *subject;      /* "CN=Name,O=Unit": in the order of encoding */
	const char *key;
	const struct made *issuer; /* NULL: self-signed */
	const char *issuer_name;   /* NULL: the issuer's */
	long serial;              /* 0: 1 */
	const char *from, *to;    /* "20200101000000Z"; NULL: 2020 to 2030 */
	const char *const *extensions; /* "name", "value" pairs as in OpenSSL's configuration; NULL ends */
	const char *config;       /* sections that values refer to */
	const char *digest;       /* for RSA and EC keys; NULL: SHA256 */
	bool version_1;
};
struct made cert_make(const struct cert_plan *plan);
void made_free(struct made *made);
EVP_PKEY *key_make(const char *name);

struct crl_plan {
	const struct made *issuer;
	const char *this_update, *next_update; /* NULL: 20260101000000Z, 20270101000000Z; "" no nextUpdate */
	const char *const *revoked;            /* "serial", "time", "reason" (decimal; "" none) triples */
	const char *const *extensions;         /* pairs */
	const char *const *entry_extensions;   /* pairs, on every entry */
	const char *config;
};
struct buf crl_make(const struct crl_plan *plan);

struct ocsp_plan {
	const struct made *cert, *issuer, *signer; /* signer NULL: the issuer */
	const struct made *by_key;                 /* responder id by this key; NULL: by the signer's name */
	int status;                                /* 0 good, 1 revoked, 2 unknown */
	const char *revoked_at;
	int reason;                                /* 0: none written */
	const char *this_update, *next_update, *produced; /* NULL: 20260101000000Z, 20270101000000Z, thisUpdate */
	const char *archive_cutoff;
	const char *digest;                        /* of the CertID; NULL: SHA1 */
	const struct buf *cert_hash_of;            /* CertHash over these bytes */
	bool no_certs, critical, wrapped_only;     /* unknown critical extension; BasicOCSPResponse alone */
	bool extended_revoke;                      /* RFC 6960 4.4.8 among the response's extensions */
	const struct made *also_first;             /* another certificate's good answer comes first */
};
struct buf ocsp_make(const struct ocsp_plan *plan);

struct scene {
	struct cache *cache;
	struct anchors *anchors;
	struct pool *pool;
	struct policy *policy;
	struct path_result result; /* of the last judgement */
};
void scene_open(struct scene *scene);
void scene_close(struct scene *scene);
void scene_trust(struct scene *scene, const struct made *made);
void scene_add(struct scene *scene, const struct made *made);
void scene_take(struct scene *scene, struct buf bytes); /* CRL or OCSP response; frees it */
struct path_request scene_request(struct scene *scene, const struct made *target, const char *at);
/* Judges and gives the sub-indication; the result stays in the scene. */
enum sub_indication scene_judge(struct scene *scene, const struct path_request *request);

#endif
