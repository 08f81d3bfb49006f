/* Public keys and the one way to check a signature: certificates, CRLs, OCSP responses, CMS and timestamps all use it.
 *
 * Keys are made from SubjectPublicKeyInfo bytes with EVP_PKEY_fromdata (twenty times faster than the decoders), are
 * immutable, and are shared through the cache by the SHA-256 of those bytes. */
#ifndef LTVAULT_VALIDATOR_KEY_H
#define LTVAULT_VALIDATOR_KEY_H

#include "validator/der.h"

#include <openssl/types.h>

enum key_type { KEY_UNKNOWN, KEY_RSA, KEY_RSA_PSS, KEY_DSA, KEY_EC, KEY_ED25519, KEY_ED448 };

struct key {
	unsigned refs;
	unsigned char sha256[SHA256_SIZE]; /* of the SubjectPublicKeyInfo */
	enum key_type type;
	unsigned bits;     /* modulus, field or curve size, from the key itself */
	unsigned sub_bits; /* DSA: size of q; else 0 */
	const char *curve; /* "P-256", "brainpoolP256r1" ...; "" when it is no EC key */
	EVP_PKEY *pkey;    /* NULL: not supported or unusable, or DSA without parameters (they are inherited) */
	bool inherits;     /* DSA without parameters */
	/* What the key itself allows (RSASSA-PSS with parameters); DIGEST_UNKNOWN: no restriction. */
	enum digest_alg pss_digest;
	unsigned pss_salt_min;
	unsigned char *point; /* DSA without parameters: the public value's DER */
	size_t point_len;
};

/* From a SubjectPublicKeyInfo element; never NULL (type KEY_UNKNOWN when nothing can be done with it). */
struct key *key_new(const struct der *spki);
/* A DSA key without parameters takes them from its issuer's key (RFC 5280 6.1.4 (d)); NULL when that is none. */
struct key *key_inherit(const struct key *key, const struct key *issuer);
struct key *key_ref(struct key *key);
void key_unref(struct key *key);
const char *key_type_name(enum key_type type); /* "RSA" */

enum signature_scheme {
	SCHEME_UNKNOWN,
	SCHEME_RSA_PKCS1,
	SCHEME_RSA_PSS,
	SCHEME_DSA,
	SCHEME_ECDSA,
	SCHEME_EDDSA,
};
const char *signature_scheme_name(enum signature_scheme scheme); /* "RSA PKCS#1 v1.5" */

/* What a signature used: the input of the algorithm policy. */
struct algorithm_use {
	enum signature_scheme scheme;
	enum digest_alg digest; /* of the signed bytes; Ed25519 SHA-512; Ed448 UNKNOWN, its own */
	enum digest_alg mgf_digest; /* PSS only */
	enum key_type key_type;
	unsigned key_bits, key_sub_bits;
	const char *curve; /* never NULL */
};

enum signature_status { SIGNATURE_VALID, SIGNATURE_INVALID, SIGNATURE_UNSUPPORTED };

/* Digest algorithms by AlgorithmIdentifier (SEQUENCE) or by its OID element; DIGEST_UNKNOWN otherwise. */
enum digest_alg digest_of_algorithm(const struct der *algorithm);
enum digest_alg digest_of_oid(const struct der *oid);
const char *digest_alg_oid(enum digest_alg alg); /* dotted; NULL for none */
/* Appends its AlgorithmIdentifier, without parameters (RFC 5754 2), under that tag. */
void digest_put_algorithm(struct buf *out, unsigned char tag, enum digest_alg alg);

/* Scheme and digest that a dotted identifier stands for; false when it is not known. */
bool signature_of_oid(const char *dotted, struct algorithm_use *use);
/* The name (of `algorithm_use.curve`) of a named curve; NULL when it is not known. */
const char *curve_of_oid(const char *dotted);
/* Scheme and digest of a signature AlgorithmIdentifier; where it names a key type alone (rsaEncryption, id-ecPublicKey,
 * id-dsa, as CMS allows) the digest is `fallback`. False when it is unknown or its parameters are not acceptable. */
bool signature_algorithm(const struct der *algorithm, enum digest_alg fallback, struct algorithm_use *use);

/* RSASSA-PSS-params: fills digest and mgf_digest; false when one is not known, or the trailer is another than 1. */
bool signature_pss_parameters(const struct der *parameters, struct algorithm_use *use, unsigned *salt);

struct signed_bytes {
	const unsigned char *data; /* what was signed; NULL: `digest` is given instead */
	size_t len;
	const unsigned char *digest; /* made with the algorithm that signature_algorithm() names */
	size_t digest_len;
};

/* Fills `use` always as far as it is known. Ed25519 and Ed448 need data. `fallback` as above. */
enum signature_status signature_verify(const struct key *key, const struct der *algorithm, enum digest_alg fallback,
				       const struct signed_bytes *bytes, const unsigned char *signature,
				       size_t signature_len, struct algorithm_use *use);

#endif
