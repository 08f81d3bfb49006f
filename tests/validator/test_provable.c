/* Until when a signature can be proven, and what ends it: each limit with what comes next when it is gone. The dates are
 * held against the validation itself, a second before and a second after. */
#include "tests/validator/world_builder.h"

#include "tests/validator/ers_builder.h"
#include "tests/validator/example_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SOURCE "crlDistributionPoints", "URI:http://x.test/c.crl"
#define TSA_USAGE SIGNER_USAGE, "extendedKeyUsage", "critical,timeStamping"

/* What a case makes other than usual. NULL: signer and authority to 2050, all with a source of status, lists that are
 * fresh to 2060, keys whose algorithm has no end. */
struct plan {
	const char *signer_to, *ca_to, *tsa_to, *root_to;
	const char *list_from; /* of the signer's and the authority's status */
	const char *list_to;
	const char *stamped; /* a time-stamp on the signature value */
	const char *archived; /* an archive time-stamp, version 2, after it */
	const char *record;   /* an evidence record with this time, offered with it */
	const char *revoked;  /* the signer, from then on */
	bool no_source, keys_end, no_status, record_over_other;
};

static void add_record(struct example *e, const struct plan *p) {
	struct ers_maker m = {.world = &e->cms};
	struct buf other = {0};
	buf_add_text(&other, "something else");
	ers_first_bytes(&m, DIGEST_SHA256, p->record_over_other ? &other : &e->document, p->record, 0);
	example_give(e, ers_finish(&m, 1, (const enum digest_alg[]){DIGEST_SHA256, DIGEST_UNKNOWN}, NULL));
	buf_dispose(&other);
}

static void make(struct example *e, const struct plan *p) {
	static const char *const ca[] = {CA_EXTENSIONS, SOURCE, NULL}, *const bare_ca[] = {CA_EXTENSIONS, NULL};
	static const char *const signer[] = {SIGNER_USAGE, SOURCE, NULL}, *const bare[] = {SIGNER_USAGE, NULL};
	static const char *const tsa[] = {TSA_USAGE, SOURCE, NULL}, *const bare_tsa[] = {TSA_USAGE, NULL};
	example_open(e);
	made_free(&e->root), made_free(&e->ca), made_free(&e->tsa);
	e->root = cert_make(&(struct cert_plan){.subject = "CN=Root",
						.key = "root-g1",
						.from = "20100101000000Z",
						.to = p->root_to ? p->root_to : "20600101000000Z",
						.extensions = bare_ca});
	e->ca = cert_make(&(struct cert_plan){.subject = "CN=CA",
					      .key = "sub-g1",
					      .from = "20100101000000Z",
					      .to = p->ca_to ? p->ca_to : "20500101000000Z",
					      .issuer = &e->root,
					      .serial = 2,
					      .extensions = p->no_source ? bare_ca : ca});
	e->tsa = cert_make(&(struct cert_plan){.subject = "CN=TSA",
					       .key = "tsa",
					       .from = "20100101000000Z",
					       .to = p->tsa_to ? p->tsa_to : "20500101000000Z",
					       .issuer = &e->ca,
					       .serial = 4,
					       .extensions = p->no_source ? bare_tsa : tsa});
	e->cms.tsa = e->tsa.der, e->cms.tsa_key = e->tsa.key;
	example_set_signer(e, &(struct cert_plan){.to = p->signer_to ? p->signer_to : "20500101000000Z",
						  .extensions = p->no_source ? bare : signer});
	const char *from = p->list_from ? p->list_from : "20250520000000Z";
	const char *to = p->list_to ? p->list_to : "20590101000000Z";
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, from, to, NULL, NULL, NULL);
	if (!p->no_status) example_give_list(e, &e->ca, from, to, p->revoked ? "3" : NULL, p->revoked, "1");
	example_sign_stamped(e, NULL, p->stamped);
	if (p->archived) {
		struct buf value = cms_build_value(&e->document);
		struct buf token = cms_build_token(&e->cms, p->stamped, value.data, value.len, 0);
		struct buf stamp = cms_build_attribute(OID_SMIME "14", &token);
		const struct cms_plan plan = {.content = CONTENT,
					      .content_len = sizeof CONTENT - 1,
					      .flags = BUILD_ENVELOPING,
					      .unsigned_extra = &stamp};
		buf_dispose(&e->document);
		e->document = cms_build_archived_2(&e->cms, &plan, p->archived, false);
		buf_dispose(&value), buf_dispose(&token), buf_dispose(&stamp);
	}
	if (p->record) add_record(e, p);
	if (!p->keys_end) {
		json_t *rows = json_pack("[{s:s, s:i}]", "scheme", "RSA PKCS#1 v1.5", "bits", 1900);
		example_set_policy(e, "keys", NULL, rows);
	}
}

