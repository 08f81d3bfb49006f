#include "store/repair_private.h"

#include "base/limits.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRESH "work/repair.log"
#define FLIP_BYTES 65536 /* longest event in which one wrong bit is looked for: some seconds of hashing */

struct mend {
	int dir;
	uint64_t wanted;
	const struct repair_from *from;
	size_t from_count;
	utime now;
	struct journal_head at;
	int own;          /* the file at hand, -1 when it is not there */
	uint64_t own_size;
	int *others;      /* the same file on each medium, -1 */
	bool more;        /* a file comes after this one */
	struct buf entry, flipped;
	struct repair_journal *result;
	struct error *err;
};

/* ---- entries ---- */

/* Reads the entry at an offset into `entry`: length, leaf, leaf hash, chain value. False when it is not there whole. */
static bool read_entry(int fd, uint64_t offset, struct buf *entry) {
	unsigned char head[4];
	if (fd < 0 || file_read_at(fd, FRESH, head, sizeof head, offset, NULL) != (ssize_t)sizeof head) return false;
	struct record_reader r = record_reader_of(head, sizeof head);
	uint32_t len = record_get_u32(&r);
	if (!len || len > LIMIT_EVENT_BYTES) return false;
	entry->len = 0;
	buf_reserve(entry, JOURNAL_ENTRY_MIN + len);
	entry->len = JOURNAL_ENTRY_MIN + len;
	return file_read_at(fd, FRESH, entry->data, entry->len, offset, NULL) == (ssize_t)entry->len;
}

static struct span leaf_of(const struct buf *entry) {
	return (struct span){entry->data + 4, entry->len - JOURNAL_ENTRY_MIN};
}

/* The hashes that must stand behind a leaf. */
static void hashes_of(const struct mend *m, struct span leaf, unsigned char out[static 2 * SHA256_SIZE]) {
	event_leaf_hash(leaf, out);
	memcpy(out + SHA256_SIZE, m->at.chain, SHA256_SIZE);
	event_chain(out + SHA256_SIZE, out);
}

static bool is_right(const struct mend *m, const struct buf *entry, struct event *event) {
	unsigned char hashes[2 * SHA256_SIZE];
	hashes_of(m, leaf_of(entry), hashes);
	return !memcmp(hashes, entry->data + entry->len - sizeof hashes, sizeof hashes) && event_get(leaf_of(entry), event) == 0 &&
	       event->sequence == m->at.sequence + 1;
}

/* ---- one wrong bit ---- */

/* One of the two hashes still proves the leaf: the other is computed again. */
static bool mend_hashes(const struct mend *m, struct buf *entry, struct event *event) {
	unsigned char hashes[2 * SHA256_SIZE], *stored = entry->data + entry->len - sizeof hashes;
	hashes_of(m, leaf_of(entry), hashes);
	if (memcmp(hashes, stored, SHA256_SIZE) && memcmp(hashes + SHA256_SIZE, stored + SHA256_SIZE, SHA256_SIZE)) return false;
	memcpy(stored, hashes, sizeof hashes);
	return is_right(m, entry, event);
}

