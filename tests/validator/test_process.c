/* The process of EN 319 102-1 on CMS signatures: each rule beside what breaks it. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct val_request nothing;

#define CONTENT "hello world"
#define NOW "2025-06-01T00:00:00Z"

/* Each rule about the form of a CMS signature, beside what is right. */
static void each_rule_has_its_result(void **state) {
	(void)state;
	static const char passed[] = "TOTAL-PASSED", failed[] = "TOTAL-FAILED", unsure[] = "INDETERMINATE";
	static const struct {
		const char *name;
		unsigned flags;
		const char *indication, *sub, *integrity, *finding;
	} cases[] = {
		{"plain", 0, passed, "", "intact", NULL},
		{"indefinite lengths", BUILD_INDEFINITE, passed, "", "intact", NULL},
		{"value flipped", BUILD_FLIP_VALUE, failed, "SIG_CRYPTO_FAILURE", "broken", "SIGNATURE_VALUE_WRONG"},
		{"digest wrong", BUILD_WRONG_DIGEST, failed, "HASH_FAILURE", "broken", "SIGNED_DATA_CHANGED"},
		{"no attributes", BUILD_NO_ATTRIBUTES, passed, "", "intact", "SIGNING_CERTIFICATE_ABSENT"},
		{"no attributes, flipped", BUILD_NO_ATTRIBUTES | BUILD_FLIP_VALUE, failed, "SIG_CRYPTO_FAILURE",
		 "broken", NULL},
		{"no reference", BUILD_NO_ESS, passed, "", "intact", "SIGNING_CERTIFICATE_ABSENT"},
		{"version 1", BUILD_ESS_V1, passed, "", "intact", NULL},
		{"both versions", BUILD_ESS_BOTH, passed, "", "intact", NULL},
		{"versions contradict", BUILD_ESS_BOTH | BUILD_ESS_WRONG, unsure, "SIG_CONSTRAINTS_FAILURE", "intact",
		 "SIGNING_CERTIFICATE_CONTRADICTORY"},
		{"reference wrong", BUILD_ESS_WRONG, unsure, "NO_SIGNING_CERTIFICATE_FOUND", "intact",
		 "SIGNING_CERTIFICATE_WRONG"},
		{"reference second", BUILD_ESS_SECOND, passed, "", "intact", "SIGNING_CERTIFICATE_NOT_FIRST"},
		{"issuer wrong", BUILD_ESS_ISSUER_WRONG, passed, "", "intact", "SIGNING_CERTIFICATE_ISSUER"},
		{"reference malformed", BUILD_ESS_MALFORMED, passed, "", "intact", "SIGNING_CERTIFICATE_MALFORMED"},
		{"reference unsigned", BUILD_ESS_UNSIGNED, passed, "", "intact", "SIGNING_CERTIFICATE_ABSENT"},
		{"twin", BUILD_ESS_TWIN, passed, "", "intact", "SIGNER_IDENTIFIER_DIFFERS"},
		{"content type wrong", BUILD_WRONG_TYPE, failed, "FORMAT_FAILURE", "intact", "CONTENT_TYPE_WRONG"},
		{"content type absent", BUILD_NO_TYPE, failed, "FORMAT_FAILURE", "intact", "ATTRIBUTE_NOT_SINGLE"},
		{"two digests", BUILD_TWO_DIGESTS, failed, "FORMAT_FAILURE", "broken", "ATTRIBUTE_NOT_SINGLE"},
		{"stored unsorted", BUILD_UNSORTED, passed, "", "intact", NULL},
		{"signed unsorted", BUILD_AS_STORED, passed, "", "intact", "SIGNED_ATTRIBUTES_NOT_DER"},
		{"one byte behind", BUILD_TRAILING, failed, "FORMAT_FAILURE", "intact", "TRAILING_DATA"},
		{"zeros behind", BUILD_ZEROS, passed, "", "intact", NULL},
		{"no certificate", BUILD_NO_CERTIFICATE, unsure, "NO_SIGNING_CERTIFICATE_FOUND", "broken",
		 "SIGNING_CERTIFICATE_WRONG"},
		{"key identifier", BUILD_KEY_ID, passed, "", "intact", NULL},
		{"digests differ", BUILD_DIGESTS_DIFFER, unsure, "SIG_CONSTRAINTS_FAILURE", "intact",
		 "DIGEST_ALGORITHMS_DIFFER"},
		{"protection", BUILD_PROTECTION, passed, "", "intact", NULL},
		{"protection wrong", BUILD_PROTECTION_WRONG, failed, "SIG_CRYPTO_FAILURE", "intact",
		 "ALGORITHM_PROTECTION_WRONG"},
		{"no digest algorithm", BUILD_BAD_DIGEST_OID, unsure, "CRYPTO_CONSTRAINTS_FAILURE", "broken",
		 "DIGEST_ALGORITHM_UNKNOWN"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cms_plan plan = {.content = CONTENT,
					.content_len = sizeof CONTENT - 1,
					.flags = cases[i].flags | BUILD_ENVELOPING};
		struct buf document = cms_build(&world, &plan);
		json_t *report = judge_at(&nothing, &document, NOW);
		assert_string_equal(text(report, "format"), "cms");
		expect_verdict(entry(report, 0), cases[i].name, cases[i].indication, cases[i].sub, cases[i].integrity);
		expect_verdict(report, cases[i].name, cases[i].indication, cases[i].sub, cases[i].integrity);
		if (cases[i].finding && !has_finding(entry(report, 0), cases[i].finding))
			fail_msg("%s: no finding %s", cases[i].name, cases[i].finding);
		json_decref(report);
		buf_dispose(&document);
	}
}

static void detached_signatures_need_their_data(void **state) {
	(void)state;
	const struct val_blob right = {(const unsigned char *)CONTENT, sizeof CONTENT - 1},
			      wrong = {(const unsigned char *)"x", 1};
	const struct val_blob both[] = {wrong, right};
	unsigned char hash[SHA256_SIZE];
	char digest[8 + SHA256_HEX] = "SHA256:";
	sha256_bytes(right.data, right.len, hash);
	hex_encode(hash, sizeof hash, digest + 7);
	const char *digests[] = {digest};
	const struct {
		const char *name;
		struct val_request request;
		const char *indication, *sub, *integrity;
	} cases[] = {
		{"none", {.data_count = 0}, "INDETERMINATE", "SIGNED_DATA_NOT_FOUND", "broken"},
		{"right", {.data = &right, .data_count = 1}, "TOTAL-PASSED", "", "intact"},
		{"wrong", {.data = &wrong, .data_count = 1}, "TOTAL-FAILED", "HASH_FAILURE", "broken"},
		{"one of two", {.data = both, .data_count = 2}, "TOTAL-PASSED", "", "intact"},
		{"digest", {.digests = digests, .digest_count = 1}, "TOTAL-PASSED", "", "intact"},
	};
	static const unsigned forms[] = {0, BUILD_NO_ATTRIBUTES};
	for (size_t f = 0; f < ARRAY_LEN(forms); f++)
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			/* without attributes a wrong document shows as a wrong signature value */
			const char *sub =
				forms[f] && !strcmp(cases[i].sub, "HASH_FAILURE") ? "SIG_CRYPTO_FAILURE" : cases[i].sub;
			struct cms_plan plan = {
				.content = CONTENT, .content_len = sizeof CONTENT - 1, .flags = forms[f]};
			struct buf document = cms_build(&world, &plan);
			json_t *report = judge_at(&cases[i].request, &document, NOW);
			expect_verdict(entry(report, 0), cases[i].name, cases[i].indication, sub, cases[i].integrity);
			if (!f && !i) { /* what is missing can be looked for by its digest */
				char *text = json_dumps(report, 0), *hex = hex_dup(hash, sizeof hash),
				     *detail = xasprintf("\"SHA-256:%s\"", hex);
				assert_non_null(strstr(text, detail));
				free(text), free(hex), free(detail);
			}
			json_decref(report);
			buf_dispose(&document);
		}
}

