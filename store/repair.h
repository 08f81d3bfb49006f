/* Making good again what was damaged, from copies: a pack or journal file is written anew, whole, and takes the place of the
 * damaged one, which is set aside in damaged/ and never removed.
 *
 * What a pack must hold follows from the journal, byte for byte, but for the contents; so the new file is the old one as it
 * was: sealed packs keep their digest, and media hold the same bytes. A content is taken where its digest is right: from its
 * place, from another place in the archive, from the folders given, in their order. Every copy is hashed before it is
 * taken, and the new file is read past the page cache before it takes its place. */
#ifndef LTVAULT_STORE_REPAIR_H
#define LTVAULT_STORE_REPAIR_H

#include "store/scrub.h"

struct repair_from { /* a folder that holds packs/ and journal/ as the archive does: a medium */
	const char *name; /* for reports; borrowed */
	int dir;          /* borrowed */
};

/* One object that was not right: `from` says where good bytes came from ("the archive" for another place in it), NULL when
 * no copy is right. */
typedef void repair_told(void *user, const struct object_info *info, const char *from);

struct repair_pack {
	uint64_t members, taken, lost; /* in the pack; taken from elsewhere; without any good copy */
	bool replaced;                 /* the pack's file is a new one */
	char aside[64];                /* where the old one is; "" when there was none */
};
/* The store must be open for writing, with no batch under way. `accept`: where nothing is right, the bytes stay as they are
 * (zeros where there are none) and the rest is made right all the same; without it nothing is written when nothing can be
 * made better. 0, or -1 when the run failed. */
int store_repair_pack(struct store *store, uint32_t pack, const struct repair_from *from, size_t count, utime now, bool accept,
		      repair_told *told, void *user, struct repair_pack *result, struct error *err);

struct repair_journal {
	uint64_t events, repaired; /* read; not right in their place */
	uint64_t by_hashes;        /* of these, one bit was put right with the hashes beside it */
	uint32_t files;            /* that are new */
};
/* Events are taken over only where the chain of hashes proves them. `locked`: the caller's store holds the archive's lock.
 * `wanted`: the last event that the catalogue knows: so far a journal that was cut off is filled up. 0, unknown: then the archive's own
 * files must say where it ends. ERROR_DAMAGED names the first event without a good copy; its file was not changed then. */
int store_repair_journal(const char *directory, bool locked, uint64_t wanted, const struct repair_from *from, size_t count, utime now,
			 struct repair_journal *result, struct error *err);

#endif