static const char *judged_at(struct example *e, const char *at) {
	static char indication[32];
	e->at = at;
	json_t *report = example_judge(e);
	snprintf(indication, sizeof indication, "%s", text(report, "indication"));
	json_decref(report);
	e->at = NOW;
	return indication;
}

static void expect(const struct plan *plan, const char *until, const char *limit, const char *detail) {
	struct example e;
	make(&e, plan);
	json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
	const json_t *provable = json_object_get(report, "provable");
	if (strcmp(text(provable, "until"), until) || strcmp(text(provable, "limit"), limit) ||
	    !strstr(text(provable, "detail"), detail)) {
		char *all = json_dumps(report, JSON_INDENT(1));
		print_error("%s\nexpected %s %s %s\n", all, until, limit, detail);
		free(all);
		fail_msg("%s %s %s", text(provable, "until"), text(provable, "limit"), text(provable, "detail"));
	}
	assert_true(json_equal(provable, json_object_get(entry, "provable")) || !*until);
	json_decref(report);
	example_close(&e);
}

/* The root of what carries the proof beyond the signature's own end; by itself, its own. */
static void the_root_is_told_with_the_proof(void **state) {
	(void)state;
	static const struct plan plans[] = {{.signer_to = "20270301000000Z"},
					    {.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .stamped = "20250101000000Z"},
					    {.signer_to = "20270301000000Z", .revoked = "20240101000000Z"}};
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct example e;
		make(&e, &plans[i]);
		json_t *report = example_judge(&e);
		const json_t *provable = json_object_get(report, "provable"), *roots = json_object_get(provable, "roots"),
			     *root = json_array_get(roots, 0);
		unsigned char digest[SHA256_SIZE];
		char hex[SHA256_HEX];
		sha256_bytes(e.root.der.data, e.root.der.len, digest);
		bool passed = *text(provable, "until");
		assert_int_equal(passed, i < 2);
		assert_int_equal(json_array_size(roots), passed ? 1 : 0);
		if (passed) assert_string_equal(text(root, "sha256"), hex_encode(digest, SHA256_SIZE, hex));
		if (passed) assert_string_equal(text(root, "subject"), "CN=Root");
		json_decref(report);
		example_close(&e);
	}
}