static void evidence_gives_the_certificate(void **state) {
	(void)state;
	const struct val_blob cert = {world.signer.data, world.signer.len};
	struct cms_plan plan = {
		.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING | BUILD_NO_CERTIFICATE};
	struct buf document = cms_build(&world, &plan);
	json_t *report = judge_at(&(struct val_request){.evidence = &cert, .evidence_count = 1}, &document, NOW);
	expect_verdict(entry(report, 0), "evidence", "TOTAL-PASSED", "", "intact");
	json_decref(report);
	buf_dispose(&document);
}

static void each_signer_of_a_file_is_judged(void **state) {
	(void)state;
	struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING | BUILD_TWO_SIGNERS};
	struct buf document = cms_build(&world, &plan);
	json_t *report = judge_at(&nothing, &document, NOW);
	assert_int_equal(json_array_size(json_object_get(report, "signatures")), 2);
	expect_verdict(entry(report, 0), "first", "TOTAL-PASSED", "", "intact");
	expect_verdict(entry(report, 1), "second", "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken");
	expect_verdict(report, "document", "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken");
	assert_string_equal(text(entry(report, 1), "id"), "Signature2");
	json_decref(report);
	buf_dispose(&document);
}

static void countersignatures_are_entries_of_their_own(void **state) {
	(void)state;
	static const struct {
		unsigned flags;
		const char *indication, *sub, *integrity;
	} cases[] = {
		{BUILD_NO_TYPE, "TOTAL-PASSED", "", "intact"},
		{BUILD_NO_TYPE | BUILD_FLIP_VALUE, "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken"},
		{0, "TOTAL-FAILED", "FORMAT_FAILURE", "intact"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING};
		struct val_blob evidence = {world.tsa.data, world.tsa.len};
		struct buf bare = cms_build(&world, &plan), value = cms_build_value(&bare);
		struct buf counter = cms_build_counter(&world, &value, cases[i].flags);
		plan.unsigned_extra = &counter;
		struct buf document = cms_build(&world, &plan);
		json_t *report =
			judge_at(&(struct val_request){.evidence = &evidence, .evidence_count = 1}, &document, NOW);
		expect_verdict(entry(report, 0), "countersigned", "TOTAL-PASSED", "", "intact");
		assert_string_equal(text(entry(report, 1), "id"), "Signature1/countersignature1");
		expect_verdict(entry(report, 1), "counter", cases[i].indication, cases[i].sub, cases[i].integrity);
		json_decref(report);
		buf_dispose(&bare), buf_dispose(&value), buf_dispose(&counter), buf_dispose(&document);
	}
}

