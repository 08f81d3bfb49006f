#include "tests/validator/cert_builder.h"

#include "validator/cache.h"
#include "validator/crl.h"
#include "validator/names.h"
#include "validator/pem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cert *parse(const struct made *made) {
	struct cert *cert = cert_parse(made->der.data, made->der.len);
	assert_non_null(cert);
	return cert;
}

static void what_is_written_is_read(void **state) {
	(void)state;
	static const char *const extensions[] = {
		"keyUsage",
		"critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment",
		"extendedKeyUsage",
		"critical,clientAuth,emailProtection",
		"subjectKeyIdentifier",
		"0102030405",
		"crlDistributionPoints",
		"URI:http://a.example/1.crl,URI:ldap://a.example/2,URI:HTTPS://a.example/3.crl",
		"authorityInfoAccess",
		"OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/ca.crt",
		"2.5.29.18",
		"DER:3000", /* an empty issuerAltName, as the government CA writes it */
		NULL};
	struct made made = cert_make(&(struct cert_plan){.subject = "C=VN,O=UBND tỉnh,CN=Nguyễn Văn Đức",
							 .key = "person",
							 .serial = 4660,
							 .from = "20240102030405Z",
							 .to = "20511231235959Z",
							 .extensions = extensions});
	struct cert *cert = parse(&made);
	unsigned char sha256[SHA256_SIZE];
	char text[UTIME_TEXT_MAX];
	sha256_bytes(made.der.data, made.der.len, sha256);
	assert_memory_equal(cert->sha256, sha256, SHA256_SIZE);
	assert_int_equal(cert->faults, 0);
	assert_int_equal(cert->version, 3);
	assert_string_equal(cert->serial_text, "1234");
	assert_string_equal(cert->common_name, "Nguyễn Văn Đức");
	assert_true(cert->self_issued);
	assert_string_equal(utime_text(cert->not_before, text), "2024-01-02T03:04:05Z");
	assert_string_equal(utime_text(cert->not_after, text), "2051-12-31T23:59:59Z");
	assert_int_equal(cert->key->type, KEY_RSA);
	assert_int_equal(cert->key->bits, 2048);
	assert_non_null(cert->key->pkey);
	assert_int_equal(EVP_PKEY_eq(cert->key->pkey, made.key), 1);
	assert_int_equal(cert->key_usage,
			 KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT);
	assert_true(cert_key_usage(cert, KU_NON_REPUDIATION));
	assert_false(cert_key_usage(cert, KU_CERT_SIGN));
	assert_true(cert->eku_critical && cert_has_eku(cert, "1.3.6.1.5.5.7.3.4"));
	assert_false(cert_has_eku(cert, "1.3.6.1.5.5.7.3.8"));
	assert_int_equal(cert->ski.len, 5);
	assert_int_equal(cert->crl_urls.count, 2);
	assert_string_equal(cert->crl_urls.items[1], "HTTPS://a.example/3.crl");
	assert_string_equal(cert->ocsp_urls.items[0], "http://ocsp.example/");
	assert_string_equal(cert->issuer_urls.items[0], "http://ca.example/ca.crt");
	assert_int_equal(cert->path_len, -1);
	unsigned char key_hash[20], expected[64];
	unsigned len;
	cert_key_sha1(cert, key_hash);
	X509_pubkey_digest(made.x509, EVP_sha1(), expected, &len);
	assert_memory_equal(key_hash, expected, 20);
	cert_unref(cert);
	made_free(&made);
}

