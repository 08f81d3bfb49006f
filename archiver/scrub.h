/* The scrub: every byte of the archive is read again from the medium within a configured time (settings [scrub]).
 *
 * A cycle goes through the packs in physical order, so what was read longest ago is next. Each run reads its share and
 * leaves a cursor (value SCRUB_CURSOR); a run that dies loses what it read since the pack's beginning and nothing else.
 * Before it reads anything, it plants known faults beside the archive and reads them with the same code; a run that does
 * not find all of them has failed, whatever else it found. What it read is proven by a digest over a nonce and the
 * bytes, kept in the journal as note "scrub" (docs/formats.md). */
#ifndef LTVAULT_ARCHIVER_SCRUB_H
#define LTVAULT_ARCHIVER_SCRUB_H

#include "archiver/app.h"
#include "store/scrub.h"

#include <jansson.h>

#define SCRUB_CURSOR "scrub/cursor"       /* JSON: where the cycle stands, when it began, when the last whole one did */
#define SCRUB_BAD_PACK "scrub/bad-pack/"  /* and the pack's number: bytes in it that are wrong and no object's; JSON */

struct scrub_counts {
#define SCRUB_COUNT(name, text) uint64_t name;
#include "archiver/scrub_count.def"
#undef SCRUB_COUNT
};

struct scrub_run_options {
	bool all;    /* everything, from the beginning; goes on where an earlier such run was cut off */
	bool errors; /* only packs in which something was bad */
	bool cached; /* through the page cache: proves nothing about the medium */
	const unsigned char *nonce; /* SCRUB_NONCE bytes, or NULL for a fresh one */
};

/* The app's store must be open for writing. 0, or -1 when the run failed (planted faults were missed, nothing was read);
 * damage and a cycle behind its time worsen app->status. */
int scrub_run(struct app *app, const struct scrub_run_options *options, struct scrub_counts *counts, struct error *err);
json_t *scrub_counts_json(const struct scrub_counts *counts); /* new reference */

#endif
