/* Media made with --append-only: what is on them cannot be overwritten. */
#ifndef LTVAULT_ARCHIVER_BACKUP_PROTECT_H
#define LTVAULT_ARCHIVER_BACKUP_PROTECT_H

#include "archiver/backup_copy.h"

/* After everything was read back and listed: what never changes again (sealed packs, journal files that others follow, the manifests and
 * snapshots of generations, README.txt, every encrypted message of packs and journal) becomes immutable, what grows append-only.
 * c->unprotected counts what could not be. Nothing on a medium that was not made so. */
int backup_protect(struct copy *c);

/* README.txt, where it is not what it should be: one that is immutable is left alone. */
int backup_write_readme(struct copy *c);

/* That the medium is not protected is told once: true the first time, with the fact "unprotected_since" in the ledger's row, which goes when
 * it is protected again. */
bool backup_protection_failed(struct copy *c);

#endif
