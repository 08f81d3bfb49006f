/* What a write-once image says of itself: image.json, schema ltvault.image/1 (docs/media.md). Outside input until the signed list on the
 * image, which has its digest, was checked.
 *
 * An image holds pieces of the archive's files. Packs only grow, so a piece that begins where the images before ended is all that is new. */
#ifndef LTVAULT_ARCHIVER_IMAGE_LABEL_H
#define LTVAULT_ARCHIVER_IMAGE_LABEL_H

#include "archiver/medium_label.h"

#define IMAGE_LABEL "image.json"
#define IMAGE_FOLDER "images" /* of a medium that is a series of images: where they are made */

struct image_piece {
	char *file; /* of the archive: "packs/000001.tar" */
	uint64_t offset, size;
};
struct image_label {
	unsigned char archive_id[16], medium_id[16];
	uint64_t number;     /* of the image in its series, from 1 */
	uint64_t generation; /* the backup that it is part of */
	uint64_t base;       /* number of the first image that is needed with it: nothing before that one is */
	bool last;           /* journal, catalogue and manifest of the generation are whole with it */
	utime made;
	struct image_piece *pieces;
	size_t count, cap;
};
void image_label_add(struct image_label *label, const char *file, uint64_t offset, uint64_t size);
char *image_label_text(const struct image_label *label);                                                /* the caller's */
int image_label_parse(const char *text, size_t len, struct image_label *label, struct error *err); /* ERROR_DAMAGED; dispose in either case */
void image_label_dispose(struct image_label *label);

/* "packs/000001.tar" of a piece from the beginning, else "packs/000001.tar.000000123904" with the place of its first byte; the caller's. */
char *image_piece_name(const struct image_piece *piece);
/* "images/000003.iso", or .tar of a tape; the caller's. */
char *image_path(enum medium_kind kind, uint64_t number);

#endif
