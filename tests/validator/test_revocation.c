#include "tests/validator/cert_builder.h"

#include "base/limits.h"
#include "validator/anchors.h"
#include "validator/crl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define AT "2026-06-01T00:00:00Z"
#define GENERAL SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE
#define CA_BC "basicConstraints", "critical,CA:TRUE"
#define CA_KU "keyUsage", "critical,keyCertSign,cRLSign"

static const char *const ca_extensions[] = {CA_BC, CA_KU, NULL};
static const char *const ee_extensions[] = {"keyUsage",
					    "critical,digitalSignature",
					    "crlDistributionPoints",
					    "URI:http://ca.example/ca.crl,URI:ldap://ca.example/x",
					    "authorityInfoAccess",
					    "OCSP;URI:http://ocsp.example/",
					    NULL};
static const char *const responder_extensions[] = {
	"keyUsage", "digitalSignature", "extendedKeyUsage", "OCSPSigning", "noCheck", "ignored", NULL};

/* Root (anchor), CA (serial 2), EE (serial 3), a delegated responder. The root's CRL is clean. */
struct world {
	struct scene scene;
	struct made root, ca, ee, responder;
	enum revocation_mode mode;
};

static void open_dated_world(struct world *w, const char *ee_to) {
	*w = (struct world){0};
	scene_open(&w->scene);
	w->root = cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "1", .extensions = ca_extensions});
	w->ca = cert_make(&(struct cert_plan){
		.subject = "CN=CA", .key = "2", .issuer = &w->root, .serial = 2, .extensions = ca_extensions});
	w->ee = cert_make(&(struct cert_plan){.subject = "CN=EE",
					      .key = "3",
					      .issuer = &w->ca,
					      .serial = 3,
					      .to = ee_to,
					      .extensions = ee_extensions});
	w->responder = cert_make(&(struct cert_plan){.subject = "CN=Responder",
						     .key = "4",
						     .issuer = &w->ca,
						     .serial = 4,
						     .extensions = responder_extensions});
	scene_trust(&w->scene, &w->root);
	scene_add(&w->scene, &w->ca);
	scene_take(&w->scene, crl_make(&(struct crl_plan){.issuer = &w->root}));
}

static void open_world(struct world *w) {
	open_dated_world(w, NULL);
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
	request.revocation = w->mode;
	return scene_judge(&w->scene, &request);
}

static bool found(const struct world *w, enum finding_code code) {
	return finding_has(&w->scene.result.findings, code);
}

static void assert_time(utime t, const char *expected) {
	char text[UTIME_TEXT_MAX];
	assert_string_equal(utime_text(t, text), expected);
}

static void missing_status_is_undecided_and_wanted(void **state) {
	(void)state;
	struct world w;
	open_world(&w);
	assert_int_equal(judge(&w, AT), GENERAL);
	assert_true(found(&w, FINDING_REVOCATION_MISSING));
	assert_int_equal(w.scene.result.want_count, 2);
	assert_string_equal(w.scene.result.wants[0].kind, "ocsp");
	assert_string_equal(w.scene.result.wants[0].url, "http://ocsp.example/");
	assert_non_null(w.scene.result.wants[0].request);
	assert_string_equal(w.scene.result.wants[1].kind, "crl");
	assert_string_equal(w.scene.result.wants[1].url, "http://ca.example/ca.crl");
	assert_memory_equal(w.scene.result.wants[1].for_sha256, w.scene.result.links[0].cert->sha256, SHA256_SIZE);
	w.mode = REVOCATION_SOFT;
	assert_int_equal(judge(&w, AT), SUB_NONE);
	assert_true(found(&w, FINDING_REVOCATION_LET_THROUGH));
	w.mode = REVOCATION_OFF;
	assert_int_equal(judge(&w, AT), SUB_NONE);
	assert_true(found(&w, FINDING_REVOCATION_DISABLED));
	close_world(&w);
}

