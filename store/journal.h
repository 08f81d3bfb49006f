/* The journal on disk: files journal/%06u.log, each a header and entries one after another.
 *
 * Entry: length of the leaf, leaf, its RFC 6962 leaf hash, chain value after it. A file continues the one before:
 * its header repeats the sequence and the chain value it starts from, so each file can be checked alone. */
#ifndef LTVAULT_STORE_JOURNAL_H
#define LTVAULT_STORE_JOURNAL_H

#include "store/event.h"

#define JOURNAL_HEADER 48 /* "LTVJ", format version, first sequence, chain before it */
#define JOURNAL_ENTRY_MIN (4 + 2 * SHA256_SIZE)

char *journal_path(uint32_t file, char *text); /* FILE_PATH_MAX bytes */

/* Where the next batch begins: behind head, or in a new file once this one has reached its bound. */
void journal_next(const struct journal_head *head, uint64_t bound, struct journal_head *next);
/* Appends one entry to `entries` and moves `head` (offset, sequence, chain, time) behind it. */
void journal_put(struct buf *entries, struct journal_head *head, struct event *event);
/* Writes a batch's entries, which begin at `start`; durable when 0. */
int journal_write(int dir, const struct journal_head *start, const struct buf *entries, struct error *err);
/* Removes what lies behind head; -1 when that could not be done. */
int journal_cut(int dir, const struct journal_head *head, struct error *err);

/* ---- reading ---- */
enum journal_step {
	JOURNAL_EVENT,
	JOURNAL_END,
	JOURNAL_TORN,   /* a write that did not finish: an entry past the end of the last file, or zeros up to it */
	JOURNAL_BAD,    /* whole, but not what was written; err names file and byte */
	JOURNAL_FAILED, /* the run failed */
};
struct journal_reader {
	int dir;
	struct journal_head at; /* before the next event */
	void *stream;           /* FILE of at.file */
	struct buf entry;
	unsigned char leaf[SHA256_SIZE]; /* of the event just read */
};
/* Begins behind `from` (file 0: at the very beginning). */
void journal_reader_begin(struct journal_reader *reader, int dir, const struct journal_head *from);
/* The event's payload is borrowed until the next call. */
enum journal_step journal_reader_next(struct journal_reader *reader, struct event *event, struct error *err);
void journal_reader_end(struct journal_reader *reader);

#endif
