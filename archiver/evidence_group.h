/* Data object groups (RFC 4998 4.2): what one record is made of and came in one round is, besides each object for itself, one
 * leaf of that round's tree, so that one evidence record proves all of it together and shows when something is missing or too much. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_GROUP_H
#define LTVAULT_ARCHIVER_EVIDENCE_GROUP_H

#include "archiver/evidence.h"
#include "store/records.h"

/* The key of the group's leaf: SHA-256 of a fixed word and the digest of the record's original. No object has it. */
void evidence_group_key(const struct object_id *original, unsigned char key[static SHA256_SIZE]);

/* What may be in the group, each once: the original, every version of the metadata, what its long-term forms are made of, and the same
 * of its detached signatures and of the attachments that its newest metadata lists; at most LIMIT_GROUP of them, the rest is left
 * to itself. The array is the caller's. 0, or -1. */
struct evidence_group {
	struct object_id *ids;
	size_t count, cap;
};
int evidence_group_candidates(struct store *store, const struct record_row *row, struct evidence_group *group,
			      struct error *err);
void evidence_group_dispose(struct evidence_group *group);

/* The evidence record of a record's group in one series, as evidence_of: *group are its members that the archive can name (their digest
 * is in the leaf of each chain), *missing how many digests more the first leaf has: objects that are damaged, or were when a hash-tree
 * renewal read them, or are no longer the record's. 1; 0 when the record was alone in its round, or in none yet; -1. `closed`: a
 * hash-tree renewal found less than two members whole (or was made before groups were renewed), went on with the single objects, and
 * this record will not be renewed. */
int evidence_group_of(struct evidence *evidence, uint64_t number, unsigned series, struct buf *der,
		      struct evidence_proof *proof, struct evidence_group *group, size_t *missing, bool *closed,
		      struct error *err);

#endif
