/* Path validation: policies, and the bounds that keep hostile certificates from costing without end. */
#include "tests/validator/path_builder.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void limits_end_undecided(void **state) {
	(void)state;
	struct path_world w;
	path_world_open(&w, NULL, NULL);
	/* a clique: every certificate is an issuer of every other, none leads to an anchor */
	struct made clique[12];
	struct cert_plan plan = {.subject = "CN=Clique", .extensions = ca_extensions, .issuer_name = "CN=Clique"};
	char keys[12][8];
	for (int i = 0; i < 12; i++) {
		snprintf(keys[i], sizeof keys[i], "%d", 100 + i);
		plan.key = keys[i];
		clique[i] = cert_make(&plan);
		scene_add(&w.scene, &clique[i]);
	}
	for (int i = 0; i < 12; i++) {
		for (int k = 0; k < 12; k++) {
			if (i == k) continue;
			struct cert_plan cross = plan;
			cross.key = keys[i];
			cross.issuer = &clique[k];
			cross.serial = 1000 + i * 12 + k;
			struct made made = cert_make(&cross);
			scene_add(&w.scene, &made);
			made_free(&made);
		}
	}
	struct cert_plan ee = {.subject = "CN=EE", .key = "3", .issuer = &clique[0], .extensions = ee_extensions};
	made_free(&w.ee);
	w.ee = cert_make(&ee);
	assert_int_equal(path_world_judge(&w, AT), SUB_CUSTOM);
	assert_int_equal(w.scene.result.outcome.indication, INDICATION_INDETERMINATE);
	assert_true(path_world_found(&w, FINDING_LIMIT_REACHED));
	for (int i = 0; i < 12; i++) made_free(&clique[i]);
	path_world_close(&w);
}

static void longest_path_is_bounded(void **state) {
	(void)state;
	for (int length = LIMIT_PATH_DEPTH; length <= LIMIT_PATH_DEPTH + 1; length++) {
		struct path_world w;
		path_world_open(&w, NULL, NULL);
		struct made chain[LIMIT_PATH_DEPTH + 1];
		char name[32], key[8];
		for (int i = 0; i < length - 3; i++) { /* between the CA and the target */
			snprintf(name, sizeof name, "CN=CA %d", i);
			snprintf(key, sizeof key, "%d", 20 + i);
			struct cert_plan plan = {.subject = name,
						 .key = key,
						 .issuer = i ? &chain[i - 1] : &w.ca,
						 .extensions = ca_extensions};
			chain[i] = cert_make(&plan);
			scene_add(&w.scene, &chain[i]);
		}
		struct cert_plan ee = {
			.subject = "CN=EE", .key = "3", .issuer = &chain[length - 4], .extensions = ee_extensions};
		made_free(&w.ee);
		w.ee = cert_make(&ee);
		assert_int_equal(path_world_judge(&w, AT), length <= LIMIT_PATH_DEPTH ? SUB_NONE : SUB_CUSTOM);
		for (int i = 0; i < length - 3; i++) made_free(&chain[i]);
		path_world_close(&w);
	}
}

