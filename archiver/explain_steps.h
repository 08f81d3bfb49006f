/* The steps of a validation for experts: what `--explain` adds to the page of archiver/explain.h. */
#ifndef LTVAULT_ARCHIVER_EXPLAIN_STEPS_H
#define LTVAULT_ARCHIVER_EXPLAIN_STEPS_H

#include <jansson.h>
#include <stdio.h>

/* Of the whole report: digest, format, policy. */
void explain_inputs(FILE *out, const json_t *report);
/* Of one signature: building blocks, algorithms, path with status data, proofs of existence. */
void explain_steps(FILE *out, const json_t *signature);
/* A path with the revocation data that speak about each certificate. */
void explain_chain(FILE *out, const char *indent, const json_t *chain);

#endif
