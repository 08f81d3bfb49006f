/* Parts of the evidence records: archiver/evidence*.c alone. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_PRIVATE_H
#define LTVAULT_ARCHIVER_EVIDENCE_PRIVATE_H

#include "archiver/evidence_make.h"

struct evidence_cache;

/* The objects of a round that was made a moment ago and waits for its token. */
struct evidence_fresh {
	struct object_id tree;
	struct object_id *ids; /* ascending */
	size_t count;
};

struct evidence {
	struct app *app;
	const struct evidence_authority *authority;
	struct evidence_stamp *stamps; /* by number: stamps[i] has number i + 1 */
	size_t count, cap;
	struct evidence_cache *cache;
	struct evidence_fresh fresh; /* no ids: none */
};

/* ---- the model (evidence_model.c) ---- */

int evidence_load(struct evidence *evidence, struct error *err);
/* Puts the stamp into the batch with the next number. The model has it from evidence_keep on, once that is committed;
 * its strings and lists then belong to the model. */
void evidence_put_stamp(struct batch *batch, const struct evidence *evidence, struct evidence_stamp *stamp);
/* The same stamp with what is known of it now. */
void evidence_update_stamp(struct batch *batch, const struct evidence_stamp *stamp);
void evidence_keep(struct evidence *evidence, const struct evidence_stamp *stamp);
void evidence_stamp_dispose(struct evidence_stamp *stamp);

/* A tree that is stored and waits for its token: a stamp without number, token and times; one of each kind in a series.
 * 1, 0 there is none, -1. */
int evidence_pending(struct evidence *evidence, unsigned series, enum evidence_kind kind, struct evidence_stamp *stamp,
		     struct error *err);
void evidence_put_pending(struct batch *batch, const struct evidence_stamp *stamp);
void evidence_clear_pending(struct batch *batch, const struct evidence_stamp *stamp);

/* True when a chain that begins with this stamp is in that renewal or rehash. */
bool evidence_covers(const struct evidence_stamp *by, const struct evidence_stamp *begin);
/* The rehash that closed the chain; NULL when it is open. */
const struct evidence_stamp *evidence_closed_by(const struct evidence *evidence, const struct evidence_stamp *begin);
/* It begins a chain that nothing has closed. */
bool evidence_is_open(const struct evidence *evidence, const struct evidence_stamp *stamp);
/* Its newest renewal, else the stamp itself. */
const struct evidence_stamp *evidence_newest(const struct evidence *evidence, const struct evidence_stamp *begin);

/* The algorithm of new trees in a series; DIGEST_UNKNOWN when the series is not configured. */
enum digest_alg evidence_alg(const struct evidence *evidence, unsigned series);

/* ---- trees and tokens, the last ones kept in memory (evidence_read.c) ---- */

struct evidence_cache *evidence_cache_new(void);
void evidence_cache_free(struct evidence_cache *cache);
/* Borrowed until some 8 more of their kind were read. NULL with err, ERROR_DAMAGED when it is not there. */
const struct evidence_page *evidence_read_page(struct evidence *evidence, const struct object_id *id, struct error *err);
const struct evidence_top *evidence_read_top(struct evidence *evidence, const struct object_id *id, struct error *err);
const struct buf *evidence_read_token(struct evidence *evidence, const struct object_id *id, struct error *err);

/* ---- one leaf's way through its chains (evidence_path.c) ---- */

/* The pages that held a leaf, from its round on: one for each chain. */
struct evidence_step {
	const struct evidence_stamp *begin;
	size_t entry; /* of its top */
};
/* How a page came to be: steps from the round to it, `max` at most. How many, or -1. */
int evidence_page_steps(struct evidence *evidence, const struct evidence_stamp *begin, size_t entry,
			struct evidence_step *steps, size_t max, struct error *err);

struct evidence_part {
	const struct evidence_stamp *stamp;
	size_t members, siblings, token; /* offsets into the bytes */
};
struct evidence_parts { /* of one record in the making */
	struct evidence_part *items;
	struct ers_part *parts; /* as many; they point into the bytes from evidence_parts_end on */
	size_t count, cap, part_cap, chains;
	struct buf bytes;
	bool stamps_only; /* asked for which time-stamps it has, not for itself: no bytes, and what is in `parts` leads nowhere */
};
/* Adds the chain of one step: its first time-stamp and the renewals. */
int evidence_add_chain(struct evidence *evidence, struct evidence_parts *parts, const struct evidence_step *step,
		       const unsigned char key[static SHA256_SIZE], struct error *err);
/* The record of a group's leaf with that key, in the round that has `original`; *closed: its last chain was gone on with without it. */
int evidence_group_parts(struct evidence *evidence, const struct object_id *original,
			 const unsigned char key[static SHA256_SIZE], unsigned series, struct evidence_parts *parts,
			 bool *closed, struct error *err);
/* All of an object's record in one series: 1, 0 it is in no round yet, -1. */
int evidence_parts_of(struct evidence *evidence, const struct object_id *id, unsigned series,
		      struct evidence_parts *parts, struct error *err);
void evidence_parts_end(struct evidence_parts *parts);
void evidence_parts_dispose(struct evidence_parts *parts);

/* ---- rounds (evidence_round.c) ---- */

/* The value that lists objects which are tried again: the caller's. */
char *evidence_left_out_name(unsigned series);
/* The object, whose bytes are not whole, shall be tried again in the next round of the series. */
int evidence_leave_out(struct evidence *evidence, struct batch *batch, unsigned series, const struct object_id *id,
		       struct error *err);

/* The documents of a round that gets its token become due with it, some each night (evidence_due.c). */
int evidence_make_due(struct evidence *evidence, struct batch *batch, const struct evidence_stamp *round,
		      struct error *err);

/* ---- time-stamping (evidence_stamp.c) ---- */

/* Asks for the token of what waits, and commits it. 0 nothing waits any more; 1 no authority now; -1. */
int evidence_settle(struct evidence *evidence, unsigned series, enum evidence_kind kind, struct evidence_counts *counts,
		    struct error *err);
/* evidence.margin before the end of what began then; where it had not so much time, half of what it had: a time-stamp of an
 * authority that is near its own end is not renewed every night. */
utime evidence_due(const struct evidence *evidence, utime begin, utime until);
bool evidence_is_due(const struct evidence *evidence, utime begin, utime until);

#endif