/* One bit of the leaf: the bit with which both hashes are right. */
static bool mend_leaf(const struct mend *m, struct buf *entry, struct event *event) {
	size_t len = leaf_of(entry).len;
	if (len > FLIP_BYTES) return false;
	unsigned char hash[SHA256_SIZE];
	const unsigned char *stored = entry->data + entry->len - (size_t)2 * SHA256_SIZE;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		entry->data[4 + bit / 8] ^= (unsigned char)(1U << bit % 8);
		event_leaf_hash(leaf_of(entry), hash);
		if (!memcmp(hash, stored, sizeof hash) && is_right(m, entry, event)) return true;
		entry->data[4 + bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	return false;
}

/* One bit of the length: it decides where everything else is. */
static bool mend_length(struct mend *m, struct event *event) {
	unsigned char head[4];
	if (file_read_at(m->own, FRESH, head, sizeof head, m->at.offset, NULL) != (ssize_t)sizeof head) return false;
	for (unsigned bit = 0; bit < 32; bit++) {
		struct record_reader r = record_reader_of(head, sizeof head);
		uint32_t len = record_get_u32(&r) ^ (UINT32_C(1) << bit);
		if (!len || len > LIMIT_EVENT_BYTES || m->at.offset + JOURNAL_ENTRY_MIN + len > m->own_size) continue;
		struct buf *b = &m->flipped;
		b->len = 0;
		record_put_u32(b, len);
		buf_reserve(b, len + (size_t)2 * SHA256_SIZE);
		b->len = JOURNAL_ENTRY_MIN + len;
		if (file_read_at(m->own, FRESH, b->data + 4, b->len - 4, m->at.offset + 4, NULL) == (ssize_t)(b->len - 4) &&
		    is_right(m, b, event)) {
			struct buf swap = m->entry;
			m->entry = *b;
			*b = swap;
			return true;
		}
	}
	return false;
}

static bool mend_bit(struct mend *m, struct event *event) {
	if (m->own < 0) return false;
	if (read_entry(m->own, m->at.offset, &m->entry) && (mend_hashes(m, &m->entry, event) || mend_leaf(m, &m->entry, event))) return true;
	return mend_length(m, event);
}

/* ---- one file ---- */

enum next { NEXT_EVENT, NEXT_END, NEXT_LOST };

static bool others_have(struct mend *m, struct event *event) {
	for (size_t i = 0; i < m->from_count; i++)
		if (read_entry(m->others[i], m->at.offset, &m->entry) && is_right(m, &m->entry, event)) return true;
	return false;
}

/* The next event, from wherever it is right. */
static enum next next_entry(struct mend *m, struct event *event) {
	if (read_entry(m->own, m->at.offset, &m->entry) && is_right(m, &m->entry, event)) return NEXT_EVENT;
	bool there = m->at.offset < m->own_size;
	if (!there && m->own >= 0 && !m->more && m->at.sequence >= m->wanted)
		return m->wanted || !others_have(m, event) ? NEXT_END : NEXT_LOST; /* no copy knows more than the archive, but for one cut short */
	m->result->repaired++;
	if (others_have(m, event)) return NEXT_EVENT;
	m->result->by_hashes++;
	if (there && mend_bit(m, event)) return NEXT_EVENT;
	m->result->by_hashes--;
	m->result->repaired--;
	if (!there && m->more) return NEXT_END; /* what is missing here is missed by the next file */
	/* Behind what the catalogue knows lies only what a run that died has left; that is cut off when the store is opened. Without
	 * one only the archive's own file says where the journal ends: a copy's end may be that of an earlier day. */
	bool known = m->more || m->at.sequence < m->wanted || (!m->wanted && m->at.offset != m->own_size);
	return known ? NEXT_LOST : NEXT_END;
}

static bool header_is_right(const struct mend *m, const struct buf *header) {
	unsigned char own[JOURNAL_HEADER];
	return m->own >= 0 && file_read_at(m->own, FRESH, own, sizeof own, 0, NULL) == (ssize_t)sizeof own &&
	       !memcmp(own, header->data, sizeof own);
}

static int lost(struct mend *m) {
	char path[FILE_PATH_MAX];
	return error_set(m->err, ERROR_DAMAGED, "%s: event %llu at byte %llu: no copy of it is right", journal_path(m->at.file, path),
			 (unsigned long long)m->at.sequence + 1, (unsigned long long)m->at.offset);
}

/* Writes the file anew as it goes; it is exchanged only when something was wrong. `tail`: what lies behind the last event. */
static int mend_events(struct mend *m, int out) {
	struct event event;
	enum next next;
	while ((next = next_entry(m, &event)) == NEXT_EVENT) {
		if (file_write_at(out, FRESH, m->entry.data, m->entry.len, m->at.offset, m->err) < 0) return -1;
		memcpy(m->at.chain, m->entry.data + m->entry.len - SHA256_SIZE, SHA256_SIZE);
		m->at.offset += m->entry.len;
		m->at.sequence++;
		m->result->events++;
	}
	return next == NEXT_LOST ? lost(m) : 0;
}

static int mend_file(struct mend *m) {
	char path[FILE_PATH_MAX], aside[64];
	struct buf header = {0};
	uint64_t before = m->result->repaired;
	record_put_raw(&header, "LTVJ", 4);
	record_put_u32(&header, STORE_FORMAT_VERSION);
	record_put_u64(&header, m->at.sequence + 1);
	record_put_raw(&header, m->at.chain, SHA256_SIZE);
	int rc = file_remove(m->dir, FRESH, m->err), out = rc ? -1 : file_open(m->dir, FRESH, O_RDWR | O_CREAT | O_EXCL, m->err);
	if (out < 0) goto out;
	bool wrong = !header_is_right(m, &header);
	rc = file_write_at(out, FRESH, header.data, header.len, 0, m->err);
	m->at.offset = JOURNAL_HEADER;
	if (!rc) rc = mend_events(m, out);
	wrong = wrong || m->result->repaired > before;
	if (!rc && wrong) rc = file_sync(out, FRESH, m->err);
	close(out);
	if (!rc && wrong) {
		if (m->result->repaired == before) m->result->repaired++; /* its header alone */
		rc = repair_exchange(m->dir, FRESH, journal_path(m->at.file, path), m->now, aside, m->err);
		m->result->files++;
	}
	file_remove(m->dir, FRESH, NULL);
out:
	buf_dispose(&header);
	return out < 0 ? -1 : rc;
}

/* ---- all of them ---- */

static void close_all(struct mend *m) {
	if (m->own >= 0) close(m->own);
	m->own = -1;
	for (size_t i = 0; i < m->from_count; i++)
		if (m->others[i] >= 0) close(m->others[i]);
}

static bool is_there(const struct mend *m, uint32_t file) {
	char path[FILE_PATH_MAX];
	bool there = file_size(m->dir, journal_path(file, path), true, NULL) >= 0;
	for (size_t i = 0; i < m->from_count && !there; i++) there = file_size(m->from[i].dir, path, true, NULL) >= 0;
	return there;
}

static void open_all(struct mend *m, uint32_t file) {
	char path[FILE_PATH_MAX];
	int64_t size = file_size(m->dir, journal_path(file, path), true, NULL);
	m->own = file_open(m->dir, path, O_RDONLY, NULL);
	m->own_size = size > 0 && m->own >= 0 ? (uint64_t)size : 0;
	if (m->own >= 0) posix_fadvise(m->own, 0, 0, POSIX_FADV_DONTNEED);
	for (size_t i = 0; i < m->from_count; i++) m->others[i] = file_open(m->from[i].dir, path, O_RDONLY, NULL);
	m->more = is_there(m, file + 1) && (!m->wanted || m->at.sequence < m->wanted);
}

static int mend_all(struct mend *m) {
	int rc = 0;
	for (uint32_t file = 1; !rc && is_there(m, file); file++) {
		char path[FILE_PATH_MAX];
		bool own = file_size(m->dir, journal_path(file, path), true, NULL) >= 0;
		if (!own && m->wanted && m->at.sequence >= m->wanted) break; /* a medium of a later time */
		m->at.file = file;
		open_all(m, file);
		rc = mend_file(m);
		close_all(m);
	}
	if (!rc && !m->result->events) rc = error_set(m->err, ERROR_DAMAGED, "journal: it has no events");
	if (!rc && m->at.sequence < m->wanted) rc = lost(m);
	return rc;
}

int store_repair_journal(const char *directory, bool locked, uint64_t wanted, const struct repair_from *from, size_t count, utime now,
			 struct repair_journal *result, struct error *err) {
	struct error own = {0};
	int lock = -1;
	*result = (struct repair_journal){0};
	digest_init();
	struct mend m = {.wanted = wanted, .from = from, .from_count = count, .now = now, .own = -1, .result = result, .err = &own};
	m.dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m.dir < 0) return error_errno(err, "%s", directory);
	m.others = xcalloc(count + 1, sizeof *m.others);
	if (!locked) lock = lock_take(m.dir, "repair", now, &own);
	int rc = locked || lock >= 0 ? mend_all(&m) : -1;
	if (lock >= 0) close(lock);
	close(m.dir);
	free(m.others);
	buf_dispose(&m.entry);
	buf_dispose(&m.flipped);
	return rc < 0 ? error_set(err, own.code, "%s", own.text) : 0;
}
