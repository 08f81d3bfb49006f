/* Catalogues of ETSI TS 119 322 in JSON, read as policies. */
#include "base/digest.h"
#include "base/mem.h"
#include "base/utime.h"
#include "validator/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static utime time_of(const char *text) {
	utime t;
	assert_true(utime_parse(text, &t));
	return t;
}

#define CATALOGUE(digests, more)                                                                                       \
	"{\"SecuritySuitabilityPolicy\": {\"PolicyName\": {\"Name\": \"Suites\", \"ObjectIdentifier\": \"1.5\"}, "     \
	"\"Publisher\": {\"Name\": \"Office\"}, \"PolicyIssueDate\": \"2024-10-13T00:00:00.000+01:00\", \"version\": " \
	"\"1\" " more ", \"Algorithm\": [" digests "]}}"
#define ALGORITHM(name, oid, evaluations)                                                                              \
	"{\"AlgorithmIdentifier\": {\"Name\": \"" name "\", \"ObjectIdentifier\": \"" oid                              \
	"\"}, \"Evaluation\": [" evaluations "]}"
#define ENDS(date) "{\"Validity\": {\"End\": \"" date "\"}}"
#define STARTS(date) "{\"Validity\": {\"Start\": \"" date "\"}, \"Recommendation\": \"R\"}"
#define ALWAYS "{\"Validity\": {}, \"Recommendation\": \"R\"}"
#define RSA(min, date)                                                                                                 \
	"{\"Validity\": {\"End\": \"" date "\"}, \"Parameter\": [{\"Min\": " min ", \"name\": \"moduluslength\"}]}"
#define SHA384 ALGORITHM("SHA384", "2.16.840.1.101.3.4.2", ENDS("2031-01-01")) /* with a slip in the identifier */
#define RSA_SHA256                                                                                                     \
	ALGORITHM("sha256WithRSAEncryption", "1.2.840.113549.1.1.11",                                                  \
		  RSA("1024", "2019-10-01") ", " RSA("3000", "2030-01-01"))
#define RSA_SHA384 ALGORITHM("sha384WithRSAEncryption", "1.2.840.113549.1.1.12", RSA("1024", "2018-10-01"))
#define OTHER ALGORITHM("Elsewhere", "1.2.3.4.5", ENDS("2031-01-01"))
#define MD5_ANEW ALGORITHM("MD5", "1.2.840.113549.2.5", ENDS("2040-01-01"))

static void catalogues_are_policies(void **state) {
	(void)state;
	static const char text[] = CATALOGUE(SHA384 ", " RSA_SHA256 ", " RSA_SHA384 ", " OTHER ", " MD5_ANEW, "");
	unsigned char hash[SHA256_SIZE];
	struct error err = {0};
	struct policy *policy = policy_load(text, sizeof text - 1, &err);
	if (!policy) fail_msg("%s", err.text);
	assert_string_equal(policy_id(policy), "Suites 1.5, 2024-10-13");
	sha256_bytes(text, sizeof text - 1, hash);
	assert_memory_equal(policy_sha256(policy), hash, sizeof hash);
	assert_true(policy_digest_end(policy, DIGEST_SHA384) == time_of("2031-01-01"));
	assert_true(policy_digest_end(policy, DIGEST_SHA256) == POLICY_NEVER);
	struct algorithm_use use = {.scheme = SCHEME_RSA_PKCS1, .digest = DIGEST_SHA256, .key_bits = 2048, .curve = ""};
	assert_true(policy_key_end(policy, &use) == time_of("2019-10-01"));
	use.key_bits = 3000;
	assert_true(policy_key_end(policy, &use) == time_of("2030-01-01"));
	use.digest = DIGEST_SHA384;
	assert_true(policy_key_end(policy, &use) == time_of("2018-10-01"));
	assert_false(policy_use_broken(policy, &use));
	use.digest = DIGEST_MD5;
	assert_true(policy_use_broken(policy, &use));
	use = (struct algorithm_use){.scheme = SCHEME_EDDSA, .key_bits = 255, .curve = "Ed25519"};
	assert_true(policy_key_end(policy, &use) == POLICY_NEVER);
	assert_int_equal(policy_level(policy, POLICY_SIGNING_CERTIFICATE), POLICY_FAIL);
	policy_free(policy);
}

/* The catalogue of 2026 gives a start to what it has newly taken up, and lists the curves. */
static void a_start_before_the_date_of_issue_is_in_force(void **state) {
	(void)state;
	static const char text[] = CATALOGUE(
		ALGORITHM("SHA512", "2.16.840.1.101.3.4.2.3", STARTS("2024-10-13")) ", " ALGORITHM(
			"id-Ed25519", "1.3.101.112", STARTS("2024-10-01")) ", " ALGORITHM("ML-DSA-44",
											  "2.16.840.1.101.3.4.3.17",
											  STARTS("2024-10-01")),
		"");
	struct policy *policy = policy_load(text, sizeof text - 1, &(struct error){0});
	assert_non_null(policy);
	assert_true(policy_digest_end(policy, DIGEST_SHA512) == POLICY_NO_END);
	struct algorithm_use use = {.scheme = SCHEME_EDDSA, .key_bits = 255, .curve = "Ed25519"};
	assert_true(policy_key_end(policy, &use) == POLICY_NO_END);
	policy_free(policy);
}

