#include "store/catalogue_private.h"

#include "base/digest.h"
#include "base/limits.h"
#include "store/fault.h"
#include "store/through_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SUM_SIZE 8

struct walk {
	struct txn *txn;
	MDB_cursor *cursor;
	enum table table;
};

_Thread_local volatile int catalogue_inside;

bool catalogue_is_inside(void) {
	return catalogue_inside > 0;
}

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

/* What a reader sees lies in the map, a writer's own pages beside it. */
static void find_pages(struct catalogue *c) {
	MDB_txn *txn;
	MDB_val key = {sizeof "meta" - 1, (char *)"meta"}, value;
	MDB_dbi main_table;
	int rc;
	if (mdb_txn_begin(c->env, NULL, MDB_RDONLY, &txn)) return;
	IN_LMDB(rc, mdb_dbi_open(txn, NULL, 0, &main_table) || mdb_get(txn, main_table, &key, &value));
	if (!rc) map_pages_find(&c->pages, value.mv_data);
	mdb_txn_abort(txn);
}

/* LMDB writes to a map of its lock file: where a full disk gives no blocks for that, the process would end with SIGBUS, which says
 * damage. The size is what LMDB takes for so many readers. */
static int reserve_lock(const char *path, enum catalogue_mode mode, struct error *err) {
	char *file = xasprintf("%s/lock.mdb", path);
	int fd = open(file, O_RDWR | O_CLOEXEC | (mode == CATALOGUE_WRITE ? O_CREAT : 0), 0644), rc = 0;
	if (fd < 0) rc = errno == ENOSPC || errno == EDQUOT ? errno : 0; /* what else keeps it shut LMDB says itself */
	else if (fallocate(fd, 0, 0, LIMIT_CATALOGUE_READERS * 64 + 128) < 0)
		rc = errno == ENOSPC || errno == EDQUOT ? errno : 0;
	if (fd >= 0) close(fd);
	free(file);
	return rc ? mdb_error(err, rc, "lock.mdb") : 0;
}

struct catalogue *catalogue_open(const char *path, enum catalogue_mode mode, struct error *err) {
	if (mode != CATALOGUE_MEDIUM && reserve_lock(path, mode, err) < 0) return NULL;
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
	find_pages(c);
	return c;
fail:
	catalogue_close(c);
	return NULL;
}

void catalogue_close(struct catalogue *c) {
	if (!c) return;
	map_pages_end(&c->pages);
	mdb_env_close(c->env);
	free(c);
}

static int write_copy(void *user, int fd) {
	struct catalogue *c = user;
	int rc;
	IN_LMDB(rc, mdb_env_copyfd2(c->env, fd, MDB_CP_COMPACT));
	return rc;
}

static void copied_some(void *user) {
	struct catalogue *c = user;
	map_pages_give_back(&c->pages);
}

/* LMDB goes through the whole map while it copies, and says nothing before the end. */
int catalogue_copy(struct catalogue *c, int fd, struct error *err) {
	int rc = through_pipe(write_copy, fd, copied_some, c);
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

bool catalogue_verified(struct txn *txn, enum table table, MDB_val key, MDB_val value, struct span *out) {
	unsigned char sum[SUM_SIZE];
	map_pages_touch(&txn->catalogue->pages, value.mv_data);
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
	if (rc == MDB_NOTFOUND) {
		map_pages_touch(&txn->catalogue->pages, NULL); /* the page where it would be was read all the same */
		return false;
	}
	if (rc) {
		mdb_fail(txn, rc, table);
		return false;
	}
	IN_LMDB(right, catalogue_verified(txn, table, k, v, value));
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
	map_pages_touch(&txn->catalogue->pages, NULL); /* the page that is changed is read first */
	IN_LMDB(rc, mdb_put(txn->mdb, txn->catalogue->tables[table], &k, &v, 0));
	if (rc) mdb_fail(txn, rc, table);
}

void txn_delete(struct txn *txn, enum table table, struct span key) {
	MDB_val k = {key.len, (void *)key.data};
	if (txn_failed(txn)) return;
	int rc;
	map_pages_touch(&txn->catalogue->pages, NULL);
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
	if (rc == MDB_NOTFOUND) {
		map_pages_touch(&walk->txn->catalogue->pages, NULL);
		return false;
	}
	if (rc) {
		mdb_fail(walk->txn, rc, walk->table);
		return false;
	}
	*at = (struct span){k.mv_data, k.mv_size};
	IN_LMDB(right, catalogue_verified(walk->txn, walk->table, k, v, value));
	return right;
}

bool walk_seek(struct walk *walk, struct span key, struct span *at, struct span *value) {
	return step(walk, key.len ? MDB_SET_RANGE : MDB_FIRST, key, at, value);
}

bool walk_find(struct walk *walk, struct span key, struct span *value) {
	struct span at;
	return step(walk, MDB_SET, key, &at, value);
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
