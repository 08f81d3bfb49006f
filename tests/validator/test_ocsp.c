#include "tests/validator/cert_builder.h"

#include "validator/ocsp.h"

#include <openssl/ocsp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define AT "2026-06-01T00:00:00Z"
#define GENERAL SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE
#define CA_EXTENSIONS "basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign"

static const char *const ca_extensions[] = {CA_EXTENSIONS, NULL};

/* Root (anchor), CA, EE (serial 3); who answers is what the tests change. */
struct world {
	struct scene scene;
	struct made root, ca, ee, responder;
};

static void open_world(struct world *w, const struct cert_plan *responder, const char *ee_to) {
	*w = (struct world){0};
	scene_open(&w->scene);
	w->root = cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "1", .extensions = ca_extensions});
	w->ca = cert_make(&(struct cert_plan){
		.subject = "CN=CA", .key = "2", .issuer = &w->root, .serial = 2, .extensions = ca_extensions});
	w->ee = cert_make(
		&(struct cert_plan){.subject = "CN=EE", .key = "3", .issuer = &w->ca, .serial = 3, .to = ee_to});
	static const char *const extensions[] = {"extendedKeyUsage", "OCSPSigning", "noCheck", "ignored", NULL};
	struct cert_plan plan = responder ? *responder : (struct cert_plan){0};
	plan.subject = "CN=Responder";
	plan.key = "4";
	plan.serial = 4;
	if (!plan.issuer)
		plan.issuer = &w->ca;
	else
		plan.issuer = &w->root;
	if (!plan.extensions) plan.extensions = extensions;
	w->responder = cert_make(&plan);
	scene_trust(&w->scene, &w->root);
	scene_add(&w->scene, &w->ca);
}

static void close_world(struct world *w) {
	scene_close(&w->scene);
	made_free(&w->root);
	made_free(&w->ca);
	made_free(&w->ee);
	made_free(&w->responder);
}

static enum sub_indication judge(struct world *w, const char *at) {
	struct path_request request = scene_request(&w->scene, &w->ee, at);
	return scene_judge(&w->scene, &request);
}

static struct ocsp_plan answer(struct world *w) {
	return (struct ocsp_plan){.cert = &w->ee, .issuer = &w->ca};
}

static void authority_answers_for_itself(void **state) {
	(void)state;
	struct world w;
	open_world(&w, NULL, NULL);
	assert_int_equal(judge(&w, AT), GENERAL);
	struct ocsp_plan plan = answer(&w);
	scene_take(&w.scene, ocsp_make(&plan));
	assert_int_equal(judge(&w, AT), SUB_NONE);
	assert_true(w.scene.result.links[0].by_ocsp);
	assert_int_equal(w.scene.result.links[0].status, REVOCATION_GOOD);
	close_world(&w);
}

static void statuses_are_read(void **state) {
	(void)state;
	static const struct {
		int status, reason;
		const char *revoked_at, *next_update, *at;
		enum sub_indication sub;
	} cases[] = {
		{0, 0, NULL, NULL, AT, SUB_NONE},
		{1, 1, "20260301000000Z", NULL, AT, SUB_REVOKED_NO_POE},
		{1, 0, "20260601000001Z", NULL, AT, SUB_NONE},
		{1, 6, "20260301000000Z", NULL, AT, SUB_TRY_LATER},
		{2, 0, NULL, NULL, AT, GENERAL},
		{0, 0, NULL, "20260601000000Z", AT, SUB_TRY_LATER},
		{0, 0, NULL, "20260601000001Z", AT, SUB_NONE},
		{0, 0, NULL, "", AT, SUB_TRY_LATER},
		{0, 0, NULL, "20251231000000Z", AT, GENERAL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w, NULL, NULL);
		struct ocsp_plan plan = answer(&w);
		plan.status = cases[i].status;
		plan.reason = cases[i].reason;
		plan.revoked_at = cases[i].revoked_at;
		plan.next_update = cases[i].next_update;
		scene_take(&w.scene, ocsp_make(&plan));
		enum sub_indication sub = judge(&w, cases[i].at);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		close_world(&w);
	}
}

