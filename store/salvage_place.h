/* A new journal takes the old one's place in one step, and a run that died on the way is gone on with.
 *
 * It is made in damaged/salvage/journal. When it is whole, damaged/salvage/state says what it is and where its end is; then the two
 * change places, and the old one goes to its name in damaged/. The state stays until its records are made too
 * (store_salvage_end): before that the packs' members have events, but not their records. */
#ifndef LTVAULT_STORE_SALVAGE_PLACE_H
#define LTVAULT_STORE_SALVAGE_PLACE_H

#include "store/private.h"
#include "store/salvage.h"

/* An empty damaged/salvage/journal; what a dead run left there gets a name in damaged/. Its descriptor is that of
 * damaged/salvage, to be closed by the caller; -1 error. */
int salvage_stage(int dir, utime now, struct error *err);
/* Says that the staged journal is whole, ends at `head`, and what *result is; result->aside is chosen here. */
int salvage_staged(int dir, const struct journal_head *head, utime now, struct salvage *result, struct error *err);
/* 1: a staged journal is whole and in its place, or only lacks a place because there is none; *result says what it is. 0: none is. */
int salvage_is_staged(int dir, struct salvage *result, struct error *err);
/* Changes places, or finishes that. */
int salvage_put_in_place(int dir, const struct salvage *result, struct error *err);

#endif
