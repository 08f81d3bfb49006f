#include "archiver/evidence_tree.h"

#include "base/limits.h"
#include "base/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAGIC "LTVP"
#define TOP_MAGIC "LTVT"
#define VERSION 1
#define PAGE_VERSION 2 /* of a page of a round or rehash with groups; what only knows 1 would take their keys for objects that are lost */

/* ---- reading ---- */

static void get_raw(struct record_reader *r, unsigned char *out, size_t len) {
	const unsigned char *data = record_get_raw(r, len);
	if (data) memcpy(out, data, len);
}

/* Magic, version, algorithm, count; false when they are not those of a tree we can use. */
static bool read_head(struct record_reader *r, const char *magic, uint32_t newest, enum digest_alg *alg, size_t *count) {
	unsigned char word[4] = {0};
	get_raw(r, word, sizeof word);
	uint32_t version = record_get_u32(r);
	char *name = record_get_text(r);
	*alg = digest_from_name(name);
	free(name);
	*count = record_get_u32(r);
	return !r->bad && !memcmp(word, magic, sizeof word) && version >= VERSION && version <= newest && digest_size(*alg) && *count &&
	       *count <= EVIDENCE_PAGE;
}

static unsigned char *leaves_of(const struct evidence_page *page) {
	size_t size = digest_size(page->alg);
	unsigned char *leaves = xmalloc(page->count * size), leaf[DIGEST_MAX];
	for (size_t i = 0; i < page->count; i++) {
		ers_make_leaf(page->alg, page->leaves[i].members, page->leaves[i].count, leaf);
		memcpy(leaves + i * size, leaf, size);
	}
	return leaves;
}

struct evidence_page *evidence_page_read(const struct object_id *id, unsigned char *bytes, size_t len) {
	struct record_reader r = record_reader_of(bytes, len);
	struct evidence_page *page = xcalloc(1, sizeof *page);
	page->groups = len >= 8 && bytes[7] == PAGE_VERSION;
	page->id = *id;
	page->bytes = bytes;
	bool good = read_head(&r, PAGE_MAGIC, PAGE_VERSION, &page->alg, &page->count);
	if (good) page->leaves = xcalloc(page->count, sizeof *page->leaves);
	for (size_t i = 0; good && i < page->count; i++) {
		struct evidence_leaf *leaf = &page->leaves[i];
		get_raw(&r, leaf->key, SHA256_SIZE);
		leaf->count = record_get_u16(&r);
		leaf->members = bytes + r.pos;
		size_t size = leaf->count * digest_size(page->alg);
		good = !r.bad && leaf->count && size <= r.len - r.pos;
		if (good) r.pos += size;
	}
	if (!good || !record_at_end(&r)) {
		evidence_page_free(page);
		return NULL;
	}
	return page;
}

const struct ers_tree *evidence_page_tree(const struct evidence_page *page) {
	if (page->tree) return page->tree;
	unsigned char *leaves = leaves_of(page);
	struct ers_tree *tree = ers_tree_new(page->alg, leaves, page->count);
	free(leaves);
	return ((struct evidence_page *)page)->tree = tree; /* what it says does not change with it */
}

void evidence_page_free(struct evidence_page *page) {
	if (!page) return;
	ers_tree_free(page->tree);
	free(page->leaves);
	free(page->bytes);
	free(page);
}

static struct ers_tree *tree_of(enum digest_alg alg, const struct evidence_entry *entries, size_t count) {
	size_t size = digest_size(alg);
	unsigned char *roots = xmalloc(count * size);
	for (size_t i = 0; i < count; i++) memcpy(roots + i * size, entries[i].root, size);
	struct ers_tree *tree = ers_tree_new(alg, roots, count);
	free(roots);
	return tree;
}

struct evidence_top *evidence_top_read(const struct object_id *id, const unsigned char *bytes, size_t len) {
	struct record_reader r = record_reader_of(bytes, len);
	struct evidence_top *top = xcalloc(1, sizeof *top);
	top->id = *id;
	bool good = read_head(&r, TOP_MAGIC, VERSION, &top->alg, &top->count);
	if (good) top->entries = xcalloc(top->count, sizeof *top->entries);
	for (size_t i = 0; good && i < top->count; i++) {
		struct evidence_entry *entry = &top->entries[i];
		get_raw(&r, entry->key, SHA256_SIZE);
		get_raw(&r, entry->page.sha256, SHA256_SIZE);
		entry->leaves = record_get_u32(&r);
		get_raw(&r, entry->root, digest_size(top->alg));
	}
	if (!good || !record_at_end(&r)) {
		evidence_top_free(top);
		return NULL;
	}
	top->tree = tree_of(top->alg, top->entries, top->count);
	return top;
}

void evidence_top_free(struct evidence_top *top) {
	if (!top) return;
	ers_tree_free(top->tree);
	free(top->entries);
	free(top);
}

/* ---- finding ---- */

/* Both begin with their key. */
static int by_key(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

bool evidence_page_find(const struct evidence_page *page, const unsigned char key[static SHA256_SIZE], size_t *index) {
	const struct evidence_leaf *leaf = bsearch(key, page->leaves, page->count, sizeof *leaf, by_key);
	if (leaf) *index = (size_t)(leaf - page->leaves);
	return leaf != NULL;
}

bool evidence_top_find(const struct evidence_top *top, const unsigned char key[static SHA256_SIZE], size_t *index) {
	size_t low = 0, high = top->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(top->entries[middle].key, key, SHA256_SIZE) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low) *index = low - 1;
	return low > 0;
}

