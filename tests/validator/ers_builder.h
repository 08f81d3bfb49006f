/* Makes evidence records for tests, ArchiveTimeStamp by ArchiveTimeStamp, so that each rule can be broken alone.
 *
 * A tree is: first list, then one neighbour more in a second list. Hashes of other data are constant octets. */
#ifndef LTVAULT_TESTS_ERS_BUILDER_H
#define LTVAULT_TESTS_ERS_BUILDER_H

#include "base/digest.h"
#include "tests/validator/cms_builder.h"

enum {
	ERS_FLAT = 1 << 0,         /* no tree: the imprint is the hash itself */
	ERS_NEIGHBOUR = 1 << 1,    /* the first list holds the hash of other data as well */
	ERS_ALONE = 1 << 2,        /* the tree has one list with one hash */
	ERS_TWICE = 1 << 3,        /* with ERS_ALONE: that hash is hashed again */
	ERS_FATHER = 1 << 4,       /* the second list holds what the verifier computes; joined as a set */
	ERS_UNSORTED = 1 << 5,     /* lists descending on the wire */
	ERS_NO_ALGORITHM = 1 << 6, /* digestAlgorithm absent */
	ERS_CONTRADICTS = 1 << 7,  /* digestAlgorithm is not that of the imprint */
	ERS_BAD_ROOT = 1 << 8,
	ERS_SHORT_HASH = 1 << 9,
	ERS_SORTED = 1 << 10,      /* hash-tree renewal: the joined hashes sorted */
	ERS_BAD_HISTORY = 1 << 11, /* hash-tree renewal over the data alone */
	ERS_BAD_LINK = 1 << 12,    /* time-stamp renewal about another token */
	ERS_DER_LINK = 1 << 13,    /* renewal about the DER encoding of what is stored otherwise */
	ERS_BER_TOKEN = 1 << 14,   /* the token has indefinite lengths */
	ERS_OLD_CMS = 1 << 15,     /* SignedData of version 1 */
	ERS_EMPTY_LIST = 1 << 16,
	ERS_EMPTY_TREE = 1 << 17,
	ERS_BAD_TOKEN = 1 << 18, /* the signature value is wrong */
};

struct ers_maker {
	const struct cms_world *world;
	struct buf closed; /* complete chains */
	struct buf chain;  /* stamps of the open one */
	struct buf token;  /* the last */
	enum digest_alg alg;
};

/* First ArchiveTimeStamp over data objects; each later one renews what is there. */
void ers_first(struct ers_maker *m, enum digest_alg alg, const char *const *data, size_t count, const char *gen_time,
	       unsigned flags);
/* The same over one object that is no text. */
void ers_first_bytes(struct ers_maker *m, enum digest_alg alg, const struct buf *data, const char *gen_time,
		     unsigned flags);
void ers_renew(struct ers_maker *m, const char *gen_time, unsigned flags);
void ers_rehash(struct ers_maker *m, enum digest_alg alg, const char *const *data, size_t count, const char *gen_time,
		unsigned flags);

/* The record; the maker is empty afterwards. `listed` in digestAlgorithms, ending with DIGEST_UNKNOWN; `extra` stands
 * before the chains (cryptoInfos, encryptionInfo), may be NULL. */
struct buf ers_finish(struct ers_maker *m, int version, const enum digest_alg *listed, const struct buf *extra);

#endif
