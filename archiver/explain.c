#include "archiver/explain.h"

#include "archiver/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *string(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Columns a text takes on a terminal: one for each character of Vietnamese or English. */
static int columns(const char *text) {
	int n = 0;
	for (; *text; text++) n += (*text & 0xc0) != 0x80;
	return n;
}

static void line(FILE *out, const char *label, const char *value) {
	int pad = 26 - columns(label);
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
	{"document-timestamp", N_("by a document timestamp")},
	{"evidence-record", N_("by an evidence record")},
	{"archive", N_("by the archive's intake")},
	{NULL, NULL},
};
static const struct word coverages[] = {
	{"whole-file", N_("the whole file")},
	{"whole-revision", N_("the file as it was when signed; something was added later")},
	{"partial", N_("only a part of the file")},
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

/* One attribute of a name such as "CN=...,O=Sở\, tỉnh,C=VN" (RFC 4514), made safe; NULL when it is not there. */
static char *attribute(const char *name, const char *type) {
	size_t n = strlen(type);
	for (const char *p = name; *p;) {
		size_t len = 0;
		while (p[len] && p[len] != ',' && p[len] != '+') len += p[len] == '\\' && p[len + 1] ? 2 : 1;
		if (len > n && !strncmp(p, type, n) && p[n] == '=') {
			struct buf value = {0};
			for (const char *v = p + n + 1; v < p + len; v++) {
				if (*v == '\\' && v + 1 < p + len) v++;
				buf_add(&value, v, 1);
			}
			char *text = buf_take_text(&value), *safe = explain_safe(text);
			free(text);
			return safe;
		}
		p += len + (p[len] != 0);
	}
	return NULL;
}

static void attribute_line(FILE *out, const char *label, const char *name, const char *type) {
	char *value = attribute(name, type);
	if (value) line(out, label, value);
	free(value);
}

/* The name a reader knows: the common name, else the whole subject. The caller's. */
static char *name_of(const json_t *signer) {
	const char *subject = string(signer, "subject");
	char *cn = attribute(subject, "CN");
	return cn ? cn : explain_safe(*subject ? subject : _("unknown signer"));
}

static void verdict(FILE *out, const json_t *object) {
	const char *sub = string(object, "sub_indication");
	fputs(explain_indication(string(object, "indication")), out);
	if (*sub) {
		char *safe = explain_safe(sub);
		fprintf(out, " (%s)", safe);
		free(safe);
	}
	fputc('\n', out);
}

static void timestamps(FILE *out, const json_t *list) {
	size_t index;
	json_t *token;
	json_array_foreach(list, index, token) {
		char *tsa = attribute(string(token, "tsa"), "CN");
		char *note = xasprintf("%s: %s", tsa ? tsa : _("unknown signer"), explain_indication(string(token, "indication")));
		time_line(out, _("timestamp"), string(token, "gen_time"), note);
		free(tsa);
		free(note);
	}
}

static void signature(FILE *out, size_t number, const json_t *s) {
	const json_t *signer = json_object_get(s, "signer"), *time = json_object_get(s, "signing_time");
	char *name = name_of(signer), *id = explain_safe(string(s, "id"));
	fprintf(out, "\n%zu. %s: ", number, name);
	verdict(out, s);
	fprintf(out, "   %s %s\n", word_of(kinds, string(s, "kind")), id);
	attribute_line(out, _("position"), string(signer, "subject"), "T");
	attribute_line(out, _("unit"), string(signer, "subject"), "OU");
	attribute_line(out, _("organisation"), string(signer, "subject"), "O");
	line(out, _("signed as"), word_of(roles, string(signer, "role")));
	attribute_line(out, _("certificate issued by"), string(signer, "issuer"), "CN");
	time_line(out, _("certificate valid until"), string(signer, "not_after"), "");
	time_line(out, _("claimed signing time"), string(time, "claimed"), "");
	if (*string(time, "proven")) time_line(out, _("proven to exist since"), string(time, "proven"), word_of(bases, string(time, "basis")));
	else line(out, _("proven to exist since"), _("nothing proves an earlier time than now"));
	timestamps(out, json_object_get(s, "timestamps"));
	line(out, _("covers"), word_of(coverages, string(s, "coverage")));
	if (strcmp(string(s, "modification"), "none")) line(out, _("added afterwards"), word_of(modifications, string(s, "modification")));
	findings(out, "   ", json_object_get(s, "findings"));
	const char *help = explain_advice(string(s, "sub_indication"));
	if (*help) fprintf(out, "   => %s\n", help);
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

void explain_report(FILE *out, const json_t *report) {
	size_t index;
	json_t *s;
	char *file = explain_safe(string(report, "file"));
	if (*file) fprintf(out, "%s\n", file);
	verdict(out, report);
	char *at = explain_time(string(report, "at"));
	if (*at) fprintf(out, _("judged as of %s\n"), at);
	findings(out, "", json_object_get(report, "findings"));
	json_array_foreach(json_object_get(report, "signatures"), index, s) signature(out, index + 1, s);
	const json_t *path = json_object_get(report, "chain");
	if (json_array_size(path)) fprintf(out, "\n%s\n", _("path to the trust anchor:"));
	chain(out, path);
	/* Signatures bring their own advice. */
	const char *help = json_array_size(json_object_get(report, "signatures")) ? "" : explain_advice(string(report, "sub_indication"));
	if (*help) fprintf(out, "=> %s\n", help);
	free(file);
	free(at);
}
