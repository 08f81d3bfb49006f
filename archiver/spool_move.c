#include "archiver/spool.h"

#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_BYTES (256UL << 10)

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

/* ---- onto another file system: a whole and durable copy, and only then is the source removed ---- */

static int write_all(int fd, const unsigned char *data, size_t len) {
	while (len) {
		ssize_t n = fault_hit() ? -1 : write(fd, data, len);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The whole of `from` at `path`, with its times, synced; 0, or -1 with errno and nothing at `path`. */
static int copy_to(int from, const char *path) {
	struct stat st;
	unsigned char *data = xmalloc(COPY_BYTES);
	int rc = -1, to = fstat(from, &st) || fault_hit()
				  ? -1
				  : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	ssize_t n = to < 0 ? -1 : 1;
	while (n > 0 && (n = io_read(from, data, COPY_BYTES)) > 0)
		if (write_all(to, data, (size_t)n)) n = -1;
	if (!n) {
		const struct timespec times[] = {st.st_atim, st.st_mtim};
		rc = futimens(to, times) || fault_hit() || fsync(to) ? -1 : 0;
	}
	int why = errno;
	if (to >= 0 && close(to) && !rc) rc = -1, why = errno;
	if (to >= 0 && rc) unlink(path);
	free(data);
	errno = why;
	return rc;
}

/* Was this file copied there by a run that died before it could remove it? */
static bool same_bytes(int from, const char *path) {
	unsigned char *a = xmalloc(COPY_BYTES), *b = xmalloc(COPY_BYTES);
	int there = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool same = there >= 0 && lseek(from, 0, SEEK_SET) == 0;
	for (ssize_t n = 1; same && n > 0;) {
		n = io_read(from, a, COPY_BYTES);
		same = n >= 0 && io_read(there, b, COPY_BYTES) == n && !memcmp(a, b, (size_t)n);
	}
	if (there >= 0) close(there);
	free(a);
	free(b);
	return same;
}

/* Every folder from `folder` down to the one that holds `target`. */
static int sync_folders(const char *folder, const char *target, struct error *err) {
	char *copy = xstrdup(target);
	int rc = 0;
	for (char *slash = strchr(copy + strlen(folder), '/'); slash && !rc; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		rc = spool_sync(copy, err);
		*slash = '/';
	}
	free(copy);
	return rc;
}

/* Moves by copying; 0, 1 when the name is taken by other bytes, -1 with err. */
static int move_copy(const char *path, const char *folder, const char *target, struct error *err) {
	char *part = xasprintf("%.*s/.part", (int)(strrchr(target, '/') - target), target);
	int rc = -1, from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0) {
		error_errno(err, "%s", path);
	} else if (access(target, F_OK) == 0) {
		rc = same_bytes(from, target) ? 0 : 1;
	} else if (copy_to(from, part) || fault_hit() ||
		   renameat2(AT_FDCWD, part, AT_FDCWD, target, RENAME_NOREPLACE)) {
		error_errno(err, "%s: could not be copied to %s", path, target);
	} else {
		rc = 0;
	}
	if (!rc) rc = sync_folders(folder, target, err);
	if (!rc && (fault_hit() || unlink(path))) rc = error_errno(err, "%s: could not be removed", path);
	if (from >= 0) close(from);
	free(part);
	return rc;
}

/* 0, 1 when the name is taken, -1 with err. */
static int move_to(const char *path, const char *folder, const char *target, struct error *err) {
	if (!fault_hit() && !renameat2(AT_FDCWD, path, AT_FDCWD, target, RENAME_NOREPLACE)) return 0;
	if (errno == EXDEV) return move_copy(path, folder, target, err);
	if (errno == EEXIST) return 1;
	return error_errno(err, "%s: could not be moved to %s", path, target);
}

char *spool_move(const char *path, const char *folder, const char *relative, struct error *err) {
	char *target = xasprintf("%s/%s", folder, relative);
	int rc = make_folders(target, err);
	if (!rc) rc = move_to(path, folder, target, err);
	for (unsigned n = 2; rc == 1; n++) {
		free(target);
		target = xasprintf("%s/%s~%u", folder, relative, n);
		rc = n > LIMIT_SAME_NAMES ? error_set(err, ERROR_EXISTS, "%s: too many files of this name", target)
					  : move_to(path, folder, target, err);
	}
	if (!rc) return target;
	free(target);
	return NULL;
}

int spool_sync(const char *folder, struct error *err) {
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fault_hit() || fsync(fd) ? error_errno(err, "%s", folder) : 0;
	if (fd >= 0) close(fd);
	return rc;
}
