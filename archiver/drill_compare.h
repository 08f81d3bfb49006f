/* One record of a drill: restored to scratch space and held against the archive. */
#ifndef LTVAULT_ARCHIVER_DRILL_COMPARE_H
#define LTVAULT_ARCHIVER_DRILL_COMPARE_H

#include "archiver/medium_place.h"
#include "store/records.h"

#include <jansson.h>

struct drill_work {
	struct store *archive, *from; /* from: the medium, or the copy restored from it */
	struct medium_place scratch;
	uint64_t bytes; /* restored and read back */
	json_t *failures;
	uint64_t failure_count;
};
/* What does not agree is added to the failures and is no error; -1: the drill cannot go on. */
int drill_record(struct drill_work *work, uint64_t number, struct error *err);
void drill_failure(struct drill_work *work, uint64_t number, const char *what);

#endif
