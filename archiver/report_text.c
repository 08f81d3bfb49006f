#include "archiver/explain.h"
#include "archiver/find.h"
#include "archiver/i18n.h"
#include "archiver/report_model.h"
#include "base/letter.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Filled up by letters, not bytes: Vietnamese ones take up to three. */
static void label_of(FILE *out, const char *label) {
	const char *text = _(label);
	int width = 45 - letter_columns(text, NULL);
	fprintf(out, "  %s%*s", text, width > 1 ? width : 1, "");
}

static void number(FILE *out, const json_t *report, const char *label, const char *path) {
	label_of(out, label);
	fprintf(out, "%lld\n", (long long)model_number(report, path));
}

static void verdicts(FILE *out, const json_t *report) {
	size_t i;
	const json_t *row;
	fprintf(out, "\n%s\n", _("Verdicts"));
	json_array_foreach(model_get(report, "verdicts"), i, row) {
		const char *sub = model_text(row, "sub_indication");
		fprintf(out, "  %8lld  %s%s%s\n", (long long)model_number(row, "records"), model_text(row, "indication"), *sub ? " / " : "", sub);
	}
}

/* A listing with its total; `keys` are shown in order, separated by two spaces. */
static void listing(FILE *out, const json_t *report, const char *title, const char *name, const char *const *keys) {
	char path[64];
	size_t i;
	const json_t *row;
	snprintf(path, sizeof path, "%s.total", name);
	json_int_t total = model_number(report, path);
	if (!total) return;
	fprintf(out, "\n%s: %lld\n", _(title), (long long)total);
	snprintf(path, sizeof path, "%s.rows", name);
	json_array_foreach(model_get(report, path), i, row) {
		fputs(" ", out);
		for (const char *const *key = keys; *key; key++) {
			char *shown = model_shown(row, *key);
			if (*shown) fprintf(out, " %s", shown);
			free(shown);
		}
		fputc('\n', out);
	}
}

static void checks(FILE *out, const json_t *report) {
	fprintf(out, "\n%s\n", _("Checks in the period"));
	number(out, report, N_("records held"), "checks.held");
	number(out, report, N_("of these checked in the period"), "checks.checked");
	number(out, report, N_("checked: valid"), "checks.passed");
	number(out, report, N_("checked: not valid or undecided"), "checks.not_passed");
	number(out, report, N_("verdicts that changed"), "changed.total");
	if (model_number(report, "revoked.total")) number(out, report, N_("lists of what rests on revoked certificates"), "revoked.total");
	number(out, report, N_("overdue now"), "checks.overdue");
	number(out, report, N_("never checked"), "checks.never");
	number(out, report, N_("not due (refused, kept as proof)"), "checks.not_due");
	number(out, report, N_("objects missing"), "checks.missing");
	number(out, report, N_("objects damaged"), "checks.damaged");
	number(out, report, N_("objects lost, and accepted as lost"), "checks.accepted");
	number(out, report, N_("objects good again"), "repaired.total");
	label_of(out, N_("longest unchecked since"));
	fprintf(out, "%s\n", model_text(report, "checks.oldest"));
}

static void expiring(FILE *out, const json_t *report) {
	static const char *const keys[] = {"expires", "record", "symbol", "file", NULL};
	size_t i;
	const json_t *row;
	fprintf(out, "\n%s\n", _("Signers' certificates that end soon"));
	if (!json_is_true(model_get(report, "expiring.known"))) {
		fprintf(out, "  %s %s\n", _("It is not known which end soon: the search index could not be read."),
		        model_text(report, "expiring.error"));
		return;
	}
	number(out, report, N_("documents with a known certificate"), "expiring.with_certificate");
	number(out, report, N_("ending within 90 days"), "expiring.total");
	number(out, report, N_("ending within a year"), "expiring.year");
	json_array_foreach(model_get(report, "expiring.months"), i, row)
		fprintf(out, "  %8lld  %s\n", (long long)model_number(row, "records"), model_text(row, "month"));
	number(out, report, N_("ended already"), "expiring.ended");
	if (model_number(report, "expiring.behind")) number(out, report, N_("changes that the search index lacks"), "expiring.behind");
	listing(out, report, N_("Certificates that end within 90 days"), "expiring", keys);
}