static void policies_asked_for_must_be_among_those_of_the_path(void **state) {
	(void)state;
	static const char *const with_policy[] = {CA_BC, CA_KU, "certificatePolicies", "1.2.3", NULL};
	static const char *const ee_policy[] = {"certificatePolicies", "1.2.3", NULL};
	static const char *const mapped[] = {CA_BC,         CA_KU, "certificatePolicies", "1.2.3", "policyMappings",
					     "1.2.3:1.2.9", NULL};
	static const char *const ee_mapped[] = {"certificatePolicies", "1.2.9", NULL};
	static const char *const ee_any[] = {"certificatePolicies", "2.5.29.32.0", NULL};
	static const struct {
		const char *const *ca, *const *ee;
		const char *asked;
		bool no_mapping, no_any;
		enum sub_indication sub;
	} cases[] = {
		{with_policy, ee_policy, NULL, false, false, SUB_NONE},
		{with_policy, ee_policy, "1.2.3", false, false, SUB_NONE},
		{with_policy, ee_policy, "1.2.4", false, false, GENERAL},
		{mapped, ee_mapped, "1.2.3", false, false, SUB_NONE},
		{mapped, ee_mapped, "1.2.9", false, false, GENERAL},
		{mapped, ee_mapped, "1.2.3", true, false, GENERAL},
		{with_policy, ee_any, "1.2.3", false, false, SUB_NONE},
		{with_policy, ee_any, "1.2.3", false, true, GENERAL},
		{with_policy, ee_extensions, NULL, false, false, GENERAL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct path_world w;
		struct cert_plan ca = {.extensions = cases[i].ca}, ee = {.extensions = cases[i].ee};
		path_world_open(&w, &ca, &ee);
		struct val_request inputs = {
			.initial_policies = &cases[i].asked,
			.initial_policy_count = cases[i].asked != NULL,
			.require_explicit_policy = true,
			.inhibit_policy_mapping = cases[i].no_mapping,
			.inhibit_any_policy = cases[i].no_any,
		};
		struct path_request request = scene_request(&w.scene, &w.ee, AT);
		request.revocation = REVOCATION_OFF;
		request.inputs = &inputs;
		enum sub_indication sub = scene_judge(&w.scene, &request);
		if (sub != cases[i].sub) fail_msg("case %zu gave %s", i, sub_indication_name(sub));
		path_world_close(&w);
	}
}

static void policy_trees_that_explode_stay_small(void **state) {
	(void)state;
	/* each CA maps every policy to every other: a tree would have 8^17 nodes */
	struct buf policies = {0}, mappings = {0};
	for (int i = 1; i <= 8; i++) buf_printf(&policies, "%s1.2.%d", i > 1 ? "," : "", i);
	for (int i = 1; i <= 8; i++)
		for (int k = 1; k <= 8; k++) buf_printf(&mappings, "%s1.2.%d:1.2.%d", i + k > 2 ? "," : "", i, k);
	const char *const exploding[] = {
		CA_BC, CA_KU, "certificatePolicies", buf_text(&policies), "policyMappings", buf_text(&mappings), NULL};
	const char *const last[] = {"certificatePolicies", buf_text(&policies), NULL};
	struct path_world w;
	path_world_open(&w, NULL, NULL);
	struct made chain[16];
	char name[32], key[8];
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof name, "CN=CA %d", i);
		snprintf(key, sizeof key, "%d", 20 + i);
		struct cert_plan plan = {
			.subject = name, .key = key, .issuer = i ? &chain[i - 1] : &w.root, .extensions = exploding};
		chain[i] = cert_make(&plan);
		scene_add(&w.scene, &chain[i]);
	}
	struct cert_plan ee = {.subject = "CN=EE", .key = "3", .issuer = &chain[15], .extensions = last};
	made_free(&w.ee);
	w.ee = cert_make(&ee);
	assert_int_equal(path_world_judge(&w, AT), SUB_NONE);
	for (int i = 0; i < 16; i++) made_free(&chain[i]);
	buf_dispose(&policies);
	buf_dispose(&mappings);
	path_world_close(&w);
}

static void policies_without_end_are_not_compared_without_end(void **state) {
	(void)state;
	static const struct {
		int count;
		enum sub_indication sub;
	} cases[] = {{1000, SUB_NONE}, {4000, SUB_CUSTOM}};
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct buf policies = {0};
		for (int i = 1; i <= cases[c].count; i++) buf_printf(&policies, "%s1.2.%d", i > 1 ? "," : "", i);
		const char *const many[] = {CA_BC, CA_KU, "certificatePolicies", buf_text(&policies), NULL};
		const char *const last[] = {"certificatePolicies", buf_text(&policies), NULL};
		struct path_world w;
		struct cert_plan ca = {.extensions = many}, ee = {.extensions = last};
		path_world_open(&w, &ca, &ee);
		assert_int_equal(path_world_judge(&w, AT), cases[c].sub);
		assert_int_equal(path_world_found(&w, FINDING_LIMIT_REACHED), cases[c].sub == SUB_CUSTOM);
		buf_dispose(&policies);
		path_world_close(&w);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_end_undecided),
		cmocka_unit_test(longest_path_is_bounded),
		cmocka_unit_test(policies_asked_for_must_be_among_those_of_the_path),
		cmocka_unit_test(policy_trees_that_explode_stay_small),
		cmocka_unit_test(policies_without_end_are_not_compared_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
