#include "archiver/search_deadlines.h"

#include "archiver/json_get.h"
#include "archiver/search.h"
#include "archiver/search_index.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utime.h"
#include "store/records.h"

#include <stdlib.h>
#include <string.h>

const char search_deadlines_schema[] = "CREATE TABLE deadlines(id INTEGER PRIMARY KEY, list TEXT NOT NULL UNIQUE);";

/* ---- of a report ---- */

static void add(json_t *list, const char *kind, const char *name, utime ends) {
	size_t i;
	json_t *row = json_pack("[s, s, I]", kind, name, (json_int_t)ends);
	const json_t *there;
	if (!row) return; /* a name that is no UTF-8 */
	bool known = json_array_size(list) >= LIMIT_INDEXED_CERTIFICATES;
	json_array_foreach(list, i, there) known |= json_equal(there, row);
	if (!known) json_array_append(list, row);
	json_decref(row);
}

static void add_text(json_t *list, const char *kind, const char *name, const char *ends) {
	utime when;
	if (utime_parse(ends, &when)) add(list, kind, name, when);
}

static void add_algorithms(json_t *list, const json_t *algorithms) {
	const char *what = text_at(algorithms, "reliable_what");
	char *name = *what ? xstrdup(what) : xasprintf("%s %lld", text_at(algorithms, "signature"), number_at(algorithms, "key_bits"));
	add_text(list, "algorithm", name, text_at(algorithms, "reliable_until"));
	free(name);
}

/* A root ends with its certificate, or earlier where the policy says so. */
static void add_root(json_t *list, const json_t *link) {
	utime ends, sunset;
	if (!utime_parse(text_at(link, "not_after"), &ends)) return;
	if (utime_parse(text_at(link, "trusted_until"), &sunset) && sunset < ends) ends = sunset;
	add(list, "root", text_at(link, "subject"), ends);
}

static void add_chain(json_t *list, const json_t *chain, bool stamp) {
	const json_t *link;
	size_t i;
	json_array_foreach(chain, i, link) {
		if (json_is_true(json_object_get(link, "anchor"))) {
			add_root(list, link);
			continue;
		}
		if (i || stamp) add_text(list, i ? "ca-certificate" : "tsa-certificate", text_at(link, "subject"), text_at(link, "not_after"));
		add_text(list, "algorithm", text_at(link, "reliable_what"), text_at(link, "reliable_until"));
	}
}

static int by_text(const void *a, const void *b) {
	char *x = json_dumps(*(json_t *const *)a, JSON_COMPACT), *y = json_dumps(*(json_t *const *)b, JSON_COMPACT);
	int order = strcmp(x, y);
	free(x);
	free(y);
	return order;
}

static json_t *sorted(json_t *list) {
	size_t n = json_array_size(list);
	json_t **rows = xcalloc(n + 1, sizeof *rows), *out = json_array();
	for (size_t i = 0; i < n; i++) rows[i] = json_array_get(list, i);
	if (n) qsort(rows, n, sizeof *rows, by_text);
	for (size_t i = 0; i < n; i++) json_array_append(out, rows[i]);
	free(rows);
	json_decref(list);
	return out;
}

json_t *search_deadlines_of(const json_t *report) {
	json_t *list = json_array();
	const json_t *signature, *stamp;
	size_t i, k;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		add_chain(list, json_object_get(signature, "chain"), strcmp(text_at(signature, "kind"), "signature") != 0);
		add_algorithms(list, json_object_get(signature, "algorithms"));
		json_array_foreach(json_object_get(signature, "timestamps"), k, stamp) {
			add_chain(list, json_object_get(stamp, "chain"), true);
			add_algorithms(list, json_object_get(stamp, "algorithms"));
		}
	}
	return sorted(list);
}

/* ---- in the index ---- */

static int take_id(void *user, const struct search_row *row) {
	int64_t *id = user;
	*id = search_row_number(row, 0);
	return 1;
}

int search_deadlines_put(struct search_db *db, const json_t *list, int64_t *id, struct error *err) {
	*id = 0;
	if (!json_array_size(list)) return 0;
	char *text = json_dumps(list, JSON_COMPACT);
	const struct search_value value = search_text(text);
	int rc = search_db_run(db, "INSERT OR IGNORE INTO deadlines(list) VALUES(?)", &value, 1, NULL, NULL, err);
	if (!rc) rc = search_db_run(db, "SELECT id FROM deadlines WHERE list = ?", &value, 1, take_id, id, err);
	free(text);
	return rc;
}

struct sets {
	search_deadline_set *visit;
	void *user;
};

static int take_set(void *user, const struct search_row *row) {
	const struct sets *s = user;
	utime provable = *search_row_text(row, 1) ? search_row_number(row, 1) : UTIME_NONE;
	return s->visit(s->user, search_row_text(row, 0), provable, (uint64_t)search_row_number(row, 2),
			(uint64_t)search_row_number(row, 3));
}

int search_deadlines(struct search *search, search_deadline_set *visit, void *user, struct error *err) {
	struct sets s = {visit, user};
	const struct search_value values[] = {search_number(RECORD_REFUSED), search_number(RECORD_WITHDRAWN)};
	return search_db_run(search_database(search),
			     "SELECT d.list, g.provable, g.records, g.bytes FROM (SELECT f.deadlines AS id, f.provable AS provable,"
			     " count(*) AS records, sum(f.size) AS bytes FROM facts f WHERE f.deadlines > 0 AND f.state NOT IN (?, ?)"
			     " GROUP BY f.deadlines, f.provable) g JOIN deadlines d ON d.id = g.id",
			     values, ARRAY_LEN(values), take_set, &s, err);
}
