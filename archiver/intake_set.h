/* What belongs to a record: what a detached signature signs, the signatures of a file, the attachments of a document.
 *
 * Attachments are listed by name in the metadata and found by name whenever they are asked for; a signature's content
 * stands by digest in its metadata, and the signature is linked to the content as evidence, so that either leads to
 * the other. */
#ifndef LTVAULT_ARCHIVER_INTAKE_SET_H
#define LTVAULT_ARCHIVER_INTAKE_SET_H

#include "archiver/intake_judge.h"

/* Records of detached signatures on the record, ascending by digest, at most `max`; how many, -1 on error. */
int set_signatures(struct store *store, uint64_t number, uint64_t *numbers, size_t max, struct error *err);
/* The record of an attachment named in the metadata of `main`: of several with that name the one that came nearest in
 * time. 1 found, 0 not there, -1 error. */
int set_attachment(struct store *store, const struct record_row *main, const char *file, struct record_row *row,
		   struct error *err);

/* ---- while `items` are judged together; their reports are there, nothing of them is in the catalogue yet ---- */

/* A detached signature on the record is TOTAL-PASSED: 1, else 0; -1 on error. */
int intake_set_signed(struct store *store, const struct intake_judged *items, size_t count, uint64_t number,
		      struct error *err);
/* Adds CONTENT_MISSING, ATTACHMENT_MISSING and ATTACHMENT_UNSIGNED where they are true of `out`. */
int intake_set_findings(struct store *store, const struct intake_judged *items, size_t count,
			const struct intake_judged *out, json_t *findings, struct error *err);
/* Makes durable what `out` signs (out->content): in its metadata, and as a link from the content. */
int intake_set_link(struct store *store, struct batch *batch, const struct intake_judged *out, struct error *err);

#endif
