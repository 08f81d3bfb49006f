/* CMS signatures of every form inside a PDF: a sample document whose signature value is replaced, which its own byte
 * range does not cover. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "tests/validator/ers_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct buf sample;
static size_t gap, gap_end; /* of the hexadecimal digits of the only signature */

static void read_sample(void) {
	char part[65536];
	size_t n;
	FILE *f = fopen(TEST_BINARY_DIR "/testpki/samples/30-CV-UBND-one-signature.pdf", "rb");
	if (!f) abort();
	while ((n = fread(part, 1, sizeof part, f)) > 0) buf_add(&sample, part, n);
	fclose(f);
	unsigned char *digits = NULL;
	for (unsigned char *p = sample.data; (p = memmem(p, sample.len - (size_t)(p - sample.data), "<3082", 5)); p++)
		digits = p + 1;
	if (!digits) abort();
	gap = (size_t)(digits - sample.data);
	gap_end = (size_t)((unsigned char *)memchr(digits, '>', sample.len - gap) - sample.data);
}

/* The sample with this CMS, padded with zeros. */
static struct buf with_cms(const struct buf *cms) {
	struct buf document = {0};
	buf_add(&document, sample.data, sample.len);
	char *digits = hex_dup(cms->data, cms->len);
	assert_true(strlen(digits) <= gap_end - gap);
	memset(document.data + gap, '0', gap_end - gap);
	memcpy(document.data + gap, digits, strlen(digits));
	free(digits);
	return document;
}

static json_t *judge(const struct buf *document) {
	struct val_request request = {.document = {document->data, document->len}, .revocation = REVOCATION_SOFT};
	utime_parse("2025-06-01T00:00:00Z", &request.at);
	return validator_judge(validator, &request);
}

static struct buf ranges(void) {
	struct buf content = {0};
	buf_add(&content, sample.data, gap - 1);
	buf_add(&content, sample.data + gap_end + 1, sample.len - gap_end - 1);
	return content;
}

static void each_form_has_its_result(void **state) {
	(void)state;
	static const struct {
		const char *name;
		unsigned flags;
		const char *indication, *sub, *integrity, *finding;
	} cases[] = {
		{"plain", 0, "TOTAL-PASSED", "", "intact", NULL},
		{"indefinite lengths", BUILD_INDEFINITE, "TOTAL-PASSED", "", "intact", NULL},
		{"two signers", BUILD_TWO_SIGNERS, "TOTAL-FAILED", "FORMAT_FAILURE", "intact", "SEVERAL_SIGNERS"},
		{"value flipped", BUILD_FLIP_VALUE, "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken",
		 "SIGNATURE_VALUE_WRONG"},
		{"digest wrong", BUILD_WRONG_DIGEST, "TOTAL-FAILED", "HASH_FAILURE", "broken", "SIGNED_DATA_CHANGED"},
		{"reference wrong", BUILD_ESS_WRONG, "INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND", "intact", NULL},
		{"byte behind", BUILD_TRAILING, "TOTAL-FAILED", "FORMAT_FAILURE", "intact", NULL},
	};
	struct buf content = ranges();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cms_plan plan = {.content = content.data, .content_len = content.len, .flags = cases[i].flags};
		struct buf cms = cms_build(&world, &plan), document = with_cms(&cms);
		json_t *report = judge(&document), *s = json_array_get(json_object_get(report, "signatures"), 0);
		if (strcmp(text(s, "indication"), cases[i].indication) ||
		    strcmp(text(s, "sub_indication"), cases[i].sub) || strcmp(text(s, "integrity"), cases[i].integrity))
			fail_msg("%s: %s/%s %s", cases[i].name, text(s, "indication"), text(s, "sub_indication"),
				 text(s, "integrity"));
		if (cases[i].finding && !has_finding(s, cases[i].finding)) fail_msg("%s", cases[i].name);
		json_decref(report);
		buf_dispose(&cms), buf_dispose(&document);
	}
	buf_dispose(&content);
}

