#include "archiver/etsi_objects.h"

#include "archiver/metadata.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/utime.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

char *etsi_certificate_id(const char *sha256) {
	return xasprintf("C-%s", sha256);
}

char *etsi_revocation_id(const char *sha256) {
	return xasprintf("R-%s", sha256);
}

char *etsi_timestamp_id(const char *sha256) {
	return xasprintf("T-%s", sha256);
}

char *etsi_document_id(const char *sha256) {
	return xasprintf("D-%s", sha256);
}

void etsi_reference(struct etsi_xml *x, const char *element, char *id) {
	etsi_open(x, element);
	etsi_attribute(x, "VOReference", id);
	etsi_close(x);
	free(id);
}

void etsi_digest(struct etsi_xml *x, const char *element, const char *sha256) {
	etsi_open(x, element);
	etsi_sha256(x, sha256);
	etsi_close(x);
}

/* ---- status ---- */

void etsi_indications(struct etsi_xml *x, const json_t *object) {
	const char *sub = metadata_text(object, "sub_indication");
	char *main_uri = xasprintf("urn:etsi:019102:mainindication:%s", metadata_text(object, "indication"));
	for (char *p = main_uri; *p; p++) *p = (char)tolower((unsigned char)*p);
	etsi_text(x, "vr:MainIndication", main_uri);
	if (*sub) {
		char *uri = xasprintf("urn:etsi:019102:subindication:%s", sub);
		etsi_text(x, "vr:SubIndication", uri);
		free(uri);
	}
	free(main_uri);
}

static void path(struct etsi_xml *x, const json_t *chain) {
	size_t count = json_array_size(chain), i;
	json_t *link;
	if (!count) return;
	etsi_open(x, "vr:CertificateChain");
	json_array_foreach(chain, i, link) {
		bool anchor = i && json_is_true(json_object_get(link, "anchor"));
		etsi_reference(x,
			       !i       ? "vr:SigningCertificate"
			       : anchor ? "vr:TrustAnchor"
					: "vr:IntermediateCertificate",
			       etsi_certificate_id(metadata_text(link, "sha256")));
	}
	etsi_close(x);
}

