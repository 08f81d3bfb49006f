#include "tests/validator/cert_builder.h"

#include "validator/anchors.h"
#include "validator/cache.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

EVP_PKEY *key_make(const char *name) {
	if (*name >= '0' && *name <= '9') {
		unsigned char seed[32] = {(unsigned char)atoi(name), 7};
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
	}
	char *path = xasprintf("%s/tests/pki/keys/%s.pem", TEST_SOURCE_DIR, name);
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	if (!key) abort();
	BIO_free(bio);
	free(path);
	return key;
}

static const EVP_MD *digest_for(EVP_PKEY *key, const char *name) {
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return NULL;
	return EVP_get_digestbyname(name ? name : "SHA256");
}

static X509_NAME *name_make(const char *text) {
	X509_NAME *name = X509_NAME_new();
	char *copy = xstrdup(text), *rest = copy;
	for (char *part; (part = strsep(&rest, ",")) && *part;) {
		char *value = strchr(part, '=');
		*value++ = 0;
		if (!X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0))
			abort();
	}
	free(copy);
	return name;
}

static CONF *config_make(const char *text) {
	CONF *config = NCONF_new(NULL);
	BIO *bio = BIO_new_mem_buf(text ? text : "", -1);
	long line;
	if (NCONF_load_bio(config, bio, &line) <= 0 && text && *text) abort();
	BIO_free(bio);
	return config;
}

static X509_EXTENSION *extension_make(CONF *config, X509V3_CTX *ctx, const char *name, const char *value) {
	X509V3_set_nconf(ctx, config);
	X509_EXTENSION *e = X509V3_EXT_nconf(config, ctx, name, value);
	if (!e) abort();
	return e;
}

static ASN1_TIME *time_make(const char *text) {
	ASN1_TIME *t = ASN1_TIME_new();
	if (!ASN1_TIME_set_string_X509(t, text)) abort();
	return t;
}

struct made cert_make(const struct cert_plan *plan) {
	struct made made = {.x509 = X509_new(), .key = key_make(plan->key)};
	const struct made *issuer = plan->issuer ? plan->issuer : &made;
	X509_NAME *subject = name_make(plan->subject);
	ASN1_TIME *from = time_make(plan->from ? plan->from : "20200101000000Z");
	ASN1_TIME *to = time_make(plan->to ? plan->to : "20300101000000Z");
	X509_set_version(made.x509, plan->version_1 ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(made.x509), plan->serial ? plan->serial : 1);
	X509_set_subject_name(made.x509, subject);
	if (plan->issuer_name) {
		X509_NAME *name = name_make(plan->issuer_name);
		X509_set_issuer_name(made.x509, name);
		X509_NAME_free(name);
	} else {
		X509_set_issuer_name(made.x509, X509_get_subject_name(issuer->x509));
	}
	X509_set1_notBefore(made.x509, from);
	X509_set1_notAfter(made.x509, to);
	X509_set_pubkey(made.x509, made.key);
	CONF *config = config_make(plan->config);
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer->x509, made.x509, NULL, NULL, 0);
	for (const char *const *e = plan->extensions; e && *e; e += 2) {
		X509_EXTENSION *extension = extension_make(config, &ctx, e[0], e[1]);
		X509_add_ext(made.x509, extension, -1);
		X509_EXTENSION_free(extension);
	}
	if (!X509_sign(made.x509, issuer->key, digest_for(issuer->key, plan->digest))) abort();
	unsigned char *der = NULL;
	int len = i2d_X509(made.x509, &der);
	buf_add(&made.der, der, (size_t)len);
	OPENSSL_free(der);
	NCONF_free(config);
	X509_NAME_free(subject);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return made;
}

void made_free(struct made *made) {
	X509_free(made->x509);
	EVP_PKEY_free(made->key);
	buf_dispose(&made->der);
}