/* What ends most of the records of a month. */
const char *model_main_limit(const json_t *row) {
	const char *limit, *most = "";
	json_int_t records = 0;
	json_t *value;
	json_object_foreach(json_object_get(row, "limits"), limit, value) {
		if (json_integer_value(value) > records) most = limit, records = json_integer_value(value);
	}
	return find_limit_word(most);
}

/* Which ones were meant, so that a name that nothing has is seen as such. */
static void roots(FILE *out, const json_t *list) {
	size_t i;
	const json_t *root;
	if (list && !json_array_size(list)) fprintf(out, "  %s\n", _("no document's proof rests on such a root"));
	json_array_foreach(list, i, root) {
		char *name = explain_safe(model_text(root, "subject"));
		fprintf(out, "  %s: %s (%.16s)\n", _("root"), name, model_text(root, "sha256"));
		free(name);
	}
}

static void what_if(FILE *out, const json_t *report) {
	size_t i;
	const json_t *row;
	json_array_foreach(model_get(report, "what_if.rows"), i, row) {
		fprintf(out, "\n%s: %s (%.10s)\n", _("What if"), model_text(row, "asked"), model_text(row, "ends"));
		roots(out, json_object_get(row, "roots"));
		number(out, row, N_("documents that lose their proof"), "records");
		number(out, row, N_("their bytes"), "bytes");
		number(out, row, N_("bytes to read again"), "reread_bytes");
		number(out, row, N_("time-stamps needed, in one tree"), "tokens");
		number(out, row, N_("time-stamps needed, one a document"), "tokens_each");
		number(out, row, N_("documents that keep their proof"), "unaffected");
	}
}

/* Every date to come on which something ends that documents rest on, whichever comes first for them. */
static void deadlines(FILE *out, const json_t *report) {
	size_t i;
	const json_t *row;
	if (!model_number(report, "forecast.deadlines.total")) return;
	fprintf(out, "  %s\n", _("What ends when, whichever comes first for a document: date, documents, bytes, provable beyond it all the same"));
	json_array_foreach(model_get(report, "forecast.deadlines.rows"), i, row) {
		char *name = explain_safe(model_text(row, "name"));
		fprintf(out, "  %.10s  %8lld  %14lld  %8lld  %s: %s\n", model_text(row, "ends"), (long long)model_number(row, "records"),
		        (long long)model_number(row, "bytes"), (long long)model_number(row, "carried"), find_limit_word(model_text(row, "kind")), name);
		free(name);
	}
}

static void forecast(FILE *out, const json_t *report) {
	size_t i;
	const json_t *row;
	fprintf(out, "\n%s\n", _("Until when documents can be proven"));
	if (!json_is_true(model_get(report, "forecast.known"))) {
		fprintf(out, "  %s %s\n", _("It is not known: the search index could not be read."),
		        model_text(report, "forecast.error"));
		return;
	}
	number(out, report, N_("provable until before today"), "forecast.ended.records");
	number(out, report, N_("not valid, or undecided"), "forecast.none.records");
	number(out, report, N_("not yet known"), "forecast.unknown.records");
	json_array_foreach(model_get(report, "forecast.months"), i, row)
		fprintf(out, "  %8lld  %s  %14lld  %s\n", (long long)model_number(row, "records"), model_text(row, "month"),
		        (long long)model_number(row, "bytes"), model_main_limit(row));
	number(out, report, N_("later"), "forecast.later.records");
	deadlines(out, report);
}

