/* What one validator shares between documents. For the files that implement validator.h only. */
#ifndef LTVAULT_VALIDATOR_VALIDATOR_INTERNAL_H
#define LTVAULT_VALIDATOR_VALIDATOR_INTERNAL_H

#include "validator/anchors.h"
#include "validator/cache.h"
#include "validator/policy.h"
#include "validator/validator.h"

struct validator {
	struct cache *cache;
	struct anchors *anchors;
	struct policy *policy;
};

/* Parts of a report that path_report.c makes; each returns a new reference. */
struct path_result;
struct finding_list;
json_t *report_findings(const struct finding_list *findings);  /* [{"code","severity","rule","text","detail"}] */
json_t *report_chain(const struct path_result *result);        /* as in docs/cli.md */
json_t *report_time(utime t);                                  /* null for UTIME_NONE */
json_t *report_base64(const unsigned char *data, size_t len);  /* null for NULL */
/* Appends to a "wants" array what is not in it yet. */
void report_wants(json_t *wants, const struct path_result *result);

#endif