/* RFC 6960 4.2.2.2, digest 5.1: who may answer. */
static void only_the_authorised_answer(void **state) {
	(void)state;
	static const char *const no_purpose[] = {"noCheck", "ignored", NULL};
	static const char *const any_purpose[] = {"extendedKeyUsage", "anyExtendedKeyUsage", "noCheck", "ignored",
						  NULL};
	static const char *const no_signing[] = {"extendedKeyUsage", "OCSPSigning",     "noCheck", "ignored",
						 "keyUsage",         "keyEncipherment", NULL};
	static const char *const checked[] = {"extendedKeyUsage", "OCSPSigning", NULL};
	static const struct made parent;
	static const struct {
		struct cert_plan responder;
		const char *produced, *at;
		enum sub_indication sub;
	} cases[] = {
		{{NULL}, NULL, AT, SUB_NONE},
		{{.extensions = no_purpose}, NULL, AT, GENERAL},
		{{.extensions = any_purpose}, NULL, AT, GENERAL},
		{{.extensions = no_signing}, NULL, AT, GENERAL},
		{{.extensions = checked}, NULL, AT, GENERAL}, /* its own status is not known */
		{{.issuer = &parent}, NULL, AT, GENERAL},     /* issued by the CA's issuer */
		{{.to = "20260101000000Z"}, NULL, AT, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE},
		{{.to = "20251231235959Z"}, NULL, AT, GENERAL}, /* had ended when it answered */
		{{.from = "20260102000000Z"}, NULL, AT, GENERAL},
		{{.from = "20260102000000Z"}, "20260102000000Z", AT, SUB_NONE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w, &cases[i].responder, NULL);
		struct ocsp_plan plan = answer(&w);
		plan.signer = &w.responder;
		plan.produced = cases[i].produced;
		scene_take(&w.scene, ocsp_make(&plan));
		enum sub_indication sub = judge(&w, cases[i].at);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		close_world(&w);
	}
}

static void responder_does_not_prove_itself(void **state) {
	(void)state;
	static const char *const checked[] = {"extendedKeyUsage", "OCSPSigning", NULL};
	for (int from_ca = 0; from_ca < 2; from_ca++) {
		struct world w;
		struct cert_plan responder = {.extensions = checked};
		open_world(&w, &responder, NULL);
		struct ocsp_plan plan = answer(&w), own = answer(&w);
		plan.signer = &w.responder;
		own.cert = &w.responder;
		own.signer = from_ca ? NULL : &w.responder;
		scene_take(&w.scene, ocsp_make(&plan));
		scene_take(&w.scene, ocsp_make(&own));
		assert_int_equal(judge(&w, AT), from_ca ? SUB_NONE : GENERAL);
		close_world(&w);
	}
}

static void answers_about_other_certificates_say_nothing(void **state) {
	(void)state;
	struct world w;
	open_world(&w, NULL, NULL);
	struct made other =
		cert_make(&(struct cert_plan){.subject = "CN=EE", .key = "3", .issuer = &w.ca, .serial = 5});
	struct made other_ca =
		cert_make(&(struct cert_plan){.subject = "CN=CA", .key = "6", .issuer = &w.root, .serial = 2});
	struct made other_name =
		cert_make(&(struct cert_plan){.subject = "CN=CB", .key = "2", .issuer = &w.root, .serial = 2});
	struct ocsp_plan plan = answer(&w);
	plan.cert = &other;
	scene_take(&w.scene, ocsp_make(&plan));
	plan = answer(&w);
	plan.issuer = &other_ca; /* the same name and serial, another key in the CertID */
	plan.signer = &w.ca;
	scene_take(&w.scene, ocsp_make(&plan));
	plan.issuer = &other_name;
	scene_take(&w.scene, ocsp_make(&plan));
	assert_int_equal(judge(&w, AT), GENERAL);
	plan = answer(&w);
	plan.also_first = &other;
	plan.status = 1;
	plan.revoked_at = "20260301000000Z";
	scene_take(&w.scene, ocsp_make(&plan));
	assert_int_equal(judge(&w, AT), SUB_REVOKED_NO_POE);
	made_free(&other);
	made_free(&other_ca);
	made_free(&other_name);
	close_world(&w);
}

static void identifiers_of_every_kind_match(void **state) {
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct world w;
		open_world(&w, NULL, NULL);
		struct ocsp_plan plan = answer(&w);
		if (i == 0) plan.digest = "SHA256";
		if (i == 1) plan.by_key = &w.ca;
		if (i == 2) plan.wrapped_only = true;
		if (i == 3) plan.by_key = &w.ee; /* names somebody else */
		scene_take(&w.scene, ocsp_make(&plan));
		assert_int_equal(judge(&w, AT), i == 3 ? GENERAL : SUB_NONE);
		close_world(&w);
	}
}

