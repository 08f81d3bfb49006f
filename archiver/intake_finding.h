/* Findings of the archive itself: one row each in archiver/archive_finding.def, beside the validator's own. */
#ifndef LTVAULT_ARCHIVER_INTAKE_FINDING_H
#define LTVAULT_ARCHIVER_INTAKE_FINDING_H

#include "validator/finding.h"

#include <jansson.h>

enum archive_finding {
#define FINDING(code, severity, rule, text) ARCHIVE_FINDING_##code,
#include "archiver/archive_finding.def"
#undef FINDING
	ARCHIVE_FINDINGS
};

const char *archive_finding_name(enum archive_finding code);
enum finding_severity archive_finding_severity(enum archive_finding code);
const char *archive_finding_rule(enum archive_finding code);
const char *archive_finding_text(enum archive_finding code); /* English; also the key for translation */

/* {"code", "severity", "rule", "text", "detail"}, a new reference; `detail` is escaped where it is no UTF-8. */
json_t *archive_finding_json(enum archive_finding code, const char *detail);
/* The same for a finding of the validator's list, for what the archive finds in its place ("EMPTY_FILE"). */
json_t *validator_finding_json(enum finding_code code, const char *detail);
/* The fixed English text of any code of either list; NULL for a code that is in neither. */
const char *any_finding_text(const char *code);

#endif
