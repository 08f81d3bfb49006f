/* From a query to SQL: what must match in the index, with every value apart from the text. */
#ifndef LTVAULT_ARCHIVER_SEARCH_PLAN_H
#define LTVAULT_ARCHIVER_SEARCH_PLAN_H

#include "archiver/query.h"
#include "archiver/search_db.h"
#include "base/mem.h"

struct search_plan {
	struct buf folded; /* FTS5 expression: words without marks; empty when the query has no words */
	struct buf exact;  /* the same where words typed with marks must be spelled so; empty when none was */
	struct buf where;  /* " AND ..." over the other columns, with ? for each value */
	struct search_value *values;
	size_t count, cap;
	char **owned; /* text the values point at */
	size_t owned_count, owned_cap;
};

enum search_pass {
	SEARCH_PASS_FOLDED,      /* everything that matches */
	SEARCH_PASS_EXACT,       /* what is spelled as typed */
	SEARCH_PASS_FOLDED_ONLY, /* the rest */
};

struct ledger; /* archiver/medium_ledger.h: says which copies there are; a media catalogue changes with no record */
void search_plan_make(const struct query *query, const struct ledger *ledger, struct search_plan *plan);
void search_plan_dispose(struct search_plan *plan);

/* SQL that selects `columns` of matching records below a number (the last parameter but `extra`), newest first, or
 * with count all of them; text and parameters for one pass. Both are the caller's. */
char *search_plan_sql(const struct search_plan *plan, enum search_pass pass, bool count);
/* Values in order: the pass's expression (when it has one), those of `where`, then `last` ones. Array to be freed. */
struct search_value *search_plan_values(const struct search_plan *plan, enum search_pass pass, char **expression,
					const struct search_value *last, size_t last_count, size_t *count);

#endif
