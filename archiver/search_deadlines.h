/* Dates on which something that a record's verdict rests on ends, whichever comes first: roots, authorities, time-stamping
 * authorities, algorithms. Many records have the same ones, so that a set of them stands in the index once. */
#ifndef LTVAULT_ARCHIVER_SEARCH_DEADLINES_H
#define LTVAULT_ARCHIVER_SEARCH_DEADLINES_H

#include "archiver/search_db.h"

#include <jansson.h>

extern const char search_deadlines_schema[];
/* Of a validation report: [[kind, name, ends in microseconds], ...], sorted, each once; kinds are "root", "ca-certificate",
 * "tsa-certificate" and "algorithm". Signers' certificates are as many as signers and counted otherwise. A new reference. */
json_t *search_deadlines_of(const json_t *report);
/* The number of that set, 0 for an empty one. 0, or -1. */
int search_deadlines_put(struct search_db *db, const json_t *list, int64_t *id, struct error *err);

#endif
