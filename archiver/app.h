/* What one run of the program knows: the archive, the clock as read once, language, output. */
#ifndef LTVAULT_ARCHIVER_APP_H
#define LTVAULT_ARCHIVER_APP_H

#include "archiver/conf.h"
#include "base/error.h"
#include "base/utime.h"
#include "store/store.h"

#include <stdbool.h>

/* The documented exit statuses. */
enum { EXIT_FINE = 0, EXIT_FINDINGS = 1, EXIT_UNUSABLE = 2, EXIT_DAMAGE = 3, EXIT_RUN_FAILED = 4, EXIT_LOCKED = 75 };

struct judge_cache;
struct app {
	const char *archive;    /* directory of the archive */
	utime now;              /* --at, else the clock, read once */
	int64_t started;        /* when `now` was read, in milliseconds of the monotonic clock; 0: no time passes */
	bool at_given;
	bool json;              /* --json */
	int verbosity;          /* -q is -1, -v is 1 */
	struct conf *conf;      /* NULL until app_load_conf */
	struct store *store;    /* NULL until app_open_store */
	const char *command;    /* "ingest" */
	struct judge_cache *fetched; /* what was fetched, shared by all steps of a run; NULL: each has its own */
	int status;             /* worst so far: see app_worsen */
};

/* Of several, the worst number of 0, 1, 3, 4 wins; 2 and 75 only when nothing else was said. Returns app->status. */
int app_worsen(struct app *app, int status);
/* Prints `ltvault: text` to standard error and worsens by the error's exit status; returns app->status. */
int app_fail(struct app *app, const struct error *err);

/* `now` and the time that this run has taken since: what is compared with the clocks of others, who read theirs now. */
utime app_time(const struct app *app);
/* Milliseconds of the monotonic clock: not the time of anything, only for budgets. */
int64_t app_milliseconds(void);

/* Configuration of the archive (ARCHIVE/ltvault.conf), once. */
int app_load_conf(struct app *app, struct error *err);
/* Configuration and store; once. */
int app_open_store(struct app *app, enum store_mode mode, struct error *err);
/* A backup medium is an archive too, but one that nobody writes to except backup: -1 with err where the archive is one. */
int app_refuse_medium(const struct app *app, struct error *err);
/* An absolute path below the archive, or the configured absolute path itself; owned by the caller. */
char *app_path(const struct app *app, const char *relative);

#endif
