/* Parts of store_fsck. Each sees one snapshot of the catalogue; what damage it meets is a problem, not a failure. */
#ifndef LTVAULT_STORE_FSCK_PRIVATE_H
#define LTVAULT_STORE_FSCK_PRIVATE_H

#include "store/private.h"

struct fsck {
	struct store *store;
	bool deep;
	fsck_problem *problem;
	void *user;
	struct fsck_counts *counts;
};

void fsck_say(struct fsck *fsck, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says a damage as a problem and returns 0; anything else stays an error: -1. */
int fsck_settle(struct fsck *fsck, struct error *found, struct error *err);

int fsck_packs(struct fsck *fsck, struct txn *txn, struct error *err);
int fsck_objects(struct fsck *fsck, struct txn *txn, struct error *err);
int fsck_records(struct fsck *fsck, struct txn *txn, struct error *err);

#endif
