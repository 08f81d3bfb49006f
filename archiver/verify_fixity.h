/* Fixity: what was found of an object is told and noted once. Objects are read by the scrub (archiver/scrub.h), and by a
 * verification because it judges them. */
#ifndef LTVAULT_ARCHIVER_VERIFY_FIXITY_H
#define LTVAULT_ARCHIVER_VERIFY_FIXITY_H

#include "archiver/app.h"
#include "store/batch.h"
#include "store/records.h"

struct fixity {
	void *known; /* tree of what is damaged or missing, as known when the run began and found since */
	uint64_t objects, bytes;           /* read and good */
	uint64_t damaged, missing, healed; /* healed: known as bad, good again */
};
int fixity_begin(struct fixity *fixity, struct store *store, struct error *err);
void fixity_end(struct fixity *fixity);
/* As known now. */
enum object_state fixity_known(const struct fixity *fixity, const struct object_id *id);

/* What a reading of the object gave: counts it; a bad state is logged with both digests, worsens the run's status (unless
 * its loss was accepted), and is noted in the batch when it was not known, or is known no longer. `whose` says where the
 * object belongs. */
int fixity_tell(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id, uint64_t size,
		enum object_state state, const char *whose, struct error *err);
/* The same where it is known already what is there instead. */
void fixity_tell_bad(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id,
		     enum object_state state, const char *detail);
/* It is good again: neither lost nor accepted as lost any more. */
void fixity_forget_loss(struct app *app, struct batch *batch, const struct object_id *id);
/* Reads, then tells; 0, or -1 when it could not be found out. */
int fixity_check(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id,
		 const char *whose, struct error *err);

#endif
