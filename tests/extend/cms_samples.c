#include "tests/extend/cms_samples.h"

#include "tests/extend/extend_samples.h"
#include "tests/pki/cms_sign.h"
#include "tests/pki/tool.h"
#include "validator/der.h"

#include <openssl/cms.h>
#include <string.h>

static void put_indefinite(struct buf *to, unsigned char tag, const struct buf *inside) {
	buf_add_byte(to, tag);
	buf_add_byte(to, 0x80);
	buf_add(to, inside->data, inside->len);
	buf_add(to, "\0\0", 2);
}

/* The element with indefinite lengths wherever this program may have to put something in, strings in pieces. */
static void loosen(struct buf *to, const struct der *e, unsigned depth) {
	struct buf inside = {0};
	struct der child;
	struct der_walk w = der_walk_in(e);
	bool bag = depth == 3 && (e->tag & 0xc0);
	if (e->tag == DER_OCTET_STRING && depth == 5) {
		der_put(&inside, DER_OCTET_STRING, e->data, e->len / 2);
		der_put(&inside, DER_OCTET_STRING, e->data + e->len / 2, e->len - e->len / 2);
		put_indefinite(to, DER_OCTET_STRING | DER_CONSTRUCTED, &inside);
	} else if (!(e->tag & DER_CONSTRUCTED) || depth > 5 || (depth == 5 && e->tag != 0xa1)) {
		buf_add(to, e->start, e->full);
	} else {
		while (der_next_ber(&w, &child))
			if (bag || depth == 5)
				buf_add(&inside, child.start, child.full);
			else
				loosen(&inside, &child, depth + 1);
		put_indefinite(to, e->tag, &inside);
	}
	buf_dispose(&inside);
}

static void add_status(CMS_ContentInfo *cms, const struct pki *pki) {
	X509_CRL *crl = pki_crl(pki, SUB_G2, "20260509000000Z", "20260609000000Z");
	need(CMS_add1_crl(cms, crl) == 1, "status in CMS");
	X509_CRL_free(crl);
}

/* A countersignature by the office (RFC 5652 11.4): its SignerInfo without content-type. */
static void add_counter(CMS_ContentInfo *cms, const struct pki *pki) {
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(si);
	struct buf der = cms_counter(pki, OFFICE, SIGNED, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	need(CMS_unsigned_add1_attr_by_NID(si, NID_pkcs9_countersignature, V_ASN1_SEQUENCE, der.data, (int)der.len) == 1,
	     "countersignature");
	need(CMS_add1_cert(cms, pki->cert[OFFICE]) == 1, "certificate of the countersigner");
	buf_dispose(&der);
}

struct buf cms_loosened(struct buf der) {
	struct buf loose = {0};
	struct der e;
	struct der_walk w = der_walk_bytes(der.data, der.len);
	need(der_next_ber(&w, &e), "CMS");
	loosen(&loose, &e, 0);
	buf_dispose(&der);
	return loose;
}

struct buf cms_sample(const struct pki *pki, unsigned how) {
	struct buf der = {0};
	CMS_ContentInfo *cms = cms_sign(pki, EXPIRED_PERSON, how & ENVELOPING ? CMS_OPT_ENVELOPING : 0, SIGNED, CONTENT,
					strlen(CONTENT));
	if (how & COUNTER) add_counter(cms, pki);
	if (how & STAMPED_ONCE) cms_add_timestamp(cms, pki, STAMPED);
	if (how & TWO) cms_add_signer(cms, pki, OFFICE, SIGNED, STAMPED, CONTENT);
	if (how & STATUS) add_status(cms, pki);
	if (how & ISSUER) need(CMS_add1_cert(cms, pki->cert[SUB_G2]) == 1, "certificate of the authority");
	TOOL_DER(&der, i2d_CMS_ContentInfo, cms);
	CMS_ContentInfo_free(cms);
	return how & INDEFINITE ? cms_loosened(der) : der;
}
