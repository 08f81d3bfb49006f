#include "validator/tsp.h"

#include "base/limits.h"
#include "base/mem.h"
#include "tests/validator/cms_builder.h"

#include <openssl/ts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cms_world world;
static struct validator *validator;
static unsigned char digest[SHA256_SIZE];
#define GEN_TIME "20250601120000Z"
#define TOLERANCE (300 * UTIME_SECOND)

static utime gen_time(void) {
	utime t;
	assert_true(utime_parse("2025-06-01T12:00:00Z", &t));
	return t;
}

static struct buf request_with(const char *policy, const char *nonce) {
	const struct tsp_query query = {DIGEST_SHA256, digest, policy, (const unsigned char *)nonce, strlen(nonce)};
	struct buf request = {0};
	assert_true(tsp_request(&query, &request));
	return request;
}

static enum tsp_fault check_at(const struct buf *request, const struct buf *response, utime at) {
	struct tsp_answer answer;
	const struct val_blob q = {request->data, request->len}, r = {response->data, response->len};
	tsp_check(&q, &r, at, TOLERANCE, &answer);
	enum tsp_fault fault = answer.fault;
	tsp_answer_dispose(&answer);
	return fault;
}

static struct buf response_with(unsigned flags) {
	struct buf token = cms_build_token(&world, GEN_TIME, "abc", 3, flags), response = cms_build_response(&token);
	buf_dispose(&token);
	return response;
}

static void request_is_what_others_read(void **unused) {
	(void)unused;
	static const struct {
		const char *policy, *nonce, *shown; /* shown: NULL for no number */
	} rows[] = {
		{"", "", NULL},
		{"2.16.704.1.1.1.1.2", "\x7f\x01", "7F01"},
		{"1.2.3", "\xff\x01", "FF01"}, /* not a negative number */
		{NULL, "\x01\x02\x03\x04\x05\x06\x07\x08\x09", "10203040506070809"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf der = request_with(rows[i].policy, rows[i].nonce);
		const unsigned char *p = der.data;
		char policy[64] = "";
		TS_REQ *req = d2i_TS_REQ(NULL, &p, (long)der.len);
		assert_non_null(req);
		assert_ptr_equal(p, der.data + der.len);
		assert_int_equal(TS_REQ_get_version(req), 1);
		assert_true(TS_REQ_get_cert_req(req));
		ASN1_OCTET_STRING *hash = TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(req));
		assert_int_equal(ASN1_STRING_length(hash), SHA256_SIZE);
		assert_memory_equal(ASN1_STRING_get0_data(hash), digest, SHA256_SIZE);
		if (TS_REQ_get_policy_id(req)) OBJ_obj2txt(policy, sizeof policy, TS_REQ_get_policy_id(req), 1);
		assert_string_equal(policy, rows[i].policy ? rows[i].policy : "");
		assert_int_equal(!!TS_REQ_get_nonce(req), !!rows[i].shown);
		if (rows[i].shown) {
			BIGNUM *n = ASN1_INTEGER_to_BN(TS_REQ_get_nonce(req), NULL);
			char *text = BN_bn2hex(n);
			const char *bare = *text == '0' ? text + 1 : text;
			assert_string_equal(bare, rows[i].shown);
			OPENSSL_free(text);
			BN_free(n);
		}
		TS_REQ_free(req);
		buf_dispose(&der);
	}
}

static void what_cannot_be_asked_is_refused(void **unused) {
	(void)unused;
	static const struct {
		enum digest_alg alg;
		const char *policy;
		bool good;
	} rows[] = {
		{DIGEST_SHA512, "1.2.3", true}, {DIGEST_SHA3_256, "", true}, {DIGEST_SHA1, "", false},
		{DIGEST_SHA256, "1.2", false},  {DIGEST_SHA256, "1..2", false}, {DIGEST_SHA256, "a.b.c", false},
		{DIGEST_SHA256, "3.2.1", false}, {DIGEST_SHA256, "1.2.3.", false},
	};
	static const unsigned char zeros[DIGEST_MAX];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct tsp_query query = {rows[i].alg, zeros, rows[i].policy, NULL, 0};
		struct buf der = {0};
		if (tsp_request(&query, &der) != rows[i].good) fail_msg("%zu", i);
		buf_dispose(&der);
	}
}

