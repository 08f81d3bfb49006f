#include "archiver/report_model.h"

#include "archiver/find.h"
#include "archiver/i18n.h"
#include "archiver/report_chart.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* One self-contained page: no network, no scripts; it prints well and reads in a browser of 2010 or 2060. */
static const char style[] =
	"body{font:15px/1.5 'Segoe UI','Noto Sans',Roboto,'Helvetica Neue',Arial,sans-serif;color:#1c2733;background:#eef1f4;margin:0}"
	"main{max-width:62em;margin:0 auto;padding:1.5em}"
	"header,section{background:#fff;border:1px solid #d9e0e7;border-radius:6px;padding:1em 1.4em;margin:0 0 1em}"
	"h1{font-size:1.5em;margin:0}h2{font-size:1.1em;margin:0 0 .6em}p{margin:.3em 0}"
	".banner{font-size:1.15em;font-weight:600;border-left:8px solid;padding:.7em 1em;margin-top:.8em}"
	".clean{border-color:#2a7d46;background:#eaf5ee}.findings{border-color:#b07a00;background:#fdf5e2}.damage{border-color:#b3261e;background:#fcebea}"
	".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(13em,1fr));gap:.7em}.tile{border:1px solid #d9e0e7;border-radius:6px;padding:.5em .8em}"
	".tile b{display:block;font-size:1.5em}.tile.bad b{color:#b3261e}.tile.warn b{color:#b07a00}.tile span{color:#51606e;font-size:.9em}"
	"table{border-collapse:collapse;width:100%;font-size:.92em}th,td{padding:.3em .6em;border-bottom:1px solid #e3e8ed;"
	"vertical-align:top}th{color:#51606e;font-weight:600}th,td{text-align:left}th.n,td.n{text-align:right}td.t,td.n{white-space:nowrap}"
	/* On a narrow screen a table keeps its columns readable and its section scrolls. */
	"td{overflow-wrap:anywhere;min-width:5em}td.n{min-width:0}section{overflow-x:auto}"
	"table+h2{margin-top:1.2em}svg{max-width:100%;min-width:40em;height:auto}footer{color:#51606e;font-size:.85em;overflow-wrap:anywhere}"
	"@media print{body{background:#fff}main{padding:0}header,section{break-inside:avoid;border-color:#999;overflow:visible}svg{min-width:0}}";

void html_text(FILE *out, const char *text) {
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: fputc(*text, out);
		}
	}
}

static void tile(FILE *out, const json_t *report, const char *label, const char *path, const char *kind) {
	json_int_t n = model_number(report, path);
	fprintf(out, "<div class=\"tile %s\"><b>%lld</b><span>", n ? kind : "", (long long)n);
	html_text(out, _(label));
	fputs("</span></div>\n", out);
}

struct column {
	const char *label, *key, *second; /* second is joined with a slash when it is there */
};

static void cell(FILE *out, const json_t *row, const struct column *c) {
	const json_t *value = json_object_get(row, c->key);
	const char *second = c->second ? model_text(row, c->second) : "";
	if (!strcmp(c->key, "record") && !json_integer_value(value)) { /* what belongs to no single record */
		fputs("<td></td>", out);
		return;
	}
	if (json_is_integer(value)) {
		fprintf(out, "<td class=\"n\">%lld</td>", (long long)json_integer_value(value));
		return;
	}
	char *shown = model_shown(row, c->key);
	fputs(model_is_moment(c->key) ? "<td class=\"t\">" : "<td>", out);
	html_text(out, shown);
	free(shown);
	if (*second) fputs(" / ", out), html_text(out, second);
	fputs("</td>", out);
}

