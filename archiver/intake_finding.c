#include "archiver/intake_finding.h"

#include "archiver/spool.h"

#include <stdlib.h>
#include <string.h>

struct row {
	const char *name, *rule, *text;
	enum finding_severity severity;
};

static const struct row rows[ARCHIVE_FINDINGS] = {
#define FINDING(code, severity, rule, text) {#code, rule, text, FINDING_SEVERITY_##severity},
#include "archiver/archive_finding.def"
#undef FINDING
};

const char *archive_finding_name(enum archive_finding code) {
	return rows[code].name;
}

enum finding_severity archive_finding_severity(enum archive_finding code) {
	return rows[code].severity;
}

const char *archive_finding_rule(enum archive_finding code) {
	return rows[code].rule;
}

const char *archive_finding_text(enum archive_finding code) {
	return rows[code].text;
}

static json_t *finding_json(const char *code, enum finding_severity severity, const char *rule, const char *text,
			    const char *detail) {
	char *printable = spool_printable(detail);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", code, "severity", finding_severity_name(severity),
				 "rule", rule, "text", text, "detail", printable);
	free(printable);
	return json;
}

json_t *archive_finding_json(enum archive_finding code, const char *detail) {
	return finding_json(rows[code].name, rows[code].severity, rows[code].rule, rows[code].text, detail);
}

json_t *validator_finding_json(enum finding_code code, const char *detail) {
	return finding_json(finding_name(code), finding_severity_of(code), finding_rule(code), finding_text(code),
			    detail);
}

const char *any_finding_text(const char *code) {
	for (int i = 0; i < ARCHIVE_FINDINGS; i++)
		if (!strcmp(code, rows[i].name)) return rows[i].text;
	for (int i = 0; i < FINDING_CODES; i++)
		if (!strcmp(code, finding_name((enum finding_code)i))) return finding_text((enum finding_code)i);
	return NULL;
}