static void names_are_printed_and_compared(void **state) {
	(void)state;
	struct made a = cert_make(&(struct cert_plan){.subject = "C=VN,O= Some  Office ,CN=A+B", .key = "1"});
	struct made b = cert_make(&(struct cert_plan){.subject = "C=vn,O=some office,CN=a+b", .key = "1"});
	struct made c = cert_make(&(struct cert_plan){.subject = "C=VN,O=some office", .key = "1"});
	struct made d = cert_make(&(struct cert_plan){.subject = "O=some office,C=VN,CN=a+b", .key = "1"});
	struct cert *x = parse(&a), *y = parse(&b), *z = parse(&c), *t = parse(&d);
	assert_string_equal(x->subject_text, "CN=A\\+B,O=\\ Some  Office\\ ,C=VN");
	assert_true(name_equal(&x->subject_name, &y->subject_name));
	assert_false(name_equal(&x->subject_name, &z->subject_name));
	assert_false(name_equal(&x->subject_name, &t->subject_name));
	assert_true(name_starts_with(&x->subject_name, &z->subject_name));
	assert_false(name_starts_with(&t->subject_name, &z->subject_name));
	struct cert *all[] = {x, y, z, t};
	struct made *made[] = {&a, &b, &c, &d};
	for (int i = 0; i < 4; i++) cert_unref(all[i]), made_free(made[i]);
}

static void bytes_that_are_no_certificate_are_none(void **state) {
	(void)state;
	struct made made = cert_make(&(struct cert_plan){.subject = "CN=A", .key = "1"});
	for (size_t len = 0; len < made.der.len; len++) assert_null(cert_parse(made.der.data, len));
	struct buf longer = {0};
	buf_add(&longer, made.der.data, made.der.len);
	buf_add_byte(&longer, 0);
	assert_null(cert_parse(longer.data, longer.len));
	buf_dispose(&longer);
	assert_null(crl_parse(made.der.data, made.der.len));
	assert_null(cert_parse(NULL, 0));
	made_free(&made);
}

