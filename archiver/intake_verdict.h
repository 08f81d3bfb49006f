/* A verdict as it is stored: the validator's report, completed with what the archive knows, compared and acted upon. */
#ifndef LTVAULT_ARCHIVER_INTAKE_VERDICT_H
#define LTVAULT_ARCHIVER_INTAKE_VERDICT_H

#include "archiver/app.h"
#include "store/batch.h"

#include <jansson.h>

/* What becomes of a document that is not TOTAL-PASSED (setting ingest.on_failed). */
enum on_failed { ON_FAILED_REFUSE, ON_FAILED_QUARANTINE, ON_FAILED_ACCEPT };
/* "refuse", "quarantine", "accept"; -1 for another word. */
int on_failed_parse(const char *word);
enum record_state verdict_state(enum on_failed policy, const json_t *report);

/* The archive's own findings about a record: unknown keys of its metadata (canonical; NULL none), an earlier record
 * with the same natural key ("" none). A new reference; NULL on error. */
json_t *verdict_archive_findings(struct store *store, uint64_t number, const json_t *metadata, const char *natural_key,
				 struct error *err);
/* Adds "file", "archive_findings" (both borrowed) and "rules" (by the metadata; NULL none) to the report. */
void verdict_complete(json_t *report, const char *raw_name, json_t *archive_findings, const json_t *metadata);

/* Do two verdicts say the same? Compared are indications, integrity, coverage, modification and the codes of all
 * findings: not times, texts and sources, which differ from night to night. */
bool verdict_equal(const json_t *a, const json_t *b);
/* "TOTAL-PASSED" or "INDETERMINATE REVOKED_NO_POE"; owned. */
char *verdict_short(const char *indication, const char *sub_indication);

/* A complete report says that an attachment, its signature or what was signed is missing: it may come yet. */
bool verdict_misses_files(const json_t *report);
/* When it has to be checked again: sooner where the verdict is open (INDETERMINATE) or misses files. */
utime verdict_next_due(const struct app *app, const json_t *report);
/* Stores the report as an object in canonical form and adds it to the record. */
int verdict_record(struct batch *batch, uint64_t number, const json_t *report, utime now, utime next_due);

#endif
