/* Packages: files written one after another into a folder, a tar, a zip or the image of a disc or tape, under a temporary name
 * beside the target; durable and renamed when whole, removed otherwise. And the reading of such images, which is outside input.
 * The only place in archiver/ that knows libarchive. */
#ifndef LTVAULT_ARCHIVER_BAG_PACKAGE_H
#define LTVAULT_ARCHIVER_BAG_PACKAGE_H

#include "base/error.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum package_format { PACKAGE_FOLDER, PACKAGE_TAR, PACKAGE_ZIP, PACKAGE_DISC, PACKAGE_TAPE };
#define PACKAGE_TAPE_BLOCK 10240 /* 20 records, what every tar reads without being told */
#define PACKAGE_PART ".part-"    /* in the temporary name, behind the target's */

struct package;
/* `out` must not be there yet (ERROR_EXISTS). Everything lies below a folder `top` in a tar or zip; for a folder `out`
 * itself is that. `mtime` is given to every member. */
struct package *package_open(const char *out, enum package_format format, const char *top, utime mtime,
			     struct error *err);
/* An image: ISO 9660 with Rock Ridge and Joliet and a volume identifier, or a tar of blocks of PACKAGE_TAPE_BLOCK. Members lie at its top;
 * those of a disc are kept in an unnamed file beside `out` until the image is laid out, which needs its size once more. Committed, it can
 * only be read (mode 0440). */
struct package *package_open_image(const char *out, enum package_format format, const char *volume, utime mtime, struct error *err);
/* One file: begin with its path (with '/', never absolute, never "..") and exact size, data, end. Errors stick: the
 * first one is returned by every later call. */
int package_begin(struct package *package, const char *path, uint64_t size, struct error *err);
int package_data(struct package *package, const void *data, size_t len, struct error *err);
int package_end(struct package *package, struct error *err);
/* Syncs, renames to `out`, syncs the folder; frees the package in any case and leaves nothing when it fails. */
int package_commit(struct package *package, struct error *err);
void package_abort(struct package *package); /* NULL-safe */

/* What is told of an image's files, in the order in which they lie there. Each returns 0, -1 with err, and `begin` 1 to end the reading. */
struct package_sink {
	int (*begin)(void *user, const char *name, uint64_t size, struct error *err);
	int (*data)(void *user, const void *data, size_t len, struct error *err);
	int (*end)(void *user, struct error *err);
	void *user;
};
/* Reads an image from a descriptor's position. ERROR_DAMAGED: no disc or tape image, a name that leads elsewhere, a link or device, more than
 * LIMIT_MANIFEST_LINES files, more than `most` bytes of files (what the source has: nothing there unpacks). `what` names it in errors. */
int package_read(int fd, const char *what, uint64_t most, const struct package_sink *sink, struct error *err);

#endif
