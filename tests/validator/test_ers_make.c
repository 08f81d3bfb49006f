#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "validator/ers.h"
#include "validator/ers_make.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MANY 9

static unsigned char leaves[MANY * SHA256_SIZE];

static int set_up(void **state) {
	(void)state;
	digest_init();
	for (size_t i = 0; i < MANY; i++) {
		unsigned char n = (unsigned char)i;
		sha256_bytes(&n, 1, leaves + i * SHA256_SIZE);
	}
	return 0;
}

static void join(const unsigned char *a, const unsigned char *b, unsigned char out[static SHA256_SIZE]) {
	unsigned char both[2 * SHA256_SIZE];
	bool ascending = memcmp(a, b, SHA256_SIZE) < 0;
	memcpy(both, ascending ? a : b, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, ascending ? b : a, SHA256_SIZE);
	sha256_bytes(both, sizeof both, out);
}

static void three_leaves_make_the_root_by_hand(void **state) {
	(void)state;
	unsigned char pair[SHA256_SIZE], root[SHA256_SIZE];
	struct ers_tree *tree = ers_tree_new(DIGEST_SHA256, leaves, 3);
	join(leaves, leaves + SHA256_SIZE, pair);
	join(pair, leaves + (size_t)2 * SHA256_SIZE, root);
	assert_memory_equal(ers_tree_root(tree), root, SHA256_SIZE);
	ers_tree_free(tree);
}

/* What the reader of records computes from the reduced tree of each leaf is the root. */
static void each_leaf_of_every_tree_leads_to_the_root(void **state) {
	(void)state;
	static const unsigned char token[] = {0x30, 0x03, 0x02, 0x01, 0x05};
	for (size_t count = 1; count <= MANY; count++) {
		struct ers_tree *tree = ers_tree_new(DIGEST_SHA256, leaves, count);
		for (size_t i = 0; i < count; i++) {
			struct buf siblings = {0}, record = {0};
			struct ers ers;
			struct finding_list findings = {0};
			unsigned char root[DIGEST_MAX];
			size_t n = ers_tree_path(tree, i, &siblings);
			const struct ers_part part = {DIGEST_SHA256, true, leaves + i * SHA256_SIZE, 1, siblings.data, n,
						      token, sizeof token};
			ers_put_record(&part, 1, &record);
			assert_true(ers_recognise(record.data, record.len));
			assert_true(ers_read(record.data, record.len, &ers, &findings));
			assert_false(ers.ber);
			assert_int_equal(findings.count, 0);
			assert_int_equal(ers.stamps[0].has_tree, count > 1);
			if (count > 1) {
				assert_int_equal(ers.lists[0].count, 1);
				assert_memory_equal(ers.hashes[0].data, leaves + i * SHA256_SIZE, SHA256_SIZE);
				ers.stamps[0].digest = DIGEST_SHA256;
				ers_root(&ers, &ers.stamps[0], 0, root);
				assert_memory_equal(root, ers_tree_root(tree), SHA256_SIZE);
			}
			assert_int_equal(ers.stamps[0].token.full, sizeof token);
			ers_dispose(&ers);
			finding_list_dispose(&findings);
			buf_dispose(&siblings);
			buf_dispose(&record);
		}
		ers_tree_free(tree);
	}
}

static void group_is_its_members_joined_in_ascending_order(void **state) {
	(void)state;
	unsigned char swapped[2 * SHA256_SIZE], a[DIGEST_MAX], b[DIGEST_MAX], expected[SHA256_SIZE];
	memcpy(swapped, leaves + SHA256_SIZE, SHA256_SIZE);
	memcpy(swapped + SHA256_SIZE, leaves, SHA256_SIZE);
	ers_make_leaf(DIGEST_SHA256, leaves, 2, a);
	ers_make_leaf(DIGEST_SHA256, swapped, 2, b);
	join(leaves, leaves + SHA256_SIZE, expected);
	assert_memory_equal(a, expected, SHA256_SIZE);
	assert_memory_equal(b, expected, SHA256_SIZE);
	ers_make_leaf(DIGEST_SHA256, leaves, 1, a);
	assert_memory_equal(a, leaves, SHA256_SIZE);
}

/* Whichever is the greater: joined as they are given. */
static void renewed_leaf_is_not_sorted(void **state) {
	(void)state;
	unsigned char both[2 * SHA256_SIZE], out[DIGEST_MAX], expected[SHA256_SIZE];
	for (int swap = 0; swap < 2; swap++) {
		const unsigned char *data = leaves + (swap ? SHA256_SIZE : 0), *history = leaves + (swap ? 0 : SHA256_SIZE);
		memcpy(both, data, SHA256_SIZE);
		memcpy(both + SHA256_SIZE, history, SHA256_SIZE);
		sha256_bytes(both, sizeof both, expected);
		ers_make_renewed(DIGEST_SHA256, data, history, out);
		assert_memory_equal(out, expected, SHA256_SIZE);
	}
}

/* RFC 4998 3.1 octet by octet: two chains, SHA-256 without parameters, [0] in place of the SEQUENCE. */
static void record_has_this_encoding(void **state) {
	(void)state;
	static const unsigned char token[] = {0x30, 0x00};
	static const char expected[] =
		"30450201013019300b0609608648016503040201300a06082a864886f70d0205"
		"3025"
		"30113" "00f" "a00b0609608648016503040201" "3000"
		"30103" "00e" "a00a06082a864886f70d0205" "3000";
	const struct ers_part parts[] = {
		{.alg = DIGEST_SHA256, .new_chain = true, .members = leaves, .member_count = 1, .token = token, .token_len = 2},
		{.alg = DIGEST_MD5, .new_chain = true, .members = leaves, .member_count = 1, .token = token, .token_len = 2},
	};
	struct buf record = {0};
	ers_put_record(parts, 2, &record);
	char *hex = hex_dup(record.data, record.len);
	assert_string_equal(hex, expected);
	free(hex);
	buf_dispose(&record);
}

static void stamps_of_one_chain_stay_together(void **state) {
	(void)state;
	static const unsigned char token[] = {0x30, 0x00};
	struct ers_part parts[4];
	struct buf record = {0};
	struct ers ers;
	struct finding_list findings = {0};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		parts[i] = (struct ers_part){.alg = DIGEST_SHA256, .new_chain = i == 0 || i == 3, .members = leaves,
					     .member_count = i ? 2 : 1, .token = token, .token_len = 2};
	ers_put_record(parts, ARRAY_LEN(parts), &record);
	assert_true(ers_read(record.data, record.len, &ers, &findings));
	assert_int_equal(ers.chain_count, 2);
	assert_int_equal(ers.chains[0].count, 3);
	assert_int_equal(ers.chains[1].count, 1);
	ers_dispose(&ers);
	finding_list_dispose(&findings);
	buf_dispose(&record);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_leaves_make_the_root_by_hand),
		cmocka_unit_test(each_leaf_of_every_tree_leads_to_the_root),
		cmocka_unit_test(group_is_its_members_joined_in_ascending_order),
		cmocka_unit_test(renewed_leaf_is_not_sorted),
		cmocka_unit_test(record_has_this_encoding),
		cmocka_unit_test(stamps_of_one_chain_stay_together),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