/* Of one series: how much of what is held is covered, and what comes next. */
static void evidence_series(FILE *out, const json_t *row) {
	fprintf(out, "  ");
	fprintf(out, _("Series %lld, %s"), (long long)model_number(row, "series"), model_text(row, "digest"));
	fputc('\n', out);
	number(out, row, N_("objects held"), "held");
	number(out, row, N_("of these covered by an evidence record"), "covered");
	number(out, row, N_("of these waiting for the next round"), "waiting");
	number(out, row, N_("of those waiting left out, not whole"), "left_out");
	number(out, row, N_("chains of time-stamps"), "chains");
	number(out, row, N_("of these whose renewal is due now"), "overdue");
	if (!*model_text(row, "renew_by")) return;
	label_of(out, N_("next renewal by"));
	const char *limit = find_limit_word(model_text(row, "limit")), *detail = model_text(row, "detail");
	fprintf(out, "%s%s%s%s%s\n", model_text(row, "renew_by"), *limit ? ", " : "", limit, *detail ? ": " : "", detail);
}

static void evidence(FILE *out, const json_t *report) {
	static const char *const tokens[] = {"when", "kind", "series", "digest", "leaves", "authority", "until", NULL};
	static const char *const failures[] = {"when", "waiting", "not_valid", "damaged", "error", NULL};
	size_t i;
	const json_t *row;
	fprintf(out, "\n%s\n", _("Evidence records"));
	if (!json_is_true(model_get(report, "evidence.known"))) {
		fprintf(out, "  %s %s\n", _("It is not known what they cover:"), model_text(report, "evidence.error"));
		return;
	}
	json_array_foreach(model_get(report, "evidence.series"), i, row) evidence_series(out, row);
	number(out, report, N_("rounds time-stamped in the period"), "evidence.tokens.rounds");
	number(out, report, N_("time-stamp renewals in the period"), "evidence.tokens.renewals");
	number(out, report, N_("hash-tree renewals in the period"), "evidence.tokens.rehashes");
	number(out, report, N_("trees that wait for a time-stamp"), "evidence.trees_waiting");
	listing(out, report, N_("Time-stamps of the period"), "evidence.tokens", tokens);
	listing(out, report, N_("Runs that could not finish the evidence records (waiting, not valid, not whole)"), "evidence_failures", failures);
}

/* Each row with its denominator; then the records below the policy, the first of them by name. */
static void copies(FILE *out, const json_t *report) {
	static const char *const below[] = {"record", "file", "lacks", NULL};
	size_t i;
	const json_t *row;
	fprintf(out, "\n%s\n", _("Copies of each record"));
	number(out, report, N_("records held"), "copies.held");
	json_array_foreach(model_get(report, "copies.spread"), i, row) {
		label_of(out, model_measure_text(model_text(row, "measure")));
		fprintf(out, "0: %lld  1: %lld  2: %lld  3+: %lld\n", (long long)model_number(row, "none"), (long long)model_number(row, "one"),
		        (long long)model_number(row, "two"), (long long)model_number(row, "more"));
	}
	number(out, report, N_("as the rotation policy asks"), "copies.enough");
	number(out, report, N_("fewer than the rotation policy asks"), "copies.total");
	number(out, report, N_("on no medium, though taken in before the last one was due"), "copies.overdue");
	listing(out, report, N_("Records with too few copies"), "copies", below);
}

