#include "validator/attributes.h"
#include "validator/format.h"

#include "base/digest.h"
#include "tests/validator/cms_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cms_world world;

static struct buf made(unsigned flags) {
	struct cms_plan plan = {.content = "hello world", .content_len = 11, .flags = flags};
	return cms_build(&world, &plan);
}

static void content_is_the_octets_as_signed(void **state) {
	(void)state;
	static const unsigned forms[] = {BUILD_ENVELOPING, BUILD_ENVELOPING | BUILD_INDEFINITE};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct buf bytes = made(forms[i]);
		struct cms cms;
		const char *why;
		assert_true(cms_read(bytes.data, bytes.len, &cms, &why));
		assert_true(cms.has_content);
		assert_int_equal(cms.content_len, 11);
		assert_memory_equal(cms.content, "hello world", 11);
		assert_int_equal(cms.used, bytes.len);
		assert_int_equal(cms.cert_count, 1);
		assert_memory_equal(cms.certs[0].data, world.signer.data, world.signer.len);
		assert_int_equal(cms.signer_count, 1);
		cms_dispose(&cms);
		buf_dispose(&bytes);
	}
}

static void detached_content_is_absent(void **state) {
	(void)state;
	struct buf bytes = made(0);
	struct cms cms;
	const char *why;
	assert_true(cms_read(bytes.data, bytes.len, &cms, &why));
	assert_false(cms.has_content);
	cms_dispose(&cms);
	buf_dispose(&bytes);
}

static void what_follows_is_not_part_of_it(void **state) {
	(void)state;
	struct buf bytes = made(BUILD_TRAILING);
	struct cms cms;
	const char *why;
	assert_true(cms_read(bytes.data, bytes.len, &cms, &why));
	assert_int_equal(cms.used, bytes.len - 1);
	cms_dispose(&cms);
	buf_dispose(&bytes);
}

static void no_truncation_is_read(void **state) {
	(void)state;
	static const unsigned forms[] = {BUILD_ENVELOPING, BUILD_ENVELOPING | BUILD_INDEFINITE};
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		struct buf bytes = made(forms[f]);
		for (size_t len = 0; len < bytes.len; len++) {
			struct cms cms;
			const char *why = NULL;
			unsigned char *copy = xmemdup(bytes.data, len ? len : 1);
			assert_false(cms_read(copy, len, &cms, &why));
			assert_non_null(why);
			free(copy);
		}
		buf_dispose(&bytes);
	}
}

static void attribute_forms(unsigned flags, size_t *count, bool *first_is_received) {
	struct buf bytes = made(flags);
	struct cms cms;
	const char *why;
	struct cms_attrs_form forms[CMS_ATTRS_FORMS];
	assert_true(cms_read(bytes.data, bytes.len, &cms, &why));
	*count = cms_attrs_forms(&cms.signers[0], forms);
	const struct der *set = &cms.signers[0].signed_attrs;
	*first_is_received = *count && forms[0].bytes.len == set->full &&
			     !memcmp(forms[0].bytes.data + 1, set->start + 1, set->full - 1);
	for (size_t i = 0; i < *count; i++) {
		assert_int_equal(forms[i].bytes.data[0], DER_SET);
		assert_int_equal(forms[i].conforming, i == 0);
		buf_dispose(&forms[i].bytes);
	}
	cms_dispose(&cms);
	buf_dispose(&bytes);
}

static void attributes_in_der_have_one_form(void **state) {
	(void)state;
	size_t count;
	bool received;
	attribute_forms(0, &count, &received);
	assert_int_equal(count, 1);
	assert_true(received);
	attribute_forms(BUILD_UNSORTED, &count, &received);
	assert_int_equal(count, 2);
	assert_false(received);
	attribute_forms(BUILD_NO_ATTRIBUTES, &count, &received);
	assert_int_equal(count, 0);
}

