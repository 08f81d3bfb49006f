#include "archiver/notice.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/intake_finding.h"
#include "archiver/metadata.h"
#include "archiver/spool.h"
#include "base/digest.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void take_of_severity(json_t *reasons, const json_t *findings, const char *severity) {
	const json_t *f;
	size_t i;
	json_array_foreach(findings, i, f) if (!strcmp(metadata_text(f, "severity"), severity) &&
					       json_array_size(reasons) < LIMIT_NOTICE_REASONS)
		json_array_append(reasons, (json_t *)(uintptr_t)f);
}

json_t *notice_reasons(const json_t *report, const json_t *findings) {
	static const char *const severities[] = {"error", "warning"};
	json_t *reasons = json_array();
	const json_t *signature;
	size_t i;
	for (size_t s = 0; s < ARRAY_LEN(severities); s++) {
		take_of_severity(reasons, findings, severities[s]);
		take_of_severity(reasons, json_object_get(report, "findings"), severities[s]);
		json_array_foreach(json_object_get(report, "signatures"), i, signature)
			take_of_severity(reasons, json_object_get(signature, "findings"), severities[s]);
	}
	return reasons;
}

static const char *fixed_text(const json_t *finding) {
	const char *fixed = any_finding_text(metadata_text(finding, "code"));
	return fixed ? fixed : metadata_text(finding, "text");
}

static void line(struct buf *out, enum language language, const char *label, const char *value) {
	if (value && *value) buf_printf(out, "%s: %s\n", i18n_text_in(language, label), value);
}

static char *number_and_date(const struct notice *n) {
	const char *number = metadata_text(n->metadata, "number"), *symbol = metadata_text(n->metadata, "symbol");
	const char *date = metadata_text(n->metadata, "date");
	if (!*number && !*symbol) return xstrdup("");
	return xasprintf("%s%s%s%s%s", number, *symbol ? "/" : "", symbol, *date ? ", " : "", date);
}

static const char *organisation_name(const struct notice *n) {
	const char *name = metadata_inner_text(n->metadata, "organisation", "name");
	return *name ? name : metadata_inner_text(n->metadata, "organisation", "code");
}

/* What the sender should do; a secret document must not come again by this way. */
static const char *request(const json_t *reasons) {
	const json_t *f;
	size_t i;
	json_array_foreach(reasons, i, f) if (!strcmp(metadata_text(f, "code"), "SECRET_DOCUMENT"))
		return N_("The document was not received. Do not send it again here: a document with a "
			  "secrecy level goes the way that is prescribed for it.");
	return N_("The document was not received. Please correct it and send it again.");
}

static struct explained verdict_in(enum language language, const json_t *report) {
	enum language before = i18n_language();
	i18n_set_language(language);
	struct explained e = explain_verdict(report);
	i18n_set_language(before);
	return e;
}

static void people_part(struct buf *out, enum language language, const struct notice *n, const char *name,
			const json_t *reasons) {
	char when[UTIME_TEXT_MAX], *number = number_and_date(n);
	const char *sub = metadata_text(n->report, "sub_indication");
	const json_t *f;
	size_t i;
	buf_printf(out, "%s\n\n", i18n_text_in(language, N_("NOTICE: DOCUMENT REFUSED")));
	line(out, language, N_("Archive"), n->archive);
	line(out, language, N_("Organisation that keeps it"), n->organisation);
	line(out, language, N_("Time of refusal (UTC)"), utime_text(n->when, when));
	line(out, language, N_("File"), name);
	line(out, language, N_("Number and symbol, date"), number);
	line(out, language, N_("Issued by"), organisation_name(n));
	line(out, language, N_("Subject"), metadata_text(n->metadata, "subject"));
	line(out, language, "SHA-256", n->sha256);
	if (*metadata_text(n->report, "indication")) {
		struct explained e = verdict_in(language, n->report);
		buf_printf(out, "%s: %s (%s%s%s)\n", i18n_text_in(language, N_("Result of the check")), e.verdict,
			   metadata_text(n->report, "indication"), *sub ? " / " : "", sub);
		line(out, language, N_("why"), e.why);
	}
	buf_printf(out, "\n%s:\n", i18n_text_in(language, N_("Reasons")));
	json_array_foreach(reasons, i, f) {
		char *detail = i18n_parts_in(language, metadata_text(f, "detail"));
		buf_printf(out, "  - %s%s%s (%s)\n", i18n_text_in(language, fixed_text(f)), *detail ? ": " : "", detail,
			   metadata_text(f, "code"));
		free(detail);
	}
	if (!json_array_size(reasons))
		buf_printf(out, "  - %s\n",
			   i18n_text_in(language, N_("the signatures could not be shown to be valid")));
	buf_printf(out, "\n%s\n", i18n_text_in(language, request(reasons)));
	free(number);
}

