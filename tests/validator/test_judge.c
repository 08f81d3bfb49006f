/* Whole documents of the test PKI: how signatures and document time-stamps of one file stand to each other. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "base/mem.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PKI TEST_BINARY_DIR "/testpki/"

static struct buf evidence[64];
static struct val_blob offered[64];
static size_t evidence_count;

static struct buf read_file(const char *folder, const char *name) {
	struct buf b = {0};
	char path[4096], part[65536];
	size_t n;
	snprintf(path, sizeof path, PKI "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	if (!f) fail_msg("%s: cannot be read", path);
	while ((n = fread(part, 1, sizeof part, f)) > 0) buf_add(&b, part, n);
	fclose(f);
	return b;
}

static json_t *judge(const struct buf *document, bool with_evidence, const char *at) {
	struct val_request request = {.document = {document->data, document->len}, .evidence = offered};
	request.evidence_count = with_evidence ? evidence_count : 0;
	assert_true(utime_parse(at, &request.at));
	return validator_judge(validator, &request);
}

static void levels_and_proofs_follow_what_is_there(void **state) {
	(void)state;
	static const struct {
		const char *name, *level, *basis;
	} cases[] = {
		{"15-QD-UBND.pdf", NULL, "none"},
		{"22-QD-UBND-doctimestamp.pdf", "B-T", "document-timestamp"},
		{"23-QD-UBND-lt.pdf", "B-LT", "signature-timestamp"},
		{"24-QD-UBND-lta.pdf", "B-LTA", "signature-timestamp"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document = read_file("samples", cases[i].name);
		json_t *report = judge(&document, true, "2026-12-01"), *first = entry(report, 0);
		assert_string_equal(text(report, "format"), "pdf");
		assert_string_equal(text(report, "indication"), "TOTAL-PASSED");
		assert_string_equal(text(report, "integrity"), "intact");
		if (cases[i].level) assert_string_equal(text(first, "level"), cases[i].level);
		assert_string_equal(text(json_object_get(first, "signing_time"), "basis"), cases[i].basis);
		json_decref(report);
		buf_dispose(&document);
	}
}

static void changes_and_damage_are_told_apart(void **state) {
	(void)state;
	static const struct {
		const char *name, *indication, *sub, *integrity;
	} cases[] = {
		{"40-QD-UBND-tampered.pdf", "TOTAL-FAILED", "HASH_FAILURE", "broken"},
		{"41-QD-UBND-bad-value.pdf", "TOTAL-FAILED", "SIG_CRYPTO_FAILURE", "broken"},
		{"42-QD-UBND-changed-later.pdf", "INDETERMINATE", "SIG_CONSTRAINTS_FAILURE", "intact"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document = read_file("samples", cases[i].name);
		json_t *report = judge(&document, true, "2026-12-01");
		assert_string_equal(text(report, "indication"), cases[i].indication);
		assert_string_equal(text(report, "sub_indication"), cases[i].sub);
		assert_string_equal(text(report, "integrity"), cases[i].integrity);
		json_decref(report);
		buf_dispose(&document);
	}
}

static void wants_name_each_thing_once(void **state) {
	(void)state;
	struct buf document = read_file("samples", "22-QD-UBND-doctimestamp.pdf");
	json_t *report = judge(&document, false, "2026-12-01"), *wants = json_object_get(report, "wants"), *a, *b;
	size_t i, k;
	assert_true(json_array_size(wants) > 0);
	json_array_foreach(wants, i, a) {
		assert_true(strstr(text(a, "url"), "http") == text(a, "url"));
		assert_int_equal(strlen(text(a, "for")), 64);
		json_array_foreach(wants, k, b) if (i != k) assert_false(json_equal(a, b));
	}
	json_decref(report);
	report = judge(&document, true, "2026-12-01");
	assert_int_equal(json_array_size(json_object_get(report, "wants")), 0);
	json_decref(report);
	buf_dispose(&document);
}

static void documents_do_not_lend_each_other_evidence(void **state) {
	(void)state;
	struct buf rich = read_file("samples", "23-QD-UBND-lt.pdf"), poor = read_file("samples", "15-QD-UBND.pdf");
	json_t *before = judge(&poor, false, "2026-12-01"), *between = judge(&rich, false, "2026-12-01");
	json_t *after = judge(&poor, false, "2026-12-01");
	assert_string_equal(text(between, "indication"), "TOTAL-PASSED");
	assert_string_equal(text(before, "indication"), "INDETERMINATE");
	assert_true(json_equal(before, after));
	json_decref(before), json_decref(between), json_decref(after);
	buf_dispose(&rich), buf_dispose(&poor);
}

static void no_cut_of_a_document_passes(void **state) {
	(void)state;
	struct buf document = read_file("samples", "15-QD-UBND.pdf");
	static const int tenths[] = {1, 3, 5, 7, 9};
	for (size_t i = 0; i < ARRAY_LEN(tenths); i++) {
		struct buf cut = {0};
		buf_add(&cut, document.data, document.len * (size_t)tenths[i] / 10);
		json_t *report = judge(&cut, true, "2026-12-01");
		if (!strcmp(text(report, "indication"), "TOTAL-PASSED")) fail_msg("%d tenths", tenths[i]);
		json_decref(report);
		buf_dispose(&cut);
	}
	buf_dispose(&document);
}

static size_t errors(const json_t *of) {
	size_t i, count = 0;
	json_t *finding;
	json_array_foreach(json_object_get(of, "findings"), i, finding) count +=
		!strcmp(text(finding, "severity"), "error");
	return count;
}

/* What passes has no error, and what does not has one that says why; whatever the time and the evidence. */
static void errors_and_verdicts_go_together(void **state) {
	(void)state;
	static const char *const times[] = {"2024-01-01", "2026-12-01", "2029-06-01", "2041-01-01"};
	struct dirent **names;
	size_t judged = 0;
	int count = scandir(PKI "samples", &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name, *dot = strrchr(name, '.');
		bool document = name[0] != '.' && dot && strcmp(dot, ".json") != 0;
		struct buf bytes = {0};
		if (document) bytes = read_file("samples", name);
		for (size_t k = 0; document && k < 2 * ARRAY_LEN(times); k++) {
			json_t *report = judge(&bytes, k % 2, times[k / 2]), *of;
			size_t at;
			bool passes = !strcmp(text(report, "indication"), "TOTAL-PASSED");
			if (passes && errors(report)) fail_msg("%s at %s passes", name, times[k / 2]);
			json_array_foreach(json_object_get(report, "signatures"), at, of) {
				passes = !strcmp(text(of, "indication"), "TOTAL-PASSED");
				judged++;
				if (passes == (errors(of) > 0))
					fail_msg("%s at %s, %s: %s with %zu errors", name, times[k / 2], text(of, "id"),
						 text(of, "indication"), errors(of));
			}
			json_decref(report);
		}
		buf_dispose(&bytes);
		free(names[i]);
	}
	free(names);
	assert_true(judged > 0);
}

