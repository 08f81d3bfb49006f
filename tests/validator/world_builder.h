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

/* The document judged as of `at` with what `base` offers besides; revocation is soft. */
json_t *judge_at(const struct val_request *base, const struct buf *document, const char *at);
void expect_verdict(const json_t *of, const char *name, const char *indication, const char *sub, const char *integrity);
/* A signature over `content` with a time-stamp of that time, over its value or (not right) over something else. */
struct buf stamped_document(const char *content, const char *gen_time, bool right, unsigned token_flags);

const char *text(const json_t *object, const char *key); /* "" when it is not there */
json_t *entry(const json_t *report, size_t index);       /* a signature; borrowed */
/* Is a finding of that code there? Fails the test when an error stands beside a verdict that passes. */
bool has_finding(const json_t *of, const char *code);

#endif
