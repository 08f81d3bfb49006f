#include "tests/archiver/small_archive.h"

#include "archiver/evidence_tree.h"

#include <stdlib.h>

static char *folder;
static struct app app;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("evidence-tree");
	small_open(&app, folder, NOW);
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

static unsigned char *bytes_of(const struct object_id *id, size_t *len) {
	unsigned char *data;
	struct error err = {0};
	if (store_read(app.store, id, 1 << 20, &data, len, &err) != OBJECT_PRESENT) fail_msg("%s", err.text);
	return data;
}

/* The digits of the block "```hex NAME" in docs/formats.md. */
static void assert_example(const char *name, const struct object_id *id) {
	size_t len;
	unsigned char *data = bytes_of(id, &len);
	char *text = folder_text(TEST_SOURCE_DIR "/docs/formats.md"), *head = xasprintf("```hex %s\n", name), *hex = hex_dup(data, len);
	struct buf digits = {0};
	char *p = strstr(text, head);
	assert_non_null(p);
	for (p += strlen(head); *p && *p != '`'; p++)
		if (*p != '\n') buf_add_byte(&digits, (unsigned char)*p);
	if (strcmp(buf_text(&digits), hex)) fail_msg("docs/formats.md: %s is %s", name, hex);
	buf_dispose(&digits);
	free(text);
	free(head);
	free(hex);
	free(data);
}

static void page_and_top_are_as_documented(void **state) {
	(void)state;
	struct evidence_leaf leaf = {.count = 1};
	struct evidence_entry entry;
	struct object_id top;
	unsigned char root[DIGEST_MAX];
	struct batch *batch = store_begin(app.store, NOW);
	sha256_bytes("hello\n", 6, leaf.key);
	leaf.members = leaf.key;
	evidence_page_put(batch, DIGEST_SHA256, &leaf, 1, leaf.key, &entry);
	evidence_top_put(batch, DIGEST_SHA256, &entry, 1, &top, root);
	fine(batch_commit(batch, oops));
	assert_memory_equal(root, leaf.key, SHA256_SIZE);
	assert_example("hash-page", &entry.page);
	assert_example("hash-top", &top);
}

/* Leaves with one and with several hashes, found by their keys and by no other. */
static void what_is_written_is_read_and_found(void **state) {
	(void)state;
	static unsigned char hashes[3 * DIGEST_MAX];
	struct evidence_leaf leaves[3] = {{.members = hashes, .count = 1}, {.members = hashes, .count = 3}, {.members = hashes + 64, .count = 2}};
	struct evidence_entry entries[2];
	struct object_id id;
	unsigned char root[DIGEST_MAX], key[SHA256_SIZE] = {0};
	size_t index, len;
	for (size_t i = 0; i < sizeof hashes; i++) hashes[i] = (unsigned char)i;
	for (size_t i = 0; i < 3; i++) leaves[i].key[0] = (unsigned char)(10 * (i + 1));
	struct batch *batch = store_begin(app.store, NOW);
	evidence_page_put(batch, DIGEST_SHA512, leaves + 2, 1, leaves[2].key, &entries[0]);
	evidence_page_put(batch, DIGEST_SHA512, leaves, 2, leaves[0].key, &entries[1]);
	evidence_top_put(batch, DIGEST_SHA512, entries, 2, &id, root);
	fine(batch_commit(batch, oops));
	unsigned char *data = bytes_of(&id, &len);
	struct evidence_top *top = evidence_top_read(&id, data, len);
	free(data);
	assert_non_null(top);
	assert_memory_equal(ers_tree_root(top->tree), root, 64);
	assert_int_equal(top->entries[0].leaves, 2);
	data = bytes_of(&top->entries[0].page, &len);
	struct evidence_page *page = evidence_page_read(&top->entries[0].page, data, len);
	assert_non_null(page);
	assert_memory_equal(ers_tree_root(evidence_page_tree(page)), top->entries[0].root, 64);
	assert_int_equal(page->leaves[1].count, 3);
	assert_memory_equal(page->leaves[1].members, hashes, sizeof hashes);
	assert_true(evidence_page_find(page, leaves[1].key, &index));
	assert_int_equal(index, 1);
	assert_false(evidence_page_find(page, leaves[2].key, &index));
	assert_false(evidence_top_find(top, key, &index)); /* below the first */
	key[0] = 29;
	assert_true(evidence_top_find(top, key, &index));
	assert_int_equal(index, 0);
	assert_true(evidence_top_find_page(top, leaves[2].key, &index));
	assert_int_equal(index, 1);
	assert_false(evidence_top_find_page(top, leaves[1].key, &index));
	evidence_page_free(page);
	evidence_top_free(top);
}

/* Cut at every length, or longer: no tree. */
static void other_bytes_are_no_tree(void **state) {
	(void)state;
	unsigned char hash[DIGEST_MAX] = {1};
	struct evidence_leaf leaf = {.members = hash, .count = 1};
	struct evidence_entry entry;
	struct object_id id;
	size_t len;
	struct batch *batch = store_begin(app.store, NOW);
	evidence_page_put(batch, DIGEST_SHA384, &leaf, 1, leaf.key, &entry);
	evidence_top_put(batch, DIGEST_SHA384, &entry, 1, &id, hash);
	fine(batch_commit(batch, oops));
	for (int which = 0; which < 2; which++) {
		unsigned char *data = bytes_of(which ? &id : &entry.page, &len);
		for (size_t n = 0; n <= len + 1; n++) {
			unsigned char *copy = xcalloc(1, len + 2);
			memcpy(copy, data, n < len ? n : len);
			struct evidence_top *top = which ? evidence_top_read(&id, copy, n) : NULL;
			struct evidence_page *page = which ? NULL : evidence_page_read(&id, copy, n); /* takes the copy over */
			assert_int_equal(top || page, n == len);
			if (which) free(copy);
			evidence_top_free(top);
			evidence_page_free(page);
		}
		free(data);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(page_and_top_are_as_documented),
		TEST(what_is_written_is_read_and_found),
		TEST(other_bytes_are_no_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