static void single_attributes_are_single(void **state) {
	(void)state;
	static const struct {
		unsigned flags;
		const char *oid;
		bool single;
	} cases[] = {
		{0, OID_MESSAGE_DIGEST, true}, {BUILD_TWO_DIGESTS, OID_MESSAGE_DIGEST, false},
		{0, OID_CONTENT_TYPE, true},   {BUILD_NO_TYPE, OID_CONTENT_TYPE, false},
		{0, OID_SIGNING_TIME, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf bytes = made(cases[i].flags);
		struct cms cms;
		struct der value;
		const char *why;
		assert_true(cms_read(bytes.data, bytes.len, &cms, &why));
		assert_int_equal(cms_attribute_single(&cms.signers[0].signed_attrs, cases[i].oid, &value),
				 cases[i].single);
		cms_dispose(&cms);
		buf_dispose(&bytes);
	}
}

static void ess_references_are_read(void **state) {
	(void)state;
	static const struct {
		unsigned flags;
		int version;
		bool present, malformed;
		size_t count;
	} cases[] = {
		{0, 2, true, false, 1},
		{0, 1, false, false, 0},
		{BUILD_ESS_V1, 1, true, false, 1},
		{BUILD_ESS_V1, 2, false, false, 0},
		{BUILD_ESS_SECOND, 2, true, false, 2},
		{BUILD_ESS_MALFORMED, 2, false, true, 0},
		{BUILD_NO_ESS, 2, false, false, 0},
		{BUILD_ESS_UNSIGNED, 2, false, false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf bytes = made(cases[i].flags);
		struct cms cms;
		struct ess ess;
		const char *why;
		assert_true(cms_read(bytes.data, bytes.len, &cms, &why));
		ess_read(&cms.signers[0].signed_attrs, cases[i].version, &ess);
		assert_int_equal(ess.present, cases[i].present);
		assert_int_equal(ess.malformed, cases[i].malformed);
		assert_int_equal(ess.count, cases[i].count);
		cms_dispose(&cms);
		buf_dispose(&bytes);
	}
}

static void formats_are_recognised(void **state) {
	(void)state;
	struct buf cms = made(BUILD_ENVELOPING), token = cms_build_token(&world, "20210101000000Z", "x", 1, 0);
	struct buf response = cms_build_response(&token), ber = made(BUILD_ENVELOPING | BUILD_INDEFINITE);
	char *base64 = base64_encode(cms.data, cms.len);
	char *pem = xasprintf("-----BEGIN PKCS7-----\n%s\n-----END PKCS7-----\n", base64);
	static const char er[] =
		"\x30\x14\x02\x01\x01\x30\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
	const struct {
		const void *data;
		size_t len;
		enum format format;
	} cases[] = {
		{cms.data, cms.len, FORMAT_CMS},
		{ber.data, ber.len, FORMAT_CMS},
		{pem, strlen(pem), FORMAT_CMS},
		{base64, strlen(base64), FORMAT_CMS},
		{base64, strlen(base64) - 1, FORMAT_UNKNOWN},
		{token.data, token.len, FORMAT_TIMESTAMP},
		{response.data, response.len, FORMAT_TIMESTAMP},
		{er, sizeof er - 1, FORMAT_EVIDENCE_RECORD},
		{"%PDF-1.7\n", 9, FORMAT_PDF},
		{"PK\003\004....META-INF/x", 18, FORMAT_ASIC},
		{"PK\003\004....word/x", 14, FORMAT_UNKNOWN},
		{" <a xmlns='http://www.w3.org/2000/09/xmldsig#'/>", 48, FORMAT_XML},
		{"<html>", 6, FORMAT_UNKNOWN},
		{world.signer.data, world.signer.len, FORMAT_UNKNOWN},
		{"", 0, FORMAT_UNKNOWN},
		{"M", 1, FORMAT_UNKNOWN},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct recognised r;
		format_recognise(cases[i].data, cases[i].len, &r);
		if (r.format != cases[i].format) fail_msg("case %zu: %s", i, format_name(r.format));
		if (r.format == FORMAT_CMS) assert_int_equal(r.data[0], 0x30);
		recognised_dispose(&r);
	}
	free(pem), free(base64);
	buf_dispose(&cms), buf_dispose(&ber), buf_dispose(&token), buf_dispose(&response);
}

static void base64_is_strict(void **state) {
	(void)state;
	static const struct {
		const char *text;
		int len; /* -1: refused */
	} cases[] = {{"", 0},      {"QQ==", 1}, {"QUI=", 2},  {"QUJD", 3},  {"QU\nJD", 3},
		     {"QUJD=", 3}, {"Q", -1},   {"Q=U=", -1}, {"QU*D", -1}, {"QQ===", -1}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = {0};
		bool good = base64_decode((const unsigned char *)cases[i].text, strlen(cases[i].text), &out);
		if (good != (cases[i].len >= 0)) fail_msg("%s", cases[i].text);
		if (good) assert_int_equal(out.len, cases[i].len);
		buf_dispose(&out);
	}
}

static int open_world(void **state) {
	(void)state;
	digest_init();
	cms_world_open(&world);
	return 0;
}

static int close_world(void **state) {
	(void)state;
	cms_world_close(&world);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_is_the_octets_as_signed),
		cmocka_unit_test(detached_content_is_absent),
		cmocka_unit_test(what_follows_is_not_part_of_it),
		cmocka_unit_test(no_truncation_is_read),
		cmocka_unit_test(attributes_in_der_have_one_form),
		cmocka_unit_test(single_attributes_are_single),
		cmocka_unit_test(ess_references_are_read),
		cmocka_unit_test(formats_are_recognised),
		cmocka_unit_test(base64_is_strict),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
