#include "store/fsck_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS 262144 /* 21 MB; a million objects are then met in four walks through their table */

struct fsck_later {
	struct question questions[QUESTIONS];
	const struct question *order[QUESTIONS];
	size_t count;
};

static int by_key(const void *a, const void *b) {
	const struct question *x = *(const struct question *const *)a, *y = *(const struct question *const *)b;
	if (x->table != y->table) return x->table < y->table ? -1 : 1;
	int order = memcmp(x->key, y->key, x->key_len); /* one table's keys have one length */
	if (order) return order;
	return x < y ? -1 : x > y; /* as they were asked */
}

void fsck_ask(struct fsck *fsck, struct txn *txn, enum table table, const struct key *key, struct question question) {
	assert(key->len <= sizeof question.key);
	question.table = (uint8_t)table;
	question.key_len = (uint8_t)key->len;
	memcpy(question.key, key->data, key->len);
	if (!fsck->later) fsck->later = xcalloc(1, sizeof *fsck->later);
	struct fsck_later *later = fsck->later;
	later->questions[later->count++] = question;
	if (later->count == QUESTIONS) fsck_answer(fsck, txn);
}

void fsck_answer(struct fsck *fsck, struct txn *txn) {
	struct fsck_later *later = fsck->later;
	if (!later) return;
	for (size_t i = 0; i < later->count; i++) later->order[i] = &later->questions[i];
	qsort(later->order, later->count, sizeof *later->order, by_key);
	for (size_t i = 0; i < later->count; i++) {
		const struct question *q = later->order[i];
		struct span value;
		bool there = txn_get(txn, q->table, (struct span){q->key, q->key_len}, &value);
		/* A damaged row stops the transaction, which is told; nothing is known about the others then. */
		if (txn_failed(txn)) break;
		q->answer(fsck, q, there ? &value : NULL);
	}
	later->count = 0;
}

void fsck_later_free(struct fsck_later *later) {
	free(later);
}
