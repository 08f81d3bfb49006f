/* Ways to be told "valid" of what is not: each beside the nearest case that is. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "tests/validator/cert_builder.h"
#include "tests/validator/pdf_builder.h"
#include "validator/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW "2025-06-01T00:00:00Z"

static json_t *judge(const struct val_request *base, const struct buf *document) {
	return judge_at(base, document, NOW);
}

/* Takes the signed attributes away and signs "their encoding" as the content: the value is that of another signature.
 */
static void attributes_are_no_content(void **state) {
	(void)state;
	static const unsigned char attributes[] = {0x31, 0x11, 0x30, 0x0f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
						   0xf7, 0x0d, 0x01, 0x09, 0x04, 0x31, 0x02, 0x04, 0x00};
	static const struct {
		const void *content;
		size_t len;
		const char *indication;
	} cases[] = {{attributes, sizeof attributes, "TOTAL-FAILED"}, {"1\x11 o'clock", 10, "TOTAL-PASSED"}};
	static const unsigned forms[] = {BUILD_NO_ATTRIBUTES | BUILD_ENVELOPING, BUILD_NO_ATTRIBUTES};
	for (size_t f = 0; f < ARRAY_LEN(forms); f++)
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			struct cms_plan plan = {
				.content = cases[i].content, .content_len = cases[i].len, .flags = forms[f]};
			struct val_blob data = {cases[i].content, cases[i].len};
			struct buf document = cms_build(&world, &plan);
			json_t *report = judge(&(struct val_request){.data = &data, .data_count = 1}, &document);
			assert_string_equal(text(report, "indication"), cases[i].indication);
			assert_int_equal(has_finding(entry(report, 0), "SIGNED_ATTRIBUTES_MISSING"), i == 0);
			json_decref(report);
			buf_dispose(&document);
		}
}

static void data_beside_a_signature_with_content_is_not_signed(void **state) {
	(void)state;
	static const struct {
		const char *data;
		bool found;
	} cases[] = {{"hello", false}, {"pay 900", true}};
	struct cms_plan plan = {.content = "hello", .content_len = 5, .flags = BUILD_ENVELOPING};
	struct buf document = cms_build(&world, &plan);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct val_blob data = {(const unsigned char *)cases[i].data, strlen(cases[i].data)};
		json_t *report = judge(&(struct val_request){.data = &data, .data_count = 1}, &document);
		assert_int_equal(has_finding(entry(report, 0), "DATA_NOT_SIGNED"), cases[i].found);
		json_decref(report);
	}
	json_t *report = judge(&(struct val_request){.data_count = 0}, &document);
	assert_false(has_finding(entry(report, 0), "DATA_NOT_SIGNED"));
	json_decref(report);
	buf_dispose(&document);
}

/* A TSTInfo with an imprint of this algorithm over "hello". */
static struct buf token_with(const char *oid, enum digest_alg alg) {
	struct buf info = {0}, imprint = {0}, part = {0}, whole = {0};
	unsigned char digest[DIGEST_MAX];
	size_t len = digest_bytes(alg, "hello", 5, digest);
	der_put_oid(&part, oid);
	der_put(&imprint, DER_SEQUENCE, part.data, part.len);
	der_put(&imprint, DER_OCTET_STRING, digest, len);
	der_put(&info, DER_INTEGER, "\x01", 1);
	der_put_oid(&info, "1.2.3.4");
	der_put(&info, DER_SEQUENCE, imprint.data, imprint.len);
	der_put(&info, DER_INTEGER, "\x01", 1);
	der_put(&info, DER_GENERALIZEDTIME, "20240301000000Z", 15);
	der_put(&whole, DER_SEQUENCE, info.data, info.len);
	struct cms_plan plan = {.content = whole.data,
				.content_len = whole.len,
				.content_type = "1.2.840.113549.1.9.16.1.4",
				.flags = BUILD_ENVELOPING | BUILD_TSA};
	struct buf token = cms_build(&world, &plan);
	buf_dispose(&info), buf_dispose(&imprint), buf_dispose(&part), buf_dispose(&whole);
	return token;
}

/* Two documents with one MD5 or SHA-1 can be made: a time-stamp over such a digest proves neither. */
static void weak_imprints_prove_nothing(void **state) {
	(void)state;
	static const struct {
		const char *oid;
		enum digest_alg alg;
		const char *indication;
	} cases[] = {{"2.16.840.1.101.3.4.2.1", DIGEST_SHA256, "TOTAL-PASSED"},
		     {"1.3.14.3.2.26", DIGEST_SHA1, "INDETERMINATE"}};
	const struct val_blob data = {(const unsigned char *)"hello", 5};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf token = token_with(cases[i].oid, cases[i].alg);
		json_t *report = judge(&(struct val_request){.data = &data, .data_count = 1}, &token);
		assert_string_equal(text(report, "format"), "timestamp");
		assert_string_equal(text(report, "indication"), cases[i].indication);
		assert_string_equal(text(report, "integrity"), "intact");
		json_decref(report);
		buf_dispose(&token);
	}
}

