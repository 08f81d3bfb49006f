/* Records from packs alone, where the journal is destroyed (store/salvage.h; docs/formats.md, Salvage). */
#ifndef LTVAULT_ARCHIVER_SALVAGE_H
#define LTVAULT_ARCHIVER_SALVAGE_H

#include "archiver/app.h"

/* Makes journal, catalogue and records anew and leaves the store open for writing. ERROR_INPUT where the journal is whole, or
 * was repaired from a medium just now: then nothing is salvaged. */
int salvage_archive(struct app *app, struct error *err);

#endif