static void table(FILE *out, const json_t *rows, const struct column *columns) {
	size_t i;
	const json_t *row;
	fputs("<table><tr>", out);
	for (const struct column *c = columns; c->label; c++) {
		fputs(json_is_integer(json_object_get(json_array_get(rows, 0), c->key)) ? "<th class=\"n\">" : "<th>", out);
		html_text(out, _(c->label));
		fputs("</th>", out);
	}
	fputs("</tr>\n", out);
	json_array_foreach(rows, i, row) {
		fputs("<tr>", out);
		for (const struct column *c = columns; c->label; c++) cell(out, row, c);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void open_section(FILE *out, const char *title) {
	fputs("<section><h2>", out);
	html_text(out, _(title));
	fputs("</h2>\n", out);
}

/* A listing, or a sentence when there is nothing to list; a long one says how much is not shown. */
static void listing(FILE *out, const json_t *report, const char *title, const char *name, const char *nothing, const struct column *columns) {
	char path[64];
	snprintf(path, sizeof path, "%s.rows", name);
	const json_t *rows = model_get(report, path);
	snprintf(path, sizeof path, "%s.total", name);
	json_int_t total = model_number(report, path), shown = (json_int_t)json_array_size(rows);
	open_section(out, title);
	if (!shown) {
		fputs("<p>", out);
		html_text(out, _(nothing));
		fputs("</p>", out);
	} else {
		table(out, rows, columns);
	}
	if (total > shown) fprintf(out, _("<p>%lld of %lld rows are shown; the JSON form and ltvault find give all.</p>"), (long long)shown, (long long)total);
	fputs("</section>\n", out);
}

static void banner(FILE *out, const json_t *report) {
	const char *state = model_text(report, "state");
	fprintf(out, "<div class=\"banner %s\">", state);
	if (!strcmp(state, "damage"))
		fprintf(out, _("DAMAGE: %lld objects are missing, %lld are damaged, %lld packs have damaged places. They are named below."),
		        (long long)model_number(report, "checks.missing"), (long long)model_number(report, "checks.damaged"),
		        (long long)model_number(report, "bad_packs.total"));
	else if (!strcmp(state, "findings"))
		html_text(out, _("No damage is known, but there are points that someone should look at."));
	else
		html_text(out, _("No damage is known and nothing is overdue."));
	fputs("</div><p>", out);
	fprintf(out, _("Checked in the period: %lld of %lld documents held; never checked: %lld; overdue now: %lld."),
	        (long long)model_number(report, "checks.checked"), (long long)model_number(report, "checks.held"),
	        (long long)model_number(report, "checks.never"), (long long)model_number(report, "checks.overdue"));
	fputs("</p>\n", out);
}

static void head(FILE *out, const json_t *report) {
	const char *name = model_text(report, "archive.name");
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
	        i18n_language() == LANGUAGE_VI ? "vi" : "en");
	html_text(out, _("Integrity report"));
	fprintf(out, " %.10s</title><style>%s</style></head>\n<body><main>\n<header>", model_text(report, "made"), style);
	char *lost = report_lost_line(report);
	if (lost) fputs("<div class=\"banner damage\">", out), html_text(out, lost), fputs("</div>\n", out);
	free(lost);
	fputs("<h1>", out);
	html_text(out, _("Integrity report"));
	fputs("</h1><p>", out);
	html_text(out, *name ? name : _("(the archive has no name in its configuration)"));
	if (*model_text(report, "archive.organisation")) fputs(" · ", out), html_text(out, model_text(report, "archive.organisation"));
	fprintf(out, "</p><p>%s – %s (UTC)</p>\n", model_text(report, "from"), model_text(report, "to"));
	banner(out, report);
	fputs("</header>\n", out);
}

static void counts(FILE *out, const json_t *report) {
	open_section(out, N_("Holdings and checks"));
	fputs("<div class=\"tiles\">\n", out);
	tile(out, report, N_("documents held"), "holdings.records", "");
	tile(out, report, N_("taken in during the period"), "intake.received", "");
	tile(out, report, N_("checked in the period"), "checks.checked", "");
	tile(out, report, N_("valid of those checked"), "checks.passed", "");
	tile(out, report, N_("not valid or undecided of those checked"), "checks.not_passed", "warn");
	tile(out, report, N_("verdicts that changed"), "changed.total", "warn");
	tile(out, report, N_("overdue now"), "checks.overdue", "warn");
	tile(out, report, N_("never checked"), "checks.never", "warn");
	tile(out, report, N_("objects missing"), "checks.missing", "bad");
	tile(out, report, N_("objects damaged"), "checks.damaged", "bad");
	tile(out, report, N_("objects lost, and accepted as lost"), "checks.accepted", "warn");
	tile(out, report, N_("objects good again"), "repaired.total", "");
	tile(out, report, N_("refused in the period"), "refused.total", "warn");
	fputs("</div></section>\n", out);
}

static void charts(FILE *out, const json_t *report) {
	open_section(out, N_("Verdicts of all documents held"));
	chart_verdicts(out, report);
	fputs("</section>\n", out);
	open_section(out, N_("Documents taken in, by day"));
	chart_days(out, report);
	fputs("</section>\n", out);
}

/* Of what is held, whose signer's certificate ends soon: the count, the months of the year to come, the documents. */
static void expiring(FILE *out, const json_t *report) {
	static const struct column columns[] = {{N_("ends"), "expires", NULL}, {N_("record"), "record", NULL}, {N_("number and symbol"), "symbol", NULL},
	                                        {N_("file"), "file", NULL}, {N_("subject"), "subject", NULL}, {NULL, NULL, NULL}};
	open_section(out, N_("Signers' certificates that end soon"));
	if (!json_is_true(model_get(report, "expiring.known"))) {
		fprintf(out, "<p>%s ", _("It is not known which end soon: the search index could not be read."));
		html_text(out, model_text(report, "expiring.error"));
		fputs("</p></section>\n", out);
		return;
	}
	fputs("<p>", out);
	fprintf(out, _("Of %lld documents with a known certificate: ending within 90 days %lld, within a year %lld, ended already %lld."),
	        (long long)model_number(report, "expiring.with_certificate"), (long long)model_number(report, "expiring.total"),
	        (long long)model_number(report, "expiring.year"), (long long)model_number(report, "expiring.ended"));
	if (model_number(report, "expiring.behind"))
		fputc(' ', out), fprintf(out, _("The search index lacks the last %lld changes."), (long long)model_number(report, "expiring.behind"));
	fputs("</p>\n", out);
	chart_months(out, report);
	fputs("</section>\n", out);
	if (model_number(report, "expiring.total")) listing(out, report, N_("Certificates that end within 90 days"), "expiring", "", columns);
}

/* Every date to come on which something ends that documents rest on, whichever comes first for them. */
static void deadlines(FILE *out, const json_t *report) {
	size_t i;
	const json_t *row;
	if (!model_number(report, "forecast.deadlines.total")) return;
	fprintf(out, "<h2>%s</h2><table><tr><th>%s</th><th>%s</th><th class=\"n\">%s</th><th class=\"n\">%s</th><th class=\"n\">%s</th></tr>\n",
	        _("What ends when, whichever comes first for a document"), _("ends"), _("what"), _("documents"), _("bytes"), _("provable beyond it all the same"));
	json_array_foreach(model_get(report, "forecast.deadlines.rows"), i, row) {
		fprintf(out, "<tr><td class=\"t\">%.10s</td><td>%s: ", model_text(row, "ends"), find_limit_word(model_text(row, "kind")));
		html_text(out, model_text(row, "name"));
		fprintf(out, "</td><td class=\"n\">%lld</td><td class=\"n\">%lld</td><td class=\"n\">%lld</td></tr>\n", (long long)model_number(row, "records"),
		        (long long)model_number(row, "bytes"), (long long)model_number(row, "carried"));
	}
	fputs("</table>\n", out);
}

/* Until when what is held can be proven: what has no date, a bar and a line a month. */
static void forecast(FILE *out, const json_t *report) {
	size_t i;
	const json_t *row;
	open_section(out, N_("Until when documents can be proven"));
	if (!json_is_true(model_get(report, "forecast.known"))) {
		fprintf(out, "<p>%s ", _("It is not known: the search index could not be read."));
		html_text(out, model_text(report, "forecast.error"));
		fputs("</p></section>\n", out);
		return;
	}
	fputs("<p>", out);
	fprintf(out, _("Provable until before today: %lld; not valid, or undecided: %lld; not yet known: %lld."),
	        (long long)model_number(report, "forecast.ended.records"), (long long)model_number(report, "forecast.none.records"),
	        (long long)model_number(report, "forecast.unknown.records"));
	fputs("</p>\n", out);
	chart_forecast(out, report);
	if (json_array_size(model_get(report, "forecast.months"))) {
		fprintf(out, "<table><tr><th>%s</th><th class=\"n\">%s</th><th class=\"n\">%s</th><th>%s</th></tr>\n", _("month"), _("documents"),
		        _("bytes"), _("mostly by"));
		json_array_foreach(model_get(report, "forecast.months"), i, row)
			fprintf(out, "<tr><td>%s</td><td class=\"n\">%lld</td><td class=\"n\">%lld</td><td>%s</td></tr>\n", model_text(row, "month"),
			        (long long)model_number(row, "records"), (long long)model_number(row, "bytes"), model_main_limit(row));
		fputs("</table>\n", out);
	}
	deadlines(out, report);
	fputs("</section>\n", out);
}

static void series_line(FILE *out, const json_t *row) {
	fputs("<p>", out);
	fprintf(out, _("Series %lld, %s"), (long long)model_number(row, "series"), model_text(row, "digest"));
	fputs(": ", out);
	fprintf(out, _("of %lld objects held %lld are covered, %lld wait for the next round (%lld of them left out, not whole); %lld chains, renewal due now for %lld."),
	        (long long)model_number(row, "held"), (long long)model_number(row, "covered"), (long long)model_number(row, "waiting"),
	        (long long)model_number(row, "left_out"), (long long)model_number(row, "chains"), (long long)model_number(row, "overdue"));
	if (*model_text(row, "renew_by")) {
		const char *limit = find_limit_word(model_text(row, "limit")), *detail = model_text(row, "detail");
		fprintf(out, " %s %.10s", _("Next renewal by"), model_text(row, "renew_by"));
		if (*limit) fputs(": ", out), html_text(out, limit);
		if (*detail) fputs(", ", out), html_text(out, detail);
	}
	fputs("</p>\n", out);
}

/* What evidence records cover, series by series, and what the period brought. */
static void evidence(FILE *out, const json_t *report) {
	static const struct column tokens[] = {{N_("when"), "when", NULL}, {N_("kind"), "kind", NULL}, {N_("series"), "series", NULL}, {N_("digest"), "digest", NULL},
	                                       {N_("leaves"), "leaves", NULL}, {N_("authority"), "authority", NULL}, {N_("until"), "until", NULL}, {NULL, NULL, NULL}};
	static const struct column failures[] = {{N_("when"), "when", NULL}, {N_("trees that wait for a time-stamp"), "waiting", NULL},
	                                         {N_("time-stamps that no longer hold"), "not_valid", NULL},
	                                         {N_("objects left out because their bytes are not whole"), "damaged", NULL}, {N_("detail"), "error", NULL}, {NULL, NULL, NULL}};
	size_t i;
	const json_t *row;
	open_section(out, N_("Evidence records"));
	if (!json_is_true(model_get(report, "evidence.known"))) {
		fprintf(out, "<p>%s ", _("It is not known what they cover:"));
		html_text(out, model_text(report, "evidence.error"));
		fputs("</p></section>\n", out);
		return;
	}
	json_array_foreach(model_get(report, "evidence.series"), i, row) series_line(out, row);
	fputs("<p>", out);
	fprintf(out, _("In the period: %lld rounds, %lld time-stamp renewals, %lld hash-tree renewals. Trees that wait for a time-stamp: %lld."),
	        (long long)model_number(report, "evidence.tokens.rounds"), (long long)model_number(report, "evidence.tokens.renewals"),
	        (long long)model_number(report, "evidence.tokens.rehashes"), (long long)model_number(report, "evidence.trees_waiting"));
	fputs("</p></section>\n", out);
	if (model_number(report, "evidence.tokens.total")) listing(out, report, N_("Time-stamps of the period"), "evidence.tokens", "", tokens);
	if (model_number(report, "evidence_failures.total"))
		listing(out, report, N_("Runs that could not finish the evidence records"), "evidence_failures", "", failures);
}

static void copies(FILE *out, const json_t *report) {
	static const struct column spread[] = {{N_("of each record"), "measure", NULL}, {"0", "none", NULL}, {"1", "one", NULL}, {"2", "two", NULL},
	                                       {"3+", "more", NULL}, {N_("records held"), "held", NULL}, {NULL, NULL, NULL}};
	static const struct column below[] = {{N_("record"), "record", NULL}, {N_("file"), "file", NULL}, {N_("too few"), "lacks", NULL}, {NULL, NULL, NULL}};
	open_section(out, N_("Copies of each record"));
	table(out, model_get(report, "copies.spread"), spread);
	fputs("<p>", out);
	fprintf(out, _("Of %lld records %lld have the copies that the rotation policy asks for, %lld have fewer; %lld are on no medium, though taken in before the last one was due."),
	        (long long)model_number(report, "copies.held"), (long long)model_number(report, "copies.enough"), (long long)model_number(report, "copies.total"),
	        (long long)model_number(report, "copies.overdue"));
	fputs("</p></section>\n", out);
	if (model_number(report, "copies.total")) listing(out, report, N_("Records with too few copies"), "copies", "", below);
}

void report_html(FILE *out, const json_t *report) {
	static const struct column damages[] = {{N_("seen"), "when", NULL}, {N_("object"), "object", NULL}, {N_("state"), "state", NULL},
	                                        {N_("record"), "record", NULL}, {N_("detail"), "detail", NULL}, {NULL, NULL, NULL}};
	static const struct column packs[] = {{N_("pack"), "pack", NULL}, {N_("state"), "state", NULL}, {N_("first byte"), "offset", NULL},
	                                      {N_("places"), "places", NULL}, {NULL, NULL, NULL}};
	static const struct column changed[] = {{N_("when"), "when", NULL}, {N_("record"), "record", NULL}, {N_("file"), "file", NULL},
	                                        {N_("before"), "before", "before_sub"}, {N_("after"), "after", "after_sub"}, {NULL, NULL, NULL}};
	static const struct column revoked[] = {{N_("when"), "when", NULL}, {N_("certificate"), "subject", NULL}, {N_("revoked since"), "time", NULL},
	                                        {N_("reason"), "reason", NULL}, {N_("records signed before"), "before_shown", NULL},
	                                        {N_("records signed after"), "after_shown", NULL}, {N_("records, not proven when"), "unknown_shown", NULL}, {NULL, NULL, NULL}};
	static const struct column refused[] = {{N_("when"), "when", NULL}, {N_("file"), "file", NULL}, {N_("reason"), "reason", NULL}, {NULL, NULL, NULL}};
	static const struct column media[] = {{N_("label"), "label", NULL}, {N_("path"), "path", NULL}, {N_("last written and read back"), "written", NULL},
	                                      {N_("backups"), "generation", NULL}, {N_("bytes"), "bytes", NULL}, {NULL, NULL, NULL}};
	static const struct column backups[] = {{N_("when"), "when", NULL}, {N_("medium"), "medium", NULL}, {N_("bytes"), "bytes", NULL},
	                                        {N_("outcome"), "outcome", NULL}, {NULL, NULL, NULL}};
	static const struct column mended[] = {{N_("when"), "when", NULL}, {N_("medium"), "medium", NULL}, {N_("file"), "file", NULL},
	                                       {N_("bytes before"), "bytes_before", NULL}, {N_("bytes kept"), "bytes", NULL}, {NULL, NULL, NULL}};
	static const struct column next[] = {{N_("medium"), "medium", NULL}, {N_("what"), "action", NULL}, {NULL, NULL, NULL}};
	static const struct column protection[] = {{N_("what"), "code", NULL}, {N_("detail"), "detail", NULL}, {NULL, NULL, NULL}};
	static const struct column drills[] = {{N_("when"), "when", NULL}, {N_("medium"), "medium", NULL}, {N_("records restored"), "restored", NULL}, {N_("bytes"), "bytes", NULL},
	                                       {N_("seconds"), "seconds", NULL}, {N_("not in agreement"), "failure_count", NULL}, {NULL, NULL, NULL}};
	static const struct column exports[] = {{N_("when"), "when", NULL}, {N_("selection"), "selection", NULL}, {N_("records"), "records", NULL}, {NULL, NULL, NULL}};
	static const struct column runs[] = {{N_("when"), "when", NULL}, {N_("command"), "command", NULL}, {N_("exit status"), "status", NULL}, {N_("steps"), "outcome", NULL}, {NULL, NULL, NULL}};
	static const struct column what_if[] = {{N_("asked"), "asked", NULL}, {N_("from"), "ends", NULL}, {N_("documents that lose their proof"), "records", NULL},
	                                        {N_("their bytes"), "bytes", NULL}, {N_("bytes to read again"), "reread_bytes", NULL},
	                                        {N_("time-stamps needed, in one tree"), "tokens", NULL}, {N_("time-stamps needed, one a document"), "tokens_each", NULL},
	                                        {N_("documents that keep their proof"), "unaffected", NULL}, {NULL, NULL, NULL}};
	static const struct column blocked[] = {{N_("documents"), "records", NULL}, {N_("why"), "refusal", NULL}, {NULL, NULL, NULL}};
	static const struct column released[] = {{N_("when"), "when", NULL}, {N_("record"), "record", NULL}, {N_("file"), "file", NULL},
	                                         {N_("why not before"), "refusal", NULL}, {N_("since"), "since", NULL}, {N_("level"), "level", NULL}, {NULL, NULL, NULL}};
	head(out, report);
	if (model_number(report, "damages.total")) listing(out, report, N_("Missing and damaged objects"), "damages", "", damages);
	if (model_number(report, "bad_packs.total")) listing(out, report, N_("Packs with damaged places"), "bad_packs", "", packs);
	if (model_number(report, "what_if.total")) listing(out, report, N_("What if"), "what_if", "", what_if);
	counts(out, report);
	charts(out, report);
	expiring(out, report);
	forecast(out, report);
	evidence(out, report);
	if (model_number(report, "revoked.total")) listing(out, report, N_("Certificates found revoked, and what rests on them"), "revoked", "", revoked);
	if (model_number(report, "blocked.total")) listing(out, report, N_("Cannot be extended now"), "blocked", "", blocked);
	if (model_number(report, "released.total"))
		listing(out, report, N_("Waited or were refused, and are extended now or need nothing"), "released", "", released);
	listing(out, report, N_("Verdicts that changed"), "changed", N_("No verdict changed in the period."), changed);
	listing(out, report, N_("Refused"), "refused", N_("Nothing was refused in the period."), refused);
	listing(out, report, N_("Backup media"), "media", N_("No backup medium is registered: the archive exists only once."), media);
	listing(out, report, N_("Backups in the period"), "backups", N_("No backup was written in the period."), backups);
	if (model_number(report, "mended.total")) listing(out, report, N_("Made good on media after a power cut or damage"), "mended", "", mended);
	if (model_number(report, "media_next.total")) listing(out, report, N_("To be done with media"), "media_next", "", next);
	listing(out, report, N_("Short of the rotation policy"), "protection", N_("What the policy asks for is there."), protection);
	listing(out, report, N_("Restore tests in the period"), "drills", model_number(report, "drill.overdue") ? N_("None was made, and one is overdue.") : N_("None was made in the period."), drills);
	copies(out, report);
	char *drill = model_drill_line(report);
	if (drill) fputs("<p class=\"banner findings\">", out), html_text(out, drill), fputs("</p>\n", out);
	free(drill);
	listing(out, report, N_("Released (exports)"), "exports", N_("Nothing was released in the period."), exports);
	listing(out, report, N_("Runs"), "runs", N_("No run was recorded in the period."), runs);
	fputs("<footer><p>", out);
	fprintf(out, _("Made by ltvault %s at %s. Journal: %lld events, head sha256 %s."), LTVAULT_VERSION, model_text(report, "made"),
	        (long long)model_number(report, "archive.events"), model_text(report, "archive.journal_head"));
	fputs("</p></footer>\n</main></body></html>\n", out);
}
