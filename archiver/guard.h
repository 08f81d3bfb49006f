/* Against pages of the catalogue that end the process.
 *
 * LMDB maps its file and trusts what stands there: a damaged page, or one that the disk does not give, is SIGSEGV, SIGBUS
 * or SIGABRT. So the catalogue is read whole by a process that may die before a run relies on it, and a process that dies
 * inside LMDB all the same says what that means and ends with the exit status of damage. */
#ifndef LTVAULT_ARCHIVER_GUARD_H
#define LTVAULT_ARCHIVER_GUARD_H

#include "archiver/app.h"

#define GUARD_ARGUMENT "--check-catalogue" /* DIRECTORY: this program as that process */
int guard_main(const char *directory);

/* Before the store is opened: 0, or ERROR_DAMAGED naming the remedy: 1 when it can be read all the same, -1 when reading it
 * would end this process too, or when it could not be found out. */
int guard_catalogue(const struct app *app, struct error *err);

/* Once, at the start of main. */
void guard_signals(void);

#endif
