#include "store/catalogue.h"

#include "base/digest.h"
#include "base/limits.h"
#include "store/fault.h"

#include <errno.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define SUM_SIZE 8

struct catalogue {
	MDB_env *env;
	MDB_dbi tables[TABLES];
};

struct txn {
	struct catalogue *catalogue;
	MDB_txn *mdb;
	struct error err;
	struct buf value; /* scratch */
};

struct walk {
	struct txn *txn;
	MDB_cursor *cursor;
	enum table table;
};

static _Thread_local volatile int inside;

bool catalogue_is_inside(void) {
	return inside > 0;
}

#define IN_LMDB(result, call) (inside++, (result) = (call), inside--) /* call: one that reads pages */

const char *table_name(enum table table) {
	static const char *const names[TABLES] = {
#define TABLE(name, text) [TABLE_##name] = text,
#include "store/table.def"
#undef TABLE
	};
	return names[table];
}

struct span span_of(const struct buf *b) {
	return (struct span){b->data, b->len};
}

static int mdb_error(struct error *err, int rc, const char *what) {
	enum error_code code = ERROR_IO;
	if (rc == ENOSPC || rc == EDQUOT || rc == MDB_MAP_FULL) code = ERROR_NO_SPACE;
	if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
		code = ERROR_DAMAGED;
	if (rc == ENOENT) code = ERROR_NOT_FOUND;
	const char *text = rc > 0 ? strerrordesc_np(rc) : NULL; /* mdb_strerror would speak the language of the locale */
	return error_set(err, code, "catalogue: %s: %s", what, text ? text : mdb_strerror(rc));
}

/* LMDB calls a write that was cut short an input/output error, also where the disk is full. */
static int true_cause(MDB_env *env, int rc) {
	mdb_filehandle_t fd;
	struct statvfs disk;
	if (rc != EIO || mdb_env_get_fd(env, &fd) || fstatvfs(fd, &disk)) return rc;
	return disk.f_bavail == 0 || disk.f_bfree == 0 ? ENOSPC : rc;
}

/* The address space may be limited (RLIMIT_AS, sanitizers): then a smaller map does until the archive is larger. */
static int open_sized(const char *path, unsigned flags, MDB_env **out) {
	static const size_t sizes[] = {(size_t)1 << 40, (size_t)64 << 30, (size_t)4 << 30};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		MDB_env *env;
		if (mdb_env_create(&env)) abort();
		rc = mdb_env_set_mapsize(env, sizes[i]);
		if (!rc) rc = mdb_env_set_maxdbs(env, TABLES);
		if (!rc) rc = mdb_env_set_maxreaders(env, LIMIT_CATALOGUE_READERS);
		if (!rc) IN_LMDB(rc, mdb_env_open(env, path, flags, 0644));
		if (!rc) {
			*out = env;
			return 0;
		}
		mdb_env_close(env);
		if (rc != ENOMEM) break;
	}
	return rc;
}

/* A map that reaches past the end of its file would end the process with SIGBUS. */
static int check_length(MDB_env *env, struct error *err) {
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	mdb_filehandle_t fd;
	mdb_env_info(env, &info);
	mdb_env_stat(env, &stat);
	if (mdb_env_get_fd(env, &fd) || fstat(fd, &st) < 0) return error_errno(err, "catalogue/data.mdb");
	uint64_t need = info.me_last_pgno < 2 ? 0 : ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	if ((uint64_t)st.st_size < need)
		return error_set(err, ERROR_DAMAGED, "catalogue/data.mdb: %llu bytes instead of %llu or more",
				 (unsigned long long)st.st_size, (unsigned long long)need);
	return 0;
}

static int open_tables(struct catalogue *c, bool create, struct error *err) {
	MDB_txn *txn;
	int rc;
	IN_LMDB(rc, mdb_txn_begin(c->env, NULL, create ? 0 : MDB_RDONLY, &txn));
	if (rc) return mdb_error(err, rc, "begin");
	for (int i = 0; i < TABLES && !rc; i++) {
		IN_LMDB(rc, mdb_dbi_open(txn, table_name(i), create ? MDB_CREATE : 0, &c->tables[i]));
		if (rc == MDB_NOTFOUND) {
			mdb_txn_abort(txn);
			return error_set(err, ERROR_DAMAGED, "catalogue: table %s is missing; it can be rebuilt from packs and journal: ltvault rebuild",
					 table_name(i));
		}
	}
	if (rc || fault_hit()) {
		mdb_txn_abort(txn);
		return mdb_error(err, rc ? rc : ENOSPC, "tables");
	}
	IN_LMDB(rc, mdb_txn_commit(txn));
	return rc ? mdb_error(err, true_cause(c->env, rc), "tables") : 0;
}

/* Only a catalogue without anything is new. One that lacks some tables is damaged, or of another version of this program:
 * empty tables made beside full ones would contradict them. */
