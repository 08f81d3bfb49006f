#include "archiver/search_db.h"

#include "base/mem.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000 /* a commit of the night beside us takes milliseconds; a machine under load, seconds */
#define KEPT 24      /* prepared statements */

struct search_db {
	sqlite3 *handle;
	char *path;
	struct {
		char *sql;
		sqlite3_stmt *statement;
	} kept[KEPT];
	size_t next; /* slot that is given up next */
};

struct search_row {
	sqlite3_stmt *statement;
};

static enum error_code code_of(int rc) {
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR:
		return ERROR_DAMAGED; /* also what a foreign or older schema gives */
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERROR_LOCKED;
	case SQLITE_READONLY:
		return rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY ? ERROR_LOCKED : ERROR_IO;
	case SQLITE_FULL:
		return ERROR_NO_SPACE;
	case SQLITE_INTERRUPT:
		return ERROR_INTERRUPTED;
	default:
		return ERROR_IO;
	}
}

static int failed(const struct search_db *db, int rc, struct error *err) {
	return error_set(err, code_of(rc), "%s: %s", *db->path ? db->path : "search index", sqlite3_errmsg(db->handle));
}

struct search_db *search_db_open(const char *path, enum search_db_mode mode, struct error *err) {
	static const int flags[] = {SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE,
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
	if (mode != SEARCH_DB_CREATE && access(path, F_OK)) {
		error_errno(err, "%s", path);
		return NULL;
	}
	struct search_db *db = xcalloc(1, sizeof *db);
	db->path = xstrdup(path);
	int rc = sqlite3_open_v2(path, &db->handle, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		if (!db->handle) abort(); /* no memory */
		failed(db, rc, err);
		search_db_close(db);
		return NULL;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	/* A file from outside must not bring code or surprises of its own. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, mode != SEARCH_DB_CREATE, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	const char *settings = mode == SEARCH_DB_CREATE
				       ? "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16000"
				       : "PRAGMA cache_size=-8000; PRAGMA synchronous=NORMAL";
	if (search_db_script(db, settings, err)) {
		search_db_close(db);
		return NULL;
	}
	return db;
}

void search_db_close(struct search_db *db) {
	if (!db) return;
	for (size_t i = 0; i < KEPT; i++) {
		sqlite3_finalize(db->kept[i].statement);
		free(db->kept[i].sql);
	}
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

struct search_value search_number(int64_t number) {
	return (struct search_value){.type = SEARCH_VALUE_NUMBER, .number = number};
}

struct search_value search_text(const char *text) {
	return (struct search_value){.type = SEARCH_VALUE_TEXT, .data = text};
}

struct search_value search_bytes(const void *data, size_t len) {
	return (struct search_value){.type = SEARCH_VALUE_BYTES, .data = data, .len = len};
}

int64_t search_row_number(const struct search_row *row, int column) {
	return sqlite3_column_int64(row->statement, column);
}

const char *search_row_text(const struct search_row *row, int column) {
	const unsigned char *text = sqlite3_column_text(row->statement, column);
	return text ? (const char *)text : "";
}

const void *search_row_bytes(const struct search_row *row, int column, size_t *len) {
	const void *data = sqlite3_column_blob(row->statement, column);
	*len = (size_t)sqlite3_column_bytes(row->statement, column);
	return data;
}

static sqlite3_stmt *prepared(struct search_db *db, const char *sql, struct error *err) {
	for (size_t i = 0; i < KEPT; i++)
		if (db->kept[i].sql && !strcmp(db->kept[i].sql, sql)) return db->kept[i].statement;
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
	if (rc != SQLITE_OK) {
		failed(db, rc, err);
		return NULL;
	}
	size_t slot = db->next++ % KEPT;
	sqlite3_finalize(db->kept[slot].statement);
	free(db->kept[slot].sql);
	db->kept[slot].sql = xstrdup(sql);
	return db->kept[slot].statement = statement;
}

static int bind(sqlite3_stmt *statement, int index, const struct search_value *value) {
	switch (value->type) {
	case SEARCH_VALUE_NULL:
		return sqlite3_bind_null(statement, index);
	case SEARCH_VALUE_NUMBER:
		return sqlite3_bind_int64(statement, index, value->number);
	case SEARCH_VALUE_TEXT:
		return sqlite3_bind_text(statement, index, value->data, -1, SQLITE_STATIC);
	case SEARCH_VALUE_BYTES:
		return sqlite3_bind_blob64(statement, index, value->data, value->len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

int search_db_run(struct search_db *db, const char *sql, const struct search_value *values, size_t count,
		  search_visit *visit, void *user, struct error *err) {
	sqlite3_stmt *statement = prepared(db, sql, err);
	if (!statement) return -1;
	int rc = SQLITE_OK;
	for (size_t i = 0; i < count && rc == SQLITE_OK; i++) rc = bind(statement, (int)i + 1, &values[i]);
	struct search_row row = {statement};
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW && visit && visit(user, &row)) rc = SQLITE_DONE;
	}
	if (rc != SQLITE_DONE) failed(db, rc, err);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return rc == SQLITE_DONE ? 0 : -1;
}

int search_db_script(struct search_db *db, const char *sql, struct error *err) {
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : failed(db, rc, err);
}
