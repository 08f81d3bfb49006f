#include "archiver/explain.h"

#include "archiver/i18n.h"
#include "base/mem.h"
#include "base/utime.h"
#include "validator/finding.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct word {
	const char *name, *text;
};

static const struct word indications[] = {
	{"TOTAL-PASSED", N_("signature valid")},
	{"TOTAL-FAILED", N_("signature not valid")},
	{"INDETERMINATE", N_("not enough information to validate")},
	{"NO-SIGNATURE", N_("no digital signature")},
	{"PASSED", N_("certificate valid")},
	{"FAILED", N_("certificate not valid")},
};

static const struct word advice[] = {
	{"TOTAL-PASSED", N_("Keep the file as it is: printing it or saving it anew loses the signatures.")},
	{"NO-SIGNATURE", N_("Do not receive it as a signed document. Ask the sender for the file that was signed.")},
	{"SIGNATURE_POLICY_NOT_AVAILABLE", N_("Ask the sender which policy applies, and judge the signature by it.")},
	{"FORMAT_FAILURE", N_("Ask the sender for the file as it was signed.")},
	{"HASH_FAILURE", N_("Do not use this file. Ask the sender for the original.")},
	{"SIG_CRYPTO_FAILURE", N_("Do not use this file. Ask the sender for the original.")},
	{"REVOKED", N_("Ask for a new signature with a valid certificate.")},
	{"EXPIRED", N_("Ask for a new signature with a valid certificate.")},
	{"NOT_YET_VALID", N_("Check the clock of the signing computer, or ask for a new signature.")},
	{"SIG_CONSTRAINTS_FAILURE", N_("See the findings. If something was changed after signing, ask the sender for the file as it was signed.")},
	{"CHAIN_CONSTRAINTS_FAILURE", N_("Ask for a signature with the right certificate.")},
	{"CERTIFICATE_CHAIN_GENERAL_FAILURE", N_("See the findings; validate again online.")},
	{"CRYPTO_CONSTRAINTS_FAILURE", N_("Ask for a new signature.")},
	{"POLICY_PROCESSING_ERROR", N_("Tell the administrator.")},
	{"TIMESTAMP_ORDER_FAILURE", N_("Ask the sender for the original.")},
	{"NO_SIGNING_CERTIFICATE_FOUND", N_("Offer the signer's certificate with --evidence.")},
	{"NO_CERTIFICATE_CHAIN_FOUND", N_("If the issuer should be trusted, add its root certificate to the trust anchors.")},
	{"NO_CERTIFICATE_CHAIN_FOUND_NO_POE", N_("Check the trust anchors.")},
	{"REVOKED_NO_POE", N_("Ask for a timestamp or proof of receipt from before the revocation, or for a new signature.")},
	{"REVOKED_CA_NO_POE", N_("Ask for a timestamp or proof of receipt from before the revocation, or for a new signature.")},
	{"OUT_OF_BOUNDS_NOT_REVOKED", N_("Ask for a timestamp or proof of receipt, or for a new signature.")},
	{"OUT_OF_BOUNDS_NO_POE", N_("Ask for a timestamp or proof of receipt, or for a new signature.")},
	{"REVOCATION_OUT_OF_BOUNDS_NO_POE", N_("Validate again online.")},
	{"CRYPTO_CONSTRAINTS_FAILURE_NO_POE", N_("Ask for a timestamp or proof of receipt, or for a new signature.")},
	{"NO_POE", N_("Ask for a timestamp or proof of receipt, or for a new signature.")},
	{"TRY_LATER", N_("Validate again later, and online.")},
	{"SIGNED_DATA_NOT_FOUND", N_("Offer what was signed with --data.")},
	{"CUSTOM", N_("See the findings.")},
};