static void certificate_hash_binds_and_critical_extensions_stop(void **state) {
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct world w;
		open_world(&w, NULL, NULL);
		struct ocsp_plan plan = answer(&w);
		if (i < 2) plan.cert_hash_of = i ? &w.ca.der : &w.ee.der;
		plan.critical = i == 2;
		scene_take(&w.scene, ocsp_make(&plan));
		assert_int_equal(judge(&w, AT), i == 0 ? SUB_NONE : GENERAL);
		assert_int_equal(finding_has(&w.scene.result.findings, FINDING_REVOCATION_NOT_USABLE), i != 0);
		close_world(&w);
	}
}

static void good_after_the_end_needs_an_archive_cutoff(void **state) {
	(void)state;
	static const struct {
		const char *this_update, *cutoff;
		bool hash;
		enum sub_indication sub;
	} cases[] = {
		{"20260501000000Z", NULL, false, GENERAL},
		{"20260501000000Z", "20260201000001Z", false, GENERAL},
		{"20260501000000Z", "20260201000000Z", false, SUB_OUT_OF_BOUNDS_NOT_REVOKED},
		{"20260501000000Z", NULL, true, SUB_OUT_OF_BOUNDS_NOT_REVOKED},
		{"20260201000000Z", NULL, false, SUB_OUT_OF_BOUNDS_NO_POE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w, NULL, "20260201000000Z");
		struct ocsp_plan plan = answer(&w);
		plan.this_update = cases[i].this_update;
		plan.archive_cutoff = cases[i].cutoff;
		if (cases[i].hash) plan.cert_hash_of = &w.ee.der;
		scene_take(&w.scene, ocsp_make(&plan));
		enum sub_indication sub = judge(&w, AT);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		close_world(&w);
	}
}

static void altered_answer_is_not_used(void **state) {
	(void)state;
	struct world w;
	open_world(&w, NULL, NULL);
	struct ocsp_plan plan = answer(&w);
	struct buf bytes = ocsp_make(&plan);
	bytes.data[bytes.len - 1] ^= 1;
	scene_take(&w.scene, bytes);
	assert_int_equal(judge(&w, AT), GENERAL);
	close_world(&w);
}

static void request_is_what_openssl_reads(void **state) {
	(void)state;
	struct world w;
	open_world(&w, NULL, NULL);
	struct buf request = {0};
	struct cert *cert = cert_parse(w.ee.der.data, w.ee.der.len), *issuer = cert_parse(w.ca.der.data, w.ca.der.len);
	ocsp_request(cert, issuer, &request);
	const unsigned char *p = request.data;
	OCSP_REQUEST *read = d2i_OCSP_REQUEST(NULL, &p, (long)request.len);
	assert_non_null(read);
	assert_ptr_equal(p, request.data + request.len);
	OCSP_CERTID *expected = OCSP_cert_to_id(EVP_sha1(), w.ee.x509, w.ca.x509);
	assert_int_equal(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(read, 0)), expected), 0);
	OCSP_CERTID_free(expected);
	OCSP_REQUEST_free(read);
	cert_unref(cert);
	cert_unref(issuer);
	buf_dispose(&request);
	close_world(&w);
}

static void failures_and_fragments_are_no_answers(void **state) {
	(void)state;
	struct world w;
	open_world(&w, NULL, NULL);
	static const unsigned char try_later[] = {0x30, 0x03, 0x0a, 0x01, 0x03};
	assert_null(ocsp_parse(w.scene.cache, try_later, sizeof try_later));
	struct ocsp_plan plan = answer(&w);
	struct buf bytes = ocsp_make(&plan);
	for (size_t len = 0; len < bytes.len; len++) assert_null(ocsp_parse(w.scene.cache, bytes.data, len));
	buf_dispose(&bytes);
	close_world(&w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authority_answers_for_itself),
		cmocka_unit_test(statuses_are_read),
		cmocka_unit_test(only_the_authorised_answer),
		cmocka_unit_test(responder_does_not_prove_itself),
		cmocka_unit_test(answers_about_other_certificates_say_nothing),
		cmocka_unit_test(identifiers_of_every_kind_match),
		cmocka_unit_test(certificate_hash_binds_and_critical_extensions_stop),
		cmocka_unit_test(good_after_the_end_needs_an_archive_cutoff),
		cmocka_unit_test(altered_answer_is_not_used),
		cmocka_unit_test(request_is_what_openssl_reads),
		cmocka_unit_test(failures_and_fragments_are_no_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
