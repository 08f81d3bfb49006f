#include "validator/ers_make.h"

#include "base/limits.h"
#include "validator/der.h"
#include "validator/key.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- trees ---- */

/* A hash with its length, which a comparator has no other way to know. */
struct member {
	const unsigned char *hash;
	size_t size;
};

static int by_bytes(const void *a, const void *b) {
	const struct member *x = a, *y = b;
	return memcmp(x->hash, y->hash, x->size);
}

static struct member *sorted(const unsigned char *hashes, size_t count, size_t size) {
	struct member *list = xcalloc(count ? count : 1, sizeof *list);
	for (size_t i = 0; i < count; i++) list[i] = (struct member){hashes + i * size, size};
	qsort(list, count, sizeof *list, by_bytes);
	return list;
}

void ers_make_leaf(enum digest_alg alg, const unsigned char *members, size_t count,
		   unsigned char out[static DIGEST_MAX]) {
	size_t size = digest_size(alg);
	if (count == 1) {
		memcpy(out, members, size);
		return;
	}
	struct member *list = sorted(members, count, size);
	struct digest_ctx *ctx = digest_new(alg);
	for (size_t i = 0; i < count; i++) digest_update(ctx, list[i].hash, size);
	digest_final(ctx, out);
	digest_free(ctx);
	free(list);
}

void ers_make_renewed(enum digest_alg alg, const unsigned char *data, const unsigned char *history,
		      unsigned char out[static DIGEST_MAX]) {
	unsigned char joined[2 * DIGEST_MAX];
	size_t size = digest_size(alg);
	memcpy(joined, data, size);
	memcpy(joined + size, history, size);
	digest_bytes(alg, joined, 2 * size, out);
}

struct level {
	unsigned char *nodes;
	size_t count;
};

struct ers_tree {
	size_t size; /* of a node */
	struct level levels[LIMIT_ERS_LISTS];
	size_t height;
};

static void put_pair(struct digest_ctx *ctx, const unsigned char *a, size_t size, unsigned char *out) {
	unsigned char digest[DIGEST_MAX];
	const unsigned char *b = a + size;
	bool ascending = memcmp(a, b, size) <= 0;
	digest_reset(ctx);
	digest_update(ctx, ascending ? a : b, size);
	digest_update(ctx, ascending ? b : a, size);
	digest_final(ctx, digest);
	memcpy(out, digest, size);
}

struct ers_tree *ers_tree_new(enum digest_alg alg, const unsigned char *leaves, size_t count) {
	assert(count);
	struct ers_tree *tree = xcalloc(1, sizeof *tree);
	struct digest_ctx *ctx = digest_new(alg);
	tree->size = digest_size(alg);
	tree->levels[0] = (struct level){xmemdup(leaves, count * tree->size), count};
	for (tree->height = 1; count > 1; tree->height++) {
		const unsigned char *below = tree->levels[tree->height - 1].nodes;
		size_t pairs = count / 2, above = pairs + count % 2;
		unsigned char *nodes = xmalloc(above * tree->size);
		for (size_t i = 0; i < pairs; i++)
			put_pair(ctx, below + 2 * i * tree->size, tree->size, nodes + i * tree->size);
		if (count % 2) memcpy(nodes + pairs * tree->size, below + (count - 1) * tree->size, tree->size);
		tree->levels[tree->height] = (struct level){nodes, above};
		count = above;
	}
	digest_free(ctx);
	return tree;
}

void ers_tree_free(struct ers_tree *tree) {
	if (!tree) return;
	for (size_t i = 0; i < tree->height; i++) free(tree->levels[i].nodes);
	free(tree);
}

const unsigned char *ers_tree_root(const struct ers_tree *tree) {
	return tree->levels[tree->height - 1].nodes;
}

size_t ers_tree_path(const struct ers_tree *tree, size_t leaf, struct buf *siblings) {
	size_t found = 0;
	for (size_t level = 0; level + 1 < tree->height; level++, leaf /= 2) {
		size_t sibling = leaf ^ 1;
		if (sibling >= tree->levels[level].count) continue; /* odd: goes up unchanged */
		buf_add(siblings, tree->levels[level].nodes + sibling * tree->size, tree->size);
		found++;
	}
	return found;
}

/* ---- encoding ---- */

static void put_wrapped(struct buf *out, unsigned char tag, struct buf *content) {
	der_put(out, tag, content->data, content->len);
	buf_dispose(content);
}

static void put_list(struct buf *out, const unsigned char *hashes, size_t count, size_t size) {
	struct buf list = {0};
	struct member *members = sorted(hashes, count, size);
	for (size_t i = 0; i < count; i++) der_put(&list, DER_OCTET_STRING, members[i].hash, size);
	free(members);
	put_wrapped(out, DER_SEQUENCE, &list);
}

static void put_part(struct buf *out, const struct ers_part *part) {
	struct buf stamp = {0}, tree = {0};
	size_t size = digest_size(part->alg);
	digest_put_algorithm(&stamp, DER_CONTEXT | DER_CONSTRUCTED, part->alg);
	/* 4.3: without a tree the imprint is the hash itself, which has one reading only. */
	if (part->member_count > 1 || part->sibling_count) {
		put_list(&tree, part->members, part->member_count, size);
		for (size_t i = 0; i < part->sibling_count; i++) put_list(&tree, part->siblings + i * size, 1, size);
		put_wrapped(&stamp, DER_CONTEXT | DER_CONSTRUCTED | 2, &tree);
	}
	buf_add(&stamp, part->token, part->token_len);
	put_wrapped(out, DER_SEQUENCE, &stamp);
}

void ers_put_sequence(const struct ers_part *parts, size_t count, struct buf *out) {
	struct buf chains = {0}, chain = {0};
	for (size_t i = 0; i < count; i++) {
		if (i && parts[i].new_chain) put_wrapped(&chains, DER_SEQUENCE, &chain);
		put_part(&chain, &parts[i]);
	}
	put_wrapped(&chains, DER_SEQUENCE, &chain);
	put_wrapped(out, DER_SEQUENCE, &chains);
}

/* 3.1: every algorithm that is used, once each. */
static void put_algorithms(struct buf *out, const struct ers_part *parts, size_t count) {
	bool listed[DIGEST_ALGS] = {0};
	struct buf algorithms = {0};
	for (size_t i = 0; i < count; i++) {
		if (!listed[parts[i].alg]) digest_put_algorithm(&algorithms, DER_SEQUENCE, parts[i].alg);
		listed[parts[i].alg] = true;
	}
	put_wrapped(out, DER_SEQUENCE, &algorithms);
}

void ers_put_record(const struct ers_part *parts, size_t count, struct buf *out) {
	static const unsigned char version = 1;
	struct buf record = {0};
	der_put(&record, DER_INTEGER, &version, 1);
	put_algorithms(&record, parts, count);
	ers_put_sequence(parts, count, &record);
	put_wrapped(out, DER_SEQUENCE, &record);
}
