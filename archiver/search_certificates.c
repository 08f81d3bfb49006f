#include "archiver/search_certificates.h"

#include "archiver/json_get.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A certificate stands once, however many records rest on it; a row of `uses` is two numbers. */
const char search_certificates_schema[] =
	"CREATE TABLE certificates(id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, issuer TEXT, serial TEXT, subject TEXT);"
	"CREATE INDEX certificates_issuer ON certificates(issuer);"
	"CREATE INDEX certificates_serial ON certificates(serial);"
	"CREATE TABLE uses(certificate INTEGER, record INTEGER, PRIMARY KEY(certificate, record)) WITHOUT ROWID;"
	"CREATE INDEX uses_record ON uses(record);";

static void add_chain(json_t *list, json_t *seen, const json_t *chain) {
	const json_t *row;
	size_t i;
	json_array_foreach(chain, i, row) {
		const char *sha256 = text_at(row, "sha256");
		if (strlen(sha256) != 2 * SHA256_SIZE || json_object_get(seen, sha256)) continue;
		if (json_array_size(list) >= LIMIT_INDEXED_CERTIFICATES) return;
		json_object_set_new(seen, sha256, json_true());
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "sha256", sha256, "issuer", text_at(row, "issuer"), "serial",
		                                      text_at(row, "serial"), "subject", text_at(row, "subject")));
	}
}

json_t *search_certificates_of(const json_t *report) {
	json_t *list = json_array(), *seen = json_object();
	const json_t *signature, *stamp;
	size_t i, k;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		add_chain(list, seen, json_object_get(signature, "chain"));
		json_array_foreach(json_object_get(signature, "timestamps"), k, stamp) add_chain(list, seen, json_object_get(stamp, "chain"));
	}
	json_decref(seen);
	return list;
}

static int put_one(struct search_db *db, uint64_t number, const json_t *row, struct error *err) {
	unsigned char sha256[SHA256_SIZE];
	if (!hex_decode(text_at(row, "sha256"), sha256, sizeof sha256)) return 0;
	const struct search_value certificate[] = {search_bytes(sha256, sizeof sha256), search_text(text_at(row, "issuer")),
	                                           search_text(text_at(row, "serial")), search_text(text_at(row, "subject"))};
	const struct search_value use[] = {search_number((int64_t)number), search_bytes(sha256, sizeof sha256)};
	if (search_db_run(db, "INSERT OR IGNORE INTO certificates(sha256, issuer, serial, subject) VALUES(?, ?, ?, ?)", certificate,
	                  ARRAY_LEN(certificate), NULL, NULL, err))
		return -1;
	return search_db_run(db, "INSERT OR IGNORE INTO uses SELECT id, ? FROM certificates WHERE sha256 = ?", use, 2, NULL, NULL, err);
}

int search_certificates_put(struct search_db *db, uint64_t number, const json_t *list, bool fresh, struct error *err) {
	const struct search_value value = search_number((int64_t)number);
	const json_t *row;
	size_t i;
	if (!fresh && search_db_run(db, "DELETE FROM uses WHERE record = ?", &value, 1, NULL, NULL, err)) return -1;
	json_array_foreach(list, i, row) if (put_one(db, number, row, err)) return -1;
	return 0;
}

/* ---- asking ---- */

struct numbers {
	uint64_t *items;
	size_t count, max;
};

static int take_number(void *user, const struct search_row *row) {
	struct numbers *n = user;
	n->items[n->count++] = (uint64_t)search_row_number(row, 0);
	return n->count == n->max;
}

#define RESTING "FROM certificates c JOIN uses u ON u.certificate = c.id WHERE "

/* The condition, and its values: how many. */
static const char *resting(const struct search_certificate *which, struct search_value values[static 3], size_t *count) {
	*count = 0;
	if (which->sha256) values[(*count)++] = search_bytes(which->sha256, SHA256_SIZE);
	if (which->issuer) values[(*count)++] = search_text(which->issuer);
	if (which->serial) values[(*count)++] = search_text(which->serial);
	if (which->sha256) return "c.sha256 = ?";
	if (which->issuer && which->serial) return "c.issuer = ? AND c.serial = ?";
	return which->issuer ? "c.issuer = ?" : "c.serial = ?";
}

struct each {
	search_number_visit *visit;
	void *user;
};

static int visit_number(void *user, const struct search_row *row) {
	const struct each *e = user;
	return e->visit(e->user, (uint64_t)search_row_number(row, 0));
}

int search_each_resting_on(struct search *search, const struct search_certificate *which, search_number_visit *visit, void *user,
                           struct error *err) {
	struct each e = {visit, user};
	struct search_value values[3];
	size_t count;
	const char *what = resting(which, values, &count);
	char *sql = xasprintf("SELECT u.record " RESTING "%s", what);
	int rc = search_db_run(search_database(search), sql, values, count, visit_number, &e, err);
	free(sql);
	return rc;
}

int search_resting_on(struct search *search, const struct search_certificate *which, uint64_t after, uint64_t *numbers, size_t max,
                      struct error *err) {
	static const char head[] = "SELECT DISTINCT u.record " RESTING;
	struct search_value values[4];
	size_t count;
	struct numbers found = {numbers, 0, max};
	const char *what = resting(which, values, &count);
	values[count++] = search_number((int64_t)after);
	if (!max) return 0;
	char *sql = xasprintf("%s%s AND u.record > ? ORDER BY u.record LIMIT %zu", head, what, max);
	int rc = search_db_run(search_database(search), sql, values, count, take_number, &found, err);
	free(sql);
	return rc ? -1 : (int)found.count;
}