/* A trusted signer is no time-stamping authority. */
static void trust_does_not_make_a_timestamping_authority(void **state) {
	(void)state;
	static const struct {
		const char *purpose;
		enum sub_indication sub;
	} cases[] = {{"critical,timeStamping", SUB_NONE}, {"emailProtection", SUB_CHAIN_CONSTRAINTS_FAILURE}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *const extensions[] = {"extendedKeyUsage", cases[i].purpose, NULL};
		struct made made =
			cert_make(&(struct cert_plan){.subject = "CN=Trusted", .key = "1", .extensions = extensions});
		struct scene scene;
		scene_open(&scene);
		scene_trust(&scene, &made);
		struct path_request request = scene_request(&scene, &made, NOW);
		request.purpose = PATH_TSA;
		assert_int_equal(scene_judge(&scene, &request), cases[i].sub);
		request.purpose = PATH_SIGNER;
		assert_int_equal(scene_judge(&scene, &request), SUB_NONE);
		scene_close(&scene);
		made_free(&made);
	}
}

/* Copies of a certificate with other signature values: as many different ones as wanted. */
static json_t *judge_among_copies(const struct buf *document, const struct buf *cert, size_t count) {
	unsigned char *bytes = xmalloc(count * cert->len);
	struct val_blob *blobs = xcalloc(count, sizeof *blobs);
	for (size_t k = 0; k < count; k++) {
		unsigned char *copy = bytes + k * cert->len;
		memcpy(copy, cert->data, cert->len);
		copy[cert->len - 1] ^= (unsigned char)k, copy[cert->len - 2] ^= (unsigned char)(k >> 8);
		blobs[k] = (struct val_blob){copy, cert->len};
	}
	json_t *report = judge(&(struct val_request){.evidence = blobs, .evidence_count = count}, document);
	free(blobs);
	free(bytes);
	return report;
}

static void what_was_left_out_is_not_passed(void **state) {
	(void)state;
	static const struct {
		size_t count;
		const char *indication;
	} cases[] = {{100, "TOTAL-PASSED"}, {10001, "INDETERMINATE"}};
	struct cms_plan plan = {.content = "hello", .content_len = 5, .flags = BUILD_ENVELOPING};
	struct buf document = cms_build(&world, &plan);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *report = judge_among_copies(&document, &world.other, cases[i].count);
		assert_string_equal(text(report, "indication"), cases[i].indication);
		assert_int_equal(has_finding(report, "LIMIT_REACHED"), i == 1);
		json_decref(report);
	}
	buf_dispose(&document);
}

/* Without a reference under signature each certificate of the named issuer and number may be the signer's: a limit on
 * how many are tried is no statement about the signature. */
static void namesakes_of_the_signer_are_tried_within_a_bound(void **state) {
	(void)state;
	static const struct {
		size_t count;
		const char *indication, *sub;
	} cases[] = {{100, "TOTAL-FAILED", "SIG_CRYPTO_FAILURE"}, {2100, "INDETERMINATE", "CUSTOM"}};
	struct cms_plan plan = {
		.content = "hello", .content_len = 5, .flags = BUILD_ENVELOPING | BUILD_NO_ESS | BUILD_FLIP_VALUE};
	struct buf document = cms_build(&world, &plan);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *report = judge_among_copies(&document, &world.signer, cases[i].count);
		assert_string_equal(text(report, "indication"), cases[i].indication);
		assert_string_equal(text(report, "sub_indication"), cases[i].sub);
		json_decref(report);
	}
	buf_dispose(&document);
}

/* A bare signature value has no SignerInfo; its byte range may be anything. */
static void bare_values_without_usable_range_fail(void **state) {
	(void)state;
	char *hex = hex_dup(world.signer.data, world.signer.len);
	char *dict = xasprintf("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.x509.rsa_sha1 /Cert <%s> "
			       "/Contents <0402AAAA> /ByteRange [5 4 3] >>",
			       hex);
	struct pdf_builder b;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_object(&b, 9,
			   "<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /Rect [0 0 0 0] /P 3 0 R /V 21 0 R >>");
	pdf_builder_object(&b, 21, dict);
	pdf_builder_finish(&b);
	json_t *report = judge(&(struct val_request){.data_count = 0}, &b.out);
	assert_string_equal(text(report, "indication"), "TOTAL-FAILED");
	assert_string_equal(text(entry(report, 0), "sub_indication"), "FORMAT_FAILURE");
	json_decref(report);
	pdf_builder_dispose(&b);
	free(dict);
	free(hex);
}

/* A key of the file's catalog that is no UTF-8 stands in the finding about its change. */
static void findings_about_unreadable_names_are_not_lost(void **state) {
	(void)state;
	struct pdf_builder b;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_finish(&b);
	pdf_builder_sign(&b, 20, "first", "6 0 R 9 0 R 20 0 R", "6 0 R 8 0 R 9 0 R 20 0 R", "/Type /Sig /SubFilter /x");
	pdf_builder_object(&b, 1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R /#FF 1 >>");
	pdf_builder_finish(&b);
	json_t *report = judge(&(struct val_request){.data_count = 0}, &b.out);
	assert_string_equal(text(entry(report, 0), "modification"), "forbidden");
	assert_true(has_finding(entry(report, 0), "CHANGE_FORBIDDEN"));
	json_decref(report);
	pdf_builder_dispose(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_no_content),
		cmocka_unit_test(data_beside_a_signature_with_content_is_not_signed),
		cmocka_unit_test(weak_imprints_prove_nothing),
		cmocka_unit_test(trust_does_not_make_a_timestamping_authority),
		cmocka_unit_test(what_was_left_out_is_not_passed),
		cmocka_unit_test(namesakes_of_the_signer_are_tried_within_a_bound),
		cmocka_unit_test(findings_about_unreadable_names_are_not_lost),
		cmocka_unit_test(bare_values_without_usable_range_fail),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
