#include "archiver/show_evidence.h"

#include "archiver/evidence_state.h"
#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where the evidence record carries the proof, the day by which it must have been renewed: of the series that holds longest. */
static void set_renewal(json_t *provable, const json_t *part) {
	const json_t *original = json_array_get(json_object_get(part, "rows"), 0), *record, *best = NULL;
	size_t i;
	if (strcmp(text_at(provable, "basis"), "evidence-record") != 0) return;
	json_array_foreach(json_object_get(original, "records"), i, record)
		if (!best || strcmp(text_at(record, "until"), text_at(best, "until")) > 0) best = record;
	if (best) json_object_set(provable, "renew_by", json_object_get(best, "renew_by"));
}

int show_add_evidence_records(json_t *doc, struct app *app, const struct record_row *row, struct error *err) {
	struct evidence *e = evidence_open(app, NULL, err);
	json_t *part = e ? evidence_state_record(e, row, err) : NULL;
	evidence_close(e);
	if (part) set_renewal(json_object_get(doc, "provable"), part);
	return part ? json_object_set_new(doc, "evidence_records", part) : -1;
}

static const char *what_word(const char *what) {
	static const struct {
		const char *what, *text;
	} words[] = {
		{"original", N_("the document")},  {"metadata", N_("metadata")}, {"verdict", N_("validation report")},
		{"evidence", N_("validation data")}, {"revision", N_("long-term form")},
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].what, what)) return _(words[i].text);
	return what;
}

/* The texts of a list, with commas. The caller's. */
static char *joined(const json_t *list) {
	struct buf b = {0};
	const json_t *value;
	size_t i;
	json_array_foreach(list, i, value) {
		char *safe = explain_safe(json_string_value(value));
		buf_printf(&b, "%s%s", i ? ", " : "", safe);
		free(safe);
	}
	return buf_take_text(&b);
}

static void print_since(FILE *out, const char *what, const json_t *record) {
	char *from = explain_time(text_at(record, "from")), *by = joined(json_object_get(record, "authorities"));
	char *digests = joined(json_object_get(record, "digests"));
	fprintf(out, "  ");
	fprintf(out, _("%s: proven since %s, by %s (%s)"), what, from, by, digests);
	fputc('\n', out);
	free(from), free(by), free(digests);
}

/* What ends it first and by when it must be renewed, which the night does by itself. */
static void print_limit(FILE *out, const json_t *record) {
	const char *until = text_at(record, "until"), *limit = text_at(record, "limit");
	if (!*until) return;
	char *end = explain_time(until), *due = explain_time(text_at(record, "renew_by")), *detail = explain_safe(text_at(record, "detail"));
	const char *because = *limit ? explain_limit(limit) : _("the time-stamp or its hash algorithm ends then");
	fprintf(out, "    ");
	fprintf(out, _("to be renewed by %s; it holds until %s, because %s"), due, end, because);
	fprintf(out, *detail ? " (%s)\n" : "%s\n", detail);
	free(end), free(due), free(detail);
}

static void print_object(FILE *out, const json_t *row) {
	const json_t *records = json_object_get(row, "records"), *record;
	const char *what = what_word(text_at(row, "what"));
	bool original = !strcmp(text_at(row, "what"), "original");
	size_t i;
	if (json_object_get(row, "error")) {
		char *why = explain_safe(text_at(row, "error"));
		fprintf(out, "  %s: %s\n", what, why);
		free(why);
	} else if (!json_array_size(records)) {
		fprintf(out, "  %s: %s\n", what, _("waits for the next round"));
	}
	json_array_foreach(records, i, record) {
		print_since(out, what, record);
		if (original) print_limit(out, record);
	}
}

void show_print_evidence_records(FILE *out, const json_t *part) {
	const json_t *row;
	size_t i;
	if (!json_is_object(part)) return;
	fprintf(out, "\n");
	fprintf(out, _("Evidence records: %lld of %lld objects covered, %lld waiting for the next round"), number_at(part, "covered"),
		number_at(part, "objects"), number_at(part, "waiting"));
	fprintf(out, "%s\n", json_is_true(json_object_get(part, "more")) ? " ..." : "");
	if (!number_at(part, "covered") && !number_at(part, "damaged")) return;
	json_array_foreach(json_object_get(part, "rows"), i, row) print_object(out, row);
}
