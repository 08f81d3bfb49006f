#include "archiver/command.h"
#include "archiver/find.h"
#include "archiver/i18n.h"
#include "archiver/search.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_SHOWN 100 /* without --limit */

static const struct option_row options[] = {
	{"limit", 'n', "N", N_("rows at most (default 100); 0 for all")},
	{"offset", 0, "N", N_("pass over the first N rows")},
	{"count", 'c', NULL, N_("only count")},
	{"exact", 'e', NULL, N_("only hits spelled with the marks of the query")},
	{NULL, 0, NULL, NULL},
};

static int number_option(const struct args *args, const char *name, uint64_t *out, struct error *err) {
	const char *value = args_value(args, name);
	char *end;
	if (!value) return 0;
	errno = 0;
	*out = strtoull(value, &end, 10);
	if (*end || end == value || *value == '-' || errno)
		return error_set(err, ERROR_USAGE, "--%s: \"%s\" is not a whole number", name, value);
	return 0;
}

/* Each shows what was found: 0; -1 on error; 1 when the index is damaged and nothing was shown. */
static int count(struct app *app, struct search *search, const struct query *query, bool exact, struct error *err) {
	uint64_t hits;
	if (search_count(search, query, exact, &hits, err)) return err->code == ERROR_DAMAGED ? 1 : -1;
	if (app->json)
		printf("{\"count\":%llu}\n", (unsigned long long)hits);
	else
		printf("%llu\n", (unsigned long long)hits);
	app_worsen(app, hits ? EXIT_FINE : EXIT_FINDINGS);
	return 0;
}

static int list(struct app *app, struct search *search, const struct query *query, struct search_window *window,
		struct error *err) {
	uint64_t limit = window->limit;
	struct find_rows rows = {.json = app->json, .marks = query->marks, .limit = limit};
	if (limit) window->limit++; /* one more, to know whether there are more */
	if (search_each(search, query, window, find_row, &rows, err))
		return rows.count || err->code != ERROR_DAMAGED ? -1 : 1;
	find_rows_end(&rows);
	if (rows.more && app->verbosity >= 0)
		fprintf(stderr, _("There are more; the next are shown with --offset %llu, all with --limit 0.\n"),
			(unsigned long long)(window->offset + limit));
	app_worsen(app, rows.count ? EXIT_FINE : EXIT_FINDINGS);
	return 0;
}

static int search_once(struct app *app, const struct args *args, const struct query *query, struct search_window window,
		       struct error *err) {
	struct search *search = search_open(app, err);
	if (!search) return -1;
	if (search_behind(search) && app->verbosity >= 0)
		fprintf(stderr,
			_("The search index could not be brought up to date: the last %llu changes are not in it "
			  "yet.\n"),
			(unsigned long long)search_behind(search));
	int rc = args_has(args, "count") ? count(app, search, query, window.exact, err)
					 : list(app, search, query, &window, err);
	search_close(search);
	return rc;
}

static int find(struct app *app, const struct args *args, const struct query *query, struct error *err) {
	struct search_window window = {.limit = ROWS_SHOWN, .exact = args_has(args, "exact")};
	if (number_option(args, "limit", &window.limit, err) || number_option(args, "offset", &window.offset, err))
		return -1;
	int rc = search_once(app, args, query, window, err);
	if (rc <= 0) return rc;
	/* The index turned out to be damaged inside: nothing was shown yet, and it can be made anew. */
	error_clear(err);
	if (search_rebuild(app, err)) return -1;
	return search_once(app, args, query, window, err) ? -1 : 0;
}

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	size_t word_count = args_words(args, &words);
	struct query query;
	struct error err = {0};
	if (query_parse(words, word_count, &query, &err)) return app_fail(app, &err);
	if (find(app, args, &query, &err)) app_fail(app, &err);
	query_dispose(&query);
	return app->status;
}

const struct command command_find = {
	.name = "find",
	.arguments = "[QUERY...]",
	.summary = N_("search by words, number, symbol, organisation, signer, date, verdict, state"),
	.manual =
		"Lists the records that match every part of the query, newest first; without a query, all of them.\n\n"
		"Words are found with and without Vietnamese marks; when a word is typed with marks, documents in "
		"which it is spelled so "
		"come first, and with --exact no others do. Words in double quotes (which the shell must leave alone: "
		"'\"quyết định\"') "
		"must follow one another, word* matches what begins so, and -word leaves out what has the word.\n\n"
		"FIELD:VALUE asks one field: number, symbol, org, subject, type, signer, recipient, name, dossier, other, date, from, "
		"to, taken, verified, due, expires, provable, limit, verdict, state, copies, certificate, sha256, or their Vietnamese "
		"names. Dates and times are also compared with <, <=, "
		"> and >=: "
		"date>=2025-01-01 (in quotes for the shell). A whole symbol such as 15/2025/QĐ-UBND needs no field and "
		"is also found as "
		"015/2025/QD-UBND.\n\n"
		"With --json one object a line: record, sha256, number, symbol, date, organisation, subject, type, "
		"signers, state, "
		"indication, sub_indication, taken_in, expires, provable, provable_limit, file, and match (exact or folded).\n\n"
		"The exit status is 1 when nothing was found.",
	.options = options,
	.run = run,
};
