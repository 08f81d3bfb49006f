#include "archiver/intake_set.h"

#include "archiver/content.h"
#include "archiver/intake_finding.h"
#include "archiver/judge.h"
#include "archiver/metadata.h"
#include "archiver/spool.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES 64 /* records of one name that are compared */
#define SIGNATURES 64 /* signatures of one file that are looked at */

/* ---- what the catalogue knows ---- */

int set_signatures(struct store *store, uint64_t number, uint64_t *numbers, size_t max, struct error *err) {
	struct object_id ids[64], last;
	size_t found = 0;
	int n = records_evidence(store, number, NULL, ids, ARRAY_LEN(ids), err);
	while (n > 0 && found < max) {
		for (int i = 0; i < n && found < max; i++) {
			struct object_info info;
			if (!store_object_info(store, &ids[i], &info, err) || info.kind != OBJECT_DOCUMENT) continue;
			int there = records_by_object(store, &ids[i], &numbers[found], err);
			if (there < 0) return -1;
			found += (size_t)there;
		}
		last = ids[n - 1];
		n = records_evidence(store, number, &last, ids, ARRAY_LEN(ids), err);
	}
	return n < 0 ? -1 : (int)found;
}

static utime apart(utime a, utime b) {
	return a < b ? b - a : a - b;
}

int set_attachment(struct store *store, const struct record_row *main, const char *file, struct record_row *row,
		   struct error *err) {
	uint64_t numbers[CANDIDATES];
	int count = records_by_name(store, file, 0, numbers, ARRAY_LEN(numbers), err), found = 0;
	*row = (struct record_row){0};
	for (int i = 0; i < count; i++) {
		struct record_row other = {0};
		if (numbers[i] == main->number) continue;
		if (records_get(store, numbers[i], &other, err) < 0) return -1;
		if (found && apart(row->taken_in, main->taken_in) <= apart(other.taken_in, main->taken_in)) {
			record_row_dispose(&other);
			continue;
		}
		record_row_dispose(row);
		*row = other;
		found = 1;
	}
	return count < 0 ? -1 : found;
}

/* ---- and what is judged just now ---- */

static const struct intake_judged *among(const struct intake_judged *items, size_t count, uint64_t number) {
	for (size_t i = 0; i < count; i++)
		if (items[i].number == number && items[i].report) return &items[i];
	return NULL;
}

/* A time-stamp proves that a file was there, not who signed it. 1 for a detached signature's report. */
static int is_signature(struct store *store, const struct object_id *verdict, struct error *err) {
	unsigned char *data = NULL;
	size_t len = 0;
	bool is = false;
	if (store_read(store, verdict, LIMIT_REPORT_BYTES, &data, &len, err) == OBJECT_UNREADABLE) return -1;
	json_t *report = data ? json_loadb((const char *)data, len, 0, NULL) : NULL;
	bool apart = content_is_apart(report, &is);
	json_decref(report);
	free(data);
	return apart && is;
}

int intake_set_signed(struct store *store, const struct intake_judged *items, size_t count, uint64_t number,
		      struct error *err) {
	uint64_t numbers[SIGNATURES];
	for (size_t i = 0; i < count; i++)
		if (items[i].content_number == number && items[i].signs_content) return 1;
	int n = set_signatures(store, number, numbers, ARRAY_LEN(numbers), err), found = 0;
	for (int i = 0; i < n && !found; i++) {
		struct record_row row = {0};
		if (among(items, count, numbers[i])) continue; /* judged now, and not passed */
		if (records_get(store, numbers[i], &row, err) < 0) return -1;
		if (!strcmp(row.indication, "TOTAL-PASSED")) found = is_signature(store, &row.verdict, err);
		record_row_dispose(&row);
	}
	return n < 0 ? -1 : found;
}

static void add(json_t *findings, enum archive_finding code, const char *detail) {
	json_array_append_new(findings, archive_finding_json(code, detail));
}

static void add_content(const struct intake_judged *out, json_t *findings) {
	enum digest_alg alg;
	unsigned char digest[DIGEST_MAX];
	size_t len;
	if (!content_wanted(out->report, &alg, digest, &len)) return;
	char *expected = content_name(out->before.name);
	const char *said = metadata_text(out->metadata, CONTENT_KEY);
	add(findings, ARCHIVE_FINDING_CONTENT_MISSING, *said ? said : expected ? expected : "");
	free(expected);
}

static int add_attachment(struct store *store, const struct intake_judged *items, size_t count,
			  const struct intake_judged *out, const char *file, json_t *findings, struct error *err) {
	struct record_row row = {0};
	int found = set_attachment(store, &out->before, file, &row, err);
	if (!found) add(findings, ARCHIVE_FINDING_ATTACHMENT_MISSING, file);
	if (found > 0) {
		const struct intake_judged *now = among(items, count, row.number);
		const char *indication = now ? report_indication(now->report) : row.indication;
		int is_signed = 1;
		if (!strcmp(indication, "NO-SIGNATURE"))
			is_signed = intake_set_signed(store, items, count, row.number, err);
		if (!is_signed) add(findings, ARCHIVE_FINDING_ATTACHMENT_UNSIGNED, file);
		if (is_signed < 0) found = -1;
	}
	record_row_dispose(&row);
	return found < 0 ? -1 : 0;
}

int intake_set_findings(struct store *store, const struct intake_judged *items, size_t count,
			const struct intake_judged *out, json_t *findings, struct error *err) {
	const json_t *file;
	size_t i;
	add_content(out, findings);
	json_array_foreach(json_object_get(out->metadata, "attachments"), i, file) {
		if (i >= LIMIT_ATTACHMENTS) break;
		if (json_is_string(file) &&
		    add_attachment(store, items, count, out, json_string_value(file), findings, err))
			return -1;
	}
	return 0;
}

static int linked(struct store *store, uint64_t number, const struct object_id *id, struct error *err) {
	struct object_id ids[64], last;
	int n = records_evidence(store, number, NULL, ids, ARRAY_LEN(ids), err);
	while (n > 0) {
		for (int i = 0; i < n; i++)
			if (object_id_equal(&ids[i], id)) return 1;
		last = ids[n - 1];
		n = records_evidence(store, number, &last, ids, ARRAY_LEN(ids), err);
	}
	return n;
}

int intake_set_link(struct store *store, struct batch *batch, const struct intake_judged *out, struct error *err) {
	struct object_id written;
	if (!out->content_number) return 0;
	int there = linked(store, out->content_number, &out->before.original, err);
	if (there < 0) return -1;
	if (!there) batch_link_evidence(batch, out->content_number, &out->before.original);
	if (content_of_metadata(out->metadata, &written) && object_id_equal(&written, &out->content)) return 0;
	char text[OBJECT_ID_TEXT_MAX];
	json_t *object = out->metadata ? json_deep_copy(out->metadata) : json_object();
	json_object_set_new(object, CONTENT_KEY, json_string(object_id_text(&out->content, text)));
	char *dump = json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT);
	if (!batch_put(batch, OBJECT_METADATA, dump, strlen(dump), &written, NULL))
		batch_add_metadata(batch, out->number, &written, out->before.natural_key);
	free(dump);
	json_decref(object);
	return 0;
}