static void answers_are_held_against_the_request(void **unused) {
	(void)unused;
	static const struct {
		const char *policy, *nonce;
		unsigned flags;
		utime away;
		enum tsp_fault fault;
	} rows[] = {
		{"", "", 0, 0, TSP_NONE},
		{"", "", 0, TOLERANCE, TSP_NONE},
		{"", "", 0, -TOLERANCE, TSP_NONE},
		{"", "", 0, TOLERANCE + 1, TSP_WRONG_TIME},
		{"", "", 0, -TOLERANCE - 1, TSP_WRONG_TIME},
		{"", "\x55", 0, 0, TSP_WRONG_NONCE}, /* this token has none */
		{"1.2.3.4.5.6.7.8", "", 0, 0, TSP_WRONG_POLICY},
		{"", "", BUILD_TWO_SIGNERS, 0, TSP_WRONG_SIGNERS},
		{"", "", BUILD_NO_ESS, 0, TSP_NO_REFERENCE},
		{"", "", BUILD_ESS_V1, 0, TSP_NONE},
		{"", "", BUILD_TRAILING, 0, TSP_MALFORMED},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf request = request_with(rows[i].policy, rows[i].nonce), response = response_with(rows[i].flags);
		enum tsp_fault fault = check_at(&request, &response, gen_time() + rows[i].away);
		if (fault != rows[i].fault) fail_msg("%zu: %s", i, fault ? tsp_fault_name(fault) : "none");
		buf_dispose(&request);
		buf_dispose(&response);
	}
}

static void another_digest_or_algorithm_is_another_imprint(void **unused) {
	(void)unused;
	struct buf response = response_with(0);
	static const unsigned char other[SHA256_SIZE] = {1};
	const struct tsp_query queries[] = {{DIGEST_SHA256, other, "", NULL, 0}, {DIGEST_SHA3_256, digest, "", NULL, 0}};
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct buf request = {0};
		assert_true(tsp_request(&queries[i], &request));
		assert_int_equal(check_at(&request, &response, gen_time()), TSP_WRONG_IMPRINT);
		buf_dispose(&request);
	}
	buf_dispose(&response);
}

static void a_refusal_says_why(void **unused) {
	(void)unused;
	static const unsigned char rejected[] = {0x30, 0x10, 0x30, 0x0e, 0x02, 0x01, 0x02, 0x30, 0x04, 0x0c,
						 0x02, 'n',  'o',  0x03, 0x03, 0x00, 0x00, 0x01};
	struct buf request = request_with("", "");
	struct tsp_answer answer;
	const struct val_blob q = {request.data, request.len}, r = {rejected, sizeof rejected};
	assert_false(tsp_check(&q, &r, gen_time(), TOLERANCE, &answer));
	assert_int_equal(answer.fault, TSP_REJECTED);
	assert_string_equal(answer.detail, "rejection, unacceptedPolicy: no");
	tsp_answer_dispose(&answer);
	buf_dispose(&request);
}

static void an_answer_cut_anywhere_is_malformed(void **unused) {
	(void)unused;
	struct buf request = request_with("", ""), response = response_with(0);
	for (size_t len = 0; len < response.len; len++) {
		unsigned char *exact = xmemdup(response.data, len ? len : 1);
		const struct buf cut = {exact, len, len};
		assert_int_equal(check_at(&request, &cut, gen_time()), TSP_MALFORMED);
		free(exact);
	}
	buf_dispose(&request);
	buf_dispose(&response);
}

static json_t *judge(const struct buf *response) {
	struct buf request = request_with("", "");
	const struct val_request q = {.document = {response->data, response->len},
				      .query = {request.data, request.len},
				      .at = gen_time(),
				      .tolerance = TOLERANCE};
	json_t *report = validator_judge_answer(validator, &q);
	buf_dispose(&request);
	return report;
}

static void fault_is(const struct buf *response, const char *fault) {
	json_t *report = judge(response);
	const char *said = json_string_value(json_object_get(report, "fault"));
	if (!said != !fault || (fault && strcmp(said, fault))) fail_msg("%s instead of %s", said ? said : "none", fault);
	assert_int_equal(!!json_object_get(report, "token"), !fault);
	json_decref(report);
}

/* One SEQUENCE of that many bytes among the certificates, which are not signed. */
static struct buf response_with_ballast(size_t len) {
	struct buf token = cms_build_token(&world, GEN_TIME, "abc", 3, 0), ballast = {0}, whole = {0}, fat = {0};
	struct der element;
	buf_reserve(&ballast, len);
	memset(ballast.data, 0, len);
	ballast.len = len;
	der_put(&whole, DER_SEQUENCE, ballast.data, ballast.len);
	const struct val_blob certs[] = {{whole.data, whole.len}};
	const struct tsp_material material = {.certs = certs, .cert_count = 1};
	struct der_walk w = der_walk_bytes(token.data, token.len);
	assert_true(der_next(&w, &element) && tsp_complete(&element, &material, &fat));
	struct buf response = cms_build_response(&fat);
	buf_dispose(&token);
	buf_dispose(&ballast);
	buf_dispose(&whole);
	buf_dispose(&fat);
	return response;
}

