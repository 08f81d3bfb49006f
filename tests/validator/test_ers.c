/* Evidence records: each rule of RFC 4998 that is held, beside a record that breaks it alone. */
#include "tests/validator/world_builder.h"

#include "base/limits.h"
#include "tests/validator/ers_builder.h"
#include "validator/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/x509.h>

#define NOW "2025-06-01T00:00:00Z"
static const char *const data[] = {"first", "second", "third"};
static const enum digest_alg both[] = {DIGEST_SHA256, DIGEST_SHA512, DIGEST_UNKNOWN};
static const enum digest_alg one[] = {DIGEST_SHA256, DIGEST_UNKNOWN};

/* What one record is made of: the flags of its first stamp, of its time-stamp renewal, of its hash-tree renewal. */
struct plan {
	unsigned first, renewal, rehash;
	bool no_renewal, no_rehash;
	size_t members; /* of the group; 0: one */
	const char *renewed_at;
};

static struct buf make(const struct plan *p) {
	struct ers_maker m = {.world = &world};
	size_t members = p->members ? p->members : 1;
	ers_first(&m, DIGEST_SHA256, data, members, "20220101000000Z", p->first);
	if (!p->no_renewal) ers_renew(&m, p->renewed_at ? p->renewed_at : "20230101000000Z", p->renewal);
	if (!p->no_rehash) ers_rehash(&m, DIGEST_SHA512, data, members, "20240101000000Z", p->rehash);
	return ers_finish(&m, 1, p->no_rehash ? one : both, NULL);
}

/* One renewed once over binary data. */
static struct buf make_over(const struct buf *bytes, const struct plan *p) {
	struct ers_maker m = {.world = &world};
	ers_first_bytes(&m, DIGEST_SHA256, bytes, "20220101000000Z", p->first);
	ers_renew(&m, "20230101000000Z", p->renewal);
	return ers_finish(&m, 1, one, NULL);
}

/* Over the first `count` data objects, or with count 0 over nothing. */
static json_t *judge_over(const struct buf *record, size_t count, const char *at) {
	struct val_blob offers[ARRAY_LEN(data)];
	for (size_t i = 0; i < count; i++)
		offers[i] = (struct val_blob){(const unsigned char *)data[i], strlen(data[i])};
	struct val_request request = {.document = {record->data, record->len},
				      .data = offers,
				      .data_count = count,
				      .revocation = REVOCATION_SOFT};
	assert_true(utime_parse(at, &request.at));
	return validator_judge(validator, &request);
}

static json_t *judge_digests(const struct buf *record, const char *const *digests, size_t count) {
	struct val_request request = {.document = {record->data, record->len},
				      .digests = digests,
				      .digest_count = count,
				      .revocation = REVOCATION_SOFT};
	assert_true(utime_parse(NOW, &request.at));
	return validator_judge(validator, &request);
}

static json_t *only(const json_t *report) {
	assert_int_equal(json_array_size(json_object_get(report, "signatures")), 1);
	return entry(report, 0);
}

/* What passes has no error, and what does not has one that says why. */
static bool errors_go_with(const json_t *of) {
	size_t i, errors = 0;
	json_t *finding;
	json_array_foreach(json_object_get(of, "findings"), i, finding) errors +=
		!strcmp(text(finding, "severity"), "error");
	return !strcmp(text(of, "indication"), "TOTAL-PASSED") == !errors;
}

static void expect(const json_t *report, const char *name, const char *indication, const char *sub,
		   const char *integrity) {
	const json_t *of = only(report);
	if (!strcmp(text(of, "indication"), indication) && !strcmp(text(of, "sub_indication"), sub) &&
	    !strcmp(text(of, "integrity"), integrity) && errors_go_with(of))
		return;
	char *all = json_dumps(report, JSON_INDENT(1));
	print_error("%s\n", all);
	free(all);
	fail_msg("%s: %s/%s %s", name, text(of, "indication"), text(of, "sub_indication"), text(of, "integrity"));
}

/* What is expected of a record over its data. `finding` is one that the sound record has not. */
struct expected {
	const char *name;
	struct plan plan;
	size_t offered;
	const char *indication, *sub, *integrity, *finding;
};

