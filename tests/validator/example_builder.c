#include "tests/validator/example_builder.h"

#include <stdlib.h>
#include <string.h>

static const char *const ca_extensions[] = {CA_EXTENSIONS, NULL};
static const char *const signer_extensions[] = {SIGNER_USAGE, "crlDistributionPoints", "URI:http://x.test/c.crl", NULL};

void example_set_signer(struct example *e, const struct cert_plan *plan) {
	struct cert_plan p = *plan;
	made_free(&e->signer);
	if (!p.subject) p.subject = "CN=Signer";
	if (!p.key) p.key = "person";
	if (!p.serial) p.serial = 3;
	if (!p.issuer) p.issuer = &e->ca;
	if (!p.extensions) p.extensions = signer_extensions;
	e->signer = cert_make(&p);
	e->cms.signer = e->signer.der, e->cms.signer_key = e->signer.key;
}

void example_open(struct example *e) {
	static const char *const tsa[] = {SIGNER_USAGE, "extendedKeyUsage", "critical,timeStamping", NULL};
	*e = (struct example){.at = NOW};
	e->root = cert_make(&(struct cert_plan){
		.subject = "CN=Root", .key = "root-g1", .from = "20100101000000Z", .extensions = ca_extensions});
	e->ca = cert_make(&(struct cert_plan){.subject = "CN=CA",
					      .key = "sub-g1",
					      .from = "20100101000000Z",
					      .issuer = &e->root,
					      .serial = 2,
					      .extensions = ca_extensions});
	e->tsa = cert_make(&(struct cert_plan){.subject = "CN=TSA",
					       .key = "tsa",
					       .from = "20100101000000Z",
					       .issuer = &e->ca,
					       .serial = 4,
					       .extensions = tsa});
	e->cms.tsa = e->tsa.der, e->cms.tsa_key = e->tsa.key;
	example_set_signer(e, &(struct cert_plan){0});
}

void example_close(struct example *e) {
	struct made *const all[] = {&e->root, &e->ca, &e->signer, &e->tsa, &e->responder};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i]->x509) made_free(all[i]);
	for (size_t i = 0; i < e->evidence_count; i++) buf_dispose(&e->evidence[i]);
	buf_dispose(&e->document);
	free(e->policy);
}

void example_give(struct example *e, struct buf bytes) {
	if (e->evidence_count == ARRAY_LEN(e->evidence)) abort();
	e->evidence[e->evidence_count++] = bytes;
}

void example_give_cert(struct example *e, const struct made *made) {
	struct buf copy = {0};
	buf_add(&copy, made->der.data, made->der.len);
	example_give(e, copy);
}

void example_give_list(struct example *e, const struct made *issuer, const char *from, const char *to,
		       const char *serial, const char *when, const char *reason) {
	const char *const row[] = {serial, when, reason, NULL};
	example_give(e, crl_make(&(struct crl_plan){
				.issuer = issuer, .this_update = from, .next_update = to, .revoked = row}));
}

void example_give_status(struct example *e) {
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_give_list(e, &e->ca, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
}

void example_sign_with(struct example *e, unsigned flags, const struct buf *signed_extra,
		       const struct buf *unsigned_extra) {
	const struct cms_plan plan = {.content = CONTENT,
				      .content_len = sizeof CONTENT - 1,
				      .flags = flags,
				      .signed_extra = signed_extra,
				      .unsigned_extra = unsigned_extra};
	buf_dispose(&e->document);
	e->document = cms_build(&e->cms, &plan);
}

void example_sign(struct example *e, unsigned flags) {
	example_sign_with(e, flags | BUILD_ENVELOPING, NULL, NULL);
}

void example_sign_stamped(struct example *e, const char *content, const char *value) {
	struct buf before = {0}, after = {0};
	if (content) {
		struct buf token = cms_build_token(&e->cms, content, CONTENT, sizeof CONTENT - 1, 0);
		before = cms_build_attribute(OID_SMIME "20", &token);
		buf_dispose(&token);
	}
	example_sign_with(e, BUILD_ENVELOPING, content ? &before : NULL, NULL);
	if (value) {
		struct buf made = cms_build_value(&e->document);
		struct buf token = cms_build_token(&e->cms, value, made.data, made.len, 0);
		after = cms_build_attribute(OID_SMIME "14", &token);
		example_sign_with(e, BUILD_ENVELOPING, content ? &before : NULL, &after);
		buf_dispose(&made), buf_dispose(&token);
	}
	buf_dispose(&before), buf_dispose(&after);
}

void example_set_policy(struct example *e, const char *member, const char *rule, json_t *value) {
	json_error_t err;
	json_t *policy = json_load_file(TEST_SOURCE_DIR "/validator/policy_default.json", 0, &err);
	if (!policy) abort();
	json_object_set_new(rule ? json_object_get(policy, member) : policy, rule ? rule : member, value);
	e->policy = json_dumps(policy, 0);
	json_decref(policy);
}

json_t *example_judge(const struct example *e) {
	struct error err = {0};
	struct validator *v = validator_new(e->policy, e->policy ? strlen(e->policy) : 0, &err);
	if (!v) abort();
	if (!e->untrusted && validator_add_trust(v, e->root.der.data, e->root.der.len) != 1) abort();
	struct val_blob evidence[ARRAY_LEN(e->evidence)];
	for (size_t i = 0; i < e->evidence_count; i++)
		evidence[i] = (struct val_blob){e->evidence[i].data, e->evidence[i].len};
	struct val_proof proofs[2] = {{.basis = "archive"}, {.basis = "archive"}};
	struct val_request request = {.document = {e->document.data, e->document.len},
				      .revocation = REVOCATION_HARD,
				      .evidence = evidence,
				      .evidence_count = e->evidence_count};
	if (!utime_parse(e->at, &request.at)) abort();
	request.proofs = proofs;
	if (e->proof) {
		struct val_proof *proof = &proofs[request.proof_count++];
		if (!utime_parse(e->proof, &proof->when)) abort();
		sha256_bytes(e->document.data, e->document.len, proof->sha256);
	}
	if (e->newest) {
		struct val_proof *proof = &proofs[request.proof_count++];
		const struct val_blob *newest = &evidence[e->evidence_count - 1];
		if (!utime_parse(e->newest, &proof->when)) abort();
		sha256_bytes(newest->data, newest->len, proof->sha256);
	}
	json_t *report = validator_judge(v, &request);
	validator_free(v);
	return report;
}
