#include "validator/path_internal.h"

#include <string.h>

static bool check_form(const struct cert *cert, struct finding_list *findings) {
	static const struct {
		unsigned faults;
		enum finding_code code;
	} table[] = {
		{CERT_FAULT_EXTENSION | CERT_FAULT_VERSION | CERT_FAULT_SERIAL, FINDING_CERT_MALFORMED},
		{CERT_FAULT_DUPLICATE, FINDING_CERT_DUPLICATE_EXTENSION},
		{CERT_FAULT_CRITICAL, FINDING_CERT_UNKNOWN_CRITICAL},
		{CERT_FAULT_ALGORITHMS, FINDING_CERT_ALGORITHM_MISMATCH},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (cert->faults & table[i].faults)
			finding_add(findings, table[i].code, "%s%s%s", cert->subject_text,
				    *cert->unknown_critical ? ", " : "", cert->unknown_critical);
	return cert->faults == 0;
}

/* The search has followed verified signatures only, but for keys whose parameters it did not know yet. */
static bool check_signature(const struct path_search *search, const struct chain *chain, size_t index,
			    struct finding_list *findings) {
	struct algorithm_use use;
	const struct cert *cert = chain->certs[index];
	switch (path_signature(search, cert, chain->keys[index + 1], &use)) {
	case SIGNATURE_VALID:
		return true;
	case SIGNATURE_INVALID:
		finding_add(findings, FINDING_CERT_SIGNATURE_INVALID, "%s", cert->subject_text);
		break;
	case SIGNATURE_UNSUPPORTED:
		finding_add(findings, FINDING_CERT_KEY_UNSUPPORTED, "%s", cert->subject_text);
		break;
	}
	return false;
}

/* Certificates between this CA and the target that count for its pathLenConstraint. */
static int intermediates_below(const struct chain *chain, size_t index) {
	int count = 0;
	for (size_t i = 1; i < index; i++)
		if (!chain->certs[i]->self_issued) count++;
	return count;
}

/* An anchor is name and key, its own constraints are respected when it has them; but a certificate that says of itself
 * that it is no CA is trusted for itself alone. */
static bool may_issue(const struct cert *cert, bool anchor) {
	if (cert->has_basic_constraints) return cert->ca;
	return anchor && (cert->version < 3 || cert->self_issued);
}

static bool check_issuer(const struct chain *chain, size_t index, struct finding_list *findings) {
	const struct cert *cert = chain->certs[index];
	bool anchor = index + 1 == chain->count;
	if (!may_issue(cert, anchor)) {
		finding_add(findings, FINDING_CERT_NOT_CA, "%s", cert->subject_text);
		return false;
	}
	if (!cert_key_usage(cert, KU_CERT_SIGN)) {
		finding_add(findings, FINDING_CERT_NO_CERT_SIGN, "%s", cert->subject_text);
		return false;
	}
	if (cert->path_len >= 0 && intermediates_below(chain, index) > cert->path_len) {
		finding_add(findings, FINDING_CERT_PATH_LENGTH, "%s", cert->subject_text);
		return false;
	}
	return true;
}

bool path_check(const struct path_search *search, const struct chain *chain, struct finding_list *findings) {
	bool ok = true;
	for (size_t i = chain->count - 1; i-- > 0;) {
		ok &= check_form(chain->certs[i], findings);
		ok &= check_signature(search, chain, i, findings);
	}
	for (size_t i = chain->count - 1; i > 0; i--) ok &= check_issuer(chain, i, findings);
	ok &= path_check_names(chain, search->budget, findings);
	ok &= path_check_policies(
		chain, search->purpose == PATH_ANY || search->purpose == PATH_SIGNER ? search->request->inputs : NULL,
		search->budget, findings);
	return ok;
}

#define EKU_TIMESTAMPING "1.3.6.1.5.5.7.3.8"

static bool check_tsa(const struct path_search *search, const struct cert *cert, struct finding_list *findings) {
	bool named = cert_has_eku(cert, EKU_TIMESTAMPING);
	bool strict = named && cert->eku_critical && cert->eku.count == 1 &&
		      cert_key_usage(cert, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
	enum policy_level level = policy_level(search->request->policy, POLICY_TSA_EKU_CRITICAL);
	if (strict || (named && level == POLICY_IGNORE)) return true;
	bool lax = named && level == POLICY_WARN;
	finding_add(findings, lax ? FINDING_TSA_PURPOSE_LAX : FINDING_TSA_PURPOSE, "%s", cert->subject_text);
	return lax;
}

bool path_check_purpose(const struct path_search *search, const struct chain *chain, struct finding_list *findings) {
	const struct cert *cert = chain->certs[0];
	if (search->purpose == PATH_TSA) return check_tsa(search, cert, findings);
	if (search->purpose == PATH_SIGNER && !cert_key_usage(cert, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) {
		enum policy_level level = policy_level(search->request->policy, POLICY_SIGNER_KEY_USAGE);
		if (level == POLICY_IGNORE) return true;
		finding_add(findings, level == POLICY_WARN ? FINDING_CERT_KEY_USAGE_UNUSUAL : FINDING_CERT_KEY_USAGE,
			    "%s", cert->subject_text);
		return level == POLICY_WARN;
	}
	if (search->purpose == PATH_CRL) return cert_key_usage(cert, KU_CRL_SIGN);
	return true;
}
