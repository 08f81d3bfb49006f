#include "store/journal.h"

#include "base/limits.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *journal_path(uint32_t file, char *text) {
	snprintf(text, FILE_PATH_MAX, "journal/%06u.log", file);
	return text;
}

void journal_next(const struct journal_head *head, uint64_t bound, struct journal_head *next) {
	*next = *head;
	if (head->file && head->offset < bound) return;
	next->file = head->file + 1;
	next->offset = JOURNAL_HEADER;
}

void journal_put(struct buf *entries, struct journal_head *head, struct event *event) {
	struct buf leaf = {0};
	unsigned char hash[SHA256_SIZE];
	event->sequence = ++head->sequence;
	head->when = event->when;
	event_put(&leaf, event);
	event_leaf_hash(span_of(&leaf), hash);
	event_chain(head->chain, hash);
	record_put_bytes(entries, leaf.data, leaf.len);
	record_put_raw(entries, hash, sizeof hash);
	record_put_raw(entries, head->chain, sizeof head->chain);
	head->offset += JOURNAL_ENTRY_MIN + leaf.len;
	buf_dispose(&leaf);
}

static void put_header(struct buf *b, const struct journal_head *start) {
	record_put_raw(b, "LTVJ", 4);
	record_put_u32(b, STORE_FORMAT_VERSION);
	record_put_u64(b, start->sequence + 1);
	record_put_raw(b, start->chain, SHA256_SIZE);
}

int journal_write(int dir, const struct journal_head *start, const struct buf *entries, struct error *err) {
	char path[FILE_PATH_MAX];
	struct buf header = {0};
	bool fresh = start->offset == JOURNAL_HEADER;
	int rc = -1,
	    fd = file_open(dir, journal_path(start->file, path), O_WRONLY | (fresh ? O_CREAT | O_EXCL : 0), err);
	if (fd < 0) return -1;
	if (fresh) {
		put_header(&header, start);
		if (file_write_at(fd, path, header.data, header.len, 0, err) < 0) goto out;
	}
	if (file_write_at(fd, path, entries->data, entries->len, start->offset, err) < 0) goto out;
	if (file_sync(fd, path, err) < 0) goto out;
	if (fresh && file_sync_folder(dir, "journal", err) < 0) goto out;
	rc = 0;
out:
	close(fd);
	buf_dispose(&header);
	return rc;
}

int journal_cut(int dir, const struct journal_head *head, struct error *err) {
	char path[FILE_PATH_MAX];
	int64_t highest = file_highest(dir, "journal", ".log", err);
	if (highest < 0) return -1;
	for (int64_t n = highest; n > head->file; n--)
		if (file_remove(dir, journal_path((uint32_t)n, path), err) < 0) return -1;
	if (!head->file) return 0;
	int64_t size = file_size(dir, journal_path(head->file, path), false, err);
	if (size < 0) return -1;
	if ((uint64_t)size <= head->offset) return 0;
	int fd = file_open(dir, path, O_WRONLY, err);
	if (fd < 0) return -1;
	int rc = file_truncate(fd, path, head->offset, err);
	if (!rc) rc = file_sync(fd, path, err);
	close(fd);
	return rc;
}

void journal_reader_begin(struct journal_reader *reader, int dir, const struct journal_head *from) {
	*reader = (struct journal_reader){.dir = dir, .at = *from};
}

void journal_reader_end(struct journal_reader *reader) {
	if (reader->stream) fclose(reader->stream);
	buf_dispose(&reader->entry);
	reader->stream = NULL;
}

static enum journal_step bad(struct journal_reader *r, const char *what, struct error *err) {
	char path[FILE_PATH_MAX];
	error_set(err, ERROR_DAMAGED, "%s: event %llu at byte %llu: %s", journal_path(r->at.file, path),
		  (unsigned long long)r->at.sequence + 1, (unsigned long long)r->at.offset, what);
	return JOURNAL_BAD;
}

static enum journal_step failed(struct journal_reader *r, struct error *err) {
	char path[FILE_PATH_MAX];
	error_errno(err, "%s", journal_path(r->at.file, path));
	return JOURNAL_FAILED;
}

static enum journal_step check_header(struct journal_reader *r, struct error *err) {
	unsigned char header[JOURNAL_HEADER];
	char path[FILE_PATH_MAX];
	size_t n = fread(header, 1, sizeof header, r->stream);
	if (n < sizeof header) return ferror((FILE *)r->stream) ? failed(r, err) : JOURNAL_TORN;
	struct record_reader in = record_reader_of(header + 4, sizeof header - 4);
	uint32_t version = record_get_u32(&in);
	if (memcmp(header, "LTVJ", 4)) return bad(r, "no journal file", err);
	if (version > STORE_FORMAT_VERSION) {
		error_set(err, ERROR_NEWER_FORMAT,
			  "%s: format %u is newer than format %d, the newest this program knows",
			  journal_path(r->at.file, path), version, STORE_FORMAT_VERSION);
		return JOURNAL_FAILED;
	}
	if (record_get_u64(&in) != r->at.sequence + 1 || memcmp(header + 16, r->at.chain, SHA256_SIZE))
		return bad(r, "the file does not continue the one before", err);
	return JOURNAL_EVENT;
}

