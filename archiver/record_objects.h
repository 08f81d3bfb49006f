/* The objects that one record is made of: what is kept for it alone, and what it shares with others. */
#ifndef LTVAULT_ARCHIVER_RECORD_OBJECTS_H
#define LTVAULT_ARCHIVER_RECORD_OBJECTS_H

#include "store/records.h"

/* `what`: "original", "metadata", "verdict", "evidence", "revision". Nonzero stops the walk and is what it returns. */
typedef int record_object_visit(void *user, const struct object_id *id, const char *what, struct error *err);
/* The original first, then every version of the metadata, every verdict, what is linked to it, and what its long-term forms
 * are made of besides; an object may come more than once. 0, or -1. */
int record_each_object(struct store *store, const struct record_row *row, record_object_visit *visit, void *user,
		       struct error *err);

#endif