/* Why there is this sub-indication: first a verdict without one, by its indication. */
static const struct word reasons[] = {
	{"TOTAL-PASSED", N_("the content is as it was signed, and the certificate can be relied on")},
	{"NO-SIGNATURE", N_("no digital signature was found in the file")},
	{"FORMAT_FAILURE", N_("the file or the signature is not built as the standard wants")},
	{"HASH_FAILURE", N_("the content was changed after it was signed")},
	{"SIG_CRYPTO_FAILURE", N_("the signature value does not belong to this content and certificate")},
	{"REVOKED", N_("the certificate had been revoked before it was signed")},
	{"EXPIRED", N_("the certificate had expired before it was signed")},
	{"NOT_YET_VALID", N_("the certificate was not yet valid when it was signed")},
	{"SIG_CONSTRAINTS_FAILURE", N_("the signature, or what was added after it, does not meet the validation policy")},
	{"CHAIN_CONSTRAINTS_FAILURE", N_("a certificate was used for something it is not meant for")},
	{"CERTIFICATE_CHAIN_GENERAL_FAILURE", N_("the certification path could not be checked")},
	{"CRYPTO_CONSTRAINTS_FAILURE", N_("an algorithm or key was no longer reliable when it was used")},
	{"POLICY_PROCESSING_ERROR", N_("the validation policy could not be applied")},
	{"TIMESTAMP_ORDER_FAILURE", N_("the timestamps contradict each other")},
	{"NO_SIGNING_CERTIFICATE_FOUND", N_("the signer's certificate is not at hand")},
	{"NO_CERTIFICATE_CHAIN_FOUND", N_("the certification path does not lead to a trusted authority")},
	{"NO_CERTIFICATE_CHAIN_FOUND_NO_POE", N_("the certification path did not lead to a trusted authority at the proven time")},
	{"REVOKED_NO_POE", N_("the certificate is revoked, and nothing proves that the signature is older")},
	{"REVOKED_CA_NO_POE", N_("an authority's certificate is revoked, and nothing proves that the signature is older")},
	{"OUT_OF_BOUNDS_NOT_REVOKED", N_("the certificate has expired, and nothing proves that the signature is older")},
	{"OUT_OF_BOUNDS_NO_POE", N_("the certificate is not valid now, and nothing proves when it was signed")},
	{"REVOCATION_OUT_OF_BOUNDS_NO_POE", N_("the revocation data can no longer be relied on")},
	{"CRYPTO_CONSTRAINTS_FAILURE_NO_POE", N_("an algorithm is no longer reliable, and nothing proves that the signature is older")},
	{"NO_POE", N_("nothing proves when it was signed")},
	{"TRY_LATER", N_("whether a certificate was revoked could not be checked")},
	{"SIGNED_DATA_NOT_FOUND", N_("the content that was signed is not at hand")},
	{"SIGNATURE_POLICY_NOT_AVAILABLE", N_("the policy that the signature names is not at hand")},
	{"CUSTOM", N_("the check could not be finished")},
};

/* What ends a proof, as the end of "provable until ..., because ...". */
static const struct word limits[] = {
	{"signer-certificate", N_("the signer's certificate ends then")},
	{"ca-certificate", N_("the certificate of a certification authority ends then")},
	{"tsa-certificate", N_("the time-stamping authority's certificate ends then")},
	{"status", N_("nobody can say afterwards whether a certificate was revoked")},
	{"algorithm", N_("an algorithm or key size is no longer reliable from then on")},
	{"root", N_("the root ends then, or the trust in it")},
};

static const char *find(const struct word *words, size_t count, const char *name) {
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i].name, name)) return _(words[i].text);
	return NULL;
}

const char *explain_indication(const char *indication) {
	const char *text = find(indications, ARRAY_LEN(indications), indication);
	return text ? text : indication;
}

const char *explain_reason(const char *sub_indication) {
	const char *text = find(reasons, ARRAY_LEN(reasons), sub_indication);
	return text ? text : "";
}

const char *explain_advice(const char *sub_indication) {
	const char *text = find(advice, ARRAY_LEN(advice), sub_indication);
	return text ? text : "";
}

const char *explain_limit(const char *limit) {
	const char *text = find(limits, ARRAY_LEN(limits), limit);
	return text ? text : limit;
}

static const char *text_of_code(const char *code) {
	for (int i = 0; i < FINDING_CODES; i++)
		if (!strcmp(finding_name((enum finding_code)i), code)) return finding_text((enum finding_code)i);
	return NULL;
}

