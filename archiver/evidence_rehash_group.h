/* Groups in a hash-tree renewal (RFC 4998 5.2): archiver/evidence_rehash.c alone.
 *
 * Each member's hash is joined with the history of the group's record, and these are the new leaf's. What is no longer whole is
 * left out of it; a group of which less than two are left ends there. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_REHASH_GROUP_H
#define LTVAULT_ARCHIVER_EVIDENCE_REHASH_GROUP_H

#include "archiver/evidence_private.h"

/* Numbers of the records that groups belong to: their keys say it to nobody, so that records are walked for many at a time. */
struct group_numbers {
	struct group_number {
		unsigned char key[SHA256_SIZE];
		uint64_t number; /* 0: none was found */
	} *items; /* ascending */
	size_t count, cap;
};
void group_numbers_dispose(struct group_numbers *numbers);
/* Adds the keys of groups on a page; their records are found with the next _find. */
void group_numbers_add(struct group_numbers *numbers, const struct evidence_page *page);
int group_numbers_find(struct group_numbers *numbers, struct store *store, struct error *err);
/* False: the key was not added. */
bool group_numbers_get(const struct group_numbers *numbers, const unsigned char key[static SHA256_SIZE], uint64_t *number);

struct group_renewal {
	enum digest_alg alg;               /* the new one */
	const struct evidence_step *steps; /* of the page, from its round on */
	size_t step_count;
};
/* The new hashes of an old group's members, the caller's; *count is 0 where the group ends. Adds to *bytes what was read. 0, or -1. */
int group_renew(struct evidence *evidence, const struct group_renewal *renewal, const struct evidence_leaf *old, uint64_t number,
		unsigned char **hashes, size_t *count, uint64_t *bytes, struct error *err);
/* Of what a group may have members of, the bytes. 0, or -1. */
int group_bytes(struct store *store, uint64_t number, uint64_t *bytes, struct error *err);

#endif
