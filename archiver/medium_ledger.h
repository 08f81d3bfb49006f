/* The ledger of media: what the archive knows of each medium, in its journal.
 *
 * A medium is a row of the catalogue's table and, beside it, the value "media/ID": a JSON object (docs/media.md) of its kind,
 * site, set, capacity, end of life, whereabouts, generations and errors. Both change together in one batch. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_LEDGER_H
#define LTVAULT_ARCHIVER_MEDIUM_LEDGER_H

#include "archiver/app.h"
#include "archiver/medium_label.h"
#include "store/batch.h"

#include <jansson.h>

struct medium {
	struct medium_row row;
	json_t *facts; /* never NULL in a ledger that was read */
};
struct ledger {
	struct medium *media; /* in order of label */
	size_t count;
};
int ledger_read(struct app *app, struct ledger *ledger, struct error *err);
void ledger_dispose(struct ledger *ledger);
/* By label, by id or by the path where it was seen last; NULL when none is. `by_path` says where it was seen last: several media
 * may take turns at one path. Borrowed. */
struct medium *ledger_find(const struct ledger *ledger, const char *name);
struct medium *ledger_by_id(const struct ledger *ledger, const unsigned char id[static 16]);
void medium_put(struct batch *batch, const struct medium *medium);
void medium_dispose(struct medium *medium);

/* Facts; one that is not there is "", 0, UTIME_NONE. */
const char *medium_text(const struct medium *medium, const char *key);
uint64_t medium_number(const struct medium *medium, const char *key);
utime medium_time(const struct medium *medium, const char *key);
void medium_set_text(struct medium *medium, const char *key, const char *text);
void medium_set_number(struct medium *medium, const char *key, uint64_t number);
void medium_set_time(struct medium *medium, const char *key, utime t); /* UTIME_NONE removes it */
enum medium_kind medium_kind_of(const struct medium *medium);
bool medium_is_retired(const struct medium *medium);
bool medium_is_away(const struct medium *medium); /* handed over to another place, not returned yet */
const char *medium_site(const struct medium *medium); /* where it is now */
/* The set in which it takes turns; its label when it has none of its own. */
const char *medium_set(const struct medium *medium);

/* Generations, oldest first: {"number", "when", "events", "pack", "pack_length", "bytes", "checked_bytes", "full", "expired"}. */
json_t *medium_generations(const struct medium *medium); /* borrowed array */
const json_t *medium_newest(const struct medium *medium); /* the newest that was read back and compared; NULL none */
/* One more error; the last 20 stay with their time and text, all are counted. */
void medium_add_error(struct medium *medium, utime when, const char *text);

#endif
