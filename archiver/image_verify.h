/* A disc or tape that was made of an image: is it that image, whole? Asked of the device, of a file or of the folder where it is mounted. */
#ifndef LTVAULT_ARCHIVER_IMAGE_VERIFY_H
#define LTVAULT_ARCHIVER_IMAGE_VERIFY_H

#include "archiver/app.h"

struct image_verified {
	char medium[256];
	uint64_t number, size; /* of the image; bytes that were read */
	bool good, same_device;
	char detail[1024];       /* why it is not good */
	uint64_t generation;     /* newest of the medium that counts now; 0 none */
	uint64_t unread;         /* images that it still waits for */
};
/* The store must be open for writing. A device or file is compared byte for byte with what was written, a mounted folder file by file. The
 * outcome, good or not, is in the ledger and an event of the journal ("image-read"); 0 then.
 * ERROR_INPUT: no image of this archive's ledger, the file that it was made as, or a copy on the archive's own device; ERROR_NOT_FOUND; nothing
 * is recorded then. */
int image_verify(struct app *app, const char *path, struct image_verified *result, struct error *err);

#endif