void report_text(FILE *out, const json_t *report) {
	static const char *const changed[] = {"when", "record", "file", "before", "before_sub", "after", "after_sub", NULL};
	static const char *const refused[] = {"when", "file", "reason", NULL};
	static const char *const damages[] = {"when", "object", "state", "record", "detail", NULL};
	static const char *const packs[] = {"pack", "state", "offset", NULL};
	static const char *const backups[] = {"when", "medium", "bytes", "outcome", NULL};
	static const char *const next[] = {"medium", "action", NULL}, *const protection[] = {"code", "detail", NULL};
	static const char *const drills[] = {"when", "medium", "restored", "bytes", "failure_count", NULL};
	static const char *const mended[] = {"when", "medium", "file", "bytes", NULL};
	static const char *const media[] = {"label", "path", "written", "generation", NULL};
	static const char *const blocked[] = {"records", "refusal", NULL};
	static const char *const released[] = {"when", "record", "file", "refusal", "since", "level", NULL};
	char *lost = report_lost_line(report);
	if (lost) fprintf(out, "%s\n", lost);
	free(lost);
	fprintf(out, "%s\n%s  %s\n%s .. %s\n", _("Integrity report"), model_text(report, "archive.name"), model_text(report, "archive.organisation"),
	        model_text(report, "from"), model_text(report, "to"));
	if (model_number(report, "damages.total")) listing(out, report, N_("DAMAGE"), "damages", damages);
	if (model_number(report, "bad_packs.total")) listing(out, report, N_("DAMAGED PACKS"), "bad_packs", packs);
	what_if(out, report);
	fprintf(out, "\n%s\n", _("Holdings"));
	number(out, report, N_("documents"), "holdings.records");
	number(out, report, N_("objects"), "holdings.objects");
	number(out, report, N_("bytes"), "holdings.bytes");
	number(out, report, N_("taken in during the period"), "intake.received");
	number(out, report, N_("came again (same bytes)"), "intake.receipts");
	checks(out, report);
	verdicts(out, report);
	expiring(out, report);
	forecast(out, report);
	evidence(out, report);
	listing(out, report, N_("Cannot be extended now"), "blocked", blocked);
	listing(out, report, N_("Waited or were refused, and are extended now or need nothing"), "released", released);
	listing(out, report, N_("Verdicts that changed"), "changed", changed);
	listing(out, report, N_("Refused"), "refused", refused);
	listing(out, report, N_("Backups"), "backups", backups);
	listing(out, report, N_("Media"), "media", media);
	listing(out, report, N_("Made good on media after a power cut or damage"), "mended", mended);
	listing(out, report, N_("To be done with media"), "media_next", next);
	listing(out, report, N_("Short of the rotation policy"), "protection", protection);
	copies(out, report);
	listing(out, report, N_("Restore tests"), "drills", drills);
	char *drill = model_drill_line(report);
	if (drill) fprintf(out, "%s\n", drill);
	free(drill);
	fprintf(out, "\n%s %s\n", _("journal head"), model_text(report, "archive.journal_head"));
}

/* RFC 4180: quoted when needed; a leading =, +, - or @ gets a quote mark before it, or a spreadsheet would run it. */
static void field(FILE *out, const char *text, bool last) {
	bool quote = strpbrk(text, "\",\r\n") || strchr("=+-@", *text ? *text : 'x');
	if (quote) fputc('"', out);
	if (*text && strchr("=+-@", *text)) fputc('\'', out);
	for (; *text; text++) {
		if (*text == '"') fputc('"', out);
		fputc(*text, out);
	}
	if (quote) fputc('"', out);
	fputs(last ? "\r\n" : ",", out);
}

static void csv_row(FILE *out, const char *section, const char *item, const char *value) {
	field(out, section, false);
	field(out, item, false);
	field(out, value, true);
}

/* Every number and text of the model, a row each, with its path: totals first as they stand, listings numbered. */
static void csv_walk(FILE *out, const char *section, const char *path, const json_t *value) {
	char text[32];
	const char *key;
	size_t i;
	json_t *member;
	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, member) {
			char *next = *path ? xasprintf("%s.%s", path, key) : xstrdup(key);
			csv_walk(out, section, next, member);
			free(next);
		}
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member) {
			char *next = xasprintf("%s.%zu", path, i + 1);
			csv_walk(out, section, next, member);
			free(next);
		}
	} else if (json_is_string(value)) {
		csv_row(out, section, path, json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
		csv_row(out, section, path, text);
	} else if (json_is_boolean(value)) {
		csv_row(out, section, path, json_is_true(value) ? "yes" : "no");
	}
}

void report_csv(FILE *out, const json_t *report) {
	const char *key;
	json_t *member;
	char *lost = report_lost_line(report);
	if (lost) csv_row(out, "lost", "", lost);
	free(lost);
	csv_row(out, "section", "item", "value");
	json_object_foreach((json_t *)report, key, member) {
		csv_walk(out, key, "", member);
	}
}
