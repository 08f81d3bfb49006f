#include "store/fsck_private.h"

#include "store/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pack_walk {
	struct fsck *fsck;
	struct txn *txn;
	uint32_t pack;
	struct pack_row row;
	int fd;
	char path[FILE_PATH_MAX];
};

/* First byte of the next member the catalogue knows behind `at`, or the pack's end: where to go on after damage. */
static uint64_t next_known(struct pack_walk *w, uint64_t at) {
	struct key from = key_place(w->pack, at + TAR_BLOCK + 1);
	struct span key, value;
	struct object_row row;
	uint64_t next = w->row.length;
	struct walk *walk = walk_begin(w->txn, TABLE_PLACES);
	if (walk_seek(walk, key_span(&from), &key, &value) && key.len == 12 && !memcmp(key.data, from.data, 4) &&
	    txn_get(w->txn, TABLE_OBJECTS, value, &value) && object_row_get(value, &row))
		next = row.offset - tar_header_size(row.size);
	walk_end(walk);
	return next > at ? next : w->row.length;
}

static void answer_member(struct fsck *fsck, const struct question *q, const struct span *value) {
	char text[OBJECT_ID_TEXT_MAX], path[FILE_PATH_MAX];
	struct object_row row;
	struct object_id id;
	memcpy(id.sha256, q->key, SHA256_SIZE);
	object_id_text(&id, text);
	pack_path(q->index, path);
	if (!value || !object_row_get(*value, &row))
		fsck_say(fsck, "%s: object %s at byte %llu is not in the catalogue", path, text, (unsigned long long)q->number);
	/* Another place: this copy was damaged once and the object was stored again. */
	else if (row.pack == q->index && row.offset == q->number && row.size != q->size)
		fsck_say(fsck, "%s: object %s has %llu bytes, the catalogue says %llu", path, text, (unsigned long long)q->size,
			 (unsigned long long)row.size);
}

static void check_member(struct pack_walk *w, const struct object_id *id, uint64_t size, uint64_t offset) {
	struct key key = key_object(id);
	w->fsck->counts->members++;
	fsck_ask(w->fsck, w->txn, TABLE_OBJECTS, &key,
		 (struct question){.answer = answer_member, .index = w->pack, .number = offset, .size = size});
}

/* The end blocks: at the end of a closed pack and nowhere else. */
static bool is_end(struct pack_walk *w, uint64_t at, const unsigned char *data, size_t len) {
	return w->row.state != PACK_OPEN && at + TAR_END == w->row.length && len >= TAR_END && tar_zeros(data, TAR_END);
}

static int walk_members(struct pack_walk *w, struct error *err) {
	uint64_t at = 0, size;
	bool ended = false;
	while (at < w->row.length && !ended) {
		unsigned char data[TAR_HEADER_MAX];
		struct object_id id;
		size_t header_len;
		errno = 0;
		ssize_t n = file_read_at(w->fd, w->path, data, sizeof data, at, err);
		if (n < 0 && errno == EIO) {
			error_clear(err);
			n = 0;
		}
		if (n < 0) return -1;
		if (n == 0 && errno != EIO) return 0; /* the file ends too early, which was said */
		if ((uint64_t)n > w->row.length - at)
			n = (ssize_t)(w->row.length - at); /* a batch is being written behind it */
		enum tar_member member = tar_parse(data, (size_t)n, &id, &size, &header_len);
		if (member == TAR_MEMBER && size <= w->row.length - at - header_len) {
			check_member(w, &id, size, at + header_len);
			at += header_len + tar_padded(size);
		} else if (member == TAR_ZEROS && is_end(w, at, data, (size_t)n)) {
			ended = true;
		} else {
			fsck_say(w->fsck, "%s: no member's header at byte %llu", w->path, (unsigned long long)at);
			at = next_known(w, at);
		}
	}
	if (w->row.state != PACK_OPEN && !ended) fsck_say(w->fsck, "%s: its end blocks are missing", w->path);
	return 0;
}

static int check_pack(struct pack_walk *w, struct error *err) {
	struct store *store = w->fsck->store;
	int rc = -1;
	w->fsck->counts->packs++;
	pack_path(w->pack, w->path);
	int64_t size = file_size(store->dir, w->path, true, err);
	if (size == -1) return -1;
	if (size == FILE_ABSENT) {
		fsck_say(w->fsck, "%s: missing", w->path);
		return 0;
	}
	if ((uint64_t)size < w->row.length)
		fsck_say(w->fsck, "%s: %lld bytes instead of %llu", w->path, (long long)size,
			 (unsigned long long)w->row.length);
	else if ((uint64_t)size > w->row.length &&
		 (w->row.state == PACK_SEALED || (store_writes(store) && !store->batch)))
		fsck_say(w->fsck, "%s: %llu bytes too long", w->path, (unsigned long long)size - w->row.length);
	w->fd = pack_acquire(store->packs, w->pack);
	if (w->fd < 0) return error_errno(err, "%s", w->path);
	rc = walk_members(w, err);
	pack_release(store->packs, w->pack, w->fd);
	return rc;
}

int fsck_packs(struct fsck *fsck, struct txn *txn, struct error *err) {
	struct pack_walk w = {.fsck = fsck, .txn = txn};
	struct span key, value;
	uint32_t newest = 0;
	int rc = 0;
	struct walk *walk = walk_begin(txn, TABLE_PACKS);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more && !rc;
	     more = walk_next(walk, &key, &value)) {
		if (key.len != 4 || !pack_row_get(value, &w.row)) {
			fsck_say(fsck, "catalogue: packs: malformed");
			continue;
		}
		w.pack = newest = (uint32_t)key_last_number(key);
		rc = check_pack(&w, err);
	}
	walk_end(walk);
	if (rc < 0 || !store_writes(fsck->store) || fsck->store->batch) return rc;
	int64_t highest = file_highest(fsck->store->dir, "packs", ".tar", err);
	if (highest > newest) fsck_say(fsck, "%s: not in the catalogue", pack_path((uint32_t)highest, w.path));
	return highest < 0 ? -1 : 0;
}
