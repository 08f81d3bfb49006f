#include "archiver/medium_file.h"

#include "base/io.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)
#define TAIL (64 << 10) /* longer than an entry of the journal usually is */

static int failed(const struct medium_place *place, const char *name, struct error *err) {
	return error_errno(err, "%s/%s", place->path, name);
}

static void tell(const struct medium_watch *watch, ssize_t bytes) {
	if (watch && watch->moved) watch->moved(watch->user, (uint64_t)bytes);
}

/* Reads `in` to its end, hashing all of it, and writes what lies behind `have` bytes. */
static int pump(int in, int out, uint64_t have, const struct medium_place *from, const char *name, const struct medium_place *to,
                const char *as, const struct medium_watch *watch, struct medium_copied *copied, struct error *err) {
	unsigned char sum[DIGEST_MAX], *chunk = xmalloc(CHUNK);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	ssize_t n;
	while ((n = io_read(in, chunk, CHUNK)) != 0) {
		if (n < 0) {
			failed(from, name, err);
			break;
		}
		digest_update(ctx, chunk, (size_t)n);
		copied->size += (uint64_t)n;
		if (copied->size <= have) continue;
		size_t fresh = copied->size - have < (uint64_t)n ? (size_t)(copied->size - have) : (size_t)n;
		if (io_write(out, chunk + ((size_t)n - fresh), fresh)) {
			failed(to, as, err);
			break;
		}
		copied->written += fresh;
		tell(watch, (ssize_t)fresh);
	}
	hex_encode(sum, digest_final(ctx, sum), copied->hex);
	digest_free(ctx);
	free(chunk);
	return err->code ? -1 : 0;
}

int medium_size(const struct medium_place *place, const char *name, uint64_t *size, struct error *err) {
	struct stat st;
	int fd = place_open_file(place, name, O_RDONLY, err);
	if (fd < 0) return -1;
	if (fstat(fd, &st)) failed(place, name, err);
	else *size = (uint64_t)st.st_size;
	close(fd);
	return err->code ? -1 : 0;
}

static int append(int in, const struct medium_place *from, const char *name, const struct medium_place *to, const struct medium_watch *watch,
                  struct medium_copied *copied, struct error *err) {
	struct stat source, target;
	int out = place_open_file(to, name, O_WRONLY | O_CREAT | O_APPEND, err);
	if (out < 0) return -1;
	if (fstat(in, &source) || fstat(out, &target)) failed(to, name, err);
	else if (target.st_size > source.st_size)
		error_set(err, ERROR_DAMAGED, "%s/%s: longer on the medium than in the archive (%lld and %lld bytes)", to->path, name,
		          (long long)target.st_size, (long long)source.st_size);
	else if (!pump(in, out, (uint64_t)target.st_size, from, name, to, name, watch, copied, err) && fsync(out)) failed(to, name, err);
	if (close(out)) failed(to, name, err);
	return err->code ? -1 : 0;
}

static int replace(int in, const struct medium_place *from, const char *name, const struct medium_place *to, const char *as,
                   const struct medium_watch *watch, struct medium_copied *copied, struct error *err) {
	char *temporary = xasprintf("%s.new", as);
	int out = -1;
	if (!place_remove(to, temporary, false, err)) /* left by a run that was cut off */
		out = place_open_file(to, temporary, O_WRONLY | O_CREAT | O_EXCL, err);
	if (out >= 0 && !pump(in, out, 0, from, name, to, temporary, watch, copied, err) && fsync(out)) failed(to, temporary, err);
	if (out >= 0 && close(out)) failed(to, temporary, err);
	if (!err->code) place_rename(to, temporary, as, err);
	else if (out >= 0) place_remove(to, temporary, false, &(struct error){0});
	free(temporary);
	return err->code ? -1 : 0;
}

static int copy(const struct medium_place *from, const char *name, const struct medium_place *to, const char *as, bool grows,
                const struct medium_watch *watch, struct medium_copied *copied, struct error *err) {
	*copied = (struct medium_copied){0};
	int in = place_open_file(from, name, O_RDONLY, err);
	if (in < 0) return -1;
	posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL);
	int rc = grows ? append(in, from, name, to, watch, copied, err) : replace(in, from, name, to, as, watch, copied, err);
	close(in);
	return rc;
}

int medium_append(const struct medium_place *from, const char *name, const struct medium_place *to, const struct medium_watch *watch,
                  struct medium_copied *copied, struct error *err) {
	return copy(from, name, to, name, true, watch, copied, err);
}

int medium_replace(const struct medium_place *from, const char *name, const struct medium_place *to, const char *as,
                   const struct medium_watch *watch, struct medium_copied *copied, struct error *err) {
	return copy(from, name, to, as, false, watch, copied, err);
}

static int read_at(int fd, unsigned char *to, size_t len, off_t offset) {
	while (len) {
		ssize_t n = pread(fd, to, len, offset);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return -1;
		to += n, len -= (size_t)n, offset += n;
	}
	return 0;
}

int medium_check_beginning(const struct medium_place *from, const char *name, const struct medium_place *to, struct error *err) {
	struct stat source, target;
	struct error absent = {0};
	int out = place_open_file(to, name, O_RDONLY, err), in = out < 0 ? -1 : place_open_file(from, name, O_RDONLY, &absent);
	if (out < 0) return -1;
	unsigned char *here = xmalloc(TAIL), *there = xmalloc(TAIL);
	bool same = false;
	if (in >= 0 && fstat(out, &target) == 0 && fstat(in, &source) == 0 && target.st_size <= source.st_size) {
		size_t len = target.st_size < TAIL ? (size_t)target.st_size : TAIL;
		off_t offset = target.st_size - (off_t)len;
		same = !read_at(in, here, len, offset) && !read_at(out, there, len, offset) && !memcmp(here, there, len);
	}
	if (!same)
		error_set(err, ERROR_DAMAGED,
		          "%s/%s: is not the beginning of this archive's: it is damaged, or another copy of this archive has written to this "
		          "medium; nothing was written: keep the medium as it is and register an empty one",
		          to->path, name);
	if (in >= 0) close(in);
	close(out);
	free(here);
	free(there);
	return err->code ? -1 : 0;
}

int medium_digest(const struct medium_place *place, const char *name, const struct medium_watch *watch, char hex[static SHA256_HEX],
                  uint64_t *size, struct error *err) {
	int fd = place_open_file(place, name, O_RDONLY, err);
	if (fd < 0) return -1;
	unsigned char sum[DIGEST_MAX], *chunk = xmalloc(CHUNK);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	ssize_t n;
	*size = 0;
	/* What was just written is still in memory; only clean pages can be dropped, and the file was synced before. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = io_read(fd, chunk, CHUNK)) != 0) {
		if (n < 0) {
			failed(place, name, err);
			break;
		}
		digest_update(ctx, chunk, (size_t)n);
		*size += (uint64_t)n;
		tell(watch, n);
	}
	hex_encode(sum, digest_final(ctx, sum), hex);
	close(fd);
	digest_free(ctx);
	free(chunk);
	return err->code ? -1 : 0;
}

int medium_write(const char *path, const void *data, size_t len, struct error *err) {
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	struct medium_place place = {0};
	int rc = place_open(&place, folder, true, err);
	if (!rc) rc = place_write(&place, slash ? slash + 1 : path, data, len, err);
	place_close(&place);
	free(folder);
	return rc;
}
