/* Keeping what judging fetched, in the archive: the callbacks of judge_options over a batch, for whoever has one open. */
#ifndef LTVAULT_ARCHIVER_JUDGE_KEEP_H
#define LTVAULT_ARCHIVER_JUDGE_KEEP_H

#include "archiver/judge.h"
#include "store/batch.h"

/* Stores the bytes as an object, and for what is asked for every night (lists, certificates of issuers) under which
 * question they came and how their host names them. Durable with the batch. */
int judge_keep_piece(struct batch *batch, const struct judge_piece *piece, struct error *err);
/* 1, 0 nothing is known, -1. */
int judge_keep_recall(struct store *store, const char *question, struct judge_known *known, struct error *err);
/* 1, 0 it is not there or damaged, -1. */
int judge_keep_reload(struct store *store, const struct object_id *id, unsigned char **data, size_t *len, struct error *err);

#endif
