/* A journal from packs alone, where it is destroyed and no medium has it.
 *
 * What is left of the old journal, up to its first damage, or as much as a medium has of it, stays as it is. Behind it come events for every member of the packs
 * that it does not name: what it is (as far as the caller can tell from its first bytes), where it lies, and whether its
 * bytes are right. Who brought what when, and what was decided, is not in packs; the caller says so. */
#ifndef LTVAULT_STORE_SALVAGE_H
#define LTVAULT_STORE_SALVAGE_H

#include "store/store.h"

/* From the first bytes of an object that is right (all of them up to SALVAGE_SNIFF). */
#define SALVAGE_SNIFF 65536
typedef enum object_kind salvage_sniff(void *user, const unsigned char *data, size_t len, uint64_t size);

struct salvage {
	uint64_t events;   /* kept of the old journal */
	uint64_t objects;  /* found in packs and not named by these */
	uint64_t damaged;  /* of them, with other bytes than their name says */
	uint64_t lost_bytes; /* of packs, that are no member and no end */
	bool new_id;       /* nothing said which archive this was */
	char aside[64];    /* where the old journal is; "" when there was none */
};
struct salvage_base { /* what the new journal begins with */
	int dir;          /* the folder whose journal/ that is: a medium; -1: the archive's own. Borrowed */
	const char *note; /* NULL, or the JSON of a note `forked` that follows it */
};
/* Takes the lock itself; makes the new journal, sets the old one aside, and remakes the catalogue. A run that died is gone on with:
 * until the new journal is whole the old one stays, and while the caller has not told the end (when it has made its records) the
 * next call does what is left and gives the same result. */
int store_salvage(const char *directory, const struct salvage_base *base, const char *who, utime now, salvage_sniff *sniff, void *user,
		  struct salvage *result, struct error *err);

/* A new journal is in its place, and the end has not been told. */
bool store_salvage_is_open(const char *directory);
int store_salvage_end(const char *directory, struct error *err);

#endif
