/* What the archive can say of one object's evidence records, and of those that others hold. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_SHOW_H
#define LTVAULT_ARCHIVER_EVIDENCE_SHOW_H

#include "archiver/evidence.h"
#include "archiver/evidence_group.h"
#include "archiver/judge.h"

#include <stdio.h>

/* A record's number, the digest of any object, or the first digits of a document's. 0, or -1 with err. */
int evidence_object(struct app *app, const char *text, struct object_id *id, struct error *err);

/* {"object", "records": [{"series", "digest", "from", "until", "chains", "timestamps", "authority"}]}; NULL with err. */
json_t *evidence_show(struct evidence *evidence, const struct object_id *id, struct error *err);
/* {"timestamps": [...], "waiting": [...]}: every time-stamp of the archive. */
json_t *evidence_list(struct evidence *evidence, struct error *err);
void evidence_print(FILE *out, const json_t *shown);

/* Of a record's group (archiver/evidence_group.h): {"record", "groups": [{"series", "members", "missing", "closed", "digest", "from",
 * "renewed", "timestamps"}]}; NULL with err. */
json_t *evidence_show_group(struct evidence *evidence, uint64_t number, struct error *err);
/* Judges a record over the bytes of a group; `missing` of its members were not found whole, which is told. */
json_t *evidence_check_group(struct evidence *evidence, struct judge *judge, const struct evidence_group *group, size_t missing,
			     const unsigned char *record, size_t len, struct error *err);
/* Judges a record over the object's bytes in a worker, and holds its newest time-stamp against the journal: a validation
 * report with archive_findings. The bytes are read whole once; damaged ones are ERROR_DAMAGED. */
json_t *evidence_check(struct evidence *evidence, struct judge *judge, const struct object_id *id,
		       const unsigned char *record, size_t len, struct error *err);

#endif
