/* Fixity: an object is read whole from its pack and hashed; what was found is told and noted once. */
#ifndef LTVAULT_ARCHIVER_VERIFY_FIXITY_H
#define LTVAULT_ARCHIVER_VERIFY_FIXITY_H

#include "archiver/app.h"
#include "store/batch.h"

struct fixity {
	struct damage_row *known; /* what was damaged or missing when the run began */
	size_t known_count;
	uint64_t objects, bytes;           /* read and good */
	uint64_t damaged, missing, healed; /* healed: known as bad, good again */
};
int fixity_begin(struct fixity *fixity, struct store *store, struct error *err);
void fixity_end(struct fixity *fixity);

/* What a reading of the object gave: counts it; a bad state is logged with both digests, worsens the run's status, and
 * is noted in the batch when it was not known, or is known no longer. `whose` says where the object belongs. */
int fixity_tell(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id, uint64_t size,
		enum object_state state, const char *whose, struct error *err);
/* Reads, then tells; 0, or -1 when it could not be found out. */
int fixity_check(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id,
		 const char *whose, struct error *err);

/* The same for many at a time, read by several threads; states[i] is what was found. `cached`: through the page cache,
 * which is faster and proves less. */
int fixity_check_many(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *ids,
		      const char *const *whose, size_t count, bool cached, enum object_state *states,
		      struct error *err);

/* Checks everything that is no document (documents have due times of their own), in physical order, beginning where the
 * last pass ended, about `budget` bytes (0: all of it, from the start). Commits as it goes. */
int fixity_pass(struct fixity *fixity, struct app *app, uint64_t budget, struct error *err);

#endif