static json_t *program_part(const struct notice *n, const char *name, const json_t *reasons) {
	char when[UTIME_TEXT_MAX];
	const json_t *f;
	size_t i;
	json_t *list = json_array();
	json_array_foreach(reasons, i, f) {
		json_t *reason = json_copy((json_t *)(uintptr_t)f);
		json_object_set_new(
			reason, "text",
			json_pack("{s:s, s:s}", "en", fixed_text(f), "vi", i18n_text_in(LANGUAGE_VI, fixed_text(f))));
		json_array_append_new(list, reason);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s*, s:s*, s:s*, s:o, s:O*}", "schema",
			 "ltvault.notice/1", "decision", "refused", "archive", n->archive, "organisation",
			 n->organisation, "when", utime_text(n->when, when), "file", name, "record",
			 n->number ? json_integer((json_int_t)n->number) : json_null(), "sha256", n->sha256,
			 "indication", json_string_value(json_object_get(n->report, "indication")), "sub_indication",
			 json_string_value(json_object_get(n->report, "sub_indication")), "reasons", list, "metadata",
			 (json_t *)(uintptr_t)n->metadata);
}

/* At most 80 bytes of the name that every file system and mail program takes; Vietnamese letters may stay. */
static char *safe_name(const char *printable) {
	char *safe = xstrndup(printable, 80);
	size_t n = strlen(safe);
	while (n && ((unsigned char)printable[n] & 0xc0) == 0x80) n--; /* not inside a letter */
	safe[n] = 0;
	for (char *p = safe; *p; p++)
		if (strchr("/\\:*?\"<>| ", *p)) *p = '_';
	return safe;
}

static char *base_of(const struct notice *n, const char *outbox, const char *printable) {
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX], date[UTIME_TEXT_MAX], *safe = safe_name(printable);
	sha256_bytes(n->key, strlen(n->key), digest);
	hex_encode(digest, sizeof digest, hex);
	char *base = xasprintf("%s/refusal-%s-%.12s-%s", outbox, utime_date_text(n->when, date), hex, safe);
	free(safe);
	return base;
}

/* Whole or not at all: written beside, made durable, renamed. */
static int put_file(const char *path, const char *text, struct error *err) {
	char *temporary = xasprintf("%s.part", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640), rc = 0;
	if (fd < 0 || io_write(fd, text, strlen(text)) || fault_hit() || fsync(fd)) rc = error_errno(err, "%s", temporary);
	if (fd >= 0) close(fd);
	if (!rc && (fault_hit() || rename(temporary, path))) rc = error_errno(err, "%s", path);
	if (rc && fd >= 0) unlink(temporary);
	free(temporary);
	return rc;
}

char *notice_write(const struct notice *n, const char *outbox, struct error *err) {
	struct buf text = {0};
	char *name = spool_printable(n->name), *base = base_of(n, outbox, name), *path = xasprintf("%s.json", base);
	json_t *reasons = notice_reasons(n->report, n->findings), *json = program_part(n, name, reasons);
	char *dump = json_dumps(json, JSON_SORT_KEYS | JSON_INDENT(2));
	people_part(&text, LANGUAGE_VI, n, name, reasons);
	buf_add_text(&text, "\n----------------------------------------\n\n");
	people_part(&text, LANGUAGE_EN, n, name, reasons);
	int rc = put_file(path, dump, err);
	free(path);
	path = xasprintf("%s.txt", base);
	if (!rc) rc = put_file(path, buf_text(&text), err);
	if (!rc) rc = spool_sync(outbox, err);
	free(path);
	free(dump);
	free(name);
	json_decref(json);
	json_decref(reasons);
	buf_dispose(&text);
	if (!rc) return base;
	free(base);
	return NULL;
}
