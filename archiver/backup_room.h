/* Whether the archive is whole enough to be copied, and the medium has room for what it lacks: asked before anything is written. */
#ifndef LTVAULT_ARCHIVER_BACKUP_ROOM_H
#define LTVAULT_ARCHIVER_BACKUP_ROOM_H

#include "archiver/backup_copy.h"

/* ERROR_DAMAGED: packs are missing or shorter than the catalogue says. ERROR_NO_SPACE: with encryption, lists and the file system's
 * blocks counted, what is new does not fit. */
int backup_check_room(struct copy *c);

#endif
