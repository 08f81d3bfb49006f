#include "store/private.h"

#include "base/limits.h"
#include "store/apply.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256U << 10) /* read and hashed at a time: fits the second-level cache */
#define BEHIND (8U << 20)  /* dropped from the page cache at a time */
#define ROWS_TOGETHER 4096 /* in one transaction */
#define FIRST_PLACES 256   /* looked up at first: many a walk ends soon */

bool store_object_info(struct store *store, const struct object_id *id, struct object_info *info, struct error *err) {
	struct key key = key_object(id);
	struct object_row row;
	struct span value;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	bool found = txn && txn_get(txn, TABLE_OBJECTS, key_span(&key), &value);
	if (found && !object_row_get(value, &row)) {
		char text[OBJECT_ID_TEXT_MAX];
		txn_fail(txn, ERROR_DAMAGED, "catalogue: objects %s: malformed", object_id_text(id, text));
		found = false;
	}
	if (found) *info = (struct object_info){*id, row.kind, row.size, row.pack, row.offset};
	txn_end(txn, err);
	return found;
}

/* A descriptor for reading, and what it means when there is none. */
static int acquire(struct store *store, uint32_t pack, enum object_state *state, struct error *err) {
	char path[FILE_PATH_MAX];
	int fd = pack_acquire(store->packs, pack);
	if (fd >= 0) return fd;
	*state = errno == ENOENT ? OBJECT_MISSING : errno == EIO ? OBJECT_DAMAGED : OBJECT_UNREADABLE;
	if (*state == OBJECT_UNREADABLE) error_errno(err, "%s", pack_path(pack, path));
	return -1;
}

struct reading {
	int fd;
	uint64_t at, left, dropped; /* behind `dropped` lies what was read and is still in the page cache */
	bool past_cache;
};

/* Whole pages around the range: what lies beside it is read again if it is needed. */
static void drop(struct reading *r, uint64_t from, uint64_t to) {
	from &= ~UINT64_C(4095);
	if (r->past_cache)
		posix_fadvise(r->fd, (off_t)from, (off_t)(((to + 4095) & ~UINT64_C(4095)) - from), POSIX_FADV_DONTNEED);
}

/* Next chunk; 0 at the end of the file, -1 with errno. */
static ssize_t next_chunk(struct reading *r, unsigned char *buffer) {
	size_t want = r->left < CHUNK ? (size_t)r->left : CHUNK;
	ssize_t n;
	do n = pread(r->fd, buffer, want, (off_t)r->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0) return n;
	r->at += (uint64_t)n;
	r->left -= (uint64_t)n;
	if (r->at - r->dropped >= BEHIND || !r->left) {
		drop(r, r->dropped, r->at);
		r->dropped = r->at;
	}
	return n;
}

static enum object_state stream_bytes(struct reading *r, const struct object_info *info, unsigned char *buffer,
				      store_sink *sink, void *user, struct error *err) {
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	unsigned char digest[DIGEST_MAX];
	enum object_state state = OBJECT_UNREADABLE;
	char path[FILE_PATH_MAX];
	while (r->left) {
		ssize_t n = next_chunk(r, buffer);
		if (n < 0 && errno == EIO)
			state = OBJECT_DAMAGED;
		else if (n < 0)
			error_errno(err, "%s", pack_path(info->pack, path));
		else if (n == 0)
			state = r->left == info->size ? OBJECT_MISSING : OBJECT_DAMAGED; /* the pack ends too early */
		if (n <= 0) goto out;
		digest_update(ctx, buffer, (size_t)n);
		if (sink && sink(user, buffer, (size_t)n, err) < 0) goto out;
	}
	digest_final(ctx, digest);
	state = memcmp(digest, info->id.sha256, SHA256_SIZE) ? OBJECT_DAMAGED : OBJECT_PRESENT;
out:
	digest_free(ctx);
	return state;
}

enum object_state store_stream_at(struct store *store, const struct object_info *info, bool past_cache,
				  store_sink *sink, void *user, struct error *err) {
	enum object_state state;
	struct reading r = {.fd = acquire(store, info->pack, &state, err),
			    .at = info->offset,
			    .left = info->size,
			    .dropped = info->offset,
			    .past_cache = past_cache};
	if (r.fd < 0) return state;
	unsigned char *buffer = xmalloc(CHUNK);
	drop(&r, info->offset, info->offset + info->size); /* or bytes just written are "verified" from memory */
	state = stream_bytes(&r, info, buffer, sink, user, err);
	free(buffer);
	pack_release(store->packs, info->pack, r.fd);
	return state;
}

/* The object's place; false: *state says why not. */
static bool locate(struct store *store, const struct object_id *id, struct object_info *info, enum object_state *state,
		   struct error *err) {
	struct error own = {0};
	if (store_object_info(store, id, info, &own)) return true;
	*state = own.code == ERROR_NONE ? OBJECT_MISSING : OBJECT_UNREADABLE;
	if (own.code != ERROR_NONE) error_set(err, own.code, "%s", own.text);
	return false;
}

