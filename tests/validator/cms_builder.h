/* Makes CMS signatures and time-stamp tokens for tests, element by element, so that each rule can be broken alone.
 *
 * One authority (the anchor) issued a signer, the signer's twin (another certificate for the same key), another signer
 * and a time-stamping authority; all RSA, valid from 2020 to 2026, authority and time-stamping authority to 2030,
 * without revocation pointers. */
#ifndef LTVAULT_TESTS_CMS_BUILDER_H
#define LTVAULT_TESTS_CMS_BUILDER_H

#include "base/mem.h"

#include <openssl/evp.h>
#include <stdbool.h>

struct cms_world {
	EVP_PKEY *ca_key, *signer_key, *other_key, *tsa_key;
	struct buf ca, signer, twin, other, tsa;
};
void cms_world_open(struct cms_world *w);
void cms_world_close(struct cms_world *w);

enum {
	BUILD_ENVELOPING = 1 << 0,
	BUILD_NO_ATTRIBUTES = 1 << 1,
	BUILD_NO_ESS = 1 << 2,
	BUILD_ESS_V1 = 1 << 3,     /* version 1 instead of version 2 */
	BUILD_ESS_BOTH = 1 << 4,   /* both; with BUILD_ESS_WRONG version 1 names the other signer */
	BUILD_ESS_WRONG = 1 << 5,  /* names a certificate that is nowhere */
	BUILD_ESS_SECOND = 1 << 6, /* something else comes first */
	BUILD_ESS_ISSUER_WRONG = 1 << 7,
	BUILD_ESS_MALFORMED = 1 << 8,
	BUILD_ESS_UNSIGNED = 1 << 9, /* among the unsigned attributes only */
	BUILD_ESS_TWIN = 1 << 10,    /* names the twin, the identifier names the signer */
	BUILD_WRONG_TYPE = 1 << 11,
	BUILD_NO_TYPE = 1 << 12,
	BUILD_TWO_DIGESTS = 1 << 13,
	BUILD_WRONG_DIGEST = 1 << 14,
	BUILD_FLIP_VALUE = 1 << 15,
	BUILD_UNSORTED = 1 << 16,   /* stored in reverse order, signed over the sorted encoding */
	BUILD_AS_STORED = 1 << 17,  /* stored in reverse order and signed so */
	BUILD_INDEFINITE = 1 << 18, /* indefinite lengths outside, content in pieces */
	BUILD_TRAILING = 1 << 19,
	BUILD_ZEROS = 1 << 20,
	BUILD_NO_CERTIFICATE = 1 << 21,
	BUILD_TWO_SIGNERS = 1 << 22,
	BUILD_KEY_ID = 1 << 23,
	BUILD_DIGESTS_DIFFER = 1 << 24, /* message digest SHA-512, signature value SHA-256 */
	BUILD_PROTECTION = 1 << 25,
	BUILD_PROTECTION_WRONG = 1 << 26,
	BUILD_BAD_DIGEST_OID = 1 << 27, /* sha256WithRSAEncryption as digest algorithm */
	BUILD_TSA = 1 << 28,            /* signed by the time-stamping authority */
	BUILD_NO_SIGNER = 1 << 29,      /* certificates alone */
};

struct cms_plan {
	const void *content;
	size_t content_len;
	unsigned flags;
	const char *content_type;                        /* NULL: id-data */
	const char *signing_time;                        /* "260101000000Z"; NULL: none */
	const struct buf *signed_extra, *unsigned_extra; /* complete Attribute elements; NULL: none */
};
struct buf cms_build(const struct cms_world *w, const struct cms_plan *plan);
/* The signature value of a CMS made from a plan: what a signature time-stamp is about. */
struct buf cms_build_value(const struct buf *cms);

/* A TimeStampToken whose imprint is the SHA-256 of data; `flags` as above. */
struct buf cms_build_token(const struct cms_world *w, const char *gen_time, const void *data, size_t len,
			   unsigned flags);
/* The same with unsigned attributes and an imprint given as a digest. */
struct buf cms_build_token_of(const struct cms_world *w, const char *gen_time, const unsigned char imprint[static 32],
			      const struct buf *unsigned_extra, unsigned flags);
/* The signature with a version 3 archive time-stamp over it (EN 319 122-1 5.5.3); `dangling`: its index lists a
 * certificate that is not there. */
struct buf cms_build_archived(const struct cms_world *w, const struct cms_plan *plan, const char *gen_time,
			      bool dangling);
/* The signature with a version 2 archive time-stamp behind its unsigned attributes (EN 319 122-1 A.2.4); `header`: the
 * imprint has the header of the attribute set, which some tools hash and others do not. */
struct buf cms_build_archived_2(const struct cms_world *w, const struct cms_plan *plan, const char *gen_time,
				bool header);
/* An unsigned attribute with a countersignature by the time-stamping authority's key over a signature value. */
struct buf cms_build_counter(const struct cms_world *w, const struct buf *value, unsigned flags);
/* TimeStampResp with status granted. */
struct buf cms_build_response(const struct buf *token);
/* Attribute with one value. */
struct buf cms_build_attribute(const char *oid, const struct buf *value);

#endif
