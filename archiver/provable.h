/* Until when a record can be proven (docs/forecast.md): what its newest verdict says, or a value of its own where judging it
 * again moved the date and nothing else, so that a renewed evidence record does not keep every report a second time. */
#ifndef LTVAULT_ARCHIVER_PROVABLE_H
#define LTVAULT_ARCHIVER_PROVABLE_H

#include "store/batch.h"
#include "store/records.h"

#include <jansson.h>

/* What holds now; `report` is the stored report of the newest verdict (NULL none). *out: {"until", "limit", "detail",
 * "algorithms"}, a new reference, NULL where nothing is known. 0, or -1. */
int provable_now(struct store *store, uint64_t number, const json_t *report, json_t **out, struct error *err);
/* The value of its own as it is stored, "" none; the caller's. NULL with err set on failure. */
char *provable_value(struct store *store, uint64_t number, struct error *err);
/* Goes with the record's verification into the batch: `judged` is what was found today; `stored` the report that the
 * record has after this. 0, or -1. */
int provable_keep(struct store *store, struct batch *batch, uint64_t number, const json_t *stored, const json_t *judged,
		  struct error *err);

#endif
