/* The rotation of media: which generations stay, which medium is due, and whether what is kept is enough.
 *
 * The policy is data, the part [rotation] of the configuration. Its defaults are those of circular 05/2025/TT-BNV art. 26 to 31
 * (two sets on independent media, daily increments, monthly full readings, media replaced a year before the end of their life) and
 * QCVN 12:2026/BCA 2.2.12 (three copies, two kinds of media, one that cannot be overwritten, one off-site). */
#ifndef LTVAULT_ARCHIVER_ROTATION_H
#define LTVAULT_ARCHIVER_ROTATION_H

#include "archiver/medium_ledger.h"

/* Everything on the medium is to be read back at the next backup. */
bool rotation_full_due(const struct app *app, const struct medium *medium);

/* Marks the generations that the policy lets go, and returns how many those are. Each generation of the ledger was read back and
 * compared; the newest rotation.verified of them, and those that a day, week, month or year keeps, are never marked. */
size_t rotation_expire(const struct app *app, struct medium *medium);

/* What is to be done with the media now, a row each (a new reference): {"set", "medium", "action", "since"}; actions are the rows of
 * rotation_action.def. Empty: nothing. */
json_t *rotation_next(const struct app *app, const struct ledger *ledger);
/* When a medium is to be written next: its set's interval after the set was written last (at once where it never was); one that is away
 * when its turn comes. UTIME_NONE for a retired one. */
utime rotation_next_write(const struct app *app, const struct ledger *ledger, const struct medium *medium);
/* When everything on it is to be read next: rotation.full after the last time, at the first backup before that, and not before one that is
 * away comes back. UTIME_NONE for a retired one. */
utime rotation_next_full(const struct app *app, const struct ledger *ledger, const struct medium *medium);
/* Where what is kept falls short of the policy, a row each: {"code", "detail"}; codes are the rows of protection.def. */
json_t *rotation_shortfalls(const struct app *app, const struct ledger *ledger);
const char *rotation_action_text(const char *action);    /* English, translated on output; "" for an unknown word */
const char *rotation_shortfall_text(const char *code);

/* Whether the only media known at a path were handed over to another place: nothing is expected there tonight. */
bool rotation_path_is_away(const struct ledger *ledger, const char *path);

#endif
