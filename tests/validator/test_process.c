
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

static json_t *judge(const struct val_request *base, const struct buf *document, const char *at) {
	struct val_request request = *base;
	request.document = (struct val_blob){document->data, document->len};
	request.revocation = REVOCATION_SOFT;
	assert_true(utime_parse(at, &request.at));
	return validator_judge(validator, &request);
}

static void expect(const json_t *of, const char *name, const char *indication, const char *sub, const char *integrity) {
	if (strcmp(text(of, "indication"), indication) || strcmp(text(of, "sub_indication"), sub) ||
	    strcmp(text(of, "integrity"), integrity)) {
		char *all = json_dumps(of, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s: %s/%s %s", name, text(of, "indication"), text(of, "sub_indication"),
			 text(of, "integrity"));
	}
}

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
		json_t *report = judge(&nothing, &document, NOW);
		assert_string_equal(text(report, "format"), "cms");
		expect(entry(report, 0), cases[i].name, cases[i].indication, cases[i].sub, cases[i].integrity);
		expect(report, cases[i].name, cases[i].indication, cases[i].sub, cases[i].integrity);
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
			json_t *report = judge(&cases[i].request, &document, NOW);
			expect(entry(report, 0), cases[i].name, cases[i].indication, sub, cases[i].integrity);
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
	json_t *report = judge(&(struct val_request){.evidence = &cert, .evidence_count = 1}, &document, NOW);
	expect(entry(report, 0), "evidence", "TOTAL-PASSED", "", "intact");
	json_decref(report);
	buf_dispose(&document);
}

static void each_signer_of_a_file_is_judged(void **state) {
	(void)state;
	struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING | BUILD_TWO_SIGNERS};
	struct buf document = cms_build(&world, &plan);
	json_t *report = judge(&nothing, &document, NOW);
	assert_int_equal(json_array_size(json_object_get(report, "signatures")), 2);
	expect(entry(report, 0), "first", "TOTAL-PASSED", "", "intact");
	expect(entry(report, 1), "second", "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken");
	expect(report, "document", "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken");
	assert_string_equal(text(entry(report, 1), "id"), "Signature2");
	json_decref(report);
	buf_dispose(&document);
}

#define OID_STAMP "1.2.840.113549.1.9.16.2.14"
#define OID_CONTENT_STAMP "1.2.840.113549.1.9.16.2.20"

/* A signature with a signature time-stamp over its value, or over something else. */
static struct buf stamped(const char *gen_time, bool right, unsigned token_flags) {
	struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING};
	struct buf bare = cms_build(&world, &plan), value = cms_build_value(&bare);
	if (!right) value.data[0] ^= 1;
	struct buf token = cms_build_token(&world, gen_time, value.data, value.len, token_flags);
	struct buf attribute = cms_build_attribute(OID_STAMP, &token);
	plan.unsigned_extra = &attribute;
	struct buf document = cms_build(&world, &plan);
	buf_dispose(&bare), buf_dispose(&value), buf_dispose(&token), buf_dispose(&attribute);
	return document;
}

