/* Getting what judging wants: from the hosts, each question once a run; from what an earlier run kept, where the host says
 * that it is still the same. What cannot be had is told in the log (docs/collecting.md) and the run goes on. */
#ifndef LTVAULT_ARCHIVER_JUDGE_FETCH_H
#define LTVAULT_ARCHIVER_JUDGE_FETCH_H

#include "archiver/fetch.h"
#include "archiver/judge_cache.h"

struct judge_source {
	const struct app *app;
	const struct judge_options *options;
	struct fetcher *fetcher; /* made when something is asked first */
	struct judge_cache *cache;
};
void judge_source_dispose(struct judge_source *source); /* not the cache */

/* Asks every open question at the same time and keeps what came. 0, or -1 when the run failed. */
int judge_source_ask(struct judge_source *source, struct error *err);
/* Makes sure that an answer is in memory and kept: 1; 0 there is none; -1 when the run failed. */
int judge_source_load(struct judge_source *source, struct judge_want *want, struct error *err);

void judge_tell_fault(enum object_kind kind, const char *url, enum fetch_fault fault, const char *detail);

#endif
