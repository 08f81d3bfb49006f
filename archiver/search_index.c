#include "archiver/search_index.h"

#include "archiver/coverage.h"
#include "archiver/search_certificates.h"
#include "archiver/search_deadlines.h"
#include "archiver/search_doc.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* To be raised with every change of these tables or of folding: an index of another version is made anew. */
#define SCHEMA_VERSION 8

/* `words` keeps no text of its own (contentless): what must be taken out again follows from `docs`. Its tokenizer
 * splits at spaces only, for splitting and folding are done here (archiver/search_words.c). `facts` is narrow, so that
 * walking all of it stays cheap. */
static const char schema[] =
	"CREATE TABLE mark(id INTEGER PRIMARY KEY, version INTEGER, sequence INTEGER, chain BLOB, archive BLOB);"
	"CREATE TABLE docs(record INTEGER PRIMARY KEY, json TEXT NOT NULL);"
	"CREATE TABLE facts(record INTEGER PRIMARY KEY, sha256 BLOB, number TEXT, day INTEGER, taken INTEGER, verified "
	"INTEGER,"
	" due INTEGER, state INTEGER, indication TEXT, sub_indication TEXT, basis BLOB,"
	" expires INTEGER, place INTEGER, provable INTEGER, provable_limit TEXT, algorithms TEXT, size INTEGER, deadlines INTEGER, roots TEXT);"
	"CREATE INDEX facts_sha256 ON facts(sha256);"
	"CREATE INDEX facts_number ON facts(number, record);"
	"CREATE INDEX facts_day ON facts(day, record);"
	"CREATE INDEX facts_expires ON facts(expires);"
	"CREATE INDEX facts_place ON facts(place);"
	"CREATE INDEX facts_provable ON facts(provable);"
	"CREATE INDEX facts_state ON facts(state, record);"
	"CREATE INDEX facts_verdict ON facts(indication, sub_indication, record);"
	"CREATE VIRTUAL TABLE words USING fts5(symbol, org, subject, type, signer, recipient, name, dossier, other,"
	" x_symbol, x_org, x_subject, x_type, x_signer, x_recipient, x_name, x_dossier, x_other,"
	" content='', columnsize=0, tokenize=\"ascii tokenchars '-./'\");";

