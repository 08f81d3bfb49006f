#include "store/pack.h"

#include "base/mem.h"
#include "store/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pack_writer {
	int dir, fd; /* fd -1: not opened yet */
	uint64_t bound;
	uint32_t pack;
	uint64_t length;    /* logical end: file and buffer */
	uint64_t flushed;   /* the buffer begins here in the file */
	uint64_t high;      /* the file may have bytes up to here */
	bool exists;        /* the file is there */
	bool created;       /* in this batch: the folder must be synced */
	uint32_t done_pack; /* last commit */
	uint64_t done_length;
	unsigned char *buffer;
};

char *pack_path(uint32_t pack, char *text) {
	snprintf(text, FILE_PATH_MAX, "packs/%06u.tar", pack);
	return text;
}

struct pack_writer *pack_writer_new(int dir, uint64_t bound, uint32_t pack, uint64_t length) {
	struct pack_writer *w = xcalloc(1, sizeof *w);
	w->dir = dir;
	w->fd = -1;
	w->bound = bound;
	w->pack = w->done_pack = pack;
	w->length = w->flushed = w->high = w->done_length = length;
	w->exists = length > 0;
	w->buffer = xmalloc(PACK_BUFFER);
	return w;
}

void pack_writer_free(struct pack_writer *w) {
	if (!w) return;
	if (w->fd >= 0) close(w->fd);
	free(w->buffer);
	free(w);
}

void pack_writer_close(struct pack_writer *w) {
	if (w->fd >= 0) close(w->fd);
	w->fd = -1;
}

void pack_writer_set_bound(struct pack_writer *w, uint64_t bound) {
	w->bound = bound;
}

/* Recovery has removed what no commit knows, so a new pack that is there already is somebody else's: not touched. */
static int open_pack(struct pack_writer *w, struct error *err) {
	char path[FILE_PATH_MAX];
	if (w->fd >= 0) return 0;
	w->fd = file_open(w->dir, pack_path(w->pack, path), w->exists ? O_RDWR : O_RDWR | O_CREAT | O_EXCL, err);
	if (w->fd < 0) return -1;
	w->created = w->created || !w->exists;
	w->exists = true;
	return 0;
}

static int flush(struct pack_writer *w, struct error *err) {
	char path[FILE_PATH_MAX];
	size_t len = (size_t)(w->length - w->flushed);
	if (!len) return 0;
	if (open_pack(w, err) < 0) return -1;
	if (w->length > w->high) w->high = w->length; /* a failed write may have got this far */
	if (file_write_at(w->fd, pack_path(w->pack, path), w->buffer, len, w->flushed, err) < 0) return -1;
	w->flushed = w->length;
	return 0;
}

int pack_add(struct pack_writer *w, const void *data, size_t len, struct error *err) {
	const unsigned char *p = data;
	while (len) {
		size_t used = (size_t)(w->length - w->flushed), room = PACK_BUFFER - used;
		size_t n = len < room ? len : room;
		memcpy(w->buffer + used, p, n);
		w->length += n;
		p += n;
		len -= n;
		if (n == room && flush(w, err) < 0) return -1;
	}
	return 0;
}

static int add_zeros(struct pack_writer *w, size_t len, struct error *err) {
	static const unsigned char zeros[TAR_HEADER_MAX];
	assert(len <= sizeof zeros);
	return pack_add(w, zeros, len, err);
}

int pack_sync(struct pack_writer *w, struct error *err) {
	char path[FILE_PATH_MAX];
	if (flush(w, err) < 0) return -1;
	if (w->fd < 0) return 0;
	pack_path(w->pack, path);
	if (w->high > w->length && file_truncate(w->fd, path, w->length, err) < 0) return -1;
	w->high = w->length;
	if (file_sync(w->fd, path, err) < 0) return -1;
	if (w->created && file_sync_folder(w->dir, "packs", err) < 0) return -1;
	w->created = false;
	return 0;
}

static int close_pack(struct pack_writer *w, pack_closed *closed, void *user, struct error *err) {
	if (add_zeros(w, TAR_END, err) < 0 || pack_sync(w, err) < 0) return -1;
	closed(user, w->pack, w->length);
	if (w->fd >= 0) close(w->fd);
	w->fd = -1;
	w->pack++;
	w->length = w->flushed = w->high = 0;
	w->exists = false;
	return 0;
}

int pack_begin(struct pack_writer *w, uint64_t size, struct pack_place *place, pack_closed *closed, void *user,
	       struct error *err) {
	if (w->length >= w->bound && close_pack(w, closed, user, err) < 0) return -1;
	*place = (struct pack_place){w->pack, w->length, w->length + tar_header_size(size)};
	return add_zeros(w, tar_header_size(size), err);
}

int pack_end(struct pack_writer *w, const struct pack_place *place, const struct object_id *id, uint64_t size,
	     struct error *err) {
	unsigned char header[TAR_HEADER_MAX];
	char path[FILE_PATH_MAX];
	size_t len;
	if (tar_header(id, size, header, &len, err) < 0) return -1;
	if (add_zeros(w, (size_t)(tar_padded(size) - size), err) < 0) return -1;
	if (place->start >= w->flushed) {
		memcpy(w->buffer + (place->start - w->flushed), header, len);
		return 0;
	}
	if (place->start + len > w->flushed && flush(w, err) < 0) return -1;
	return file_write_at(w->fd, pack_path(w->pack, path), header, len, place->start, err);
}

void pack_take_back(struct pack_writer *w, const struct pack_place *place) {
	if (place->pack != w->pack) return;
	w->length = place->start;
	if (w->flushed > w->length) w->flushed = w->length;
}

uint64_t pack_length(const struct pack_writer *w) {
	return w->length;
}

uint32_t pack_number(const struct pack_writer *w) {
	return w->pack;
}

void pack_committed(struct pack_writer *w) {
	w->done_pack = w->pack;
	w->done_length = w->length;
}

int pack_rollback(struct pack_writer *w, struct error *err) {
	char path[FILE_PATH_MAX];
	int rc = 0;
	bool untouched = w->pack == w->done_pack && w->high <= w->done_length;
	if (!untouched && w->fd >= 0) {
		close(w->fd);
		w->fd = -1;
	}
	for (uint32_t n = w->pack; n > w->done_pack; n--)
		if (file_remove(w->dir, pack_path(n, path), err) < 0) rc = -1;
	w->pack = w->done_pack;
	w->length = w->flushed = w->done_length;
	w->created = false;
	w->exists = w->done_length > 0;
	pack_path(w->pack, path);
	if (!untouched && !w->done_length) {
		if (file_remove(w->dir, path, err) < 0) rc = -1;
	} else if (!untouched) {
		if (open_pack(w, err) < 0 || file_truncate(w->fd, path, w->length, err) < 0) rc = -1;
	}
	if (!rc) w->high = w->done_length;
	return rc;
}