static void check(const struct expected *e) {
	struct buf record = make(&e->plan);
	json_t *report = judge_over(&record, e->offered, NOW);
	expect(report, e->name, e->indication, e->sub, e->integrity);
	if (e->finding && !has_finding(only(report), e->finding)) fail_msg("%s: no %s", e->name, e->finding);
	assert_string_equal(text(report, "format"), "evidence-record");
	assert_string_equal(text(only(report), "kind"), "evidence-record");
	json_decref(report);
	buf_dispose(&record);
}

#define PASSED "TOTAL-PASSED", "", "intact"
#define BROKEN "TOTAL-FAILED", "HASH_FAILURE", "broken"
#define MISFORMED "TOTAL-FAILED", "FORMAT_FAILURE", "broken"

static void sound_records_pass(void **state) {
	(void)state;
	static const struct expected cases[] = {
		{"one stamp", {.no_renewal = true, .no_rehash = true}, 1, PASSED, "ERS_PROOF"},
		{"no tree", {.first = ERS_FLAT, .renewal = ERS_FLAT, .rehash = ERS_FLAT}, 1, PASSED, NULL},
		{"renewed twice", {0}, 1, PASSED, NULL},
		{"no digestAlgorithm", {.first = ERS_NO_ALGORITHM, .rehash = ERS_NO_ALGORITHM}, 1, PASSED, NULL},
		{"lists not sorted", {.first = ERS_UNSORTED | ERS_NEIGHBOUR, .rehash = ERS_UNSORTED}, 1, PASSED, NULL},
		{"alone in its list", {.first = ERS_ALONE}, 1, PASSED, NULL},
		{"renewal of many tokens", {.renewal = ERS_NEIGHBOUR}, 1, PASSED, NULL},
		{"group", {.members = 3}, 3, PASSED, NULL},
		{"group, two of three", {.members = 3}, 2, PASSED, "ERS_OTHER_HASHES"},
		{"other data beside", {.first = ERS_NEIGHBOUR}, 1, PASSED, "ERS_OTHER_HASHES"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) check(&cases[i]);
}

static void other_readings_are_accepted_and_named(void **state) {
	(void)state;
	static const struct expected cases[] = {
		{"sorted", {.rehash = ERS_SORTED, .members = 2}, 2, PASSED, "ERS_SORTED_RENEWAL"},
		{"hashed twice", {.first = ERS_ALONE | ERS_TWICE}, 1, PASSED, "ERS_HASHED_TWICE"},
		{"as a set", {.rehash = ERS_FATHER}, 1, PASSED, "ERS_AS_SET"},
		{"DER of a token", {.first = ERS_BER_TOKEN, .renewal = ERS_DER_LINK}, 1, PASSED, "ERS_REENCODED"},
		{"DER of the chains", {.first = ERS_BER_TOKEN, .rehash = ERS_DER_LINK}, 1, PASSED, "ERS_REENCODED"},
		{"equal times", {.renewed_at = "20220101000000Z"}, 1, PASSED, "ERS_TIME_EQUAL"},
		{"old CMS version", {.first = ERS_OLD_CMS}, 1, PASSED, "ERS_CMS_VERSION"},
	};
	struct buf sound = make(&(struct plan){0});
	json_t *report = judge_over(&sound, 1, NOW);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(&cases[i]);
		assert_false(has_finding(only(report), cases[i].finding));
	}
	json_decref(report);
	buf_dispose(&sound);
	check(&(struct expected){"BER token as stored", {.first = ERS_BER_TOKEN}, 1, PASSED, NULL});
}

