/* What proves when a signature existed, and what does not. */
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
#define OID_CONTENT_STAMP "1.2.840.113549.1.9.16.2.20"
#define NOW "2025-06-01T00:00:00Z"

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
		struct buf document = stamped_document(CONTENT, cases[i].gen_time, cases[i].right, cases[i].flags);
		json_t *report = judge_at(&nothing, &document, NOW), *s = entry(report, 0);
		expect_verdict(s, cases[i].name, cases[i].indication, cases[i].sub, "intact");
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
	json_t *report = judge_at(&nothing, &document, NOW), *s = entry(report, 0);
	expect_verdict(s, "content", "TOTAL-PASSED", "", "intact");
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
		json_t *report = judge_at(&(struct val_request){.proofs = &proof, .proof_count = 1}, &document, NOW),
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
			judge_at(&(struct val_request){.proofs = &proof, .proof_count = 1}, &document, cases[i].at);
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
			document = stamped_document(CONTENT, cases[i].gen_time, true, 0);
		}
		json_t *report = judge_at(&nothing, &document, "2027-01-01T00:00:00Z");
		expect_verdict(entry(report, 0), cases[i].gen_time, cases[i].indication, cases[i].sub, "intact");
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
		json_t *report = judge_at(&nothing, &document, NOW), *s = entry(report, 0);
		json_t *stamp = json_array_get(json_object_get(s, "timestamps"), 0);
		expect_verdict(s, "archive", "TOTAL-PASSED", "", "intact");
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
		json_t *report = judge_at(cases[i].flags & BUILD_ENVELOPING ? &nothing : &with_data, &document, NOW);
		json_t *s = entry(report, 0), *stamps = json_object_get(s, "timestamps");
		json_t *archive = json_array_get(stamps, json_array_size(stamps) - 1);
		if (!cases[i].changed) {
			expect_verdict(s, "archive", "TOTAL-PASSED", "", "intact");
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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature_timestamps_prove_existence),
		cmocka_unit_test(content_timestamps_are_not_proofs_of_age),
		cmocka_unit_test(claimed_time_is_reported_and_not_trusted),
		cmocka_unit_test(proofs_save_what_has_expired_since),
		cmocka_unit_test(timestamps_after_expiry),
		cmocka_unit_test(archive_timestamps_prove_what_they_list),
		cmocka_unit_test(archive_timestamps_of_version_2_prove_what_was_there),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
