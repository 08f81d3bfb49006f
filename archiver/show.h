/* One record, everything the archive knows of it. */
#ifndef LTVAULT_ARCHIVER_SHOW_H
#define LTVAULT_ARCHIVER_SHOW_H

#include "archiver/app.h"
#include "store/records.h"

#include <jansson.h>

/* The record that a person names: its number, or the digest of its original ("sha256:" may stand before it), whole or
 * its first digits, 8 at least (only digits: with "sha256:"). ERROR_NOT_FOUND, ERROR_USAGE when several begin so. */
int show_id(struct app *app, const char *text, uint64_t *number, struct error *err);

/* The same, and any stored object by its whole digest: *number is its record, 0 when it is no record's original. */
int show_find_object(struct app *app, const char *text, struct object_id *id, uint64_t *number, struct error *err);

/* The document of schema ltvault.record/1 (docs/search.md). Lists stop at LIMIT_SHOWN_ROWS entries, counts do not.
 * `verdict` is the number of the verdict whose report is included, 0 for the newest. What is missing or damaged is told
 * in the document ("bytes", "report_bytes"); -1 only when the run failed. */
json_t *show_document(struct app *app, uint64_t number, uint32_t verdict, struct error *err);
/* The same for people, in the language of messages. */
void show_print(FILE *out, const json_t *document);

/* A stored object as JSON. PRESENT gives a new reference in *json; bytes that are no JSON count as damaged. */
enum object_state show_read_json(struct store *store, const struct object_id *id, size_t max, json_t **json,
				 struct error *err);

#endif
