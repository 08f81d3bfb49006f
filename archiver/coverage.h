/* Where the copies of a record are: the archive itself, and each medium whose last verified generation reaches behind its bytes.
 *
 * Packs only grow and are copied in order, so one place in the packs says for each medium whether an object is on it. */
#ifndef LTVAULT_ARCHIVER_COVERAGE_H
#define LTVAULT_ARCHIVER_COVERAGE_H

#include "archiver/medium_ledger.h"

/* The end of an object's bytes as one number that grows along the packs. */
uint64_t coverage_place(uint32_t pack, uint64_t end);
/* How far a medium's newest verified generation reaches, as such a number; 0 for one that is retired or was never written. */
uint64_t coverage_reach(const struct medium *medium);
/* The place up to which there are at least `copies` copies (the archive is one): UINT64_MAX for one copy or none wanted. */
uint64_t coverage_up_to(const struct ledger *ledger, uint64_t copies);

/* {"count", "sites", "rows": [{"medium", "kind", "site", "verified", "full_read"}]} of an object; `here` says whether the
 * archive's own copy is good. A new reference, NULL with err. */
json_t *coverage_of(struct app *app, const struct object_id *id, bool here, struct error *err);

#endif