static void every_break_is_found(void **state) {
	(void)state;
	static const struct expected cases[] = {
		{"first root", {.first = ERS_BAD_ROOT}, 1, BROKEN, "ERS_ROOT_WRONG"},
		{"renewal's root", {.renewal = ERS_BAD_ROOT}, 1, BROKEN, "ERS_ROOT_WRONG"},
		{"last root", {.rehash = ERS_BAD_ROOT}, 1, BROKEN, "ERS_ROOT_WRONG"},
		{"other token", {.renewal = ERS_BAD_LINK}, 1, BROKEN, "ERS_RENEWAL_BROKEN"},
		{"other token, no tree", {.renewal = ERS_BAD_LINK | ERS_FLAT}, 1, BROKEN, "ERS_RENEWAL_BROKEN"},
		{"data without history", {.rehash = ERS_BAD_HISTORY}, 1, BROKEN, "ERS_HISTORY_NOT_COVERED"},
		{"an object too many", {.members = 2}, 3, BROKEN, "ERS_DATA_NOT_COVERED"},
		{"short hash", {.first = ERS_SHORT_HASH}, 1, MISFORMED, "ERS_HASH_LENGTH"},
		{"algorithms differ", {.first = ERS_CONTRADICTS}, 1, MISFORMED, "ERS_ALGORITHMS_DIFFER"},
		{"empty list", {.first = ERS_EMPTY_LIST}, 1, MISFORMED, "ERS_MALFORMED"},
		{"empty tree", {.first = ERS_EMPTY_TREE}, 1, MISFORMED, "ERS_MALFORMED"},
		{"order",
		 {.renewed_at = "20210101000000Z"},
		 1,
		 "INDETERMINATE",
		 "TIMESTAMP_ORDER_FAILURE",
		 "intact",
		 "TIMESTAMP_ORDER"},
		{"first token",
		 {.first = ERS_BAD_TOKEN},
		 1,
		 "TOTAL-FAILED",
		 "SIG_CRYPTO_FAILURE",
		 "broken",
		 "ERS_TIMESTAMP_NOT_VALID"},
		{"last token",
		 {.rehash = ERS_BAD_TOKEN},
		 1,
		 "TOTAL-FAILED",
		 "SIG_CRYPTO_FAILURE",
		 "broken",
		 "ERS_TIMESTAMP_NOT_VALID"},
		{"no data", {0}, 0, "INDETERMINATE", "SIGNED_DATA_NOT_FOUND", "broken", "ERS_DATA_MISSING"},
		{"no data, wrong root", {.first = ERS_BAD_ROOT}, 0, BROKEN, "ERS_ROOT_WRONG"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) check(&cases[i]);
}

static void digests_stand_for_data_in_their_own_algorithm(void **state) {
	(void)state;
	struct buf record = make(&(struct plan){0});
	unsigned char hash[DIGEST_MAX];
	char *digests[2];
	const char *names[] = {"SHA-256", "SHA-512"};
	for (size_t i = 0; i < 2; i++) {
		size_t len = digest_bytes(both[i], data[0], strlen(data[0]), hash);
		char *hex = hex_dup(hash, len);
		digests[i] = xasprintf("%s:%s", names[i], hex);
		free(hex);
	}
	json_t *report = judge_digests(&record, (const char *const *)digests, 2);
	expect(report, "both", PASSED);
	assert_int_equal(json_integer_value(json_object_get(only(report), "objects")), 1);
	json_decref(report);
	report = judge_digests(&record, (const char *const *)digests, 1);
	expect(report, "SHA-256 alone", "INDETERMINATE", "SIGNED_DATA_NOT_FOUND", "broken");
	json_decref(report);
	digests[1][8] = digests[1][8] == '0' ? '1' : '0';
	report = judge_digests(&record, (const char *const *)digests, 2);
	expect(report, "wrong SHA-512", BROKEN);
	json_decref(report);
	free(digests[0]), free(digests[1]);
	buf_dispose(&record);
}

static void form_of_the_record_is_held(void **state) {
	(void)state;
	struct buf extra = {0}, sound = make(&(struct plan){0});
	static const enum digest_alg listed_less[] = {DIGEST_SHA256, DIGEST_UNKNOWN};
	static const enum digest_alg listed_more[] = {DIGEST_SHA256, DIGEST_SHA512, DIGEST_SHA1, DIGEST_UNKNOWN};
	static const struct {
		const char *name;
		int version;
		const enum digest_alg *listed;
		bool encrypted;
		const char *indication, *sub, *integrity, *finding;
	} cases[] = {
		{"version 0", 0, both, false, MISFORMED, "ERS_VERSION"},
		{"version 2", 2, both, false, MISFORMED, "ERS_VERSION"},
		{"listed less", 1, listed_less, false, PASSED, "ERS_ALGORITHM_NOT_LISTED"},
		{"listed more", 1, listed_more, false, PASSED, "ERS_ALGORITHM_NOT_USED"},
		{"encrypted", 1, both, true, PASSED, "ERS_ENCRYPTED"},
	};
	der_put(&extra, DER_CONTEXT | DER_CONSTRUCTED | 1, "", 0);
	json_t *before = judge_over(&sound, 1, NOW);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ers_maker m = {.world = &world};
		ers_first(&m, DIGEST_SHA256, data, 1, "20220101000000Z", 0);
		ers_rehash(&m, DIGEST_SHA512, data, 1, "20240101000000Z", 0);
		struct buf record =
			ers_finish(&m, cases[i].version, cases[i].listed, cases[i].encrypted ? &extra : NULL);
		json_t *report = judge_over(&record, 1, NOW);
		expect(report, cases[i].name, cases[i].indication, cases[i].sub, cases[i].integrity);
		if (!has_finding(only(report), cases[i].finding)) fail_msg("%s", cases[i].name);
		assert_false(has_finding(only(before), cases[i].finding));
		json_decref(report);
		buf_dispose(&record);
	}
	json_decref(before);
	buf_dispose(&extra), buf_dispose(&sound);
}

