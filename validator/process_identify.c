/* EN 319 102-1 5.2.3: which certificate signed. What is under signature (the ESS references) outweighs what is not (the
 * signer identifier); a certificate is the one named when its bytes hash to the reference. */
#include "validator/process.h"

#include "base/limits.h"

#include <string.h>

static struct cert *pool_by_ref(struct context *c, const struct ess_ref *ref, const struct cms_signer *signer) {
	struct cert *found = NULL;
	for (size_t i = 0; i < pool_cert_count(c->pool) && c->digests < LIMIT_SIGNER_DIGESTS; i++) {
		c->digests += ref->digest != DIGEST_SHA256; /* that one is known */
		struct cert *cert = pool_cert(c->pool, i);
		if (!ess_ref_is(ref, cert)) continue;
		if (signer_names(signer, cert)) return cert;
		if (!found) found = cert;
	}
	return found;
}

static struct cert *pool_by_signer(const struct context *c, const struct cms_signer *signer) {
	for (size_t i = 0; i < pool_cert_count(c->pool); i++)
		if (signer_names(signer, pool_cert(c->pool, i))) return pool_cert(c->pool, i);
	return NULL;
}

/* The certificate the attribute names: its first reference, else any later one; *index tells which. */
static struct cert *by_ess(struct context *c, const struct ess *ess, const struct cms_signer *signer, size_t *index) {
	for (*index = 0; *index < ess->count; ++*index) {
		struct cert *cert = pool_by_ref(c, &ess->refs[*index], signer);
		if (cert) return cert;
	}
	return NULL;
}

static void look_at_issuer(struct signature *s, const struct ess_ref *ref) {
	if (ess_ref_issuer(ref, s->cert) == ESS_ISSUER_OTHER)
		finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_ISSUER, "%s", s->cert->subject_text);
}

static void from_ess(struct context *c, struct signature *s, const struct ess ess[2]) {
	struct cert *found[2] = {NULL, NULL};
	size_t index[2] = {0, 0};
	for (int v = 0; v < 2; v++)
		if (ess[v].present) found[v] = by_ess(c, &ess[v], s->signer, &index[v]);
	int best = ess[1].present && found[1] ? 1 : 0;
	s->cert = found[best];
	bool all_found = (!ess[0].present || found[0]) && (!ess[1].present || found[1]);
	if (!all_found && c->digests >= LIMIT_SIGNER_DIGESTS)
		finding_add(&s->findings, FINDING_LIMIT_REACHED, "digests of certificates");
	if (!s->cert) {
		finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_WRONG, "%s", "");
		process_block(&s->identification, INDICATION_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND);
		return;
	}
	if (ess[0].present && ess[1].present && (!found[0] || !found[1] || !cert_same(found[0], found[1]))) {
		finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_CONTRADICTORY, "%s", "");
		process_block(&s->acceptance, INDICATION_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE);
	}
	if (index[best])
		finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_NOT_FIRST, "number %zu", index[best] + 1);
	s->reference_digest = ess[best].refs[index[best]].digest;
	look_at_issuer(s, &ess[best].refs[index[best]]);
	if (!signer_names(s->signer, s->cert))
		finding_add(&s->findings, FINDING_SIGNER_IDENTIFIER_DIFFERS, "%s", s->cert->subject_text);
}

void process_identify(struct context *c, struct signature *s) {
	struct ess ess[2] = {{0}};
	if (s->bare) {
		if (!s->cert) goto none;
		return;
	}
	if (!s->signer) return;
	for (int v = 0; v < 2; v++) {
		ess_read(&s->signer->signed_attrs, v + 1, &ess[v]);
		if (ess[v].malformed)
			finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_MALFORMED, "version %d", v + 1);
	}
	s->ess_present = ess[0].present || ess[1].present;
	if (s->ess_present) {
		from_ess(c, s, ess);
		return;
	}
	s->cert = pool_by_signer(c, s->signer);
	if (s->cert) return;
none:
	finding_add(&s->findings, FINDING_SIGNER_NOT_FOUND, "%s", "");
	process_block(&s->identification, INDICATION_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND);
}
