#include "tests/validator/cert_builder.h"

#include "validator/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define AT "2026-06-01T00:00:00Z"

static const char *const ca_extensions[] = {"basicConstraints", "critical,CA:TRUE", NULL};

/* A whole policy in which one member can be replaced. */
static char *policy_text(const char *member, const char *value) {
	static const char *const members[][2] = {
		{"id", "\"test\""},
		{"issued", "\"2024-01-01\""},
		{"predictions", "\"fail\""},
		{"digests", "[{\"name\": \"SHA-256\"}, {\"name\": \"SHA-1\", \"until\": \"2012-08-01\"}]"},
		{"keys", "[{\"scheme\": \"RSA PKCS#1 v1.5\", \"bits\": 1024, \"until\": \"2019-10-01\"},"
			 "{\"scheme\": \"RSA PKCS#1 v1.5\", \"bits\": 2048, \"until\": \"2029-01-01\"},"
			 "{\"scheme\": \"EdDSA\", \"bits\": 255}]"},
		{"curves", "[\"Ed25519\"]"},
		{"allowances", "[]"},
		{"anchors", "[]"},
		{"revocation", "{\"max_age_hours\": 0, \"clock_skew_seconds\": 0}"},
		{"rules",
		 "{\"path_algorithms\": \"warn\", \"tsa_eku_critical\": \"fail\", \"signer_key_usage\": \"fail\","
		 "\"signing_certificate\": \"fail\", \"reference_digests\": \"warn\", \"signature_policy\": \"warn\","
		 "\"status_before_signing\": \"warn\","
		 "\"anchor_issued_without_source\": \"warn\"}"},
	};
	struct buf text = {0};
	bool used = false;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		bool replaced = member && !strcmp(member, members[i][0]);
		used |= replaced;
		buf_printf(&text, "%s\"%s\": %s", i ? ", " : "{", members[i][0], replaced ? value : members[i][1]);
	}
	if (member && !used) buf_printf(&text, ", \"%s\": %s", member, value);
	buf_add_text(&text, "}");
	return buf_take_text(&text);
}

static struct policy *load(const char *member, const char *value) {
	char *text = policy_text(member, value);
	struct error err = {0};
	struct policy *policy = policy_load(text, strlen(text), &err);
	if (!policy) fail_msg("%s", err.text);
	free(text);
	return policy;
}

static utime time_of(const char *text) {
	utime t;
	assert_true(utime_parse(text, &t));
	return t;
}

#define ANCHOR "\"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\""