static void faults_are_kept_for_the_path(void **state) {
	(void)state;
	static const struct {
		const char *extensions[5];
		bool version_1;
		unsigned faults;
	} cases[] = {
		{{NULL}, false, 0},
		{{NULL}, true, 0},
		{{"subjectKeyIdentifier", "hash"}, true, CERT_FAULT_VERSION},
		{{"2.5.29.19", "DER:0500"}, false, CERT_FAULT_EXTENSION},
		{{"2.5.29.15", "DER:0303070001"}, false, 0},
		{{"1.2.3", "critical,DER:0500"}, false, CERT_FAULT_CRITICAL},
		{{"1.2.3", "DER:0500", "1.2.3", "DER:0500"}, false, CERT_FAULT_DUPLICATE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* From 3.4 on OpenSSL makes a certificate with extensions version 3 when it signs, whatever it was told. */
		if (cases[i].faults == CERT_FAULT_VERSION && OPENSSL_version_major() * 100 + OPENSSL_version_minor() >= 304) continue;
		struct made made = cert_make(&(struct cert_plan){.subject = "CN=A",
								 .key = "1",
								 .extensions = cases[i].extensions,
								 .version_1 = cases[i].version_1});
		struct cert *cert = parse(&made);
		if (cert->faults != cases[i].faults) fail_msg("case %zu has %x", i, cert->faults);
		assert_string_equal(cert->unknown_critical, cases[i].faults == CERT_FAULT_CRITICAL ? "1.2.3" : "");
		cert_unref(cert);
		made_free(&made);
	}
	/* the algorithm outside is another one than the one that is signed */
	struct made made = cert_make(&(struct cert_plan){.subject = "CN=A", .key = "1"});
	static const unsigned char oid[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
	unsigned char *outer = memmem(made.der.data + made.der.len - 80, 80, oid, sizeof oid);
	assert_non_null(outer);
	outer[4] = 0x71;
	struct cert *cert = parse(&made);
	assert_int_equal(cert->faults, CERT_FAULT_ALGORITHMS);
	cert_unref(cert);
	made_free(&made);
}

static void subjects_are_told_apart(void **state) {
	(void)state;
	static const char *const mail[] = {"extendedKeyUsage", "clientAuth,emailProtection", NULL};
	static const char *const tsa[] = {"extendedKeyUsage", "critical,timeStamping", NULL};
	static const char *const seal[] = {"1.3.6.1.5.5.7.1.3",
					   "DER:3015301306060400"
					   "8E460106"
					   "3009"
					   "06070400"
					   "8E46010602",
					   NULL};
	static const char *const ca[] = {"basicConstraints", "CA:TRUE", NULL};
	static const struct {
		const char *subject;
		const char *const *extensions;
		enum cert_role role;
	} cases[] = {
		{"C=VN,O=UBND tỉnh X,OU=Sở Tư pháp,CN=Nguyễn Văn An", mail, CERT_ROLE_PERSON},
		{"C=VN,O=UBND tỉnh X,CN=Trần Bình,title=Giám đốc", NULL, CERT_ROLE_PERSON},
		{"C=VN,CN=An,UID=CCCD:001", NULL, CERT_ROLE_PERSON},
		{"C=VN,O=UBND tỉnh X,CN=Sở Tư pháp", mail, CERT_ROLE_ORGANISATION},
		{"C=VN,O=UBND tỉnh X,CN=UBND tỉnh X", mail, CERT_ROLE_ORGANISATION},
		{"C=VN,O=UBND tỉnh X,OU=Huyện Y,CN=huyện y", mail, CERT_ROLE_ORGANISATION},
		{"C=VN,CN=ABC,UID=MST:0101", NULL, CERT_ROLE_ORGANISATION},
		{"C=EE,CN=Example,organizationIdentifier=NTREE-1", mail, CERT_ROLE_ORGANISATION},
		{"C=EE,CN=Example Ltd", seal, CERT_ROLE_ORGANISATION},
		{"C=VN,CN=Time Stamping One", tsa, CERT_ROLE_DEVICE},
		{"C=VN,CN=Some CA", ca, CERT_ROLE_DEVICE},
		{"C=VN,CN=Thing", NULL, CERT_ROLE_UNKNOWN},
		{"C=VN,CN=Server 12", mail, CERT_ROLE_UNKNOWN},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made made = cert_make(&(struct cert_plan){
			.subject = cases[i].subject, .key = "1", .extensions = cases[i].extensions});
		struct cert *cert = parse(&made);
		if (cert_role(cert) != cases[i].role)
			fail_msg("%s is %s", cases[i].subject, cert_role_name(cert_role(cert)));
		cert_unref(cert);
		made_free(&made);
	}
}

static void pools_take_what_they_recognise_once(void **state) {
	(void)state;
	struct cache *cache = cache_new();
	struct pool *pool = pool_new(cache);
	struct made a = cert_make(&(struct cert_plan){.subject = "CN=A", .key = "1"});
	struct made b = cert_make(&(struct cert_plan){.subject = "CN=B", .key = "2"});
	BIO *bio = BIO_new(BIO_s_mem());
	BIO_puts(bio, "some words\n");
	PEM_write_bio_X509(bio, a.x509);
	BIO_puts(bio, "-----BEGIN X-----\n!!\n-----END X-----\n");
	PEM_write_bio_X509(bio, b.x509);
	char *text;
	long len = BIO_get_mem_data(bio, &text);
	assert_int_equal(pool_add(pool, (const unsigned char *)text, (size_t)len), 2);
	assert_int_equal(pool_add(pool, a.der.data, a.der.len), 1);
	assert_int_equal(pool_cert_count(pool), 2);
	assert_int_equal(pool_add(pool, (const unsigned char *)"words", 5), 0);
	assert_int_equal(pool_add(pool, NULL, 0), 0);
	PKCS7 *bundle = PKCS7_new();
	PKCS7_set_type(bundle, NID_pkcs7_signed);
	PKCS7_content_new(bundle, NID_pkcs7_data);
	struct made c = cert_make(&(struct cert_plan){.subject = "CN=C", .key = "3"});
	PKCS7_add_certificate(bundle, c.x509);
	unsigned char *der = NULL;
	int der_len = i2d_PKCS7(bundle, &der);
	assert_int_equal(pool_add(pool, der, (size_t)der_len), 1);
	assert_string_equal(pool_cert(pool, 2)->subject_text, "CN=C");
	struct pool *other = pool_new(cache); /* what is cached is not available to another document */
	assert_int_equal(pool_cert_count(other), 0);
	OPENSSL_free(der);
	PKCS7_free(bundle);
	BIO_free(bio);
	pool_free(other);
	pool_free(pool);
	cache_free(cache);
	made_free(&a);
	made_free(&b);
	made_free(&c);
}

struct signing {
	const char *key, *digest;
	bool pss;
	int salt;
	const char *algorithm; /* hexadecimal AlgorithmIdentifier to verify with */
	enum signature_status status;
};

static size_t sign(const struct signing *s, EVP_PKEY *key, const void *data, size_t len, unsigned char *out,
		   size_t size) {
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey = NULL;
	const EVP_MD *md = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_get_digestbyname(s->digest);
	assert_true(EVP_DigestSignInit(ctx, &pkey, md, NULL, key) > 0);
	if (s->pss) {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, s->salt) > 0);
	}
	assert_true(EVP_DigestSign(ctx, out, &size, data, len) > 0);
	EVP_MD_CTX_free(ctx);
	return size;
}

