/* What a worker says has to be appended to a document ("extension" of its report, docs/extend.md), held against what it
 * may say, and the bytes that come of it. */
#ifndef LTVAULT_ARCHIVER_EXTEND_PLAN_H
#define LTVAULT_ARCHIVER_EXTEND_PLAN_H

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utime.h"
#include "store/object.h"
#include "validator/extend_cms.h"
#include "validator/validator.h"

struct plan_item { /* an evidence object that the document refers to */
	enum object_kind kind;
	struct object_id id;
	const unsigned char *data; /* the caller's evidence, or `own` */
	size_t len;
	struct buf own; /* bytes that only the document had */
};

struct plan_piece {
	enum extend_piece_kind kind;
	struct buf literal; /* LITERAL; TOKEN once it is filled: the digits */
	size_t item;        /* ITEM: index */
	uint64_t at;        /* COPY: in the document */
	size_t len;         /* bytes in the file */
};

struct extend_plan {
	enum extend_refusal refusal; /* not NONE: only detail and retry_at mean something */
	char *detail;
	bool incomplete; /* status data younger than a proof is wanted, from retry_at on */
	utime retry_at;  /* UTIME_NONE not known */
	struct plan_item *items;
	size_t item_count;
	struct plan_piece *pieces;
	size_t count;
	uint64_t size, token_at; /* as struct extension */
	size_t token_digits;     /* 0: no time-stamp */
	bool whole;              /* the pieces are the new document (CMS), and not what comes behind the old one */
	struct extend_imprint *imprints; /* CMS: what has to be stamped before the pieces can be made; there are none yet then */
	size_t imprint_count;
};

/* Reads it for a document of `base_len` bytes; evidence is what the worker was offered and must outlive the plan.
 * ERROR_INTERNAL when it is not what a worker may say; then nothing has to be disposed of. */
int extend_plan_read(const json_t *report, uint64_t base_len, const struct val_blob *evidence, size_t evidence_count,
		     struct extend_plan *plan, struct error *err);
void extend_plan_dispose(struct extend_plan *plan);

/* What the token has to be about: everything but its digits and their brackets. */
void extend_plan_digest(const struct extend_plan *plan, const unsigned char *base, size_t len, enum digest_alg alg,
			unsigned char digest[static DIGEST_MAX]);
/* Puts the token into its place; false when it does not fit. */
bool extend_plan_fill(struct extend_plan *plan, const unsigned char *token, size_t len);
/* The new document. */
void extend_plan_assemble(const struct extend_plan *plan, const unsigned char *base, size_t len, struct buf *out);

#endif
