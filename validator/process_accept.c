/* EN 319 102-1 5.2.6 and 5.2.8 for one signature, and 5.3: the building blocks put together. */
#include "validator/process.h"

#include <stdlib.h>
#include <string.h>

static void judge_path(struct context *c, struct cert *target, enum path_purpose purpose, utime t,
		       enum revocation_mode mode, struct path_result *result) {
	struct path_request request = {
		.target = target,
		.anchors = c->v->anchors,
		.pool = c->pool,
		.cache = c->v->cache,
		.policy = c->v->policy,
		.at = t,
		.now = c->request->at,
		.poes = &c->poes,
		.considered = &c->candidates,
		.accepted = &c->accepted,
		.revocation = mode,
		.purpose = purpose,
	};
	*result = (struct path_result){0};
	path_judge(&request, result);
}

void process_path_at(struct context *c, const struct signature *s, utime t, enum revocation_mode mode,
		     struct path_result *result) {
	judge_path(c, s->cert, s->kind == KIND_SIGNATURE ? PATH_SIGNER : PATH_TSA, t, mode, result);
}

void process_status_path(struct context *c, const struct path_evidence *evidence, struct path_result *result) {
	judge_path(c, evidence->signer, evidence->by_ocsp ? PATH_OCSP : PATH_CRL, c->request->at,
		   c->request->revocation, result);
}

void process_x509(struct context *c, struct signature *s) {
	if (!s->cert) return;
	process_path_at(c, s, c->request->at, c->request->revocation, &s->path);
	s->path_judged = true;
	s->x509 = s->path.outcome;
}

struct outcome process_algorithms(const struct context *c, const struct signature *s, utime t) {
	struct outcome passed = {INDICATION_PASSED, SUB_NONE};
	if (t < s->algorithms_end || policy_end_is_prediction(c->v->policy, s->algorithms_end)) return passed;
	return (struct outcome){INDICATION_INDETERMINATE, s->algorithms_end == POLICY_NEVER
								  ? SUB_CRYPTO_CONSTRAINTS_FAILURE
								  : SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE};
}

static void find_algorithms_end(struct context *c, struct signature *s) {
	if (s->tst_read) s->imprint_end = policy_digest_end(c->v->policy, digest_of_algorithm(&s->tst.imprint_alg));
	if (s->use.scheme == SCHEME_UNKNOWN) return;
	char *what = NULL;
	utime value_end = policy_use_end(c->v->policy, &s->use, &what);
	s->algorithms_end = value_end;
	/* a time-stamp proves the existence of whatever has the digest in it (5.6.2.3) */
	bool reference = s->reference_digest != DIGEST_UNKNOWN &&
			 policy_level(c->v->policy, POLICY_REFERENCE_DIGESTS) == POLICY_FAIL;
	const enum digest_alg digests[] = {s->digest, reference ? s->reference_digest : s->digest,
					   s->tst_read ? digest_of_algorithm(&s->tst.imprint_alg) : s->digest};
	for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
		utime end = policy_digest_end(c->v->policy, digests[i]);
		if (end >= s->algorithms_end) continue;
		free(what);
		what = xstrdup(digest_name(digests[i]));
		s->algorithms_end = end;
	}
	for (int alg = 0; s->asic && alg < DIGEST_ALGS; alg++) {
		utime end = s->asic->algs[alg] ? policy_digest_end(c->v->policy, (enum digest_alg)alg) : POLICY_NO_END;
		if (end >= s->algorithms_end) continue;
		free(what);
		what = xstrdup(digest_name((enum digest_alg)alg));
		s->algorithms_end = end;
	}
	free(s->algorithms_what);
	s->algorithms_what = what;
}

/* RFC 3161 2.4.2: a name in the token must be one of the authority's certificate. */
static void check_tsa_name(struct signature *s) {
	struct der name;
	if (!s->tst_read || !s->tst.tsa.start || !s->cert || s->tst.tsa.tag != (DER_CONTEXT | DER_CONSTRUCTED | 4))
		return;
	struct der_walk w = der_walk_in(&s->tst.tsa);
	if (!der_next(&w, &name)) return;
	if (name.full != s->cert->subject.full || memcmp(name.start, s->cert->subject.start, name.full))
		finding_add(&s->findings, FINDING_TIMESTAMP_TSA_NAME, "%s", s->cert->subject_text);
}

void process_accept(struct context *c, struct signature *s) {
	bool ades = s->kind != KIND_SIGNATURE || (s->sub_filter && !strcmp(s->sub_filter, "ETSI.CAdES.detached"));
	if (s->signer && !s->ess_present && !ades)
		finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_ABSENT, "%s", "");
	if (s->signer && !s->ess_present && ades) {
		enum policy_level level = policy_level(c->v->policy, POLICY_SIGNING_CERTIFICATE);
		if (level == POLICY_WARN) finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_ABSENT, "%s", "");
		if (level == POLICY_FAIL) {
			finding_add(&s->findings, FINDING_SIGNING_CERTIFICATE_REQUIRED, "%s", "");
			process_block(&s->acceptance, INDICATION_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE);
		}
	}
	find_algorithms_end(c, s);
	check_tsa_name(s);
}

/* 5.3.4 steps 4 and 6: only a proof that the signature is not older makes a failure definite. */
static void apply_content_timestamps(struct context *c, struct signature *s, struct outcome *x509,
				     struct outcome *algorithms) {
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		if (t->kind != TOKEN_CONTENT || !t->proves) continue;
		utime not_before = t->signature->tst.gen_time - t->signature->tst.accuracy;
		if (x509->sub == SUB_REVOKED_NO_POE && not_before > s->path.revoked_at)
			*x509 = (struct outcome){INDICATION_FAILED, SUB_REVOKED};
		if ((x509->sub == SUB_OUT_OF_BOUNDS_NO_POE || x509->sub == SUB_OUT_OF_BOUNDS_NOT_REVOKED) &&
		    not_before > s->cert->not_after)
			*x509 = (struct outcome){INDICATION_FAILED, SUB_EXPIRED};
		if (algorithms->sub == SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE &&
		    process_algorithms(c, s, not_before).indication != INDICATION_PASSED)
			*algorithms = (struct outcome){INDICATION_FAILED, SUB_CRYPTO_CONSTRAINTS_FAILURE};
	}
}

void process_basic(struct context *c, struct signature *s) {
	process_format(c, s);
	process_identify(c, s);
	process_policy(c, s);
	process_crypto(c, s);
	process_x509(c, s);
	process_accept(c, s);
	process_tokens(c, s);
	struct outcome x509 = s->x509, algorithms = process_algorithms(c, s, c->request->at);
	apply_content_timestamps(c, s, &x509, &algorithms);
	/* A digest or value that does not verify is known whatever the certificate, so it stands before identification.
	 */
	const struct outcome broken =
		s->crypto.indication == INDICATION_FAILED ? s->crypto : (struct outcome){INDICATION_PASSED, SUB_NONE};
	const struct outcome order[] = {s->format, broken, s->identification, s->context,
					s->crypto, x509,   s->acceptance,     algorithms};
	s->basic = (struct outcome){INDICATION_PASSED, SUB_NONE};
	for (size_t i = 0; i < ARRAY_LEN(order); i++) process_block(&s->basic, order[i].indication, order[i].sub);
	s->outcome = s->in_time = s->basic;
}