#define RSA_SHA256 "300D06092A864886F70D01010B0500"
#define RSA_SHA256_BARE "300B06092A864886F70D01010B"
#define RSA_SHA512 "300D06092A864886F70D01010D0500"
#define RSA_ALONE "300D06092A864886F70D0101010500"
#define PSS_SHA256                                                                                                     \
	"304106092A864886F70D01010A3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D0609608648" \
	"0165030402010500A203020120"
#define PSS_SALT_21                                                                                                    \
	"304106092A864886F70D01010A3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D0609608648" \
	"0165030402010500A203020115"
#define PSS_TRAILER                                                                                                    \
	"304606092A864886F70D01010A3039A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D0609608648" \
	"0165030402010500A203020120A303020102"
#define ECDSA_SHA256 "300A06082A8648CE3D040302"
#define ECDSA_SHA384 "300A06082A8648CE3D040303"
#define EC_ALONE "300906072A8648CE3D0201"
#define ED25519 "300506032B6570"
#define ED25519_NULL "300706032B65700500"

static void signatures_verify_as_their_algorithm_says(void **state) {
	(void)state;
	static const struct signing cases[] = {
		{"person", "SHA256", false, 0, RSA_SHA256, SIGNATURE_VALID},
		{"person", "SHA256", false, 0, RSA_SHA256_BARE, SIGNATURE_VALID},
		{"person", "SHA512", false, 0, RSA_SHA256, SIGNATURE_INVALID},
		{"person", "SHA512", false, 0, RSA_SHA512, SIGNATURE_VALID},
		{"person", "SHA256", false, 0, RSA_ALONE, SIGNATURE_VALID}, /* the digest is named elsewhere */
		{"person", "SHA256", true, 32, PSS_SHA256, SIGNATURE_VALID},
		{"person", "SHA256", true, 21, PSS_SHA256, SIGNATURE_INVALID},
		{"person", "SHA256", true, 21, PSS_SALT_21, SIGNATURE_VALID},
		{"person", "SHA256", true, 32, PSS_TRAILER, SIGNATURE_UNSUPPORTED},
		{"person", "SHA256", false, 0, PSS_SHA256, SIGNATURE_INVALID},
		{"person", "SHA256", false, 0, ECDSA_SHA256, SIGNATURE_INVALID},
		{"person-p256", "SHA256", false, 0, ECDSA_SHA256, SIGNATURE_VALID},
		{"person-p256", "SHA256", false, 0, EC_ALONE, SIGNATURE_VALID},
		{"organisation-p384", "SHA384", false, 0, ECDSA_SHA384, SIGNATURE_VALID},
		{"organisation-p384", "SHA256", false, 0, ECDSA_SHA384, SIGNATURE_INVALID},
		{"1", NULL, false, 0, ED25519, SIGNATURE_VALID},
		{"1", NULL, false, 0, ED25519_NULL, SIGNATURE_UNSUPPORTED},
		{"1", NULL, false, 0, "300606042A030405", SIGNATURE_UNSUPPORTED},
	};
	static const unsigned char data[] = "what is signed";
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made made = cert_make(&(struct cert_plan){.subject = "CN=A", .key = cases[i].key});
		struct cert *cert = parse(&made);
		unsigned char value[1024], algorithm[128];
		size_t len = sign(&cases[i], made.key, data, sizeof data, value, sizeof value);
		size_t algorithm_len = strlen(cases[i].algorithm) / 2;
		assert_true(hex_decode(cases[i].algorithm, algorithm, algorithm_len));
		struct der_walk w = der_walk_bytes(algorithm, algorithm_len);
		struct der element;
		assert_true(der_next(&w, &element) && der_done(&w));
		struct signed_bytes bytes = {.data = data, .len = sizeof data};
		struct algorithm_use use;
		enum signature_status status =
			signature_verify(cert->key, &element, DIGEST_SHA256, &bytes, value, len, &use);
		if (status != cases[i].status) fail_msg("case %zu gave %d", i, (int)status);
		assert_int_equal(use.key_type, cert->key->type);
		if (status == SIGNATURE_VALID) {
			value[len / 2] ^= 1;
			assert_int_equal(signature_verify(cert->key, &element, DIGEST_SHA256, &bytes, value, len, &use),
					 SIGNATURE_INVALID);
			value[len / 2] ^= 1;
			unsigned char digest[DIGEST_MAX];
			struct signed_bytes hashed = {.digest = digest};
			hashed.digest_len = digest_bytes(use.digest, data, sizeof data, digest);
			assert_int_equal(
				signature_verify(cert->key, &element, DIGEST_SHA256, &hashed, value, len, &use),
				use.scheme == SCHEME_EDDSA ? SIGNATURE_UNSUPPORTED : SIGNATURE_VALID);
		}
		cert_unref(cert);
		made_free(&made);
	}
}

