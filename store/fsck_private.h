/* Parts of store_fsck. Each sees one snapshot of the catalogue; what damage it meets is a problem, not a failure. */
#ifndef LTVAULT_STORE_FSCK_PRIVATE_H
#define LTVAULT_STORE_FSCK_PRIVATE_H

#include "store/private.h"

struct fsck_later;
struct fsck {
	struct store *store;
	bool deep;
	fsck_problem *problem;
	void *user;
	struct fsck_counts *counts;
	struct fsck_later *later;
};

void fsck_say(struct fsck *fsck, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says a damage as a problem and returns 0; anything else stays an error: -1. */
int fsck_settle(struct fsck *fsck, struct error *found, struct error *err);

/* Rows that lie anywhere are looked up later, many at a time and in the order of their keys: so each page of the catalogue
 * is met once for all of them, in memory as on the disk. */
struct question {
	/* Says what is wrong; value NULL: the row is not there. */
	void (*answer)(struct fsck *fsck, const struct question *question, const struct span *value);
	uint64_t number, size; /* what the answer needs: number of the record, or offset in the pack */
	uint32_t index;        /* of the row, or number of the pack */
	uint8_t table, of;     /* where the row is; whose row names it */
	uint8_t key_len;
	unsigned char key[44]; /* the longest of those asked for; an object behind the key of its place */
};
void fsck_ask(struct fsck *fsck, struct txn *txn, enum table table, const struct key *key, struct question question);
void fsck_answer(struct fsck *fsck, struct txn *txn); /* all that were asked; done at the end of each part */
void fsck_later_free(struct fsck_later *later);       /* NULL-safe */

int fsck_packs(struct fsck *fsck, struct txn *txn, struct error *err);
int fsck_objects(struct fsck *fsck, struct txn *txn, struct error *err);
int fsck_records(struct fsck *fsck, struct txn *txn, struct error *err);

#endif
