/* SQLite for the search index: the only place that knows it. SQL text in, rows out; errors of the library become ours.
 *
 * ERROR_DAMAGED: not a database, or a corrupt one. ERROR_NOT_FOUND: no such file. ERROR_LOCKED: busy for longer than
 * the timeout, or a rollback is needed that only a writer may make. */
#ifndef LTVAULT_ARCHIVER_SEARCH_DB_H
#define LTVAULT_ARCHIVER_SEARCH_DB_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum search_db_mode {
	SEARCH_DB_READ,
	SEARCH_DB_WRITE,  /* there already */
	SEARCH_DB_CREATE, /* a new file, filled without a journal: worthless until it was closed; "" for a temporary one
			   */
};

struct search_db;
struct search_db *search_db_open(const char *path, enum search_db_mode mode, struct error *err);
void search_db_close(struct search_db *db); /* NULL-safe */

struct search_value {
	enum { SEARCH_VALUE_NULL, SEARCH_VALUE_NUMBER, SEARCH_VALUE_TEXT, SEARCH_VALUE_BYTES } type;
	int64_t number;
	const void *data; /* borrowed for the call */
	size_t len;       /* of bytes */
};
struct search_value search_number(int64_t number);
struct search_value search_text(const char *text);
struct search_value search_bytes(const void *data, size_t len);

/* A result row, valid inside the callback. */
struct search_row;
int64_t search_row_number(const struct search_row *row, int column);
const char *search_row_text(const struct search_row *row, int column); /* "" for NULL */
const void *search_row_bytes(const struct search_row *row, int column, size_t *len);

/* Runs one statement with its parameters; `visit` (may be NULL) is called for each row and returns nonzero to stop.
 * Statements are kept prepared by their text. */
typedef int search_visit(void *user, const struct search_row *row);
int search_db_run(struct search_db *db, const char *sql, const struct search_value *values, size_t count,
		  search_visit *visit, void *user, struct error *err);
/* Several statements without parameters or rows. */
int search_db_script(struct search_db *db, const char *sql, struct error *err);

#endif
