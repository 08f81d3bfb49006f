/* The images of a series as `media show` tells them. */
#ifndef LTVAULT_ARCHIVER_IMAGE_SHOW_H
#define LTVAULT_ARCHIVER_IMAGE_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* Rows of the ledger (archiver/image_ledger.h); nothing where there is none. */
void images_print(FILE *out, const json_t *images);

#endif