static void what_an_anchor_issued_without_a_source_passes_with_a_warning(void **state) {
	(void)state;
	for (int sourced = 0; sourced < 2; sourced++) {
		struct world w;
		open_world(&w);
		struct cert_plan plan = {.subject = "CN=Direct",
					 .key = "8",
					 .issuer = &w.root,
					 .extensions = sourced ? ee_extensions : NULL};
		struct made direct = cert_make(&plan);
		struct pool *empty = pool_new(w.scene.cache);
		struct path_request request = scene_request(&w.scene, &direct, AT);
		request.pool = empty;
		assert_int_equal(scene_judge(&w.scene, &request), sourced ? GENERAL : SUB_NONE);
		assert_int_equal(found(&w, FINDING_REVOCATION_NO_SOURCE), !sourced);
		pool_free(empty);
		made_free(&direct);
		close_world(&w);
	}
}

static void latest_list_decides(void **state) {
	(void)state;
	static const struct {
		const char *rows[4], *at;
		enum sub_indication sub;
		enum finding_code code;
	} cases[] = {
		{{NULL}, AT, SUB_NONE, 0},
		{{"4", "20260201000000Z", "1"}, AT, SUB_NONE, 0},
		{{"3", "20260201000000Z", "1"}, AT, SUB_REVOKED_NO_POE, FINDING_CERT_REVOKED},
		{{"3", "20260601000000Z", ""}, AT, SUB_REVOKED_NO_POE, FINDING_CERT_REVOKED},
		{{"3", "20260601000001Z", ""}, AT, SUB_NONE, FINDING_CERT_REVOKED_LATER},
		{{"3", "20260201000000Z", "6"}, AT, SUB_TRY_LATER, FINDING_CERT_ON_HOLD},
		{{"3", "20260201000000Z", "8"}, AT, SUB_NONE, 0},
		{{NULL}, "2026-12-31T23:59:59Z", SUB_NONE, 0},
		{{NULL}, "2027-01-01T00:00:00Z", SUB_TRY_LATER, FINDING_REVOCATION_STALE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w);
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.root,
								 .this_update = "20260201000000Z",
								 .next_update = "20280101000000Z"}));
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca, .revoked = cases[i].rows}));
		enum sub_indication sub = judge(&w, cases[i].at);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		if (cases[i].code && !found(&w, cases[i].code)) fail_msg("case %zu lacks its finding", i);
		assert_int_equal(w.scene.result.on_hold, cases[i].code == FINDING_CERT_ON_HOLD);
		if (i == 2) {
			assert_time(w.scene.result.revoked_at, "2026-02-01T00:00:00Z");
			assert_string_equal(w.scene.result.links[0].reason, "keyCompromise");
			assert_false(w.scene.result.links[0].by_ocsp);
		}
		if (i == 8) assert_time(w.scene.result.retry_at, "2027-01-01T00:00:00Z");
		close_world(&w);
	}
}

static void newer_list_outranks_one_still_in_its_window(void **state) {
	(void)state;
	static const char *const revoked[] = {"3", "20260115000000Z", "1", NULL};
	struct world w;
	open_world(&w);
	scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca, .next_update = "20280101000000Z"}));
	assert_int_equal(judge(&w, AT), SUB_NONE);
	scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca,
							 .this_update = "20260201000000Z",
							 .next_update = "20260202000000Z",
							 .revoked = revoked}));
	assert_int_equal(judge(&w, AT), SUB_REVOKED_NO_POE);
	assert_int_equal(w.scene.result.links[0].evidence_count, 2);
	assert_true(w.scene.result.links[0].evidence[0].revoked);
	assert_false(w.scene.result.links[0].evidence[1].revoked);
	close_world(&w);
}

static void revoked_authority_is_told_apart(void **state) {
	(void)state;
	static const char *const revoked[] = {"2", "20260201000000Z", "2", NULL};
	struct world w;
	open_world(&w);
	scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca}));
	scene_take(&w.scene, crl_make(&(struct crl_plan){
				     .issuer = &w.root, .this_update = "20260202000000Z", .revoked = revoked}));
	assert_int_equal(judge(&w, AT), SUB_REVOKED_CA_NO_POE);
	assert_true(found(&w, FINDING_CERT_CA_REVOKED));
	assert_time(w.scene.result.revoked_at, "2026-02-01T00:00:00Z");
	/* a second certificate for the same key that is not revoked */
	struct made twin = cert_make(&(struct cert_plan){
		.subject = "CN=CA", .key = "2", .issuer = &w.root, .serial = 22, .extensions = ca_extensions});
	scene_add(&w.scene, &twin);
	assert_int_equal(judge(&w, AT), SUB_NONE);
	made_free(&twin);
	close_world(&w);
}

