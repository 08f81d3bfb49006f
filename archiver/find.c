#include "archiver/find.h"

#include "archiver/fold.h"
#include "base/letter.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *heading;
	int width;
} columns[] = {
	{N_("Record"), 8},        {N_("Date"), 10},    {N_("Number and symbol"), 20},
	{N_("Organisation"), 26}, {N_("Verdict"), 26}, {N_("Subject"), 0},
};

/* What a terminal would act upon, and what would turn the line around. */
static bool harmful(uint32_t code) {
	return code < ' ' || (code >= 0x7f && code < 0xa0) || letter_is_invisible(code) || code == 0x2028 ||
	       code == 0x2029;
}

void find_print_text(const char *text, int width, bool pad) {
	char *composed = fold_nfc(text);
	const char *p = composed;
	int total = 0, shown = 0;
	for (const char *q = composed; letter_decode(&q);) total++;
	struct buf out = {0};
	for (uint32_t code; (code = letter_decode(&p)); shown++) {
		if (width && total > width && shown == width - 1) {
			letter_put_code(&out, 0x2026);
			shown++;
			break;
		}
		letter_put_code(&out, harmful(code) ? '?' : code);
	}
	fputs(buf_text(&out), stdout);
	for (; pad && shown < width; shown++) putchar(' ');
	buf_dispose(&out);
	free(composed);
}

const char *find_state_word(const char *state) {
	static const char *const words[] = {N_("accepted"), N_("refused"),    N_("quarantined"), N_("withdrawn"),
					    N_("held"),     N_("pending"),    N_("present"),     N_("missing"),
					    N_("damaged"),  N_("unreadable"), N_("incoming"),    N_("outgoing"),
					    N_("main"),     N_("attachment"), N_("appendix"),    N_("copy")};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], state)) return _(words[i]);
	return state;
}

const char *find_limit_word(const char *limit) {
	static const struct {
		const char *limit, *text;
	} words[] = {
		{"signer-certificate", N_("end of the signer's certificate")},
		{"ca-certificate", N_("end of an authority's certificate")},
		{"tsa-certificate", N_("end of the time-stamping authority's certificate")},
		{"status", N_("missing status data")},
		{"algorithm", N_("end of an algorithm or key size")},
		{"root", N_("end of the root")},
		{"none", N_("not valid, or undecided")},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].limit, limit)) return _(words[i].text);
	return limit;
}

static void heading(void) {
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		find_print_text(_(columns[i].heading), columns[i].width, columns[i].width > 0);
		fputs(columns[i].width ? "  " : "\n", stdout);
	}
}

static char *number_and_symbol(const json_t *doc) {
	const char *number = text_at(doc, "number"), *symbol = text_at(doc, "symbol");
	return xasprintf("%s%s%s", number, *number && *symbol ? "/" : "", symbol);
}

static const char *organisation(const json_t *doc) {
	const json_t *o = json_object_get(doc, "organisation");
	return *text_at(o, "name") ? text_at(o, "name") : text_at(o, "code");
}

/* The verdict, and the state where it says more than that the document was accepted. */
static char *verdict(const json_t *doc) {
	const char *state = text_at(doc, "state"), *indication = text_at(doc, "indication");
	if (!strcmp(state, "accepted")) return xstrdup(*indication ? indication : "-");
	return xasprintf("%s%s%s", indication, *indication ? ", " : "", find_state_word(state));
}

static void table_row(const json_t *doc) {
	char *number = xasprintf("%lld", (long long)json_integer_value(json_object_get(doc, "record")));
	char *symbol = number_and_symbol(doc), *judged = verdict(doc);
	const char *cells[] = {number, text_at(doc, "date"),   symbol, organisation(doc),
			       judged, text_at(doc, "subject")};
	if (!*cells[5]) cells[5] = text_at(doc, "file");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		find_print_text(cells[i], columns[i].width, columns[i].width > 0);
		fputs(columns[i].width ? "  " : "\n", stdout);
	}
	free(number);
	free(symbol);
	free(judged);
}

int find_row(void *user, const char *json, bool exact) {
	struct find_rows *rows = user;
	if (rows->limit && rows->count == rows->limit) return rows->more = true;
	json_t *doc = json_loads(json, 0, NULL);
	if (!doc) return 0; /* a row that is damaged is as good as none; the index is checked elsewhere */
	if (!rows->count && !rows->json) heading();
	rows->count++;
	if (rows->json) {
		json_object_del(doc, "index");
		if (rows->marks) json_object_set_new(doc, "match", json_string(exact ? "exact" : "folded"));
		json_dumpf(doc, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		table_row(doc);
	}
	json_decref(doc);
	return 0;
}

void find_rows_end(struct find_rows *rows) {
	if (!rows->count && !rows->json) puts(_("Nothing was found."));
}
