/* Backup to a series of write-once images (docs/media.md): what the images before do not have goes to the next ones.
 *
 * Each image is written under another name, synced, renamed, made read-only, read back through the reader of images and compared; only then
 * is it in the ledger. It is never opened for writing again. A run that died leaves a file that the next one removes, or a whole image that
 * the next one reads back and takes over. An image counts as a copy of the archive when the disc or tape made of it was read
 * (archiver/image_verify.h). */
#ifndef LTVAULT_ARCHIVER_IMAGE_BACKUP_H
#define LTVAULT_ARCHIVER_IMAGE_BACKUP_H

#include "archiver/backup_copy.h"

/* The medium was identified, c->pem, c->totals and c->packs are there, no batch is under way. c->full: everything anew, the images before are
 * not needed with the new ones. ERROR_NO_SPACE before anything is written. */
int image_backup(struct copy *c);

/* Whether the night leaves a path alone: the series there was written within rotation.images. */
struct ledger;
bool image_is_not_due(const struct app *app, const struct ledger *ledger, const char *path);

#endif
