/* docs/findings.md, and docs/rules.md for this country's rules, against the two tables of findings: same codes and severities,
 * the rule (there often followed by more), each with a meaning and advice or an example. */
#include "tests/archiver/small_archive.h"

#include "archiver/intake_finding.h"

struct row {
	char code[80], severity[16], rule[160], meaning[1200], advice[1200];
};

/* Cells of one table row; false for a line that is none. */
static bool cells(const char *line, struct row *row) {
	char *const out[] = {row->code, row->severity, row->rule, row->meaning, row->advice};
	const size_t sizes[] = {sizeof row->code, sizeof row->severity, sizeof row->rule, sizeof row->meaning, sizeof row->advice};
	if (*line != '|') return false;
	for (size_t i = 0; i < ARRAY_LEN(out); i++) {
		const char *end = strchr(++line, '|');
		if (!end) return false;
		while (line < end && *line == ' ') line++;
		size_t n = (size_t)(end - line);
		while (n && line[n - 1] == ' ') n--;
		if (n >= sizes[i]) return false; /* a row of another table */
		memcpy(out[i], line, n);
		out[i][n] = 0;
		line = end;
	}
	return row->code[0] >= 'A' && row->code[0] <= 'Z';
}

static void expect(const struct row *rows, size_t count, const char *code, const char *severity, const char *rule) {
	size_t found = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].code, code)) continue;
		found++;
		if (strcmp(rows[i].severity, severity)) fail_msg("%s: %s in the documentation, %s in the table", code, rows[i].severity, severity);
		if (strncmp(rows[i].rule, rule, strlen(rule)) || (!*rule && *rows[i].rule))
			fail_msg("%s: rule \"%s\" in the documentation, \"%s\" in the table", code, rows[i].rule, rule);
		if (!*rows[i].meaning || !*rows[i].advice) fail_msg("%s: docs/findings.md says too little", code);
	}
	if (found != 1) fail_msg("%s: %zu rows in docs/findings.md", code, found);
}

static void read_rows(const char *path, struct row **rows, size_t *count, size_t *cap) {
	char *text = folder_text(path), *rest = text;
	assert_non_null(text);
	for (char *line; (line = strsep(&rest, "\n"));) {
		ARRAY_GROW(*rows, *count, *cap);
		if (cells(line, &(*rows)[*count])) ++*count;
	}
	free(text);
}

static void documentation_and_tables_agree(void **state) {
	(void)state;
	struct row *rows = NULL;
	size_t count = 0, cap = 0;
	read_rows(TEST_SOURCE_DIR "/docs/findings.md", &rows, &count, &cap);
	read_rows(TEST_SOURCE_DIR "/docs/rules.md", &rows, &count, &cap);
	for (int i = 0; i < FINDING_CODES; i++)
		expect(rows, count, finding_name((enum finding_code)i), finding_severity_name(finding_severity_of((enum finding_code)i)),
		       finding_rule((enum finding_code)i));
	for (int i = 0; i < ARCHIVE_FINDINGS; i++)
		expect(rows, count, archive_finding_name((enum archive_finding)i),
		       finding_severity_name(archive_finding_severity((enum archive_finding)i)), archive_finding_rule((enum archive_finding)i));
	for (size_t i = 0; i < count; i++)
		if (!any_finding_text(rows[i].code)) fail_msg("%s: documented, but in no table", rows[i].code);
	free(rows);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(documentation_and_tables_agree)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
