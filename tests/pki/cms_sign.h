/* CMS signatures and RFC 3161 tokens with nothing in them that depends on clock or chance. */
#ifndef LTVAULT_TESTS_PKI_CMS_SIGN_H
#define LTVAULT_TESTS_PKI_CMS_SIGN_H

#include "base/mem.h"
#include "tests/pki/cert_make.h"

#include <openssl/cms.h>
#include <openssl/ts.h>

enum cms_option {
	CMS_OPT_ENVELOPING = 1, /* the content is inside */
	CMS_OPT_PSS = 2,        /* RSASSA-PSS instead of PKCS#1 v1.5 */
	CMS_OPT_SHA1 = 4,       /* SHA-1 instead of SHA-256, and so ESS signing-certificate v1 */
	CMS_OPT_NO_TIME = 8,    /* no signing-time attribute (EN 319 142-1 6.3) */
	CMS_OPT_ISSUERS = 16,   /* the issuing CA's certificate, too; the real tool puts in the leaf only */
};

/* A signature over data; `when` is the signing-time attribute. */
CMS_ContentInfo *cms_sign(const struct pki *pki, enum cert_id signer, unsigned options, const char *when,
			  const void *data, size_t len);
/* A countersignature on a signature value (RFC 5652 11.4): the SignerInfo, whose attributes have no content-type. */
struct buf cms_counter(const struct pki *pki, enum cert_id signer, const char *when, const void *value, size_t len);
/* Puts a signature timestamp into the first SignerInfo's unsigned attributes. */
void cms_add_timestamp(CMS_ContentInfo *cms, const struct pki *pki, const char *gen_time);

/* A token over a digest; nonce may be NULL. `certs`: with the TSA's certificate and its issuer's. */
struct tst_plan {
	enum cert_id signer;
	const char *policy, *gen_time;
	unsigned long long serial;
	bool certs;
};
#define TSA_POLICY "2.16.704.1.1.1.1.2"
CMS_ContentInfo *tst_make(const struct pki *pki, const struct tst_plan *plan, TS_MSG_IMPRINT *imprint,
			  const ASN1_INTEGER *nonce);
/* The same over the SHA-256 of data; serial is made from the time. */
CMS_ContentInfo *tst_over(const struct pki *pki, const char *gen_time, const void *data, size_t len);
/* TimeStampResp with status granted around a token. */
struct buf tst_response(CMS_ContentInfo *token);

#endif
