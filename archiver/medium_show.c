#include "archiver/medium_show.h"

#include "archiver/envelope.h"
#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/image_ledger.h"
#include "archiver/image_show.h"
#include "archiver/json_get.h"
#include "archiver/output.h"
#include "archiver/rotation.h"
#include "base/letter.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 28 /* of the labels */

static void set_time(json_t *to, const char *key, utime t) {
	char text[UTIME_TEXT_MAX];
	json_object_set_new(to, key, t == UTIME_NONE ? json_null() : json_string(utime_text(t, text)));
}

static const char *state_of(const struct medium *m) {
	return medium_is_retired(m) ? "retired" : medium_is_away(m) ? "away" : medium_newest(m) ? "in use" : "empty";
}

/* Whom the medium is encrypted to: an empty list for one that is not, or whose certificates cannot be read any more. */
static json_t *recipients_of(const struct medium *m) {
	const char *pem = medium_text(m, "recipients");
	struct error unread = {0};
	struct recipients *r = *pem ? recipients_parse(pem, strlen(pem), &unread) : NULL;
	json_t *list = json_array();
	for (size_t i = 0; r && i < recipients_count(r); i++) {
		struct recipient one;
		char ends[UTIME_TEXT_MAX];
		recipients_describe(r, i, &one);
		char *name = explain_safe(one.name);
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", name, "sha256", one.sha256, "ends", utime_text(one.ends, ends)));
		free(name);
		free(one.name);
	}
	recipients_free(r);
	return list;
}

static void set_next(json_t *doc, const struct medium_view *view, const struct medium *m) {
	set_time(doc, "next_write", rotation_next_write(view->app, view->ledger, m));
	set_time(doc, "next_full_read", rotation_next_full(view->app, view->ledger, m));
	set_time(doc, "next_drill", strcmp(view->drill->connect, m->row.label) ? UTIME_NONE : view->drill->due);
}

json_t *medium_json(const struct medium_view *view, const struct medium *m, bool whole) {
	utime now = view->app->now;
	static const char *const times[] = {"full_read", "end_of_life", "retired", "away_since", "drilled", "unprotected_since"};
	char id[33];
	json_t *doc = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "schema", "ltvault.medium-state/1", "id",
	                        hex_encode(m->row.id, sizeof m->row.id, id), "label", m->row.label, "kind", medium_kind_word(medium_kind_of(m)),
	                        "site", medium_site(m), "set", medium_set(m), "path", m->row.path, "uuid", m->row.uuid, "state", state_of(m),
	                        "generation", (json_int_t)m->row.generation, "capacity", (json_int_t)medium_number(m, "capacity"), "available",
	                        (json_int_t)medium_number(m, "available"), "error_count", (json_int_t)medium_number(m, "error_count"));
	if (!doc) doc = json_pack("{s:s}", "id", id); /* a path that is not UTF-8 */
	set_time(doc, "registered", m->row.registered);
	set_time(doc, "written", m->row.written);
	set_time(doc, "verified", m->row.verified);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) set_time(doc, times[i], medium_time(m, times[i]));
	set_next(doc, view, m);
	json_object_set_new(doc, "encrypted", json_boolean(*medium_text(m, "recipients")));
	json_object_set_new(doc, "recipients", recipients_of(m));
	json_object_set_new(doc, "append_only", json_boolean(!strcmp(medium_text(m, "protect"), "append")));
	json_object_set_new(doc, "protected", json_boolean(medium_number(m, "protected")));
	utime end = medium_time(m, "end_of_life");
	json_object_set_new(doc, "end_of_life_near", json_boolean(!medium_is_retired(m) && end != UTIME_NONE && end < now + 365 * UTIME_DAY));
	if (medium_is_series(m)) json_object_set_new(doc, "image_size", json_integer((json_int_t)medium_number(m, IMAGE_CAPACITY)));
	if (!whole) return doc;
	if (medium_is_series(m)) json_object_set(doc, "images", medium_images(m));
	json_object_set(doc, "generations", medium_generations(m));
	json_t *errors = json_object_get(m->facts, "errors");
	json_object_set_new(doc, "errors", errors ? json_incref(errors) : json_array());
	return doc;
}