static void signature_timestamps_prove_existence(void **state) {
	(void)state;
	static const struct {
		const char *name, *gen_time;
		bool right;
		unsigned flags;
		const char *indication, *sub, *basis, *finding, *level;
	} cases[] = {
		{"right", "20240301000000Z", true, 0, "TOTAL-PASSED", "", "signature-timestamp", "PROOF_OF_EXISTENCE",
		 "B-T"},
		{"about something else", "20240301000000Z", false, 0, "TOTAL-PASSED", "", "none",
		 "TIMESTAMP_IMPRINT_WRONG", "B-B"},
		{"value flipped", "20240301000000Z", true, BUILD_FLIP_VALUE, "TOTAL-PASSED", "", "none",
		 "TIMESTAMP_NOT_VALID", "B-T"},
		{"no TSTInfo", "2024", true, 0, "TOTAL-PASSED", "", "none", "TIMESTAMP_NOT_VALID", "B-B"},
		{"before the certificate", "20190301000000Z", true, 0, "TOTAL-FAILED", "NOT_YET_VALID",
		 "signature-timestamp", "PROOF_BEFORE_VALIDITY", "B-T"},
		{"at its first instant", "20200101000000Z", true, 0, "TOTAL-PASSED", "", "signature-timestamp", NULL,
		 "B-T"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document = stamped(cases[i].gen_time, cases[i].right, cases[i].flags);
		json_t *report = judge(&nothing, &document, NOW), *s = entry(report, 0);
		expect(s, cases[i].name, cases[i].indication, cases[i].sub, "intact");
		assert_string_equal(text(json_object_get(s, "signing_time"), "basis"), cases[i].basis);
		assert_string_equal(text(s, "level"), cases[i].level);
		if (cases[i].finding) assert_true(has_finding(s, cases[i].finding));
		assert_int_equal(has_finding(s, "PROOF_BEFORE_VALIDITY"), !strcmp(cases[i].sub, "NOT_YET_VALID"));
		json_decref(report);
		buf_dispose(&document);
	}
}

static void content_timestamps_are_not_proofs_of_age(void **state) {
	(void)state;
	struct buf token = cms_build_token(&world, "20240301000000Z", CONTENT, 11, 0);
	struct buf attribute = cms_build_attribute(OID_CONTENT_STAMP, &token);
	struct cms_plan plan = {
		.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING, .signed_extra = &attribute};
	struct buf document = cms_build(&world, &plan);
	json_t *report = judge(&nothing, &document, NOW), *s = entry(report, 0);
	expect(s, "content", "TOTAL-PASSED", "", "intact");
	assert_string_equal(text(json_object_get(s, "signing_time"), "basis"), "none");
	json_t *stamp = json_array_get(json_object_get(s, "timestamps"), 0);
	assert_string_equal(text(stamp, "kind"), "content");
	assert_true(json_is_true(json_object_get(stamp, "used")));
	json_decref(report);
	buf_dispose(&token), buf_dispose(&attribute), buf_dispose(&document);
}

static void claimed_time_is_reported_and_not_trusted(void **state) {
	(void)state;
	struct cms_plan plan = {
		.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING, .signing_time = "250102000000Z"};
	struct buf document = cms_build(&world, &plan);
	struct val_proof proof = {.basis = "archive"};
	sha256_bytes(document.data, document.len, proof.sha256);
	static const struct {
		const char *proven;
		bool warned;
	} cases[] = {{"2025-01-02T00:00:00Z", false}, {"2025-01-01T17:00:00Z", true}, {"2025-01-01T23:58:00Z", false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(utime_parse(cases[i].proven, &proof.when));
		json_t *report = judge(&(struct val_request){.proofs = &proof, .proof_count = 1}, &document, NOW),
		       *s = entry(report, 0);
		json_t *times = json_object_get(s, "signing_time");
		assert_string_equal(text(times, "claimed"), "2025-01-02T00:00:00Z");
		assert_string_equal(text(times, "proven"), cases[i].proven);
		assert_string_equal(text(times, "basis"), "archive");
		assert_int_equal(has_finding(s, "CLAIMED_TIME_AFTER_PROOF"), cases[i].warned);
		json_decref(report);
	}
	buf_dispose(&document);
}

/* The signer's certificate expired on 2026-01-01, its authority's on 2030-01-01; RSA of 2,048 bits ended on 2029-01-01.
 */
static void proofs_save_what_has_expired_since(void **state) {
	(void)state;
	struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING};
	struct buf document = cms_build(&world, &plan);
	static const struct {
		const char *proven, *at, *indication;
		bool about;
	} cases[] = {
		{"2025-01-01", "2028-01-01", "TOTAL-PASSED", true},
		{"2025-01-01", "2031-01-01", "TOTAL-PASSED", true},
		{"2026-01-01", "2031-01-01", "TOTAL-PASSED", true},
		{"2026-01-02", "2031-01-01", "INDETERMINATE", true},
		{"2025-01-01", "2031-01-01", "INDETERMINATE", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct val_proof proof = {.basis = "evidence-record"};
		if (cases[i].about) sha256_bytes(document.data, document.len, proof.sha256);
		assert_true(utime_parse(cases[i].proven, &proof.when));
		json_t *report =
			judge(&(struct val_request){.proofs = &proof, .proof_count = 1}, &document, cases[i].at);
		if (strcmp(text(report, "indication"), cases[i].indication))
			fail_msg("%zu: %s/%s", i, text(report, "indication"), text(report, "sub_indication"));
		if (cases[i].about && !strcmp(cases[i].indication, "TOTAL-PASSED")) {
			assert_true(has_finding(entry(report, 0), "PAST_VALIDATION"));
			assert_false(has_finding(entry(report, 0), "CERT_EXPIRED"));
		}
		json_decref(report);
	}
	buf_dispose(&document);
}

/* A signature time-stamp can only help, a content time-stamp only harm. */
static void timestamps_after_expiry(void **state) {
	(void)state;
	static const struct {
		const char *gen_time, *indication, *sub;
		bool of_content;
	} cases[] = {
		{"20250601000000Z", "TOTAL-PASSED", "", false},
		{"20260601000000Z", "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", false},
		{"20250601000000Z", "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", true},
		{"20260601000000Z", "TOTAL-FAILED", "EXPIRED", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document;
		if (cases[i].of_content) {
			struct buf token = cms_build_token(&world, cases[i].gen_time, CONTENT, 11, 0);
			struct buf attribute = cms_build_attribute(OID_CONTENT_STAMP, &token);
			struct cms_plan plan = {.content = CONTENT,
						.content_len = 11,
						.flags = BUILD_ENVELOPING,
						.signed_extra = &attribute};
			document = cms_build(&world, &plan);
			buf_dispose(&token), buf_dispose(&attribute);
		} else {
			document = stamped(cases[i].gen_time, true, 0);
		}
		json_t *report = judge(&nothing, &document, "2027-01-01T00:00:00Z");
		expect(entry(report, 0), cases[i].gen_time, cases[i].indication, cases[i].sub, "intact");
		json_decref(report);
		buf_dispose(&document);
	}
}

static void archive_timestamps_prove_what_they_list(void **state) {
	(void)state;
	static const struct {
		bool dangling;
		const char *basis, *integrity, *level;
	} cases[] = {{false, "archive-timestamp", "intact", "B-B"}, {true, "none", "broken", "B-B"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = BUILD_ENVELOPING};
		struct buf document = cms_build_archived(&world, &plan, "20240301000000Z", cases[i].dangling);
		json_t *report = judge(&nothing, &document, NOW), *s = entry(report, 0);
		json_t *stamp = json_array_get(json_object_get(s, "timestamps"), 0);
		expect(s, "archive", "TOTAL-PASSED", "", "intact");
		assert_string_equal(text(stamp, "kind"), "archive");
		assert_string_equal(text(stamp, "integrity"), cases[i].integrity);
		assert_string_equal(text(json_object_get(s, "signing_time"), "basis"), cases[i].basis);
		assert_string_equal(text(s, "level"), cases[i].level);
		json_decref(report);
		buf_dispose(&document);
	}
}

/* Version 2 is over everything that was there before it; either form of the set of attributes. */
static void archive_timestamps_of_version_2_prove_what_was_there(void **state) {
	(void)state;
	static const struct {
		unsigned flags;
		bool header, changed, stamped;
		const char *basis, *integrity;
	} cases[] = {
		{BUILD_ENVELOPING, false, false, true, "archive-timestamp", "intact"},
		{BUILD_ENVELOPING, true, false, true, "archive-timestamp", "intact"},
		{BUILD_ENVELOPING, false, false, false, "archive-timestamp", "intact"},
		{BUILD_ENVELOPING | BUILD_INDEFINITE, false, false, true, "archive-timestamp", "intact"},
		{0, false, false, true, "archive-timestamp", "intact"},
		{BUILD_ENVELOPING, false, true, true, "signature-timestamp", "broken"},
	};
	const struct val_blob data = {(const unsigned char *)CONTENT, sizeof CONTENT - 1};
	const struct val_request with_data = {.data = &data, .data_count = 1};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cms_plan plan = {.content = CONTENT, .content_len = 11, .flags = cases[i].flags};
		struct buf bare = cms_build(&world, &plan), value = cms_build_value(&bare);
		struct buf token = cms_build_token(&world, "20240401000000Z", value.data, value.len, 0);
		struct buf stamp = cms_build_attribute("1.2.840.113549.1.9.16.2.14", &token);
		if (cases[i].stamped) plan.unsigned_extra = &stamp;
		struct buf document = cms_build_archived_2(&world, &plan, "20240301000000Z", cases[i].header);
		if (cases[i].changed) /* a byte of the bag */
			((unsigned char *)memmem(document.data, document.len, world.signer.data, 20))[0] ^= 1;
		json_t *report = judge(cases[i].flags & BUILD_ENVELOPING ? &nothing : &with_data, &document, NOW);
		json_t *s = entry(report, 0), *stamps = json_object_get(s, "timestamps");
		json_t *archive = json_array_get(stamps, json_array_size(stamps) - 1);
		if (!cases[i].changed) {
			expect(s, "archive", "TOTAL-PASSED", "", "intact");
			assert_string_equal(text(archive, "form"), "ATSv2");
			assert_string_equal(text(archive, "integrity"), cases[i].integrity);
			assert_string_equal(text(json_object_get(s, "signing_time"), "basis"), cases[i].basis);
		} else {
			assert_string_not_equal(text(archive, "integrity"), "intact");
		}
		json_decref(report);
		buf_dispose(&bare), buf_dispose(&value), buf_dispose(&token), buf_dispose(&stamp), buf_dispose(&document);
	}
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
			judge(&(struct val_request){.evidence = &evidence, .evidence_count = 1}, &document, NOW);
		expect(entry(report, 0), "countersigned", "TOTAL-PASSED", "", "intact");
		assert_string_equal(text(entry(report, 1), "id"), "Signature1/countersignature1");
		expect(entry(report, 1), "counter", cases[i].indication, cases[i].sub, cases[i].integrity);
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
		json_t *report = judge(&request, cases[i].document, NOW);
		assert_string_equal(text(report, "format"), "timestamp");
		assert_string_equal(text(entry(report, 0), "kind"), "timestamp");
		expect(entry(report, 0), "token", cases[i].indication, cases[i].sub, cases[i].integrity);
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
		json_t *report = judge(&nothing, &document, NOW);
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
	struct buf document = stamped("20240301000000Z", true, 0);
	json_t *first = judge(&nothing, &document, NOW), *second = judge(&nothing, &document, NOW);
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
		cmocka_unit_test(signature_timestamps_prove_existence),
		cmocka_unit_test(content_timestamps_are_not_proofs_of_age),
		cmocka_unit_test(claimed_time_is_reported_and_not_trusted),
		cmocka_unit_test(proofs_save_what_has_expired_since),
		cmocka_unit_test(timestamps_after_expiry),
		cmocka_unit_test(archive_timestamps_prove_what_they_list),
		cmocka_unit_test(archive_timestamps_of_version_2_prove_what_was_there),
		cmocka_unit_test(countersignatures_are_entries_of_their_own),
		cmocka_unit_test(tokens_alone_speak_about_the_data_given),
		cmocka_unit_test(other_files_have_no_signatures),
		cmocka_unit_test(same_input_gives_the_same_report),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
