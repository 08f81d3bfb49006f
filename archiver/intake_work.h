/* One record on its way to a worker: its row, metadata and evidence beforehand, its bytes when a worker is free. */
#ifndef LTVAULT_ARCHIVER_INTAKE_WORK_H
#define LTVAULT_ARCHIVER_INTAKE_WORK_H

#include "archiver/evidence.h"
#include "archiver/intake_judge.h"
#include "archiver/judge.h"
#include "base/mem.h"

struct pool_piece {
	struct object_id id;
	unsigned char *data; /* NULL: not readable */
	size_t len;
	utime since; /* the archive's own evidence records prove that it existed then; UTIME_NONE: they do not */
};

/* What the works of one run share. Evidence is read once for all of them. */
struct work_shared {
	struct app *app;
	struct fixity *fixity;
	struct batch *batch;
	struct evidence *evidence; /* the archive's evidence records; NULL when it has none */
	struct pool_piece *pieces;
	size_t count, cap;
};
void work_shared_dispose(struct work_shared *shared);

struct work {
	struct intake_judged *out;
	struct work_shared *shared;
	uint32_t pack;
	uint64_t offset;
	struct val_blob *evidence;
	size_t evidence_count, evidence_cap;
	struct buf records[EVIDENCE_SERIES]; /* the archive's own evidence records over it, among the evidence */
	struct val_proof *proofs; /* about the document, then about pieces of evidence */
	size_t proof_count, proof_cap;
	struct buf bytes_read;
	unsigned char *content_read; /* what out->content names, while a worker has it */
	struct val_blob companion;
	enum object_state bytes;
	bool too_large;
	struct val_request more;  /* how much of a form the archive's records are about */
	size_t linked;            /* of the evidence, what is linked to it: without the archive's own records */
	struct revision_row form; /* its newest long-term form, which is judged in its place; no pieces: none */
};
/* Reads row, metadata and evidence. 0, or -1 when the run failed. */
int work_begin(struct work *work, struct work_shared *shared, struct intake_judged *out, struct error *err);
/* Makes the judge's item of it; `work` must stay where it is. */
void work_fill(struct work *work, struct judge_item *item);
void work_dispose(struct work *work);
int work_by_place(const void *a, const void *b); /* for qsort: physical order */

/* An object that holds JSON; *json is NULL when its bytes are not there (told and noted as damage) or are no JSON. */
int work_read_json(struct work_shared *shared, const struct object_id *id, const char *whose, json_t **json,
		   struct error *err);

#endif
