#include "archiver/command.h"
#include "archiver/i18n.h"
#include "archiver/progress.h"
#include "archiver/report.h"
#include "base/mem.h"

#include <string.h>

/* --from and --to, or --days; the default is the last thirty days. */
static int period(const struct app *app, const struct args *args, utime *from, utime *to, struct error *err) {
	const char *from_text = args_value(args, "from"), *to_text = args_value(args, "to");
	*to = app->now + UTIME_SECOND; /* the period is half open, and now belongs to it */
	if (to_text && !utime_parse(to_text, to)) return error_set(err, ERROR_USAGE, "--to: \"%s\" is not a date such as 2026-11-22", to_text);
	*from = (to_text ? *to : app->now) - 30 * UTIME_DAY;
	if (from_text && !utime_parse(from_text, from))
		return error_set(err, ERROR_USAGE, "--from: \"%s\" is not a date such as 2026-11-22", from_text);
	if (*from >= *to) return error_set(err, ERROR_USAGE, "report: the period ends before it begins");
	return 0;
}

static int choose(struct app *app, const struct args *args, int *format, struct error *err) {
	const char *word = args_value(args, "format"), *language = args_value(args, "lang");
	*format = app->json ? REPORT_JSON : REPORT_TEXT;
	if (word && (*format = report_format_parse(word)) < 0)
		return error_set(err, ERROR_USAGE, "--format: \"%s\" is not one of text, json, csv, html", word);
	if (!language) language = *format == REPORT_HTML && app->conf ? conf_text(app->conf, CONF_archive_language) : NULL;
	if (language && i18n_parse(language) < 0) return error_set(err, ERROR_USAGE, "--lang: \"%s\" is neither vi nor en", language);
	if (language) i18n_set_language((enum language)i18n_parse(language));
	return 0;
}

static int run(struct app *app, const struct args *args) {
	struct error err = {0};
	const char *const *words, *const *asked, *output = args_value(args, "output");
	utime from, to;
	int format;
	if (args_words(args, &words)) error_set(&err, ERROR_USAGE, "report: %s: takes no arguments", words[0]);
	if (err.code || app_open_store(app, STORE_READ, &err) || period(app, args, &from, &to, &err) || choose(app, args, &format, &err))
		return app_fail(app, &err);
	struct progress *progress = progress_clock(app, N_("Gathering the report"));
	json_t *report = report_build(app, from, to, &err);
	progress_end(progress);
	size_t count = args_values(args, "what-if", &asked);
	if (report && report_add_what_if(app, report, asked, count, &err)) {
		json_decref(report);
		report = NULL;
	}
	if (!report) return app_fail(app, &err);
	int status = report_has_damage(report) ? EXIT_DAMAGE : report_has_findings(report) ? EXIT_FINDINGS : EXIT_FINE;
	if (output && report_write(output, (enum report_format)format, report, &err)) status = app_fail(app, &err);
	if (!output) report_render((enum report_format)format, stdout, report);
	json_decref(report);
	return status;
}

static const struct option_row options[] = {
	{"from", 0, "DATE", N_("first instant of the period; the default is 30 days before its end")},
	{"to", 0, "DATE", N_("end of the period (not part of it); the default is now")},
	{"what-if", 0, "TEXT", N_("what would end with an algorithm or a root: sha256-broken, \"rsa-2048 ends 2029-01-01\", \"root NAME ends 2030-03-05\"; may be repeated")},
	{"format", 'f', "WORD", N_("text, json, csv or html")},
	{"output", 'o', "FILE", N_("write to FILE, which appears whole or not at all")},
	{"lang", 0, "vi|en", N_("language of text and page")},
	{NULL, 0, NULL, NULL},
};

const struct command command_report = {
	.name = "report",
	.arguments = "[--from DATE] [--to DATE] [--what-if TEXT] [-o FILE]",
	.summary = N_("integrity report for auditors"),
	.manual = "Says what the archive holds, what of it was checked in the period and with which result, what changed, what is missing or "
		  "damaged, what was refused, which media carry it, and which runs there were. Every count stands with what it is a part of: "
		  "documents never checked and overdue are named beside those that were.\n\n"
		  "The forms text, json (canonical: keys sorted, no spaces), csv and html say the same. The page is one file without scripts or "
		  "references to anything else.\n\n"
		  "It tells by month until when documents can be proven, and with --what-if what would happen if an algorithm ended, or the trust in a root (by the SHA-256 of its certificate, or a part of its "
		  "name): how many "
		  "documents would lose their proof, how many bytes would have to be read again (only when a hash breaks), and how many "
		  "time-stamps it takes. That is answered from the search index; nothing is judged again.\n\n"
		  "It only reads, and works beside a running night. The exit status is 3 when damage is known, 1 when something should be looked at.",
	.options = options,
	.run = run,
};
