#include "archiver/etsi.h"

#include "archiver/etsi_objects.h"
#include "archiver/metadata.h"
#include "base/mem.h"
#include "base/utime.h"

#include <stdlib.h>
#include <string.h>

static void identifier(struct etsi_xml *x, const json_t *s, const char *id) {
	const char *value = metadata_text(s, "signature_value");
	etsi_open(x, "vr:SignatureIdentifier");
	etsi_attribute(x, "id", id);
	if (*value) etsi_text(x, "ds:SignatureValue", value);
	etsi_flag(x, "vr:HashOnly", false);
	etsi_flag(x, "vr:DocHashOnly", false);
	etsi_text(x, "vr:DAIdentifier", metadata_text(s, "id"));
	etsi_close(x);
}

/* EN 319 102-1 5.1.4: every check that was switched off is named. */
static void constraints_off(struct etsi_xml *x, const json_t *findings) {
	static const struct {
		const char *code, *status;
	} rows[] = {{"REVOCATION_DISABLED", "disabled"}, {"REVOCATION_LET_THROUGH", "overridden"}};
	const json_t *f;
	size_t k;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool there = false;
		json_array_foreach(findings, k, f) there = there || !strcmp(metadata_text(f, "code"), rows[i].code);
		if (!there) continue;
		char *status = xasprintf("urn:etsi:019102:constraintStatus:%s", rows[i].status);
		etsi_open(x, "vr:ValidationConstraint");
		etsi_text(x, "vr:ValidationConstraintIdentifier", "urn:ltvault:constraint:revocation-status");
		etsi_open(x, "vr:ConstraintStatus");
		etsi_text(x, "vr:Status", status);
		etsi_close(x);
		etsi_close(x);
		free(status);
	}
}

static void constraints(struct etsi_xml *x, const json_t *report, const json_t *s) {
	const char *name = metadata_inner_text(report, "policy", "id");
	char *uri = xasprintf("urn:ltvault:policy:%s", name);
	etsi_open(x, "vr:ValidationConstraintsEvaluationReport");
	etsi_open(x, "vr:SignatureValidationPolicy");
	etsi_open(x, "vr:SignaturePolicyIdentifier");
	etsi_open(x, "xades:SignaturePolicyId");
	etsi_open(x, "xades:SigPolicyId");
	etsi_text(x, "xades:Identifier", uri);
	etsi_close(x);
	etsi_digest(x, "xades:SigPolicyHash", metadata_inner_text(report, "policy", "sha256"));
	etsi_close(x);
	etsi_close(x);
	etsi_text(x, "vr:PolicyName", name);
	etsi_close(x);
	constraints_off(x, json_object_get(s, "findings"));
	etsi_close(x);
	free(uri);
}

/* Without a proof the best signature time is the time of the validation. */
static void times(struct etsi_xml *x, const json_t *report, const json_t *s) {
	const char *at = metadata_text(report, "at"), *proven = metadata_inner_text(s, "signing_time", "proven");
	const char *basis = metadata_inner_text(s, "signing_time", "basis");
	bool provided = !strcmp(basis, "evidence-record") || !strcmp(basis, "archive");
	etsi_open(x, "vr:ValidationTimeInfo");
	etsi_text(x, "vr:ValidationTime", at);
	etsi_open(x, "vr:BestSignatureTime");
	etsi_text(x, "vr:POETime", *proven ? proven : at);
	etsi_text(x, "vr:TypeOfProof",
		  provided ? "urn:etsi:019102:poetype:provided" : "urn:etsi:019102:poetype:validation");
	etsi_close(x);
	etsi_close(x);
}

static void signers_document(struct etsi_xml *x, const json_t *report) {
	const char *sha256 = metadata_text(report, "sha256");
	if (!*sha256) return;
	etsi_open(x, "vr:SignersDocument");
	etsi_digest(x, "vr:DigestAlgAndValue", sha256);
	etsi_reference(x, "vr:SignersDocumentRepresentation", etsi_document_id(sha256));
	etsi_close(x);
}

/* ---- attributes ---- */

static void attribute(struct etsi_xml *x, const char *name, const char *inner, const char *value) {
	if (!*value) return;
	etsi_open(x, name);
	etsi_attribute(x, "Signed", "true");
	etsi_text(x, inner, value);
	etsi_close(x);
}

