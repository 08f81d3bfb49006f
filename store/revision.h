/* Revisions put together: a long-term form is the original and what was appended, kept as pieces. */
#ifndef LTVAULT_STORE_REVISION_H
#define LTVAULT_STORE_REVISION_H

#include "store/records.h"

/* Streams the revision's bytes through `sink` (NULL: fixity alone) as store_stream does: what was passed on is the
 * revision only when the state is PRESENT, which says that every object is what its name says and the whole has the
 * revision's digest. Of anything else, `bad` (may be NULL) is the object at fault; zero when each is good and only the
 * whole is not. */
enum object_state store_stream_revision(struct store *store, const struct revision_row *revision, bool past_cache,
					store_sink *sink, void *user, struct object_id *bad, struct error *err);

#endif
