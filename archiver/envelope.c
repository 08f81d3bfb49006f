#include "archiver/envelope.h"

#include "base/limits.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define RSA_BITS_MIN 2048 /* 112 bits of strength: NIST SP 800-57 part 1, table 2 */

struct recipients {
	STACK_OF(X509) *certificates;
};
struct envelope_key {
	EVP_PKEY *key;
	X509 *certificate;
};

/* OpenSSL's reason behind ours; its queue is empty afterwards. */
static int refused(struct error *err, enum error_code code, const char *what) {
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	error_set(err, code, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
	return -1;
}

static char *name_of(const X509 *certificate) {
	char text[256] = "";
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) *p = '?';
	return xstrdup(*text ? text : "without a common name");
}

static bool is_elliptic(const X509 *certificate) {
	const EVP_PKEY *key = X509_get0_pubkey(certificate);
	return key && EVP_PKEY_is_a(key, "EC");
}

static int check_key(const X509 *certificate, struct error *err) {
	const EVP_PKEY *key = X509_get0_pubkey(certificate);
	if (is_elliptic(certificate) || (key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN)) return 0;
	char *name = name_of(certificate);
	error_set(err, ERROR_INPUT, "recipient %s: its key is neither RSA from %d bits nor on an elliptic curve", name, RSA_BITS_MIN);
	free(name);
	return -1;
}

struct recipients *recipients_parse(const char *pem, size_t len, struct error *err) {
	BIO *in = len <= LIMIT_LABEL_BYTES ? BIO_new_mem_buf(pem, (int)len) : NULL;
	struct recipients *r = xcalloc(1, sizeof *r);
	X509 *one;
	r->certificates = sk_X509_new_null();
	while (in && !err->code && (one = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		if (sk_X509_num(r->certificates) >= LIMIT_RECIPIENTS) error_set(err, ERROR_INPUT, "more than %d recipients", LIMIT_RECIPIENTS);
		if (err->code || check_key(one, err) || !sk_X509_push(r->certificates, one)) X509_free(one);
	}
	BIO_free(in);
	ERR_clear_error();
	if (!err->code && !sk_X509_num(r->certificates)) error_set(err, ERROR_INPUT, "no certificate of a recipient in PEM is there");
	if (!err->code) return r;
	recipients_free(r);
	return NULL;
}

void recipients_free(struct recipients *recipients) {
	if (!recipients) return;
	sk_X509_pop_free(recipients->certificates, X509_free);
	free(recipients);
}

int recipients_check(const struct recipients *recipients, utime now, struct error *err) {
	time_t at = (time_t)(now / UTIME_SECOND);
	for (int i = 0; i < sk_X509_num(recipients->certificates) && !err->code; i++) {
		X509 *one = sk_X509_value(recipients->certificates, i);
		char *name = name_of(one);
		/* Without the extension every use is allowed, and all bits are set. */
		uint32_t needed = is_elliptic(one) ? KU_KEY_AGREEMENT : KU_KEY_ENCIPHERMENT;
		if (X509_cmp_time(X509_get0_notBefore(one), &at) >= 0 || X509_cmp_time(X509_get0_notAfter(one), &at) <= 0)
			error_set(err, ERROR_INPUT, "recipient %s: the certificate is not valid now", name);
		else if (!(X509_get_key_usage(one) & needed))
			error_set(err, ERROR_INPUT, "recipient %s: the certificate's key usage does not allow encryption to it", name);
		free(name);
	}
	ERR_clear_error();
	return err->code ? -1 : 0;
}

char *recipients_text(const struct recipients *recipients) {
	struct buf text = {0};
	BIO *out = BIO_new(BIO_s_mem());
	char *data;
	for (int i = 0; out && i < sk_X509_num(recipients->certificates); i++) PEM_write_bio_X509(out, sk_X509_value(recipients->certificates, i));
	long len = out ? BIO_get_mem_data(out, &data) : 0;
	if (len > 0) buf_add(&text, data, (size_t)len);
	BIO_free(out);
	return buf_take_text(&text);
}

size_t recipients_count(const struct recipients *recipients) {
	return (size_t)sk_X509_num(recipients->certificates);
}

void recipients_describe(const struct recipients *recipients, size_t at, struct recipient *one) {
	const X509 *certificate = sk_X509_value(recipients->certificates, (int)at);
	unsigned char sum[SHA256_SIZE];
	struct tm tm;
	*one = (struct recipient){.name = name_of(certificate), .ends = UTIME_NONE};
	if (X509_digest(certificate, EVP_sha256(), sum, NULL)) hex_encode(sum, sizeof sum, one->sha256);
	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm))
		utime_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, 0, &one->ends);
}

