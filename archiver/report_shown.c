#include "archiver/report_model.h"

#include "archiver/explain.h"
#include "archiver/find.h"
#include "archiver/i18n.h"
#include "archiver/intake_finding.h"
#include "archiver/rotation.h"
#include "base/mem.h"
#include "validator/extend.h"

#include <stdlib.h>
#include <string.h>

/* RFC 5280 5.3.1, in words. */
static const char *revocation_reason(const char *name) {
	static const struct {
		const char *name, *text;
	} words[] = {
		{"keyCompromise", N_("its key was compromised")},         {"cACompromise", N_("the authority's key was compromised")},
		{"affiliationChanged", N_("its holder changed office")},   {"superseded", N_("replaced by another certificate")},
		{"cessationOfOperation", N_("no longer in operation")},    {"certificateHold", N_("suspended")},
		{"privilegeWithdrawn", N_("its privileges were withdrawn")}, {"unspecified", N_("no reason given")},
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].name, name)) return _(words[i].text);
	return NULL;
}

/* Why a document was refused: a finding in words with its detail, or the verdict that the policy does not let in. */
static char *reason(const json_t *row) {
	const char *code = model_text(row, "reason"), *fixed = any_finding_text(code),
		   *detail = model_text(row, "detail");
	const char *indication = model_text(row, "indication");
	if (fixed) {
		char *shown = i18n_parts_in(i18n_language(), detail), *whole = xasprintf("%s%s%s (%s)", _(fixed), *detail ? ": " : "", shown, code);
		free(shown);
		return whole;
	}
	if (*indication) return xasprintf("%s (%s)", explain_indication(indication), code);
	if (revocation_reason(code)) return xasprintf("%s (%s)", revocation_reason(code), code);
	return xstrdup(code);
}

/* Of a run its steps with their statuses, and whether it is still at work (or died); of a backup whether it counts. */
static char *outcome(const json_t *row) {
	const char *error = model_text(row, "error"), *steps = model_text(row, "outcome");
	if (json_is_true(json_object_get(row, "unfinished"))) return xasprintf("%s (%s)", steps, _("not finished when this report was made"));
	if (*steps) return xstrdup(steps);
	return *error ? xasprintf("%s: %s", _("NOT WRITTEN"), error) : xstrdup(_("written and read back"));
}

static char *number_and_symbol(const json_t *row) {
	const char *number = model_text(row, "number"), *symbol = model_text(row, "symbol");
	return xasprintf("%s%s%s", number, *number && *symbol ? "/" : "", symbol);
}

static const char *last_part(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

/* "2026-11-22 02:00:00": the page says that its times are UTC. */
static char *moment(const char *rfc3339) {
	char *text = xstrdup(rfc3339), *t = strchr(text, 'T'), *z = strrchr(text, 'Z');
	if (t) *t = ' ';
	if (z && !z[1]) *z = 0;
	return text;
}

bool model_is_moment(const char *key) {
	return !strcmp(key, "when") || !strcmp(key, "written") || !strcmp(key, "expires") || !strcmp(key, "time") ||
	        !strcmp(key, "until") || !strcmp(key, "since");
}

/* Why a document could not be extended: the words, and the name by which docs/extend.md has it. */
static char *refusal(const char *name) {
	enum extend_refusal refusal;
	if (!extend_refusal_parse(name, &refusal)) return xstrdup(name);
	return xasprintf("%s (%s)", _(extend_refusal_text(refusal)), name);
}

/* Of a time-stamp over evidence records. */
static const char *stamp_kind(const char *kind) {
	if (!strcmp(kind, "round")) return _("round");
	if (!strcmp(kind, "renewal")) return _("time-stamp renewal");
	return !strcmp(kind, "rehash") ? _("hash-tree renewal") : kind;
}

/* "copies at another site 0/1": what a record has of what the policy wants. */
static char *lacks(const json_t *list) {
	struct buf text = {0};
	size_t i;
	const json_t *one;
	json_array_foreach(list, i, one)
		buf_printf(&text, "%s%s %lld/%lld", i ? ", " : "", _(model_measure_text(model_text(one, "measure"))), (long long)model_number(one, "has"),
		           (long long)model_number(one, "wanted"));
	return buf_take_text(&text);
}

char *model_shown(const json_t *row, const char *key) {
	const json_t *value = json_object_get(row, key);
	if (!strcmp(key, "reason")) return reason(row);
	if (!strcmp(key, "outcome")) return outcome(row);
	if (!strcmp(key, "symbol")) return number_and_symbol(row);
	if (!strcmp(key, "medium") && !value)
		return xstrdup(model_text(row, "path")); /* a failure knows the path only */
	if (json_is_real(value)) return xasprintf("%.1f", json_real_value(value));
	if (!strcmp(key, "record") && !json_integer_value(value)) return xstrdup(""); /* it belongs to no single record */
	if (json_is_integer(value)) return xasprintf("%lld", (long long)json_integer_value(value));
	if (!strcmp(key, "file")) return xstrdup(last_part(model_text(row, key)));
	if (model_is_moment(key)) return moment(model_text(row, key));
	if (!strcmp(key, "refusal")) return refusal(model_text(row, key));
	if (!strcmp(key, "kind")) return xstrdup(stamp_kind(model_text(row, key)));
	if (!strcmp(key, "measure")) return xstrdup(_(model_measure_text(model_text(row, key))));
	if (!strcmp(key, "lacks")) return lacks(value);
	if (!strcmp(key, "code")) return xstrdup(_(rotation_shortfall_text(model_text(row, key))));
	if (!strcmp(key, "action")) return xstrdup(_(rotation_action_text(model_text(row, key))));
	if (!strcmp(key, "state")) return xstrdup(find_state_word(model_text(row, key)));
	return xstrdup(model_text(row, key));
}

char *model_drill_line(const json_t *report) {
	struct buf line = {0};
	const char *connect = model_text(report, "drill.connect");
	if (!model_number(report, "drill.overdue")) return NULL;
	buf_add_text(&line, _("A restore test is overdue."));
	if (*connect) {
		buf_add_byte(&line, ' ');
		buf_printf(&line, json_is_true(model_get(report, "drill.connect_away")) ? _("Bring %s back and connect it.") : _("Connect %s."), connect);
	}
	if (json_is_true(model_get(report, "drill.connect_encrypted"))) {
		buf_add_byte(&line, ' ');
		buf_add_text(&line, _("It is encrypted: ltvault drill --key."));
	}
	return buf_take_text(&line);
}
