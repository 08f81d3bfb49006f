/* Packages: files written one after another into a folder, a tar or a zip, under a temporary name beside the target;
 * durable and renamed when whole, removed otherwise. The only place in archiver/ that knows libarchive. */
#ifndef LTVAULT_ARCHIVER_BAG_PACKAGE_H
#define LTVAULT_ARCHIVER_BAG_PACKAGE_H

#include "base/error.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum package_format { PACKAGE_FOLDER, PACKAGE_TAR, PACKAGE_ZIP };

struct package;
/* `out` must not be there yet (ERROR_EXISTS). Everything lies below a folder `top` in a tar or zip; for a folder `out`
 * itself is that. `mtime` is given to every member. */
struct package *package_open(const char *out, enum package_format format, const char *top, utime mtime,
			     struct error *err);
/* One file: begin with its path (with '/', never absolute, never "..") and exact size, data, end. Errors stick: the
 * first one is returned by every later call. */
int package_begin(struct package *package, const char *path, uint64_t size, struct error *err);
int package_data(struct package *package, const void *data, size_t len, struct error *err);
int package_end(struct package *package, struct error *err);
/* Syncs, renames to `out`, syncs the folder; frees the package in any case and leaves nothing when it fails. */
int package_commit(struct package *package, struct error *err);
void package_abort(struct package *package); /* NULL-safe */

#endif
