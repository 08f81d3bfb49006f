#include "archiver/show.h"

#include "archiver/explain.h"
#include "archiver/find.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"
#include "archiver/output.h"
#include "archiver/show_evidence.h"
#include "archiver/show_set.h"
#include "base/mem.h"
#include "validator/extend.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 24 /* of the labels */

/* The names in a list of objects or texts, separated by semicolons. */
static void names_line(FILE *out, const char *label, const json_t *list) {
	struct buf joined = {0};
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item) {
		const char *position = text_at(item, "position"), *code = text_at(item, "code"), *authority = text_at(item, "authority");
		const char *name = json_is_object(item) ? text_at(item, "name") : json_string_value(item);
		buf_printf(&joined, "%s%s", joined.len ? "; " : "", name ? name : "");
		if (*position || *authority)
			buf_printf(&joined, " (%s%s%s)", authority, *authority ? (*position ? ". " : ".") : "", position);
		else if (*code)
			buf_printf(&joined, " (%s)", code);
	}
	output_line(out, WIDTH, label, buf_text(&joined));
	buf_dispose(&joined);
}

struct labelled {
	const char *key, *label;
};

/* A text, a number, or a time with its source, under a label. */
static void labelled_line(FILE *out, const json_t *object, const struct labelled *row) {
	const json_t *value = json_object_get(object, row->key);
	char *number = json_is_integer(value) ? xasprintf("%lld", (long long)json_integer_value(value)) : NULL;
	const char *text = json_is_object(value) ? text_at(value, "value") : text_at(object, row->key);
	output_line(out, WIDTH, _(row->label), number ? number : find_state_word(text));
	free(number);
}

/* The file (hồ sơ) that the document belongs to. */
static void print_case_file(FILE *out, const json_t *file) {
	static const struct labelled rows[] = {{"code", N_("Case file")}, {"title", N_("Title of the case file")}, {"ordinal", N_("Ordinal in the case file")},
	                                       {"retention", N_("Retention")}, {"access", N_("Access")}, {"start", N_("Case file begins")},
	                                       {"end", N_("Case file ends")}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) labelled_line(out, file, &rows[i]);
}

static void print_metadata(FILE *out, const json_t *metadata) {
	static const struct labelled rows[] = {
		{"number", N_("Number")},          {"symbol", N_("Symbol")},          {"date", N_("Date")},          {"type", N_("Type")},
		{"subject", N_("Subject")},        {"domain", N_("Field")},           {"language", N_("Language")},  {"pages", N_("Pages")},
		{"urgency", N_("Urgency")},        {"direction", N_("Direction")},    {"sender", N_("Sender")},      {"recipient", N_("Receiver")},
		{"sent", N_("Sent")},              {"received", N_("Received")},      {"arrival_number", N_("Number on arrival")},
		{"arrival_date", N_("Arrived on")}, {"due_date", N_("Answer due")},   {"set", N_("Set of documents")}, {"role", N_("Role")},
		{"source_system", N_("Handed over by")}, {"description", N_("Note")},
	};
	if (!json_is_object(metadata)) return;
	const json_t *organisation = json_object_get(metadata, "organisation");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) labelled_line(out, metadata, &rows[i]);
	output_line(out, WIDTH, _("Organisation"), text_at(organisation, "name"));
	output_line(out, WIDTH, _("Organisation code"), text_at(organisation, "code"));
	names_line(out, _("Signers"), json_object_get(metadata, "signers"));
	names_line(out, _("Recipients"), json_object_get(metadata, "recipients"));
	print_case_file(out, json_object_get(metadata, "file"));
}

static void print_provable(FILE *out, const json_t *provable) {
	const char *until = text_at(provable, "until"), *detail = text_at(provable, "detail");
	if (!json_is_object(provable)) return;
	if (!*until) output_line(out, WIDTH, _("Can be proven until"), _("it is not valid, or undecided"));
	output_time(out, WIDTH, _("Can be proven until"), until);
	if (!*until) return;
	output_line(out, WIDTH, _("Carried"), explain_basis(text_at(provable, "basis")));
	char *limit = xasprintf("%s%s%s", find_limit_word(text_at(provable, "limit")), *detail ? ": " : "", detail);
	output_line(out, WIDTH, _("Ended by"), limit);
	output_time(out, WIDTH, _("To be renewed by"), text_at(provable, "renew_by"));
	free(limit);
}

static void print_record(FILE *out, const json_t *doc) {
	char *number = xasprintf("%lld", (long long)json_integer_value(json_object_get(doc, "record")));
	char *size = xasprintf(_("%lld bytes"), (long long)json_integer_value(json_object_get(doc, "size")));
	output_line(out, WIDTH, _("Record"), number);
	output_line(out, WIDTH, _("File"), text_at(doc, "file"));
	output_line(out, WIDTH, "SHA-256", text_at(doc, "sha256"));
	output_line(out, WIDTH, _("Size"), size);
	output_time(out, WIDTH, _("Taken in"), text_at(doc, "taken_in"));
	output_line(out, WIDTH, _("From"), text_at(doc, "source"));
	output_line(out, WIDTH, _("By"), text_at(doc, "actor"));
	output_line(out, WIDTH, _("State"), find_state_word(text_at(doc, "state")));
	output_line(out, WIDTH, _("Reason"), text_at(doc, "state_reason"));
	if (strcmp(text_at(doc, "bytes"), "present") != 0)
		output_line(out, WIDTH, _("Bytes"), find_state_word(text_at(doc, "bytes")));
	output_time(out, WIDTH, _("Last verified"), text_at(doc, "verified"));
	output_time(out, WIDTH, _("Next due"), text_at(doc, "due"));
	print_provable(out, json_object_get(doc, "provable"));
	if (json_is_true(json_object_get(doc, "overdue"))) fputs(_("It is due to be verified.\n"), out);
	free(number);
	free(size);
}

