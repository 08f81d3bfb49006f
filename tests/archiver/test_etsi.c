#include <stdbool.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/etsi.h"
#include "archiver/etsi_xml.h"
#include "base/mem.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D64 "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define E64 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

static const char full[] =
	"{\"sha256\": \"" D64
	"\", \"at\": \"2026-12-01T00:00:00Z\", \"policy\": {\"id\": \"default-1\", \"sha256\": \"" E64 "\"},"
	"\"indication\": \"INDETERMINATE\", \"sub_indication\": \"REVOKED_NO_POE\", \"findings\": [], \"signatures\": "
	"[{"
	"\"id\": \"Chữ ký <1> & \\u0001\\ufffe\", \"kind\": \"signature\", \"indication\": \"INDETERMINATE\","
	"\"sub_indication\": \"REVOKED_NO_POE\", \"sub_filter\": \"ETSI.CAdES.detached\", \"reason\": \"x\", "
	"\"location\": \"Sông Lam\","
	"\"signature_value\": \"AAEC\", \"signer\": {\"subject\": \"CN=A\", \"sha256\": \"" A64 "\"},"
	"\"signing_time\": {\"claimed\": \"2026-10-12T02:15:00Z\", \"proven\": null, \"basis\": \"none\"},"
	"\"algorithms\": {\"signature\": \"ECDSA\", \"signature_digest\": \"SHA-256\", \"reliable_until\": "
	"\"2031-01-01T00:00:00Z\"},"
	"\"chain\": [{\"sha256\": \"" A64
	"\", \"anchor\": false, \"revocation\": {\"status\": \"revoked\", \"source\": \"ocsp\","
	"\"time\": \"2026-06-15T08:00:00Z\", \"reason\": \"keyCompromise\", \"sha256\": \"" C64 "\"}},"
	"{\"sha256\": \"" B64 "\", \"anchor\": true, \"revocation\": null}],"
	"\"timestamps\": [{\"kind\": \"signature\", \"token_sha256\": \"" E64
	"\", \"gen_time\": \"2026-10-12T02:15:05Z\","
	"\"indication\": \"TOTAL-PASSED\", \"chain\": [{\"sha256\": \"" B64
	"\", \"anchor\": true}], \"findings\": []}],"
	"\"findings\": [{\"code\": \"CERT_REVOKED\", \"text\": \"revoked\", \"detail\": \"CN=A\"},"
	"{\"code\": \"REVOCATION_LET_THROUGH\", \"text\": \"let through\"}]}]}";

