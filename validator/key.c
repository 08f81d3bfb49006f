#include "validator/key.h"

#include "base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

/* Larger keys only serve to burn time: 16,384 bits is what OpenSSL itself verifies with. */
#define MAX_RSA_BITS 16384
#define MAX_RSA_EXPONENT_BITS 256
#define MAX_DSA_BITS 4096
#define MAX_POINT 200 /* P-521 uncompressed is 133 bytes */

static const struct {
	const char *oid, *name, *group;
	unsigned bits;
} curves[] = {
	{"1.2.840.10045.3.1.7", "P-256", "prime256v1", 256},
	{"1.3.132.0.34", "P-384", "secp384r1", 384},
	{"1.3.132.0.35", "P-521", "secp521r1", 521},
	{"1.3.132.0.33", "P-224", "secp224r1", 224},
	{"1.2.840.10045.3.1.1", "P-192", "prime192v1", 192},
	{"1.3.132.0.10", "secp256k1", "secp256k1", 256},
	{"1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1", "brainpoolP160r1", 160},
	{"1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1", "brainpoolP192r1", 192},
	{"1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1", "brainpoolP224r1", 224},
	{"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", "brainpoolP256r1", 256},
	{"1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1", "brainpoolP320r1", 320},
	{"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", "brainpoolP384r1", 384},
	{"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", "brainpoolP512r1", 512},
};

const char *curve_of_oid(const char *dotted) {
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (!strcmp(curves[i].oid, dotted)) return curves[i].name;
	return NULL;
}

static BIGNUM *number(const struct der *element) {
	if (element->tag != DER_INTEGER || element->len == 0 || element->len > MAX_RSA_BITS / 8 + 1) return NULL;
	if (element->data[0] & 0x80) return NULL;
	return BN_bin2bn(element->data, (int)element->len, NULL);
}

static EVP_PKEY *from_data(const char *type, OSSL_PARAM_BLD *build) {
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

static void read_rsa(struct key *key, const struct der *bits) {
	struct der_walk w = der_walk_in(bits), in;
	struct der sequence, modulus, exponent;
	if (!der_expect(&w, DER_SEQUENCE, &sequence) || !der_done(&w)) return;
	in = der_walk_in(&sequence);
	if (!der_expect(&in, DER_INTEGER, &modulus) || !der_expect(&in, DER_INTEGER, &exponent) || !der_done(&in))
		return;
	BIGNUM *n = number(&modulus), *e = number(&exponent);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (!build || !n || !e) goto out;
	key->bits = (unsigned)BN_num_bits(n);
	if (key->bits > MAX_RSA_BITS || key->bits < 256 || !BN_is_odd(n)) goto out;
	if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > MAX_RSA_EXPONENT_BITS) goto out;
	if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		key->pkey = from_data("RSA", build);
out:
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
}

static void read_ec(struct key *key, const struct der *parameters, const struct der *bits) {
	for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
		if (!der_is_oid(parameters, curves[i].oid)) continue;
		key->curve = curves[i].name;
		key->bits = curves[i].bits;
		OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
		if (build && bits->len > 1 && bits->len <= MAX_POINT &&
		    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curves[i].group, 0) &&
		    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, bits->data, bits->len))
			key->pkey = from_data("EC", build);
		OSSL_PARAM_BLD_free(build);
		return;
	}
}

static void build_dsa(struct key *key, BIGNUM *p, BIGNUM *q, BIGNUM *g, BIGNUM *y) {
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (!build || !p || !q || !g || !y || BN_num_bits(p) > MAX_DSA_BITS) goto out;
	key->bits = (unsigned)BN_num_bits(p);
	key->sub_bits = (unsigned)BN_num_bits(q);
	if (key->sub_bits < 128 || key->sub_bits > 512 || !BN_is_odd(p) || !BN_is_odd(q)) goto out;
	if (BN_is_zero(y) || BN_cmp(y, p) >= 0 || BN_is_zero(g) || BN_cmp(g, p) >= 0) goto out;
	if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, p) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_Q, q) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, g) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PUB_KEY, y))
		key->pkey = from_data("DSA", build);
out:
	OSSL_PARAM_BLD_free(build);
}

static void read_dsa(struct key *key, const struct der *parameters, const struct der *bits) {
	struct der_walk w = der_walk_in(bits);
	struct der value, pqg[3];
	if (!der_expect(&w, DER_INTEGER, &value) || !der_done(&w)) return;
	if (parameters->tag == 0 || parameters->tag == DER_NULL) {
		key->inherits = true;
		key->point = xmemdup(value.start, value.full);
		key->point_len = value.full;
		return;
	}
	w = der_walk_in(parameters);
	for (int i = 0; i < 3; i++)
		if (!der_expect(&w, DER_INTEGER, &pqg[i])) return;
	BIGNUM *p = number(&pqg[0]), *q = number(&pqg[1]), *g = number(&pqg[2]), *y = number(&value);
	build_dsa(key, p, q, g, y);
	BN_free(p);
	BN_free(q);
	BN_free(g);
	BN_free(y);
}