static void judgement_names_what_is_wrong(void **unused) {
	(void)unused;
	struct buf good = response_with(0), broken = response_with(BUILD_FLIP_VALUE);
	fault_is(&good, NULL);
	fault_is(&broken, "TSP_BROKEN");
	/* The same one, by those who trust nobody. */
	struct error err = {0};
	struct validator *trusting = validator;
	validator = validator_new(NULL, 0, &err);
	fault_is(&good, "TSP_NOT_VALID");
	validator_free(validator);
	validator = trusting;
	buf_dispose(&good);
	buf_dispose(&broken);
}

static void a_token_too_large_to_keep_is_not_used(void **unused) {
	(void)unused;
	struct buf fits = response_with_ballast(LIMIT_TOKEN_BYTES / 2), large = response_with_ballast(LIMIT_TOKEN_BYTES);
	fault_is(&fits, NULL);
	fault_is(&large, "TSP_INCOMPLETE");
	buf_dispose(&fits);
	buf_dispose(&large);
}

/* What is there stays as it is, what is added is there once, and the order is that of DER. */
static void completing_adds_and_keeps(void **unused) {
	(void)unused;
	static const unsigned char basic[] = {0x30, 0x03, 0x30, 0x01, 0x00}, answer[] = {0x30, 0x03, 0x0a, 0x01, 0x00};
	struct buf token = cms_build_token(&world, GEN_TIME, "abc", 3, 0), once = {0}, twice = {0};
	const struct val_blob certs[] = {{world.other.data, world.other.len}, {world.tsa.data, world.tsa.len}},
			      ocsps[] = {{basic, sizeof basic}, {answer, sizeof answer}};
	const struct tsp_material material = {.certs = certs, .cert_count = 2, .ocsps = ocsps, .ocsp_count = 2};
	struct der_walk w = der_walk_bytes(token.data, token.len);
	struct der element;
	struct cms before, after;
	const char *why;
	assert_true(der_next(&w, &element) && tsp_complete(&element, &material, &once));
	w = der_walk_bytes(once.data, once.len);
	assert_true(der_next(&w, &element) && tsp_complete(&element, &material, &twice));
	assert_int_equal(once.len, twice.len);
	assert_memory_equal(once.data, twice.data, once.len);
	assert_true(cms_read(token.data, token.len, &before, &why) && cms_read(once.data, once.len, &after, &why));
	assert_int_equal(after.cert_count, before.cert_count + 1);
	assert_int_equal(after.crl_count, 2);
	assert_int_equal(after.content_len, before.content_len);
	assert_memory_equal(after.content, before.content, before.content_len);
	assert_int_equal(after.signers[0].signature.len, before.signers[0].signature.len);
	assert_memory_equal(after.signers[0].signature.data, before.signers[0].signature.data, before.signers[0].signature.len);
	for (size_t i = 0; i < after.crl_count; i++) assert_int_equal(after.crls[i].data[0], 0xa1);
	/* version 5, for there is status data that is no CRL */
	assert_non_null(memmem(once.data, 40, "\x02\x01\x05", 3));
	cms_dispose(&before);
	cms_dispose(&after);
	buf_dispose(&token);
	buf_dispose(&once);
	buf_dispose(&twice);
}

static int begin(void **unused) {
	(void)unused;
	struct error err = {0};
	digest_init();
	sha256_bytes("abc", 3, digest);
	cms_world_open(&world);
	validator = validator_new(NULL, 0, &err);
	return validator && validator_add_trust(validator, world.ca.data, world.ca.len) == 1 ? 0 : -1;
}

static int end(void **unused) {
	(void)unused;
	validator_free(validator);
	cms_world_close(&world);
	return 0;
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_what_others_read),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(answers_are_held_against_the_request),
		cmocka_unit_test(another_digest_or_algorithm_is_another_imprint),
		cmocka_unit_test(a_refusal_says_why),
		cmocka_unit_test(an_answer_cut_anywhere_is_malformed),
		cmocka_unit_test(judgement_names_what_is_wrong),
		cmocka_unit_test(a_token_too_large_to_keep_is_not_used),
		cmocka_unit_test(completing_adds_and_keeps),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
