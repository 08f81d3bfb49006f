/* The parts of a scrub: how much and from where, what was found, the planted faults. */
#ifndef LTVAULT_ARCHIVER_SCRUB_PARTS_H
#define LTVAULT_ARCHIVER_SCRUB_PARTS_H

#include "archiver/scrub.h"
#include "store/batch.h"

/* ---- plan ---- */

struct scrub_plan {
	struct store_pack *packs; /* owned */
	size_t count;
	size_t at;        /* pack that is next */
	uint64_t offset;  /* in it */
	utime begun;      /* this cycle; UTIME_NONE before the first */
	utime before;     /* the last whole cycle: everything kept then was read since; UTIME_NONE none yet */
	bool all;         /* a reading of everything is under way */
	uint64_t total, done; /* bytes of all packs, and of those before the cursor */
	uint64_t amount;  /* bytes for this run */
};
/* Reads the cursor and the settings. */
int scrub_plan_begin(struct scrub_plan *plan, struct app *app, bool all, struct error *err);
void scrub_plan_dispose(struct scrub_plan *plan);
/* Moves the cursor behind a stretch that was read, into the batch; at the end a new cycle begins. True at the end. */
bool scrub_plan_move(struct scrub_plan *plan, struct app *app, struct batch *batch, uint64_t to);
bool scrub_plan_is_behind(const struct scrub_plan *plan, const struct app *app);

/* ---- sorting: what is bad at one place may be whole at another ---- */

struct scrub_sort;
struct scrub_sort *scrub_sort_new(void);
void scrub_sort_free(struct scrub_sort *sort);
void scrub_sort_add(struct scrub_sort *sort, const struct scrub_found *found); /* anything but GOOD */
/* Calls visit for everything bad, MISPLACED where the object was met elsewhere; forgets it, not what was met. */
typedef int scrub_sorted(void *user, const struct scrub_found *found, struct error *err);
int scrub_sort_each(struct scrub_sort *sort, scrub_sorted *visit, void *user, struct error *err);

/* ---- planted faults ---- */

/* Writes a pack with one fault of every kind into work/, reads it as the options say, removes it. */
int scrub_canaries(struct app *app, const struct scrub_options *options, uint64_t *planted, uint64_t *caught, struct error *err);

#endif
