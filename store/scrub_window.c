#include "store/scrub_private.h"

#include "base/mem.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int scrub_file_open(struct scrub_file *file, int dir, const char *path, bool cached, struct error *err) {
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
	struct stat st;
	*file = (struct scrub_file){.fd = -1, .path = path, .cached = cached};
	if (!cached) file->fd = file_open_quietly(dir, path, flags | O_DIRECT);
	file->direct = file->fd >= 0;
	if (file->fd < 0 && (cached || errno == EINVAL)) file->fd = file_open_quietly(dir, path, flags);
	if (file->fd < 0) {
		file->absent = errno == ENOENT || errno == ELOOP || errno == ESPIPE;
		file->unread = errno == EIO;
		return error_errno(err, "%s", path);
	}
	file->absent = fstat(file->fd, &st) == 0 && !S_ISREG(st.st_mode);
	if (file->absent) errno = EINVAL;
	if (file->absent || fstat(file->fd, &st) < 0) {
		error_errno(err, "%s", path);
		scrub_file_close(file);
		return -1;
	}
	file->size = (uint64_t)st.st_size;
	return 0;
}

void scrub_file_close(struct scrub_file *file) {
	if (file->fd >= 0) close(file->fd);
	file->fd = -1;
}

void scrub_window_init(struct scrub_window *window) {
	*window = (struct scrub_window){0};
	if (posix_memalign((void **)&window->data, SCRUB_SECTOR, SCRUB_WINDOW)) abort();
}

void scrub_window_dispose(struct scrub_window *window) {
	free(window->data);
	free(window->gaps);
	*window = (struct scrub_window){0};
}

/* Some file systems let a file be opened for direct reading and refuse the reading. */
static ssize_t read_some(struct scrub_file *file, unsigned char *data, size_t len, uint64_t at) {
	for (;;) {
		ssize_t n = pread(file->fd, data, len, (off_t)at);
		if (n >= 0 || (errno != EINTR && !(errno == EINVAL && file->direct))) return n;
		if (errno == EINTR) continue;
		int flags = fcntl(file->fd, F_GETFL);
		if (flags < 0 || fcntl(file->fd, F_SETFL, flags & ~O_DIRECT) < 0) return -1;
		file->direct = false;
	}
}

static void drop(const struct scrub_file *file, uint64_t from, size_t len) {
	if (!file->direct && !file->cached) posix_fadvise(file->fd, (off_t)from, (off_t)len, POSIX_FADV_DONTNEED);
}

static void add_gap(struct scrub_window *w, size_t from, size_t to) {
	memset(w->data + from, 0, to - from);
	if (w->gap_count && w->gaps[w->gap_count - 1].to == from) {
		w->gaps[w->gap_count - 1].to = to;
		return;
	}
	ARRAY_GROW(w->gaps, w->gap_count, w->gap_cap);
	w->gaps[w->gap_count++] = (struct scrub_gap){from, to};
}

/* Around a bad sector: each one by itself, so that it costs what lies in it and nothing else. */
static int read_sectors(struct scrub_window *w, struct scrub_file *file, size_t from, size_t to, struct error *err) {
	while (from < to) {
		size_t want = to - from < SCRUB_SECTOR ? to - from : SCRUB_SECTOR;
		ssize_t n = read_some(file, w->data + from, SCRUB_SECTOR, w->base + from);
		if (n < 0 && errno == EIO)
			add_gap(w, from, from + want);
		else if (n < 0)
			return error_errno(err, "%s", file->path);
		else if ((size_t)n < want) {
			w->len = from + (size_t)n; /* it has become shorter meanwhile */
			return 0;
		}
		from += want;
	}
	return 0;
}

#define SCRUB_STEP (256U << 10) /* after an error: how much is tried at once before single sectors are */

int scrub_window_read(struct scrub_window *w, struct scrub_file *file, uint64_t base, uint64_t limit, struct error *err) {
	w->base = base;
	w->gap_count = 0;
	uint64_t end = limit < file->size ? limit : file->size;
	w->len = end <= base ? 0 : end - base < SCRUB_WINDOW ? (size_t)(end - base) : SCRUB_WINDOW;
	drop(file, base, w->len); /* or what was just written would be "verified" from memory */
	size_t step = SCRUB_WINDOW;
	for (size_t at = 0; at < w->len;) {
		size_t room = SCRUB_WINDOW - at, want = room < step ? room : step;
		ssize_t n = read_some(file, w->data + at, want, base + at);
		if (n < 0 && errno != EIO) return error_errno(err, "%s", file->path);
		if (n > 0 && (size_t)n % SCRUB_SECTOR && at + (size_t)n < w->len) n -= n % SCRUB_SECTOR;
		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n == 0) {
			w->len = at;
			break;
		}
		if (step > SCRUB_STEP) {
			step = SCRUB_STEP;
			continue;
		}
		size_t to = at + want < w->len ? at + want : w->len;
		if (read_sectors(w, file, at, to, err) < 0) return -1;
		at = to;
	}
	drop(file, base, w->len);
	return 0;
}

bool scrub_window_lacks(const struct scrub_window *w, size_t from, size_t to) {
	for (size_t i = 0; i < w->gap_count; i++)
		if (w->gaps[i].from < to && w->gaps[i].to > from) return true;
	return false;
}
