/* A hash-tree renewal under way: what is done of it, in values of the journal, so that it goes on in another night. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_PROGRESS_H
#define LTVAULT_ARCHIVER_EVIDENCE_PROGRESS_H

#include "archiver/evidence_private.h"

struct evidence_progress {
	enum digest_alg alg;
	uint32_t *covers; /* the stamps that begin the chains being renewed, ascending */
	size_t cover_count;
	size_t seen;                    /* pages of these chains that were dealt with */
	struct evidence_entry *entries; /* what came of them; fewer where a page had nothing left that is whole */
	size_t count;
};
/* 1, 0 nothing is under way, -1. */
int evidence_progress_load(struct evidence *evidence, unsigned series, struct evidence_progress *progress,
			   struct error *err);
/* What changes with one more page; with `entry` NULL none came of it. */
void evidence_progress_put(struct batch *batch, unsigned series, const struct evidence_progress *progress,
			   const struct evidence_entry *entry);
void evidence_progress_clear(struct batch *batch, unsigned series, const struct evidence_progress *progress);
void evidence_progress_dispose(struct evidence_progress *progress);
/* True when a hash-tree renewal of the chain is under way or waits for its token: its earlier time-stamps are hashed
 * already, so it must not get another. -1 on error. */
int evidence_is_rehashing(struct evidence *evidence, const struct evidence_stamp *begin, struct error *err);

#endif
