/* The archive's files out of a series of write-once images: put together from the pieces, and held against the signed manifest. */
#ifndef LTVAULT_ARCHIVER_IMAGE_RESTORE_H
#define LTVAULT_ARCHIVER_IMAGE_RESTORE_H

#include "archiver/app.h"
#include "archiver/medium_file.h"

/* Whether a path is an image (a file or device), a mounted one, or the folder of a series. */
bool image_is_there(const char *path);

/* Makes a directory, which must not exist, a writable archive of the newest generation that is whole on one of the images given (files, devices,
 * folders where they are mounted, the folder of a series). Two copies of one image are one: where the first is damaged the second is taken.
 * Each image is held against its own signed list, each file against the manifest, read back. `key`: SHA-256 of the key that signed the
 * newest. ERROR_INPUT: of different series, or without a whole generation; ERROR_DAMAGED names a file that is not whole on them. */
int images_unpack(const char *const *paths, size_t count, const char *directory, const struct medium_watch *watch, char key[static SHA256_HEX],
                  struct error *err);

/* Packs and journals of the images, each series into a folder of its own below `scratch`, for those who hash what they take from there: what is
 * damaged is let pass. *folders gets their paths; these and the list are the caller's. What cannot be read at all is an error. */
int images_scatter(const char *const *paths, size_t count, const char *scratch, char ***folders, size_t *folder_count, struct error *err);

#endif
