/* Whether what is mounted at a path is a medium of this archive, and the one that its label says: asked before every write. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_IDENTITY_H
#define LTVAULT_ARCHIVER_MEDIUM_IDENTITY_H

#include "archiver/medium_ledger.h"
#include "archiver/medium_place.h"

/* Reads the label and checks its signature by one of the archive's keys. Nothing is written.
 * ERROR_NOT_FOUND: no medium is there (not mounted); ERROR_INPUT: another archive's, unsigned, or changed. */
int medium_read_label(struct app *app, const struct medium_place *place, struct medium_label *label, struct error *err);

/* The whole question: label, signature, ledger, not retired, file system's UUID, another device than the archive's (unless
 * backup.same_device), and that it stands where the ledger left it: a copy of a medium, or an older state of it, has the right
 * label and another generation. Of a series of images label, signature and ledger alone are asked for: each image has its number. *medium is borrowed from the ledger. */
int medium_identify(struct app *app, const struct medium_place *place, const struct ledger *ledger, struct medium **medium, struct error *err);

/* Whether a place is on the device of the archive (its folder or its packs). */
bool medium_same_device(const struct app *app, const struct medium_place *place);
/* The highest number below generations/, 0 when there is none. */
int medium_highest_generation(const struct medium_place *place, uint64_t *number, struct error *err);

#endif
