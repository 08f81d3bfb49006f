/* Reading a write-once image: a file, the device of a disc or tape, or the folder where a disc is mounted. All of it is outside input. */
#ifndef LTVAULT_ARCHIVER_IMAGE_READ_H
#define LTVAULT_ARCHIVER_IMAGE_READ_H

#include "archiver/app.h"
#include "archiver/image_label.h"
#include "archiver/medium_file.h"
#include "archiver/medium_sums.h"

#include <sys/stat.h>

struct image_source {
	const char *path; /* borrowed; what errors name */
	bool folder;
	struct medium_place place; /* of a folder */
	int fd;                    /* else */
	struct stat st;
};
/* ERROR_NOT_FOUND, ERROR_INPUT: neither file, device nor folder. */
int image_open(struct image_source *source, const char *path, struct error *err);
void image_close(struct image_source *source); /* safe on one that was not opened (all zero) */
/* SHA-256 of the first `size` bytes of a file or device, read past the page cache. */
int image_digest(struct image_source *source, uint64_t size, const struct medium_watch *watch, char hex[static SHA256_HEX], struct error *err);

enum image_text { IMAGE_TEXT_IMAGE, IMAGE_TEXT_LABEL, IMAGE_TEXT_LABEL_SIGNATURE, IMAGE_TEXT_KEY, IMAGE_TEXT_SUMS, IMAGE_TEXT_SUMS_SIGNATURE,
                  IMAGE_TEXT_MANIFEST, IMAGE_TEXT_MANIFEST_SIGNATURE, IMAGE_TEXTS };
struct image {
	struct image_label about;
	struct medium_label label;
	struct medium_sums listed, there; /* what its list says; what was read */
	struct buf texts[IMAGE_TEXTS];    /* of its own files; empty where it has none */
	uint64_t bytes;                   /* of all files */
};
/* Bytes of a piece, in order, from `at` of the archive's file on. Nothing is proven of them before image_check. */
typedef int image_take(void *user, const struct image_piece *piece, uint64_t at, const void *data, size_t len, struct error *err);

/* Reads the whole image, or (`head`) only as far as it says which one it is. `take` may be NULL. ERROR_DAMAGED: it is no image, or less than
 * one. image_dispose in either case. */
int image_read(struct image_source *source, bool head, image_take *take, void *user, const struct medium_watch *watch, struct image *image,
               struct error *err);
/* What was read whole is what its list says, the list is signed, and label and image belong together: ERROR_DAMAGED names the first file that
 * is not right. With `app` signed by one of the archive's own keys, else ERROR_INPUT; without by the key that is on it, whose SHA-256 is shown. */
int image_check(const struct image_source *source, struct image *image, struct app *app, char key[static SHA256_HEX], struct error *err);
void image_dispose(struct image *image);

#endif
