/* Long-term forms of what the archive holds (EN 319 142-1 B-LT, B-LTA): the status data that the verdict rests on are
 * appended to the document, under a document time-stamp where that is due; each is a new revision, the original stays.
 *
 * Judging, choosing and writing happen in a worker; the new form is judged again by itself, with nothing but the trust
 * anchors, and kept only when it passes. A time-stamp is durable before it is used: a run that dies after asking for one
 * finishes with it and asks for no other. */
#ifndef LTVAULT_ARCHIVER_EXTEND_H
#define LTVAULT_ARCHIVER_EXTEND_H

#include "archiver/app.h"
#include "validator/extend.h"

#include <jansson.h>

struct extend_counts {
#define EXTEND_COUNT(name, text) uint64_t name;
#include "archiver/extend_count.def"
#undef EXTEND_COUNT
};

struct extend_told { /* what became of one record */
	uint64_t number;
	const char *name;            /* of its file */
	enum extend_refusal refusal; /* NONE: it was extended */
	const char *detail;          /* "" none */
	const char *level;           /* of its first signature now; "" when not extended */
	bool stamped, unstamped;     /* got a document time-stamp; did not get the one it should have */
	uint64_t bytes;              /* appended that no other document shares */
	utime next;                  /* when to look again; UTIME_NONE not known */
};

struct extend_options {
	const uint64_t *numbers; /* NULL: what is due, most pressing first */
	size_t count;
	bool lta;                /* under a document time-stamp, else status data alone */
	bool offline;
	/* 0: no bound. What is left over is counted. */
	uint64_t most_tokens, most_bytes, most_seconds;
	void (*tell)(void *user, const struct extend_told *told); /* may be NULL */
	void *user;
};

/* The app's store must be open for writing. 0, or -1 when the run failed. Documents that cannot be extended worsen
 * app->status to findings when they were named, not when they were only due. */
int extend_run(struct app *app, const struct extend_options *options, struct extend_counts *counts, struct error *err);
/* When a record is looked at again; UTIME_NONE: not known. 0, or -1 with err. */
int extend_next_look(struct store *store, uint64_t number, utime *next, struct error *err);
json_t *extend_counts_json(const struct extend_counts *counts); /* new reference */

#endif
