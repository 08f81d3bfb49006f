/* A certificate turns out to be revoked: every record that rests on it deserves a second look, whether it was signed before or
 * after. Nothing that was said earlier is altered: the records get the statement that revokes as evidence and are due, and
 * their next verdict stands beside the earlier ones. */
#ifndef LTVAULT_ARCHIVER_SECOND_LOOK_H
#define LTVAULT_ARCHIVER_SECOND_LOOK_H

#include "archiver/app.h"
#include "store/batch.h"

#include <jansson.h>

#define SECOND_LOOK_NOTE "revoked"           /* a certificate was found revoked: once for each certificate and time of revocation */
#define SECOND_LOOK_LIST "revoked-records"   /* the records that rest on one, in pieces */

/* Writes down what a report says of revoked certificates and was not written down before. */
int second_look_note(struct store *store, struct batch *batch, uint64_t number, const json_t *report, struct error *err);

struct second_look_counts {
	uint64_t certificates, records, before, after, unknown; /* signed before or after the revocation; not proven when */
};
/* Finds the records of everything written down since the last time, through the search index, which must be up to date: links,
 * makes due, lists. Each step is durable; a run that was stopped goes on. 0, or -1. */
int second_look_run(struct app *app, struct second_look_counts *counts, struct error *err);

#endif
