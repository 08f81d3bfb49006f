#include "validator/key.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

static const struct {
	const char *oid;
	enum digest_alg digest;
} digests[] = {
	{"2.16.840.1.101.3.4.2.1", DIGEST_SHA256},    {"1.3.14.3.2.26", DIGEST_SHA1},
	{"2.16.840.1.101.3.4.2.2", DIGEST_SHA384},    {"2.16.840.1.101.3.4.2.3", DIGEST_SHA512},
	{"2.16.840.1.101.3.4.2.4", DIGEST_SHA224},    {"2.16.840.1.101.3.4.2.7", DIGEST_SHA3_224},
	{"2.16.840.1.101.3.4.2.8", DIGEST_SHA3_256},  {"2.16.840.1.101.3.4.2.9", DIGEST_SHA3_384},
	{"2.16.840.1.101.3.4.2.10", DIGEST_SHA3_512}, {"1.3.36.3.2.1", DIGEST_RIPEMD160},
	{"1.2.840.113549.2.5", DIGEST_MD5},
};

static const struct {
	const char *oid;
	enum signature_scheme scheme;
	enum digest_alg digest; /* UNKNOWN: not named here */
} schemes[] = {
	{"1.2.840.113549.1.1.11", SCHEME_RSA_PKCS1, DIGEST_SHA256},
	{"1.2.840.113549.1.1.5", SCHEME_RSA_PKCS1, DIGEST_SHA1},
	{"1.2.840.113549.1.1.1", SCHEME_RSA_PKCS1, DIGEST_UNKNOWN},
	{"1.2.840.113549.1.1.12", SCHEME_RSA_PKCS1, DIGEST_SHA384},
	{"1.2.840.113549.1.1.13", SCHEME_RSA_PKCS1, DIGEST_SHA512},
	{"1.2.840.113549.1.1.14", SCHEME_RSA_PKCS1, DIGEST_SHA224},
	{"1.2.840.113549.1.1.4", SCHEME_RSA_PKCS1, DIGEST_MD5},
	{"1.3.14.3.2.29", SCHEME_RSA_PKCS1, DIGEST_SHA1},
	{"1.3.36.3.3.1.2", SCHEME_RSA_PKCS1, DIGEST_RIPEMD160},
	{"2.16.840.1.101.3.4.3.13", SCHEME_RSA_PKCS1, DIGEST_SHA3_224},
	{"2.16.840.1.101.3.4.3.14", SCHEME_RSA_PKCS1, DIGEST_SHA3_256},
	{"2.16.840.1.101.3.4.3.15", SCHEME_RSA_PKCS1, DIGEST_SHA3_384},
	{"2.16.840.1.101.3.4.3.16", SCHEME_RSA_PKCS1, DIGEST_SHA3_512},
	{"1.2.840.113549.1.1.10", SCHEME_RSA_PSS, DIGEST_UNKNOWN},
	{"1.2.840.10045.4.3.2", SCHEME_ECDSA, DIGEST_SHA256},
	{"1.2.840.10045.4.3.3", SCHEME_ECDSA, DIGEST_SHA384},
	{"1.2.840.10045.4.3.4", SCHEME_ECDSA, DIGEST_SHA512},
	{"1.2.840.10045.4.3.1", SCHEME_ECDSA, DIGEST_SHA224},
	{"1.2.840.10045.4.1", SCHEME_ECDSA, DIGEST_SHA1},
	{"1.2.840.10045.2.1", SCHEME_ECDSA, DIGEST_UNKNOWN},
	{"2.16.840.1.101.3.4.3.9", SCHEME_ECDSA, DIGEST_SHA3_224},
	{"2.16.840.1.101.3.4.3.10", SCHEME_ECDSA, DIGEST_SHA3_256},
	{"2.16.840.1.101.3.4.3.11", SCHEME_ECDSA, DIGEST_SHA3_384},
	{"2.16.840.1.101.3.4.3.12", SCHEME_ECDSA, DIGEST_SHA3_512},
	{"1.2.840.10040.4.3", SCHEME_DSA, DIGEST_SHA1},
	{"1.2.840.10040.4.1", SCHEME_DSA, DIGEST_UNKNOWN},
	{"2.16.840.1.101.3.4.3.1", SCHEME_DSA, DIGEST_SHA224},
	{"2.16.840.1.101.3.4.3.2", SCHEME_DSA, DIGEST_SHA256},
	{"2.16.840.1.101.3.4.3.3", SCHEME_DSA, DIGEST_SHA384},
	{"2.16.840.1.101.3.4.3.4", SCHEME_DSA, DIGEST_SHA512},
	{"1.3.101.112", SCHEME_EDDSA, DIGEST_SHA512},
	{"1.3.101.113", SCHEME_EDDSA, DIGEST_UNKNOWN},
};

