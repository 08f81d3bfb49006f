#include "tests/pki/cert_make.h"

#include "tests/pki/tool.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define POLICY_OID "2.16.704.1.1.1.1.1"

struct making {
	const struct pki *pki;
	const struct cert_profile *profile;
	X509 *cert;
	X509V3_CTX ctx;
};

static void add_text(struct making *m, int nid, const char *value) {
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &m->ctx, nid, value);
	need(ext && X509_add_ext(m->cert, ext, -1), value);
	X509_EXTENSION_free(ext);
}

static void add_crl_url(struct making *m, int nid, const char *ca) {
	char *value = xasprintf("%s%s/pki/pub/crl/%s.crl", nid == NID_crl_distribution_points ? "URI:" : "",
				m->pki->base_url, ca);
	add_text(m, nid, value);
	free(value);
}

static void add_access(struct making *m, const char *issuer, const char *folder) {
	char *value = xasprintf("OCSP;URI:%s/ocsp/%s,caIssuers;URI:%s/pki/pub/%s/%s.crt", m->pki->base_url, issuer,
				m->pki->base_url, folder, issuer);
	add_text(m, NID_info_access, value);
	free(value);
}

/* The real first-generation certificates carry an issuerAltName that is an empty SEQUENCE (RFC 5280 4.2.1.6 forbids
 * that), which the configuration syntax of OpenSSL cannot say. */
