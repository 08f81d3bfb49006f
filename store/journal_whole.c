#include "store/journal_whole.h"

#include "base/limits.h"
#include "store/file.h"
#include "store/journal.h"
#include "store/store.h"

#include <string.h>

/* 1 read whole, 0 the file ends before that, -1 with err. */
static int read_at(int fd, const char *name, void *to, size_t len, uint64_t offset, struct error *err) {
	ssize_t n = file_read_at(fd, name, to, len, offset, err);
	return n < 0 ? -1 : (size_t)n == len;
}

/* Reads the entry at an offset and moves `chain` behind it: 1, 0 when it is none, -1 with err. */
static int pass_entry(int fd, const char *name, uint64_t offset, struct buf *entry, unsigned char chain[static SHA256_SIZE], struct error *err) {
	unsigned char head[4], hashes[2 * SHA256_SIZE];
	int rc = read_at(fd, name, head, sizeof head, offset, err);
	if (rc != 1) return rc;
	struct record_reader r = record_reader_of(head, sizeof head);
	uint32_t len = record_get_u32(&r);
	if (!len || len > LIMIT_EVENT_BYTES) return 0;
	entry->len = 0;
	buf_reserve(entry, len + sizeof hashes);
	if ((rc = read_at(fd, name, entry->data, len + sizeof hashes, offset + sizeof head, err)) != 1) return rc;
	entry->len = len;
	event_leaf_hash(span_of(entry), hashes);
	memcpy(hashes + SHA256_SIZE, chain, SHA256_SIZE);
	event_chain(hashes + SHA256_SIZE, hashes);
	if (memcmp(hashes, entry->data + len, sizeof hashes)) return 0;
	memcpy(chain, hashes + SHA256_SIZE, SHA256_SIZE);
	return 1;
}

int store_journal_whole(int fd, const char *name, uint64_t *whole, struct error *err) {
	unsigned char header[JOURNAL_HEADER], *chain = header + JOURNAL_HEADER - SHA256_SIZE;
	struct buf entry = {0};
	*whole = 0;
	int rc = read_at(fd, name, header, sizeof header, 0, err);
	if (rc == 1 && !memcmp(header, "LTVJ", 4)) *whole = JOURNAL_HEADER;
	while (*whole && (rc = pass_entry(fd, name, *whole, &entry, chain, err)) == 1) *whole += JOURNAL_ENTRY_MIN + entry.len;
	buf_dispose(&entry);
	return rc < 0 ? -1 : 0;
}
