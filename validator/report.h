/* The report of schema ltvault.validation/1 (docs/cli.md). */
#ifndef LTVAULT_VALIDATOR_REPORT_H
#define LTVAULT_VALIDATOR_REPORT_H

#include "validator/judge.h"

/* A new reference. */
json_t *report_document(struct context *c, const struct judged *j);
json_t *report_brief(struct context *c, const struct judged *j);
/* The parts that both have: what is wanted, and what became of the evidence. Takes over `wants`. */
void report_add_material(json_t *report, struct context *c, json_t *wants);
const char *report_kind_name(const struct signature *s);         /* "signature", "document-timestamp" ... */
const char *report_coverage_name(const struct signature *s);     /* "whole-file" ... */
const char *report_modification_name(const struct signature *s); /* "none" ... */
const char *report_integrity_name(bool intact);
/* What has to be appended for the request's `extend`, or why nothing is: docs/extend.md. Adds to `wants` what it lacks. */
json_t *report_extension(struct context *c, const struct judged *j, json_t *wants);
/* The keys that only an evidence record's entry has. */
void report_record(json_t *entry, const struct signature *record);

#endif
