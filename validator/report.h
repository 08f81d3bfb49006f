/* The report of schema ltvault.validation/1 (docs/cli.md). */
#ifndef LTVAULT_VALIDATOR_REPORT_H
#define LTVAULT_VALIDATOR_REPORT_H

#include "validator/judge.h"

/* A new reference. */
json_t *report_document(struct context *c, const struct judged *j);
/* What has to be appended for the request's `extend`, or why nothing is: docs/extend.md. Adds to `wants` what it lacks. */
json_t *report_extension(struct context *c, const struct judged *j, json_t *wants);
/* The keys that only an evidence record's entry has. */
void report_record(json_t *entry, const struct signature *record);

#endif
