#include "archiver/medium_show.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

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

static const char *text_at(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static long long number_at(const json_t *object, const char *key) {
	return json_integer_value(json_object_get(object, key));
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

static void line(FILE *out, const char *label, const char *value) {
	int width = 0;
	if (!*value) return;
	for (const char *p = label; *p; p++) width += ((unsigned char)*p & 0xc0) != 0x80;
	char *safe = explain_safe(value);
	fprintf(out, "%s%*s %s\n", label, width < 28 ? 28 - width : 0, "", safe);
	free(safe);
}

static void time_line(FILE *out, const char *label, const char *when) {
	if (!*when) return;
	char *text = explain_time(when);
	line(out, label, text);
	free(text);
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
	line(out, _("Label"), text_at(doc, "label"));
	line(out, _("Identity"), text_at(doc, "id"));
	line(out, _("Kind"), kind_word(doc));
	line(out, _("State"), state_word(text_at(doc, "state")));
	line(out, _("Site"), text_at(doc, "site"));
	line(out, _("Set"), text_at(doc, "set"));
	line(out, _("Path"), text_at(doc, "path"));
	line(out, _("File system"), text_at(doc, "uuid"));
	line(out, _("Bytes free / in all"), room);
	time_line(out, _("Made a medium"), text_at(doc, "registered"));
	time_line(out, _("Written and read back"), text_at(doc, "written"));
	time_line(out, _("Read in full"), text_at(doc, "full_read"));
	time_line(out, _("Trusted until"), text_at(doc, "end_of_life"));
	time_line(out, _("Retired"), text_at(doc, "retired"));
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