static void add_entry(X509_CRL *crl, const struct crl_plan *plan, const char *const *row, CONF *config) {
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *when = time_make(row[1]);
	ASN1_INTEGER_set(serial, atol(row[0]));
	X509_REVOKED_set_serialNumber(entry, serial);
	X509_REVOKED_set_revocationDate(entry, when);
	if (*row[2]) {
		ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
		ASN1_ENUMERATED_set(reason, atol(row[2]));
		X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
		ASN1_ENUMERATED_free(reason);
	}
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, plan->issuer->x509, NULL, NULL, crl, 0);
	for (const char *const *e = plan->entry_extensions; e && *e; e += 2) {
		X509_EXTENSION *extension = extension_make(config, &ctx, e[0], e[1]);
		X509_REVOKED_add_ext(entry, extension, -1);
		X509_EXTENSION_free(extension);
	}
	X509_CRL_add0_revoked(crl, entry);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
}

struct buf crl_make(const struct crl_plan *plan) {
	X509_CRL *crl = X509_CRL_new();
	CONF *config = config_make(plan->config);
	ASN1_TIME *from = time_make(plan->this_update ? plan->this_update : "20260101000000Z");
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(plan->issuer->x509));
	X509_CRL_set1_lastUpdate(crl, from);
	if (!plan->next_update || *plan->next_update) {
		ASN1_TIME *to = time_make(plan->next_update ? plan->next_update : "20270101000000Z");
		X509_CRL_set1_nextUpdate(crl, to);
		ASN1_TIME_free(to);
	}
	for (const char *const *row = plan->revoked; row && *row; row += 3) add_entry(crl, plan, row, config);
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, plan->issuer->x509, NULL, NULL, crl, 0);
	for (const char *const *e = plan->extensions; e && *e; e += 2) {
		X509_EXTENSION *extension = extension_make(config, &ctx, e[0], e[1]);
		X509_CRL_add_ext(crl, extension, -1);
		X509_EXTENSION_free(extension);
	}
	if (!X509_CRL_sign(crl, plan->issuer->key, digest_for(plan->issuer->key, NULL))) abort();
	struct buf out = {0};
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	buf_add(&out, der, (size_t)len);
	OPENSSL_free(der);
	ASN1_TIME_free(from);
	X509_CRL_free(crl);
	NCONF_free(config);
	return out;
}

static void wrap(struct buf *b, unsigned char tag) {
	struct buf outer = {0};
	der_put(&outer, tag, b->data, b->len);
	buf_dispose(b);
	*b = outer;
}

static void move(struct buf *out, struct buf *b) {
	buf_add(out, b->data, b->len);
	buf_dispose(b);
}

static void put_time(struct buf *out, const char *text) {
	der_put(out, DER_GENERALIZEDTIME, text, strlen(text));
}

static void put_wrapped_time(struct buf *out, unsigned char tag, const char *text) {
	struct buf b = {0};
	put_time(&b, text);
	wrap(&b, tag);
	move(out, &b);
}

static void put_algorithm(struct buf *out, const char *oid) {
	struct buf b = {0};
	der_put_oid(&b, oid);
	wrap(&b, DER_SEQUENCE);
	move(out, &b);
}

static void put_cert_id(struct buf *out, const struct made *cert, const struct made *issuer, const char *digest) {
	bool sha256 = digest && !strcmp(digest, "SHA256");
	const EVP_MD *md = EVP_get_digestbyname(sha256 ? "SHA256" : "SHA1");
	unsigned char hash[64], *der = NULL;
	unsigned len;
	struct buf b = {0};
	put_algorithm(&b, sha256 ? "2.16.840.1.101.3.4.2.1" : "1.3.14.3.2.26");
	X509_NAME_digest(X509_get_subject_name(issuer->x509), md, hash, &len);
	der_put(&b, DER_OCTET_STRING, hash, len);
	X509_pubkey_digest(issuer->x509, md, hash, &len);
	der_put(&b, DER_OCTET_STRING, hash, len);
	int size = i2d_ASN1_INTEGER(X509_get_serialNumber(cert->x509), &der);
	buf_add(&b, der, (size_t)size);
	OPENSSL_free(der);
	wrap(&b, DER_SEQUENCE);
	move(out, &b);
}

