/* Evidence records of what a record is made of, as `show` and `validate` tell them. */
#ifndef LTVAULT_ARCHIVER_SHOW_EVIDENCE_H
#define LTVAULT_ARCHIVER_SHOW_EVIDENCE_H

#include "archiver/app.h"
#include "store/records.h"

#include <jansson.h>
#include <stdio.h>

/* Adds "evidence_records" (archiver/evidence_state.h). A damaged tree or token is told in it. 0, or -1. */
int show_add_evidence_records(json_t *doc, struct app *app, const struct record_row *row, struct error *err);
/* The same for people; nothing where there is nothing to tell. */
void show_print_evidence_records(FILE *out, const json_t *part);

#endif
