/* What evidence records cover: of one object, of one record, of everything that is kept. For show and the report. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_STATE_H
#define LTVAULT_ARCHIVER_EVIDENCE_STATE_H

#include "archiver/evidence.h"
#include "store/records.h"

/* One object's record in one series, *row a new reference: {"series", "digest", "digests", "authority", "authorities", "chains",
 * "timestamps", "from", "renewed", "until", "renew_by", "renewal", "limit", "detail"}. 1; 0 when it is in no round yet; -1 with
 * err, ERROR_DAMAGED when a tree or a token is not there. */
int evidence_state_object(struct evidence *evidence, const struct object_id *id, unsigned series, json_t **row,
			  struct error *err);
/* All objects of a record: {"objects", "covered", "waiting", "damaged", "more", "rows": [{"object", "what", "records": [...]}]}. An
 * object counts as covered when a series has it. "more": there are further ones, beyond LIMIT_SHOWN_ROWS. NULL with err. */
json_t *evidence_state_record(struct evidence *evidence, const struct record_row *row, struct error *err);
/* The same of the original alone, which may be no record's: "objects" is 1. */
json_t *evidence_state_original(struct evidence *evidence, const struct object_id *id, struct error *err);
/* Everything, and what happened from <= t < to: the report's "evidence" (docs/report.md). NULL with err. */
json_t *evidence_state_archive(struct evidence *evidence, utime from, utime to, struct error *err);

#endif
