/* What lies in search.db and how a record gets into it; used by archiver/search*.c alone. */
#ifndef LTVAULT_ARCHIVER_SEARCH_INDEX_H
#define LTVAULT_ARCHIVER_SEARCH_INDEX_H

#include "archiver/search_db.h"
#include "store/records.h"

struct search;
struct search_db *search_database(const struct search *search);
const struct ledger *search_ledger(const struct search *search);

struct search_mark { /* how far the index knows the journal */
	uint64_t sequence;
	unsigned char chain[SHA256_SIZE];
	unsigned char archive_id[16];
};

int search_index_create(struct search_db *db, struct error *err);
/* ERROR_DAMAGED when the schema is another than this program's. */
int search_index_mark(struct search_db *db, struct search_mark *mark, struct error *err);
int search_index_set_mark(struct search_db *db, const struct search_mark *mark, struct error *err);
/* Takes a record in as it is now; `fresh` when it cannot be there yet. */
int search_index_put(struct search_db *db, struct store *store, uint64_t number, bool fresh, struct error *err);

#endif
