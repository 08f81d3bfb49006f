/* The objects of a round in the making, and what their bytes hash to: archiver/evidence_round.c alone.
 *
 * First the objects are found, with their places: in the order of the packs where few are new, in that of their digests where
 * most are, so that no row is looked up that a walk would meet anyway. Then they are read in the order of the packs. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_LEAVES_H
#define LTVAULT_ARCHIVER_EVIDENCE_LEAVES_H

#include "archiver/evidence_private.h"

#include "archiver/verify_fixity.h"

struct round_leaf {
	unsigned char key[SHA256_SIZE];
	unsigned char hash[DIGEST_MAX]; /* until it is read: its place */
};

struct round_leaves {
	struct round_leaf *items; /* in ascending order of their keys, each once */
	size_t count, cap;
	struct object_id *documents; /* in physical order; only with `more` */
	size_t document_count;
	bool more; /* something came with a document */
	uint32_t to_pack; /* the last object that was looked at */
	uint64_t to_offset;
	struct object_id *left_out; /* damaged now or then: tried again in each round */
	size_t left_count, left_cap;
};

/* What a round asks for: objects that lie behind (pack, offset) and those that earlier rounds of the series left out, together as
 * many as `room`, the groups of their documents counted where there may be any. */
struct round_wanted {
	unsigned series;
	enum digest_alg alg;
	uint32_t pack;
	uint64_t offset;
	size_t room;
	struct fixity *fixity; /* told of damage, with `batch` */
	struct batch *batch;
	struct evidence_counts *counts;
};
/* 0, or -1; _dispose in any case. */
int round_leaves_gather(struct round_leaves *leaves, struct evidence *evidence, const struct round_wanted *wanted, struct error *err);
/* NULL: it is none of them. */
const struct round_leaf *round_leaves_find(const struct round_leaves *leaves, const struct object_id *id);
void round_leaves_dispose(struct round_leaves *leaves);

#endif
