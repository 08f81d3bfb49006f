#include "validator/pdf_damage.h"

#include "base/mem.h"

#include <string.h>

/* "expected 5 0 obj" names the numbers, so its class is made of both ends. */
static bool is_other_object(const char *message) {
	const char *expected = strstr(message, "expected ");
	return expected && expected[9] >= '0' && expected[9] <= '9' && strstr(expected, " obj");
}

bool pdf_damage_loses_object(const char *message) {
	return is_other_object(message) || strstr(message, "expected n n obj") ||
	       strstr(message, "error reading object") || strstr(message, "unexpected xref entry type") ||
	       strstr(message, "file is damaged");
}

bool pdf_damage_counts(const char *message) {
	static const char *const classes[] = {
		"duplicated key", /* readers do not agree which of the two counts */
		"expected endobj",
		"expected endstream",
		"loop detected",
		"error reading object",
		"unexpected xref entry type",
		"file is damaged",
		"stream keyword",
		"nested",
		"out of range",
		"unexpected EOF",
		"unexpected end of file",
	};
	if (is_other_object(message)) return true;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strstr(message, classes[i])) return true;
	return false;
}
