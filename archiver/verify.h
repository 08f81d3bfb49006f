/* Verification: fixity and re-judgement of what the archive holds, in batches that each become durable.
 *
 * What was checked is no longer due, so a run that dies goes on where it stopped; a pass over everything keeps a
 * cursor. */
#ifndef LTVAULT_ARCHIVER_VERIFY_H
#define LTVAULT_ARCHIVER_VERIFY_H

#include "archiver/intake_judge.h"

struct verify_counts {
#define VERIFY_COUNT(name, text) uint64_t name;
#include "archiver/verify_count.def"
#undef VERIFY_COUNT
};

enum verify_scope { VERIFY_DUE, VERIFY_ALL, VERIFY_LISTED };

struct verify_options {
	enum verify_scope scope;
	const uint64_t *numbers; /* of VERIFY_LISTED */
	size_t count;
	bool deep;             /* also every older version: metadata, verdicts, revisions */
	enum on_failed policy; /* for documents that were not judged yet */
	/* Called for each record whose result or bytes are not as before; may be NULL. */
	void (*tell)(void *user, const struct intake_judged *judged);
	void *user;
};

/* The app's store must be open for writing. 0, or -1 when the run failed; damage and findings worsen app->status. */
int verify_run(struct app *app, const struct verify_options *options, struct verify_counts *counts, struct error *err);
json_t *verify_counts_json(const struct verify_counts *counts); /* new reference */

#endif