/* The children of every element in the order of the schema (V1.4.1); "*" where any order is right. */
static const struct {
	const char *parent;
	const char *children[12];
} schema[] = {
	{"ValidationReport", {"SignatureValidationReport", "SignatureValidationObjects"}},
	{"SignatureValidationReport",
	 {"SignatureIdentifier", "ValidationConstraintsEvaluationReport", "ValidationTimeInfo", "SignersDocument",
	  "SignatureAttributes", "SignerInformation", "SignatureQuality", "SignatureValidationProcess",
	  "SignatureValidationStatus"}},
	{"SignatureIdentifier", {"DigestAlgAndValue", "SignatureValue", "HashOnly", "DocHashOnly", "DAIdentifier"}},
	{"ValidationConstraintsEvaluationReport", {"SignatureValidationPolicy", "ValidationConstraint"}},
	{"SignatureValidationPolicy", {"SignaturePolicyIdentifier", "PolicyName"}},
	{"SignaturePolicyIdentifier", {"SignaturePolicyId"}},
	{"SignaturePolicyId", {"SigPolicyId", "SigPolicyHash"}},
	{"SigPolicyId", {"Identifier"}},
	{"SigPolicyHash", {"DigestMethod", "DigestValue"}},
	{"ValidationConstraint", {"ValidationConstraintIdentifier", "ConstraintStatus"}},
	{"ConstraintStatus", {"Status"}},
	{"ValidationTimeInfo", {"ValidationTime", "BestSignatureTime"}},
	{"BestSignatureTime", {"POETime", "TypeOfProof"}},
	{"SignersDocument", {"DigestAlgAndValue", "SignersDocumentRepresentation"}},
	{"DigestAlgAndValue", {"DigestMethod", "DigestValue"}},
	{"SignatureAttributes", {"*"}},
	{"SigningTime", {"Time"}},
	{"SignatureProductionPlace", {"AddressString"}},
	{"SignatureTimeStamp", {"AttributeObject", "TimeStampValue"}},
	{"Reason", {"ReasonElement"}},
	{"SubFilter", {"SubFilterElement"}},
	{"SignerInformation", {"SignerCertificate", "Signer"}},
	{"SignatureValidationProcess", {"SignatureValidationProcessID"}},
	{"SignatureValidationStatus", {"MainIndication", "SubIndication", "AssociatedValidationReportData"}},
	{"AssociatedValidationReportData",
	 {"TrustAnchor", "CertificateChain", "RelatedValidationObject", "RevocationStatusInformation",
	  "CryptoInformation", "AdditionalValidationReportData"}},
	{"CertificateChain", {"SigningCertificate", "IntermediateCertificate", "TrustAnchor"}},
	{"RevocationStatusInformation",
	 {"ValidationObjectId", "RevocationTime", "RevocationReason", "RevocationObject"}},
	{"CryptoInformation",
	 {"ValidationObjectId", "Algorithm", "AlgorithmParameters", "SecureAlgorithm", "NotAfter"}},
	{"AdditionalValidationReportData", {"ReportData"}},
	{"ReportData", {"Type", "Value"}},
	{"SignatureValidationObjects", {"ValidationObject"}},
	{"ValidationObject",
	 {"ObjectType", "ValidationObjectRepresentation", "POE", "POEProvisioning", "ValidationReport"}},
	{"ValidationObjectRepresentation", {"DigestAlgAndValue"}},
	{"POEProvisioning", {"POETime"}},
};

static bool is(const xmlNode *n, const char *name) {
	return !strcmp((const char *)n->name, name);
}

static const char *const *order_of(const xmlNode *parent) {
	/* The report inside an object has the same type under another name. */
	const char *name = is(parent, "ValidationReport") && parent->parent->type == XML_ELEMENT_NODE
				   ? "SignatureValidationReport"
				   : (const char *)parent->name;
	for (size_t i = 0; i < ARRAY_LEN(schema); i++)
		if (!strcmp(schema[i].parent, name)) return schema[i].children;
	return NULL;
}

static void assert_order(xmlNode *parent) {
	const char *const *order = order_of(parent);
	size_t at = 0;
	for (xmlNode *n = xmlFirstElementChild(parent); n; n = xmlNextElementSibling(n)) {
		if (!order) fail_msg("%s has a child %s", parent->name, n->name);
		if (strcmp(*order, "*") != 0) {
			while (at < 12 && order[at] && !is(n, order[at])) at++;
			if (at == 12 || !order[at]) fail_msg("%s is not in its place in %s", n->name, parent->name);
		}
		assert_order(n);
	}
}

/* Every VOReference names an id that is there once. */
static size_t count_ids(xmlNode *n, const xmlChar *id) {
	size_t count = 0;
	for (; n; n = xmlNextElementSibling(n)) {
		xmlChar *own = xmlGetProp(n, (const xmlChar *)"id");
		count += own && xmlStrEqual(own, id);
		xmlFree(own);
		count += count_ids(xmlFirstElementChild(n), id);
	}
	return count;
}

static void assert_references(xmlNode *root, xmlNode *n) {
	for (; n; n = xmlNextElementSibling(n)) {
		xmlChar *to = xmlGetProp(n, (const xmlChar *)"VOReference");
		if (to && count_ids(root, to) != 1) fail_msg("%s refers to %s", n->name, to);
		xmlFree(to);
		assert_references(root, xmlFirstElementChild(n));
	}
}