static void each_limit_comes_when_the_earlier_ones_are_gone(void **state) {
	(void)state;
	static const struct {
		struct plan plan;
		const char *until, *limit, *detail;
	} cases[] = {
		{{.signer_to = "20270301000000Z"}, "2027-03-01T00:00:00Z", "signer-certificate", "CN=Signer"},
		{{.ca_to = "20280301000000Z"}, "2028-03-01T00:00:00Z", "ca-certificate", "CN=CA"},
		{{.root_to = "20300305000000Z"}, "2030-03-05T00:00:00Z", "root", "CN=Root"},
		{{.keys_end = true}, "2029-01-01T00:00:00Z", "algorithm", ""},
		{{.no_source = true, .list_to = "20250701000000Z"}, "2025-07-01T00:00:00Z", "status", "CN="},
		{{.list_to = "20250701000000Z"}, "2050-01-01T00:00:00Z", "signer-certificate", "CN=Signer"},
		/* a proof carries it beyond its own certificate */
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .stamped = "20250101000000Z"},
		 "2031-03-01T00:00:00Z", "tsa-certificate", "CN=TSA"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20260301000000Z", .stamped = "20250101000000Z"},
		 "2027-03-01T00:00:00Z", "signer-certificate", "CN=Signer"},
		{{.signer_to = "20270301000000Z", .stamped = "20250101000000Z", .keys_end = true},
		 "2029-01-01T00:00:00Z", "algorithm", ""},
		{{.signer_to = "20270301000000Z", .ca_to = "20280301000000Z", .stamped = "20250101000000Z"},
		 "2028-03-01T00:00:00Z", "ca-certificate", "CN=CA"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .record = "20250526000000Z"},
		 "2031-03-01T00:00:00Z", "tsa-certificate", "CN=TSA"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .record = "20250526000000Z",
		  .record_over_other = true},
		 "2027-03-01T00:00:00Z", "signer-certificate", "CN=Signer"},
		{{.revoked = "20251001000000Z"}, "2025-09-30T23:59:59.999999Z", "status", "CN=Signer"},
		{{.revoked = "20251001000000Z", .stamped = "20250101000000Z"}, "2050-01-01T00:00:00Z", "signer-certificate", "CN=Signer"},
		/* the outermost of two */
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .stamped = "20240101000000Z",
		  .archived = "20250101000000Z"},
		 "2031-03-01T00:00:00Z", "tsa-certificate", "CN=TSA"},
		{{.signer_to = "20270301000000Z", .root_to = "20300305000000Z", .stamped = "20250101000000Z"},
		 "2030-03-05T00:00:00Z", "root", "CN=Root"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(&cases[i].plan, cases[i].until, cases[i].limit, cases[i].detail);
}

static void what_does_not_pass_has_no_date(void **state) {
	(void)state;
	expect(&(struct plan){.signer_to = "20240301000000Z", .list_from = "20240101000000Z"}, "", "none",
	       "INDETERMINATE OUT_OF_BOUNDS");
	expect(&(struct plan){.no_status = true}, "", "none", "INDETERMINATE CERTIFICATE_CHAIN_GENERAL_FAILURE");
}

