#include "archiver/worker_report.h"

#include "base/digest.h"
#include "validator/indication.h"

static json_t *finding(enum finding_code code, const char *detail) {
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", finding_name(code), "severity",
	                 finding_severity_name(finding_severity_of(code)), "rule", finding_rule(code), "text", finding_text(code),
	                 "detail", detail);
}

json_t *report_unjudged(const struct report_facts *facts, enum finding_code code, const char *detail) {
	char when[UTIME_TEXT_MAX], hex[SHA256_HEX];
	json_t *findings = json_pack("[o]", finding(code, detail));
	utime_text(facts->at, when);
	if (facts->path)
		return json_pack("{s:s, s:s, s:O?, s:s, s:s, s:[], s:o, s:[]}", "schema", "ltvault.path/1", "at", when, "policy",
		                 facts->policy, "indication", indication_name(INDICATION_INDETERMINATE), "sub_indication",
		                 sub_indication_name(SUB_CUSTOM), "chain", "findings", findings, "wants");
	return json_pack("{s:s, s:I, s:s?, s:s, s:s, s:O?, s:s, s:s, s:s, s:[], s:o, s:[]}", "schema", "ltvault.validation/1",
	                 "size", (json_int_t)facts->size, "sha256",
	                 facts->sha256 ? hex_encode(facts->sha256, SHA256_SIZE, hex) : NULL, "format", "unknown", "at", when,
	                 "policy", facts->policy, "indication", indication_total_name(INDICATION_INDETERMINATE), "sub_indication",
	                 sub_indication_name(SUB_CUSTOM), "integrity", "none", "signatures", "findings", findings, "wants");
}
