/* What most tests of verdicts start from: the world of cms_builder.h, a validator that trusts its authority, and asking
 * reports for their members. */
#ifndef LTVAULT_TESTS_WORLD_BUILDER_H
#define LTVAULT_TESTS_WORLD_BUILDER_H

#include "tests/validator/cms_builder.h"
#include "validator/validator.h"

extern struct cms_world world;
extern struct validator *validator; /* built-in policy */

/* Set-up and tear-down of a group of tests. */
int open_world(void **state);
int close_world(void **state);

const char *text(const json_t *object, const char *key); /* "" when it is not there */
json_t *entry(const json_t *report, size_t index);       /* a signature; borrowed */
/* Is a finding of that code there? Fails the test when an error stands beside a verdict that passes. */
bool has_finding(const json_t *of, const char *code);

#endif