/* Status from before the time-stamp is not enough once the certificate has ended; from after it, it is. */
static void a_proof_without_status_behind_it_ends_with_the_certificate(void **state) {
	(void)state;
	static const struct {
		const char *from, *to, *until, *limit;
	} cases[] = {
		{"20250520000000Z", "20250620000000Z", "2027-03-01T00:00:00Z", "status"},
		{"20250526000000Z", "20250620000000Z", "2031-03-01T00:00:00Z", "tsa-certificate"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(&(struct plan){.signer_to = "20270301000000Z",
				      .tsa_to = "20310301000000Z",
				      .list_from = cases[i].from,
				      .list_to = cases[i].to,
				      .stamped = "20250525000000Z"},
		       cases[i].until, cases[i].limit, "");
}

/* The word of whoever asks has no end that could be known: the date is that of the signature alone. */
static void the_callers_word_moves_nothing(void **state) {
	(void)state;
	struct example e;
	make(&e, &(struct plan){.signer_to = "20250401000000Z", .list_from = "20250201000000Z"});
	e.proof = "2025-01-01T00:00:00Z";
	json_t *report = example_judge(&e);
	const json_t *provable = json_object_get(report, "provable");
	assert_string_equal(text(report, "indication"), "TOTAL-PASSED");
	assert_string_equal(text(provable, "until"), "2025-04-01T00:00:00Z");
	assert_string_equal(text(provable, "limit"), "signer-certificate");
	json_decref(report);
	example_close(&e);
}

/* With lists that stay fresh the validation can be asked again at those times. */
static void the_validation_agrees_with_the_date(void **state) {
	(void)state;
	static const struct {
		struct plan plan;
		const char *last, *after;
	} cases[] = {
		{{.signer_to = "20270301000000Z"}, "2027-03-01T00:00:00Z", "2027-03-01T00:00:01Z"},
		{{.keys_end = true}, "2028-12-31T23:59:59Z", "2029-01-01T00:00:00Z"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .stamped = "20250101000000Z"},
		 "2031-03-01T00:00:00Z", "2031-03-01T00:00:01Z"},
		{{.signer_to = "20270301000000Z", .ca_to = "20280301000000Z", .stamped = "20250101000000Z"},
		 "2028-03-01T00:00:00Z", "2028-03-01T00:00:01Z"},
		{{.no_source = true, .list_to = "20250701000000Z"}, "2025-06-30T23:59:59Z", "2025-07-01T00:00:00Z"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		make(&e, &cases[i].plan);
		assert_string_equal(judged_at(&e, cases[i].last), "TOTAL-PASSED");
		assert_string_not_equal(judged_at(&e, cases[i].after), "TOTAL-PASSED");
		example_close(&e);
	}
}

/* What carries a proof beyond the signature's own end. */
static void what_carries_it_is_named(void **state) {
	(void)state;
	static const struct {
		struct plan plan;
		const char *basis;
	} cases[] = {
		{{.signer_to = "20270301000000Z"}, "none"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .stamped = "20250101000000Z"}, "signature-timestamp"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20260301000000Z", .stamped = "20250101000000Z"}, "none"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .record = "20250526000000Z"}, "evidence-record"},
		{{.signer_to = "20270301000000Z", .tsa_to = "20310301000000Z", .record = "20250526000000Z", .record_over_other = true}, "none"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		make(&e, &cases[i].plan);
		json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
		if (strcmp(text(json_object_get(report, "provable"), "basis"), cases[i].basis) ||
		    strcmp(text(json_object_get(entry, "provable"), "basis"), cases[i].basis))
			fail_msg("%zu: %s", i, text(json_object_get(report, "provable"), "basis"));
		json_decref(report);
		example_close(&e);
	}
}

/* The archive's intake is always there first; what others can check is named where the signature passes by that alone. */
static void an_evidence_record_is_named_before_the_archives_word(void **state) {
	(void)state;
	static const struct {
		struct plan plan;
		const char *basis, *proven;
	} cases[] = {
		{{.record = "20250526000000Z"}, "evidence-record", "2025-05-26T00:00:00Z"},
		{{.record = "20250526000000Z", .record_over_other = true}, "archive", "2025-05-01T00:00:00Z"},
		{{0}, "archive", "2025-05-01T00:00:00Z"},
		/* revoked between the intake and the round: only the archive says that it was signed before */
		{{.record = "20250526000000Z", .revoked = "20250515000000Z"}, "archive", "2025-05-01T00:00:00Z"},
		{{.record = "20250526000000Z", .revoked = "20250527000000Z", .list_from = "20250528000000Z"}, "evidence-record", "2025-05-26T00:00:00Z"},
		/* ended, with status from after the intake but not from after the round; then with some from after both */
		{{.record = "20250526000000Z", .signer_to = "20250528000000Z", .list_from = "20250520000000Z", .list_to = "20250530000000Z"}, "archive",
		 "2025-05-01T00:00:00Z"},
		{{.record = "20250526000000Z", .signer_to = "20250528000000Z", .list_from = "20250527000000Z", .list_to = "20250530000000Z"}, "evidence-record",
		 "2025-05-26T00:00:00Z"},
		{{.record = "20250526000000Z", .stamped = "20250101000000Z"}, "signature-timestamp", "2025-01-01T00:00:00Z"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct example e;
		make(&e, &cases[i].plan);
		e.proof = "2025-05-01T00:00:00Z";
		if (cases[i].plan.signer_to) { /* who is valid today is asked about today; of the signer nobody speaks any more */
			example_give_list(&e, &e.root, "20250531000000Z", "20250701000000Z", NULL, NULL, NULL);
			example_give_list(&e, &e.ca, "20250531000000Z", "20250701000000Z", NULL, NULL, NULL);
		}
		json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
		const json_t *time = json_object_get(entry, "signing_time"), *finding;
		size_t k;
		bool said = false;
		json_array_foreach(json_object_get(entry, "findings"), k, finding) {
			if (strcmp(text(finding, "code"), "PROOF_OF_EXISTENCE")) continue;
			char *detail = xasprintf("%s, %s", cases[i].proven, cases[i].basis);
			said |= !strcmp(text(finding, "detail"), detail);
			free(detail);
		}
		if (strcmp(text(report, "indication"), "TOTAL-PASSED") || strcmp(text(time, "basis"), cases[i].basis) ||
		    strcmp(text(time, "proven"), cases[i].proven) || !said)
			fail_msg("%zu: %s %s %s", i, text(report, "indication"), text(time, "basis"), text(time, "proven"));
		json_decref(report);
		example_close(&e);
	}
}

/* Dates that stand in the policy and in no certificate are told with what they are about: the forecast lists them. */
static void dates_of_the_policy_are_told_with_what_they_end(void **state) {
	(void)state;
	for (int sunset = 0; sunset < 2; sunset++) {
		struct example e;
		char hex[SHA256_HEX];
		unsigned char sha256[SHA256_SIZE];
		make(&e, &(struct plan){.keys_end = true});
		sha256_bytes(e.root.der.data, e.root.der.len, sha256);
		if (sunset)
			example_set_policy(&e, "anchors", NULL,
					   json_pack("[{s:s, s:s}]", "sha256", hex_encode(sha256, sizeof sha256, hex), "sunset", "2032-05-06"));
		json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
		const json_t *chain = json_object_get(entry, "chain"), *root = json_array_get(chain, 2);
		assert_true(json_is_true(json_object_get(root, "anchor")));
		assert_string_equal(text(root, "trusted_until"), sunset ? "2032-05-06T00:00:00Z" : "");
		assert_string_equal(text(root, "reliable_until"), "");
		assert_string_equal(text(json_array_get(chain, 0), "reliable_until"), "2029-01-01T00:00:00Z");
		assert_string_equal(text(json_array_get(chain, 0), "reliable_what"), "RSA 2048, SHA-256");
		assert_string_equal(text(json_array_get(chain, 0), "trusted_until"), "");
		assert_non_null(strstr(text(json_object_get(entry, "algorithms"), "reliable_what"), "RSA"));
		json_decref(report);
		example_close(&e);
	}
}

static char *algorithms_of(const struct plan *plan) {
	struct example e;
	make(&e, plan);
	json_t *report = example_judge(&e);
	char *list = json_dumps(json_object_get(json_object_get(report, "provable"), "algorithms"), JSON_COMPACT);
	json_decref(report);
	example_close(&e);
	return list;
}

static void the_algorithms_are_those_of_what_proves_it(void **state) {
	(void)state;
	char *list = algorithms_of(&(struct plan){0});
	assert_non_null(strstr(list, "\"RSA 2048\""));
	assert_non_null(strstr(list, "\"SHA-256\""));
	free(list);
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_root_is_told_with_the_proof),
		cmocka_unit_test(each_limit_comes_when_the_earlier_ones_are_gone),
		cmocka_unit_test(what_does_not_pass_has_no_date),
		cmocka_unit_test(a_proof_without_status_behind_it_ends_with_the_certificate),
		cmocka_unit_test(the_callers_word_moves_nothing),
		cmocka_unit_test(the_validation_agrees_with_the_date),
		cmocka_unit_test(the_algorithms_are_those_of_what_proves_it),
		cmocka_unit_test(what_carries_it_is_named),
		cmocka_unit_test(dates_of_the_policy_are_told_with_what_they_end),
		cmocka_unit_test(an_evidence_record_is_named_before_the_archives_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