static char *checked(const char *json) {
	json_t *report = json_loads(json, 0, NULL);
	assert_non_null(report);
	char *xml = etsi_report(report);
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	xmlNode *root = xmlDocGetRootElement(doc);
	assert_true(is(root, "ValidationReport"));
	assert_string_equal((const char *)root->ns->href, ETSI_VR);
	assert_order(root);
	assert_references(root, root);
	xmlFreeDoc(doc);
	json_decref(report);
	return xml;
}

static void report_follows_the_order_of_the_schema(void **unused) {
	(void)unused;
	static const char *const parts[] = {
		"<vr:MainIndication>urn:etsi:019102:mainindication:indeterminate<",
		"<vr:SubIndication>urn:etsi:019102:subindication:REVOKED_NO_POE<",
		"<vr:MainIndication>urn:etsi:019102:mainindication:total-passed<",
		"<ds:SignatureValue>AAEC<",
		"<vr:DAIdentifier>Chữ ký &lt;1&gt; &amp; \\u0001??"
		"?<",
		"<vr:SignerCertificate VOReference=\"C-" A64 "\"/>",
		"<vr:TrustAnchor VOReference=\"C-" B64 "\"/>",
		"<vr:RevocationTime>2026-06-15T08:00:00Z<",
		"urn:etsi:019102:revocationReason:keyCompromise<",
		"<vr:RevocationObject VOReference=\"R-" C64 "\"/>",
		"xmldsig-more#ecdsa-sha256<",
		"<vr:NotAfter>2031-01-01T00:00:00Z<",
		"urn:etsi:019102:constraintStatus:overridden<",
		"<vr:POETime>2026-12-01T00:00:00Z<", /* nothing proves an earlier time */
		"<vr:Type>urn:ltvault:finding:CERT_REVOKED<",
		"urn:etsi:019102:validationObject:OCSPResponse<",
		"urn:etsi:019102:validationObject:signedData<",
		"<vr:ValidationObject id=\"T-" E64 "\">",
		"<ds:DigestValue>3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d0=<",
	};
	char *xml = checked(full);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strstr(xml, parts[i])) fail_msg("%s\nlacks %s", xml, parts[i]);
	free(xml);
}

static void file_without_signature_has_a_report(void **unused) {
	(void)unused;
	char *xml =
		checked("{\"sha256\": \"" D64 "\", \"indication\": \"NO-SIGNATURE\", \"signatures\": [], \"findings\": "
			"[{\"code\": \"NO_SIGNATURE\", \"text\": \"none\"}]}");
	assert_non_null(strstr(xml, "urn:ltvault:mainindication:no-signature<"));
	free(xml);
	xml = checked("{\"indication\": \"INDETERMINATE\", \"sub_indication\": \"CUSTOM\"}");
	assert_non_null(strstr(xml, "subindication:CUSTOM<"));
	free(xml);
}

static void timestamp_alone_has_a_report_and_is_an_object(void **unused) {
	(void)unused;
	char *xml = checked("{\"sha256\": \"" D64
			    "\", \"at\": \"2026-12-01T00:00:00Z\", \"signatures\": [{\"kind\": \"timestamp\", "
			    "\"token_sha256\": \"" E64 "\", \"gen_time\": \"2026-10-12T02:15:05Z\", \"indication\": "
			    "\"TOTAL-PASSED\", \"signer\": {\"sha256\": \"" A64 "\"}}]}");
	assert_non_null(strstr(xml, "<vr:SignatureIdentifier id=\"S-1\">"));
	assert_non_null(strstr(xml, "<vr:ValidationObject id=\"T-" E64 "\">"));
	free(xml);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_follows_the_order_of_the_schema),
		cmocka_unit_test(file_without_signature_has_a_report),
		cmocka_unit_test(timestamp_alone_has_a_report_and_is_an_object),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	xmlCleanupParser();
	return failed;
}
