/* File steps: whole reads and writes at an offset, syncs, truncation, renames; each that changes the disk is a
 * fault step (store/fault.h). Paths are relative to the archive's directory descriptor and name the thing in
 * errors. All return 0, or -1 with err set from errno. */
#ifndef LTVAULT_STORE_FILE_H
#define LTVAULT_STORE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FILE_PATH_MAX 64 /* "packs/4294967295.tar" and its like */

/* O_CLOEXEC is added; the descriptor, or -1. */
int file_open(int dir, const char *path, int flags, struct error *err);
/* The same with errno alone. Links are not followed, and a pipe or device in a file's place (a medium may have anything) neither
 * holds the run up nor is read: ESPIPE. */
int file_open_quietly(int dir, const char *path, int flags);
int file_write_at(int fd, const char *path, const void *data, size_t len, uint64_t offset, struct error *err);
/* Reads up to len bytes; less only at the end of the file. */
ssize_t file_read_at(int fd, const char *path, void *data, size_t len, uint64_t offset, struct error *err);
int file_sync(int fd, const char *path, struct error *err);         /* fdatasync */
int file_sync_folder(int dir, const char *path, struct error *err); /* after creating or removing a name in it */
int file_truncate(int fd, const char *path, uint64_t length, struct error *err);
int file_rename(int dir, const char *from, const char *to, struct error *err);
int file_remove(int dir, const char *path, struct error *err);      /* not there is fine */
int file_make_folder(int dir, const char *path, struct error *err); /* there already is fine */
#define FILE_ABSENT (-2)
/* Size; FILE_ABSENT when it is not there and `may_lack`; -1 on error. */
int64_t file_size(int dir, const char *path, bool may_lack, struct error *err);

/* Highest N of the names "NNNNNN<suffix>" in a folder, 0 when there is none; -1 on error. */
int64_t file_highest(int dir, const char *folder, const char *suffix, struct error *err);

#endif
