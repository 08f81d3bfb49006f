/* Findings: what is true of a document. One row each in validator/finding.def; the text is fixed per code so that it
 * can be translated, the detail carries names, dates and numbers. */
#ifndef LTVAULT_VALIDATOR_FINDING_H
#define LTVAULT_VALIDATOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>

enum finding_severity { FINDING_SEVERITY_INFO, FINDING_SEVERITY_WARNING, FINDING_SEVERITY_ERROR };

enum finding_code {
#define FINDING(code, severity, rule, text) FINDING_##code,
#include "validator/finding.def"
#undef FINDING
	FINDING_CODES
};

struct finding {
	enum finding_code code;
	char *detail; /* never NULL; UTF-8; "" when the text says all */
};

struct finding_list {
	struct finding *items;
	size_t count, cap;
};

/* Adds one; the same code with the same detail is added once. */
void finding_add(struct finding_list *list, enum finding_code code, const char *detail, ...) __attribute__((format(printf, 3, 4)));
/* Another detail for the first of that code; nothing where there is none. */
void finding_restate(struct finding_list *list, enum finding_code code, const char *detail);
void finding_append(struct finding_list *to, const struct finding_list *from);
bool finding_has(const struct finding_list *list, enum finding_code code);
void finding_list_dispose(struct finding_list *list);

const char *finding_name(enum finding_code code); /* "CERT_EXPIRED" */
enum finding_severity finding_severity_of(enum finding_code code);
const char *finding_severity_name(enum finding_severity severity); /* "error", "warning", "info" */
const char *finding_rule(enum finding_code code);
const char *finding_text(enum finding_code code); /* English; also the key for translation */

#endif
