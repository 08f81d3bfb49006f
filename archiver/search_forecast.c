#include "archiver/search.h"

#include "archiver/search_index.h"
#include "base/mem.h"
#include "store/records.h"

/* What is kept for its own sake, as with what expires. */
#define HELD " f.state NOT IN (?, ?)"

struct months {
	search_forecast_row *visit;
	void *user;
};

static int take_month(void *user, const struct search_row *row) {
	const struct months *m = user;
	return m->visit(m->user, search_row_text(row, 0), search_row_text(row, 1), (uint64_t)search_row_number(row, 2),
			(uint64_t)search_row_number(row, 3));
}

int search_forecast(struct search *search, utime now, search_forecast_row *visit, void *user, struct error *err) {
	struct months m = {visit, user};
	const struct search_value values[] = {search_number(now), search_number(RECORD_REFUSED),
					      search_number(RECORD_WITHDRAWN)};
	return search_db_run(search_database(search),
			     "SELECT CASE WHEN f.provable IS NULL THEN '' WHEN f.provable < ? THEN 'ended' ELSE"
			     " strftime('%Y-%m', f.provable / 1000000, 'unixepoch') END AS month, f.provable_limit,"
			     " count(*), sum(f.size) FROM facts f WHERE" HELD " GROUP BY 1, 2 ORDER BY 1, 2",
			     values, ARRAY_LEN(values), take_month, &m, err);
}

struct sets {
	search_rests_on *visit;
	void *user;
};

static int take_set(void *user, const struct search_row *row) {
	const struct sets *s = user;
	return s->visit(s->user, search_row_text(row, 0), (uint64_t)search_row_number(row, 1),
			(uint64_t)search_row_number(row, 2));
}

int search_provable_after(struct search *search, utime when, bool roots, search_rests_on *visit, void *user, struct error *err) {
	struct sets s = {visit, user};
	const struct search_value values[] = {search_number(when), search_number(RECORD_REFUSED),
					      search_number(RECORD_WITHDRAWN)};
	return search_db_run(search_database(search),
			     roots ? "SELECT f.roots, count(*), sum(f.size) FROM facts f WHERE f.provable > ? AND" HELD " GROUP BY f.roots"
				   : "SELECT f.algorithms, count(*), sum(f.size) FROM facts f WHERE f.provable > ? AND" HELD
				     " GROUP BY f.algorithms",
			     values, ARRAY_LEN(values), take_set, &s, err);
}
