/* Repair: what is known to be damaged is made good again from copies whose digests are right.
 *
 * Copies are the archive itself (the same object at another place), the media of the ledger that are mounted, the newest
 * first, and folders that are named. What was repaired, and from where, is in the journal (note "repaired", object states);
 * what no copy has is a value LOST_PREFIX and stands first in every report until it is found or somebody accepts its loss. */
#ifndef LTVAULT_ARCHIVER_REPAIR_H
#define LTVAULT_ARCHIVER_REPAIR_H

#include "archiver/app.h"
#include "store/repair.h"

#include <jansson.h>

struct repair_counts {
#define REPAIR_COUNT(name, text) uint64_t name;
#include "archiver/repair_count.def"
#undef REPAIR_COUNT
};
json_t *repair_counts_json(const struct repair_counts *counts); /* new reference */

/* Folders that may have good copies. */
struct repair_media {
	struct repair_from *from;
	size_t count, cap;
};
/* What was named to take from: folders as they are, and of write-once images (archiver/image_restore.h) the folders below work/ where their
 * packs and journals were put together. */
struct repair_named {
	const char **paths;
	size_t count;
	char *scratch, **made; /* NULL where no image was named */
	size_t made_count;
};
int repair_named_open(struct repair_named *named, const struct app *app, const char *const *given, size_t count, struct error *err);
void repair_named_close(struct repair_named *named); /* removes what was put together */
/* Those named, then the ledger's (when the store is open) and the configuration's; one that is not mounted is left out. */
int repair_media_open(struct repair_media *media, struct app *app, const char *const *named, size_t count, struct error *err);
void repair_media_close(struct repair_media *media);

/* What the catalogue knows; events 0 where there is none, or none that can be read: `damage` says why. -1: that could not be found out. */
int repair_catalogue(struct app *app, struct store_totals *known, struct error *damage, struct error *err);
/* Before the store is opened: the journal is held against its hashes and mended, a damaged catalogue is remade. A journal of which no copy is
 * whole goes on from the longest one (archiver/salvage.h); the store is open then. */
int repair_open(struct app *app, const struct repair_media *media, bool fork, struct repair_counts *counts, struct error *err);
/* The store open for writing: the journal where it is damaged, and every pack in which something is known to be bad, or those
 * that hold the objects given. What stays damaged worsens app->status. */
int repair_known(struct app *app, const struct repair_media *media, const struct object_id *ids, size_t id_count,
		 struct repair_counts *counts, struct error *err);
/* The loss of an object that no copy has is final: recorded with who and why; ERROR_INPUT where it is good, or could be
 * repaired and now is. */
int repair_accept_loss(struct app *app, const struct repair_media *media, const struct object_id *id, const char *reason,
		       struct repair_counts *counts, struct error *err);

#endif
