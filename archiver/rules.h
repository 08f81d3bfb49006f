/* This country's rules for signed documents (docs/rules.md), reported beside the verdict, which they never change.
 *
 * A pure function of a report and of what the metadata declares: the same in, the same out. Each rule is one row of
 * archiver/archive_finding.def. Signatures are taken as they are there, valid or not: validity is the verdict's. */
#ifndef LTVAULT_ARCHIVER_RULES_H
#define LTVAULT_ARCHIVER_RULES_H

#include <jansson.h>

/* A list of findings, a new reference. `metadata` is the canonical form (archiver/metadata.h); NULL: none, and rules
 * that need it say nothing. Empty for formats that carry no signatures of documents. */
json_t *rules_apply(const json_t *report, const json_t *metadata);
/* Sets "rules" in the report, and "copy": how it was recognised as a copy, null when it was not. */
void rules_add(json_t *report, const json_t *metadata);

#endif