static void timestamp(struct etsi_xml *x, const json_t *token) {
	static const struct {
		const char *kind, *name, *is_signed;
	} rows[] = {{"signature", "vr:SignatureTimeStamp", "false"},
		    {"content", "vr:AllDataObjectsTimeStamp", "true"},
		    {"archive", "vr:ArchiveTimeStamp", "false"},
		    {"document", "vr:DocTimeStamp", "false"}};
	const char *when = metadata_text(token, "gen_time"), *sha256 = metadata_text(token, "token_sha256");
	for (size_t i = 0; *when && *sha256 && i < ARRAY_LEN(rows); i++) {
		if (strcmp(metadata_text(token, "kind"), rows[i].kind) != 0) continue;
		etsi_open(x, rows[i].name);
		etsi_attribute(x, "Signed", rows[i].is_signed);
		etsi_reference(x, "vr:AttributeObject", etsi_timestamp_id(sha256));
		etsi_text(x, "vr:TimeStampValue", when);
		etsi_close(x);
	}
}

static void attributes(struct etsi_xml *x, const json_t *s) {
	const json_t *timestamps = json_object_get(s, "timestamps"), *token;
	const char *claimed = metadata_inner_text(s, "signing_time", "claimed");
	utime when;
	size_t i;
	if (!utime_parse(claimed, &when)) claimed = "";
	if (!*claimed && !*metadata_text(s, "sub_filter") && !json_array_size(timestamps)) return;
	etsi_open(x, "vr:SignatureAttributes");
	attribute(x, "vr:SigningTime", "vr:Time", claimed);
	attribute(x, "vr:SignatureProductionPlace", "vr:AddressString", metadata_text(s, "location"));
	json_array_foreach(timestamps, i, token) timestamp(x, token);
	attribute(x, "vr:Reason", "vr:ReasonElement", metadata_text(s, "reason"));
	attribute(x, "vr:SubFilter", "vr:SubFilterElement", metadata_text(s, "sub_filter"));
	etsi_close(x);
}

static void signer(struct etsi_xml *x, const json_t *s) {
	const char *sha256 = metadata_inner_text(s, "signer", "sha256");
	if (!*sha256) return;
	etsi_open(x, "vr:SignerInformation");
	etsi_reference(x, "vr:SignerCertificate", etsi_certificate_id(sha256));
	etsi_text(x, "vr:Signer", metadata_inner_text(s, "signer", "subject"));
	etsi_close(x);
}

static void signature(struct etsi_xml *x, const json_t *report, const json_t *s, size_t number) {
	char *id = xasprintf("S-%zu", number);
	etsi_open(x, "vr:SignatureValidationReport");
	identifier(x, s, id);
	constraints(x, report, s);
	times(x, report, s);
	signers_document(x, report);
	attributes(x, s);
	signer(x, s);
	etsi_open(x, "vr:SignatureValidationProcess");
	etsi_text(x, "vr:SignatureValidationProcessID", "urn:etsi:019102:validationprocess:LTA");
	etsi_close(x);
	etsi_open(x, "vr:SignatureValidationStatus");
	etsi_indications(x, s);
	etsi_associated(x, s, id);
	etsi_close(x);
	etsi_close(x);
	free(id);
}

/* The schema wants a report, and the standard has no indication for this. */
static void no_signature(struct etsi_xml *x, const json_t *report) {
	json_t *said = json_pack("{s:O*}", "findings", json_object_get(report, "findings"));
	etsi_open(x, "vr:SignatureValidationReport");
	etsi_open(x, "vr:SignatureValidationStatus");
	if (strcmp(metadata_text(report, "indication"), "NO-SIGNATURE") != 0)
		etsi_indications(x, report);
	else
		etsi_text(x, "vr:MainIndication", "urn:ltvault:mainindication:no-signature");
	etsi_associated(x, said, "");
	etsi_close(x);
	etsi_close(x);
	json_decref(said);
}

/* Timestamps are objects beside signatures, and get reports of their own where there is nothing else. */
char *etsi_report(const json_t *report) {
	struct etsi_xml *x = etsi_xml_begin("vr:ValidationReport");
	const json_t *signatures = json_object_get(report, "signatures"), *s;
	size_t i, told = 0;
	json_array_foreach(signatures, i, s) {
		if (strcmp(metadata_text(s, "kind"), "signature") != 0) continue;
		signature(x, report, s, i + 1);
		told++;
	}
	json_array_foreach(signatures, i, s) if (!told) signature(x, report, s, i + 1);
	if (!json_array_size(signatures)) no_signature(x, report);
	etsi_objects(x, report);
	return etsi_xml_end(x);
}
