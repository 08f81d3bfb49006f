/* What the ledger knows of a medium that is a series of write-once images: the fact "images", an array in the order of writing.
 *
 * {"number", "file", "base", "generation", "last", "made", "size", "sha256" (of the image), "sums" (SHA-256 of its SHA256SUMS), "bytes" (of the
 * archive's files in it), "events", "journal_head", "pack", "pack_length" (how far the packs are on it and those before), and of the disc or
 * tape that was made of it: "read" (when last), "good", "where", "error"}
 * An image is in the ledger when it was read back from where it was written; the disc or tape counts when that was read and is the same. */
#ifndef LTVAULT_ARCHIVER_IMAGE_LEDGER_H
#define LTVAULT_ARCHIVER_IMAGE_LEDGER_H

#include "archiver/medium_ledger.h"

#define IMAGE_CAPACITY "image_size" /* the fact that makes a medium a series: bytes of one image at most */

bool medium_is_series(const struct medium *medium);
json_t *medium_images(const struct medium *medium);                       /* borrowed array */
json_t *medium_image(const struct medium *medium, uint64_t number);       /* borrowed; NULL when there is none */
const json_t *medium_newest_image(const struct medium *medium);           /* borrowed; NULL when there is none */
bool image_is_good(const json_t *image);  /* its disc or tape was read, and was right the last time */

/* Works out anew from the images what is true of the medium: its generations (those of which every image was read from its disc or tape and
 * was right), and when everything that they need was last read. */
void images_recount(struct medium *medium);

/* When a disc or tape is to be read again: `interval` after the last time, at once where it never was or was not right; of those that the
 * newest generation and what is not yet one need. UTIME_NONE: nothing was written. *never (may be NULL): how many were never read right. */
utime images_next_read(const struct medium *medium, utime interval, utime now, uint64_t *never);

#endif
