#include "archiver/medium_show.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"
#include "archiver/output.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 28 /* of the labels */

static void set_time(json_t *to, const char *key, utime t) {
	char text[UTIME_TEXT_MAX];
	json_object_set_new(to, key, t == UTIME_NONE ? json_null() : json_string(utime_text(t, text)));
}

static const char *state_of(const struct medium *m) {
	return medium_is_retired(m) ? "retired" : medium_is_away(m) ? "away" : medium_newest(m) ? "in use" : "empty";
}

json_t *medium_json(const struct medium *m, utime now, bool whole) {
	static const char *const times[] = {"full_read", "end_of_life", "retired", "away_since"};
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
	utime end = medium_time(m, "end_of_life");
	json_object_set_new(doc, "end_of_life_near", json_boolean(!medium_is_retired(m) && end != UTIME_NONE && end < now + 365 * UTIME_DAY));
	if (!whole) return doc;
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

void medium_print_row(FILE *out, const json_t *row) {
	char *label = explain_safe(text_at(row, "label")), *site = explain_safe(text_at(row, "site"));
	char *written = explain_time(text_at(row, "written"));
	fprintf(out, "%-16s  %-10s  %-10s  %-12s  %s\n", label, kind_word(row), state_word(text_at(row, "state")), site,
	        *text_at(row, "written") ? written : _("never written"));
	free(label);
	free(site);
	free(written);
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
	output_time(out, WIDTH, _("Trusted until"), text_at(doc, "end_of_life"));
	output_time(out, WIDTH, _("Retired"), text_at(doc, "retired"));
	if (json_is_true(json_object_get(doc, "end_of_life_near"))) fprintf(out, "%s\n", _("Its expected life ends within a year: copy to a new medium."));
	print_generations(out, json_object_get(doc, "generations"));
	if (json_array_size(errors)) fprintf(out, "\n%s: %lld\n", _("Errors"), number_at(doc, "error_count"));
	json_array_foreach(errors, i, one) {
		char *when = explain_time(text_at(one, "when")), *text = explain_safe(text_at(one, "text"));
		fprintf(out, "  %s  %s\n", when, text);
		free(when);
		free(text);
	}
	free(room);
}
