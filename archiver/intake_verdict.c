#include "archiver/intake_verdict.h"

#include "archiver/conf.h"
#include "archiver/intake_finding.h"
#include "archiver/judge.h"
#include "archiver/metadata.h"
#include "archiver/rules.h"
#include "archiver/spool.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int on_failed_parse(const char *word) {
	static const char *const words[] = {"refuse", "quarantine", "accept"};
	for (int i = 0; i < (int)ARRAY_LEN(words); i++)
		if (!strcmp(word, words[i])) return i;
	return -1;
}

enum record_state verdict_state(enum on_failed policy, const json_t *report) {
	if (policy == ON_FAILED_ACCEPT || !strcmp(report_indication(report), "TOTAL-PASSED")) return RECORD_ACCEPTED;
	return policy == ON_FAILED_REFUSE ? RECORD_REFUSED : RECORD_QUARANTINED;
}

static void add_unknown_keys(json_t *findings, const json_t *object) {
	struct metadata metadata = {0};
	if (object && metadata_check(object, &metadata, NULL) == 0)
		for (size_t i = 0; i < metadata.unknown_count; i++)
			json_array_append_new(findings, archive_finding_json(ARCHIVE_FINDING_METADATA_UNKNOWN_KEY,
									     metadata.unknown[i]));
	metadata_dispose(&metadata);
}

/* The first record of that number carries no finding: it was there before. */
static int add_duplicate(json_t *findings, struct store *store, uint64_t number, const char *key, struct error *err) {
	uint64_t first;
	int n = *key ? records_by_key(store, key, 0, &first, 1, err) : 0;
	if (n > 0 && first < number) {
		char *detail = xasprintf("record %llu has %s", (unsigned long long)first, key);
		json_array_append_new(findings, archive_finding_json(ARCHIVE_FINDING_DUPLICATE_NUMBER, detail));
		free(detail);
	}
	return n < 0 ? -1 : 0;
}

json_t *verdict_archive_findings(struct store *store, uint64_t number, const json_t *metadata, const char *natural_key,
				 struct error *err) {
	json_t *findings = json_array();
	add_unknown_keys(findings, metadata);
	if (add_duplicate(findings, store, number, natural_key, err)) {
		json_decref(findings);
		return NULL;
	}
	return findings;
}

void verdict_complete(json_t *report, const char *raw_name, json_t *archive_findings, const json_t *metadata) {
	char *name = spool_printable(raw_name);
	json_object_set_new(report, "file", json_string(name));
	json_object_set(report, "archive_findings", archive_findings);
	rules_add(report, metadata);
	free(name);
}

static int by_text(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* VERDICT_CHANGED speaks of the comparison itself; that the archive's own evidence record holds, as it should, is no
 * reason to keep every report a second time. */
static bool is_compared(const char *code) {
	return strcmp(code, archive_finding_name(ARCHIVE_FINDING_VERDICT_CHANGED)) &&
	       strcmp(code, finding_name(FINDING_EVIDENCE_RECORD_USED));
}

/* The codes of a list of findings, sorted, each once. */
static json_t *codes(const json_t *findings) {
	size_t count = json_array_size(findings), n = 0;
	const char **list = xcalloc(count + 1, sizeof *list);
	json_t *sorted = json_array();
	for (size_t i = 0; i < count; i++) {
		const char *code = metadata_text(json_array_get(findings, i), "code");
		if (is_compared(code)) list[n++] = code;
	}
	qsort(list, n, sizeof *list, by_text);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(list[i - 1], list[i])) json_array_append_new(sorted, json_string(list[i]));
	free(list);
	return sorted;
}

/* What of a report is compared. */
static json_t *essence(const json_t *report) {
	static const char *const keys[] = {"id",        "kind",     "indication",  "sub_indication",
					   "integrity", "coverage", "modification"};
	json_t *out = json_object(), *signatures = json_array();
	const json_t *signature;
	size_t i;
	for (size_t k = 0; k < ARRAY_LEN(keys); k++)
		json_object_set_new(out, keys[k], json_string(metadata_text(report, keys[k])));
	json_object_set_new(out, "findings", codes(json_object_get(report, "findings")));
	json_object_set_new(out, "archive", codes(json_object_get(report, "archive_findings")));
	json_object_set_new(out, "rules", codes(json_object_get(report, "rules")));
	json_array_foreach(json_object_get(report, "signatures"), i, signature)
		json_array_append_new(signatures, essence(signature));
	json_object_set_new(out, "signatures", signatures);
	return out;
}

bool verdict_equal(const json_t *a, const json_t *b) {
	json_t *x = essence(a), *y = essence(b);
	bool equal = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return equal;
}

char *verdict_short(const char *indication, const char *sub_indication) {
	return xasprintf("%s%s%s", indication, *sub_indication ? " " : "", sub_indication);
}

/* What was too large for a validator will be so tomorrow. */
static bool too_large(const json_t *report) {
	const json_t *f;
	size_t i;
	json_array_foreach(
		json_object_get(report, "findings"), i,
		f) if (!strcmp(metadata_text(f, "code"), finding_name(FINDING_DOCUMENT_TOO_LARGE))) return true;
	return false;
}

bool verdict_misses_files(const json_t *report) {
	static const enum archive_finding codes[] = {ARCHIVE_FINDING_CONTENT_MISSING,
						     ARCHIVE_FINDING_ATTACHMENT_MISSING,
						     ARCHIVE_FINDING_ATTACHMENT_UNSIGNED};
	const json_t *f;
	size_t i;
	json_array_foreach(json_object_get(report, "archive_findings"), i, f) {
		for (size_t k = 0; k < ARRAY_LEN(codes); k++)
			if (!strcmp(metadata_text(f, "code"), archive_finding_name(codes[k]))) return true;
	}
	return false;
}

utime verdict_next_due(const struct app *app, const json_t *report) {
	bool open = (!strcmp(report_indication(report), "INDETERMINATE") && !too_large(report)) ||
		    verdict_misses_files(report);
	utime soon = app->now + conf_duration(app->conf, CONF_verify_interval_open);
	utime due = open ? soon : app->now + conf_duration(app->conf, CONF_verify_interval);
	/* Status data from before the signature, or too soon after it, is asked for again; daily, until there is newer. */
	utime newer;
	if (utime_parse(metadata_text(report, "status_wanted_after"), &newer)) {
		if (newer <= app->now) newer = soon;
		if (newer < due) due = newer;
	}
	return due;
}

int verdict_record(struct batch *batch, uint64_t number, const json_t *report, utime now, utime next_due) {
	struct verdict_row row = {.when = now};
	char *text = json_dumps(report, JSON_SORT_KEYS | JSON_COMPACT);
	int rc = batch_put(batch, OBJECT_VERDICT, text, strlen(text), &row.report, NULL);
	row.indication = (char *)(uintptr_t)report_indication(report);
	row.sub_indication = (char *)(uintptr_t)report_sub_indication(report);
	if (!rc) batch_add_verdict(batch, number, &row, next_due);
	free(text);
	return rc;
}
