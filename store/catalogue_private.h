/* What the files of the catalogue share; the one home of LMDB. */
#ifndef LTVAULT_STORE_CATALOGUE_PRIVATE_H
#define LTVAULT_STORE_CATALOGUE_PRIVATE_H

#include "store/catalogue.h"
#include "store/map_pages.h"

#include <lmdb.h>

struct catalogue {
	MDB_env *env;
	MDB_dbi tables[TABLES];
	struct map_pages pages;
};

struct txn {
	struct catalogue *catalogue;
	MDB_txn *mdb;
	struct error err;
	struct buf value; /* scratch */
};

extern _Thread_local volatile int catalogue_inside;
#define IN_LMDB(result, call) (catalogue_inside++, (result) = (call), catalogue_inside--) /* call: one that reads pages */

/* Holds a stored value against its checksum: *out is what was put; false with the transaction's error. Counts the page. */
bool catalogue_verified(struct txn *txn, enum table table, MDB_val key, MDB_val value, struct span *out);

#endif