static const char *kind_word(const json_t *row) {
	enum medium_kind kind;
	return medium_kind_parse(text_at(row, "kind"), &kind) ? _(medium_kind_text(kind)) : "";
}

static const char *state_word(const char *state) {
	static const char *const words[] = {N_("in use"), N_("empty"), N_("away"), N_("retired")};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i], state)) return _(words[i]);
	return state;
}

/* ---- the table ---- */

static char *shown_word(const json_t *row, const char *key) {
	return xstrdup(!strcmp(key, "kind") ? kind_word(row) : state_word(text_at(row, key)));
}

static char *shown_text(const json_t *row, const char *key) {
	return explain_safe(text_at(row, key));
}

/* The day alone, in the reader's zone; the rest is in `media show`. */
static char *shown_day(const json_t *row, const char *key) {
	utime t;
	char text[64];
	struct tm local;
	if (!utime_parse(text_at(row, key), &t)) return xstrdup("-");
	time_t seconds = (time_t)(t / UTIME_SECOND);
	return xstrdup(localtime_r(&seconds, &local) && strftime(text, sizeof text, _("%Y-%m-%d"), &local) ? text : "-");
}

/* Whose keys open it. */
static char *shown_recipients(const json_t *row, const char *key) {
	struct buf text = {0};
	size_t i;
	const json_t *one;
	if (!json_is_true(json_object_get(row, "encrypted"))) return xstrdup("-");
	json_array_foreach(json_object_get(row, key), i, one) buf_printf(&text, "%s%s", i ? ", " : "", text_at(one, "name"));
	return buf_take_text(&text);
}

static const struct {
	const char *title, *key;
	char *(*shown)(const json_t *row, const char *key);
} columns[] = {
	{N_("Label"), "label", shown_text},         {N_("Kind"), "kind", shown_word},
	{N_("State"), "state", shown_word},         {N_("Site"), "site", shown_text},
	{N_("Written"), "written", shown_day},      {N_("Next write"), "next_write", shown_day},
	{N_("Next full read"), "next_full_read", shown_day}, {N_("Next restore test"), "next_drill", shown_day},
	{N_("Trusted until"), "end_of_life", shown_day}, {N_("Encrypted to"), "recipients", shown_recipients},
};

static void cell(FILE *out, const char *text, int width, bool last) {
	fprintf(out, "%s%*s%s", text, last ? 0 : width - letter_columns(text, NULL), "", last ? "\n" : "  ");
}

void medium_print_table(FILE *out, const json_t *rows) {
	enum { COLUMNS = ARRAY_LEN(columns) };
	size_t count = json_array_size(rows);
	char **cells = xcalloc(count * COLUMNS + 1, sizeof *cells);
	int widths[COLUMNS];
	for (size_t k = 0; k < COLUMNS; k++) widths[k] = letter_columns(_(columns[k].title), NULL);
	for (size_t i = 0; i < count * COLUMNS; i++) {
		size_t k = i % COLUMNS;
		cells[i] = columns[k].shown(json_array_get(rows, i / COLUMNS), columns[k].key);
		if (letter_columns(cells[i], NULL) > widths[k]) widths[k] = letter_columns(cells[i], NULL);
	}
	for (size_t k = 0; k < COLUMNS; k++) cell(out, _(columns[k].title), widths[k], k + 1 == COLUMNS);
	for (size_t i = 0; i < count * COLUMNS; i++) {
		cell(out, cells[i], widths[i % COLUMNS], i % COLUMNS + 1 == COLUMNS);
		free(cells[i]);
	}
	free(cells);
}

/* ---- one medium ---- */

