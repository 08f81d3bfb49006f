/* The record of a run: what it set out to do, what each step came to. One event "run" in the journal. */
#ifndef LTVAULT_ARCHIVER_RUN_RECORD_H
#define LTVAULT_ARCHIVER_RUN_RECORD_H

#include "archiver/app.h"
#include "store/batch.h"

#include <jansson.h>

/* The value that holds the record of a night that has not ended: a text as below, with the steps that have. */
#define RUN_UNDER_WAY "nightly/under-way"

/* {"command", "start", "seconds", "status", "steps": [{"step", "status", "error", "counts": {...}}]} */
struct run_record;
struct run_record *run_record_new(const struct app *app);
void run_record_free(struct run_record *record);

/* One step that ended; counts (owned by the record from now on; may be NULL) and err (NULL or none: it went well). */
void run_record_step(struct run_record *record, const char *step, int status, json_t *counts, const struct error *err);
/* Canonical JSON, owned by the caller. Seconds are measured from run_record_new. */
char *run_record_text(const struct run_record *record);
/* Puts the record into an open batch, or commits one of its own; the app's store must be open for writing and no batch
 * under way. */
void run_record_put(const struct run_record *record, struct batch *batch);
int run_record_commit(const struct run_record *record, struct error *err);
/* The end of a command that is one step: worsens the status when it failed (rc), commits the record with the step in it,
 * and frees it. On a full disk nothing more is written. Returns rc, or -1 with err when only the commit failed. */
int run_record_close(struct run_record *record, struct app *app, const char *step, int rc, json_t *counts, struct error *err);

#endif
