/* What a power cut or a bad sector did to a medium, made good before the next backup, where what is known proves what belongs there. */
#ifndef LTVAULT_ARCHIVER_BACKUP_MEND_H
#define LTVAULT_ARCHIVER_BACKUP_MEND_H

#include "archiver/backup_copy.h"

/* Of packs and journal on a medium that is not encrypted what lies behind its newest signed generation and is no copy of the archive's is
 * cut off, and copied anew by the backup that follows. Of the journal: behind the last whole event, and only where everything before is
 * the beginning of the archive's own; a journal with whole events of its own is another history, and nothing at all is cut then. Of packs:
 * behind what the archive's pack has as well, and only where the archive's own objects from there on are whole (else ERROR_DAMAGED).
 * Reads c->prior; tells of each cut in the journal and in the medium's errors. */
int backup_mend_tails(struct copy *c);

/* A label that is gone, or that is no label any more, or whose signature is, is written again from the ledger: only on the file system
 * that the ledger's medium was made on, by its UUID, and where the medium's newest manifest, signed by one of the archive's keys, names
 * this medium at the generation that the ledger left it at. A label that reads as one and says something else was changed by somebody:
 * it is left as it is. *mended tells whether it was written. */
int backup_mend_label(struct app *app, const struct medium_place *place, struct ledger *ledger, bool *mended, struct error *err);

#endif
