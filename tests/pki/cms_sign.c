#include "tests/pki/cms_sign.h"

#include "tests/pki/tool.h"

#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

static void set_signing_time(CMS_SignerInfo *si, const char *when) {
	ASN1_TIME *t = ASN1_TIME_new();
	need(t && ASN1_TIME_set_string_X509(t, when) == 1, when);
	need(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, t->type, t, -1) == 1, when);
	ASN1_TIME_free(t);
}

static int compare_der(const void *a, const void *b) {
	const struct buf *x = a, *y = b;
	size_t shorter = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->data, y->data, shorter);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The bytes that are signed: the signed attributes as a SET OF in DER (RFC 5652 5.4). */
static struct buf signed_attributes(CMS_SignerInfo *si) {
	struct buf parts[16] = {{0}}, set = {0};
	int count = CMS_signed_get_attr_count(si);
	size_t body = 0;
	need(count > 0 && count <= (int)ARRAY_LEN(parts), "signed attributes");
	for (int i = 0; i < count; i++) {
		TOOL_DER(&parts[i], i2d_X509_ATTRIBUTE, CMS_signed_get_attr(si, i));
		body += parts[i].len;
	}
	qsort(parts, (size_t)count, sizeof *parts, compare_der);
	unsigned char header[8], *end = header;
	ASN1_put_object(&end, 1, (int)body, V_ASN1_SET, V_ASN1_UNIVERSAL);
	buf_add(&set, header, (size_t)(end - header));
	for (int i = 0; i < count; i++) {
		buf_add(&set, parts[i].data, parts[i].len);
		buf_dispose(&parts[i]);
	}
	return set;
}

/* OpenSSL always signs a signing-time attribute, which a PAdES signature must not have, and a content-type, which a
 * countersignature must not: take it out and sign again. */
static void sign_without(int nid, CMS_SignerInfo *si, EVP_PKEY *key, const EVP_MD *md, bool pss) {
	int at = CMS_signed_get_attr_by_NID(si, nid, -1);
	X509_ATTRIBUTE_free(CMS_signed_delete_attr(si, at));
	struct buf set = signed_attributes(si);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	unsigned char value[1024];
	size_t len = sizeof value;
	need(ctx && EVP_DigestSignInit(ctx, &pctx, md, NULL, key) == 1, "signing");
	if (pss) {
		need(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1, "PSS");
		need(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1, "PSS");
	}
	tool_random_restart();
	need(EVP_DigestSign(ctx, value, &len, set.data, set.len) == 1, "signing");
	need(ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(si), value, (int)len) == 1, "signing");
	EVP_MD_CTX_free(ctx);
	buf_dispose(&set);
}

