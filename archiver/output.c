#include "archiver/output.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "base/letter.h"

#include <stdlib.h>

void output_json(const json_t *json) {
	json_dumpf(json, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
}

void output_counts(const struct output_count *rows, size_t count, size_t always) {
	for (size_t i = 0; i < count; i++)
		if (rows[i].value || i < always) printf("%s%llu %s", i ? ", " : "", (unsigned long long)rows[i].value, _(rows[i].text));
	putchar('\n');
}

void output_line(FILE *out, int width, const char *label, const char *value) {
	if (!*value) return;
	int columns = letter_columns(label, NULL);
	char *safe = explain_safe(value);
	fprintf(out, "%s%*s %s\n", label, columns < width ? width - columns : 0, "", safe);
	free(safe);
}

void output_time(FILE *out, int width, const char *label, const char *when) {
	if (!*when) return;
	char *text = explain_time(when);
	output_line(out, width, label, text);
	free(text);
}