static void print_verdicts(FILE *out, const json_t *doc) {
	size_t i;
	json_t *item;
	fprintf(out, "\n%s\n", _("Verdicts"));
	json_array_foreach(json_object_get(doc, "verdicts"), i, item) {
		char *when = explain_time(text_at(item, "when"));
		const char *sub = text_at(item, "sub_indication");
		fprintf(out, "  %2lld  %s  %s%s%s\n", (long long)json_integer_value(json_object_get(item, "verdict")),
			when, text_at(item, "indication"), *sub ? "/" : "", sub);
		free(when);
	}
	if (!json_array_size(json_object_get(doc, "verdicts"))) fprintf(out, "  %s\n", _("It was not judged yet."));
}

static void print_revisions(FILE *out, const json_t *list) {
	size_t i;
	json_t *item;
	if (!json_array_size(list)) return;
	fprintf(out, "\n%s\n", _("Long-term forms"));
	json_array_foreach(list, i, item) {
		char *when = explain_time(text_at(item, "when"));
		fprintf(out, "  %2zu  %s  %lld  %s\n", i + 1, when, (long long)json_integer_value(json_object_get(item, "size")),
			text_at(item, "sha256"));
		free(when);
	}
}

/* Why there is no longer form, or no further one. */
static void print_not_extended(FILE *out, const json_t *item) {
	enum extend_refusal refusal;
	if (!extend_refusal_parse(text_at(item, "reason"), &refusal)) return;
	char *since = explain_time(text_at(item, "since")), *next = explain_time(text_at(item, "next"));
	fprintf(out, "\n%s: %s\n", _("Cannot be extended now"), _(extend_refusal_text(refusal)));
	fprintf(out, "  %s %s; %s %s\n", _("since"), since, _("looked at again on"), next);
	if (refusal != EXTEND_WAIT_FOR_STATUS)
		fprintf(out, "  %s\n", _("Its long-term proof is the archive's evidence record alone: see \"evidence show\"."));
	free(since);
	free(next);
}

static void print_receipts(FILE *out, const json_t *list) {
	size_t i;
	json_t *item;
	if (json_array_size(list) < 2) return; /* the first is the intake, told above */
	fprintf(out, "\n%s\n", _("The same bytes came again"));
	json_array_foreach(list, i, item) {
		if (!i) continue;
		char *when = explain_time(text_at(item, "when")), *file = explain_safe(text_at(item, "file"));
		fprintf(out, "  %s  %s\n", when, file);
		free(when);
		free(file);
	}
}

static void print_evidence(FILE *out, const json_t *list) {
	size_t i;
	json_t *item;
	if (!json_array_size(list)) return;
	fprintf(out, "\n%s\n", _("Evidence kept for it"));
	json_array_foreach(list, i, item) fprintf(out, "  %-12s %s\n", text_at(item, "kind"), text_at(item, "sha256"));
}

static void print_copies(FILE *out, const json_t *copies) {
	size_t i;
	const json_t *row;
	fprintf(out, "\n%s: %lld\n", _("Copies, the archive's own included"), (long long)json_integer_value(json_object_get(copies, "count")));
	json_array_foreach(json_object_get(copies, "rows"), i, row) {
		char *medium = explain_safe(text_at(row, "medium")), *site = explain_safe(text_at(row, "site")), *when = explain_time(text_at(row, "verified"));
		fprintf(out, "  %s  %s  %s\n", medium, when, site);
		free(medium), free(site), free(when);
	}
}

static void print_same_number(FILE *out, const json_t *list) {
	size_t i;
	json_t *item;
	if (!json_array_size(list)) return;
	fprintf(out, "\n%s", _("Other records with the same number, symbol and organisation:"));
	json_array_foreach(list, i, item) fprintf(out, " %lld", (long long)json_integer_value(item));
	fputc('\n', out);
}

void show_print(FILE *out, const json_t *doc) {
	const json_t *report = json_object_get(doc, "report");
	print_record(out, doc);
	print_metadata(out, json_object_get(doc, "metadata"));
	if (json_object_get(doc, "metadata_bytes"))
		output_line(out, WIDTH, _("Metadata"), find_state_word(text_at(doc, "metadata_bytes")));
	show_print_set(out, doc);
	print_copies(out, json_object_get(doc, "copies"));
	print_same_number(out, json_object_get(doc, "same_number"));
	print_receipts(out, json_object_get(doc, "receipts"));
	print_revisions(out, json_object_get(doc, "revisions"));
	print_not_extended(out, json_object_get(doc, "not_extended"));
	print_evidence(out, json_object_get(doc, "evidence"));
	show_print_evidence_records(out, json_object_get(doc, "evidence_records"));
	print_verdicts(out, doc);
	if (json_object_get(doc, "report_bytes")) output_line(out, WIDTH, _("Report"), find_state_word(text_at(doc, "report_bytes")));
	if (!json_is_object(report)) return;
	fputc('\n', out);
	json_t *then = json_copy((json_t *)report);
	json_object_del(then, "provable"); /* of the day of the verdict: what holds now stands above */
	explain_report(out, then, false);
	json_decref(then);
}