static void print_recipients(FILE *out, const json_t *doc) {
	size_t i;
	const json_t *one;
	if (!json_is_true(json_object_get(doc, "encrypted"))) output_line(out, WIDTH, _("Encrypted"), _("no"));
	json_array_foreach(json_object_get(doc, "recipients"), i, one) {
		char *line = xasprintf("%s (sha256 %s)", text_at(one, "name"), text_at(one, "sha256"));
		output_line(out, WIDTH, i ? "" : _("Encrypted to"), line);
		free(line);
	}
}

static void print_generations(FILE *out, const json_t *list) {
	size_t i;
	const json_t *one;
	if (json_array_size(list)) fprintf(out, "\n%s\n", _("Generations (each read back and compared)"));
	json_array_foreach(list, i, one) {
		char *when = explain_time(text_at(one, "when"));
		fprintf(out, "  %6lld  %s  %lld / %lld  %s%s\n", number_at(one, "number"), when, number_at(one, "bytes"), number_at(one, "checked_bytes"),
		        json_is_true(json_object_get(one, "full")) ? _("read in full") : "",
		        json_is_true(json_object_get(one, "expired")) ? _("expired") : "");
		free(when);
	}
}

void medium_print(FILE *out, const json_t *doc) {
	size_t i;
	const json_t *one, *errors = json_object_get(doc, "errors");
	char *room = xasprintf("%lld / %lld", number_at(doc, "available"), number_at(doc, "capacity"));
	output_line(out, WIDTH, _("Label"), text_at(doc, "label"));
	output_line(out, WIDTH, _("Identity"), text_at(doc, "id"));
	output_line(out, WIDTH, _("Kind"), kind_word(doc));
	output_line(out, WIDTH, _("State"), state_word(text_at(doc, "state")));
	output_line(out, WIDTH, _("Site"), text_at(doc, "site"));
	output_line(out, WIDTH, _("Set"), text_at(doc, "set"));
	output_line(out, WIDTH, _("Path"), text_at(doc, "path"));
	output_line(out, WIDTH, _("File system"), text_at(doc, "uuid"));
	output_line(out, WIDTH, _("Bytes free / in all"), room);
	output_time(out, WIDTH, _("Made a medium"), text_at(doc, "registered"));
	output_time(out, WIDTH, _("Written and read back"), text_at(doc, "written"));
	output_time(out, WIDTH, _("Read in full"), text_at(doc, "full_read"));
	output_time(out, WIDTH, _("Restore test passed"), text_at(doc, "drilled"));
	output_time(out, WIDTH, _("Next write"), text_at(doc, "next_write"));
	output_time(out, WIDTH, _("Next full read"), text_at(doc, "next_full_read"));
	output_time(out, WIDTH, _("Next restore test"), text_at(doc, "next_drill"));
	output_time(out, WIDTH, _("Trusted until"), text_at(doc, "end_of_life"));
	print_recipients(out, doc);
	if (json_is_true(json_object_get(doc, "append_only")))
		output_line(out, WIDTH, _("Cannot be overwritten"), json_is_true(json_object_get(doc, "protected")) ? _("yes") : _("no"));
	output_time(out, WIDTH, _("Retired"), text_at(doc, "retired"));
	if (json_is_true(json_object_get(doc, "end_of_life_near"))) fprintf(out, "%s\n", _("Its expected life ends within a year: copy to a new medium."));
	print_generations(out, json_object_get(doc, "generations"));
	images_print(out, json_object_get(doc, "images"));
	if (json_array_size(errors)) fprintf(out, "\n%s: %lld\n", _("Errors"), number_at(doc, "error_count"));
	json_array_foreach(errors, i, one) {
		char *when = explain_time(text_at(one, "when")), *text = explain_safe(text_at(one, "text"));
		fprintf(out, "  %s  %s\n", when, text);
		free(when);
		free(text);
	}
	free(room);
}
