/* The spool and other places that documents come from: names for people, walking folders, moving what is done.
 *
 * Symbolic links are never followed; names starting with a dot are files still being written, and are left alone. */
#ifndef LTVAULT_ARCHIVER_SPOOL_H
#define LTVAULT_ARCHIVER_SPOOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* A name for messages and JSON: control characters, invalid UTF-8 and the backslash as \n, \xff, \\. Owned. */
char *spool_printable(const char *raw);

enum spool_kind {
	SPOOL_FILE,
	SPOOL_FOLDER,     /* only from spool_kind_of: a walk goes into it */
	SPOOL_LINK,       /* a symbolic link */
	SPOOL_SPECIAL,    /* a pipe, socket or device */
	SPOOL_HIDDEN,     /* its name starts with a dot */
	SPOOL_UNREADABLE, /* could not be looked at, or a folder could not be read; why is in the error given along */
	SPOOL_TOO_DEEP,   /* a folder below LIMIT_FOLDER_DEPTH others */
	SPOOL_VANISHED,   /* was gone when it was looked at */
};
enum spool_kind spool_kind_of(const char *path, struct error *why);

/* Walks a folder in the order of names, bytewise. visit returns nonzero to stop, which the walk then returns. The names
 * of one folder at a time and of those above it are in memory, nothing else. */
typedef int spool_visit(void *user, const char *path, enum spool_kind kind, const struct error *why);
int spool_walk(const char *folder, spool_visit *visit, void *user);

/* Moves a file to FOLDER/RELATIVE, making the folders on the way; where that name is taken "~2", "~3" ... is added.
 * Returns the new path (owned), NULL on error. Not durable until spool_sync of both folders. */
char *spool_move(const char *path, const char *folder, const char *relative, struct error *err);
int spool_sync(const char *folder, struct error *err);

#endif
