#include "archiver/search.h"

#include "archiver/search_index.h"
#include "base/mem.h"
#include "store/records.h"

#include <stdlib.h>

/* What is kept for its own sake; refused documents are kept as proof of the refusal only. */
#define HELD " FROM facts f WHERE f.expires >= ? AND f.expires < ? AND f.state NOT IN (?, ?)"

static int run(struct search *search, const char *sql, utime from, utime to, const uint64_t *limit, search_visit *visit,
	       void *user, struct error *err) {
	const struct search_value values[] = {search_number(from), search_number(to), search_number(RECORD_REFUSED),
					      search_number(RECORD_WITHDRAWN),
					      search_number(limit ? (int64_t)*limit : 0)};
	size_t count = ARRAY_LEN(values) - (limit ? 0 : 1);
	return search_db_run(search_database(search), sql, values, count, visit, user, err);
}

static int take_count(void *user, const struct search_row *row) {
	uint64_t *count = user;
	*count = (uint64_t)search_row_number(row, 0);
	return 1;
}

int search_expiring_count(struct search *search, utime from, utime to, uint64_t *count, struct error *err) {
	*count = 0;
	return run(search, "SELECT count(*)" HELD, from, to, NULL, take_count, count, err);
}

struct months {
	search_month *visit;
	void *user;
};

static int take_month(void *user, const struct search_row *row) {
	const struct months *months = user;
	return months->visit(months->user, search_row_text(row, 0), (uint64_t)search_row_number(row, 1));
}

int search_expiring_months(struct search *search, utime from, utime to, search_month *visit, void *user,
			   struct error *err) {
	struct months months = {visit, user};
	return run(search,
		   "SELECT strftime('%Y-%m', f.expires / 1000000, 'unixepoch') AS month, count(*)" HELD
		   " GROUP BY month ORDER BY month",
		   from, to, NULL, take_month, &months, err);
}

struct hits {
	search_hit *hit;
	void *user;
};

static int take_hit(void *user, const struct search_row *row) {
	const struct hits *hits = user;
	return hits->hit(hits->user, search_row_text(row, 0), true);
}

int search_expiring_each(struct search *search, utime from, utime to, uint64_t limit, search_hit *hit, void *user,
			 struct error *err) {
	struct hits hits = {hit, user};
	return run(search,
		   "SELECT d.json FROM docs d JOIN (SELECT f.record AS record, f.expires AS expires" HELD
		   " ORDER BY f.expires, f.record LIMIT ?) e ON e.record = d.record ORDER BY e.expires, e.record",
		   from, to, &limit, take_hit, &hits, err);
}