/* XML signature identifiers (RFC 6931) of what the report calls scheme and digest; "" where there is none. */
static const char *algorithm_uri(const json_t *a) {
	static const struct {
		const char *scheme, *digest, *uri;
	} rows[] = {
		{"RSA PKCS#1 v1.5", "SHA-1", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
		{"RSA PKCS#1 v1.5", "SHA-224", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224"},
		{"RSA PKCS#1 v1.5", "SHA-256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"},
		{"RSA PKCS#1 v1.5", "SHA-384", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"},
		{"RSA PKCS#1 v1.5", "SHA-512", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"},
		{"RSASSA-PSS", "SHA-256", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"},
		{"RSASSA-PSS", "SHA-384", "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"},
		{"RSASSA-PSS", "SHA-512", "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"},
		{"ECDSA", "SHA-256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
		{"ECDSA", "SHA-384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"},
		{"ECDSA", "SHA-512", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!strcmp(rows[i].scheme, metadata_text(a, "signature")) &&
		    !strcmp(rows[i].digest, metadata_text(a, "signature_digest")))
			return rows[i].uri;
	return "urn:etsi:019102:algorithm:unidentified";
}

/* Whether it is reliable is what the verdict says of algorithms at the time that counts. */
static void cryptography(struct etsi_xml *x, const json_t *signature, const char *id) {
	const json_t *a = json_object_get(signature, "algorithms");
	const char *until = metadata_text(a, "reliable_until");
	if (!*metadata_text(a, "signature")) return;
	etsi_open(x, "vr:CryptoInformation");
	etsi_reference(x, "vr:ValidationObjectId", xstrdup(id));
	etsi_text(x, "vr:Algorithm", algorithm_uri(a));
	etsi_flag(x, "vr:SecureAlgorithm", strncmp(metadata_text(signature, "sub_indication"), "CRYPTO_", 7) != 0);
	if (*until) etsi_text(x, "vr:NotAfter", until);
	etsi_close(x);
}

static void messages(struct etsi_xml *x, const json_t *findings) {
	size_t i;
	json_t *f;
	if (!json_array_size(findings)) return;
	etsi_open(x, "vr:AdditionalValidationReportData");
	json_array_foreach(findings, i, f) {
		const char *detail = metadata_text(f, "detail");
		char *type = xasprintf("urn:ltvault:finding:%s", metadata_text(f, "code"));
		char *value = xasprintf("%s%s%s", metadata_text(f, "text"), *detail ? ": " : "", detail);
		etsi_open(x, "vr:ReportData");
		etsi_text(x, "vr:Type", type);
		etsi_text(x, "vr:Value", value);
		etsi_close(x);
		free(type);
		free(value);
	}
	etsi_close(x);
}

static void revoked(struct etsi_xml *x, const json_t *link) {
	const json_t *status = json_object_get(link, "revocation");
	const char *reason = metadata_text(status, "reason"), *when = metadata_text(status, "time");
	if (strcmp(metadata_text(status, "status"), "revoked") != 0 || !*when) return;
	etsi_open(x, "vr:AssociatedValidationReportData");
	etsi_open(x, "vr:RevocationStatusInformation");
	etsi_reference(x, "vr:ValidationObjectId", etsi_certificate_id(metadata_text(link, "sha256")));
	etsi_text(x, "vr:RevocationTime", when);
	if (*reason) {
		char *uri = xasprintf("urn:etsi:019102:revocationReason:%s", reason);
		etsi_text(x, "vr:RevocationReason", uri);
		free(uri);
	}
	if (*metadata_text(status, "sha256"))
		etsi_reference(x, "vr:RevocationObject", etsi_revocation_id(metadata_text(status, "sha256")));
	etsi_close(x);
	etsi_close(x);
}

void etsi_associated(struct etsi_xml *x, const json_t *signature, const char *id) {
	const json_t *chain = json_object_get(signature, "chain"), *link;
	size_t count = json_array_size(chain), i;
	const json_t *last = count ? json_array_get(chain, count - 1) : NULL;
	etsi_open(x, "vr:AssociatedValidationReportData");
	if (json_is_true(json_object_get(last, "anchor")))
		etsi_reference(x, "vr:TrustAnchor", etsi_certificate_id(metadata_text(last, "sha256")));
	path(x, chain);
	cryptography(x, signature, id);
	messages(x, json_object_get(signature, "findings"));
	etsi_close(x);
	json_array_foreach(chain, i, link) revoked(x, link);
}

/* ---- objects ---- */

/* Begins an object that was not there before; false for one that was, and for one without a digest. */
static bool begin_object(struct etsi_xml *x, json_t *seen, char *id, const char *type, const char *sha256) {
	bool fresh = *sha256 && !json_object_get(seen, id);
	if (fresh) {
		char *uri = xasprintf("urn:etsi:019102:validationObject:%s", type);
		json_object_set_new(seen, id, json_true());
		etsi_open(x, "vr:ValidationObject");
		etsi_attribute(x, "id", id);
		etsi_text(x, "vr:ObjectType", uri);
		etsi_open(x, "vr:ValidationObjectRepresentation");
		etsi_digest(x, "vr:DigestAlgAndValue", sha256);
		etsi_close(x);
		free(uri);
	}
	free(id);
	return fresh;
}

static void add(struct etsi_xml *x, json_t *seen, char *id, const char *type, const char *sha256) {
	if (begin_object(x, seen, id, type, sha256)) etsi_close(x);
}

static void add_chain(struct etsi_xml *x, json_t *seen, const json_t *chain) {
	size_t i;
	json_t *link;
	json_array_foreach(chain, i, link) {
		const json_t *status = json_object_get(link, "revocation");
		const char *cert = metadata_text(link, "sha256"), *data = metadata_text(status, "sha256");
		add(x, seen, etsi_certificate_id(cert), "certificate", cert);
		add(x, seen, etsi_revocation_id(data),
		    strcmp(metadata_text(status, "source"), "ocsp") ? "CRL" : "OCSPResponse", data);
	}
}

/* A timestamp with what it proves and its own validation. */
static void add_timestamp(struct etsi_xml *x, json_t *seen, const json_t *token) {
	const char *sha256 = metadata_text(token, "token_sha256"), *when = metadata_text(token, "gen_time");
	char *id = etsi_timestamp_id(sha256);
	if (begin_object(x, seen, xstrdup(id), "timestamp", sha256)) {
		if (*when) {
			etsi_open(x, "vr:POEProvisioning");
			etsi_text(x, "vr:POETime", when);
			etsi_close(x);
		}
		etsi_open(x, "vr:ValidationReport");
		etsi_open(x, "vr:SignatureValidationStatus");
		etsi_indications(x, token);
		etsi_associated(x, token, id);
		etsi_close(x);
		etsi_close(x);
		etsi_close(x);
	}
	free(id);
}

static void add_signature(struct etsi_xml *x, json_t *seen, const json_t *s) {
	size_t i;
	json_t *token;
	const char *cert = metadata_inner_text(s, "signer", "sha256");
	add(x, seen, etsi_certificate_id(cert), "certificate", cert);
	add_chain(x, seen, json_object_get(s, "chain"));
	json_array_foreach(json_object_get(s, "timestamps"), i, token) {
		if (*metadata_text(token, "id")) continue; /* it is an entry of its own */
		add_chain(x, seen, json_object_get(token, "chain"));
		add_timestamp(x, seen, token);
	}
	if (strcmp(metadata_text(s, "kind"), "signature") != 0) add_timestamp(x, seen, s);
}

void etsi_objects(struct etsi_xml *x, const json_t *report) {
	json_t *seen = json_object(), *s;
	const char *sha256 = metadata_text(report, "sha256");
	size_t i;
	if (*sha256) {
		etsi_open(x, "vr:SignatureValidationObjects");
		add(x, seen, etsi_document_id(sha256), "signedData", sha256);
		json_array_foreach(json_object_get(report, "signatures"), i, s) add_signature(x, seen, s);
		etsi_close(x);
	}
	json_decref(seen);
}