static bool is_new(struct catalogue *c) {
	MDB_txn *txn;
	MDB_stat stat = {0};
	if (mdb_txn_begin(c->env, NULL, MDB_RDONLY, &txn)) return false;
	MDB_dbi main_table;
	bool empty;
	IN_LMDB(empty, !mdb_dbi_open(txn, NULL, 0, &main_table) && !mdb_stat(txn, main_table, &stat) && !stat.ms_entries);
	mdb_txn_abort(txn);
	return empty;
}

struct catalogue *catalogue_open(const char *path, enum catalogue_mode mode, struct error *err) {
	struct catalogue *c = xcalloc(1, sizeof *c);
	unsigned flags =
		MDB_NOTLS | (mode == CATALOGUE_WRITE ? 0 : MDB_RDONLY) | (mode == CATALOGUE_MEDIUM ? MDB_NOLOCK : 0);
	int dead = 0, rc = open_sized(path, flags, &c->env);
	if (mode == CATALOGUE_READ && (rc == EROFS || rc == EACCES)) rc = open_sized(path, flags | MDB_NOLOCK, &c->env);
	if (rc) {
		mdb_error(err, rc, "data.mdb");
		free(c);
		return NULL;
	}
	if (check_length(c->env, err) < 0) goto fail;
	if (mode != CATALOGUE_MEDIUM) mdb_reader_check(c->env, &dead);
	if (open_tables(c, mode == CATALOGUE_WRITE && is_new(c), err) < 0) goto fail;
	return c;
fail:
	catalogue_close(c);
	return NULL;
}

void catalogue_close(struct catalogue *c) {
	if (!c) return;
	mdb_env_close(c->env);
	free(c);
}

int catalogue_copy(struct catalogue *c, int fd, struct error *err) {
	int rc;
	IN_LMDB(rc, mdb_env_copyfd2(c->env, fd, MDB_CP_COMPACT));
	return rc ? mdb_error(err, rc, "snapshot") : 0;
}

struct txn *txn_begin(struct catalogue *c, bool write, struct error *err) {
	struct txn *txn = xcalloc(1, sizeof *txn);
	int rc;
	IN_LMDB(rc, mdb_txn_begin(c->env, NULL, write ? 0 : MDB_RDONLY, &txn->mdb));
	txn->catalogue = c;
	if (rc) {
		mdb_error(err, rc, rc == MDB_READERS_FULL ? "too many readers" : "begin");
		free(txn);
		return NULL;
	}
	return txn;
}

static void txn_free(struct txn *txn) {
	buf_dispose(&txn->value);
	free(txn);
}

int txn_end(struct txn *txn, struct error *err) {
	if (!txn) return -1;
	int rc = txn_failed(txn) ? error_set(err, txn->err.code, "%s", txn->err.text) : 0;
	mdb_txn_abort(txn->mdb);
	txn_free(txn);
	return rc;
}

int txn_commit(struct txn *txn, struct error *err) {
	if (txn_failed(txn)) return txn_end(txn, err);
	MDB_env *env = txn->catalogue->env;
	int rc = fault_hit() ? ENOSPC : 0;
	if (rc)
		mdb_txn_abort(txn->mdb);
	else
		IN_LMDB(rc, mdb_txn_commit(txn->mdb));
	txn_free(txn);
	return rc ? mdb_error(err, true_cause(env, rc), "commit") : 0;
}

bool txn_failed(const struct txn *txn) {
	return txn->err.code != ERROR_NONE;
}

void txn_fail(struct txn *txn, enum error_code code, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	error_set(&txn->err, code, "%s", text);
	free(text);
}

static void checksum(enum table table, MDB_val key, const void *value, size_t len, unsigned char out[static SUM_SIZE]) {
	unsigned char stack[1024], digest[SHA256_SIZE];
	const char *name = table_name(table);
	size_t name_len = strlen(name) + 1, total = name_len + 8 + key.mv_size + len;
	unsigned char *all = total <= sizeof stack ? stack : xmalloc(total);
	memcpy(all, name, name_len);
	for (int i = 0; i < 8; i++) all[name_len + (size_t)i] = (unsigned char)((uint64_t)key.mv_size >> (56 - 8 * i));
	memcpy(all + name_len + 8, key.mv_data, key.mv_size);
	if (len) memcpy(all + name_len + 8 + key.mv_size, value, len);
	sha256_bytes(all, total, digest);
	memcpy(out, digest, SUM_SIZE);
	if (all != stack) free(all);
}

/* Keys that are text are shown as such, others in hexadecimal. */
static char *key_text(MDB_val key) {
	const unsigned char *p = key.mv_data;
	bool text = key.mv_size > 0;
	for (size_t i = 0; i < key.mv_size; i++) text = text && p[i] > ' ' && p[i] < 127;
	return text ? xstrndup(key.mv_data, key.mv_size) : hex_dup(key.mv_data, key.mv_size);
}

