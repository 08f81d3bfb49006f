/* SHA256SUMS: relative names and digests, in order of name, as sha256sum(1) reads and writes them. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_SUMS_H
#define LTVAULT_ARCHIVER_MEDIUM_SUMS_H

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"

struct medium_sums {
	struct medium_sum {
		char *name;
		char hex[SHA256_HEX];
	} *items;
	size_t count, cap;
};
void medium_sums_add(struct medium_sums *sums, const char *name, const char *hex);
void medium_sums_sort(struct medium_sums *sums);
/* NULL when absent. What was read, written or sorted is in order of name and found quickly. */
const char *medium_sums_get(const struct medium_sums *sums, const char *name);
/* Outside input: names that could lead elsewhere, names that come twice, and more than LIMIT_MANIFEST_LINES are ERROR_DAMAGED;
 * `what` names the text in errors. */
int medium_sums_parse(struct medium_sums *sums, const char *text, size_t len, const char *what, struct error *err);
void medium_sums_text(struct medium_sums *sums, struct buf *text); /* sorts */
void medium_sums_dispose(struct medium_sums *sums);

#endif