static void put_extension(struct buf *out, const char *oid, bool critical, struct buf *value) {
	struct buf b = {0};
	der_put_oid(&b, oid);
	if (critical) der_put(&b, DER_BOOLEAN, "\xff", 1);
	wrap(value, DER_OCTET_STRING);
	move(&b, value);
	wrap(&b, DER_SEQUENCE);
	move(out, &b);
}

static void put_cert_hash(struct buf *out, const struct buf *bytes) {
	unsigned char hash[SHA256_SIZE];
	struct buf b = {0};
	put_algorithm(&b, "2.16.840.1.101.3.4.2.1");
	sha256_bytes(bytes->data, bytes->len, hash);
	der_put(&b, DER_OCTET_STRING, hash, sizeof hash);
	wrap(&b, DER_SEQUENCE);
	put_extension(out, "1.3.36.8.3.13", false, &b);
}

static void put_single(struct buf *out, const struct ocsp_plan *plan, const char *this_update) {
	struct buf b = {0}, extensions = {0}, part = {0};
	put_cert_id(&b, plan->cert, plan->issuer, plan->digest);
	if (plan->status == 1) {
		put_time(&part, plan->revoked_at);
		if (plan->reason) {
			struct buf reason = {0};
			unsigned char byte = (unsigned char)plan->reason;
			der_put(&reason, DER_ENUMERATED, &byte, 1);
			wrap(&reason, 0xa0);
			move(&part, &reason);
		}
		wrap(&part, 0xa1);
		move(&b, &part);
	} else {
		der_put(&b, plan->status == 0 ? 0x80 : 0x82, "", 0);
	}
	put_time(&b, this_update);
	if (!plan->next_update || *plan->next_update)
		put_wrapped_time(&b, 0xa0, plan->next_update ? plan->next_update : "20270101000000Z");
	if (plan->archive_cutoff) {
		put_time(&part, plan->archive_cutoff);
		put_extension(&extensions, "1.3.6.1.5.5.7.48.1.6", false, &part);
	}
	if (plan->cert_hash_of) put_cert_hash(&extensions, plan->cert_hash_of);
	if (plan->critical) {
		der_put(&part, DER_NULL, "", 0);
		put_extension(&extensions, "1.2.3.4", true, &part);
	}
	if (extensions.len) {
		wrap(&extensions, DER_SEQUENCE);
		wrap(&extensions, 0xa1);
		move(&b, &extensions);
	}
	wrap(&b, DER_SEQUENCE);
	move(out, &b);
}

static struct buf tbs_make(const struct ocsp_plan *plan, const struct made *signer) {
	struct buf tbs = {0}, part = {0};
	const char *this_update = plan->this_update ? plan->this_update : "20260101000000Z";
	if (plan->by_key) {
		unsigned char hash[64];
		unsigned len;
		X509_pubkey_digest(plan->by_key->x509, EVP_sha1(), hash, &len);
		der_put(&part, DER_OCTET_STRING, hash, len);
		wrap(&part, 0xa2);
	} else {
		unsigned char *der = NULL;
		int len = i2d_X509_NAME(X509_get_subject_name(signer->x509), &der);
		buf_add(&part, der, (size_t)len);
		OPENSSL_free(der);
		wrap(&part, 0xa1);
	}
	move(&tbs, &part);
	put_time(&tbs, plan->produced ? plan->produced : this_update);
	if (plan->also_first) {
		struct ocsp_plan other = {.cert = plan->also_first, .issuer = plan->issuer};
		put_single(&part, &other, this_update);
	}
	put_single(&part, plan, this_update);
	wrap(&part, DER_SEQUENCE);
	move(&tbs, &part);
	if (plan->extended_revoke) {
		struct buf extensions = {0};
		der_put(&part, DER_NULL, "", 0);
		put_extension(&extensions, "1.3.6.1.5.5.7.48.1.9", false, &part);
		wrap(&extensions, DER_SEQUENCE);
		wrap(&extensions, 0xa1);
		move(&tbs, &extensions);
	}
	wrap(&tbs, DER_SEQUENCE);
	return tbs;
}