static void add_empty_issuer_alt_name(struct making *m) {
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	need(value && ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x30\x00", 2), "issuerAltName");
	X509_EXTENSION *ext = X509_EXTENSION_create_by_NID(NULL, NID_issuer_alt_name, 0, value);
	need(ext && X509_add_ext(m->cert, ext, -1), "issuerAltName");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
}

static void add_policy(struct making *m) {
	char *cps = xasprintf("%s/pki/pub/policies/CP", m->pki->base_url);
	CERTIFICATEPOLICIES *all = CERTIFICATEPOLICIES_new();
	POLICYINFO *info = POLICYINFO_new();
	POLICYQUALINFO *qualifier = POLICYQUALINFO_new();
	need(all && info && qualifier, "certificatePolicies");
	ASN1_OBJECT_free(info->policyid);
	info->policyid = OBJ_txt2obj(POLICY_OID, 1);
	ASN1_OBJECT_free(qualifier->pqualid);
	qualifier->pqualid = OBJ_nid2obj(NID_id_qt_cps);
	qualifier->d.cpsuri = ASN1_IA5STRING_new();
	need(ASN1_STRING_set(qualifier->d.cpsuri, cps, -1), cps);
	info->qualifiers = sk_POLICYQUALINFO_new_null();
	need(sk_POLICYQUALINFO_push(info->qualifiers, qualifier) && sk_POLICYINFO_push(all, info), cps);
	need(X509_add1_ext_i2d(m->cert, NID_certificate_policies, all, 0, 0) == 1, cps);
	CERTIFICATEPOLICIES_free(all);
	free(cps);
}

static void add_email(struct making *m) {
	const char *mail = strstr(m->profile->subject, "|E=");
	if (!mail) return;
	char *value = xasprintf("email:%s", mail + 3);
	add_text(m, NID_subject_alt_name, value);
	free(value);
}

static void add_sub_g1(struct making *m) {
	add_text(m, NID_basic_constraints, "critical,CA:TRUE");
	add_text(m, NID_key_usage, "keyCertSign,cRLSign");
	add_text(m, NID_netscape_comment, "Sub CA issued by test GCA");
	add_text(m, NID_subject_key_identifier, "hash");
	add_text(m, NID_authority_key_identifier, "keyid:always,issuer:always");
	add_empty_issuer_alt_name(m);
	add_crl_url(m, NID_netscape_ca_revocation_url, "root-g1");
	add_access(m, "root-g1", "cert");
	add_crl_url(m, NID_crl_distribution_points, "root-g1");
}

static void add_sub_g2(struct making *m) {
	add_text(m, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	add_text(m, NID_authority_key_identifier, "keyid:always");
	add_access(m, "root-g2", "crt");
	add_policy(m);
	add_crl_url(m, NID_crl_distribution_points, "root-g2");
	add_text(m, NID_subject_key_identifier, "hash");
	add_text(m, NID_key_usage, "critical,keyCertSign,cRLSign");
}

static void add_leaf_g1(struct making *m) {
	add_text(m, NID_basic_constraints, "CA:FALSE");
	add_text(m, NID_netscape_cert_type, "client,email");
	add_text(m, NID_key_usage, "digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment");
	add_text(m, NID_ext_key_usage, "clientAuth,emailProtection,msSmartcardLogin");
	add_text(m, NID_netscape_comment, "User Sign of test CA");
	add_text(m, NID_subject_key_identifier, "hash");
	add_text(m, NID_authority_key_identifier, "keyid:always,issuer:always");
	add_email(m);
	add_empty_issuer_alt_name(m);
	add_access(m, "sub-g1", "cert");
	add_crl_url(m, NID_crl_distribution_points, "sub-g1");
}

static void add_leaf_g2(struct making *m, const char *key_usage) {
	const char *issuer = cert_profiles[m->profile->issuer].name;
	add_text(m, NID_authority_key_identifier, "keyid:always");
	add_access(m, issuer, "crt");
	add_text(m, NID_basic_constraints, "CA:FALSE");
	add_policy(m);
	add_crl_url(m, NID_crl_distribution_points, issuer);
	add_text(m, NID_key_usage, key_usage);
	if (strstr(key_usage, "digitalSignature")) add_text(m, NID_ext_key_usage, "clientAuth,emailProtection");
	add_email(m);
	add_empty_issuer_alt_name(m);
	add_text(m, NID_subject_key_identifier, "hash");
}

static void add_service(struct making *m) {
	const char *issuer = cert_profiles[m->profile->issuer].name;
	add_text(m, NID_basic_constraints, "critical,CA:FALSE");
	add_text(m, NID_key_usage, "critical,digitalSignature");
	if (m->profile->shape == SHAPE_TSA) {
		add_text(m, NID_ext_key_usage, "critical,timeStamping");
		add_access(m, issuer, "crt");
		add_crl_url(m, NID_crl_distribution_points, issuer);
	} else {
		add_text(m, NID_ext_key_usage, "OCSPSigning");
		add_text(m, NID_id_pkix_OCSP_noCheck, "ignored");
	}
	add_text(m, NID_subject_key_identifier, "hash");
	add_text(m, NID_authority_key_identifier, "keyid:always");
}

static void add_extensions(struct making *m) {
	switch (m->profile->shape) {
	case SHAPE_ROOT:
		add_text(m, NID_basic_constraints, "critical,CA:TRUE");
		add_text(m, NID_subject_key_identifier, "hash");
		add_text(m, NID_authority_key_identifier, "keyid:always");
		add_text(m, NID_key_usage, "critical,keyCertSign,cRLSign");
		return;
	case SHAPE_SUB_G1:
		add_sub_g1(m);
		return;
	case SHAPE_SUB_G2:
		add_sub_g2(m);
		return;
	case SHAPE_OCSP:
	case SHAPE_TSA:
		add_service(m);
		return;
	case SHAPE_LEAF_G1:
		add_leaf_g1(m);
		return;
	case SHAPE_LEAF_G2:
		add_leaf_g2(m, "digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment");
		return;
	case SHAPE_LEAF_ENCRYPT_ONLY:
		add_leaf_g2(m, "keyEncipherment,dataEncipherment");
		return;
	}
}

static void set_name(X509_NAME *name, const char *text) {
	static const struct {
		const char *key;
		int nid, type;
	} types[] = {{"C", NID_countryName, V_ASN1_PRINTABLESTRING},
		     {"E", NID_pkcs9_emailAddress, V_ASN1_IA5STRING},
		     {"L", NID_localityName, MBSTRING_UTF8},
		     {"O", NID_organizationName, MBSTRING_UTF8},
		     {"OU", NID_organizationalUnitName, MBSTRING_UTF8},
		     {"CN", NID_commonName, MBSTRING_UTF8},
		     {"T", NID_title, MBSTRING_UTF8}};
	char *copy = xstrdup(text), *rest = copy, *part;
	while ((part = strsep(&rest, "|"))) {
		char *value = strchr(part, '=');
		need(value != NULL, text);
		*value++ = '\0';
		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			if (!strcmp(types[i].key, part))
				need(X509_NAME_add_entry_by_NID(name, types[i].nid, types[i].type,
								(unsigned char *)value, -1, -1, 0) == 1,
				     text);
	}
	free(copy);
}

static X509 *make(const struct pki *pki, const struct cert_profile *p) {
	struct making m = {.pki = pki, .profile = p, .cert = X509_new()};
	X509 *issuer = pki->cert[p->issuer] ? pki->cert[p->issuer] : m.cert;
	need(m.cert && X509_set_version(m.cert, X509_VERSION_3) == 1, p->name);
	need(ASN1_INTEGER_set_uint64(X509_get_serialNumber(m.cert), p->serial) == 1, p->name);
	need(ASN1_TIME_set_string_X509(X509_getm_notBefore(m.cert), p->not_before) == 1, p->not_before);
	need(ASN1_TIME_set_string_X509(X509_getm_notAfter(m.cert), p->not_after) == 1, p->not_after);
	set_name(X509_get_subject_name(m.cert), p->subject);
	need(X509_set_issuer_name(m.cert, X509_get_subject_name(issuer)) == 1, p->name);
	need(X509_set_pubkey(m.cert, tool_key(p->key)) == 1, p->name);
	X509V3_set_ctx(&m.ctx, issuer, m.cert, NULL, NULL, 0);
	add_extensions(&m);
	const EVP_MD *md = EVP_get_digestbyname(p->digest);
	need(X509_sign(m.cert, tool_key(cert_profiles[p->issuer].key), md) > 0, p->name);
	return m.cert;
}

void pki_make(struct pki *pki, const char *base_url) {
	memset(pki, 0, sizeof *pki);
	pki->base_url = xstrdup(base_url);
	/* The table names every issuer before what it issues. */
	for (int i = 0; i < CERT_IDS; i++) pki->cert[i] = make(pki, &cert_profiles[i]);
}

void pki_dispose(struct pki *pki) {
	for (int i = 0; i < CERT_IDS; i++) X509_free(pki->cert[i]);
	free(pki->base_url);
	memset(pki, 0, sizeof *pki);
}

EVP_PKEY *pki_key(enum cert_id id) {
	return tool_key(cert_profiles[id].key);
}

bool pki_is_ca(enum cert_id id) {
	return cert_profiles[id].shape <= SHAPE_SUB_G2;
}