static void expired_certificates_are_out_of_bounds_not_stale(void **state) {
	(void)state;
	static const char *const covering[] = {"2.5.29.60", "DER:180F32303230303130313030303030305A", NULL};
	static const char *const too_late[] = {"2.5.29.60", "DER:180F32303236303330313030303030305A", NULL};
	static const struct {
		const char *this_update, *next_update;
		const char *const *extensions;
		enum sub_indication sub;
	} cases[] = {
		{"20260101000000Z", "20270101000000Z", NULL, SUB_OUT_OF_BOUNDS_NO_POE},
		{"20260101000000Z", "20260102000000Z", NULL, SUB_OUT_OF_BOUNDS_NO_POE}, /* stale as well */
		{"20260501000000Z", "20270101000000Z", NULL, GENERAL}, /* good, but it may have been forgotten */
		{"20260501000000Z", "20270101000000Z", covering, SUB_OUT_OF_BOUNDS_NOT_REVOKED},
		{"20260501000000Z", "20270101000000Z", too_late, GENERAL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_dated_world(&w, "20260201000000Z");
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca,
								 .this_update = cases[i].this_update,
								 .next_update = cases[i].next_update,
								 .extensions = cases[i].extensions}));
		enum sub_indication sub = judge(&w, AT);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		assert_true(found(&w, FINDING_CERT_EXPIRED));
		close_world(&w);
	}
}

static void lists_speak_within_their_scope(void **state) {
	(void)state;
	static const struct {
		const char *extensions[5], *this_update, *next_update;
		enum sub_indication sub;
	} cases[] = {
		{{"issuingDistributionPoint", "critical,onlyuser:TRUE"}, NULL, NULL, SUB_NONE},
		{{"issuingDistributionPoint", "critical,onlyCA:TRUE"}, NULL, NULL, GENERAL},
		{{"issuingDistributionPoint", "critical,onlyAA:TRUE"}, NULL, NULL, GENERAL},
		{{"issuingDistributionPoint", "critical,fullname:URI:http://ca.example/ca.crl"}, NULL, NULL, SUB_NONE},
		{{"issuingDistributionPoint", "critical,fullname:URI:http://ca.example/other.crl"},
		 NULL,
		 NULL,
		 GENERAL},
		{{"issuingDistributionPoint", "critical,onlysomereasons:keyCompromise"}, NULL, NULL, GENERAL},
		{{"1.2.3.4", "critical,DER:0500"}, NULL, NULL, GENERAL},
		{{"1.2.3.4", "DER:0500"}, NULL, NULL, SUB_NONE},
		{{NULL}, "20191231000000Z", NULL, GENERAL}, /* older than the certificate */
		{{NULL}, "20200101000000Z", NULL, SUB_NONE},
		{{NULL}, NULL, "", SUB_TRY_LATER},          /* no promise, so nothing is fresh */
		{{NULL}, NULL, "20251231000000Z", GENERAL}, /* contradicts itself */
		{{"2.5.29.20", "DER:020105", "2.5.29.27", "critical,DER:020103"},
		 NULL,
		 NULL,
		 GENERAL}, /* a delta without what it changes */
		{{"2.5.29.20", "DER:020105", "2.5.29.20", "DER:020106"}, NULL, NULL, GENERAL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w);
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca,
								 .this_update = cases[i].this_update,
								 .next_update = cases[i].next_update,
								 .extensions = cases[i].extensions}));
		enum sub_indication sub = judge(&w, AT);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		close_world(&w);
	}
}

