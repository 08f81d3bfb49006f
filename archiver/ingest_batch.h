/* One batch of an intake run on its way through the steps; used by archiver/ingest*.c alone. */
#ifndef LTVAULT_ARCHIVER_INGEST_BATCH_H
#define LTVAULT_ARCHIVER_INGEST_BATCH_H

#include "archiver/ingest.h"
#include "archiver/intake_judge.h"
#include "archiver/notice.h"

struct ingest {
	struct app *app;
	const struct ingest_options *options;
	struct ingest_counts *counts;
	struct error *err;
	struct intake intake;
	struct fixity fixity;
	struct intake_judge *judge; /* started when there is something to judge */
	struct batch *batch;
	struct intake_item *items; /* of this batch */
	size_t count, cap, limit;
	struct intake_judged *judged; /* of this batch, by record number */
	size_t judged_count;
	struct intake_taken *taken; /* what a dead run left and this one has not met yet */
	size_t taken_count, taken_cap;
	uint64_t *again; /* records that missed a file when they were judged */
	size_t again_count, again_cap, batches;
	char *in, *done, *refused, *outbox;
	bool listed; /* the list of files in the archive is not empty */
};

/* ---- ingest_batch.c: the two durable steps ---- */
struct intake_item *ingest_new_item(struct ingest *ingest, const char *path, size_t relative);
int ingest_take(struct ingest *ingest, struct intake_item *item);
/* Carries what is there through when it is enough, unless the file at `path` belongs to it. */
int ingest_make_room(struct ingest *ingest, const char *path);
bool ingest_has(const struct ingest *ingest, const char *path);
/* Carries everything in `items` through to the end. */
int ingest_flush(struct ingest *ingest);
/* Judges records that a dead run left pending. */
int ingest_judge(struct ingest *ingest, const uint64_t *numbers, size_t count);

/* Judges those that missed a file once more, when there were batches after theirs. */
int ingest_judge_again(struct ingest *ingest);

/* ---- ingest_finish.c: after what happened is durable ---- */
int ingest_finish(struct ingest *ingest);
/* Notice of a refusal, for the sender. `report`, `metadata`, `findings` may be NULL. */
int ingest_notice(struct app *app, const struct notice *what, struct error *err);

/* ---- ingest_left.c: the list of files that are recorded and not finished with ---- */
int ingest_left_read(struct ingest *ingest);
/* Puts the batch's files, and those of a dead run that were not met yet, into the open batch. */
void ingest_left_write(struct ingest *ingest);
/* Files that are finished with are forgotten; those that could not be moved stay. */
void ingest_left_met(struct ingest *ingest, const struct intake_item *item);
void ingest_left_keep(struct ingest *ingest, const struct intake_item *item);
/* At the end: what was not met is gone from the spool when the whole spool was walked. */
void ingest_left_end(struct ingest *ingest, bool spool);

#endif
