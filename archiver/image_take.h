/* Images into the ledger: read back after they were written, or found where a run that died left them. */
#ifndef LTVAULT_ARCHIVER_IMAGE_TAKE_H
#define LTVAULT_ARCHIVER_IMAGE_TAKE_H

#include "archiver/backup_copy.h"
#include "archiver/image_label.h"

/* How far the packs are on the images of a row. */
struct image_reach {
	uint64_t pack, length;
};
/* With all images of the ledger's newest row; zeros when there is none. */
struct image_reach image_reach(const struct medium *medium);
/* The newest pack that the pieces of an image reach into; *reach as it was where none is of a pack. */
void image_reach_on(const struct image_label *about, struct image_reach *reach);

/* Reads the image of that number back; it must hold exactly what was `written`. Then the ledger's row and the journal's event ("image"), in one
 * batch, and the marks that keep it from being changed. c->generation is that of the image. */
int image_take_written(struct copy *c, uint64_t number, const struct medium_sums *written);

/* What runs that died left in the folder of images: parts are removed, a whole image that goes on where the ledger's end is read, compared
 * with the archive and taken over, any other is set aside (NAME.left) and counted as mended. *next: number of the next image; *whole: the
 * last one taken over completes its generation. */
int image_take_left(struct copy *c, uint64_t *next, bool *whole);

#endif
