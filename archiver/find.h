/* Rows of `find`: one JSON line each, or a table for people. */
#ifndef LTVAULT_ARCHIVER_FIND_H
#define LTVAULT_ARCHIVER_FIND_H

#include <stdbool.h>
#include <stdint.h>

struct find_rows {
	bool json;
	bool marks;     /* the query had marks: tell exact hits from others */
	uint64_t limit; /* rows printed at most, 0 all */
	uint64_t count; /* out: rows printed */
	bool more;      /* out: a row came beyond the limit */
};
/* A search_hit (archiver/search.h) on struct find_rows. */
int find_row(void *rows, const char *json, bool exact);
void find_rows_end(struct find_rows *rows);

/* Text for a terminal: control characters and the like become '?'; cut to `width` characters with an ellipsis (0 not
 * cut) and, when `pad`, filled up with spaces. */
void find_print_text(const char *text, int width, bool pad);

/* States of records and of bytes, directions ("quarantined", "damaged", "incoming") in the language of messages; other
 * words as they are. */
const char *find_state_word(const char *state);
/* What ends a proof (docs/forecast.md), in words. */
const char *find_limit_word(const char *limit);

#endif
