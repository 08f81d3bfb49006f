/* The restore test inside the night. */
#ifndef LTVAULT_ARCHIVER_DRILL_NIGHT_H
#define LTVAULT_ARCHIVER_DRILL_NIGHT_H

#include "archiver/drill.h"

/* When one is due and drill.automatic says so: a sample from that medium of backup.media that is mounted, needs no key and was drilled the
 * longest ago, within drill.bytes and drill.time. Its outcome is a drill's like any other (*outcome, a new reference; NULL when none was
 * made). A due drill that could not be made is a finding that says which medium to connect; one that failed is damage. The store must
 * be open for writing. */
int drill_night(struct app *app, json_t **outcome, struct error *err);

#endif
