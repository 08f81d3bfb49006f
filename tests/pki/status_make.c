/* CRLs and OCSP answers of the test CAs. */
#include "tests/pki/cert_make.h"
#include "tests/pki/tool.h"

#include <openssl/x509v3.h>
#include <string.h>

static const EVP_MD *ca_digest(enum cert_id ca) {
	return EVP_get_digestbyname(cert_profiles[ca].digest);
}

static void add_revoked(X509_CRL *crl, const struct pki *pki, const struct revocation_row *row) {
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_GENERALIZEDTIME *when = tool_time(row->when);
	ASN1_TIME *date = ASN1_TIME_new();
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	need(entry && date && reason && ASN1_TIME_set_string_X509(date, row->when), row->when);
	need(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(pki->cert[row->cert])) == 1, row->when);
	need(X509_REVOKED_set_revocationDate(entry, date) == 1 && ASN1_ENUMERATED_set(reason, row->reason), row->when);
	need(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0) == 1, row->when);
	need(X509_CRL_add0_revoked(crl, entry) == 1, row->when);
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(date);
	ASN1_GENERALIZEDTIME_free(when);
}

/* expiredCertsOnCRL (X.509 8.5.2.12): the list keeps revoked certificates after their expiry, so a certificate that is
 * not on it is known not to be revoked however old it is. OpenSSL 3.0 has no name for the extension. */
static void add_expired_certs_on_crl(X509_CRL *crl) {
	ASN1_OBJECT *oid = OBJ_txt2obj("2.5.29.60", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_GENERALIZEDTIME *since = tool_time("20100101000000Z");
	struct buf der = {0};
	TOOL_DER(&der, i2d_ASN1_GENERALIZEDTIME, since);
	need(oid && value && ASN1_OCTET_STRING_set(value, der.data, (int)der.len), "expiredCertsOnCRL");
	X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	need(ext && X509_CRL_add_ext(crl, ext, -1), "expiredCertsOnCRL");
	X509_EXTENSION_free(ext);
	ASN1_GENERALIZEDTIME_free(since);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	buf_dispose(&der);
}

X509_CRL *pki_crl(const struct pki *pki, enum cert_id ca, const char *this_update, const char *next_update) {
	return pki_crl_by(pki, ca, ca, this_update, next_update);
}

X509_CRL *pki_crl_by(const struct pki *pki, enum cert_id ca, enum cert_id signer, const char *this_update,
		     const char *next_update) {
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_new(), *until = ASN1_TIME_new();
	need(crl && from && until && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1, "CRL");
	need(ASN1_TIME_set_string_X509(from, this_update) && ASN1_TIME_set_string_X509(until, next_update),
	     this_update);
	need(X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki->cert[ca])) == 1, "CRL");
	need(X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1, "CRL");
	for (int i = 0; i < revocation_count; i++)
		if (cert_profiles[revocations[i].cert].issuer == ca && strcmp(revocations[i].when, this_update) <= 0) add_revoked(crl, pki, &revocations[i]);
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, pki->cert[ca], NULL, NULL, crl, 0);
	X509_EXTENSION *aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	need(aki && X509_CRL_add_ext(crl, aki, -1), "CRL");
	X509_EXTENSION_free(aki);
	/* A number that grows with thisUpdate, so that two lists of one CA are always ordered. */
	BIGNUM *digits = NULL;
	need(BN_dec2bn(&digits, this_update) > 0, this_update);
	ASN1_INTEGER *number = BN_to_ASN1_INTEGER(digits, NULL);
	need(number && X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1, "CRL number");
	add_expired_certs_on_crl(crl);
	need(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, pki_key(signer), ca_digest(ca)) > 0, "CRL");
	ASN1_INTEGER_free(number);
	BN_free(digits);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return crl;
}