static void lists_by_reason_add_up(void **state) {
	(void)state;
	static const char *const revoked[] = {"3", "20260201000000Z", "4", NULL};
	static const char *const by_section[] = {"issuingDistributionPoint", "critical,@idp", NULL};
	for (int listed = 0; listed < 2; listed++) {
		struct world w;
		open_world(&w);
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca,
								 .extensions = by_section,
								 .config = "[idp]\nonlysomereasons=keyCompromise\n"}));
		assert_int_equal(judge(&w, AT), GENERAL);
		scene_take(&w.scene,
			   crl_make(&(struct crl_plan){
				   .issuer = &w.ca,
				   .this_update = "20260202000000Z",
				   .extensions = by_section,
				   .revoked = listed ? revoked : NULL,
				   .config = "[idp]\nonlysomereasons=CACompromise,affiliationChanged,superseded,"
					     "cessationOfOperation,certificateHold,privilegeWithdrawn,"
					     "AACompromise\n"}));
		assert_int_equal(judge(&w, AT), listed ? SUB_REVOKED_NO_POE : SUB_NONE);
		if (!listed) assert_time(w.scene.result.links[0].produced, "2026-01-01T00:00:00Z");
		close_world(&w);
	}
}

static void deltas_change_the_list_they_belong_to(void **state) {
	(void)state;
	static const struct {
		const char *base[4], *delta[4], *number, *base_number;
		enum sub_indication sub;
	} cases[] = {
		{{NULL}, {NULL}, "DER:020106", "critical,DER:020105", SUB_NONE},
		{{NULL}, {"3", "20260201000000Z", "1"}, "DER:020106", "critical,DER:020105", SUB_REVOKED_NO_POE},
		{{"3", "20260101000000Z", "6"},
		 {"3", "20260201000000Z", "8"},
		 "DER:020106",
		 "critical,DER:020105",
		 SUB_NONE},
		{{"3", "20260101000000Z", "6"}, {NULL}, "DER:020106", "critical,DER:020105", SUB_TRY_LATER},
		{{NULL},
		 {"3", "20260201000000Z", "1"},
		 "DER:020107",
		 "critical,DER:020106",
		 SUB_NONE}, /* of a later base */
		{{NULL},
		 {"3", "20260201000000Z", "1"},
		 "DER:020105",
		 "critical,DER:020105",
		 SUB_NONE}, /* not newer than the base */
	};
	static const char *const numbered[] = {"2.5.29.20", "DER:020105", NULL};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w);
		const char *delta[] = {"2.5.29.20", cases[i].number, "2.5.29.27", cases[i].base_number, NULL};
		scene_take(&w.scene, crl_make(&(struct crl_plan){
					     .issuer = &w.ca, .extensions = numbered, .revoked = cases[i].base}));
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca,
								 .this_update = "20260301000000Z",
								 .extensions = delta,
								 .revoked = cases[i].delta}));
		enum sub_indication sub = judge(&w, AT);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		close_world(&w);
	}
}

