/* Waiting for media that are not there yet. */
#ifndef LTVAULT_ARCHIVER_BACKUP_WAIT_H
#define LTVAULT_ARCHIVER_BACKUP_WAIT_H

#include "archiver/app.h"

/* Calls `one` for each path, once: first for those where a medium is mounted (or none is known that could be), then for the others as they are
 * mounted, and for what is left when backup.wait is over or SIGTERM came: that call reports it as missing. Which medium is waited for is
 * told at the beginning. With backup.wait 0 the paths come in their order. The store must be open. */
typedef void backup_path(void *user, const char *path);
void backup_each(struct app *app, char *const *paths, size_t count, backup_path *one, void *user);

#endif
