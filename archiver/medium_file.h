/* Files on media: copied with their digest, read back past the page cache, listed in SHA256SUMS. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_FILE_H
#define LTVAULT_ARCHIVER_MEDIUM_FILE_H

#include "base/digest.h"
#include "base/error.h"

#include <stdint.h>
#include <stdio.h>

/* Told how many more bytes were moved or read, for a progress bar; the functions below take one, which may be NULL. */
struct medium_watch {
	void (*moved)(void *user, uint64_t bytes);
	void *user;
};

/* Appends what `target` lacks of `source` (which only grows) and makes it durable; a target longer than the source is
 * ERROR_DAMAGED. *copied gets the bytes written. */
int medium_append(const char *source, const char *target, const struct medium_watch *watch, uint64_t *copied, struct error *err);
/* Whether `target` is the beginning of `source`, as far as its last bytes show: enough for a journal, whose every entry ends
 * with a value that follows from all before it. ERROR_DAMAGED when not. */
int medium_check_beginning(const char *source, const char *target, struct error *err);
/* Copies to target.new, makes it durable, renames. */
int medium_replace(const char *source, const char *target, const struct medium_watch *watch, struct error *err);
/* Bytes to a file in the same way. */
int medium_write(const char *target, const void *data, size_t len, struct error *err);
/* Digest of a file, read from the medium and not from memory where the kernel allows. */
int medium_digest(const char *path, const struct medium_watch *watch, char hex[static SHA256_HEX], uint64_t *size, struct error *err);
int medium_sync_directory(const char *path, struct error *err);
int medium_make_directory(const char *path, struct error *err); /* there already is fine */

/* Lines of SHA256SUMS: relative name and digest, in order of name. */
struct medium_sums {
	struct medium_sum {
		char *name;
		char hex[SHA256_HEX];
		uint64_t size; /* as seen when listed; 0 when read from a file */
	} *items;
	size_t count, cap;
};
void medium_sums_add(struct medium_sums *sums, const char *name, const char *hex);
const char *medium_sums_get(const struct medium_sums *sums, const char *name); /* NULL when absent */
/* Refuses names that are absolute, hold "..", a line end or a backslash: a manifest is outside input. */
int medium_sums_read(struct medium_sums *sums, const char *path, struct error *err);
int medium_sums_write(struct medium_sums *sums, const char *path, struct error *err);
void medium_sums_dispose(struct medium_sums *sums);

#endif