/* The issuer of an indirect CRL is named in the distribution point; entries name whose certificates they are about. */
static void indirect_lists_name_the_issuer_of_each_entry(void **state) {
	(void)state;
	static const char *const points[] = {"crlDistributionPoints", "point", NULL};
	static const char *const indirect[] = {"issuingDistributionPoint", "critical,@idp", NULL};
	static const char *const direct[] = {"2.5.29.20", "DER:020101", NULL};
	static const char *const row[] = {"3", "20260201000000Z", "1", NULL};
	static const struct {
		const char *const *extensions;
		bool of_ca;
		enum sub_indication sub;
	} cases[] = {
		{indirect, false, SUB_NONE}, /* serial 3 of the CRL's own issuer */
		{indirect, true, SUB_REVOKED_NO_POE},
		{direct, true, GENERAL}, /* not marked as indirect */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		open_world(&w);
		static const char *const signer_extensions[] = {"keyUsage", "cRLSign", NULL};
		struct made lister = cert_make(&(struct cert_plan){.subject = "CN=Lister",
								   .key = "6",
								   .issuer = &w.root,
								   .serial = 6,
								   .extensions = signer_extensions});
		made_free(&w.ee);
		w.ee = cert_make(
			&(struct cert_plan){.subject = "CN=EE",
					    .key = "3",
					    .issuer = &w.ca,
					    .serial = 3,
					    .extensions = points,
					    .config = "[point]\nfullname=URI:http://x.example/"
						      "i.crl\nCRLissuer=dirName:lister\n[lister]\nCN=Lister\n"});
		scene_add(&w.scene, &lister);
		const char *entry[] = {"2.5.29.29", NULL, NULL};
		struct buf der = {0}, hex = {0};
		unsigned char *name = NULL;
		int len = i2d_X509_NAME(X509_get_subject_name(w.ca.x509), &name);
		der_put(&der, 0xa4, name, (size_t)len);
		OPENSSL_free(name);
		struct buf names = {0};
		der_put(&names, DER_SEQUENCE, der.data, der.len);
		char *text = hex_dup(names.data, names.len);
		buf_printf(&hex, "critical,DER:%s", text);
		entry[1] = buf_text(&hex);
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &lister,
								 .extensions = cases[i].extensions,
								 .revoked = row,
								 .entry_extensions = cases[i].of_ca ? entry : NULL,
								 .config = "[idp]\nindirectCRL=TRUE\n"}));
		enum sub_indication sub = judge(&w, AT);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		free(text);
		buf_dispose(&der);
		buf_dispose(&names);
		buf_dispose(&hex);
		made_free(&lister);
		close_world(&w);
	}
}

/* A CA with a key of its own for CRLs: accepted with a path to the same anchor, not for its name alone. */
static void separate_list_keys_need_a_path_of_their_own(void **state) {
	(void)state;
	for (int anchored = 0; anchored < 2; anchored++) {
		struct world w;
		open_world(&w);
		struct made stranger =
			cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "9", .extensions = ca_extensions});
		struct made lister = cert_make(&(struct cert_plan){.subject = "CN=CA",
								   .key = "6",
								   .issuer = anchored ? &w.root : &stranger,
								   .serial = 6,
								   .extensions = ca_extensions});
		scene_add(&w.scene, &lister);
		scene_add(&w.scene, &stranger);
		scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &lister}));
		assert_int_equal(judge(&w, AT), anchored ? SUB_NONE : GENERAL);
		assert_int_equal(found(&w, FINDING_REVOCATION_NOT_USABLE), !anchored);
		made_free(&stranger);
		made_free(&lister);
		close_world(&w);
	}
}

static void issuer_that_may_not_sign_lists_signs_none(void **state) {
	(void)state;
	static const char *const no_lists[] = {CA_BC, "keyUsage", "keyCertSign", NULL};
	struct world w;
	open_world(&w);
	made_free(&w.ca);
	w.ca = cert_make(&(struct cert_plan){
		.subject = "CN=Other CA", .key = "2", .issuer = &w.root, .serial = 2, .extensions = no_lists});
	made_free(&w.ee);
	w.ee = cert_make(&(struct cert_plan){.subject = "CN=EE", .key = "3", .issuer = &w.ca, .serial = 3});
	scene_add(&w.scene, &w.ca);
	scene_take(&w.scene, crl_make(&(struct crl_plan){.issuer = &w.ca}));
	assert_int_equal(judge(&w, AT), GENERAL);
	close_world(&w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_status_is_undecided_and_wanted),
		cmocka_unit_test(what_an_anchor_issued_without_a_source_passes_with_a_warning),
		cmocka_unit_test(latest_list_decides),
		cmocka_unit_test(newer_list_outranks_one_still_in_its_window),
		cmocka_unit_test(revoked_authority_is_told_apart),
		cmocka_unit_test(expired_certificates_are_out_of_bounds_not_stale),
		cmocka_unit_test(lists_speak_within_their_scope),
		cmocka_unit_test(lists_by_reason_add_up),
		cmocka_unit_test(deltas_change_the_list_they_belong_to),
		cmocka_unit_test(indirect_lists_name_the_issuer_of_each_entry),
		cmocka_unit_test(separate_list_keys_need_a_path_of_their_own),
		cmocka_unit_test(issuer_that_may_not_sign_lists_signs_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
