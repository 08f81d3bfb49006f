/* Evidence records in ASN.1 (RFC 4998) read where they lie: nothing is copied or re-encoded.
 *
 * Everything points into the bytes given to ers_read, which must outlive the struct. Chains and ArchiveTimeStamps stand
 * in two flat arrays in the order of the record. docs/verdicts.md says how a record is judged. */
#ifndef LTVAULT_VALIDATOR_ERS_H
#define LTVAULT_VALIDATOR_ERS_H

#include "validator/der.h"
#include "validator/finding.h"

#define OID_ERS_INTERNAL "1.2.840.113549.1.9.16.2.49"
#define OID_ERS_EXTERNAL "1.2.840.113549.1.9.16.2.50"

struct ers_hash {
	const unsigned char *data;
	size_t len;
};

struct ers_list { /* PartialHashtree: ers.hashes from first on */
	size_t first, count;
};

/* Readings of a reduced hash tree where RFC 4998 leaves room. Zero is the usual one. */
enum {
	ERS_AS_SET = 1 << 0,       /* 4.3 step 3 "become a member": a hash that is there already is not added again */
	ERS_HASHED_TWICE = 1 << 1, /* 4.3 step 3 to the letter: a list of one hash is hashed once more */
	ERS_READINGS = 1 << 2,
};

enum ers_bond { ERS_UNKNOWN, ERS_HOLDS, ERS_BROKEN };

struct ers_stamp { /* ArchiveTimeStamp */
	size_t chain;
	struct der digest_alg; /* start is NULL when absent */
	bool has_tree;
	size_t first_list, list_count; /* of ers.lists */
	struct der token;              /* ContentInfo */
	/* What judging finds. */
	enum digest_alg digest;
	bool root_right;    /* the tree leads to the imprint, or there is no tree */
	unsigned reading;   /* the one under which it does */
	enum ers_bond bond; /* to the data (first of a chain) and to what the record held before */
	bool bond_sorted;   /* hash-tree renewal: the two hashes were sorted before they were hashed (figure 4) */
	bool reencoded;     /* the renewal is about the DER encoding of what is stored otherwise */
	size_t others;      /* hashes of the first list that are not accounted for */
};

struct ers_chain {
	struct der whole;
	size_t first, count; /* of ers.stamps */
};

struct ers {
	struct der digest_algs;              /* SEQUENCE OF AlgorithmIdentifier */
	struct der crypto_infos, encryption; /* start is NULL when absent */
	struct ers_chain *chains;
	size_t chain_count, chain_cap;
	struct ers_stamp *stamps;
	size_t stamp_count, stamp_cap;
	struct ers_list *lists;
	size_t list_count, list_cap;
	struct ers_hash *hashes;
	size_t hash_count, hash_cap;
	bool ber;       /* not every element around the tokens is in DER */
	size_t objects; /* data and digests that were held against the record */
};

/* True when the bytes begin as an EvidenceRecord does, whatever its version and whether or not the rest is there. */
bool ers_recognise(const unsigned char *data, size_t len);
/* False when it is none, with a finding that says why; dispose of it in either case. */
bool ers_read(const unsigned char *data, size_t len, struct ers *out, struct finding_list *findings);
void ers_dispose(struct ers *ers);

/* The root of a stamp's reduced hash tree (4.3) under one reading; all hashes are digest_size(digest) long. */
void ers_root(const struct ers *ers, const struct ers_stamp *stamp, unsigned reading,
	      unsigned char out[static DIGEST_MAX]);

/* The first list of a stamp, sorted to be looked up. */
struct ers_index {
	const struct ers_hash **sorted; /* owned */
	size_t count, size;
};
void ers_index_open(struct ers_index *index, const struct ers *ers, const struct ers_stamp *stamp);
void ers_index_close(struct ers_index *index);
bool ers_index_has(const struct ers_index *index, const unsigned char *hash);

#endif