static bool verified(struct txn *txn, enum table table, MDB_val key, MDB_val value, struct span *out) {
	unsigned char sum[SUM_SIZE];
	if (value.mv_size >= SUM_SIZE) {
		size_t len = value.mv_size - SUM_SIZE;
		checksum(table, key, value.mv_data, len, sum);
		if (!memcmp(sum, (unsigned char *)value.mv_data + len, SUM_SIZE)) {
			*out = (struct span){value.mv_data, len};
			return true;
		}
	}
	char *text = key_text(key);
	txn_fail(txn, ERROR_DAMAGED, "catalogue: %s %s: checksum is wrong", table_name(table), text);
	free(text);
	return false;
}

static void mdb_fail(struct txn *txn, int rc, enum table table) {
	mdb_error(&txn->err, rc, table_name(table));
}

bool txn_get(struct txn *txn, enum table table, struct span key, struct span *value) {
	MDB_val k = {key.len, (void *)key.data}, v;
	if (txn_failed(txn)) return false;
	int rc;
	bool right;
	IN_LMDB(rc, mdb_get(txn->mdb, txn->catalogue->tables[table], &k, &v));
	if (rc == MDB_NOTFOUND) return false;
	if (rc) {
		mdb_fail(txn, rc, table);
		return false;
	}
	IN_LMDB(right, verified(txn, table, k, v, value));
	return right;
}

void txn_put(struct txn *txn, enum table table, struct span key, struct span value) {
	unsigned char sum[SUM_SIZE];
	MDB_val k = {key.len, (void *)key.data}, v;
	if (txn_failed(txn)) return;
	checksum(table, k, value.data, value.len, sum);
	txn->value.len = 0;
	buf_add(&txn->value, value.data, value.len);
	buf_add(&txn->value, sum, sizeof sum);
	v = (MDB_val){txn->value.len, txn->value.data};
	int rc;
	IN_LMDB(rc, mdb_put(txn->mdb, txn->catalogue->tables[table], &k, &v, 0));
	if (rc) mdb_fail(txn, rc, table);
}

void txn_delete(struct txn *txn, enum table table, struct span key) {
	MDB_val k = {key.len, (void *)key.data};
	if (txn_failed(txn)) return;
	int rc;
	IN_LMDB(rc, mdb_del(txn->mdb, txn->catalogue->tables[table], &k, NULL));
	if (rc && rc != MDB_NOTFOUND) mdb_fail(txn, rc, table);
}

uint64_t txn_count(struct txn *txn, enum table table) {
	MDB_stat stat = {0};
	if (txn_failed(txn)) return 0;
	int rc = mdb_stat(txn->mdb, txn->catalogue->tables[table], &stat);
	if (rc) mdb_fail(txn, rc, table);
	return stat.ms_entries;
}

struct walk *walk_begin(struct txn *txn, enum table table) {
	struct walk *walk = xcalloc(1, sizeof *walk);
	walk->txn = txn;
	walk->table = table;
	if (txn_failed(txn)) return walk;
	int rc = mdb_cursor_open(txn->mdb, txn->catalogue->tables[table], &walk->cursor);
	if (rc) mdb_fail(txn, rc, table);
	return walk;
}

static bool step(struct walk *walk, MDB_cursor_op op, struct span key, struct span *at, struct span *value) {
	MDB_val k = {key.len, (void *)key.data}, v;
	if (txn_failed(walk->txn)) return false;
	int rc;
	bool right;
	IN_LMDB(rc, mdb_cursor_get(walk->cursor, &k, &v, op));
	if (rc == MDB_NOTFOUND) return false;
	if (rc) {
		mdb_fail(walk->txn, rc, walk->table);
		return false;
	}
	*at = (struct span){k.mv_data, k.mv_size};
	IN_LMDB(right, verified(walk->txn, walk->table, k, v, value));
	return right;
}

bool walk_seek(struct walk *walk, struct span key, struct span *at, struct span *value) {
	return step(walk, key.len ? MDB_SET_RANGE : MDB_FIRST, key, at, value);
}

bool walk_next(struct walk *walk, struct span *at, struct span *value) {
	return step(walk, MDB_NEXT, (struct span){0}, at, value);
}

bool walk_previous(struct walk *walk, struct span *at, struct span *value) {
	return step(walk, MDB_PREV, (struct span){0}, at, value);
}

bool walk_last(struct walk *walk, struct span *at, struct span *value) {
	return step(walk, MDB_LAST, (struct span){0}, at, value);
}

void walk_end(struct walk *walk) {
	if (walk->cursor) mdb_cursor_close(walk->cursor);
	free(walk);
}

/* ---- the whole file ---- */

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
	bool right = verified(&txn, table, key, value, &out);
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
	inside++;
	int rc = check_begin(&c);
	if (rc) {
		say(&c, "catalogue: %s", mdb_strerror(rc));
	} else {
		for (int table = 0; table < TABLES; table++) check_table(&c, table);
		check_pages(&c);
		mdb_txn_abort(c.mdb);
	}
	inside--;
}