bool evidence_top_find_page(const struct evidence_top *top, const unsigned char key[static SHA256_SIZE], size_t *index) {
	const struct evidence_entry *entry = bsearch(key, top->entries, top->count, sizeof *entry, by_key);
	if (entry) *index = (size_t)(entry - top->entries);
	return entry != NULL;
}

/* ---- writing ---- */

static void put_head(struct buf *b, const char *magic, uint32_t version, enum digest_alg alg, size_t count) {
	record_put_raw(b, magic, 4);
	record_put_u32(b, version);
	record_put_text(b, digest_name(alg));
	record_put_u32(b, (uint32_t)count);
}

static void put_page(struct batch *batch, uint32_t version, enum digest_alg alg, const struct evidence_leaf *leaves, size_t count,
		     const unsigned char *key, struct evidence_entry *entry) {
	struct buf b = {0};
	size_t size = digest_size(alg);
	assert(count && count <= EVIDENCE_PAGE);
	put_head(&b, PAGE_MAGIC, version, alg, count);
	for (size_t i = 0; i < count; i++) {
		assert(leaves[i].count && leaves[i].count <= LIMIT_TOKENS);
		record_put_raw(&b, leaves[i].key, SHA256_SIZE);
		record_put_u16(&b, (uint16_t)leaves[i].count);
		record_put_raw(&b, leaves[i].members, leaves[i].count * size);
	}
	*entry = (struct evidence_entry){.leaves = (uint32_t)count};
	memcpy(entry->key, key, SHA256_SIZE);
	const struct evidence_page page = {.alg = alg, .leaves = (struct evidence_leaf *)leaves, .count = count};
	unsigned char *hashes = leaves_of(&page);
	struct ers_tree *tree = ers_tree_new(alg, hashes, count);
	memcpy(entry->root, ers_tree_root(tree), size);
	ers_tree_free(tree);
	free(hashes);
	batch_put(batch, OBJECT_HASH_TREE, b.data, b.len, &entry->page, NULL);
	buf_dispose(&b);
}

void evidence_page_put(struct batch *batch, enum digest_alg alg, const struct evidence_leaf *leaves, size_t count,
		       const unsigned char key[static SHA256_SIZE], struct evidence_entry *entry) {
	bool groups = false;
	for (size_t i = 0; i < count; i++) groups |= leaves[i].count > 1;
	put_page(batch, groups ? PAGE_VERSION : VERSION, alg, leaves, count, key, entry);
}

void evidence_top_put(struct batch *batch, enum digest_alg alg, struct evidence_entry *entries, size_t count,
		      struct object_id *id, unsigned char root[static DIGEST_MAX]) {
	struct buf b = {0};
	size_t size = digest_size(alg);
	assert(count && count <= EVIDENCE_PAGE);
	qsort(entries, count, sizeof *entries, by_key);
	put_head(&b, TOP_MAGIC, VERSION, alg, count);
	for (size_t i = 0; i < count; i++) {
		record_put_raw(&b, entries[i].key, SHA256_SIZE);
		record_put_raw(&b, entries[i].page.sha256, SHA256_SIZE);
		record_put_u32(&b, entries[i].leaves);
		record_put_raw(&b, entries[i].root, size);
	}
	struct ers_tree *tree = tree_of(alg, entries, count);
	memcpy(root, ers_tree_root(tree), size);
	ers_tree_free(tree);
	batch_put(batch, OBJECT_HASH_TREE, b.data, b.len, id, NULL);
	buf_dispose(&b);
}

struct evidence_builder {
	struct batch *batch;
	enum digest_alg alg;
	struct evidence_leaf page[EVIDENCE_PAGE];
	struct evidence_entry entries[EVIDENCE_PAGE];
	size_t count, pages;
	bool groups; /* of a round: a leaf of several hashes is a group */
};

struct evidence_builder *evidence_builder_new(struct batch *batch, enum digest_alg alg, bool groups) {
	struct evidence_builder *b = xcalloc(1, sizeof *b);
	b->batch = batch;
	b->alg = alg;
	b->groups = groups;
	return b;
}

static void end_page(struct evidence_builder *b) {
	bool groups = false;
	for (size_t i = 0; i < b->count && b->groups; i++) groups |= b->page[i].count > 1;
	if (b->count)
		put_page(b->batch, groups ? PAGE_VERSION : VERSION, b->alg, b->page, b->count, b->page[0].key, &b->entries[b->pages++]);
	b->count = 0;
}

void evidence_builder_add(struct evidence_builder *b, const struct evidence_leaf *leaf) {
	if (b->count == EVIDENCE_PAGE) end_page(b);
	b->page[b->count++] = *leaf;
}

void evidence_builder_end(struct evidence_builder *b, struct object_id *id) {
	unsigned char root[DIGEST_MAX];
	end_page(b);
	*id = (struct object_id){0};
	if (b->pages) evidence_top_put(b->batch, b->alg, b->entries, b->pages, id, root);
	free(b);
}