/* The built-in policy, with RSA that has no end, and the old root's allowance for the anchor of that digest. */
static struct validator *lasting_validator(const char *old_root) {
	json_t *policy = json_load_file(TEST_SOURCE_DIR "/validator/policy_default.json", 0, NULL), *row;
	struct error err = {0};
	size_t i;
	assert_non_null(policy);
	json_array_foreach(json_object_get(policy, "keys"), i, row) {
		if (json_integer_value(json_object_get(row, "bits")) == 1900) json_object_del(row, "until");
	}
	row = json_array_get(json_object_get(policy, "allowances"), 0);
	if (old_root) json_object_set_new(row, "anchor", json_string(old_root));
	json_object_set_new(row, "issued_before", json_string("2027-01-01")); /* its lists of today as well */
	char *words = json_dumps(policy, 0);
	struct validator *v = validator_new(words, strlen(words), &err);
	assert_non_null(v);
	static const char *const roots[] = {"root-g1.pem", "root-g2.pem"};
	for (size_t k = 0; k < ARRAY_LEN(roots); k++) {
		struct buf root = read_file("trust", roots[k]);
		assert_int_equal(validator_add_trust(v, root.data, root.len), 1);
		buf_dispose(&root);
	}
	free(words);
	json_decref(policy);
	return v;
}