static void listed_curves_are_the_only_ones(void **state) {
	(void)state;
	static const char curve[] = ALGORITHM("secp256r1", "1.2.840.10045.3.1.7", ALWAYS);
	static const char others[] = ALGORITHM("ECDSA with SHA-256", "1.2.840.10045.4.3.2", ALWAYS) ", " ALGORITHM(
		"id-Ed448", "1.3.101.113", ALWAYS) ", " ALGORITHM("FRP256v1", "1.2.250.1.223.101.256.1", ALWAYS);
	static const struct {
		const char *curve;
		unsigned bits;
		bool with, without; /* whether the catalogue lists a curve */
	} cases[] = {
		{"P-256", 256, true, true},      {"brainpoolP256r1", 256, false, true}, {"secp256k1", 256, false, false},
		{"Ed25519", 255, false, false}, {"Ed448", 448, true, true},
	};
	for (int listed = 0; listed < 2; listed++) {
		char *text = xasprintf(CATALOGUE("%s%s%s", ""), others, listed ? ", " : "", listed ? curve : "");
		struct error err = {0};
		struct policy *policy = policy_load(text, strlen(text), &err);
		if (!policy) fail_msg("%s", err.text);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			struct algorithm_use use = {.scheme = cases[i].curve[0] == 'E' ? SCHEME_EDDSA : SCHEME_ECDSA,
						    .key_bits = cases[i].bits,
						    .curve = cases[i].curve};
			use.digest = use.scheme == SCHEME_ECDSA ? DIGEST_SHA256 : DIGEST_UNKNOWN;
			bool good = policy_key_end(policy, &use) == POLICY_NO_END;
			if (good != (listed ? cases[i].with : cases[i].without))
				fail_msg("%s, curves %slisted", cases[i].curve, listed ? "" : "not ");
		}
		policy_free(policy);
		free(text);
	}
}

static void unusable_catalogues_are_refused_with_the_place(void **state) {
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{CATALOGUE("", ""), "lacks PolicyName"},
		{CATALOGUE(SHA384, ", \"Surprise\": 1"), "not of TS 119 322"},
		{CATALOGUE("1", ""), "is not an object"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", ""), ""), "lacks Name or Evaluation"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", ENDS("soon")), ""), "End is not a date"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", ENDS("2031-02-30")), ""), "End is not a date"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", ENDS("2031-01-01") "," ENDS("2032-01-01")), ""), "several"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", STARTS("2024-10-14")), ""), "Start after the date of issue"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", STARTS("soon")), ""), "Start is not a date"},
		{CATALOGUE(ALGORITHM("secp256r1", "1.2.840.10045.3.1.7", ENDS("2031-01-01")), ""), "a curve with an end"},
		{CATALOGUE(ALGORITHM("SHA384", "1.2", RSA("1", "2031-01-01")), ""), "a digest has no Parameter"},
		{CATALOGUE(ALGORITHM("x", "1.2.840.113549.1.1.11",
				     "{\"Validity\": {}, \"Parameter\": [{\"Min\": 1, \"name\": \"depth\"}]}"),
			   ""),
		 "Parameter is not known"},
		{CATALOGUE(ALGORITHM("x", "1.2.840.113549.1.1.11", RSA("-1", "2031-01-01")), ""),
		 "Parameter is not known"},
		{CATALOGUE(ALGORITHM("x", "1.2.840.113549.1.1.11", RSA("99999999999999999999", "2031-01-01")), ""), ""},
		{"{\"SecuritySuitabilityPolicy\": []}", "is not an object"},
		{"{\"SecuritySuitabilityPolicy\": {}, \"id\": \"x\"}", "not of TS 119 322"},
		{"{\"SecuritySuitabilityPolicy\": {}}", "PolicyIssueDate"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		struct policy *policy = policy_load(cases[i].text, strlen(cases[i].text), &err);
		if (policy || !strstr(err.text, cases[i].says)) fail_msg("case %zu said: %s", i, err.text);
	}
}

static int start(void **state) {
	(void)state;
	digest_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(catalogues_are_policies),
		cmocka_unit_test(a_start_before_the_date_of_issue_is_in_force),
		cmocka_unit_test(listed_curves_are_the_only_ones),
		cmocka_unit_test(unusable_catalogues_are_refused_with_the_place),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