static void detached_signatures_carry_no_content(void **state) {
	(void)state;
	struct cms_plan plan = {.content = "hello", .content_len = 5, .flags = BUILD_ENVELOPING};
	struct buf cms = cms_build(&world, &plan), document = with_cms(&cms);
	json_t *report = judge(&document), *s = json_array_get(json_object_get(report, "signatures"), 0);
	assert_string_equal(text(s, "indication"), "TOTAL-FAILED");
	assert_string_equal(text(s, "sub_indication"), "FORMAT_FAILURE");
	assert_string_equal(text(s, "integrity"), "broken");
	assert_true(has_finding(s, "CONTENT_NOT_DETACHED"));
	json_decref(report);
	buf_dispose(&cms), buf_dispose(&document);
}

static void countersignatures_are_found_in_documents(void **state) {
	(void)state;
	struct buf content = ranges();
	struct cms_plan plan = {.content = content.data, .content_len = content.len};
	struct buf bare = cms_build(&world, &plan), value = cms_build_value(&bare);
	struct buf counter = cms_build_counter(&world, &value, BUILD_NO_TYPE);
	plan.unsigned_extra = &counter;
	struct buf cms = cms_build(&world, &plan), document = with_cms(&cms);
	json_t *report = judge(&document), *signatures = json_object_get(report, "signatures");
	assert_int_equal(json_array_size(signatures), 2);
	assert_string_equal(text(json_array_get(signatures, 0), "indication"), "TOTAL-PASSED");
	assert_string_equal(text(json_array_get(signatures, 1), "level"), "other");
	json_decref(report);
	buf_dispose(&content), buf_dispose(&bare), buf_dispose(&value), buf_dispose(&counter), buf_dispose(&cms),
		buf_dispose(&document);
}

/* An evidence record is about the document as it came; what is judged is a longer form of it. */
static void a_record_over_the_first_bytes_proves_what_lies_in_them(void **state) {
	(void)state;
	enum { TAIL = 40 };
	struct buf content = ranges();
	const struct cms_plan plan = {.content = content.data, .content_len = content.len};
	struct buf cms = cms_build(&world, &plan), document = with_cms(&cms);
	const size_t whole = document.len;
	buf_add(&document, "% what was appended later              \n", TAIL);
	const struct {
		size_t recorded, cover; /* the record is over so many bytes, and said to be about so many */
		const char *used, *basis;
	} cases[] = {
		{whole, whole, "EVIDENCE_RECORD_USED", "evidence-record"},
		{whole, 0, "EVIDENCE_RECORD_NOT_USED", "none"},
		{whole, whole + 1, "EVIDENCE_RECORD_NOT_USED", "none"},
		{whole - 10, whole - 10, "EVIDENCE_RECORD_USED", "none"}, /* the signature is not all in there */
		{whole + TAIL, whole + TAIL + 7, "EVIDENCE_RECORD_USED", "evidence-record"}, /* more than there is: all */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ers_maker m = {.world = &world};
		const struct buf first = {.data = document.data, .len = cases[i].recorded};
		ers_first_bytes(&m, DIGEST_SHA256, &first, "20250526000000Z", 0);
		struct buf record = ers_finish(&m, 1, (const enum digest_alg[]){DIGEST_SHA256, DIGEST_UNKNOWN}, NULL);
		const struct val_blob evidence = {record.data, record.len};
		struct val_request request = {.document = {document.data, document.len}, .revocation = REVOCATION_SOFT,
					      .evidence = &evidence, .evidence_count = 1, .records_cover = cases[i].cover};
		utime_parse("2025-06-01T00:00:00Z", &request.at);
		json_t *report = validator_judge(validator, &request), *s = json_array_get(json_object_get(report, "signatures"), 0);
		if (!has_finding(report, cases[i].used) || strcmp(text(json_object_get(s, "signing_time"), "basis"), cases[i].basis))
			fail_msg("%zu: %s", i, text(json_object_get(s, "signing_time"), "basis"));
		json_decref(report);
		buf_dispose(&record);
	}
	buf_dispose(&content), buf_dispose(&cms), buf_dispose(&document);
}

static int open_with_sample(void **state) {
	read_sample();
	return open_world(state);
}

static int close_with_sample(void **state) {
	buf_dispose(&sample);
	return close_world(state);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_has_its_result),
		cmocka_unit_test(detached_signatures_carry_no_content),
		cmocka_unit_test(countersignatures_are_found_in_documents),
		cmocka_unit_test(a_record_over_the_first_bytes_proves_what_lies_in_them),
	};
	return cmocka_run_group_tests(tests, open_with_sample, close_with_sample);
}
