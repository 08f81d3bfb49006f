#include "archiver/medium_file.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)
#define TAIL (64 << 10) /* longer than an entry of the journal usually is */

int medium_sync_directory(const char *path, struct error *err) {
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd)) error_errno(err, "%s", path);
	if (fd >= 0) close(fd);
	return err->code ? -1 : 0;
}

int medium_make_directory(const char *path, struct error *err) {
	if (mkdir(path, 0750) == 0 || errno == EEXIST) return 0;
	return error_errno(err, "%s", path);
}

static int write_all(int fd, const unsigned char *data, size_t len, const char *path, struct error *err) {
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return error_errno(err, "%s", path);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static void tell(const struct medium_watch *watch, ssize_t bytes) {
	if (watch && watch->moved) watch->moved(watch->user, (uint64_t)bytes);
}

/* Copies from the current offsets to the end of `in`. */
static int pump(int in, int out, const char *source, const char *target, const struct medium_watch *watch, uint64_t *copied,
                struct error *err) {
	unsigned char *chunk = xmalloc(CHUNK);
	ssize_t n;
	while ((n = read(in, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) {
			error_errno(err, "%s", source);
			break;
		}
		if (write_all(out, chunk, (size_t)n, target, err)) break;
		*copied += (uint64_t)n;
		tell(watch, n);
	}
	free(chunk);
	return err->code ? -1 : 0;
}

int medium_append(const char *source, const char *target, const struct medium_watch *watch, uint64_t *copied, struct error *err) {
	struct stat from, to;
	int in = open(source, O_RDONLY | O_CLOEXEC), out = -1;
	*copied = 0;
	if (in < 0 || fstat(in, &from)) {
		error_errno(err, "%s", source);
		goto out;
	}
	if (stat(target, &to) == 0 && to.st_size == from.st_size) goto out;
	if ((out = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)) < 0 || fstat(out, &to)) {
		error_errno(err, "%s", target);
		goto out;
	}
	if (to.st_size > from.st_size) {
		error_set(err, ERROR_DAMAGED, "%s: longer on the medium than in the archive (%lld and %lld bytes)", target,
		          (long long)to.st_size, (long long)from.st_size);
		goto out;
	}
	if (lseek(in, to.st_size, SEEK_SET) < 0 || lseek(out, to.st_size, SEEK_SET) < 0) error_errno(err, "%s", target);
	else if (pump(in, out, source, target, watch, copied, err) == 0 && fsync(out)) error_errno(err, "%s", target);
out:
	if (in >= 0) close(in);
	if (out >= 0 && close(out)) error_errno(err, "%s", target);
	return err->code ? -1 : 0;
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

int medium_check_beginning(const char *source, const char *target, struct error *err) {
	struct stat from, to;
	unsigned char *here = xmalloc(TAIL), *there = xmalloc(TAIL);
	int in = open(source, O_RDONLY | O_CLOEXEC), out = open(target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool same = false;
	if (out < 0 || fstat(out, &to)) {
		error_errno(err, "%s", target);
	} else if (in >= 0 && fstat(in, &from) == 0 && to.st_size <= from.st_size) {
		size_t len = to.st_size < TAIL ? (size_t)to.st_size : TAIL;
		off_t offset = to.st_size - (off_t)len;
		same = !read_at(in, here, len, offset) && !read_at(out, there, len, offset) && !memcmp(here, there, len);
	}
	if (!same && !err->code)
		error_set(err, ERROR_DAMAGED,
		          "%s: is not the beginning of this archive's: it is damaged, or another copy of this archive has written to this "
		          "medium; nothing was written: keep the medium as it is and register an empty one",
		          target);
	if (in >= 0) close(in);
	if (out >= 0) close(out);
	free(here);
	free(there);
	return same ? 0 : -1;
}

/* Finishes target.new: durable, then under its name. */
static int finish(int fd, const char *temporary, const char *target, struct error *err) {
	if (!err->code && fsync(fd)) error_errno(err, "%s", temporary);
	if (close(fd)) error_errno(err, "%s", temporary);
	if (!err->code && rename(temporary, target)) error_errno(err, "%s", target);
	if (err->code) unlink(temporary);
	return err->code ? -1 : 0;
}

static int open_new(const char *temporary, struct error *err) {
	unlink(temporary); /* left by a run that was cut off */
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0) error_errno(err, "%s", temporary);
	return fd;
}

int medium_replace(const char *source, const char *target, const struct medium_watch *watch, struct error *err) {
	uint64_t copied = 0;
	char *temporary = xasprintf("%s.new", target);
	int in = open(source, O_RDONLY | O_CLOEXEC);
	if (in < 0) {
		error_errno(err, "%s", source);
	} else {
		int out = open_new(temporary, err);
		if (out >= 0) {
			pump(in, out, source, temporary, watch, &copied, err);
			finish(out, temporary, target, err);
		}
		close(in);
	}
	free(temporary);
	return err->code ? -1 : 0;
}

int medium_write(const char *target, const void *data, size_t len, struct error *err) {
	char *temporary = xasprintf("%s.new", target);
	int fd = open_new(temporary, err);
	if (fd >= 0) {
		write_all(fd, data, len, temporary, err);
		finish(fd, temporary, target, err);
	}
	free(temporary);
	return err->code ? -1 : 0;
}

int medium_digest(const char *path, const struct medium_watch *watch, char hex[static SHA256_HEX], uint64_t *size, struct error *err) {
	unsigned char sum[DIGEST_MAX], *chunk = xmalloc(CHUNK);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = -1;
	*size = 0;
	if (fd < 0) {
		error_errno(err, "%s", path);
		goto out;
	}
	/* What was just written is still in memory; only clean pages can be dropped, and the file was synced before. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) {
			error_errno(err, "%s", path);
			goto out;
		}
		digest_update(ctx, chunk, (size_t)n);
		*size += (uint64_t)n;
		tell(watch, n);
	}
	hex_encode(sum, digest_final(ctx, sum), hex);
out:
	if (fd >= 0) close(fd);
	digest_free(ctx);
	free(chunk);
	return err->code ? -1 : 0;
}

void medium_sums_add(struct medium_sums *sums, const char *name, const char *hex) {
	ARRAY_GROW(sums->items, sums->count, sums->cap);
	struct medium_sum *item = &sums->items[sums->count++];
	item->name = xstrdup(name);
	item->size = 0;
	snprintf(item->hex, sizeof item->hex, "%s", hex);
}

const char *medium_sums_get(const struct medium_sums *sums, const char *name) {
	for (size_t i = 0; i < sums->count; i++)
		if (!strcmp(sums->items[i].name, name)) return sums->items[i].hex;
	return NULL;
}

static bool safe_name(const char *name) {
	if (!*name || *name == '/' || strpbrk(name, "\\\n\r")) return false;
	for (const char *p = name; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!strcmp(p, "..") || !strncmp(p, "../", 3)) return false;
	}
	return true;
}

int medium_sums_read(struct medium_sums *sums, const char *path, struct error *err) {
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, number = 0;
	ssize_t n;
	unsigned char sum[SHA256_SIZE];
	if (!in) return error_errno(err, "%s", path);
	while (!err->code && (n = getline(&line, &cap, in)) > 0) {
		number++;
		if (line[n - 1] == '\n') line[n - 1] = 0;
		char *space = strchr(line, ' ');
		if (space) *space = 0;
		if (!space || (space[1] != ' ' && space[1] != '*') || !hex_decode(line, sum, sizeof sum) || !safe_name(space + 2) ||
		    number > LIMIT_MANIFEST_LINES)
			error_set(err, ERROR_DAMAGED, "%s: line %zu is not a digest and a name", path, number);
		else medium_sums_add(sums, space + 2, line);
	}
	if (ferror(in)) error_errno(err, "%s", path);
	free(line);
	fclose(in);
	return err->code ? -1 : 0;
}

static int by_name(const void *a, const void *b) {
	return strcmp(((const struct medium_sum *)a)->name, ((const struct medium_sum *)b)->name);
}

int medium_sums_write(struct medium_sums *sums, const char *path, struct error *err) {
	struct buf text = {0};
	if (sums->count) qsort(sums->items, sums->count, sizeof *sums->items, by_name);
	for (size_t i = 0; i < sums->count; i++) buf_printf(&text, "%s  %s\n", sums->items[i].hex, sums->items[i].name);
	int rc = medium_write(path, buf_text(&text), text.len, err);
	buf_dispose(&text);
	return rc;
}

void medium_sums_dispose(struct medium_sums *sums) {
	for (size_t i = 0; i < sums->count; i++) free(sums->items[i].name);
	free(sums->items);
	*sums = (struct medium_sums){0};
}
