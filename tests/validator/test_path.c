/* Path validation, each rule of RFC 5280 beside the certificate that breaks it alone. */
#include "tests/validator/path_builder.h"

#include "base/limits.h"
#include "validator/anchors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void good_path_passes_and_names_its_chain(void **state) {
	(void)state;
	struct path_world w;
	path_world_open(&w, NULL, NULL);
	assert_int_equal(path_world_judge(&w, AT), SUB_NONE);
	assert_int_equal(w.scene.result.outcome.indication, INDICATION_PASSED);
	assert_int_equal(w.scene.result.link_count, 3);
	assert_string_equal(w.scene.result.links[1].cert->subject_text, "CN=CA");
	assert_true(w.scene.result.links[2].anchor);
	assert_true(path_world_found(&w, FINDING_REVOCATION_DISABLED));
	path_world_close(&w);
}

static void each_rule_of_the_path_is_checked(void **state) {
	(void)state;
	static const struct {
		const char *ca[9], *ee[9];
		const char *ee_subject;
		enum sub_indication sub;
		enum finding_code code;
	} cases[] = {
		{{CA_BC, CA_KU}, {NULL}, NULL, SUB_NONE, 0},
		{{"basicConstraints", "critical,CA:FALSE", CA_KU}, {NULL}, NULL, GENERAL, FINDING_CERT_NOT_CA},
		{{CA_KU}, {NULL}, NULL, GENERAL, FINDING_CERT_NOT_CA},
		{{CA_BC}, {NULL}, NULL, SUB_NONE, 0},
		{{CA_BC, "keyUsage", "cRLSign"}, {NULL}, NULL, GENERAL, FINDING_CERT_NO_CERT_SIGN},
		{{"basicConstraints", "CA:TRUE,pathlen:0", CA_KU}, {NULL}, NULL, SUB_NONE, 0},
		{{CA_BC, CA_KU, "1.2.3.4", "DER:0500"}, {NULL}, NULL, SUB_NONE, 0},
		{{CA_BC, CA_KU, "1.2.3.4", "critical,DER:0500"}, {NULL}, NULL, GENERAL, FINDING_CERT_UNKNOWN_CRITICAL},
		{{CA_BC, CA_KU}, {"1.2.3.4", "critical,DER:0500"}, NULL, GENERAL, FINDING_CERT_UNKNOWN_CRITICAL},
		{{CA_BC, CA_KU}, {"1.3.6.1.5.5.7.1.3", "critical,DER:3000"}, NULL, SUB_NONE, 0},
		{{CA_BC, CA_KU},
		 {"1.2.3.4", "DER:0500", "1.2.3.4", "DER:0500"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_DUPLICATE_EXTENSION},
		{{CA_BC, CA_KU}, {"keyUsage", "DER:0500"}, NULL, GENERAL, FINDING_CERT_MALFORMED},
		{{CA_BC, CA_KU},
		 {"keyUsage", "keyEncipherment"},
		 NULL,
		 SUB_CHAIN_CONSTRAINTS_FAILURE,
		 FINDING_CERT_KEY_USAGE},
		{{CA_BC, CA_KU}, {"keyUsage", "nonRepudiation"}, NULL, SUB_NONE, 0},
		{{CA_BC, CA_KU, "nameConstraints", "critical,permitted;dirName:section"},
		 {NULL},
		 "O=In,CN=EE",
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "nameConstraints", "critical,permitted;dirName:section"},
		 {NULL},
		 "O=Inner,CN=EE",
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "critical,excluded;dirName:section"},
		 {NULL},
		 "O=in ,CN=EE",
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;email:.gov.vn"},
		 {"subjectAltName", "email:a@b.gov.vn"},
		 NULL,
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;email:.gov.vn"},
		 {"subjectAltName", "email:a@gov.vn"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;email:gov.vn"},
		 {NULL},
		 "CN=EE,emailAddress=a@gov.com",
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;email:gov.vn"},
		 {NULL},
		 "CN=EE,emailAddress=a@gov.com,emailAddress=a@gov.vn",
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;email:gov.vn"},
		 {"subjectAltName", "email:a@gov.vn"},
		 "CN=EE,emailAddress=a@gov.com",
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;email:gov.vn"},
		 {"subjectAltName", "email:a@gov.vn"},
		 "CN=EE,emailAddress=b@gov.vn,emailAddress=a@gov.vn",
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "nameConstraints", "excluded;DNS:gov.vn"},
		 {"subjectAltName", "DNS:xgov.vn"},
		 NULL,
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "nameConstraints", "excluded;DNS:gov.vn"},
		 {"subjectAltName", "DNS:x.GOV.vn"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;URI:.gov.vn"},
		 {"subjectAltName", "URI:http://u@a.gov.vn:8/x"},
		 NULL,
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;URI:.gov.vn"},
		 {"subjectAltName", "URI:http://a.vn/.gov.vn"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;IP:10.0.0.0/255.0.0.0"},
		 {"subjectAltName", "IP:10.1.2.3"},
		 NULL,
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;IP:10.0.0.0/255.0.0.0"},
		 {"subjectAltName", "IP:11.1.2.3"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;otherName:1.2.3;UTF8:x"},
		 {"subjectAltName", "otherName:1.2.3;UTF8:x"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_NAME_NOT_ALLOWED},
		{{CA_BC, CA_KU, "nameConstraints", "permitted;otherName:1.2.3;UTF8:x"},
		 {"subjectAltName", "DNS:a"},
		 NULL,
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "policyConstraints", "critical,requireExplicitPolicy:0"},
		 {NULL},
		 NULL,
		 GENERAL,
		 FINDING_CERT_POLICY},
		{{CA_BC, CA_KU, "policyConstraints", "critical,requireExplicitPolicy:0", "certificatePolicies",
		  "1.2.3"},
		 {"certificatePolicies", "1.2.3"},
		 NULL,
		 SUB_NONE,
		 0},
		{{CA_BC, CA_KU, "policyConstraints", "critical,requireExplicitPolicy:0", "certificatePolicies",
		  "1.2.3"},
		 {"certificatePolicies", "1.2.4"},
		 NULL,
		 GENERAL,
		 FINDING_CERT_POLICY},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct path_world w;
		struct cert_plan ca = {.extensions = cases[i].ca, .config = "[section]\nO=In\n"};
		struct cert_plan ee = {.extensions = cases[i].ee, .subject = cases[i].ee_subject};
		path_world_open(&w, &ca, &ee);
		enum sub_indication sub = path_world_judge(&w, AT);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		if (sub != SUB_NONE && !path_world_found(&w, cases[i].code)) fail_msg("case %zu lacks its finding", i);
		path_world_close(&w);
	}
}

static void path_length_counts_what_is_not_self_issued(void **state) {
	(void)state;
	static const char *const limited[] = {CA_KU, "basicConstraints", "critical,CA:TRUE,pathlen:0", NULL};
	for (int self_issued = 0; self_issued < 2; self_issued++) {
		struct path_world w;
		struct cert_plan ca = {.extensions = limited};
		path_world_open(&w, &ca, NULL);
		struct cert_plan sub = {.subject = self_issued ? "CN=CA" : "CN=Sub",
					.key = "4",
					.issuer = &w.ca,
					.extensions = ca_extensions};
		struct made made = cert_make(&sub);
		struct cert_plan ee = {.subject = "CN=Other", .key = "5", .issuer = &made, .extensions = ee_extensions};
		made_free(&w.ee);
		w.ee = cert_make(&ee);
		scene_add(&w.scene, &made);
		assert_int_equal(path_world_judge(&w, AT), self_issued ? SUB_NONE : GENERAL);
		assert_int_equal(path_world_found(&w, FINDING_CERT_PATH_LENGTH), !self_issued);
		made_free(&made);
		path_world_close(&w);
	}
}

static void validity_is_a_closed_interval(void **state) {
	(void)state;
	static const struct {
		const char *at;
		enum sub_indication sub;
	} cases[] = {
		{"2024-12-31T23:59:59Z", SUB_OUT_OF_BOUNDS_NO_POE},
		{"2025-01-01T00:00:00Z", SUB_NONE},
		{"2027-01-01T00:00:00Z", SUB_NONE},
		{"2027-01-01T00:00:01Z", SUB_OUT_OF_BOUNDS_NO_POE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct path_world w;
		struct cert_plan ee = {.from = "20250101000000Z", .to = "20270101000000Z"};
		path_world_open(&w, NULL, &ee);
		assert_int_equal(path_world_judge(&w, cases[i].at), cases[i].sub);
		assert_int_equal(path_world_found(&w, FINDING_CERT_NOT_YET_VALID), i == 0);
		assert_int_equal(path_world_found(&w, FINDING_CERT_EXPIRED), i == 3);
		path_world_close(&w);
	}
}

static void issuers_are_valid_too_but_the_anchor_is_not_asked(void **state) {
	(void)state;
	static const struct {
		const char *at;
		enum sub_indication sub;
	} cases[] = {
		{"2021-06-01T00:00:00Z", SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE},
		{"2022-06-01T00:00:00Z", SUB_NONE},
		{"2025-06-01T00:00:00Z", SUB_OUT_OF_BOUNDS_NO_POE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct path_world w;
		struct cert_plan ca = {.from = "20220101000000Z", .to = "20250101000000Z"};
		struct cert_plan ee = {.to = "20400101000000Z"};
		path_world_open(&w, &ca, &ee);
		assert_int_equal(path_world_judge(&w, cases[i].at), cases[i].sub);
		assert_int_equal(path_world_found(&w, FINDING_CERT_CA_NOT_YET_VALID), i == 0);
		assert_int_equal(path_world_found(&w, FINDING_CERT_CA_EXPIRED), i == 2);
		path_world_close(&w);
	}
	struct path_world w;
	struct cert_plan ca = {.to = "20400101000000Z"}, ee = {.to = "20400101000000Z"};
	path_world_open(&w, &ca, &ee);
	assert_int_equal(path_world_judge(&w, "2035-01-01T00:00:00Z"), SUB_NONE);
	path_world_close(&w);
}

static void any_certificate_may_be_an_anchor(void **state) {
	(void)state;
	struct path_world w;
	path_world_open(&w, NULL, NULL);
	scene_trust(&w.scene, &w.ca);
	assert_int_equal(path_world_judge(&w, AT), SUB_NONE);
	assert_int_equal(w.scene.result.link_count, 2);
	scene_trust(&w.scene, &w.ee);
	assert_int_equal(path_world_judge(&w, "2050-01-01T00:00:00Z"), SUB_NONE);
	assert_int_equal(w.scene.result.link_count, 1);
	assert_true(path_world_found(&w, FINDING_CERT_TRUSTED_DIRECTLY));
	path_world_close(&w);
}

static void trusted_end_entity_does_not_issue(void **state) {
	(void)state;
	struct path_world w;
	path_world_open(&w, NULL, NULL);
	struct cert_plan forged = {.subject = "CN=Forged", .key = "9", .issuer = &w.ee, .extensions = ee_extensions};
	struct made made = cert_make(&forged);
	scene_trust(&w.scene, &w.ee);
	struct path_request request = scene_request(&w.scene, &made, AT);
	request.revocation = REVOCATION_OFF;
	assert_int_equal(scene_judge(&w.scene, &request), GENERAL);
	assert_true(path_world_found(&w, FINDING_CERT_NOT_CA));
	made_free(&made);
	path_world_close(&w);
}

static void every_candidate_path_is_tried(void **state) {
	(void)state;
	struct path_world w;
	/* the expired twin of the CA and one whose issuer is nowhere come with the same name and key */
	struct cert_plan ca = {.from = "20250101000000Z"};
	path_world_open(&w, &ca, NULL);
	struct cert_plan lost_root = {.subject = "CN=Lost", .key = "7", .extensions = ca_extensions};
	struct made lost = cert_make(&lost_root);
	struct cert_plan crossed = {
		.subject = "CN=CA", .key = "2", .issuer = &lost, .to = "20390101000000Z", .extensions = ca_extensions};
	struct cert_plan old = {.subject = "CN=CA",
				.key = "2",
				.issuer = &w.root,
				.to = "20210101000000Z",
				.serial = 9,
				.extensions = ca_extensions};
	struct made cross = cert_make(&crossed), twin = cert_make(&old);
	scene_add(&w.scene, &cross);
	scene_add(&w.scene, &twin);
	assert_int_equal(path_world_judge(&w, AT), SUB_NONE);
	assert_true(w.scene.result.links[1].cert->not_before > w.scene.result.links[2].cert->not_before);
	made_free(&lost);
	made_free(&cross);
	made_free(&twin);
	path_world_close(&w);
}

static void key_identifier_is_a_hint_only(void **state) {
	(void)state;
	static const char *const wrong[] = {"authorityKeyIdentifier", "DER:30068004DEADBEEF", NULL};
	struct path_world w;
	struct cert_plan ee = {.extensions = wrong};
	path_world_open(&w, NULL, &ee);
	assert_int_equal(path_world_judge(&w, AT), SUB_NONE);
	path_world_close(&w);
}

static void missing_issuer_is_wanted(void **state) {
	(void)state;
	static const char *const aia[] = {"authorityInfoAccess",
					  "caIssuers;URI:http://ca.example/ca.crt,caIssuers;URI:ldap://ca.example/x",
					  NULL};
	struct path_world w;
	struct cert_plan nowhere = {.subject = "CN=Nowhere", .key = "8", .extensions = ca_extensions};
	struct made issuer = cert_make(&nowhere);
	struct cert_plan ee = {.issuer = &issuer, .extensions = aia};
	path_world_open(&w, NULL, &ee);
	assert_int_equal(path_world_judge(&w, AT), SUB_NO_CERTIFICATE_CHAIN_FOUND);
	assert_true(path_world_found(&w, FINDING_CERT_NO_PATH));
	assert_int_equal(w.scene.result.want_count, 1);
	assert_string_equal(w.scene.result.wants[0].kind, "issuer");
	assert_string_equal(w.scene.result.wants[0].url, "http://ca.example/ca.crt");
	made_free(&issuer);
	path_world_close(&w);
}

/* A root that nobody has configured: told by name, its chain kept; another one's root is not offered. */
static void chains_to_roots_outside_the_trust_are_told_and_kept(void **state) {
	(void)state;
	for (int offered = 0; offered < 2; offered++) {
		struct path_world w;
		struct scene scene;
		path_world_open(&w, NULL, NULL);
		scene_open(&scene);
		scene_add(&scene, &w.ca);
		if (offered) scene_add(&scene, &w.root);
		struct path_request request = scene_request(&scene, &w.ee, AT);
		request.revocation = REVOCATION_OFF;
		assert_int_equal(scene_judge(&scene, &request), SUB_NO_CERTIFICATE_CHAIN_FOUND);
		assert_int_equal(finding_has(&scene.result.findings, FINDING_CERT_OUTSIDE_TRUST), offered);
		assert_int_equal(scene.result.link_count, offered ? 3 : 1);
		assert_false(scene.result.links[scene.result.link_count - 1].anchor);
		scene_trust(&scene, &w.root);
		assert_int_equal(scene_judge(&scene, &request), SUB_NONE);
		assert_false(finding_has(&scene.result.findings, FINDING_CERT_OUTSIDE_TRUST));
		scene_close(&scene);
		path_world_close(&w);
	}
}

static void issuer_with_another_key_is_no_issuer(void **state) {
	(void)state;
	struct path_world w;
	path_world_open(&w, NULL, NULL);
	struct made forger = {.x509 = w.ca.x509, .key = key_make("6")};
	struct cert_plan plan = {.subject = "CN=EE", .key = "3", .issuer = &forger, .extensions = ee_extensions};
	made_free(&w.ee);
	w.ee = cert_make(&plan);
	EVP_PKEY_free(forger.key);
	assert_int_equal(path_world_judge(&w, AT), SUB_NO_CERTIFICATE_CHAIN_FOUND);
	assert_true(path_world_found(&w, FINDING_CERT_SIGNATURE_INVALID));
	path_world_close(&w);
}

static void timestamping_is_the_sole_critical_purpose(void **state) {
	(void)state;
	static const struct {
		const char *eku;
		enum sub_indication sub;
	} cases[] = {
		{"critical,timeStamping", SUB_NONE},
		{"timeStamping", SUB_CHAIN_CONSTRAINTS_FAILURE},
		{"critical,timeStamping,emailProtection", SUB_CHAIN_CONSTRAINTS_FAILURE},
		{"critical,emailProtection", SUB_CHAIN_CONSTRAINTS_FAILURE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct path_world w;
		const char *extensions[] = {"extendedKeyUsage", cases[i].eku, NULL};
		struct cert_plan ee = {.extensions = extensions};
		path_world_open(&w, NULL, &ee);
		struct path_request request = scene_request(&w.scene, &w.ee, AT);
		request.revocation = REVOCATION_OFF;
		request.purpose = PATH_TSA;
		assert_int_equal(scene_judge(&w.scene, &request), cases[i].sub);
		assert_int_equal(path_world_found(&w, FINDING_TSA_PURPOSE), cases[i].sub != SUB_NONE);
		path_world_close(&w);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_path_passes_and_names_its_chain),
		cmocka_unit_test(each_rule_of_the_path_is_checked),
		cmocka_unit_test(path_length_counts_what_is_not_self_issued),
		cmocka_unit_test(validity_is_a_closed_interval),
		cmocka_unit_test(issuers_are_valid_too_but_the_anchor_is_not_asked),
		cmocka_unit_test(any_certificate_may_be_an_anchor),
		cmocka_unit_test(trusted_end_entity_does_not_issue),
		cmocka_unit_test(every_candidate_path_is_tried),
		cmocka_unit_test(key_identifier_is_a_hint_only),
		cmocka_unit_test(missing_issuer_is_wanted),
		cmocka_unit_test(chains_to_roots_outside_the_trust_are_told_and_kept),
		cmocka_unit_test(issuer_with_another_key_is_no_issuer),
		cmocka_unit_test(timestamping_is_the_sole_critical_purpose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