struct key *key_inherit(const struct key *key, const struct key *issuer) {
	struct der value;
	struct der_walk w = der_walk_bytes(key->point, key->point_len);
	if (!key->inherits || issuer->type != KEY_DSA || !issuer->pkey || !der_expect(&w, DER_INTEGER, &value))
		return NULL;
	struct key *made = xcalloc(1, sizeof *made);
	*made = (struct key){.refs = 1, .type = KEY_DSA, .curve = ""};
	BIGNUM *p = NULL, *q = NULL, *g = NULL, *y = number(&value);
	EVP_PKEY_get_bn_param(issuer->pkey, OSSL_PKEY_PARAM_FFC_P, &p);
	EVP_PKEY_get_bn_param(issuer->pkey, OSSL_PKEY_PARAM_FFC_Q, &q);
	EVP_PKEY_get_bn_param(issuer->pkey, OSSL_PKEY_PARAM_FFC_G, &g);
	build_dsa(made, p, q, g, y);
	/* Named by both, so that facts about it are not mixed up with another issuer's parameters. */
	unsigned char both[2 * SHA256_SIZE];
	memcpy(both, key->sha256, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, issuer->sha256, SHA256_SIZE);
	sha256_bytes(both, sizeof both, made->sha256);
	BN_free(p);
	BN_free(q);
	BN_free(g);
	BN_free(y);
	ERR_clear_error();
	return made;
}

static void read_edwards(struct key *key, enum key_type type, const struct der *bits) {
	key->type = type;
	key->bits = type == KEY_ED25519 ? 255 : 448;
	key->curve = type == KEY_ED25519 ? "Ed25519" : "Ed448";
	key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, key->curve, NULL, bits->data, bits->len);
}

static void read_pss_restrictions(struct key *key, const struct der *parameters) {
	if (parameters->tag != DER_SEQUENCE) return;
	struct algorithm_use use;
	unsigned salt;
	if (!signature_pss_parameters(parameters, &use, &salt)) return;
	key->pss_digest = use.digest;
	key->pss_salt_min = salt;
}

struct key *key_new(const struct der *spki) {
	struct key *key = xcalloc(1, sizeof *key);
	*key = (struct key){.refs = 1, .curve = ""};
	sha256_bytes(spki->start, spki->full, key->sha256);
	struct der_walk w = der_walk_in(spki), in;
	struct der algorithm, bits, oid, parameters = {0};
	if (!der_expect(&w, DER_SEQUENCE, &algorithm) || !der_expect(&w, DER_BIT_STRING, &bits) || !der_done(&w))
		return key;
	in = der_walk_in(&algorithm);
	if (!der_expect(&in, DER_OID, &oid) || bits.len < 2 || bits.data[0] != 0) return key;
	der_next(&in, &parameters);
	bits.data++;
	bits.len--;
	if (der_is_oid(&oid, "1.2.840.113549.1.1.1")) {
		key->type = KEY_RSA;
		read_rsa(key, &bits);
	} else if (der_is_oid(&oid, "1.2.840.10045.2.1")) {
		key->type = KEY_EC;
		read_ec(key, &parameters, &bits);
	} else if (der_is_oid(&oid, "1.2.840.113549.1.1.10")) {
		key->type = KEY_RSA_PSS;
		read_rsa(key, &bits);
		read_pss_restrictions(key, &parameters);
	} else if (der_is_oid(&oid, "1.2.840.10040.4.1")) {
		key->type = KEY_DSA;
		read_dsa(key, &parameters, &bits);
	} else if (der_is_oid(&oid, "1.3.101.112")) {
		read_edwards(key, KEY_ED25519, &bits);
	} else if (der_is_oid(&oid, "1.3.101.113")) {
		read_edwards(key, KEY_ED448, &bits);
	}
	ERR_clear_error();
	return key;
}

struct key *key_ref(struct key *key) {
	key->refs++;
	return key;
}

void key_unref(struct key *key) {
	if (!key || --key->refs > 0) return;
	EVP_PKEY_free(key->pkey);
	free(key->point);
	free(key);
}

const char *key_type_name(enum key_type type) {
	static const char *const names[] = {"unknown", "RSA", "RSA-PSS", "DSA", "EC", "Ed25519", "Ed448"};
	return names[type];
}
