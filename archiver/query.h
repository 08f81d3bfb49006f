/* Queries as people type them: words, "phrases", field:value, comparisons, -excluded; all must hold (docs/search.md).
 */
#ifndef LTVAULT_ARCHIVER_QUERY_H
#define LTVAULT_ARCHIVER_QUERY_H

#include "base/error.h"
#include "base/utime.h"
#include "store/object.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum query_field {
#define QUERY_FIELD(name, alias, kind, text) QUERY_##name,
#include "archiver/query_field.def"
#undef QUERY_FIELD
	QUERY_anywhere, /* no field was named */
	QUERY_FIELDS = QUERY_anywhere
};
enum query_kind {
	QUERY_KIND_WORDS,
	QUERY_KIND_NUMBER,
	QUERY_KIND_SYMBOL,
	QUERY_KIND_DATE,
	QUERY_KIND_FROM,
	QUERY_KIND_TO,
	QUERY_KIND_TIME,
	QUERY_KIND_VERDICT,
	QUERY_KIND_STATE,
	QUERY_KIND_LIMIT,
	QUERY_KIND_DIGEST,
	QUERY_KIND_COUNT,
	QUERY_KIND_CERTIFICATE,
};
struct query_field_row {
	const char *name, *alias, *text;
	enum query_kind kind;
};
extern const struct query_field_row query_fields[QUERY_FIELDS];

enum query_op { QUERY_IS, QUERY_LT, QUERY_LE, QUERY_GT, QUERY_GE };

struct query_term {
	enum query_field field;
	enum query_kind kind;
	bool excluded; /* -term */
	bool prefix;   /* word* */
	bool quoted;
	char *text; /* the value: as typed; verdicts and states in their own spelling; digests in lower case */
	/* DATE: days since 1970-01-01, TIME: microseconds, COUNT: itself; low <= value < high */
	int64_t low, high;
};

struct query {
	struct query_term *terms;
	size_t count, cap;
	bool marks; /* some word carries Vietnamese marks: hits spelled exactly so come first */
};

/* The words of the command line, joined by spaces. ERROR_USAGE says what cannot be understood, and for an unknown
 * field names those that are known. No words at all is the query that everything matches. */
int query_parse(const char *const *words, size_t count, struct query *query, struct error *err);
void query_dispose(struct query *query);

/* Days since 1970-01-01 of a date as people write it: 2025, 2025-03, 2025-03-10, 03/2025, 10/3/2025, 10-03-2025,
 * 10.3.2025; [*low, *high) is the period it names. */
bool query_date(const char *text, int64_t *low, int64_t *high);

#endif
