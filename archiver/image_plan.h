/* How what is to be written is spread over images of a given size. */
#ifndef LTVAULT_ARCHIVER_IMAGE_PLAN_H
#define LTVAULT_ARCHIVER_IMAGE_PLAN_H

#include "archiver/image_label.h"

/* A file of the archive, of which the images get the bytes from `from` up to `to`. */
struct image_file {
	char *name, *source;  /* in the image; in the archive's folder */
	uint64_t from, to;
	char hex[SHA256_HEX]; /* of the first `to` bytes */
};
struct image_files {
	struct image_file *items;
	size_t count, cap;
};
void image_files_add(struct image_files *files, const char *name, const char *source, uint64_t from, uint64_t to, const char *hex);
void image_files_dispose(struct image_files *files);

struct image_plan {
	struct planned_image {
		struct image_label pieces; /* only its pieces */
		uint64_t bytes;            /* that it takes at most */
	} *images;
	size_t count, cap;
};
/* The files in their order; `rows` are in the manifest. One that does not fit any more begins the next image; one that fits into none is cut. ERROR_LIMIT: more than
 * LIMIT_IMAGES are needed, or the lists alone fill an image. image_plan_dispose in either case. */
int image_plan(const struct image_files *files, size_t rows, enum medium_kind kind, uint64_t capacity, struct image_plan *plan, struct error *err);
void image_plan_dispose(struct image_plan *plan);

#endif