const char *signature_scheme_name(enum signature_scheme scheme) {
	static const char *const names[] = {"unknown", "RSA PKCS#1 v1.5", "RSASSA-PSS", "DSA", "ECDSA", "EdDSA"};
	return names[scheme];
}

enum digest_alg digest_of_oid(const struct der *oid) {
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (der_is_oid(oid, digests[i].oid)) return digests[i].digest;
	return DIGEST_UNKNOWN;
}

const char *digest_alg_oid(enum digest_alg alg) {
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (digests[i].digest == alg) return digests[i].oid;
	return NULL;
}

void digest_put_algorithm(struct buf *out, unsigned char tag, enum digest_alg alg) {
	struct buf id = {0};
	der_put_oid(&id, digest_alg_oid(alg));
	der_put(out, tag, id.data, id.len);
	buf_dispose(&id);
}

enum digest_alg digest_of_algorithm(const struct der *algorithm) {
	struct der_walk w = der_walk_in(algorithm);
	struct der oid;
	if (algorithm->tag != DER_SEQUENCE || !der_expect(&w, DER_OID, &oid)) return DIGEST_UNKNOWN;
	return digest_of_oid(&oid);
}

bool signature_of_oid(const char *dotted, struct algorithm_use *use) {
	*use = (struct algorithm_use){.curve = ""};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (!strcmp(dotted, schemes[i].oid)) {
			use->scheme = schemes[i].scheme;
			use->digest = schemes[i].digest;
		}
	return use->scheme != SCHEME_UNKNOWN;
}

/* The single element in a context tag; false when there is another number of them. */
static bool only_element(const struct der *wrapper, struct der *out) {
	struct der_walk w = der_walk_in(wrapper);
	return der_next(&w, out) && der_done(&w);
}

bool signature_pss_parameters(const struct der *parameters, struct algorithm_use *use, unsigned *salt) {
	struct der_walk w = der_walk_in(parameters), in;
	struct der part, inner, oid, hash;
	uint64_t number;
	use->digest = use->mgf_digest = DIGEST_SHA1;
	*salt = 20;
	if (parameters->tag != DER_SEQUENCE) return false;
	if (der_optional(&w, 0xa0, &part)) {
		if (!only_element(&part, &inner)) return false;
		use->digest = digest_of_algorithm(&inner);
	}
	if (der_optional(&w, 0xa1, &part)) {
		if (!only_element(&part, &inner) || inner.tag != DER_SEQUENCE) return false;
		in = der_walk_in(&inner);
		if (!der_expect(&in, DER_OID, &oid) || !der_is_oid(&oid, "1.2.840.113549.1.1.8")) return false;
		if (!der_next(&in, &hash) || !der_done(&in)) return false;
		use->mgf_digest = digest_of_algorithm(&hash);
	}
	if (der_optional(&w, 0xa2, &part)) {
		if (!only_element(&part, &inner) || !der_uint(&inner, &number) || number > 2048) return false;
		*salt = (unsigned)number;
	}
	if (der_optional(&w, 0xa3, &part))
		if (!only_element(&part, &inner) || !der_uint(&inner, &number) || number != 1) return false;
	return der_done(&w) && use->digest != DIGEST_UNKNOWN && use->mgf_digest != DIGEST_UNKNOWN;
}

