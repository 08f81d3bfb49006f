/* What the parts of extending share. Nobody else includes this. */
#ifndef LTVAULT_ARCHIVER_EXTEND_PRIVATE_H
#define LTVAULT_ARCHIVER_EXTEND_PRIVATE_H

#include "archiver/extend.h"
#include "archiver/extend_plan.h"
#include "archiver/judge.h"
#include "archiver/tsa.h"
#include "base/mem.h"
#include "store/batch.h"

struct extend_held { /* evidence in memory, once for all documents that are worked on together */
	struct object_id id;
	unsigned char *data;
	size_t len;
};

struct extend_work {
	struct app *app;
	const struct extend_options *options;
	struct extend_counts *counts;
	struct judge *judge;
	struct tsa *tsa;
	struct error *err;
	struct extend_held *held;
	size_t held_count, held_cap;
	json_t *pending; /* by record number: what has a token and is no revision yet, a form or what it will be made of */
	bool no_token;   /* no authority answered: not asked again in this run */
	size_t room;     /* bytes kept for a token */
};

/* One record on its way; each step leaves those alone that have a refusal. */
struct extend_document {
	struct extend_work *work;
	uint64_t number;
	struct record_row record;
	struct revision_row base; /* the newest form; the original as a revision of one piece */
	struct val_blob *evidence;
	size_t evidence_count, evidence_cap;
	struct buf bytes;  /* while a worker has them */
	struct object_id content; /* what a detached signature signs; zero: none, or not known */
	unsigned char *content_read; /* while a worker has it */
	struct val_blob companion;
	json_t *before, *after; /* reports */
	struct extend_plan plan;
	bool planned;      /* plan is filled in: nothing of it is in the store yet unless `stored` */
	struct buf own;    /* its literal bytes, joined */
	struct tsa_token token;
	struct tsa_token *tokens; /* CMS: for the imprints of the plan; der NULL: not there yet */
	size_t token_count;
	struct revision_row form; /* what it becomes */
	struct object_id *links;  /* evidence of the form */
	size_t link_count;
	bool stored;       /* its objects are durable, and it is among work->pending */
	bool kept;         /* the same of the plan with the tokens that have come (CMS) */
	bool stamped, unstamped;
	size_t stamps;     /* time-stamps put into signatures (CMS) */
	enum extend_refusal refusal;
	char *detail;
	utime retry_at;
	char *level;
};

/* ---- extend_document.c ---- */
/* Row, newest form, evidence. 0, or -1 when the run failed. */
int extend_document_open(struct extend_document *d, struct extend_work *work, uint64_t number);
void extend_document_close(struct extend_document *d);
/* The plan and all that came of it. */
void extend_document_drop(struct extend_document *d);
void extend_document_refuse(struct extend_document *d, enum extend_refusal refusal, const char *detail);
/* The bytes of its newest form into `out`: false, and refused, when they are not there. -1 when the run failed. */
int extend_document_read(struct extend_document *d, struct buf *out);
/* The same bytes for as long as the group is worked on. */
const struct extend_held *extend_hold(struct extend_work *w, const struct object_id *id, const unsigned char *data,
				      size_t len);
void extend_release(struct extend_work *w);
/* Judges all of them, and has their extension planned; `stamp`: with a place for a time-stamp where one is due. */
int extend_documents_plan(struct extend_work *w, struct extend_document *const *list, size_t count, bool stamp);
/* Has the pieces made of a planned form, with the tokens that it asked for (CMS). */
int extend_document_finish(struct extend_document *d, const struct val_blob *tokens, size_t count);
/* Judges the new forms by themselves; what does not hold is refused. */
int extend_documents_check(struct extend_work *w, struct extend_document *const *list, size_t count);

/* ---- extend_form.c ---- */
/* The row of the planned form, its digest, what it links to. */
void extend_form_make(struct extend_document *d, const struct buf *whole);
/* Puts the objects of the form into the batch. */
void extend_form_put(struct batch *batch, const struct extend_document *d);
/* Makes it the record's newest revision. */
void extend_form_adopt(struct batch *batch, const struct extend_document *d);
json_t *extend_form_json(const struct extend_document *d);
/* A form that a run left behind; false when it does not belong to what the record is now. */
bool extend_form_read(const json_t *json, struct extend_document *d);

/* ---- extend_kept.c ---- */
/* The plan of a CMS signature with the tokens that have come, and its objects into the batch. */
json_t *extend_kept_json(const struct extend_document *d);
void extend_kept_put(struct batch *batch, const struct extend_document *d);
/* What a run left behind: 1; 0 when it does not belong to what the record is now, or is not there any more; -1 when the run
 * failed. After 0 the plan is to be dropped. */
int extend_kept_read(const json_t *json, struct extend_document *d);

/* ---- extend_due.c ---- */
/* Numbers of what is due, most pressing first, at most `max`; owned. *more counts what did not fit. */
int extend_due(struct app *app, size_t max, uint64_t **numbers, size_t *count, uint64_t *more, struct error *err);
/* When to look at a record again, by what became of it. */
utime extend_next(const struct extend_work *w, const struct extend_document *d);
void extend_put_next(struct batch *batch, uint64_t number, utime next);

#endif