/* Which certificate of the PKI an id names; CERT_IDS for none. */
static enum cert_id find_cert(const struct pki *pki, OCSP_CERTID *id) {
	ASN1_OBJECT *alg = NULL;
	ASN1_INTEGER *serial = NULL;
	OCSP_id_get0_info(NULL, &alg, NULL, &serial, id);
	const EVP_MD *md = EVP_get_digestbyobj(alg);
	for (int i = 0; md && i < CERT_IDS; i++) {
		if (ASN1_INTEGER_cmp(serial, X509_get_serialNumber(pki->cert[i]))) continue;
		OCSP_CERTID *own = OCSP_cert_to_id(md, pki->cert[i], pki->cert[cert_profiles[i].issuer]);
		bool same = own && !OCSP_id_cmp(own, id);
		OCSP_CERTID_free(own);
		if (same) return (enum cert_id)i;
	}
	return CERT_IDS;
}

/* What is revoked later is not known at that time. */
static void add_answer(OCSP_BASICRESP *basic, const struct pki *pki, OCSP_CERTID *id, ASN1_TIME *now, ASN1_TIME *next) {
	enum cert_id cert = find_cert(pki, id);
	int status = cert == CERT_IDS ? V_OCSP_CERTSTATUS_UNKNOWN : V_OCSP_CERTSTATUS_GOOD, reason = 0;
	ASN1_GENERALIZEDTIME *when = NULL;
	for (int i = 0; i < revocation_count; i++)
		if (revocations[i].cert == cert && strcmp(revocations[i].when, (const char *)ASN1_STRING_get0_data(now)) <= 0) {
			status = V_OCSP_CERTSTATUS_REVOKED;
			reason = revocations[i].reason;
			when = tool_time(revocations[i].when);
		}
	need(OCSP_basic_add1_status(basic, id, status, reason, when, now, next) != NULL, "OCSP status");
	ASN1_GENERALIZEDTIME_free(when);
}

OCSP_RESPONSE *pki_ocsp(const struct pki *pki, OCSP_REQUEST *request, const char *now, const char *next_update) {
	return pki_ocsp_by(pki, CERT_IDS, request, now, next_update);
}

OCSP_RESPONSE *pki_ocsp_by(const struct pki *pki, enum cert_id signer, OCSP_REQUEST *request, const char *now,
			   const char *next_update) {
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_GENERALIZEDTIME *from = tool_time(now), *until = tool_time(next_update);
	enum cert_id issuer = SUB_G2;
	need(basic != NULL, "OCSP");
	for (int i = 0; i < OCSP_request_onereq_count(request); i++) {
		OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i));
		enum cert_id cert = find_cert(pki, id);
		if (cert != CERT_IDS) issuer = cert_profiles[cert].issuer;
		add_answer(basic, pki, id, from, until);
	}
	OCSP_copy_nonce(basic, request);
	/* OpenSSL writes the clock into producedAt unless told not to, and offers no other way to set it. */
	ASN1_GENERALIZEDTIME *produced = (ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic);
	need(ASN1_GENERALIZEDTIME_set_string(produced, now) == 1, now);
	/* Second-generation CAs delegate to a responder; the others answer with their own key. */
	if (signer == CERT_IDS) signer = issuer == SUB_G2 ? OCSP_G2 : issuer == ROOT_G2 ? OCSP_ROOT_G2 : issuer;
	unsigned long flags = OCSP_NOTIME | (signer == issuer ? OCSP_NOCERTS : 0);
	need(OCSP_basic_sign(basic, pki->cert[signer], pki_key(signer), EVP_sha256(), NULL, flags) == 1, "OCSP");
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	need(response != NULL, "OCSP");
	OCSP_BASICRESP_free(basic);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(until);
	return response;
}

OCSP_REQUEST *pki_ocsp_request(const struct pki *pki, enum cert_id id) {
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *cid = OCSP_cert_to_id(EVP_sha1(), pki->cert[id], pki->cert[cert_profiles[id].issuer]);
	need(request && cid && OCSP_request_add0_id(request, cid), "OCSP request");
	return request;
}