static const char *string(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* What is not the signature of a person or organisation is not spoken of as one. */
static const struct own_word {
	const char *kind, *name, *verdict, *why, *help;
} own_words[] = {
	{"timestamp", "TOTAL-PASSED", N_("timestamp valid"), N_("the content is as it was time-stamped, and the authority can be relied on"), NULL},
	{"timestamp", "TOTAL-FAILED", N_("timestamp not valid"), NULL, NULL},
	{"timestamp", "INDETERMINATE", N_("not enough information about the timestamp"), NULL, NULL},
	{"timestamp", "HASH_FAILURE", NULL, N_("the content was changed after it was time-stamped, or the time-stamp is about something else"), NULL},
	{"evidence-record", "TOTAL-PASSED", N_("evidence record valid"), N_("the data is as it was at the time proven"), NULL},
	{"evidence-record", "TOTAL-FAILED", N_("evidence record not valid"), NULL, NULL},
	{"evidence-record", "INDETERMINATE", N_("not enough information about the evidence record"), NULL, NULL},
	{"evidence-record", "HASH_FAILURE", NULL, N_("the data was changed, or the evidence record is about something else"),
	 N_("It proves nothing for this file. Check that it is the right file, or ask for the evidence record again.")},
	{"unsupported", "NO-SIGNATURE", N_("not checked: signatures of this kind are not supported yet"),
	 N_("the file is of a kind that this version does not check"),
	 N_("Check the file with another program, or ask the sender for a signed PDF file.")},
	{"unreadable", "NO-SIGNATURE", N_("no digital signature found: the file is damaged"),
	 N_("the file could not be read whole, and nobody can say whether it was signed"), N_("Ask the sender for the file as it was signed.")},
};

/* Why no signature is told of where there may be one; NULL where there is none or some are told of. */
static const char *unseen_kind(const json_t *report) {
	static const struct word kinds[] = {
		{"FORMAT_NOT_SUPPORTED", "unsupported"}, {"XML_EVIDENCE_RECORD", "unsupported"}, {"ASIC_XADES_NOT_SUPPORTED", "unsupported"},
		{"ASIC_EVIDENCE_RECORD_NOT_USED", "unsupported"}, {"ASIC_UNREADABLE", "unreadable"}, {"DOCUMENT_DAMAGED", "unreadable"},
	};
	size_t index;
	json_t *finding;
	if (json_array_size(json_object_get(report, "signatures"))) return NULL;
	json_array_foreach(json_object_get(report, "findings"), index, finding)
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			if (!strcmp(string(finding, "code"), kinds[i].name)) return kinds[i].text;
	return NULL;
}

/* "" for signatures and documents with signatures. */
static const char *own_kind(const json_t *object) {
	const char *kind = *string(object, "kind") ? string(object, "kind") : string(object, "format"), *unseen = unseen_kind(object);
	if (unseen) return unseen;
	return !strcmp(kind, "evidence-record") ? kind : strstr(kind, "timestamp") ? "timestamp" : "";
}

static void take_own(struct explained *e, const char *kind, const char *name) {
	for (size_t i = 0; i < ARRAY_LEN(own_words); i++) {
		const struct own_word *w = &own_words[i];
		if (strcmp(w->kind, kind) != 0 || strcmp(w->name, name) != 0) continue;
		if (w->verdict) e->verdict = _(w->verdict);
		if (w->why) e->why = _(w->why);
		if (w->help) e->help = _(w->help);
	}
}

/* Sub-indications that many things lead to: the first error says which it was. */
static bool is_general(const char *sub, const char *code) {
	static const char *const general[] = {"FORMAT_FAILURE", "SIG_CONSTRAINTS_FAILURE", "CHAIN_CONSTRAINTS_FAILURE", "CERTIFICATE_CHAIN_GENERAL_FAILURE", "CUSTOM"};
	for (size_t i = 0; i < ARRAY_LEN(general); i++)
		if (!strcmp(sub, general[i])) return true;
	return !strcmp(sub, "TRY_LATER") && !strcmp(code, "CERT_ON_HOLD");
}

static const json_t *first_error(const json_t *findings) {
	size_t index;
	json_t *finding;
	json_array_foreach(findings, index, finding)
		if (!strcmp(string(finding, "severity"), "error")) return finding;
	return NULL;
}

/* The error behind a verdict; of a report that of the first signature with the same one. */
static const json_t *error_behind(const json_t *object) {
	const json_t *error = first_error(json_object_get(object, "findings"));
	size_t index;
	json_t *s;
	json_array_foreach(json_object_get(object, "signatures"), index, s)
		if (!error && !strcmp(string(s, "sub_indication"), string(object, "sub_indication"))) error = first_error(json_object_get(s, "findings"));
	return error;
}

/* What to do about an error, where that is more than about its sub-indication. */
static const struct word error_advice[] = {
	{"CERT_ON_HOLD", N_("Ask the sender what became of the certificate, and validate again when its suspension has ended.")},
	{"CERT_NOT_YET_VALID", N_("Check the clock of the signing computer, or ask for a new signature.")},
	{"CHANGE_FORBIDDEN", N_("Ask the sender for the file as it was signed.")},
	{"REVISION_DAMAGED", N_("Ask the sender for the file as it was signed.")},
	{"DOCUMENT_TOO_LARGE", N_("Ask the sender for a smaller file, or for the signature in a file of its own.")},
	{"VALIDATOR_DIED", N_("Tell the administrator.")},
	{"VALIDATOR_TIMEOUT", N_("Tell the administrator.")},
};

static void take_error(struct explained *e, const char *sub, const json_t *object) {
	const json_t *error = error_behind(object);
	const char *code = string(error, "code"), *fixed = text_of_code(code), *help = find(error_advice, ARRAY_LEN(error_advice), code);
	if (!error || !is_general(sub, code)) return;
	if (fixed) e->why = _(fixed);
	if (help) e->help = help;
}

struct explained explain_verdict(const json_t *object) {
	const char *indication = string(object, "indication"), *sub = string(object, "sub_indication"), *key = *sub ? sub : indication;
	const char *kind = own_kind(object);
	struct explained e = {explain_indication(indication), explain_reason(key), explain_advice(key)};
	take_error(&e, sub, object);
	take_own(&e, kind, indication);
	if (*sub) take_own(&e, kind, sub);
	return e;
}

char *explain_finding(const json_t *finding) {
	const char *text = string(finding, "text"), *detail = string(finding, "detail"), *fixed = text_of_code(string(finding, "code"));
	size_t n = fixed ? strlen(fixed) : 0;
	/* The fixed text may be followed by the detail. */
	if (!*detail && n && !strncmp(text, fixed, n) && text[n]) detail = text + n + strspn(text + n, ": ");
	char *whole = xasprintf(*detail ? "%s (%s)" : "%s%s", fixed ? _(fixed) : _(text), detail), *safe = explain_safe(whole);
	free(whole);
	return safe;
}

char *explain_time(const char *rfc3339) {
	utime t;
	char text[128];
	struct tm local;
	if (!utime_parse(rfc3339, &t)) return explain_safe(rfc3339);
	time_t seconds = (time_t)(t / UTIME_SECOND - (t % UTIME_SECOND < 0));
	/* The zone is shown: the reader's wall clock and the stored UTC then cannot be taken for each other. */
	if (!localtime_r(&seconds, &local) || !strftime(text, sizeof text, _("%Y-%m-%d %H:%M:%S (UTC%z)"), &local)) return explain_safe(rfc3339);
	return xstrdup(text);
}

/* The code point at p and how many bytes it takes; 0 bytes when it is none. */
static size_t code_point(const unsigned char *p, unsigned *value) {
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	*value = n == 1 ? *p : n ? *p & (0x7f >> n) : 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) return 0;
		*value = *value << 6 | (p[i] & 0x3f);
	}
	return *value < least[n] || *value > 0x10ffff || (*value >= 0xd800 && *value < 0xe000) ? 0 : n;
}

static bool harmless(unsigned c) {
	if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
	return c != 0x200e && c != 0x200f && c != 0x061c && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

char *explain_safe(const char *text) {
	struct buf b = {0};
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		unsigned c;
		size_t n = code_point(p, &c);
		if (!n) buf_printf(&b, "\\x%02x", *p);
		else if (!harmless(c)) buf_printf(&b, "\\u%04x", c);
		else buf_add(&b, p, n);
		p += n ? n : 1;
	}
	return buf_take_text(&b);
}