static void damage_to_the_bytes_never_passes(void **state) {
	(void)state;
	struct buf sound = make(&(struct plan){0}), b = {0};
	json_t *report;
	for (size_t cut = 20; cut < sound.len; cut += 97) {
		b.len = 0;
		buf_add(&b, sound.data, cut);
		report = judge_over(&b, 1, NOW);
		if (strcmp(text(report, "indication"), "TOTAL-FAILED") &&
		    strcmp(text(report, "indication"), "NO-SIGNATURE"))
			fail_msg("cut at %zu: %s", cut, text(report, "indication"));
		json_decref(report);
	}
	b.len = 0;
	buf_add(&b, sound.data, sound.len);
	buf_add(&b, "x", 1);
	report = judge_over(&b, 1, NOW);
	expect(report, "trailing", MISFORMED);
	json_decref(report);
	/* the outer element with indefinite length: BER, else unharmed */
	b.len = 0;
	buf_add(&b, "\x30\x80", 2);
	buf_add(&b, sound.data + 4, sound.len - 4);
	buf_add(&b, "\0\0", 2);
	report = judge_over(&b, 1, NOW);
	expect(report, "BER", PASSED);
	assert_true(has_finding(only(report), "ERS_NOT_DER"));
	json_decref(report);
	buf_dispose(&sound), buf_dispose(&b);
}

/* The same world with a time-stamping certificate that ends earlier. */
static struct cms_world short_lived(const char *until) {
	struct cms_world w = world;
	const unsigned char *p = world.tsa.data;
	unsigned char *der = NULL;
	X509 *cert = d2i_X509(NULL, &p, (long)world.tsa.len);
	ASN1_TIME_set_string(X509_getm_notAfter(cert), until);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 77);
	X509_sign(cert, world.ca_key, EVP_sha256());
	int len = i2d_X509(cert, &der);
	w.tsa = (struct buf){0};
	buf_add(&w.tsa, der, (size_t)len);
	OPENSSL_free(der);
	X509_free(cert);
	return w;
}

