/* In how many copies each record exists, counted record by record against the rotation policy (3-2-1). */
#ifndef LTVAULT_ARCHIVER_REPORT_COPIES_H
#define LTVAULT_ARCHIVER_REPORT_COPIES_H

#include "archiver/app.h"
#include "store/records.h"

#include <jansson.h>

struct report_copies;
/* NULL with err. */
struct report_copies *report_copies_new(struct app *app, struct error *err);
void report_copies_count(struct report_copies *copies, const struct record_row *record);
/* The report's part "copies" (docs/report.md), a new reference; frees the rest. NULL is fine, and gives NULL. */
json_t *report_copies_take(struct report_copies *copies);

#endif