/* How the recipient gets the key: OpenSSL's own choices are PKCS #1 v1.5 and SHA-1. */
static bool add_recipient(CMS_ContentInfo *cms, X509 *certificate) {
	CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx = info ? CMS_RecipientInfo_get0_pkey_ctx(info) : NULL;
	if (!ctx) return false;
	if (is_elliptic(certificate)) return EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 && EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0;
}

static bool take(BIO *from, struct buf *to) {
	char *data;
	long len = BIO_get_mem_data(from, &data);
	if (len > 0) buf_add(to, data, (size_t)len);
	return len >= 0;
}

int envelope_make(const struct recipients *recipients, const void *plain, size_t len, struct buf *der, struct error *err) {
	BIO *in = len <= LIMIT_ENVELOPE_PLAIN ? BIO_new_mem_buf(plain, (int)len) : NULL, *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = in ? CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_PARTIAL | CMS_BINARY) : NULL;
	bool good = cms && out && OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData;
	for (int i = 0; good && i < sk_X509_num(recipients->certificates); i++) good = add_recipient(cms, sk_X509_value(recipients->certificates, i));
	good = good && CMS_final(cms, in, NULL, CMS_BINARY) && i2d_CMS_bio(out, cms) && take(out, der);
	if (!good) refused(err, ERROR_INTERNAL, "the encryption to the recipients failed");
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	return good ? 0 : -1;
}

/* Everything but the content has a fixed form, but for the lengths in DER before the content. */
int envelope_overhead(const struct recipients *recipients, uint64_t *bytes, struct error *err) {
	enum { DER_LENGTHS = 5 * 8 }; /* of the elements around the content, when it is long */
	struct buf der = {0};
	int rc = envelope_make(recipients, "", 1, &der, err);
	*bytes = der.len + DER_LENGTHS;
	buf_dispose(&der);
	return rc;
}

struct envelope_key *envelope_key_read(const char *key, const char *certificate, struct error *err) {
	struct envelope_key *k = xcalloc(1, sizeof *k);
	BIO *in = BIO_new_file(key, "r"), *beside = certificate ? BIO_new_file(certificate, "r") : NULL;
	k->key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	if (!k->key) refused(err, ERROR_INPUT, "no private key in PEM could be read"), error_prefix(err, "%s", key);
	k->certificate = beside ? PEM_read_bio_X509(beside, NULL, NULL, NULL) : NULL;
	if (!err->code && certificate && (!k->certificate || X509_check_private_key(k->certificate, k->key) != 1))
		refused(err, ERROR_INPUT, "is not the key's certificate in PEM"), error_prefix(err, "%s", certificate);
	BIO_free(in);
	BIO_free(beside);
	ERR_clear_error();
	if (!err->code) return k;
	envelope_key_free(k);
	return NULL;
}

void envelope_key_free(struct envelope_key *key) {
	if (!key) return;
	EVP_PKEY_free(key->key);
	X509_free(key->certificate);
	free(key);
}

/* CMS_DEBUG_DECRYPT: a key that opens nothing is told at once; without it a made-up content key hides that, against an attacker who
 * can ask again and again, and there is none here. */
int envelope_open(const struct envelope_key *key, const void *der, size_t len, struct buf *plain, struct error *err) {
	BIO *in = len <= LIMIT_ENVELOPE_BYTES ? BIO_new_mem_buf(der, (int)len) : NULL, *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = in ? d2i_CMS_bio(in, NULL) : NULL;
	if (!cms || !out || OBJ_obj2nid(CMS_get0_type(cms)) != NID_id_smime_ct_authEnvelopedData)
		refused(err, ERROR_DAMAGED, "not a CMS message with authenticated encryption");
	else if (!CMS_decrypt(cms, NULL, NULL, NULL, NULL, CMS_DEBUG_DECRYPT) || CMS_decrypt_set1_pkey(cms, key->key, key->certificate) <= 0)
		refused(err, ERROR_INPUT, "encrypted to others than the owner of this key");
	else if (CMS_decrypt(cms, NULL, NULL, NULL, out, CMS_DEBUG_DECRYPT | CMS_BINARY) <= 0 || !take(out, plain))
		refused(err, ERROR_DAMAGED, "the authentication tag of the encrypted content does not hold");
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	ERR_clear_error();
	return err->code ? -1 : 0;
}
