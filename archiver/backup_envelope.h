/* The files of a backup to an encrypted medium (docs/media.md): each is a row of CMS messages NAME.000001.cms, NAME.000002.cms and on;
 * one that grows gets new messages for what is new. SHA256SUMS has the messages, the manifest the plain files. */
#ifndef LTVAULT_ARCHIVER_BACKUP_ENVELOPE_H
#define LTVAULT_ARCHIVER_BACKUP_ENVELOPE_H

#include "archiver/backup_copy.h"

/* What is on the medium: c->prior and c->before from its newest signed manifest whose messages are all listed; both are empty when
 * there is none, and everything is written anew. */
int envelope_read_prior(struct copy *c);
/* Nothing is written before this: the journals on the medium are the beginnings of the archive's, by their digest. */
int envelope_check_journal(struct copy *c);

/* From the archive, `name` by name; read back and listed. */
int envelope_copy_growing(struct copy *c, const char *name);
int envelope_copy_small(struct copy *c, const char *name);
/* The snapshot of the catalogue at `snapshot`; that of the generation before goes to `kept` (NULL: it belongs to none). */
int envelope_copy_catalogue(struct copy *c, const char *snapshot, const char *kept);
/* After the lists: what no list names goes. */
int envelope_finish(struct copy *c);
/* The messages of a generation's snapshot, after the ledger let it go. */
int envelope_drop_catalogue(const struct medium_place *place, uint64_t number, struct error *err);

#endif