static void unusable_policies_are_refused_with_the_place(void **state) {
	(void)state;
	static const struct {
		const char *member, *value, *says;
	} cases[] = {
		{"id", "\"\"", "id is missing"},
		{"idd", "1", "unknown key idd"},
		{"issued", "\"soon\"", "issued is not a date"},
		{"predictions", "\"ignore\"", "predictions is not warn or fail"},
		{"digests", "{}", "digests is not a list"},
		{"digests", "[{\"name\": \"SHA-77\"}]", "SHA-77"},
		{"digests", "[{\"name\": \"SHA-1\", \"untill\": \"2012-08-01\"}]", "unknown key untill"},
		{"digests", "[{\"name\": \"SHA-1\", \"until\": \"2012-13-01\"}]", "until is not a date"},
		{"keys", "[{\"scheme\": \"RSA\"}]", "scheme is not known: RSA"},
		{"keys", "[{\"scheme\": \"EdDSA\", \"bits\": -1}]", "bits is not a number"},
		{"curves", "[1]", "a curve is not a name"},
		{"allowances", "[{\"anchor\": \"00\", \"digest\": \"SHA-1\"}]", "anchor is not a SHA-256"},
		{"anchors", "[{}]", "sha256 is not a SHA-256"},
		{"anchors", "[{" ANCHOR ", \"from\": \"2027\"}]", "from is not a date"},
		{"anchors", "[{" ANCHOR ", \"from\": \"2027-01-01\", \"sunset\": \"2027-01-01\"}]", "before its start"},
		{"anchors", "[{" ANCHOR ", \"purposes\": []}]", "purposes is not a list"},
		{"anchors", "[{" ANCHOR ", \"purposes\": \"signing\"}]", "purposes is not a list"},
		{"anchors", "[{" ANCHOR ", \"purposes\": [\"sign\"]}]", "a purpose is not"},
		{"anchors", "[{" ANCHOR "}, {" ANCHOR "}]", "stands twice"},
		{"revocation", "null", "revocation is not an object"},
		{"rules", "{}", "rule path_algorithms is not"},
		{"rules", "[]", "rules is not an object"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = policy_text(cases[i].member, cases[i].value);
		struct error err = {0};
		assert_null(policy_load(text, strlen(text), &err));
		if (!strstr(err.text, cases[i].says)) fail_msg("case %zu said: %s", i, err.text);
		free(text);
	}
	struct error err = {0};
	assert_null(policy_load("{\"id\":1,\"id\":2}", 15, &err));
	assert_null(policy_load("", 0, &(struct error){0}));
}

static void policy_is_named_by_its_text(void **state) {
	(void)state;
	struct policy *a = load(NULL, NULL), *b = load("id", "\"other\""), *built_in = policy_load(NULL, 0, NULL);
	assert_string_equal(policy_id(a), "test");
	assert_string_equal(policy_id(b), "other");
	assert_memory_not_equal(policy_sha256(a), policy_sha256(b), SHA256_SIZE);
	assert_non_null(built_in);
	assert_string_equal(policy_id(built_in), "ltvault-default-1");
	policy_free(a);
	policy_free(b);
	policy_free(built_in);
}

static void ends_are_those_of_the_weakest_part(void **state) {
	(void)state;
	struct policy *policy = policy_load(NULL, 0, NULL);
	static const struct {
		struct algorithm_use use;
		const char *end; /* NULL never, "" no end */
		const char *what;
		bool broken;
	} cases[] = {
		{{SCHEME_RSA_PKCS1, DIGEST_SHA256, 0, KEY_RSA, 2048, 0, ""},
		 "2029-01-01T00:00:00Z",
		 "RSA PKCS#1 v1.5 2048",
		 false},
		{{SCHEME_RSA_PKCS1, DIGEST_SHA256, 0, KEY_RSA, 4096, 0, ""},
		 "2029-01-01T00:00:00Z",
		 "RSA PKCS#1 v1.5 4096",
		 false},
		{{SCHEME_RSA_PKCS1, DIGEST_SHA1, 0, KEY_RSA, 2048, 0, ""}, "2012-08-01T00:00:00Z", "SHA-1", false},
		{{SCHEME_RSA_PKCS1, DIGEST_SHA1, 0, KEY_RSA, 1000, 0, ""},
		 "2010-08-01T00:00:00Z",
		 "RSA PKCS#1 v1.5 1000",
		 true},
		{{SCHEME_RSA_PKCS1, DIGEST_SHA256, 0, KEY_RSA, 1024, 0, ""},
		 "2019-10-01T00:00:00Z",
		 "RSA PKCS#1 v1.5 1024",
		 false},
		{{SCHEME_RSA_PKCS1, DIGEST_SHA256, 0, KEY_RSA, 512, 0, ""}, NULL, "RSA PKCS#1 v1.5 512", true},
		{{SCHEME_RSA_PKCS1, DIGEST_MD5, 0, KEY_RSA, 2048, 0, ""}, "2004-08-01T00:00:00Z", "MD5", true},
		{{SCHEME_RSA_PSS, DIGEST_SHA256, DIGEST_SHA256, KEY_RSA, 3072, 0, ""}, "", "RSASSA-PSS 3072", false},
		{{SCHEME_RSA_PSS, DIGEST_SHA256, DIGEST_SHA256, KEY_RSA, 2999, 0, ""},
		 "2029-01-01T00:00:00Z",
		 "RSASSA-PSS 2999",
		 false},
		{{SCHEME_ECDSA, DIGEST_SHA384, 0, KEY_EC, 384, 0, "P-384"}, "", "ECDSA 384 P-384", false},
		{{SCHEME_ECDSA, DIGEST_SHA256, 0, KEY_EC, 256, 0, "secp256k1"}, NULL, "ECDSA 256 secp256k1", true},
		{{SCHEME_ECDSA, DIGEST_SHA256, 0, KEY_EC, 224, 0, "P-224"},
		 "2021-10-01T00:00:00Z",
		 "ECDSA 224 P-224",
		 false},
		{{SCHEME_DSA, DIGEST_SHA1, 0, KEY_DSA, 1024, 160, ""}, "2012-08-01T00:00:00Z", "SHA-1", false},
		{{SCHEME_DSA, DIGEST_SHA256, 0, KEY_DSA, 2048, 160, ""}, "2015-12-01T00:00:00Z", "DSA 2048", false},
		{{SCHEME_EDDSA, DIGEST_SHA512, 0, KEY_ED25519, 255, 0, "Ed25519"}, "", "EdDSA 255 Ed25519", false},
		{{SCHEME_EDDSA, DIGEST_UNKNOWN, 0, KEY_ED448, 448, 0, "Ed448"}, "", "EdDSA 448 Ed448", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *what;
		utime end = policy_use_end(policy, &cases[i].use, &what);
		utime expected = !cases[i].end ? POLICY_NEVER : !*cases[i].end ? POLICY_NO_END : time_of(cases[i].end);
		if (end != expected || strcmp(what, cases[i].what) ||
		    policy_use_broken(policy, &cases[i].use) != cases[i].broken)
			fail_msg("case %zu: %s", i, what);
		free(what);
	}
	policy_free(policy);
}

static void predictions_can_be_warnings(void **state) {
	(void)state;
	struct policy *strict = load(NULL, NULL), *lax = load("predictions", "\"warn\"");
	assert_false(policy_end_is_prediction(strict, time_of("2029-01-01")));
	assert_true(policy_end_is_prediction(lax, time_of("2029-01-01")));
	assert_false(policy_end_is_prediction(lax, time_of("2019-10-01")));
	assert_false(policy_end_is_prediction(lax, POLICY_NO_END));
	policy_free(strict);
	policy_free(lax);
}

/* Root, CA and EE with chosen key and digest on the CA's certificate. */
struct world {
	struct scene scene;
	struct made root, ca, ee;
};

static void open_world(struct world *w, const char *root_key, const char *digest) {
	scene_open(&w->scene);
	w->root = cert_make(&(struct cert_plan){.subject = "CN=Root", .key = root_key, .extensions = ca_extensions});
	w->ca = cert_make(&(struct cert_plan){
		.subject = "CN=CA", .key = "2", .issuer = &w->root, .digest = digest, .extensions = ca_extensions});
	w->ee = cert_make(&(struct cert_plan){.subject = "CN=EE", .key = "3", .issuer = &w->ca});
	scene_trust(&w->scene, &w->root);
	scene_add(&w->scene, &w->ca);
}

static void close_world(struct world *w) {
	scene_close(&w->scene);
	made_free(&w->root);
	made_free(&w->ca);
	made_free(&w->ee);
}

static enum sub_indication judge(struct world *w, enum path_purpose purpose, const char *at) {
	struct path_request request = scene_request(&w->scene, &w->ee, at);
	request.revocation = REVOCATION_OFF;
	request.purpose = purpose;
	return scene_judge(&w->scene, &request);
}

static void set_policy(struct world *w, const char *member, const char *value) {
	policy_free(w->scene.policy);
	w->scene.policy = load(member, value);
}

static void old_algorithms_lack_a_proof_of_existence(void **state) {
	(void)state;
	struct world w;
	open_world(&w, "person", "SHA1"); /* RSA of 2,048 bits */
	assert_int_equal(judge(&w, PATH_SIGNER, AT), SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	assert_true(w.scene.result.algorithm_until == time_of("2012-08-01"));
	assert_true(finding_has(&w.scene.result.findings, FINDING_ALGORITHM_ENDED));
	assert_int_equal(judge(&w, PATH_ANY, AT), SUB_NONE);
	assert_true(finding_has(&w.scene.result.findings, FINDING_ALGORITHM_ENDED_WARNING));
	set_policy(&w, "digests", "[]");
	assert_int_equal(judge(&w, PATH_SIGNER, AT), SUB_CRYPTO_CONSTRAINTS_FAILURE);
	assert_true(finding_has(&w.scene.result.findings, FINDING_ALGORITHM_UNKNOWN));
	close_world(&w);
}

static void end_is_the_first_instant_that_is_too_late(void **state) {
	(void)state;
	struct world w;
	open_world(&w, "person", "SHA256");
	assert_int_equal(judge(&w, PATH_SIGNER, "2028-12-31T23:59:59Z"), SUB_NONE);
	assert_int_equal(judge(&w, PATH_SIGNER, "2029-01-01T00:00:00Z"), SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	set_policy(&w, "predictions", "\"warn\"");
	assert_int_equal(judge(&w, PATH_SIGNER, "2029-01-01T00:00:00Z"), SUB_NONE);
	close_world(&w);
}

static void forgeable_algorithms_are_never_excused(void **state) {
	(void)state;
	struct world w;
	open_world(&w, "person", "MD5");
	assert_int_equal(judge(&w, PATH_ANY, AT), SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	close_world(&w);
}

static void self_signature_of_an_anchor_is_not_judged(void **state) {
	(void)state;
	struct scene scene;
	scene_open(&scene);
	struct made root =
		cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "1", .extensions = ca_extensions});
	struct made weak_root = cert_make(&(struct cert_plan){
		.subject = "CN=Old root", .key = "person", .digest = "SHA1", .extensions = ca_extensions});
	struct made ee = cert_make(&(struct cert_plan){.subject = "CN=EE", .key = "3", .issuer = &weak_root});
	scene_trust(&scene, &weak_root);
	struct path_request request = scene_request(&scene, &ee, AT);
	request.revocation = REVOCATION_OFF;
	assert_int_equal(scene_judge(&scene, &request), SUB_NONE);
	made_free(&root);
	made_free(&weak_root);
	made_free(&ee);
	scene_close(&scene);
}

static void allowance_holds_for_its_anchor_digest_and_dates(void **state) {
	(void)state;
	static const struct {
		const char *issued_before, *until;
		bool other_anchor;
		enum sub_indication sub;
	} cases[] = {
		{"2020-01-02", "2027-01-01", false, SUB_NONE},
		{"2020-01-01", "2027-01-01", false, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE},
		{"2020-01-02", "2026-06-01", false, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE},
		{"2020-01-02", "2027-01-01", true, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w, "person", "SHA1");
		const struct buf *der = cases[i].other_anchor ? &w.ca.der : &w.root.der;
		unsigned char hash[SHA256_SIZE];
		char hex[SHA256_HEX];
		sha256_bytes(der->data, der->len, hash);
		char *rows = xasprintf(
			"[{\"anchor\": \"%s\", \"digest\": \"SHA-1\", \"issued_before\": \"%s\", \"until\": \"%s\"}]",
			hex_encode(hash, sizeof hash, hex), cases[i].issued_before, cases[i].until);
		set_policy(&w, "allowances", rows);
		assert_int_equal(judge(&w, PATH_SIGNER, AT), cases[i].sub);
		assert_int_equal(finding_has(&w.scene.result.findings, FINDING_ALGORITHM_ALLOWED),
				 cases[i].sub == SUB_NONE);
		free(rows);
		close_world(&w);
	}
}

static void anchors_have_sunsets(void **state) {
	(void)state;
	struct world w;
	open_world(&w, "1", NULL);
	unsigned char hash[SHA256_SIZE];
	char hex[SHA256_HEX];
	sha256_bytes(w.root.der.data, w.root.der.len, hash);
	char *rows =
		xasprintf("[{\"sha256\": \"%s\", \"sunset\": \"2026-06-01\"}]", hex_encode(hash, sizeof hash, hex));
	set_policy(&w, "anchors", rows);
	assert_int_equal(judge(&w, PATH_SIGNER, "2026-05-31T23:59:59Z"), SUB_NONE);
	assert_int_equal(judge(&w, PATH_SIGNER, "2026-06-01T00:00:00Z"), SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE);
	assert_true(finding_has(&w.scene.result.findings, FINDING_ANCHOR_SUNSET));
	free(rows);
	close_world(&w);
}

static void anchors_have_a_start_and_purposes(void **state) {
	(void)state;
	static const struct {
		const char *rule;
		enum path_purpose purpose;
		const char *at;
		enum finding_code code; /* of what is refused; 0 passes */
	} cases[] = {
		{"\"from\": \"2026-06-01\"", PATH_SIGNER, "2026-05-31T23:59:59Z", FINDING_ANCHOR_NOT_YET},
		{"\"from\": \"2026-06-01\"", PATH_SIGNER, "2026-06-01T00:00:00Z", 0},
		{"\"purposes\": [\"timestamping\", \"status\"]", PATH_SIGNER, AT, FINDING_ANCHOR_PURPOSE},
		{"\"purposes\": [\"signing\"]", PATH_SIGNER, AT, 0},
		{"\"purposes\": [\"signing\", \"timestamping\"]", PATH_OCSP, AT, FINDING_ANCHOR_PURPOSE},
		{"\"purposes\": [\"status\"]", PATH_OCSP, AT, 0},
		{"\"purposes\": [\"signing\"]", PATH_TSA, AT, FINDING_ANCHOR_PURPOSE},
		{"\"purposes\": [\"status\"]", PATH_ANY, AT, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		unsigned char hash[SHA256_SIZE];
		char hex[SHA256_HEX];
		open_world(&w, "1", NULL);
		sha256_bytes(w.root.der.data, w.root.der.len, hash);
		char *rows = xasprintf("[{\"sha256\": \"%s\", %s}]", hex_encode(hash, sizeof hash, hex), cases[i].rule);
		set_policy(&w, "anchors", rows);
		enum sub_indication sub = judge(&w, cases[i].purpose, cases[i].at);
		if (sub != (cases[i].code ? SUB_NO_CERTIFICATE_CHAIN_FOUND : SUB_NONE))
			fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		if (cases[i].code) assert_true(finding_has(&w.scene.result.findings, cases[i].code));
		free(rows);
		close_world(&w);
	}
}

static int start(void **state) {
	(void)state;
	digest_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unusable_policies_are_refused_with_the_place),
		cmocka_unit_test(policy_is_named_by_its_text),
		cmocka_unit_test(ends_are_those_of_the_weakest_part),
		cmocka_unit_test(predictions_can_be_warnings),
		cmocka_unit_test(old_algorithms_lack_a_proof_of_existence),
		cmocka_unit_test(end_is_the_first_instant_that_is_too_late),
		cmocka_unit_test(forgeable_algorithms_are_never_excused),
		cmocka_unit_test(self_signature_of_an_anchor_is_not_judged),
		cmocka_unit_test(allowance_holds_for_its_anchor_digest_and_dates),
		cmocka_unit_test(anchors_have_sunsets),
		cmocka_unit_test(anchors_have_a_start_and_purposes),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
