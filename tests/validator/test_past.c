/* Validation time sliding and who is exempt from it, with each rule's nearest neighbour. */
#include "tests/validator/world_builder.h"

#include "tests/validator/example_builder.h"
#include "validator/cms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Judges, holds the result against what is expected ("" passed) and lets the example go. */
static void expect(struct example *e, const char *sub, const char *finding) {
	json_t *report = example_judge(e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
	const char *indication = *sub ? "INDETERMINATE" : "TOTAL-PASSED";
	if (strcmp(text(entry, "sub_indication"), sub) || strcmp(text(entry, "indication"), indication) ||
	    (finding && !has_finding(entry, finding))) {
		char *all = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s %s", text(entry, "indication"), text(entry, "sub_indication"));
	}
	json_decref(report);
	example_close(e);
}

static void make_responder(struct example *e, const char *digest, bool no_check) {
	static const char *const plain[] = {SIGNER_USAGE, "extendedKeyUsage", "OCSPSigning", NULL};
	static const char *const exempt[] = {SIGNER_USAGE, "extendedKeyUsage", "OCSPSigning",
					     "noCheck",    "ignored",          NULL};
	e->responder = cert_make(&(struct cert_plan){.subject = "CN=Responder",
						     .key = "ocsp",
						     .issuer = &e->ca,
						     .serial = 5,
						     .digest = digest,
						     .extensions = no_check ? exempt : plain});
}

/* The signer expired in 2025; a delegate said good two weeks after the proof. */
static void answered_by_delegate(struct example *e) {
	example_set_signer(e, &(struct cert_plan){.to = "20250101000000Z"});
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_give(e, ocsp_make(&(struct ocsp_plan){.cert = &e->signer,
						      .issuer = &e->ca,
						      .signer = &e->responder,
						      .this_update = "20241215000000Z",
						      .next_update = "20250115000000Z"}));
	example_sign(e, 0);
	e->proof = "2024-12-01T00:00:00Z";
}

static void certificate_of_a_delegate_slides_too(void **state) {
	(void)state;
	static const struct {
		const char *digest, *sub;
	} cases[] = {{"SHA256", ""}, {"SHA1", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		example_open(&e);
		make_responder(&e, cases[i].digest, true);
		answered_by_delegate(&e);
		expect(&e, cases[i].sub, NULL);
	}
}

/* Its own status is as old as what it was said in: before the proof it is too old, behind it it is not. */
static void status_of_a_delegate_slides_too(void **state) {
	(void)state;
	static const struct {
		const char *from, *to, *sub;
	} cases[] = {
		{"20241220000000Z", "20250120000000Z", ""},
		{"20241120000000Z", "20241220000000Z", "OUT_OF_BOUNDS_NO_POE"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		example_open(&e);
		make_responder(&e, NULL, false);
		answered_by_delegate(&e);
		/* an answer about the delegate alone, by the authority itself */
		example_give(&e, ocsp_make(&(struct ocsp_plan){.cert = &e.responder,
							       .issuer = &e.ca,
							       .this_update = cases[i].from,
							       .next_update = cases[i].to}));
		expect(&e, cases[i].sub, NULL);
	}
}

/* A delegate that answered and was revoked half a year later: its answer proves the past where it is proven to be older than that,
 * whether the signer's certificate has expired since or the answer alone is stale. */
static void answer_of_a_delegate_revoked_since_needs_a_proof(void **state) {
	(void)state;
	static const struct {
		const char *revoked, *proven, *sub[2];
	} cases[] = {
		{"20250301000000Z", NULL, {"OUT_OF_BOUNDS_NO_POE", "TRY_LATER"}},
		{"20250301000000Z", "2025-03-01T00:00:00Z", {"OUT_OF_BOUNDS_NO_POE", "TRY_LATER"}},
		{"20250301000000Z", "2025-02-28T23:59:59Z", {"", ""}},
		{NULL, NULL, {"", ""}},
		{"20241215000000Z", "2024-12-15T00:00:00Z", {"CERTIFICATE_CHAIN_GENERAL_FAILURE", "CERTIFICATE_CHAIN_GENERAL_FAILURE"}},
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		bool expired = i % 2 == 0, revoked = cases[i / 2].revoked != NULL;
		const char *sub = cases[i / 2].sub[i % 2];
		struct example e;
		example_open(&e);
		make_responder(&e, NULL, false);
		if (expired) example_set_signer(&e, &(struct cert_plan){.to = "20250101000000Z"});
		example_give_cert(&e, &e.ca);
		example_give_list(&e, &e.root, "20241201000000Z", "20250701000000Z", NULL, NULL, NULL);
		/* an answer about the delegate alone, by the authority itself */
		example_give(&e, ocsp_make(&(struct ocsp_plan){.cert = &e.responder,
							       .issuer = &e.ca,
							       .status = revoked,
							       .revoked_at = cases[i / 2].revoked,
							       .this_update = "20250520000000Z",
							       .next_update = "20250701000000Z"}));
		example_give(&e, ocsp_make(&(struct ocsp_plan){.cert = &e.signer,
							       .issuer = &e.ca,
							       .signer = &e.responder,
							       .this_update = "20241215000000Z",
							       .next_update = "20250115000000Z"}));
		example_sign(&e, 0);
		e.proof = expired ? "2024-12-01T00:00:00Z" : "2024-12-20T00:00:00Z";
		e.newest = cases[i / 2].proven;
		expect(&e, sub, revoked && *sub && *sub != 'C' ? "REVOCATION_SIGNER_REVOKED" : NULL);
	}
}

static void proof_at_the_moment_of_revocation_is_too_late(void **state) {
	(void)state;
	static const struct {
		const char *proof, *sub;
	} cases[] = {{"2025-01-01T00:00:00Z", "REVOKED_NO_POE"}, {"2024-12-31T23:59:59Z", ""}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		example_open(&e);
		example_give_cert(&e, &e.ca);
		example_give_list(&e, &e.root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
		example_give_list(&e, &e.ca, "20250520000000Z", "20250701000000Z", "3", "20250101000000Z", "1");
		example_sign(&e, 0);
		e.proof = cases[i].proof;
		expect(&e, cases[i].sub, NULL);
	}
}

static void ocsp_nocheck_exempts_no_signer_of_documents(void **state) {
	(void)state;
	static const char *const extensions[] = {SIGNER_USAGE,
						 "crlDistributionPoints",
						 "URI:http://x.test/c.crl",
						 "extendedKeyUsage",
						 "OCSPSigning",
						 "noCheck",
						 "ignored",
						 NULL};
	for (int known = 0; known < 2; known++) {
		struct example e;
		example_open(&e);
		example_set_signer(&e, &(struct cert_plan){.extensions = extensions});
		example_give_cert(&e, &e.ca);
		example_give_list(&e, &e.root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
		if (known) example_give_status(&e);
		example_sign(&e, 0);
		expect(&e, known ? "" : "CERTIFICATE_CHAIN_GENERAL_FAILURE", known ? NULL : "REVOCATION_MISSING");
	}
}

static void digest_of_the_reference_is_judged_as_the_policy_says(void **state) {
	(void)state;
	static const struct {
		unsigned flags;
		const char *level, *sub, *finding;
	} cases[] = {
		{BUILD_ESS_V1, "warn", "", "SIGNING_CERTIFICATE_DIGEST_ENDED"},
		{BUILD_ESS_V1, "fail", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "SIGNATURE_ALGORITHM_ENDED"},
		{BUILD_ESS_V1, "ignore", "", NULL},
		{0, "fail", "", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		example_open(&e);
		example_give_status(&e);
		example_sign(&e, cases[i].flags);
		example_set_policy(&e, "rules", "reference_digests", json_string(cases[i].level));
		expect(&e, cases[i].sub, cases[i].finding);
	}
}

/* Signed and time-stamped; the authority of that time-stamp has expired. An archive time-stamp from before that proves
 * it. */
static void archive_timestamps_prove_older_ones(void **state) {
	(void)state;
	static const char *const lasting[] = {"2.5.29.60", "DER:180F32303230303130313030303030305A", NULL};
	static const char *const tsa[] = {SIGNER_USAGE, "extendedKeyUsage", "critical,timeStamping", NULL};
	static const struct {
		const char *archived, *basis;
	} cases[] = {{"20230101000000Z", "signature-timestamp"}, {"20230101000001Z", "archive-timestamp"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const char *const row[] = {"3", "20230102000000Z", "1", NULL};
		struct example e;
		example_open(&e);
		example_give_cert(&e, &e.ca);
		example_give_list(&e, &e.root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
		example_give(&e, crl_make(&(struct crl_plan){.issuer = &e.ca,
							     .this_update = "20250520000000Z",
							     .next_update = "20250701000000Z",
							     .revoked = row,
							     .extensions = lasting}));
		example_sign(&e, 0);
		struct buf value = cms_build_value(&e.document);
		struct made newer = e.tsa;
		e.tsa = cert_make(&(struct cert_plan){.subject = "CN=Old TSA",
						      .key = "other",
						      .issuer = &e.ca,
						      .serial = 6,
						      .to = "20230101000000Z",
						      .extensions = tsa});
		e.cms.tsa = e.tsa.der, e.cms.tsa_key = e.tsa.key;
		struct buf token = cms_build_token(&e.cms, "20220601000000Z", value.data, value.len, 0);
		struct buf stamp = cms_build_attribute(OID_SMIME "14", &token);
		e.cms.tsa = newer.der, e.cms.tsa_key = newer.key;
		const struct cms_plan plan = {.content = CONTENT,
					      .content_len = sizeof CONTENT - 1,
					      .flags = BUILD_ENVELOPING,
					      .unsigned_extra = &stamp};
		buf_dispose(&e.document);
		e.document = cms_build_archived_2(&e.cms, &plan, cases[i].archived, false);
		buf_dispose(&value), buf_dispose(&token), buf_dispose(&stamp);
		json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
		json_t *proven = json_object_get(entry, "signing_time");
		assert_string_equal(text(entry, "indication"), "TOTAL-PASSED");
		assert_string_equal(text(proven, "basis"), cases[i].basis);
		json_decref(report);
		example_close(&e);
		made_free(&newer);
	}
}

/* The unsigned attributes of the first signature, as they stand. */
static struct buf attributes_of(const struct buf *document) {
	struct cms cms;
	const char *why;
	struct buf out = {0};
	assert_true(cms_read(document->data, document->len, &cms, &why));
	const struct der *set = &cms.signers[0].unsigned_attrs;
	buf_add(&out, set->data, set->len);
	cms_dispose(&cms);
	return out;
}

/* The certificate of the countersignature has ended since. An archive time-stamp of version 2 on the signature proves what stands
 * before it, and not what was put behind it. */
static void archive_timestamp_2_proves_the_countersignatures_before_it(void **state) {
	(void)state;
	static const char *const lasting[] = {"2.5.29.60", "DER:180F32303230303130313030303030305A", NULL};
	static const char *const signer[] = {SIGNER_USAGE, NULL};
	for (int before = 0; before < 2; before++) {
		struct example e;
		example_open(&e);
		example_give_cert(&e, &e.ca);
		example_give_list(&e, &e.root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
		example_give(&e, crl_make(&(struct crl_plan){.issuer = &e.ca,
							     .this_update = "20250520000000Z",
							     .next_update = "20250701000000Z",
							     .extensions = lasting}));
		example_sign(&e, 0);
		struct buf value = cms_build_value(&e.document), extra = {0};
		struct made newer = e.tsa;
		e.tsa = cert_make(&(struct cert_plan){.subject = "CN=Countersigner",
						      .key = "other",
						      .issuer = &e.ca,
						      .serial = 6,
						      .to = "20230101000000Z",
						      .extensions = signer});
		example_give_cert(&e, &e.tsa);
		e.cms.tsa = e.tsa.der, e.cms.tsa_key = e.tsa.key;
		struct buf counter = cms_build_counter(&e.cms, &value, BUILD_NO_TYPE);
		e.cms.tsa = newer.der, e.cms.tsa_key = newer.key;
		struct cms_plan plan = {
			.content = CONTENT, .content_len = sizeof CONTENT - 1, .flags = BUILD_ENVELOPING, .unsigned_extra = before ? &counter : NULL};
		buf_dispose(&e.document);
		e.document = cms_build_archived_2(&e.cms, &plan, "20220601000000Z", false);
		if (!before) {
			extra = attributes_of(&e.document);
			buf_add(&extra, counter.data, counter.len);
			plan.unsigned_extra = &extra;
			buf_dispose(&e.document);
			e.document = cms_build(&e.cms, &plan);
		}
		json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 1);
		json_t *first = json_array_get(json_object_get(report, "signatures"), 0);
		assert_string_equal(text(json_object_get(first, "signing_time"), "basis"), "archive-timestamp");
		assert_string_equal(text(entry, "indication"), before ? "TOTAL-PASSED" : "INDETERMINATE");
		assert_string_equal(text(json_object_get(entry, "signing_time"), "basis"), before ? "archive-timestamp" : "none");
		json_decref(report);
		example_close(&e);
		made_free(&newer);
		buf_dispose(&value), buf_dispose(&counter), buf_dispose(&extra);
	}
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_of_a_delegate_slides_too),
		cmocka_unit_test(status_of_a_delegate_slides_too),
		cmocka_unit_test(answer_of_a_delegate_revoked_since_needs_a_proof),
		cmocka_unit_test(proof_at_the_moment_of_revocation_is_too_late),
		cmocka_unit_test(archive_timestamps_prove_older_ones),
		cmocka_unit_test(archive_timestamp_2_proves_the_countersignatures_before_it),
		cmocka_unit_test(ocsp_nocheck_exempts_no_signer_of_documents),
		cmocka_unit_test(digest_of_the_reference_is_judged_as_the_policy_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
