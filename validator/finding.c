#include "validator/finding.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *rule, *text;
	enum finding_severity severity;
} table[FINDING_CODES] = {
#define FINDING(code, severity, rule, text) [FINDING_##code] = {#code, rule, text, FINDING_SEVERITY_##severity},
#include "validator/finding.def"
#undef FINDING
};

/* A hostile file must not grow the report without end; 1,000 findings say all that anyone will read. */
#define MAX_FINDINGS 1000

void finding_add(struct finding_list *list, enum finding_code code, const char *detail, ...) {
	va_list args;
	va_start(args, detail);
	char *text = xvasprintf(detail, args);
	va_end(args);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].code == code && !strcmp(list->items[i].detail, text)) {
			free(text);
			return;
		}
	if (list->count >= MAX_FINDINGS && code != FINDING_LIMIT_REACHED) { /* that one decides */
		free(text);
		return;
	}
	ARRAY_GROW(list->items, list->count, list->cap);
	list->items[list->count++] = (struct finding){code, text};
}

void finding_append(struct finding_list *to, const struct finding_list *from) {
	for (size_t i = 0; i < from->count; i++) finding_add(to, from->items[i].code, "%s", from->items[i].detail);
}

void finding_restate(struct finding_list *list, enum finding_code code, const char *detail) {
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].code != code) continue;
		free(list->items[i].detail);
		list->items[i].detail = xstrdup(detail);
		return;
	}
}

bool finding_has(const struct finding_list *list, enum finding_code code) {
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].code == code) return true;
	return false;
}

void finding_list_dispose(struct finding_list *list) {
	for (size_t i = 0; i < list->count; i++) free(list->items[i].detail);
	free(list->items);
	*list = (struct finding_list){0};
}

const char *finding_name(enum finding_code code) {
	return table[code].name;
}

enum finding_severity finding_severity_of(enum finding_code code) {
	return table[code].severity;
}

const char *finding_severity_name(enum finding_severity severity) {
	static const char *const names[] = {"info", "warning", "error"};
	return names[severity];
}

const char *finding_rule(enum finding_code code) {
	return table[code].rule;
}

const char *finding_text(enum finding_code code) {
	return table[code].text;
}