static void old_tokens_are_judged_at_the_next(void **state) {
	(void)state;
	struct cms_world old = short_lived("20230601000000Z");
	static const struct {
		const char *renewed, *indication, *sub;
	} cases[] = {
		{"20230101000000Z", "TOTAL-PASSED", ""},
		{"20230601000000Z", "TOTAL-PASSED", ""},
		{"20230601000001Z", "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE"},
		{NULL, "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ers_maker m = {.world = &old};
		ers_first(&m, DIGEST_SHA256, data, 1, "20220101000000Z", 0);
		m.world = &world;
		if (cases[i].renewed) ers_renew(&m, cases[i].renewed, 0);
		struct buf record = ers_finish(&m, 1, one, NULL);
		json_t *report = judge_over(&record, 1, NOW);
		const json_t *stamps = json_object_get(only(report), "timestamps");
		bool passed = !strcmp(cases[i].indication, "TOTAL-PASSED");
		expect(report, cases[i].renewed ? cases[i].renewed : "never", cases[i].indication, cases[i].sub,
		       "intact");
		assert_int_equal(json_is_true(json_object_get(json_array_get(stamps, 0), "used")), passed);
		assert_string_equal(text(json_object_get(only(report), "signing_time"), "proven"),
				    passed ? "2022-01-01T00:00:00Z" : "");
		assert_int_equal(json_array_size(json_object_get(only(report), "renewals")), cases[i].renewed ? 1 : 0);
		json_decref(report);
		buf_dispose(&record);
	}
	buf_dispose(&old.tsa);
}

static void chains_are_judged_by_dated_algorithms(void **state) {
	(void)state;
	static const enum digest_alg listed[] = {DIGEST_SHA1, DIGEST_SHA256, DIGEST_UNKNOWN};
	for (int renewed = 0; renewed < 2; renewed++) {
		struct ers_maker m = {.world = &world};
		ers_first(&m, DIGEST_SHA1, data, 1, "20220101000000Z", 0);
		if (renewed) ers_rehash(&m, DIGEST_SHA256, data, 1, "20220601000000Z", 0);
		struct buf record =
			ers_finish(&m, 1, renewed ? listed : (const enum digest_alg[]){DIGEST_SHA1, 0}, NULL);
		json_t *report = judge_over(&record, 1, NOW);
		assert_string_equal(text(only(report), "indication"), "INDETERMINATE");
		assert_string_equal(text(only(report), "sub_indication"), "CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
		assert_true(has_finding(only(report), "ERS_DIGEST_ENDED"));
		json_decref(report);
		buf_dispose(&record);
	}
}

static void offered_records_prove_the_document_they_are_about(void **state) {
	(void)state;
	static const struct {
		const char *name;
		struct plan plan;
		const char *finding, *basis, *proven;
	} cases[] = {
		{"sound", {0}, "EVIDENCE_RECORD_USED", "evidence-record", "2022-01-01T00:00:00Z"},
		{"broken", {.renewal = ERS_BAD_LINK}, "EVIDENCE_RECORD_NOT_USED", "none", ""},
		{"of other data", {.members = 1}, "EVIDENCE_RECORD_NOT_USED", "none", ""},
	};
	struct cms_plan plan = {.content = "hello", .content_len = 5, .flags = BUILD_ENVELOPING};
	struct buf document = cms_build(&world, &plan);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf record =
			cases[i].plan.members ? make(&(struct plan){0}) : make_over(&document, &cases[i].plan);
		struct val_blob offered = {record.data, record.len};
		struct val_request request = {.document = {document.data, document.len},
					      .evidence = &offered,
					      .evidence_count = 1,
					      .revocation = REVOCATION_SOFT};
		assert_true(utime_parse(NOW, &request.at));
		json_t *report = validator_judge(validator, &request);
		const json_t *time = json_object_get(only(report), "signing_time");
		if (!has_finding(report, cases[i].finding)) fail_msg("%s", cases[i].name);
		assert_string_equal(text(time, "basis"), cases[i].basis);
		assert_string_equal(text(time, "proven"), cases[i].proven);
		assert_string_equal(text(report, "indication"), "TOTAL-PASSED");
		json_decref(report);
		buf_dispose(&record);
	}
	buf_dispose(&document);
}

static void chains_are_judged_up_to_their_bound(void **state) {
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct ers_maker m = {.world = &world};
		ers_first(&m, DIGEST_SHA256, data, 1, "20220101000000Z", ERS_FLAT);
		for (int i = 1; i < LIMIT_ERS_CHAINS + more; i++) {
			char when[32];
			snprintf(when, sizeof when, "2022010100%02d%02dZ", i / 60, i % 60);
			ers_rehash(&m, DIGEST_SHA256, data, 1, when, ERS_FLAT);
		}
		struct buf record = ers_finish(&m, 1, one, NULL);
		json_t *report = judge_over(&record, 1, NOW);
		if (more)
			expect(report, "one too many", MISFORMED);
		else
			expect(report, "as many as may be", PASSED);
		json_decref(report);
		buf_dispose(&record);
	}
}

static void xml_records_are_not_supported_yet(void **state) {
	(void)state;
	static const char xml[] = "<EvidenceRecord xmlns='urn:ietf:params:xml:ns:ers' Version='1.0'/>";
	struct buf document = {0};
	buf_add_text(&document, xml);
	json_t *report = judge_over(&document, 0, NOW);
	assert_string_equal(text(report, "indication"), "NO-SIGNATURE");
	assert_true(has_finding(report, "XML_EVIDENCE_RECORD"));
	json_decref(report);
	buf_dispose(&document);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_records_pass),
		cmocka_unit_test(other_readings_are_accepted_and_named),
		cmocka_unit_test(every_break_is_found),
		cmocka_unit_test(digests_stand_for_data_in_their_own_algorithm),
		cmocka_unit_test(form_of_the_record_is_held),
		cmocka_unit_test(damage_to_the_bytes_never_passes),
		cmocka_unit_test(old_tokens_are_judged_at_the_next),
		cmocka_unit_test(chains_are_judged_by_dated_algorithms),
		cmocka_unit_test(offered_records_prove_the_document_they_are_about),
		cmocka_unit_test(chains_are_judged_up_to_their_bound),
		cmocka_unit_test(xml_records_are_not_supported_yet),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
