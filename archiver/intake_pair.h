/* Intake of a detached signature: which file of its folder it signs, written into its metadata (archiver/content.h). */
#ifndef LTVAULT_ARCHIVER_INTAKE_PAIR_H
#define LTVAULT_ARCHIVER_INTAKE_PAIR_H

#include "archiver/intake.h"

/* The file that must be taken in before the item: what it is said to sign, by its sidecar or by the names. NULL when
 * there is none beside it. Owned. */
char *intake_pair_path(const struct intake_item *item);
/* Completes item->metadata when the file beside it is in the archive or in this batch, or when the newest metadata of
 * its record (`newest`, zero: none) says what it signs and the item's does not. `there`: the record is not new; what
 * came again without a sidecar changes nothing. 0, or -1 with err. */
int intake_pair(struct intake *intake, struct intake_item *item, bool there, const struct object_id *newest,
		struct error *err);

#endif
