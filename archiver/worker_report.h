/* Reports that the program makes itself, for documents that no worker could judge. */
#ifndef LTVAULT_ARCHIVER_WORKER_REPORT_H
#define LTVAULT_ARCHIVER_WORKER_REPORT_H

#include "base/utime.h"
#include "validator/finding.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct report_facts {
	bool path;                   /* schema ltvault.path/1 */
	uint64_t size;
	const unsigned char *sha256; /* 32 bytes; NULL when it is not known */
	utime at;
	json_t *policy;              /* borrowed; may be NULL */
};

/* INDETERMINATE, CUSTOM, no signatures and one finding; every key of the schema but "file". */
json_t *report_unjudged(const struct report_facts *facts, enum finding_code code, const char *detail);

#endif
