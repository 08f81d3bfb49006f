#include "archiver/explain_steps.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *string(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* One line: indent, label, and a value from a document made safe; nothing for an empty value. */
static void line(FILE *out, const char *indent, const char *label, const char *value) {
	if (!*value) return;
	char *safe = explain_safe(value);
	fprintf(out, "%s%s: %s\n", indent, label, safe);
	free(safe);
}

static void time_line(FILE *out, const char *indent, const char *label, const char *when) {
	if (!*when) return;
	char *text = explain_time(when);
	fprintf(out, "%s%s: %s\n", indent, label, text);
	free(text);
}

static void outcome(FILE *out, const char *indent, const char *label, const json_t *block) {
	const char *sub = string(block, "sub_indication");
	if (!*string(block, "indication")) return;
	char *text = xasprintf("%s%s%s", string(block, "indication"), *sub ? " " : "", sub);
	line(out, indent, label, text);
	free(text);
}

void explain_inputs(FILE *out, const json_t *report) {
	const json_t *policy = json_object_get(report, "policy");
	char *version = xasprintf("%s%s%s", string(report, "format"), *string(report, "version") ? " " : "",
				  string(report, "version"));
	line(out, "", "SHA-256", string(report, "sha256"));
	line(out, "", _("format"), version);
	line(out, "", _("validation policy"), string(policy, "id"));
	line(out, "", _("SHA-256 of the policy"), string(policy, "sha256"));
	free(version);
}

/* ---- building blocks and algorithms ---- */

static void blocks(FILE *out, const json_t *all) {
	static const struct {
		const char *key, *label;
	} rows[] = {
		{"format", N_("format checking (5.2.2)")},
		{"identification", N_("identification of the signing certificate (5.2.3)")},
		{"context", N_("signature policy that the signature names (5.2.4)")},
		{"x509", N_("X.509 certificate validation (5.2.6)")},
		{"cryptographic", N_("cryptographic verification (5.2.7)")},
		{"acceptance", N_("signature acceptance (5.2.8)")},
		{"basic", N_("basic signature, at the time of the validation (5.3)")},
		{"past", N_("the signing certificate in the past (5.6.2.1)")},
		{"in_time", N_("with proofs of existence (5.5, 5.6)")},
	};
	if (!json_object_size(all)) return;
	fprintf(out, "   %s\n", _("building blocks of EN 319 102-1:"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		outcome(out, "      ", _(rows[i].label), json_object_get(all, rows[i].key));
}

static void algorithms(FILE *out, const char *indent, const json_t *a) {
	const char *curve = string(a, "curve"), *signature_digest = string(a, "signature_digest");
	if (!*string(a, "signature")) return;
	char *scheme = xasprintf("%s%s%s, %lld bit%s%s", string(a, "signature"), *signature_digest ? ", " : "",
				 signature_digest, (long long)json_integer_value(json_object_get(a, "key_bits")),
				 *curve ? ", " : "", curve);
	line(out, indent, _("digest of the content"), string(a, "digest"));
	line(out, indent, _("signature algorithm"), scheme);
	time_line(out, indent, _("reliable until"), string(a, "reliable_until"));
	free(scheme);
}

/* ---- paths ---- */

static void status(FILE *out, const char *indent, const json_t *s) {
	char *text = xasprintf("%s%s%s", string(s, "status"), *string(s, "source") ? ", " : "", string(s, "source"));
	line(out, indent, _("revocation status"), text);
	time_line(out, indent, _("revocation data of"), string(s, "produced"));
	time_line(out, indent, _("next revocation data by"), string(s, "next"));
	time_line(out, indent, _("revoked at"), string(s, "time"));
	line(out, indent, _("revocation reason"), string(s, "reason"));
	line(out, indent, _("SHA-256 of the revocation data"), string(s, "sha256"));
	free(text);
}

static void link_of(FILE *out, const char *indent, size_t number, const json_t *link) {
	const json_t *key = json_object_get(link, "key");
	char *subject = explain_safe(string(link, "subject")), *inner = xasprintf("%s   ", indent);
	char *text = xasprintf("%s %lld %s", string(key, "type"),
			       (long long)json_integer_value(json_object_get(key, "bits")), string(key, "curve"));
	fprintf(out, "%s%zu. %s%s\n", indent, number, subject,
		json_is_true(json_object_get(link, "anchor")) ? _(", trust anchor") : "");
	line(out, inner, _("serial number"), string(link, "serial"));
	line(out, inner, "SHA-256", string(link, "sha256"));
	time_line(out, inner, _("valid from"), string(link, "not_before"));
	time_line(out, inner, _("valid until"), string(link, "not_after"));
	if (*string(key, "type")) line(out, inner, _("key"), text);
	if (json_is_object(json_object_get(link, "revocation")))
		status(out, inner, json_object_get(link, "revocation"));
	free(subject);
	free(inner);
	free(text);
}

void explain_chain(FILE *out, const char *indent, const json_t *chain) {
	size_t index;
	json_t *link;
	json_array_foreach(chain, index, link) link_of(out, indent, index + 1, link);
}

static void path(FILE *out, const char *indent, const json_t *chain) {
	if (!json_array_size(chain)) return;
	char *inner = xasprintf("%s   ", indent);
	fprintf(out, "%s%s\n", indent, _("path to the trust anchor:"));
	explain_chain(out, inner, chain);
	free(inner);
}

/* ---- proofs ---- */

static void token(FILE *out, size_t number, const json_t *t) {
	const json_t *used = json_object_get(t, "used");
	fprintf(out, "   %s %zu (%s%s%s)\n", _("timestamp"), number, string(t, "kind"), *string(t, "form") ? ", " : "",
		string(t, "form"));
	line(out, "      ", _("entry"), string(t, "id"));
	line(out, "      ", _("authority"), string(t, "tsa"));
	time_line(out, "      ", _("time"), string(t, "gen_time"));
	outcome(out, "      ", _("result"), t);
	if (json_is_boolean(used))
		line(out, "      ", _("used as a proof of existence"), json_is_true(used) ? _("yes") : _("no"));
	algorithms(out, "      ", json_object_get(t, "algorithms"));
	path(out, "      ", json_object_get(t, "chain"));
}

static void proofs(FILE *out, const json_t *s) {
	const json_t *time = json_object_get(s, "signing_time");
	size_t index;
	json_t *t;
	json_array_foreach(json_object_get(s, "timestamps"), index, t) token(out, index + 1, t);
	line(out, "   ", _("best proof of existence"), string(time, "basis"));
	time_line(out, "   ", _("best signature time"), string(time, "proven"));
}

static void form(FILE *out, const json_t *s) {
	json_int_t p = json_integer_value(json_object_get(s, "certification"));
	json_int_t end = json_integer_value(json_object_get(s, "covered_until"));
	char *certification = xasprintf("DocMDP P=%lld", (long long)p), *until = xasprintf("%lld", (long long)end);
	line(out, "   ", _("level"), string(s, "level"));
	line(out, "   ", _("sub-filter"), string(s, "sub_filter"));
	if (p) line(out, "   ", _("certification"), certification);
	if (end) line(out, "   ", _("covers the file up to byte"), until);
	free(certification);
	free(until);
}

void explain_steps(FILE *out, const json_t *signature) {
	form(out, signature);
	blocks(out, json_object_get(signature, "blocks"));
	algorithms(out, "   ", json_object_get(signature, "algorithms"));
	path(out, "   ", json_object_get(signature, "chain"));
	proofs(out, signature);
}