static void tokens_alone_speak_about_the_data_given(void **state) {
	(void)state;
	struct buf token = cms_build_token(&world, "20240301000000Z", CONTENT, 11, 0),
		   response = cms_build_response(&token);
	const struct val_blob right = {(const unsigned char *)CONTENT, 11}, wrong = {(const unsigned char *)"x", 1};
	const struct {
		const struct buf *document;
		const struct val_blob *data;
		const char *indication, *sub, *integrity;
	} cases[] = {
		{&token, &right, "TOTAL-PASSED", "", "intact"},
		{&response, &right, "TOTAL-PASSED", "", "intact"},
		{&token, &wrong, "TOTAL-FAILED", "HASH_FAILURE", "broken"},
		{&token, NULL, "INDETERMINATE", "SIGNED_DATA_NOT_FOUND", "intact"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct val_request request = {.data = cases[i].data, .data_count = cases[i].data != NULL};
		json_t *report = judge_at(&request, cases[i].document, NOW);
		assert_string_equal(text(report, "format"), "timestamp");
		assert_string_equal(text(entry(report, 0), "kind"), "timestamp");
		expect_verdict(entry(report, 0), "token", cases[i].indication, cases[i].sub, cases[i].integrity);
		json_decref(report);
	}
	buf_dispose(&token), buf_dispose(&response);
}

static void other_files_have_no_signatures(void **state) {
	(void)state;
	static const struct {
		const char *bytes, *format, *finding;
	} cases[] = {
		{"", "unknown", "EMPTY_FILE"},
		{"hello", "unknown", "NOT_RECOGNISED"},
		{"PK\003\004 META-INF/", "asic", "ASIC_UNREADABLE"},
		{"<x xmlns='http://www.w3.org/2000/09/xmldsig#'/>", "xml", "FORMAT_NOT_SUPPORTED"},
		{"PK\003\004 _xmlsignatures/sig1.xml", "ooxml", "FORMAT_NOT_SUPPORTED"},
		{"PK\003\004 word/document.xml", "unknown", "NOT_RECOGNISED"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document = {0};
		buf_add_text(&document, cases[i].bytes);
		json_t *report = judge_at(&nothing, &document, NOW);
		assert_string_equal(text(report, "schema"), "ltvault.validation/1");
		assert_string_equal(text(report, "format"), cases[i].format);
		assert_string_equal(text(report, "indication"), "NO-SIGNATURE");
		assert_string_equal(text(report, "integrity"), "none");
		assert_true(has_finding(report, cases[i].finding));
		json_decref(report);
		buf_dispose(&document);
	}
}

static void same_input_gives_the_same_report(void **state) {
	(void)state;
	struct buf document = stamped_document(CONTENT, "20240301000000Z", true, 0);
	json_t *first = judge_at(&nothing, &document, NOW), *second = judge_at(&nothing, &document, NOW);
	char *a = json_dumps(first, 0), *b = json_dumps(second, 0);
	assert_string_equal(a, b);
	free(a), free(b);
	json_decref(first), json_decref(second);
	buf_dispose(&document);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_result),
		cmocka_unit_test(detached_signatures_need_their_data),
		cmocka_unit_test(evidence_gives_the_certificate),
		cmocka_unit_test(each_signer_of_a_file_is_judged),
		cmocka_unit_test(countersignatures_are_entries_of_their_own),
		cmocka_unit_test(tokens_alone_speak_about_the_data_given),
		cmocka_unit_test(other_files_have_no_signatures),
		cmocka_unit_test(same_input_gives_the_same_report),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