struct buf ocsp_make(const struct ocsp_plan *plan) {
	const struct made *signer = plan->signer ? plan->signer : plan->issuer;
	struct buf basic = tbs_make(plan, signer), bits = {0}, part = {0};
	unsigned char value[512];
	size_t len = sizeof value;
	bool edwards = EVP_PKEY_get_base_id(signer->key) == EVP_PKEY_ED25519;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (EVP_DigestSignInit(ctx, NULL, digest_for(signer->key, NULL), NULL, signer->key) <= 0 ||
	    EVP_DigestSign(ctx, value, &len, basic.data, basic.len) <= 0)
		abort();
	EVP_MD_CTX_free(ctx);
	put_algorithm(&basic, edwards ? "1.3.101.112" : "1.2.840.113549.1.1.11");
	buf_add_byte(&bits, 0);
	buf_add(&bits, value, len);
	wrap(&bits, DER_BIT_STRING);
	move(&basic, &bits);
	if (!plan->no_certs && signer != plan->issuer) {
		buf_add(&part, signer->der.data, signer->der.len);
		wrap(&part, DER_SEQUENCE);
		wrap(&part, 0xa0);
		move(&basic, &part);
	}
	wrap(&basic, DER_SEQUENCE);
	if (plan->wrapped_only) return basic;
	struct buf bytes = {0}, out = {0};
	wrap(&basic, DER_OCTET_STRING);
	der_put_oid(&bytes, "1.3.6.1.5.5.7.48.1.1");
	move(&bytes, &basic);
	wrap(&bytes, DER_SEQUENCE);
	wrap(&bytes, 0xa0);
	der_put(&out, DER_ENUMERATED, "", 1);
	move(&out, &bytes);
	wrap(&out, DER_SEQUENCE);
	return out;
}

void scene_open(struct scene *scene) {
	digest_init();
	*scene = (struct scene){.cache = cache_new(), .policy = policy_load(NULL, 0, NULL)};
	scene->anchors = anchors_new(scene->cache);
	scene->pool = pool_new(scene->cache);
}

void scene_close(struct scene *scene) {
	path_result_dispose(&scene->result);
	pool_free(scene->pool);
	anchors_free(scene->anchors);
	cache_free(scene->cache);
	policy_free(scene->policy);
}

void scene_trust(struct scene *scene, const struct made *made) {
	if (anchors_add(scene->anchors, made->der.data, made->der.len) != 1) abort();
}

void scene_add(struct scene *scene, const struct made *made) {
	if (pool_add(scene->pool, made->der.data, made->der.len) != 1) abort();
}

void scene_take(struct scene *scene, struct buf bytes) {
	if (pool_add(scene->pool, bytes.data, bytes.len) != 1) abort();
	buf_dispose(&bytes);
}

struct path_request scene_request(struct scene *scene, const struct made *target, const char *at) {
	struct path_request request = {
		.target = pool_add_cert(scene->pool, target->der.data, target->der.len),
		.anchors = scene->anchors,
		.pool = scene->pool,
		.cache = scene->cache,
		.policy = scene->policy,
		.purpose = PATH_SIGNER,
	};
	if (!request.target || !utime_parse(at, &request.at)) abort();
	return request;
}

enum sub_indication scene_judge(struct scene *scene, const struct path_request *request) {
	path_result_dispose(&scene->result);
	path_judge(request, &scene->result);
	return scene->result.outcome.sub;
}