enum object_state store_stream(struct store *store, const struct object_id *id, bool past_cache, store_sink *sink,
			       void *user, struct error *err) {
	struct object_info info;
	enum object_state state;
	if (!locate(store, id, &info, &state, err)) return state;
	return store_stream_at(store, &info, past_cache, sink, user, err);
}

static int collect(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	buf_add(user, data, len);
	return 0;
}

enum object_state store_read(struct store *store, const struct object_id *id, size_t max, unsigned char **data,
			     size_t *len, struct error *err) {
	struct object_info info;
	enum object_state state;
	struct buf b = {0};
	*data = NULL;
	*len = 0;
	if (!locate(store, id, &info, &state, err)) return state;
	if (info.size > max) {
		char text[OBJECT_ID_TEXT_MAX];
		error_set(err, ERROR_LIMIT, "%s: %llu bytes are more than %zu", object_id_text(id, text),
			  (unsigned long long)info.size, max);
		return OBJECT_UNREADABLE;
	}
	buf_reserve(&b, (size_t)info.size);
	state = store_stream_at(store, &info, false, collect, &b, err);
	if (state == OBJECT_PRESENT) {
		*data = b.data;
		*len = b.len;
	} else
		buf_dispose(&b);
	return state;
}

/* ---- walking ---- */

/* `value` is the row that was found, NULL where there was none. */
static bool take_row(struct txn *txn, const struct span *value, struct object_info *info) {
	struct object_row row;
	if (value && object_row_get(*value, &row)) {
		*info = (struct object_info){info->id, row.kind, row.size, row.pack, row.offset};
		return true;
	}
	if (!txn_failed(txn)) txn_fail(txn, ERROR_DAMAGED, "catalogue: places: an entry without its object");
	return false;
}

static bool fill_in(struct txn *txn, struct object_info *info) {
	struct key key = key_object(&info->id);
	struct span value;
	return take_row(txn, txn_get(txn, TABLE_OBJECTS, key_span(&key), &value) ? &value : NULL, info);
}

static uint64_t number_at(const unsigned char *p, int bytes) {
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
	return v;
}

static uint32_t pack_of(struct span place) {
	return (uint32_t)number_at(place.data, 4);
}

/* The objects behind a place, to the end of pack `last`, their names alone or all of their rows; as many as are right. */
static size_t places_after(struct txn *txn, const struct key *after, uint32_t last, bool fill, struct object_info *rows,
			   size_t max) {
	struct span key, value;
	size_t count = 0;
	struct walk *walk = walk_begin(txn, TABLE_PLACES);
	bool more = walk_seek(walk, key_span(after), &key, &value);
	if (more && key.len == after->len && !memcmp(key.data, after->data, key.len))
		more = walk_next(walk, &key, &value);
	for (; more && count < max; more = walk_next(walk, &key, &value)) {
		if (key.len != 12 || value.len != SHA256_SIZE) {
			txn_fail(txn, ERROR_DAMAGED, "catalogue: places: an entry without its object");
			break;
		}
		if (pack_of(key) > last) break;
		memcpy(rows[count].id.sha256, value.data, SHA256_SIZE);
		if (fill && !fill_in(txn, &rows[count])) break;
		count++;
	}
	walk_end(walk);
	return count;
}

static int by_name(const void *a, const void *b) {
	const struct object_info *x = *(struct object_info *const *)a, *y = *(struct object_info *const *)b;
	return memcmp(x->id.sha256, y->id.sha256, SHA256_SIZE);
}

/* Rows of objects lie anywhere: looked up in the order of their names each page is met once. */
static bool fill_in_all(struct txn *txn, struct object_info *rows, size_t count) {
	struct object_info **order = xcalloc(count ? count : 1, sizeof *order);
	bool right = !txn_failed(txn);
	for (size_t i = 0; i < count; i++) order[i] = &rows[i];
	qsort(order, count, sizeof(struct object_info *), by_name);
	struct walk *walk = walk_begin(txn, TABLE_OBJECTS);
	for (size_t i = 0; i < count && right; i++) {
		struct key key = key_object(&order[i]->id);
		struct span value;
		right = take_row(txn, walk_find(walk, key_span(&key), &value) ? &value : NULL, order[i]);
	}
	walk_end(walk);
	free(order);
	return right;
}

size_t store_places_after(struct store *store, uint32_t pack, uint64_t offset, uint32_t last, struct object_info *rows,
			  size_t max, struct error *err) {
	struct key after = key_place(pack, offset);
	struct txn *txn = txn_begin(store->catalogue, false, err);
	size_t count = txn ? places_after(txn, &after, last, false, rows, max) : 0;
	if (txn && !fill_in_all(txn, rows, count)) {
		/* One by one: what stands before the damage is right, and to be had. */
		txn_end(txn, NULL);
		txn = txn_begin(store->catalogue, false, err);
		count = txn ? places_after(txn, &after, last, true, rows, max) : 0;
	}
	txn_end(txn, err);
	return count;
}

