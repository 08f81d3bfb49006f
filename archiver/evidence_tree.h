/* Hash trees of evidence records as the store keeps them (docs/formats.md): a top over pages of leaves.
 *
 * A page has up to EVIDENCE_PAGE leaves in ascending order of their keys, a top up to EVIDENCE_PAGE pages in ascending
 * order of theirs. The roots of the pages are the leaves of the top's tree; all are binary trees as in
 * validator/ers_make.h, so that lists from page and top together are one reduced hash tree.
 *
 * | tree    | key of a leaf                     | its hashes                         | key of a page          |
 * | round   | SHA-256 of the object             | the object's                       | that of the first leaf |
 * | round   | of a group: of its record         | of its members                     | the same |
 * | renewal | SHA-256 of the renewed chain's top | of all time-stamps in the chain   | that of the first leaf |
 * | rehash  | SHA-256 of the object             | of its hash and its earlier chains | SHA-256 of the page renewed |
 * | rehash  | of a group: of its record         | the same of each member            | the same | */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_TREE_H
#define LTVAULT_ARCHIVER_EVIDENCE_TREE_H

#include "base/mem.h"
#include "store/batch.h"
#include "validator/ers_make.h"

#define EVIDENCE_PAGE 1024
#define EVIDENCE_LEAVES ((size_t)EVIDENCE_PAGE * EVIDENCE_PAGE) /* in one tree */

struct evidence_leaf {
	unsigned char key[SHA256_SIZE];
	const unsigned char *members; /* hashes one after another */
	size_t count;
};

struct evidence_page {
	struct object_id id;
	enum digest_alg alg;
	bool groups; /* leaves of several hashes are groups of objects, and their keys no objects (archiver/evidence_group.h) */
	struct evidence_leaf *leaves;
	size_t count;
	struct ers_tree *tree; /* NULL until evidence_page_tree was asked for it */
	unsigned char *bytes;  /* what the leaves point into */
};

struct evidence_entry {
	unsigned char key[SHA256_SIZE];
	struct object_id page;
	uint32_t leaves;
	unsigned char root[DIGEST_MAX];
};

struct evidence_top {
	struct object_id id;
	enum digest_alg alg;
	struct evidence_entry *entries;
	size_t count;
	struct ers_tree *tree;
};

/* The object's bytes; `bytes` is taken over. NULL when they are no page or no top. */
struct evidence_page *evidence_page_read(const struct object_id *id, unsigned char *bytes, size_t len);
void evidence_page_free(struct evidence_page *page);
/* Hashed when it is asked for the first time: many ask only whether a leaf is there. Borrowed. */
const struct ers_tree *evidence_page_tree(const struct evidence_page *page);
struct evidence_top *evidence_top_read(const struct object_id *id, const unsigned char *bytes, size_t len);
void evidence_top_free(struct evidence_top *top);

/* The place of a leaf; false when there is none with that key. */
bool evidence_page_find(const struct evidence_page *page, const unsigned char key[static SHA256_SIZE], size_t *index);
/* The page that holds a leaf with that key if any does; false when none can. Not for rehash trees. */
bool evidence_top_find(const struct evidence_top *top, const unsigned char key[static SHA256_SIZE], size_t *index);
/* The page with exactly that key. */
bool evidence_top_find_page(const struct evidence_top *top, const unsigned char key[static SHA256_SIZE], size_t *index);

/* A page of a rehash: leaves in ascending order of their keys, at most EVIDENCE_PAGE of them. *entry is what goes into the top. */
void evidence_page_put(struct batch *batch, enum digest_alg alg, const struct evidence_leaf *leaves, size_t count,
		       const unsigned char key[static SHA256_SIZE], struct evidence_entry *entry);
/* A whole tree from leaves in ascending order of their keys, added one by one; their members must stay until the end.
 * evidence_builder_end frees it; without any leaf there is no tree, and *id is zero. */
struct evidence_builder;
struct evidence_builder *evidence_builder_new(struct batch *batch, enum digest_alg alg, bool groups);
void evidence_builder_add(struct evidence_builder *builder, const struct evidence_leaf *leaf);
void evidence_builder_end(struct evidence_builder *builder, struct object_id *id);
/* Entries in any order, at most EVIDENCE_PAGE; they are sorted. */
void evidence_top_put(struct batch *batch, enum digest_alg alg, struct evidence_entry *entries, size_t count,
		      struct object_id *id, unsigned char root[static DIGEST_MAX]);

#endif
