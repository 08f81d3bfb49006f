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
	{"FORMAT_FAILURE", N_("Ask the sender for the file as it was signed: this one is not built as signed files are.")},
	{"HASH_FAILURE", N_("Do not use this file: it was changed after it was signed. Ask the sender for the original.")},
	{"SIG_CRYPTO_FAILURE", N_("Do not use this file: the signature does not belong to it. Ask the sender for the original.")},
	{"REVOKED", N_("The certificate was revoked before the signature is proven to exist. Ask for a new signature.")},
	{"EXPIRED", N_("The certificate had expired before the signature is proven to exist. Ask for a new signature.")},
	{"NOT_YET_VALID", N_("The certificate was not yet valid at that time. Check the clock of the signing computer.")},
	{"SIG_CONSTRAINTS_FAILURE", N_("The signature lacks something that the validation policy asks for. See the findings.")},
	{"CHAIN_CONSTRAINTS_FAILURE", N_("The certificate is not one for this purpose. Ask for a signature with the right certificate.")},
	{"CERTIFICATE_CHAIN_GENERAL_FAILURE", N_("The path to a trust anchor could not be checked. See the findings; validate again online.")},
	{"CRYPTO_CONSTRAINTS_FAILURE", N_("An algorithm or key is too weak for its time. Ask for a new signature.")},
	{"POLICY_PROCESSING_ERROR", N_("The validation policy could not be applied. Tell the administrator.")},
	{"TIMESTAMP_ORDER_FAILURE", N_("The timestamps contradict each other. Ask the sender for the original.")},
	{"NO_SIGNING_CERTIFICATE_FOUND", N_("The signer's certificate is not in the file. Offer it with --evidence.")},
	{"NO_CERTIFICATE_CHAIN_FOUND", N_("The issuer is not trusted here. If it should be, add its root certificate to the trust anchors.")},
	{"NO_CERTIFICATE_CHAIN_FOUND_NO_POE", N_("No trust anchor was valid at the proven time. Check the trust anchors.")},
	{"REVOKED_NO_POE", N_("The certificate was revoked, and nothing proves that the signature is older. Ask for a timestamp or proof of receipt.")},
	{"REVOKED_CA_NO_POE", N_("An issuer's certificate was revoked, and nothing proves that the signature is older.")},
	{"OUT_OF_BOUNDS_NOT_REVOKED", N_("The certificate has expired, was not revoked, and nothing proves that the signature is older. "
	                                 "Ask for a timestamp or proof of receipt.")},
	{"OUT_OF_BOUNDS_NO_POE", N_("The certificate is not valid now, and nothing proves when the signature was made. Ask for a timestamp or proof of receipt.")},
	{"REVOCATION_OUT_OF_BOUNDS_NO_POE", N_("The revocation data cannot be relied on any more. Validate again online.")},
	{"CRYPTO_CONSTRAINTS_FAILURE_NO_POE", N_("An algorithm is too weak now, and nothing proves that the signature is older.")},
	{"NO_POE", N_("Nothing proves when the signature was made. Ask for a timestamp or proof of receipt.")},
	{"TRY_LATER", N_("The status of a certificate is not known yet. Validate again later, and online.")},
	{"SIGNED_DATA_NOT_FOUND", N_("What was signed is not in this file. Offer it with --data.")},
	{"CUSTOM", N_("See the findings.")},
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

const char *explain_advice(const char *sub_indication) {
	const char *text = find(advice, ARRAY_LEN(advice), sub_indication);
	return text ? text : "";
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
