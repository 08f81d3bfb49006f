#include "archiver/search.h"

#include "archiver/search_index.h"
#include "archiver/search_plan.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500 /* hits read at once and handed on without a lock */

struct page {
	char *json[PAGE];
	size_t count;
	uint64_t last; /* smallest record number read */
};

static int take(void *user, const struct search_row *row) {
	struct page *page = user;
	page->last = (uint64_t)search_row_number(row, 0);
	page->json[page->count++] = xstrdup(search_row_text(row, 1));
	return 0;
}

static void page_clear(struct page *page) {
	for (size_t i = 0; i < page->count; i++) free(page->json[i]);
	page->count = 0;
}

static int read_page(struct search_db *db, const struct search_plan *plan, enum search_pass pass, uint64_t below,
		     uint64_t want, struct page *page, struct error *err) {
	const struct search_value last[] = {search_number((int64_t)below),
					    search_number((int64_t)(want < PAGE ? want : PAGE))};
	size_t count;
	char *expression, *sql = search_plan_sql(plan, pass, false);
	struct search_value *values = search_plan_values(plan, pass, &expression, last, 2, &count);
	int rc = search_db_run(db, sql, values, count, take, page, err);
	free(values);
	free(expression);
	free(sql);
	return rc;
}

/* What is left of the window while pages go by. */
struct walk {
	uint64_t skip, left;
	search_hit *hit;
	void *user;
};

/* 1 when the caller has enough. */
static int hand_on(struct walk *walk, const struct page *page, bool exact) {
	for (size_t i = 0; i < page->count; i++) {
		if (walk->skip) {
			walk->skip--;
			continue;
		}
		if (walk->hit(walk->user, page->json[i], exact) || --walk->left == 0) return 1;
	}
	return 0;
}

static int run_pass(struct search_db *db, const struct search_plan *plan, enum search_pass pass, uint64_t below,
		    bool exact, struct walk *walk, struct error *err) {
	struct page page = {.last = below};
	int rc;
	do {
		uint64_t want = walk->left > PAGE || walk->skip > PAGE ? PAGE : walk->left + walk->skip;
		page_clear(&page);
		rc = read_page(db, plan, pass, page.last, want, &page, err);
		if (!rc) rc = hand_on(walk, &page, exact);
		if (page.count < want) break;
	} while (!rc);
	page_clear(&page);
	return rc;
}

int search_each(struct search *search, const struct query *query, const struct search_window *window, search_hit *hit,
		void *user, struct error *err) {
	struct search_plan plan;
	struct walk walk = {window->offset, window->limit ? window->limit : UINT64_MAX, hit, user};
	uint64_t below = window->below ? window->below : INT64_MAX;
	int rc = 0;
	search_plan_make(query, search_ledger(search), &plan);
	if (plan.exact.len) rc = run_pass(search_database(search), &plan, SEARCH_PASS_EXACT, below, true, &walk, err);
	if (!rc && !(plan.exact.len && window->exact)) {
		enum search_pass pass = plan.exact.len ? SEARCH_PASS_FOLDED_ONLY : SEARCH_PASS_FOLDED;
		rc = run_pass(search_database(search), &plan, pass, below, !plan.exact.len, &walk, err);
	}
	search_plan_dispose(&plan);
	return rc < 0 ? -1 : 0;
}

static int take_count(void *user, const struct search_row *row) {
	uint64_t *count = user;
	*count = (uint64_t)search_row_number(row, 0);
	return 1;
}

int search_count(struct search *search, const struct query *query, bool exact, uint64_t *count, struct error *err) {
	struct search_plan plan;
	size_t values_count;
	char *expression;
	*count = 0;
	search_plan_make(query, search_ledger(search), &plan);
	enum search_pass pass = exact && plan.exact.len ? SEARCH_PASS_EXACT : SEARCH_PASS_FOLDED;
	char *sql = search_plan_sql(&plan, pass, true);
	struct search_value *values = search_plan_values(&plan, pass, &expression, NULL, 0, &values_count);
	int rc = search_db_run(search_database(search), sql, values, values_count, take_count, count, err);
	free(values);
	free(expression);
	free(sql);
	search_plan_dispose(&plan);
	return rc;
}