/* As signature_algorithm, with the PSS salt length. */
static bool read_algorithm(const struct der *algorithm, enum digest_alg fallback, struct algorithm_use *use,
			   unsigned *salt) {
	*use = (struct algorithm_use){.curve = ""};
	struct der_walk w = der_walk_in(algorithm);
	struct der oid, parameters;
	if (algorithm->tag != DER_SEQUENCE || !der_expect(&w, DER_OID, &oid)) return false;
	der_next(&w, &parameters);
	if (!der_done(&w)) return false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (!der_is_oid(&oid, schemes[i].oid)) continue;
		use->scheme = schemes[i].scheme;
		use->digest = schemes[i].digest;
		if (use->scheme == SCHEME_RSA_PSS) return signature_pss_parameters(&parameters, use, salt);
		if (use->scheme == SCHEME_EDDSA) return parameters.tag == 0;
		if (use->digest == DIGEST_UNKNOWN) {
			use->digest = fallback; /* parameters belong to the key here, and are the key's to say */
			return fallback != DIGEST_UNKNOWN;
		}
		return parameters.tag == 0 || (parameters.tag == DER_NULL && parameters.len == 0);
	}
	return false;
}

bool signature_algorithm(const struct der *algorithm, enum digest_alg fallback, struct algorithm_use *use) {
	unsigned salt;
	return read_algorithm(algorithm, fallback, use, &salt);
}

/* The key is of the scheme's kind and does not forbid it. */
static bool key_fits(const struct key *key, const struct algorithm_use *use, unsigned salt) {
	switch (use->scheme) {
	case SCHEME_RSA_PKCS1:
		return key->type == KEY_RSA;
	case SCHEME_RSA_PSS:
		if (key->type == KEY_RSA) return true;
		return key->type == KEY_RSA_PSS && (key->pss_digest == DIGEST_UNKNOWN ||
						    (key->pss_digest == use->digest && salt >= key->pss_salt_min));
	case SCHEME_DSA:
		return key->type == KEY_DSA;
	case SCHEME_ECDSA:
		return key->type == KEY_EC;
	case SCHEME_EDDSA:
		return key->type == (use->digest == DIGEST_SHA512 ? KEY_ED25519 : KEY_ED448);
	case SCHEME_UNKNOWN:
		break;
	}
	return false;
}

static enum signature_status verify_edwards(const struct key *key, const struct signed_bytes *bytes,
					    const unsigned char *signature, size_t len) {
	if (!bytes->data) return SIGNATURE_UNSUPPORTED;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) > 0 &&
		    EVP_DigestVerify(ctx, signature, len, bytes->data, bytes->len) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? SIGNATURE_VALID : SIGNATURE_INVALID;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct algorithm_use *use, unsigned salt) {
	const EVP_MD *md = digest_evp(use->digest);
	if (use->scheme == SCHEME_RSA_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, md) > 0;
	if (use->scheme == SCHEME_RSA_PSS)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, md) > 0 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest_evp(use->mgf_digest)) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)salt) > 0;
	return true;
}

enum signature_status signature_verify(const struct key *key, const struct der *algorithm, enum digest_alg fallback,
				       const struct signed_bytes *bytes, const unsigned char *signature,
				       size_t signature_len, struct algorithm_use *use) {
	unsigned salt = 0;
	bool known = read_algorithm(algorithm, fallback, use, &salt);
	use->key_type = key->type;
	use->key_bits = key->bits;
	use->key_sub_bits = key->sub_bits;
	use->curve = key->curve;
	if (!known || !key->pkey) return SIGNATURE_UNSUPPORTED;
	if (!key_fits(key, use, salt)) return SIGNATURE_INVALID;
	enum signature_status status = SIGNATURE_INVALID;
	if (use->scheme == SCHEME_EDDSA) {
		status = verify_edwards(key, bytes, signature, signature_len);
		ERR_clear_error();
		return status;
	}
	unsigned char made[DIGEST_MAX];
	const unsigned char *digest = bytes->digest;
	size_t digest_len = bytes->digest_len;
	if (bytes->data) {
		digest = made;
		digest_len = digest_bytes(use->digest, bytes->data, bytes->len, made);
	}
	if (!digest || digest_len == 0 || !digest_size(use->digest)) return SIGNATURE_UNSUPPORTED;
	if (digest_len != digest_size(use->digest)) return SIGNATURE_INVALID;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (!ctx || EVP_PKEY_verify_init(ctx) <= 0 || !set_padding(ctx, use, salt))
		status = SIGNATURE_UNSUPPORTED;
	else if (EVP_PKEY_verify(ctx, signature, signature_len, digest, digest_len) == 1)
		status = SIGNATURE_VALID;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return status;
}
