#include "archiver/spool.h"

#include "base/limits.h"
#include "base/mem.h"
#include "store/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Makes every folder on the way to path; what is there already is fine. */
static int make_folders(const char *path, struct error *err) {
	char *copy = xstrdup(path);
	int rc = 0;
	for (char *slash = strchr(copy + 1, '/'); slash && !rc; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(copy, 0750) && errno != EEXIST) rc = error_errno(err, "%s", copy);
		*slash = '/';
	}
	free(copy);
	return rc;
}

char *spool_move(const char *path, const char *folder, const char *relative, struct error *err) {
	char *target = xasprintf("%s/%s", folder, relative);
	if (make_folders(target, err)) goto fail;
	for (unsigned n = 2; fault_hit() || renameat2(AT_FDCWD, path, AT_FDCWD, target, RENAME_NOREPLACE); n++) {
		if (errno != EEXIST || n > LIMIT_SAME_NAMES) {
			error_errno(err, "%s: could not be moved to %s", path, target);
			goto fail;
		}
		free(target);
		target = xasprintf("%s/%s~%u", folder, relative, n);
	}
	return target;
fail:
	free(target);
	return NULL;
}

int spool_sync(const char *folder, struct error *err) {
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fault_hit() || fsync(fd) ? error_errno(err, "%s", folder) : 0;
	if (fd >= 0) close(fd);
	return rc;
}
