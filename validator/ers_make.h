/* Evidence records in the making (RFC 4998 4.2, 5.2): hash trees, and the DER of records. Pure: digests and tokens in,
 * bytes out. ers.h reads what this writes.
 *
 * Form, within what the RFC leaves open: binary trees over leaves in a given order, an odd node goes up unchanged; the
 * first list of a reduced tree holds the members of the leaf and nothing else; lists are sorted; a tree of one leaf with
 * one member is left out; digestAlgorithm is always there, without parameters (RFC 5754 2). */
#ifndef LTVAULT_VALIDATOR_ERS_MAKE_H
#define LTVAULT_VALIDATOR_ERS_MAKE_H

#include "base/digest.h"
#include "base/mem.h"

/* Hashes stand one after another, digest_size(alg) bytes each. */

/* The leaf of a group: its only member, or the hash of the members joined in ascending order (4.2 step 2). */
void ers_make_leaf(enum digest_alg alg, const unsigned char *members, size_t count,
		   unsigned char out[static DIGEST_MAX]);
/* The leaf of hash-tree renewal (5.2 step 4): hash of data hash, then history hash, unsorted. */
void ers_make_renewed(enum digest_alg alg, const unsigned char *data, const unsigned char *history,
		      unsigned char out[static DIGEST_MAX]);

/* A tree with all its nodes: twice the leaves in memory. */
struct ers_tree;
struct ers_tree *ers_tree_new(enum digest_alg alg, const unsigned char *leaves, size_t count); /* count at least 1 */
void ers_tree_free(struct ers_tree *tree);
const unsigned char *ers_tree_root(const struct ers_tree *tree); /* borrowed */
/* Appends the sibling of each node on the way from a leaf to the root, where it has one; how many there were. */
size_t ers_tree_path(const struct ers_tree *tree, size_t leaf, struct buf *siblings);

/* One ArchiveTimeStamp; everything is borrowed. */
struct ers_part {
	enum digest_alg alg;
	bool new_chain;               /* the first of a chain */
	const unsigned char *members; /* the first list */
	size_t member_count;
	const unsigned char *siblings; /* the lists above it, one hash each */
	size_t sibling_count;
	const unsigned char *token;
	size_t token_len;
};
/* Appends the ArchiveTimeStampSequence: what hash-tree renewal hashes (5.2 step 3). The first part begins a chain. */
void ers_put_sequence(const struct ers_part *parts, size_t count, struct buf *out);
/* Appends the EvidenceRecord. */
void ers_put_record(const struct ers_part *parts, size_t count, struct buf *out);

#endif
