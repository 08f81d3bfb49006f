/* A progress bar on standard error for what takes longer than two seconds; only to a terminal, never with -q or --json. */
#ifndef LTVAULT_ARCHIVER_PROGRESS_H
#define LTVAULT_ARCHIVER_PROGRESS_H

#include "archiver/app.h"

struct progress;
/* `label` is shown translated; total 0 means unknown. */
struct progress *progress_start(const struct app *app, const char *label, uint64_t total);
/* For work that cannot tell how far it is: shows the seconds, drawn by a thread of its own. Not for code that forks. */
struct progress *progress_clock(const struct app *app, const char *label);
void progress_step(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress); /* wipes the bar; NULL-safe */

#endif
