#include "archiver/explain.h"

#include "archiver/dn.h"
#include "archiver/explain_steps.h"
#include "archiver/i18n.h"
#include "base/letter.h"
#include "base/mem.h"
#include "base/utime.h"

#include <stdlib.h>
#include <string.h>

static const char *string(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void line(FILE *out, const char *label, const char *value) {
	int pad = 26 - letter_columns(label, NULL);
	if (*value) fprintf(out, "   %s%*s%s\n", label, pad > 1 ? pad : 1, "", value);
}

static void time_line(FILE *out, const char *label, const char *when, const char *note) {
	if (!*when) return;
	char *text = explain_time(when), *whole = *note ? xasprintf("%s, %s", text, note) : xstrdup(text);
	line(out, label, whole);
	free(text);
	free(whole);
}

struct word {
	const char *name, *text;
};

static const char *word_of(const struct word *words, const char *name) {
	for (; words->name; words++)
		if (!strcmp(words->name, name)) return _(words->text);
	return "";
}

static const struct word kinds[] = {
	{"signature", N_("signature")},
	{"document-timestamp", N_("document timestamp")},
	{"timestamp", N_("timestamp")},
	{"evidence-record", N_("evidence record")},
	{NULL, NULL},
};
static const struct word bases[] = {
	{"signature-timestamp", N_("by the signature's timestamp")},
	{"archive-timestamp", N_("by an archive timestamp")},
	{"document-timestamp", N_("by a document timestamp")},
	{"evidence-record", N_("by an evidence record")},
	{"archive", N_("by the archive's intake")},
	{NULL, NULL},
};

const char *explain_basis(const char *basis) {
	return word_of(bases, basis);
}

static const struct word coverages[] = {
	{"whole-file", N_("the whole file")},
	{"whole-revision", N_("the file as it was when signed; something was added later")},
	{"partial", N_("only a part of the file")},
	{NULL, NULL},
};
static const struct word tokens[] = {
	{"TOTAL-PASSED", N_("timestamp valid")},
	{"TOTAL-FAILED", N_("timestamp not valid")},
	{"INDETERMINATE", N_("not enough information about the timestamp")},
	{NULL, NULL},
};
static const struct word integrities[] = {
	{"intact", N_("the content is as it was signed")},
	{"broken", N_("not intact: the content or the signature was changed")},
	{NULL, NULL},
};
static const struct word modifications[] = {
	{"none", N_("nothing")},
	{"permitted", N_("only what the signature permits")},
	{"forbidden", N_("changes that the signature does not permit")},
	{"unknown", N_("changes that could not be judged")},
	{NULL, NULL},
};
static const struct word roles[] = {
	{"person", N_("person")},
	{"organisation", N_("organisation")},
	{"device", N_("device or service")},
	{NULL, NULL},
};
static const struct word laws[] = {
	{"Decree", N_("Decree")}, {"Regulation", N_("Regulation")}, {"art.", N_("art.")}, {"annex", N_("annex")}, {NULL, NULL},
};
static const struct word forms[] = {
	{"sao-y", N_("SAO Y (copy of an original)")},
	{"sao-luc", N_("SAO LUC (copy of a copy)")},
	{"trich-sao", N_("TRICH SAO (copy of a part)")},
	{NULL, NULL},
};
static const struct word recognised[] = {
	{"metadata", N_("the metadata")},
	{"text", N_("the text of its block")},
	{"placement", N_("the place of the signature")},
	{NULL, NULL},
};
static const struct word readings[] = {
	{"none", N_("there is none")},
	{"read", N_("all of it was read")},
	{"in-part", N_("some of it could not be read")},
	{"not-readable", N_("it could not be read")},
	{NULL, NULL},
};
static const struct word severities[] = {
	{"error", N_("error")},
	{"warning", N_("warning")},
	{"info", N_("note")},
	{NULL, NULL},
};

static void findings(FILE *out, const char *indent, const json_t *list) {
	size_t index;
	json_t *finding;
	json_array_foreach(list, index, finding) {
		char *text = explain_finding(finding), *code = explain_safe(string(finding, "code"));
		fprintf(out, "%s- %s: %s [%s]\n", indent, word_of(severities, string(finding, "severity")), text, code);
		free(text);
		free(code);
	}
}

/* One attribute of a name, made safe; NULL when it is not there. The caller's. */
static char *attribute(const char *name, const char *type) {
	char *value = dn_attribute(name, type, 0), *safe = value ? explain_safe(value) : NULL;
	free(value);
	return safe;
}

static void attribute_line(FILE *out, const char *label, const char *name, const char *type) {
	char *value = attribute(name, type);
	if (value) line(out, label, value);
	free(value);
}

/* The name a reader knows: the common name, else the whole subject. The caller's. */
static char *name_of(const json_t *signer, const char *nobody) {
	const char *subject = string(signer, "subject");
	char *cn = attribute(subject, "CN");
	return cn ? cn : explain_safe(*subject ? subject : nobody);
}

static void verdict(FILE *out, const json_t *object) {
	const char *sub = string(object, "sub_indication");
	fputs(explain_verdict(object).verdict, out);
	if (*sub) {
		char *safe = explain_safe(sub);
		fprintf(out, " (%s)", safe);
		free(safe);
	}
	fputc('\n', out);
}

/* Why, and what to do: by the sub-indication, or by the indication where a verdict needs none. */
static void reason(FILE *out, const char *indent, const json_t *object) {
	struct explained e = explain_verdict(object);
	if (*e.why) fprintf(out, "%s%s: %s\n", indent, _("why"), e.why);
	if (*e.help) fprintf(out, "%s=> %s\n", indent, e.help);
}

static void timestamps(FILE *out, const json_t *list) {
	size_t index;
	json_t *token;
	json_array_foreach(list, index, token) {
		char *tsa = attribute(string(token, "tsa"), "CN");
		char *note = xasprintf("%s: %s", tsa ? tsa : _("unknown signer"),
				       word_of(tokens, string(token, "indication")));
		time_line(out, _("timestamp"), string(token, "gen_time"), note);
		free(tsa);
		free(note);
	}
	if (!index) line(out, _("timestamp"), _("none"));
}

static void validity(FILE *out, const json_t *signer) {
	char *from = explain_time(string(signer, "not_before")), *until = explain_time(string(signer, "not_after"));
	char *whole = xasprintf("%s - %s", from, until);
	if (*from && *until) line(out, _("certificate validity"), whole);
	free(from);
	free(until);
	free(whole);
}

static bool within(const json_t *signer, utime when) {
	utime from, until;
	return utime_parse(string(signer, "not_before"), &from) && utime_parse(string(signer, "not_after"), &until) &&
	       when >= from && when <= until;
}

/* Revoked or not at that time; "" not known. */
static const char *status_at(const json_t *s, utime when) {
	const json_t *status = json_object_get(json_array_get(json_object_get(s, "chain"), 0), "revocation");
	const char *word = string(status, "status");
	utime revoked;
	if (!strcmp(word, "good")) return _("not revoked");
	if (strcmp(word, "revoked") != 0) return _("it could not be checked whether it was revoked");
	if (utime_parse(string(status, "time"), &revoked) && when < revoked) return _("revoked only later");
	return !strcmp(string(status, "reason"), "certificateHold") ? _("suspended") : _("revoked");
}

/* Circular 15/2025 art. 6: whether the certificate was valid at the time of signing, and by whose word that time is. */
static void validity_then(FILE *out, const json_t *s) {
	const json_t *signer = json_object_get(s, "signer"), *time = json_object_get(s, "signing_time");
	bool proven = *string(time, "proven") != 0;
	utime when;
	if (!json_is_object(signer)) return;
	if (!utime_parse(string(time, proven ? "proven" : "claimed"), &when)) {
		line(out, _("validity when signed"), _("the time of signing is not known"));
		return;
	}
	char *text = xasprintf("%s, %s (%s)",
			       within(signer, when) ? _("within its validity") : _("outside its validity"),
			       status_at(s, when), proven ? _("at the proven time") : _("at the claimed time"));
	line(out, _("validity when signed"), text);
	free(text);
}

static void times(FILE *out, const json_t *s) {
	const json_t *time = json_object_get(s, "signing_time"), *stamps = json_object_get(s, "timestamps");
	bool token = strstr(string(s, "kind"), "timestamp") != NULL; /* its time is its own, and it needs no other */
	time_line(out, token ? _("time in the time-stamp") : _("claimed signing time"), string(time, "claimed"), "");
	if (!token || json_array_size(stamps)) timestamps(out, stamps);
	if (*string(time, "proven"))
		time_line(out, _("proven to exist since"), string(time, "proven"), word_of(bases, string(time, "basis")));
	else
		line(out, _("proven to exist since"), _("nothing proves an earlier time than now"));
}

static void appearance(FILE *out, const json_t *a) {
	if (!json_is_object(a)) return;
	bool image = json_is_true(json_object_get(a, "image")), words = json_is_true(json_object_get(a, "text"));
	const char *reading = string(a, "reading");
	bool unread = words && (!strcmp(reading, "in-part") || !strcmp(reading, "not-readable"));
	char *text = xasprintf(_("page %lld"), (long long)json_integer_value(json_object_get(a, "page")));
	char *whole = xasprintf("%s%s%s%s%s%s%s", text, image ? ", " : "", image ? _("image") : "", words ? ", " : "",
				words ? _("text") : "", unread ? ": " : "", unread ? word_of(readings, reading) : "");
	line(out, _("shown on"), json_is_true(json_object_get(a, "visible")) ? whole : _("no page"));
	free(text);
	free(whole);
}

/* "2030-03-04 16:12:33 (UTC+0700), because the root ends then (CN=...)"; NULL where nothing is provable. The caller's. */
static char *provable_text(const json_t *provable) {
	static const char prefix[] = "no status that serves the proof: "; /* which the words say */
	const char *until = string(provable, "until"), *detail = string(provable, "detail");
	if (!*until) return NULL;
	if (!strncmp(detail, prefix, sizeof prefix - 1)) detail += sizeof prefix - 1;
	const char *basis = explain_basis(string(provable, "basis"));
	char *time = explain_time(until), *what = explain_safe(detail);
	char *when = xasprintf(*basis ? "%s %s" : "%s%s", time, basis);
	char *because = xasprintf(_("%s, because %s"), when, explain_limit(string(provable, "limit")));
	char *whole = xasprintf(*what ? "%s (%s)" : "%s%s", because, what);
	free(time);
	free(when);
	free(what);
	free(because);
	return whole;
}

/* Until when what passes now can still be shown to others. */
static void provable(FILE *out, const json_t *report) {
	const json_t *p = json_object_get(report, "provable");
	char *text = provable_text(p);
	utime until, at;
	bool over = utime_parse(string(p, "until"), &until) && utime_parse(string(report, "at"), &at) && until < at;
	if (text) fprintf(out, "%s %s\n", _("provable until"), text);
	if (text && over) fprintf(out, "=> %s\n", _("Since then it rests on the archive's word that it was there before."));
	free(text);
}

static void signature_provable(FILE *out, const json_t *s) {
	char *text = provable_text(json_object_get(s, "provable"));
	if (text) line(out, _("provable until"), text);
	free(text);
}

static void signature(FILE *out, size_t number, const json_t *s, bool apart, bool steps) {
	const json_t *signer = json_object_get(s, "signer");
	bool record = !strcmp(string(s, "kind"), "evidence-record"); /* nobody signs it as a whole */
	char *name = name_of(signer, record ? _("evidence record") : _("unknown signer"));
	char *id = explain_safe(string(s, "id"));
	fprintf(out, "\n%zu. %s: ", number, name);
	verdict(out, s);
	if (strcmp(string(s, "indication"), "TOTAL-PASSED")) reason(out, "   ", s);
	fprintf(out, "   %s %s\n", word_of(kinds, string(s, "kind")), id);
	attribute_line(out, _("position"), string(signer, "subject"), "T");
	attribute_line(out, _("unit"), string(signer, "subject"), "OU");
	attribute_line(out, _("organisation"), string(signer, "subject"), "O");
	line(out, _("signed as"), word_of(roles, string(signer, "role")));
	attribute_line(out, _("certificate issued by"), string(signer, "issuer"), "CN");
	validity(out, signer);
	times(out, s);
	validity_then(out, s);
	if (apart) signature_provable(out, s);
	line(out, _("integrity"), word_of(integrities, string(s, "integrity")));
	if (!record) line(out, _("covers"), word_of(coverages, string(s, "coverage")));
	if (strcmp(string(s, "modification"), "none"))
		line(out, _("added afterwards"), word_of(modifications, string(s, "modification")));
	appearance(out, json_object_get(s, "appearance"));
	findings(out, "   ", json_object_get(s, "findings"));
	if (steps) explain_steps(out, s);
	free(name);
	free(id);
}

static void chain(FILE *out, const json_t *list) {
	size_t index;
	json_t *link;
	json_array_foreach(list, index, link) {
		char *subject = explain_safe(string(link, "subject"));
		char *until = explain_time(string(link, "not_after"));
		fprintf(out, "   %zu. %s", index + 1, subject);
		if (*until) fprintf(out, _(", valid until %s"), until);
		fputc('\n', out);
		free(subject);
		free(until);
	}
}

static bool has_warning(const json_t *list) {
	size_t index;
	json_t *finding;
	json_array_foreach(list, index, finding)
		if (!strcmp(string(finding, "severity"), "warning")) return true;
	return false;
}

/* "Decree 30/2020 art. 5.1, Regulation art. 3.2" in the language of messages, word by word. The caller's. */
static char *law(const char *rule) {
	struct buf whole = {0};
	for (size_t len; *rule; rule += len) {
		len = strcspn(rule, " ");
		char *word = xstrndup(rule, len);
		const char *known = word_of(laws, word);
		buf_add_text(&whole, *known ? known : word);
		free(word);
		len += rule[len] == ' ';
		if (rule[len] && rule[len - 1] == ' ') buf_add_byte(&whole, ' ');
	}
	char *text = buf_take_text(&whole), *safe = explain_safe(text);
	free(text);
	return safe;
}

/* What this country's rules say beside the verdict. */
static void rules(FILE *out, const json_t *report) {
	const json_t *list = json_object_get(report, "rules");
	size_t index;
	json_t *finding;
	if (!json_array_size(list)) return;
	fprintf(out, "\n%s\n", _("Rules for signed documents (the verdict does not depend on them):"));
	json_array_foreach(list, index, finding) {
		char *text = explain_finding(finding), *code = explain_safe(string(finding, "code"));
		char *where = law(string(finding, "rule"));
		fprintf(out, "   - %s: %s; %s [%s]\n", word_of(severities, string(finding, "severity")), text, where, code);
		free(text);
		free(code);
		free(where);
	}
}

static void place_line(FILE *out, const json_t *copy, bool steps) {
	char *id = explain_safe(string(copy, "signature"));
	char *where = *id ? xasprintf(_("signature %s, page 1"), id) : xstrdup(_("page 1, beside the signatures"));
	char *place = xasprintf(_("%s; %lld points from the left, %lld from the top, %lld by %lld"), where,
				(long long)json_integer_value(json_object_get(copy, "left")),
				(long long)json_integer_value(json_object_get(copy, "top")),
				(long long)json_integer_value(json_object_get(copy, "width")),
				(long long)json_integer_value(json_object_get(copy, "height")));
	if (*string(copy, "where")) line(out, _("it stands in"), steps ? place : where);
	free(id);
	free(where);
	free(place);
}

/* Whether it is a copy, how that is known, and what of the page could be read. */
static void copy(FILE *out, const json_t *report, bool steps) {
	const json_t *found = json_object_get(report, "copy"), *by = json_object_get(found, "by"), *way;
	const char *reading = string(json_object_get(report, "first_page"), "reading");
	char *words = explain_safe(string(found, "words"));
	struct buf ways = {0};
	size_t i;
	json_array_foreach(by, i, way)
		buf_printf(&ways, "%s%s", i ? ", " : "", word_of(recognised, json_string_value(way)));
	if (i || (steps && *reading)) fprintf(out, "\n%s\n", _("Copy or not (the verdict does not depend on it):"));
	line(out, _("form of copy"), word_of(forms, string(found, "form")));
	/* Separate attachments are signed at the same place. */
	bool sure = i > 1 || strcmp(i ? json_string_value(json_array_get(by, 0)) : "", "placement") != 0;
	line(out, sure ? _("taken for a copy by") : _("may be a copy by"), buf_text(&ways));
	line(out, _("its block says"), words);
	place_line(out, found, steps);
	if (steps) line(out, _("the page's text there"), word_of(readings, reading));
	free(words);
	buf_dispose(&ways);
}

static void path(FILE *out, const json_t *report, bool steps) {
	const json_t *links = json_object_get(report, "chain");
	if (!json_array_size(links)) return;
	fprintf(out, "\n%s\n", _("path to the trust anchor:"));
	if (steps)
		explain_chain(out, "   ", links);
	else
		chain(out, links);
}

void explain_report(FILE *out, const json_t *report, bool steps) {
	size_t index;
	json_t *s;
	const json_t *list = json_object_get(report, "signatures");
	bool apart = json_array_size(list) > 1 && json_object_get(report, "provable");
	char *file = explain_safe(string(report, "file")), *at = explain_time(string(report, "at"));
	if (*file) fprintf(out, "%s\n", file);
	verdict(out, report);
	reason(out, "", report);
	if (has_warning(json_object_get(report, "rules")))
		fprintf(out, "=> %s\n", _("See the rules for signed documents below before it is received."));
	provable(out, report);
	if (*at) fprintf(out, _("judged as of %s\n"), at);
	if (steps) explain_inputs(out, report);
	findings(out, "", json_object_get(report, "findings"));
	json_array_foreach(list, index, s) signature(out, index + 1, s, apart, steps);
	path(out, report, steps);
	copy(out, report, steps);
	rules(out, report);
	free(file);
	free(at);
}
