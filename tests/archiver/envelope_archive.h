/* Recipients made for tests, an archive with a medium encrypted to them. To be included first. */
#ifndef LTVAULT_TESTS_ENVELOPE_ARCHIVE_H
#define LTVAULT_TESTS_ENVELOPE_ARCHIVE_H

#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/envelope.h"
#include "archiver/restore.h"
#include "base/limits.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static char *archive, *medium, *target, *keys;

/* ---- recipients made here ---- */

static inline void put_pem(const char *name, EVP_PKEY *key, X509 *certificate) {
	char *path = xasprintf("%s/%s.pem", keys, name), *beside = xasprintf("%s/%s.key", keys, name);
	FILE *out = fopen(path, "we"), *secret = fopen(beside, "we");
	assert_non_null(out);
	assert_non_null(secret);
	assert_true(PEM_write_X509(out, certificate));
	assert_true(PEM_write_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL));
	fclose(out);
	fclose(secret);
	free(path), free(beside);
}

/* Files NAME.pem and NAME.key; valid around NOW, or not any more. */
static inline void make_recipient(const char *name, EVP_PKEY *key, const char *usage, int days) {
	X509 *one = X509_new();
	assert_non_null(key);
	ASN1_INTEGER_set(X509_get_serialNumber(one), (long)strlen(name) + 7);
	X509_set_version(one, 2);
	ASN1_TIME_set(X509_getm_notBefore(one), (time_t)(NOW / UTIME_SECOND) - 86400L * 30);
	ASN1_TIME_set(X509_getm_notAfter(one), (time_t)(NOW / UTIME_SECOND) + 86400L * days);
	X509_set_pubkey(one, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(one), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(one, X509_get_subject_name(one));
	if (usage) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);
		assert_true(X509_add_ext(one, extension, -1));
		X509_EXTENSION_free(extension);
	}
	assert_true(X509_sign(one, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()));
	put_pem(name, key, one);
	X509_free(one);
	EVP_PKEY_free(key);
}

static inline int make_keys(void **state) {
	(void)state;
	digest_init();
	keys = folder_new("envelope-keys");
	make_recipient("rsa", EVP_RSA_gen(2048), "keyEncipherment", 365);
	make_recipient("ec", EVP_EC_gen("P-256"), "keyAgreement", 365);
	make_recipient("other", EVP_RSA_gen(2048), NULL, 365);
	make_recipient("otherec", EVP_EC_gen("P-256"), NULL, 365);
	make_recipient("weak", EVP_RSA_gen(1024), NULL, 365);
	make_recipient("signer", EVP_EC_gen("P-256"), "digitalSignature", 365);
	make_recipient("expired", EVP_EC_gen("P-256"), "keyAgreement", -1);
	make_recipient("edwards", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, 365);
	return 0;
}

static inline int drop_keys(void **state) {
	(void)state;
	folder_remove(keys);
	free(keys);
	return 0;
}

static inline char *pem_of(const char *first, const char *second) {
	char *a = xasprintf("%s/%s.pem", keys, first), *b = xasprintf("%s/%s.pem", keys, second ? second : first);
	char *one = folder_text(a), *two = second ? folder_text(b) : xstrdup(""), *both = xasprintf("%s%s", one, two);
	free(a), free(b), free(one), free(two);
	return both;
}

static inline struct envelope_key *key_of(const char *name, bool with_certificate, struct error *err) {
	char *key = xasprintf("%s/%s.key", keys, name), *certificate = xasprintf("%s/%s.pem", keys, name);
	struct envelope_key *k = envelope_key_read(key, with_certificate ? certificate : NULL, err);
	free(key), free(certificate);
	return k;
}

/* ---- messages ---- */

static inline struct buf message(const char *first, const char *second, const void *plain, size_t len) {
	char *pem = pem_of(first, second);
	struct buf der = {0};
	struct error err = {0};
	struct recipients *r = recipients_parse(pem, strlen(pem), &err);
	assert_non_null(r);
	fine(envelope_make(r, plain, len, &der, oops));
	recipients_free(r);
	free(pem);
	return der;
}

static inline int opened(const char *name, bool with_certificate, const struct buf *der, struct buf *plain, struct error *err) {
	struct envelope_key *key = key_of(name, with_certificate, err);
	int rc = key ? envelope_open(key, der->data, der->len, plain, err) : -1;
	envelope_key_free(key);
	return rc;
}

/* ---- media ---- */

static inline int fresh(void **state) {
	(void)state;
	archive = folder_new("envelope-archive");
	medium = folder_new("envelope-medium");
	target = folder_new("envelope-target");
	folder_remove(target);
	return 0;
}

static inline int gone(void **state) {
	(void)state;
	char *left = xasprintf("%s.restoring", target);
	folder_remove(archive), folder_remove(medium), folder_remove(target), folder_remove(left);
	free(archive), free(medium), free(target), free(left);
	return 0;
}

static inline void wrote(struct app *app, bool full, struct backup_result *result) {
	fine(backup_medium(app, medium, full, result, oops));
}

/* Three days with a document each, the medium written every evening. */
static inline void three_days(void) {
	struct app app;
	struct backup_result result;
	char *pem = pem_of("rsa", "ec");
	for (int day = 0; day < 3; day++) {
		char name[] = "a.pdf", text[] = "chu ky so cua van ban a";
		text[22] = name[0] = (char)('a' + day);
		small_open(&app, archive, NOW + day * UTIME_DAY);
		small_add(&app, name, text, "TOTAL-PASSED", "");
		const struct medium_wish wish = {.path = medium, .label = "Disk A", .site = "", .set = "", .end_of_life = UTIME_NONE, .recipients = pem};
		if (!day) fine(media_init(&app, &wish, oops));
		wrote(&app, false, &result);
		small_close(&app);
	}
	free(pem);
}

/* A shell command in a folder. */
static inline int run(const char *words, const char *folder) {
	char *command = xasprintf("cd %s && %s", folder, words);
	int rc = system(command);
	free(command);
	return rc;
}

static inline int restored(const char *key, struct restore_request request, struct restore_result *result, struct error *err) {
	struct app app = {.archive = target, .now = NOW + 10 * UTIME_DAY, .command = "restore"};
	char *path = key ? xasprintf("%s/%s.key", keys, key) : NULL;
	request.medium = medium;
	request.directory = target;
	request.key = path;
	int rc = restore_run(&app, &request, result, err);
	conf_free(app.conf);
	free(path);
	return rc;
}

#define MEDIUM_TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

#endif