CMS_ContentInfo *cms_sign(const struct pki *pki, enum cert_id signer, unsigned options, const char *when,
			  const void *data, size_t len) {
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL | (options & CMS_OPT_ENVELOPING ? 0 : CMS_DETACHED);
	const EVP_MD *md = options & CMS_OPT_SHA1 ? EVP_sha1() : EVP_sha256();
	BIO *in = BIO_new_mem_buf(data, (int)len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	need(in && cms, "CMS");
	CMS_SignerInfo *si =
		CMS_add1_signer(cms, pki->cert[signer], pki_key(signer), md, flags | CMS_CADES | CMS_KEY_PARAM);
	need(si != NULL, "CMS signer");
	if (options & CMS_OPT_PSS) {
		EVP_PKEY_CTX *pctx = CMS_SignerInfo_get0_pkey_ctx(si);
		need(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1, "PSS");
		need(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1, "PSS");
	}
	if (options & CMS_OPT_ISSUERS)
		need(CMS_add1_cert(cms, pki->cert[cert_profiles[signer].issuer]) == 1, "CMS certificates");
	set_signing_time(si, when);
	tool_random_restart();
	need(CMS_final(cms, in, NULL, flags & ~(unsigned)CMS_PARTIAL) == 1, "CMS");
	if (options & CMS_OPT_NO_TIME) sign_without(NID_pkcs9_signingTime, si, pki_key(signer), md, options & CMS_OPT_PSS);
	BIO_free(in);
	return cms;
}

/* The last element inside the last element ..., `depth` times: of a signature it is the SignerInfo after four steps. */
static struct buf last_inside(const struct buf *der, int depth) {
	const unsigned char *p = der->data, *end = der->data + der->len, *last = p;
	struct buf out = {0};
	for (int i = 0; i <= depth; i++) {
		long len = 0;
		int tag, class;
		for (const unsigned char *q = p; q < end; q += len) {
			last = q;
			need(!(ASN1_get_object(&q, &len, &tag, &class, end - q) & 0x80), "DER");
			p = q;
		}
	}
	buf_add(&out, last, (size_t)(end - last));
	return out;
}

struct buf cms_counter(const struct pki *pki, enum cert_id signer, const char *when, const void *value, size_t len) {
	struct buf der = {0};
	CMS_ContentInfo *cms = cms_sign(pki, signer, 0, when, value, len);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	sign_without(NID_pkcs9_contentType, si, pki_key(signer), EVP_sha256(), false);
	TOOL_DER(&der, i2d_CMS_ContentInfo, cms);
	CMS_ContentInfo_free(cms);
	struct buf info = last_inside(&der, 4);
	buf_dispose(&der);
	return info;
}

void cms_add_timestamp(CMS_ContentInfo *cms, const struct pki *pki, const char *gen_time) {
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(si);
	CMS_ContentInfo *token =
		tst_over(pki, gen_time, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	struct buf der = {0};
	TOOL_DER(&der, i2d_CMS_ContentInfo, token);
	need(CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, der.data,
					   (int)der.len) == 1,
	     "signature timestamp");
	buf_dispose(&der);
	CMS_ContentInfo_free(token);
}

static TS_TST_INFO *tst_info(const struct tst_plan *plan, TS_MSG_IMPRINT *imprint, const ASN1_INTEGER *nonce) {
	TS_TST_INFO *info = TS_TST_INFO_new();
	ASN1_OBJECT *policy = OBJ_txt2obj(plan->policy, 1);
	ASN1_GENERALIZEDTIME *when = tool_time(plan->gen_time);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	TS_ACCURACY *accuracy = TS_ACCURACY_new();
	ASN1_INTEGER *second = ASN1_INTEGER_new();
	need(info && policy && number && accuracy && second, "TSTInfo");
	need(ASN1_INTEGER_set_uint64(number, plan->serial) == 1 && ASN1_INTEGER_set(second, 1) == 1, "TSTInfo");
	need(TS_ACCURACY_set_seconds(accuracy, second) == 1, "TSTInfo");
	need(TS_TST_INFO_set_version(info, 1) == 1 && TS_TST_INFO_set_policy_id(info, policy) == 1 &&
		     TS_TST_INFO_set_msg_imprint(info, imprint) == 1 && TS_TST_INFO_set_serial(info, number) == 1 &&
		     TS_TST_INFO_set_time(info, when) == 1 && TS_TST_INFO_set_accuracy(info, accuracy) == 1,
	     "TSTInfo");
	if (nonce) need(TS_TST_INFO_set_nonce(info, nonce) == 1, "TSTInfo");
	ASN1_OBJECT_free(policy);
	ASN1_GENERALIZEDTIME_free(when);
	ASN1_INTEGER_free(number);
	ASN1_INTEGER_free(second);
	TS_ACCURACY_free(accuracy);
	return info;
}

CMS_ContentInfo *tst_make(const struct pki *pki, const struct tst_plan *plan, TS_MSG_IMPRINT *imprint,
			  const ASN1_INTEGER *nonce) {
	TS_TST_INFO *info = tst_info(plan, imprint, nonce);
	struct buf der = {0};
	TOOL_DER(&der, i2d_TS_TST_INFO, info);
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL | (plan->certs ? 0 : CMS_NOCERTS);
	BIO *in = BIO_new_mem_buf(der.data, (int)der.len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	need(in && cms && CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)) == 1, "token");
	CMS_SignerInfo *si =
		CMS_add1_signer(cms, pki->cert[plan->signer], pki_key(plan->signer), EVP_sha256(), flags | CMS_CADES);
	need(si && (!plan->certs || CMS_add1_cert(cms, pki->cert[SUB_G2]) == 1), "token");
	set_signing_time(si, plan->gen_time);
	need(CMS_final(cms, in, NULL, CMS_BINARY) == 1, "token");
	BIO_free(in);
	buf_dispose(&der);
	TS_TST_INFO_free(info);
	return cms;
}

CMS_ContentInfo *tst_over(const struct pki *pki, const char *gen_time, const void *data, size_t len) {
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *alg = X509_ALGOR_new();
	need(imprint && alg && EVP_Digest(data, len, digest, &size, EVP_sha256(), NULL) == 1, "imprint");
	X509_ALGOR_set_md(alg, EVP_sha256());
	need(TS_MSG_IMPRINT_set_algo(imprint, alg) == 1 && TS_MSG_IMPRINT_set_msg(imprint, digest, (int)size) == 1,
	     "imprint");
	/* A serial that is unique for what is stamped when: real ones only have to be unique per TSA (RFC 3161 2.4.2).
	 */
	unsigned long long serial = 0;
	for (int i = 0; i < 7; i++) serial = serial << 8 | digest[i];
	const struct tst_plan plan = {TSA_G2, TSA_POLICY, gen_time, serial, true};
	CMS_ContentInfo *token = tst_make(pki, &plan, imprint, NULL);
	X509_ALGOR_free(alg);
	TS_MSG_IMPRINT_free(imprint);
	return token;
}

struct buf tst_response(CMS_ContentInfo *token) {
	static const unsigned char granted[] = {0x30, 0x03, 0x02, 0x01, 0x00};
	struct buf der = {0}, out = {0};
	TOOL_DER(&der, i2d_CMS_ContentInfo, token);
	unsigned char header[8], *end = header;
	ASN1_put_object(&end, 1, (int)(sizeof granted + der.len), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	buf_add(&out, header, (size_t)(end - header));
	buf_add(&out, granted, sizeof granted);
	buf_add(&out, der.data, der.len);
	buf_dispose(&der);
	return out;
}
