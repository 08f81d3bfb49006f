/* One medium as its ledger has it, for people and as JSON (schema ltvault.medium-state/1, docs/media.md). */
#ifndef LTVAULT_ARCHIVER_MEDIUM_SHOW_H
#define LTVAULT_ARCHIVER_MEDIUM_SHOW_H

#include "archiver/drill.h"
#include "archiver/medium_ledger.h"

#include <stdio.h>

/* What is said of media beside their own rows; the drill's state is archiver/drill.h's. */
struct medium_view {
	struct app *app;
	const struct ledger *ledger;
	const struct drill_state *drill;
};
/* A new reference; `whole` adds generations and errors. Besides what the ledger has: "next_write", "next_full_read" and, of the medium whose
 * turn it is, "next_drill" (null: none), "encrypted" and "recipients" (name, SHA-256 and end of validity of each certificate). */
json_t *medium_json(const struct medium_view *view, const struct medium *medium, bool whole);
/* A table with a line of titles. */
void medium_print_table(FILE *out, const json_t *rows);
void medium_print(FILE *out, const json_t *doc);

#endif
