/* One write-once image is written: its own files, its pieces of the archive's, and the signed list of them. */
#ifndef LTVAULT_ARCHIVER_IMAGE_WRITE_H
#define LTVAULT_ARCHIVER_IMAGE_WRITE_H

#include "archiver/backup_copy.h"
#include "archiver/image_plan.h"

/* Makes images/NUMBER of the place, whole and durable, or nothing. c->generation is the manifest, which the last image of a generation has;
 * every piece of `about` is one of a file in `files`. *written gets names and digests of all members but the list and its signature.
 * ERROR_LIMIT: it came to more than `capacity` bytes, and was taken away again. */
int image_write(struct copy *c, const struct image_files *files, const struct image_label *about, uint64_t capacity, struct medium_sums *written);

/* SHA-256 of the bytes of a file from one place to another; fewer bytes are ERROR_DAMAGED. */
int image_range_digest(const struct medium_place *place, const char *name, uint64_t from, uint64_t to, const struct medium_watch *watch,
                       char hex[static SHA256_HEX], struct error *err);

extern const char image_readme[];

#endif