static const char insert_words[] =
	"INSERT INTO words(rowid, symbol, org, subject, type, signer, recipient, name, dossier, other,"
	" x_symbol, x_org, x_subject, x_type, x_signer, x_recipient, x_name, x_dossier, x_other) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char delete_words[] = "INSERT INTO words(rowid, symbol, org, subject, type, signer, recipient, name, dossier, other,"
				   " x_symbol, x_org, x_subject, x_type, x_signer, x_recipient, x_name, x_dossier, x_other, words) "
				   "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'delete')";

int search_index_create(struct search_db *db, struct error *err) {
	return search_db_script(db, schema, err) || search_db_script(db, search_certificates_schema, err) ||
			       search_db_script(db, search_deadlines_schema, err)
		       ? -1 : 0;
}

struct mark_read {
	struct search_mark *mark;
	bool found;
};

static int read_mark(void *user, const struct search_row *row) {
	struct mark_read *read = user;
	size_t chain_len, archive_len;
	const void *chain = search_row_bytes(row, 2, &chain_len), *archive = search_row_bytes(row, 3, &archive_len);
	if (search_row_number(row, 0) != SCHEMA_VERSION || chain_len != SHA256_SIZE ||
	    archive_len != sizeof read->mark->archive_id)
		return 1;
	read->mark->sequence = (uint64_t)search_row_number(row, 1);
	memcpy(read->mark->chain, chain, SHA256_SIZE);
	memcpy(read->mark->archive_id, archive, sizeof read->mark->archive_id);
	read->found = true;
	return 1;
}

int search_index_mark(struct search_db *db, struct search_mark *mark, struct error *err) {
	struct mark_read read = {mark, false};
	if (search_db_run(db, "SELECT version, sequence, chain, archive FROM mark", NULL, 0, read_mark, &read, err))
		return -1;
	return read.found ? 0 : error_set(err, ERROR_DAMAGED, "search.db: is of another version");
}

int search_index_set_mark(struct search_db *db, const struct search_mark *mark, struct error *err) {
	const struct search_value values[] = {search_number(SCHEMA_VERSION), search_number((int64_t)mark->sequence),
					      search_bytes(mark->chain, sizeof mark->chain),
					      search_bytes(mark->archive_id, sizeof mark->archive_id)};
	return search_db_run(db, "REPLACE INTO mark VALUES(1, ?, ?, ?, ?)", values, ARRAY_LEN(values), NULL, NULL, err);
}

/* The same words go in and, when the document changes, out again. */
static int run_words(struct search_db *db, const char *sql, uint64_t number, const json_t *doc, struct error *err) {
	struct search_value values[1 + 2 * SEARCH_COLUMNS] = {search_number((int64_t)number)};
	char *texts[2 * SEARCH_COLUMNS];
	for (int i = 0; i < 2 * SEARCH_COLUMNS; i++) {
		texts[i] = search_doc_words(doc, (enum search_column)(i % SEARCH_COLUMNS), i >= SEARCH_COLUMNS);
		values[1 + i] = search_text(texts[i]);
	}
	int rc = search_db_run(db, sql, values, ARRAY_LEN(values), NULL, NULL, err);
	for (int i = 0; i < 2 * SEARCH_COLUMNS; i++) free(texts[i]);
	return rc;
}

static struct search_value time_value(utime t) {
	return t == UTIME_NONE ? (struct search_value){.type = SEARCH_VALUE_NULL} : search_number(t);
}

static int put_facts(struct search_db *db, struct store *store, const struct record_row *row, const json_t *doc,
		     const unsigned char basis[static SHA256_SIZE], int64_t deadlines, struct error *err) {
	int64_t day;
	utime expires = UTIME_NONE, provable = UTIME_NONE;
	const char *limit;
	char *number = search_doc_number(doc), *algorithms = search_doc_algorithms(doc), *roots = search_doc_roots(doc);
	search_doc_expires(doc, &expires);
	struct object_info info;
	struct error unknown = {0}; /* an object that is lost has no copies to be counted */
	bool placed = store_object_info(store, &row->original, &info, &unknown);
	search_doc_provable(doc, &provable, &limit);
	const struct search_value values[] = {
		search_number((int64_t)row->number),
		search_bytes(row->original.sha256, SHA256_SIZE),
		*number ? search_text(number) : (struct search_value){.type = SEARCH_VALUE_NULL},
		search_doc_day(doc, &day) ? search_number(day) : (struct search_value){.type = SEARCH_VALUE_NULL},
		time_value(row->taken_in),
		time_value(row->verified),
		time_value(row->due),
		search_number(row->state),
		search_text(row->indication),
		search_text(row->sub_indication),
		search_bytes(basis, SHA256_SIZE),
		time_value(expires),
		placed ? search_number((int64_t)coverage_place(info.pack, info.offset + info.size)) : (struct search_value){.type = SEARCH_VALUE_NULL},
		time_value(provable),
		search_text(limit),
		search_text(algorithms),
		search_number((int64_t)row->size),
		search_number(deadlines),
		search_text(roots),
	};
	int rc = search_db_run(db, "REPLACE INTO facts VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", values,
			       ARRAY_LEN(values), NULL, NULL, err);
	free(number);
	free(algorithms);
	free(roots);
	return rc;
}

struct old {
	const unsigned char *basis; /* in: of the record as it is now */
	json_t *doc;                /* what is in the index; NULL when it need not be known, or cannot be read */
	bool found, same;
};

static int read_old(void *user, const struct search_row *row) {
	struct old *old = user;
	size_t len;
	const void *basis = search_row_bytes(row, 0, &len);
	old->found = true;
	old->same = len == SHA256_SIZE && !memcmp(basis, old->basis, len);
	if (!old->same) old->doc = json_loads(search_row_text(row, 1), 0, NULL);
	return 1;
}

static int put_whole(struct search_db *db, struct store *store, const struct record_row *row,
		     const unsigned char basis[static SHA256_SIZE], const struct old *old, struct error *err) {
	json_t *doc;
	char *text = NULL;
	int rc = -1;
	if (search_doc(store, row, &doc, err)) return -1;
	if (old->found && !old->doc) {
		error_set(err, ERROR_DAMAGED, "search.db: record %llu cannot be read", (unsigned long long)row->number);
		goto out;
	}
	/* Found by their own table: a list of them in every row would be most of the index. */
	json_t *certificates = json_object_get(json_object_get(doc, "index"), "chain");
	if (search_certificates_put(db, row->number, certificates, !old->found, err)) goto out;
	json_object_del(json_object_get(doc, "index"), "chain");
	int64_t deadlines;
	if (search_deadlines_put(db, json_object_get(json_object_get(doc, "index"), "deadlines"), &deadlines, err)) goto out;
	json_object_del(json_object_get(doc, "index"), "deadlines");
	if (old->found && run_words(db, delete_words, row->number, old->doc, err)) goto out;
	text = json_dumps(doc, JSON_COMPACT);
	const struct search_value values[] = {search_number((int64_t)row->number), search_text(text)};
	if (run_words(db, insert_words, row->number, doc, err)) goto out;
	if (search_db_run(db, "REPLACE INTO docs VALUES(?, ?)", values, 2, NULL, NULL, err)) goto out;
	rc = put_facts(db, store, row, doc, basis, deadlines, err);
out:
	free(text);
	json_decref(doc);
	return rc;
}

static int put_times(struct search_db *db, const struct record_row *row, struct error *err) {
	const struct search_value values[] = {time_value(row->verified), time_value(row->due),
					      search_number((int64_t)row->number)};
	return search_db_run(db, "UPDATE facts SET verified = ?, due = ? WHERE record = ?", values, 3, NULL, NULL, err);
}

int search_index_put(struct search_db *db, struct store *store, uint64_t number, bool fresh, struct error *err) {
	struct record_row row = {0};
	unsigned char basis[SHA256_SIZE];
	struct old old = {.basis = basis};
	int rc = records_get(store, number, &row, err);
	if (rc <= 0) return rc;
	const struct search_value value = search_number((int64_t)number);
	rc = search_doc_basis(store, &row, basis, err);
	if (!rc && !fresh)
		rc = search_db_run(db,
				   "SELECT f.basis, d.json FROM facts f JOIN docs d USING (record) WHERE f.record = ?",
				   &value, 1, read_old, &old, err);
	if (!rc && old.same)
		rc = put_times(db, &row, err);
	else if (!rc)
		rc = put_whole(db, store, &row, basis, &old, err);
	json_decref(old.doc);
	record_row_dispose(&row);
	return rc;
}
