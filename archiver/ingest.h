/* The intake run: files in batches into the archive, judged, then and only then moved out of the spool.
 *
 * For each batch: bytes and records (PENDING) are made durable together with a list of the files they came from; the
 * documents are judged and the outcome is made durable; notices are written, sources moved. A run that died leaves
 * every source either in the spool or recorded, and the list tells the next run which of those in the spool are
 * recorded. */
#ifndef LTVAULT_ARCHIVER_INGEST_H
#define LTVAULT_ARCHIVER_INGEST_H

#include "archiver/intake.h"
#include "archiver/intake_verdict.h"
#include "archiver/spool.h"
#include "store/records.h"

struct ingest_counts {
#define INGEST_COUNT(name, text) uint64_t name;
#include "archiver/ingest_count.def"
#undef INGEST_COUNT
};

/* What became of one file. */
struct ingest_told {
	const struct intake_item *item;
	const struct record_row *row; /* NULL when there is no record */
	const json_t *report;         /* the verdict as stored; NULL none */
	const json_t *findings;       /* the archive's findings; NULL none */
	const char *moved;            /* where the source is now; NULL where it was */
};

struct ingest_options {
	const char *const *paths; /* files and folders; none and no list: the spool */
	size_t count;
	FILE *list; /* more paths, a line each; NULL none */
	bool null_separated;
	enum on_failed policy;
	bool defer;                                               /* leave judging to the next verify */
	void (*tell)(void *user, const struct ingest_told *told); /* may be NULL */
	void *user;
};

/* Opens the store for writing unless it is. 0, or -1 when the run failed; what became of documents worsens app->status.
 */
int ingest_run(struct app *app, const struct ingest_options *options, struct ingest_counts *counts, struct error *err);
json_t *ingest_counts_json(const struct ingest_counts *counts); /* new reference */

#endif
