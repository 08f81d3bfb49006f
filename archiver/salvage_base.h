/* What is left of a journal that is destroyed: the archive's own beginning of it, or a medium's, whichever goes further. */
#ifndef LTVAULT_ARCHIVER_SALVAGE_BASE_H
#define LTVAULT_ARCHIVER_SALVAGE_BASE_H

#include "archiver/repair.h"
#include "archiver/restore_head.h"

struct salvage_left {
	struct heads heads;        /* all that is known, of the archive's catalogue and of the media too */
	const struct head *head;   /* the longest that can be gone on from; NULL: nothing is left anywhere */
	const struct head *beyond; /* what is known and not in it */
	int dir;                   /* the folder whose journal/ it is, borrowed; -1: the archive's own */
	bool own;                  /* some of the archive's own journal is there */
};
/* `known` is what the catalogue says (events 0: it cannot be read). A medium counts where its signatures hold and its journal is what
 * was signed, a folder without a label where its archive is known to be this one. salvage_left_dispose in either case. */
int salvage_left_find(const struct app *app, const struct repair_media *media, const struct store_totals *known, struct salvage_left *left,
		      struct error *err);
/* JSON of what is given up, the caller's; NULL where nothing is. */
char *salvage_left_note(const struct salvage_left *left);
void salvage_left_dispose(struct salvage_left *left);

#endif
