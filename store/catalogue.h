/* The catalogue: typed tables in one LMDB environment, behind one header.
 *
 * Each value carries eight bytes of SHA-256 over table name, key and value: LMDB 0.9 has no checksum, and a flipped
 * bit would otherwise be returned as truth. A wrong one is ERROR_DAMAGED naming table and key.
 *
 * Errors stick in a transaction: after the first every call does nothing and finds nothing; ask once at the end with
 * txn_commit or txn_end. The environment must not cross fork(), and a process opens it once. */
#ifndef LTVAULT_STORE_CATALOGUE_H
#define LTVAULT_STORE_CATALOGUE_H

#include "base/error.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table {
#define TABLE(name, text) TABLE_##name,
#include "store/table.def"
#undef TABLE
	TABLES
};
const char *table_name(enum table table);

enum catalogue_mode {
	CATALOGUE_READ,   /* beside a writer */
	CATALOGUE_WRITE,  /* makes what is not there */
	CATALOGUE_MEDIUM, /* nothing is written, not even the table of readers: for copies nobody writes to */
};
struct catalogue;
struct catalogue *catalogue_open(const char *path, enum catalogue_mode mode, struct error *err);
void catalogue_close(struct catalogue *catalogue);
int catalogue_copy(struct catalogue *catalogue, int fd, struct error *err); /* a consistent snapshot */

/* LMDB reads its pages as they are: a damaged one may end the process. True while this thread is inside it, for a signal
 * handler that wants to say so (archiver/guard.h). */
bool catalogue_is_inside(void);
/* Every row of every table: its checksum, its order, that it is found by its key, that there are as many as are told; and
 * that the file's pages add up. Each difference is one call. Best in a process that may die. */
typedef void catalogue_problem(void *user, const char *text);
void catalogue_check(struct catalogue *catalogue, catalogue_problem *problem, void *user);

struct span { /* borrowed; valid until the transaction's next write or its end */
	const unsigned char *data;
	size_t len;
};
struct span span_of(const struct buf *b);

struct txn;
struct txn *txn_begin(struct catalogue *catalogue, bool write, struct error *err);
int txn_commit(struct txn *txn, struct error *err); /* frees it in any case; durable when 0 */
int txn_end(struct txn *txn,
	    struct error *err); /* drops what was written and frees; -1 when an error stuck; NULL-safe */
bool txn_failed(const struct txn *txn);
void txn_fail(struct txn *txn, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

bool txn_get(struct txn *txn, enum table table, struct span key, struct span *value); /* false: not there */
void txn_put(struct txn *txn, enum table table, struct span key, struct span value);  /* replaces */
void txn_delete(struct txn *txn, enum table table, struct span key);                  /* not there is fine */
uint64_t txn_count(struct txn *txn, enum table table);

/* Walks in key order. A place is a key and a value; false at the end (or after an error, which sticks). */
struct walk;
struct walk *walk_begin(struct txn *txn, enum table table);
bool walk_seek(struct walk *walk, struct span key, struct span *at, struct span *value); /* first key >= this one */
/* As txn_get; for keys that come in ascending order, several of which lie on one page, that page is searched once for all. */
bool walk_find(struct walk *walk, struct span key, struct span *value);
bool walk_next(struct walk *walk, struct span *at, struct span *value);
bool walk_previous(struct walk *walk, struct span *at, struct span *value);
bool walk_last(struct walk *walk, struct span *at, struct span *value);
void walk_end(struct walk *walk); /* before the transaction ends */

#endif