static void long_lists_are_searched_by_serial(void **state) {
	(void)state;
	char serials[200][8];
	const char *rows[601];
	for (int i = 0; i < 200; i++) {
		snprintf(serials[i], sizeof serials[i], "%d", (i * 7919) % 9973 + 1);
		rows[3 * i] = serials[i];
		rows[3 * i + 1] = "20260101000000Z";
		rows[3 * i + 2] = i % 2 ? "1" : "";
	}
	rows[600] = NULL;
	struct made ca = cert_make(&(struct cert_plan){.subject = "CN=CA", .key = "1"});
	struct buf bytes = crl_make(&(struct crl_plan){.issuer = &ca, .revoked = rows});
	struct crl *crl = crl_parse(bytes.data, bytes.len);
	assert_non_null(crl);
	assert_int_equal(crl->entry_count, 200);
	for (long serial = 1; serial < 9975; serial += 3) {
		bool listed = false;
		for (int i = 0; i < 200; i++) listed |= atol(serials[i]) == serial;
		unsigned char number[] = {(unsigned char)(serial >> 8), (unsigned char)serial};
		struct der e = {
			.tag = DER_INTEGER, .data = serial < 128 ? number + 1 : number, .len = serial < 128 ? 1 : 2};
		struct crl_status status;
		if (serial >= 128 && serial < 256) e.data = number, e.len = 2;
		assert_int_equal(crl_find(crl, &e, &crl->issuer_name, &status), listed);
	}
	crl_unref(crl);
	for (size_t len = 0; len < bytes.len; len += 17) assert_null(crl_parse(bytes.data, len));
	buf_dispose(&bytes);
	made_free(&ca);
}

static int start(void **state) {
	(void)state;
	digest_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(names_are_printed_and_compared),
		cmocka_unit_test(bytes_that_are_no_certificate_are_none),
		cmocka_unit_test(faults_are_kept_for_the_path),
		cmocka_unit_test(subjects_are_told_apart),
		cmocka_unit_test(pools_take_what_they_recognise_once),
		cmocka_unit_test(signatures_verify_as_their_algorithm_says),
		cmocka_unit_test(long_lists_are_searched_by_serial),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
