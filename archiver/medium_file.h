/* Files on media: copied while they are hashed, read back past the page cache. Names are those of archiver/medium_place.h. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_FILE_H
#define LTVAULT_ARCHIVER_MEDIUM_FILE_H

#include "archiver/medium_place.h"
#include "base/digest.h"
#include "base/error.h"

#include <stdint.h>

/* Told how many more bytes were moved or read, for a progress bar; the functions below take one, which may be NULL. */
struct medium_watch {
	void (*moved)(void *user, uint64_t bytes);
	void *user;
};

struct medium_copied {
	uint64_t written, size; /* bytes written; size of the source */
	char hex[SHA256_HEX];   /* of the whole source, hashed in the reading that copied it */
};

int medium_size(const struct medium_place *place, const char *name, uint64_t *size, struct error *err);
/* Appends what `to` lacks of a file that only grows and makes it durable; one that is longer on the medium is ERROR_DAMAGED. */
int medium_append(const struct medium_place *from, const char *name, const struct medium_place *to, const struct medium_watch *watch,
                  struct medium_copied *copied, struct error *err);
/* Copies to AS.new, makes it durable, renames. */
int medium_replace(const struct medium_place *from, const char *name, const struct medium_place *to, const char *as,
                   const struct medium_watch *watch, struct medium_copied *copied, struct error *err);
/* Whether the medium's file is the beginning of the archive's, as far as its last bytes show: enough for a journal, whose
 * every entry ends with a value that follows from all before it. ERROR_DAMAGED when not. */
int medium_check_beginning(const struct medium_place *from, const char *name, const struct medium_place *to, struct error *err);
/* Digest of a file, read from the medium and not from memory where the kernel allows. */
int medium_digest(const struct medium_place *place, const char *name, const struct medium_watch *watch, char hex[static SHA256_HEX],
                  uint64_t *size, struct error *err);
/* Bytes to a file anywhere that appears whole or not at all; durable. */
int medium_write(const char *path, const void *data, size_t len, struct error *err);

#endif