/* Opens at.file; END when it is not there. */
static enum journal_step open_file(struct journal_reader *r, struct error *err) {
	char path[FILE_PATH_MAX];
	int fd = file_open_quietly(r->dir, journal_path(r->at.file, path), O_RDONLY);
	if (fd < 0) return errno == ENOENT ? JOURNAL_END : failed(r, err);
	r->stream = fdopen(fd, "r");
	if (r->at.offset > JOURNAL_HEADER)
		return fseeko(r->stream, (off_t)r->at.offset, SEEK_SET) ? failed(r, err) : JOURNAL_EVENT;
	r->at.offset = JOURNAL_HEADER;
	return check_header(r, err);
}

/* Puts the stream at the next entry: in this file, or at the start of the one after it. */
static enum journal_step position(struct journal_reader *r, struct error *err) {
	if (!r->at.file) {
		r->at.file = 1;
		r->at.offset = 0;
	}
	if (!r->stream) {
		enum journal_step step = open_file(r, err);
		if (step != JOURNAL_EVENT) return step;
	}
	int c = getc((FILE *)r->stream);
	if (c != EOF) {
		ungetc(c, r->stream);
		return JOURNAL_EVENT;
	}
	if (ferror((FILE *)r->stream)) return failed(r, err);
	char path[FILE_PATH_MAX];
	struct journal_head here = r->at;
	if (file_size(r->dir, journal_path(r->at.file + 1, path), true, err) < 0) return JOURNAL_END;
	fclose(r->stream);
	r->stream = NULL;
	r->at.file++;
	r->at.offset = 0;
	enum journal_step step = open_file(r, err);
	if (step == JOURNAL_EVENT) return position(r, err);
	if (step == JOURNAL_TORN) r->at = here;
	return step;
}

/* An entry that reaches past the end of the last file, or a length of zero with nothing but zeros behind it. */
static enum journal_step unfinished(struct journal_reader *r, bool zeros, struct error *err) {
	char path[FILE_PATH_MAX];
	if (ferror((FILE *)r->stream)) return failed(r, err);
	for (int c; zeros && (c = getc((FILE *)r->stream)) != EOF;)
		if (c) return bad(r, "its length is zero", err);
	if (file_size(r->dir, journal_path(r->at.file + 1, path), true, NULL) >= 0)
		return bad(r, "it reaches past the end of the file", err);
	return JOURNAL_TORN;
}

enum journal_step journal_reader_next(struct journal_reader *r, struct event *event, struct error *err) {
	unsigned char head[4], hashes[2 * SHA256_SIZE], chain[SHA256_SIZE];
	enum journal_step step = position(r, err);
	if (step != JOURNAL_EVENT) return step;
	if (fread(head, 1, sizeof head, r->stream) < sizeof head) return unfinished(r, false, err);
	struct record_reader in = record_reader_of(head, sizeof head);
	uint32_t len = record_get_u32(&in);
	if (!len) return unfinished(r, true, err);
	if (len > LIMIT_EVENT_BYTES) return bad(r, "it is larger than any event", err);
	r->entry.len = 0;
	buf_reserve(&r->entry, len);
	r->entry.len = fread(r->entry.data, 1, len, r->stream);
	if (r->entry.len < len || fread(hashes, 1, sizeof hashes, r->stream) < sizeof hashes)
		return unfinished(r, false, err);
	event_leaf_hash(span_of(&r->entry), r->leaf);
	memcpy(chain, r->at.chain, sizeof chain);
	event_chain(chain, r->leaf);
	if (memcmp(hashes, r->leaf, SHA256_SIZE)) return bad(r, "its hash is wrong", err);
	if (memcmp(hashes + SHA256_SIZE, chain, SHA256_SIZE)) return bad(r, "the chain is broken", err);
	int rc = event_get(span_of(&r->entry), event);
	if (rc > 0) {
		error_set(err, ERROR_NEWER_FORMAT, "journal: event %llu is of a newer format than this program knows",
			  (unsigned long long)r->at.sequence + 1);
		return JOURNAL_FAILED;
	}
	if (rc < 0) return bad(r, "it is malformed", err);
	if (event->sequence != r->at.sequence + 1) return bad(r, "its number does not follow", err);
	memcpy(r->at.chain, chain, sizeof chain);
	r->at.sequence++;
	r->at.offset += JOURNAL_ENTRY_MIN + len;
	r->at.when = event->when;
	return JOURNAL_EVENT;
}
