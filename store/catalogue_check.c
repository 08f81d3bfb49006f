/* The whole file read and held against itself. */
#include "store/catalogue_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK_TRIES 5000 /* a try is a millisecond, and a commit that syncs many of them */

struct check {
	struct catalogue *catalogue;
	MDB_txn *mdb;
	catalogue_problem *problem;
	void *user;
	MDB_envinfo info;
	bool sized;     /* info is of the same commit as the snapshot */
	uint64_t pages; /* of the tables seen so far */
};

__attribute__((format(printf, 2, 3))) static void say(struct check *c, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	c->problem(c->user, text);
	free(text);
}

/* A row must be found by its key, or a damaged page above it hides it. */
static bool row_is_right(struct check *c, enum table table, MDB_val key, MDB_val value, MDB_val before) {
	struct txn txn = {.catalogue = c->catalogue, .mdb = c->mdb};
	struct span out;
	MDB_val again;
	bool right = catalogue_verified(&txn, table, key, value, &out);
	if (!right) say(c, "%s", txn.err.text);
	if (before.mv_data && mdb_cmp(c->mdb, c->catalogue->tables[table], &before, &key) >= 0) {
		say(c, "catalogue: %s: keys are out of order", table_name(table));
		return false;
	}
	int rc = mdb_get(c->mdb, c->catalogue->tables[table], &key, &again);
	if (rc || again.mv_data != value.mv_data) say(c, "catalogue: %s: a row is not found by its key", table_name(table));
	return true;
}

static void check_table(struct check *c, enum table table) {
	MDB_cursor *cursor = NULL;
	MDB_val key, value, before = {0};
	MDB_stat stat = {0};
	uint64_t rows = 0;
	int rc = mdb_stat(c->mdb, c->catalogue->tables[table], &stat);
	c->pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
	if (!rc) rc = mdb_cursor_open(c->mdb, c->catalogue->tables[table], &cursor);
	while (!rc && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		rows++;
		if (!row_is_right(c, table, key, value, before)) break;
		before = key;
	}
	if (cursor) mdb_cursor_close(cursor);
	if (rc && rc != MDB_NOTFOUND) say(c, "catalogue: %s: %s", table_name(table), mdb_strerror(rc));
	else if (rows != stat.ms_entries)
		say(c, "catalogue: %s: %llu rows instead of %llu", table_name(table), (unsigned long long)rows,
		    (unsigned long long)stat.ms_entries);
}

/* Pages are two heads, those of the tables, of the list of tables, of the list of free pages, and the free ones. */
static void check_pages(struct check *c) {
	MDB_cursor *cursor = NULL;
	MDB_val key, value;
	MDB_stat stat;
	uint64_t free_pages = 0;
	int rc = 0;
	for (MDB_dbi dbi = 0; dbi < 2 && !rc; dbi++) {
		rc = mdb_stat(c->mdb, dbi, &stat);
		c->pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
	}
	if (!rc) rc = mdb_cursor_open(c->mdb, 0, &cursor);
	while (!rc && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		size_t count = 0, number, last = SIZE_MAX;
		if (value.mv_size >= sizeof count) memcpy(&count, value.mv_data, sizeof count);
		bool right = count > 0 && value.mv_size / sizeof count > count;
		for (size_t i = 1; right && i <= count; i++, last = number) {
			memcpy(&number, (char *)value.mv_data + i * sizeof number, sizeof number);
			right = number < last && number > 1 && number <= c->info.me_last_pgno;
		}
		if (!right) say(c, "catalogue: the list of free pages is damaged");
		free_pages += count;
	}
	if (cursor) mdb_cursor_close(cursor);
	if (rc != MDB_NOTFOUND) say(c, "catalogue: the list of free pages: %s", mdb_strerror(rc));
	else if (c->sized && c->pages + free_pages + 2 != c->info.me_last_pgno + 1)
		say(c, "catalogue: %llu pages are used or free, of %llu", (unsigned long long)(c->pages + free_pages + 2),
		    (unsigned long long)c->info.me_last_pgno + 1);
}

/* A snapshot and the size of the file as of that snapshot: what LMDB tells of the file is what the last commit wrote,
 * which snapshots show only when it is on the disk. */
static int check_begin(struct check *c) {
	const struct timespec moment = {.tv_nsec = 1000000};
	for (unsigned tries = 1;; tries++) {
		int rc = mdb_txn_begin(c->catalogue->env, NULL, MDB_RDONLY, &c->mdb);
		if (!rc) rc = mdb_env_info(c->catalogue->env, &c->info);
		if (rc) return rc;
		c->sized = c->info.me_last_txnid == mdb_txn_id(c->mdb);
		if (c->sized || tries == CHECK_TRIES) return 0;
		mdb_txn_abort(c->mdb);
		nanosleep(&moment, NULL);
	}
}

void catalogue_check(struct catalogue *catalogue, catalogue_problem *problem, void *user) {
	struct check c = {.catalogue = catalogue, .problem = problem, .user = user};
	catalogue_inside++;
	int rc = check_begin(&c);
	if (rc) {
		say(&c, "catalogue: %s", mdb_strerror(rc));
	} else {
		for (int table = 0; table < TABLES; table++) check_table(&c, table);
		check_pages(&c);
		mdb_txn_abort(c.mdb);
	}
	catalogue_inside--;
}
