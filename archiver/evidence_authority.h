/* The authorities of evidence records as configured: [timestamp] stamps (archiver/tsa.h), workers judge. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_AUTHORITY_H
#define LTVAULT_ARCHIVER_EVIDENCE_AUTHORITY_H

#include "archiver/evidence.h"
#include "archiver/judge.h"

/* False when none is configured: then the archive makes no evidence records. */
bool evidence_authority_configured(const struct app *app);

struct evidence_authorities;
/* Starts workers. The configuration must be loaded. */
struct evidence_authorities *evidence_authorities_open(struct app *app, struct error *err);
void evidence_authorities_close(struct evidence_authorities *authorities);
const struct evidence_authority *evidence_authority_of(struct evidence_authorities *authorities); /* borrowed */
struct judge *evidence_judge_of(struct evidence_authorities *authorities);                         /* borrowed */

/* What a time-stamp's report says of its worth. */
void evidence_worth_of(const json_t *report, struct evidence_worth *out);

#endif
