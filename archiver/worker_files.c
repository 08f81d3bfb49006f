#include "archiver/worker_files.h"

#include "base/digest.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_of(mode_t mode) {
	if (S_ISDIR(mode)) return "a folder, not a file";
	if (S_ISFIFO(mode)) return "a FIFO, not a file";
	if (S_ISSOCK(mode)) return "a socket, not a file";
	return "a device, not a file";
}

/* What cannot be read is unusable input, whatever errno says; only a failing disk is the run's trouble. */
static int unreadable(const char *path, struct error *err) {
	if (errno == EIO || errno == EMFILE || errno == ENFILE) return error_errno(err, "%s", path);
	return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INPUT, "%s: %s", path, strerrordesc_np(errno));
}

int outside_open(const char *path, uint64_t *size, struct error *err) {
	struct stat st;
	if (strlen(path) >= LIMIT_NAME_BYTES) return error_set(err, ERROR_INPUT, "%.60s...: name too long", path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		/* A socket cannot be opened at all, and ENXIO says nothing to a reader. */
		int kept = errno;
		if (!stat(path, &st) && !S_ISREG(st.st_mode) && kept != EACCES)
			return error_set(err, ERROR_INPUT, "%s: is %s", path, kind_of(st.st_mode));
		errno = kept;
		return unreadable(path, err);
	}
	if (fstat(fd, &st)) {
		unreadable(path, err);
	} else if (!S_ISREG(st.st_mode)) {
		error_set(err, ERROR_INPUT, "%s: is %s", path, kind_of(st.st_mode));
	} else {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

static int read_all(int fd, const char *path, unsigned char *data, size_t len, struct error *err) {
	/* One byte more than there should be shows a file that grows. */
	ssize_t n = io_read(fd, data, len + 1);
	if (n < 0) return error_errno(err, "%s", path);
	return (size_t)n == len ? 0 : error_set(err, ERROR_INPUT, "%s: changed while it was read", path);
}

int outside_read(const char *path, uint64_t max, unsigned char **data, size_t *len, struct error *err) {
	uint64_t size;
	int fd = outside_open(path, &size, err);
	if (fd < 0) return -1;
	int rc;
	unsigned char *bytes = NULL;
	if (size > max) {
		rc = error_set(err, ERROR_INPUT, "%s: %llu bytes are more than the %llu that are read", path,
		               (unsigned long long)size, (unsigned long long)max);
	} else {
		bytes = xmalloc((size_t)size + 1);
		rc = read_all(fd, path, bytes, (size_t)size, err);
	}
	close(fd);
	if (rc) {
		free(bytes);
		return -1;
	}
	*data = bytes;
	*len = (size_t)size;
	return 0;
}

int outside_sha256(const char *path, unsigned char sha256[static 32], struct error *err) {
	uint64_t size;
	int fd = outside_open(path, &size, err), rc = 0;
	if (fd < 0) return -1;
	size_t space = 1 << 20;
	unsigned char *part = xmalloc(space), digest[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	ssize_t n;
	while ((n = read(fd, part, space)) != 0) {
		if (n > 0) digest_update(ctx, part, (size_t)n);
		else if (errno != EINTR) break;
	}
	if (n < 0) rc = error_errno(err, "%s", path);
	digest_final(ctx, digest);
	memcpy(sha256, digest, SHA256_SIZE);
	digest_free(ctx);
	free(part);
	close(fd);
	return rc;
}

static int add_file(struct outside_files *files, const char *path, bool named, struct error *err) {
	struct outside_file f = {.named = named};
	if (files->count >= LIMIT_EVIDENCE_COUNT)
		return error_set(err, ERROR_INPUT, "%s: more than %d files were offered", path, LIMIT_EVIDENCE_COUNT);
	if (outside_read(path, LIMIT_EVIDENCE_BYTES, &f.data, &f.len, err)) return -1;
	files->total += f.len;
	f.path = xstrdup(path);
	ARRAY_GROW(files->items, files->count, files->cap);
	files->items[files->count++] = f;
	if (files->total > LIMIT_EVIDENCE_TOTAL)
		return error_set(err, ERROR_INPUT, "%s: with it more than %lu bytes were offered", path, LIMIT_EVIDENCE_TOTAL);
	return 0;
}

static int visible(const struct dirent *entry) {
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b) {
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(struct outside_files *files, const char *path, struct error *err) {
	struct dirent **entries;
	int count = scandir(path, &entries, visible, by_name);
	if (count < 0) return unreadable(path, err);
	int rc = 0;
	for (int i = 0; i < count; i++) {
		char *full = xasprintf("%s/%s", path, entries[i]->d_name);
		struct stat st;
		/* A link is followed: certificate folders are full of them. What vanished meanwhile is not there. */
		if (!rc && !stat(full, &st) && S_ISREG(st.st_mode)) rc = add_file(files, full, false, err);
		free(full);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int outside_collect(struct outside_files *files, const char *path, struct error *err) {
	struct stat st;
	if (stat(path, &st)) return unreadable(path, err);
	return S_ISDIR(st.st_mode) ? add_folder(files, path, err) : add_file(files, path, true, err);
}

void outside_dispose(struct outside_files *files) {
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].data);
	}
	free(files->items);
	*files = (struct outside_files){0};
}
