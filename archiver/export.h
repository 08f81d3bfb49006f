/* Handing out: records with everything that proves them, in one bag (docs/export.md). Reads only; beside a running
 * night.
 *
 * What is missing or damaged is not handed out but named (in the bag, on standard error) and makes exit status 3; the
 * rest goes on. Any failure of the run leaves nothing behind. */
#ifndef LTVAULT_ARCHIVER_EXPORT_H
#define LTVAULT_ARCHIVER_EXPORT_H

#include "archiver/app.h"
#include "archiver/bag.h"

#include <jansson.h>

enum export_revisions { EXPORT_ORIGINAL, EXPORT_LATEST, EXPORT_ALL };

struct export;
/* The app's store must be open for reading. */
struct export *export_open(struct app *app, const char *out, enum package_format format,
			   enum export_revisions revisions, struct error *err);
/* One record; one that was exported already is passed over. 0 also when something of it had to be left out. */
int export_record(struct export *export, uint64_t number, struct error *err);
uint64_t export_records(const struct export *export);
uint64_t export_omitted(const struct export *export);
/* Completes the bag. `selection` says what was asked for. *release is what the journal must hold about it (a new
 * reference). Frees in any case. ERROR_NOT_FOUND when there is nothing to hand out. */
int export_commit(struct export *export, const char *selection, json_t **release, struct error *err);
void export_abort(struct export *export); /* NULL-safe */

/* Records a release in the journal as the note "export": at once when the lock is free, else as a file
 * work/release-*.json for the next writer. Closes the app's store. ERROR_INPUT on a medium. */
int export_log_release(struct app *app, const json_t *release, struct error *err);
/* Takes waiting releases into the journal; app_open_store calls it for every writer. 0 also when there are none. */
int export_log_pending(struct app *app, struct error *err);

/* Tag files of every bag: how to check it without this program. */
extern const char export_readme[];
extern const char export_check_script[];

#endif
