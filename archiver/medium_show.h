/* One medium as its ledger has it, for people and as JSON (schema ltvault.medium-state/1, docs/media.md). */
#ifndef LTVAULT_ARCHIVER_MEDIUM_SHOW_H
#define LTVAULT_ARCHIVER_MEDIUM_SHOW_H

#include "archiver/medium_ledger.h"

#include <stdio.h>

/* A new reference; `whole` adds generations and errors. */
json_t *medium_json(const struct medium *medium, utime now, bool whole);
void medium_print_row(FILE *out, const json_t *row);
void medium_print(FILE *out, const json_t *doc);

#endif
