/* What belongs to a record, for `show` and the export: content and signatures, attachments. */
#ifndef LTVAULT_ARCHIVER_SHOW_SET_H
#define LTVAULT_ARCHIVER_SHOW_SET_H

#include "store/records.h"

#include <jansson.h>
#include <stdio.h>

/* Adds "content" (object or null), "detached_signatures" and "attachments" (lists) to the document, whose "metadata" is
 * there already. 0, or -1 with err. */
int show_add_set(json_t *doc, struct store *store, const struct record_row *row, struct error *err);
void show_print_set(FILE *out, const json_t *doc);

#endif
