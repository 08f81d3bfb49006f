/* Records from packs alone, where the journal is destroyed (store/salvage.h; docs/formats.md, Salvage). */
#ifndef LTVAULT_ARCHIVER_SALVAGE_H
#define LTVAULT_ARCHIVER_SALVAGE_H

#include "archiver/repair.h"

/* Makes journal, catalogue and records anew and leaves the store open for writing; the journal goes on from the longest beginning of it that
 * the archive or a medium has, so that of the packs nothing is cut off. `known`: what the catalogue says, events 0 where it cannot be
 * read. ERROR_INPUT where the journal is whole, or was repaired from a medium just now: then nothing is salvaged. `fork`: also where
 * that leaves out what is known elsewhere, or goes on from a damaged journal; else ERROR_DAMAGED says what would be left out. */
int salvage_archive(struct app *app, const struct repair_media *media, const struct store_totals *known, bool fork, struct error *err);

#endif