int store_each_object(struct store *store, uint32_t pack, uint64_t offset, object_visit *visit, void *user,
		      struct error *err) {
	struct object_info *rows = xcalloc(STORE_PLACES, sizeof *rows);
	struct error own = {0};
	size_t count = 0, asked = 0;
	int rc = 0;
	while (!rc && count == asked) {
		asked = asked ? asked * 4 < STORE_PLACES ? asked * 4 : STORE_PLACES : FIRST_PLACES;
		count = store_places_after(store, pack, offset, UINT32_MAX, rows, asked, &own);
		for (size_t i = 0; i < count && !rc; i++) rc = visit(user, &rows[i], err) ? -1 : 0;
		if (own.code && !rc) rc = error_set(err, own.code, "%s", own.text);
		if (count) pack = rows[count - 1].pack, offset = rows[count - 1].offset;
	}
	free(rows);
	return rc;
}

/* Rows behind *last (NULL: from the first on); as many as are right. */
static size_t rows_after(struct store *store, const struct object_id *last, struct object_info *rows, size_t max,
			 struct error *err) {
	static const struct object_id zero;
	struct key from = key_object(last ? last : &zero);
	struct span key, value;
	size_t count = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return 0;
	struct walk *walk = walk_begin(txn, TABLE_OBJECTS);
	bool more = walk_seek(walk, key_span(&from), &key, &value);
	if (more && last && key.len == from.len && !memcmp(key.data, from.data, key.len)) more = walk_next(walk, &key, &value);
	for (; more && count < max; more = walk_next(walk, &key, &value)) {
		struct object_info *row = &rows[count];
		if (key.len == SHA256_SIZE) memcpy(row->id.sha256, key.data, SHA256_SIZE);
		if (!take_row(txn, key.len == SHA256_SIZE ? &value : NULL, row)) break;
		count++;
	}
	walk_end(walk);
	txn_end(txn, err);
	return count;
}

int store_each_object_by_digest(struct store *store, object_visit *visit, void *user, struct error *err) {
	struct object_info *rows = xcalloc(ROWS_TOGETHER, sizeof *rows);
	struct object_id last;
	struct error own = {0};
	size_t count = 0;
	int rc = 0;
	for (bool first = true; !rc && (first || count == ROWS_TOGETHER); first = false) {
		count = rows_after(store, first ? NULL : &last, rows, ROWS_TOGETHER, &own);
		for (size_t i = 0; i < count && !rc; i++) rc = visit(user, &rows[i], err) ? -1 : 0;
		if (own.code && !rc) rc = error_set(err, own.code, "%s", own.text);
		if (count) last = rows[count - 1].id;
	}
	free(rows);
	return rc;
}

int store_place_behind(struct store *store, uint32_t pack, uint64_t offset, size_t count, uint32_t *to_pack,
		       uint64_t *to_offset, struct error *err) {
	struct key after = key_place(pack, offset);
	struct span key, value;
	size_t seen = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_PLACES);
	bool more = walk_seek(walk, key_span(&after), &key, &value);
	if (more && key.len == after.len && !memcmp(key.data, after.data, key.len)) more = walk_next(walk, &key, &value);
	for (; more && seen < count && key.len == 12; more = walk_next(walk, &key, &value), seen++) {
		*to_pack = pack_of(key);
		*to_offset = number_at(key.data + 4, 8);
	}
	walk_end(walk);
	return txn_end(txn, err) < 0 ? -1 : seen > 0;
}

/* ---- the whole ---- */

int store_totals(struct store *store, struct store_totals *totals, struct error *err) {
	struct totals_row row;
	struct journal_head head;
	struct pack_row pack;
	struct span key, value;
	memset(totals, 0, sizeof *totals);
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	apply_totals_get(txn, &row);
	if (store_get_head(txn, &head)) {
		totals->events = head.sequence;
		totals->last_event = head.when;
		memcpy(totals->journal_head, head.chain, SHA256_SIZE);
	}
	if (txn_get(txn, TABLE_META, span_text(META_ARCHIVE), &value) && value.len == 16)
		memcpy(totals->archive_id, value.data, 16);
	struct walk *walk = walk_begin(txn, TABLE_PACKS);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		if (!pack_row_get(value, &pack)) continue;
		totals->packs++;
		totals->pack_bytes += pack.length;
	}
	walk_end(walk);
	totals->records = row.records;
	for (int i = 0; i < OBJECT_KINDS; i++) {
		totals->objects += totals->by_kind[i] = row.objects[i];
		totals->object_bytes += totals->bytes_by_kind[i] = row.bytes[i];
	}
	return txn_end(txn, err);
}

int store_snapshot_catalogue(struct store *store, const char *path, struct error *err) {
	int rc = -1, fd = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, err);
	if (fd < 0) return -1;
	char *folder = xstrdup(path), *slash = strrchr(folder, '/');
	if (slash) *slash = 0;
	if (catalogue_copy(store->catalogue, fd, err) < 0)
		error_prefix(err, "%s", path);
	else if (file_sync(fd, path, err) == 0)
		rc = file_sync_folder(AT_FDCWD, !slash ? "." : *folder ? folder : "/", err);
	close(fd);
	if (rc < 0) unlink(path);
	free(folder);
	return rc;
}
