/* What the files of the store share. */
#ifndef LTVAULT_STORE_PRIVATE_H
#define LTVAULT_STORE_PRIVATE_H

#include "store/batch.h"
#include "store/catalogue.h"
#include "store/journal.h"
#include "store/pack.h"

struct store {
	char *directory;
	int dir, lock; /* lock -1: a reader */
	bool medium;   /* a copy nobody writes to */
	struct catalogue *catalogue;
	struct pack_set *packs;
	unsigned threads; /* that hash in a deep check; 0 is 1 */
	fsck_progress *progress;
	void *progress_user;

	/* Of a writer: */
	struct pack_writer *writer;
	struct journal_head head;
	uint64_t records;    /* numbers given out and committed */
	struct batch *batch; /* the open one */
	uint64_t journal_bound;
	struct error broken; /* a batch could not be rolled back: nothing is written before the next open */
};

bool store_writes(const struct store *store);
/* Bounds at which a pack and a journal file are followed by new ones; tests use small ones. */
void store_set_bounds(struct store *store, uint64_t pack_bytes, uint64_t journal_bytes);

/* The lock file: descriptor, or -1. */
int lock_take(int dir, const char *who, utime now, struct error *err);

/* ERROR_CLOCK where `now` is before the last event: time in the journal does not go back. */
int store_check_clock(utime now, utime last, struct error *err);

/* Reads and checks the format version and the head. */
int store_check_format(struct txn *txn, struct error *err);
bool store_get_head(struct txn *txn, struct journal_head *head);

/* The end of a batch in the catalogue: its row and the new head. */
void recover_batch_end(struct txn *txn, const struct journal_head *start, const struct journal_head *head);
/* Applies complete batches behind *head and moves it; `strict`: what is damaged is an error, not a dead run's tail. */
int recover_journal(int dir, struct catalogue *catalogue, struct journal_head *head, bool strict, struct error *err);
/* Removes what dead batches left behind in packs and journal, and makes the writer. */
int recover_tails(struct store *store, struct error *err);

/* Up to `max` objects whose content begins behind the place, in physical order; fewer at the end of pack `last` or on error. */
size_t store_places_after(struct store *store, uint32_t pack, uint64_t offset, uint32_t last, struct object_info *rows, size_t max,
			  struct error *err);

#define STORE_FRAME_NAME_MAX 32
/* The value that keeps the digest of a pack's parts, with its seal. */
char *store_frame_name(uint32_t pack, char name[static STORE_FRAME_NAME_MAX]);

/* Digests and makes read-only every pack that is closed; called by store_close. */
int store_seal(struct store *store, utime now, struct error *err);
/* SHA-256 of a whole pack: 1, 0 when it has another length, -1 error. */
int seal_digest(int dir, uint32_t pack, uint64_t length, unsigned char digest[static SHA256_SIZE], struct error *err);
/* Adds an event to a batch; the payload is taken over. For events without a function in batch.h. */
void batch_add_event(struct batch *batch, unsigned type, uint64_t number, struct buf *payload);

#endif
