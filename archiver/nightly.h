/* The night: intake of the spool, verification of what is due, evidence records, search index, backup, report, in this order.
 *
 * The archive is opened once and stays locked. A step that fails does not keep the later ones from running; each goes
 * on where a dead run stopped. What each came to is in one run record, an event at the end; before the backup and before
 * the report its steps so far become the value RUN_UNDER_WAY, so that both hold what this night did. */
#ifndef LTVAULT_ARCHIVER_NIGHTLY_H
#define LTVAULT_ARCHIVER_NIGHTLY_H

#include "archiver/run_record.h"

/* Runs every step; 0, or -1 when the archive could not be opened or the record not be written. */
int nightly_run(struct app *app, struct run_record *record, struct error *err);

#endif