/* The digest of the anchor that the first signature of a sample leads to. */
static char *anchor_of(const char *name) {
	struct buf document = read_file("samples", name);
	struct validator *kept = validator;
	validator = lasting_validator(NULL);
	json_t *report = judge(&document, true, "2026-12-01"), *chain = json_object_get(entry(report, 0), "chain");
	char *sha256 = xstrdup(text(json_array_get(chain, json_array_size(chain) - 1), "sha256"));
	validator_free(validator);
	validator = kept;
	json_decref(report);
	buf_dispose(&document);
	return sha256;
}

/* A document time-stamp carries what it covers; signatures of the first generation end before its root does, in March 2030. */
static void proofs_hold_until_the_outermost_ends(void **state) {
	(void)state;
	static const struct {
		const char *name, *until, *limit;
	} cases[] = {
		{"15-QD-UBND.pdf", "2030-05-31T23:59:59Z", "signer-certificate"},
		{"22-QD-UBND-doctimestamp.pdf", "2034-01-01T00:00:00Z", "tsa-certificate"},
		{"24-QD-UBND-lta.pdf", "2034-01-01T00:00:00Z", "tsa-certificate"},
		{"62-QD-VP-g1.pdf", "2030-02-28T23:59:59Z", "signer-certificate"},
		{"40-QD-UBND-tampered.pdf", "", "none"},
	};
	struct validator *kept = validator;
	char *old_root = anchor_of("62-QD-VP-g1.pdf");
	validator = lasting_validator(old_root);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document = read_file("samples", cases[i].name);
		json_t *report = judge(&document, true, "2026-12-01"), *provable = json_object_get(report, "provable");
		assert_string_equal(text(provable, "until"), cases[i].until);
		assert_string_equal(text(provable, "limit"), cases[i].limit);
		json_decref(report);
		buf_dispose(&document);
	}
	validator_free(validator);
	validator = kept;
	free(old_root);
}

static int open_pki(void **state) {
	(void)state;
	struct error err = {0};
	struct dirent **names;
	digest_init();
	validator = validator_new(NULL, 0, &err);
	assert_non_null(validator);
	struct buf root = read_file("trust", "root-g2.pem");
	assert_int_equal(validator_add_trust(validator, root.data, root.len), 1);
	buf_dispose(&root);
	int count = scandir(PKI "evidence", &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.' && evidence_count < ARRAY_LEN(evidence)) {
			evidence[evidence_count] = read_file("evidence", names[i]->d_name);
			offered[evidence_count] =
				(struct val_blob){evidence[evidence_count].data, evidence[evidence_count].len};
			evidence_count++;
		}
		free(names[i]);
	}
	free(names);
	return evidence_count ? 0 : -1;
}

static int close_pki(void **state) {
	(void)state;
	while (evidence_count) buf_dispose(&evidence[--evidence_count]);
	validator_free(validator);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_and_proofs_follow_what_is_there),
		cmocka_unit_test(changes_and_damage_are_told_apart),
		cmocka_unit_test(wants_name_each_thing_once),
		cmocka_unit_test(documents_do_not_lend_each_other_evidence),
		cmocka_unit_test(no_cut_of_a_document_passes),
		cmocka_unit_test(errors_and_verdicts_go_together),
		cmocka_unit_test(proofs_hold_until_the_outermost_ends),
	};
	return cmocka_run_group_tests(tests, open_pki, close_pki);
}
