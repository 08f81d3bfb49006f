#include "archiver/search.h"

#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/medium_ledger.h"
#include "archiver/progress.h"
#include "archiver/search_index.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define INDEX_NAME "search.db"
#define EVENTS_AT_ONCE 4096 /* of the journal in one transaction of the index: bounds memory and what a crash repeats  \
			     */

/* ---- one writer ---- */

/* 1 locked (*fd), 0 another process has it, -1 error. */
static int lock(struct app *app, bool wait, int *fd, struct error *err) {
	char *path = app_path(app, "work/search.lock");
	int rc = -1;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (*fd < 0) {
		error_errno(err, "%s", path);
	} else if (!flock(*fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB)) {
		rc = 1;
	} else {
		rc = errno == EWOULDBLOCK ? 0 : error_errno(err, "%s", path);
		close(*fd);
	}
	free(path);
	return rc;
}

/* ---- following the journal ---- */

struct touched {
	uint64_t *numbers;
	size_t count, cap;
	struct search_mark *mark;
	size_t events;
};

static void touch(struct touched *t, uint64_t number) {
	ARRAY_GROW(t->numbers, t->count, t->cap);
	t->numbers[t->count++] = number;
}

/* Events about many records name them in their JSON. */
static void touch_listed(struct touched *t, const char *json) {
	json_t *object = json_loads(json, 0, NULL), *value;
	size_t i;
	json_array_foreach(json_object_get(object, "records"), i, value) touch(t, (uint64_t)json_integer_value(value));
	json_decref(object);
}

static int collect(void *user, const struct event_row *event) {
	struct touched *t = user;
	if (event->number)
		touch(t, event->number);
	else if (!strcmp(event->type, "verified") || !strcmp(event->type, "due"))
		touch_listed(t, event->json);
	t->mark->sequence = event->sequence;
	memcpy(t->mark->chain, event->chain, SHA256_SIZE);
	return ++t->events >= EVENTS_AT_ONCE;
}

static int by_number(const void *a, const void *b) {
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static int put_touched(struct search_db *db, struct store *store, struct touched *t, struct error *err) {
	if (t->count) qsort(t->numbers, t->count, sizeof *t->numbers, by_number);
	for (size_t i = 0; i < t->count; i++) {
		if (i && t->numbers[i] == t->numbers[i - 1]) continue;
		if (search_index_put(db, store, t->numbers[i], false, err)) return -1;
	}
	return 0;
}

/* One bundle of events; 1 there may be more, 0 at the head, -1 error. The rows are those of now, perhaps newer than the
 * events: applying the later ones again changes nothing. */
static int follow_some(struct search_db *db, struct store *store, struct search_mark *mark, struct error *err) {
	struct search_mark next = *mark;
	struct touched t = {.mark = &next};
	int rc = store_each_event(store, mark->sequence + 1, collect, &t, err);
	if (rc >= 0 && t.events) {
		rc = -1;
		if (!search_db_script(db, "BEGIN IMMEDIATE", err)) {
			if (!put_touched(db, store, &t, err) && !search_index_set_mark(db, &next, err) &&
			    !search_db_script(db, "COMMIT", err))
				rc = 1;
			else
				search_db_script(db, "ROLLBACK", NULL);
		}
		*mark = next;
	} else if (rc > 0) {
		rc = 0;
	}
	free(t.numbers);
	return rc;
}

struct chain_at {
	unsigned char chain[SHA256_SIZE];
	bool found;
};

static int read_chain(void *user, const struct event_row *event) {
	struct chain_at *at = user;
	memcpy(at->chain, event->chain, SHA256_SIZE);
	at->found = true;
	return 1;
}

/* Is the index a part of this journal's past? ERROR_DAMAGED when not. */
static int check_mark(struct store *store, const struct search_mark *mark, const struct store_totals *totals,
		      struct error *err) {
	struct chain_at at = {.found = false};
	if (memcmp(mark->archive_id, totals->archive_id, sizeof mark->archive_id) != 0)
		return error_set(err, ERROR_DAMAGED, "search.db: belongs to another archive");
	if (mark->sequence > totals->events) return error_set(err, ERROR_DAMAGED, "search.db: is ahead of the journal");
	if (!mark->sequence) return 0;
	if (store_each_event(store, mark->sequence, read_chain, &at, err) < 0) return -1;
	if (!at.found || memcmp(at.chain, mark->chain, SHA256_SIZE) != 0)
		return error_set(err, ERROR_DAMAGED, "search.db: does not follow from this journal");
	return 0;
}

static int follow(struct app *app, const char *path, struct error *err) {
	struct search_mark mark;
	struct store_totals totals;
	if (store_totals(app->store, &totals, err)) return -1;
	struct search_db *db = search_db_open(path, SEARCH_DB_WRITE, err);
	int rc = !db || search_index_mark(db, &mark, err) || check_mark(app->store, &mark, &totals, err) ? -1 : 1;
	while (rc > 0) rc = follow_some(db, app->store, &mark, err);
	search_db_close(db);
	return rc;
}

/* ---- building ---- */

static int put_all(struct app *app, struct search_db *db, uint64_t total, struct error *err) {
	uint64_t numbers[256], last = 0, done = 0;
	struct progress *progress = progress_start(app, N_("indexing"), total);
	int count, rc = 0;
	while (!rc && (count = records_list(app->store, last, numbers, ARRAY_LEN(numbers), err)) > 0) {
		for (int i = 0; i < count && !rc; i++) rc = search_index_put(db, app->store, numbers[i], true, err);
		last = numbers[count - 1];
		progress_step(progress, done += (uint64_t)count);
	}
	progress_end(progress);
	return rc || count < 0 ? -1 : 0;
}

/* Fills a new index. The mark is that of before the walk: what happens meanwhile is followed afterwards. */
static int fill(struct app *app, struct search_db *db, struct error *err) {
	struct store_totals totals;
	struct search_mark mark = {0};
	if (store_totals(app->store, &totals, err)) return -1;
	mark.sequence = totals.events;
	memcpy(mark.chain, totals.journal_head, SHA256_SIZE);
	memcpy(mark.archive_id, totals.archive_id, sizeof mark.archive_id);
	if (search_index_create(db, err) || search_db_script(db, "BEGIN", err)) return -1;
	if (put_all(app, db, totals.records, err) || search_index_set_mark(db, &mark, err)) return -1;
	return search_db_script(db, "COMMIT", err);
}

static int sync_path(const char *path, int flags, struct error *err) {
	int fd = open(path, flags | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? error_errno(err, "%s", path) : 0;
	if (fd >= 0) close(fd);
	return rc;
}

/* A rollback journal that a dead writer left belongs to the old file: it must not meet the new one. */
static int replace(struct app *app, const char *new_path, const char *path, struct error *err) {
	char *journal = xasprintf("%s-journal", path);
	int rc = 0;
	if (unlink(journal) && errno != ENOENT) rc = error_errno(err, "%s", journal);
	if (!rc) rc = sync_path(new_path, O_RDONLY, err);
	if (!rc && rename(new_path, path)) rc = error_errno(err, "%s", path);
	if (!rc) rc = sync_path(app->archive, O_RDONLY | O_DIRECTORY, err);
	free(journal);
	return rc;
}

static int build(struct app *app, const char *path, struct error *err) {
	char *new_path = xasprintf("%s.new", path);
	int rc = -1;
	unlink(new_path);
	struct search_db *db = search_db_open(new_path, SEARCH_DB_CREATE, err);
	if (db) rc = fill(app, db, err);
	search_db_close(db);
	if (!rc) rc = replace(app, new_path, path, err);
	if (rc) unlink(new_path);
	free(new_path);
	return rc ? rc : follow(app, path, err);
}

static int update_locked(struct app *app, struct error *err) {
	char *path = app_path(app, INDEX_NAME);
	struct error why = {0};
	int rc = follow(app, path, &why);
	if (rc && (why.code == ERROR_DAMAGED || why.code == ERROR_NOT_FOUND))
		rc = build(app, path, err);
	else if (rc)
		*err = why;
	free(path);
	return rc;
}

static int ensure_store(struct app *app, struct error *err) {
	return app->store ? 0 : app_open_store(app, STORE_READ, err);
}

static int update(struct app *app, bool wait, struct error *err) {
	int fd;
	if (ensure_store(app, err)) return -1;
	int rc = lock(app, wait, &fd, err);
	if (rc <= 0) return rc;
	rc = update_locked(app, err);
	close(fd);
	return rc;
}

int search_update(struct app *app, struct error *err) {
	return update(app, false, err);
}

void search_follow(struct app *app) {
	struct error err = {0};
	if (search_update(app, &err)) log_event(LOG_WARN_LEVEL, "search-index", "reason", err.text, NULL);
}

int search_rebuild(struct app *app, struct error *err) {
	int fd;
	if (ensure_store(app, err) || lock(app, true, &fd, err) < 0) return -1;
	char *path = app_path(app, INDEX_NAME);
	int rc = build(app, path, err);
	free(path);
	close(fd);
	return rc;
}

/* ---- opening for searches ---- */

struct search {
	struct search_db *db;
	struct ledger ledger;
	uint64_t behind;
};

/* Opens what is there for reading and tells how far it is. */
static struct search_db *open_there(struct app *app, uint64_t *behind, struct error *err) {
	char *path = app_path(app, INDEX_NAME);
	struct search_mark mark;
	struct store_totals totals;
	struct search_db *db = search_db_open(path, SEARCH_DB_READ, err);
	if (db && (store_totals(app->store, &totals, err) || search_index_mark(db, &mark, err) ||
		   check_mark(app->store, &mark, &totals, err))) {
		search_db_close(db);
		db = NULL;
	}
	if (db) *behind = totals.events - mark.sequence;
	free(path);
	return db;
}

static struct search_db *make_temporary(struct app *app, struct error *err) {
	struct search_db *db = search_db_open("", SEARCH_DB_CREATE, err);
	if (db && fill(app, db, err)) {
		search_db_close(db);
		return NULL;
	}
	return db;
}

struct search *search_open(struct app *app, struct error *err) {
	struct error behind = {0}, there = {0};
	struct search *search = xcalloc(1, sizeof *search);
	if (ensure_store(app, err)) goto out;
	int rc = search_update(app, &behind);
	search->db = open_there(app, &search->behind, &there);
	/* Another process is building the first one, or a damaged one anew: wait for it. */
	if (!search->db && !rc && !update(app, true, err))
		search->db = open_there(app, &search->behind, err);
	else if (!search->db && rc)
		search->db = make_temporary(app, err);
	if (search->db && ledger_read(app, &search->ledger, err)) {
		search_db_close(search->db);
		search->db = NULL;
	}
out:
	if (search->db) return search;
	free(search);
	return NULL;
}

void search_close(struct search *search) {
	if (!search) return;
	search_db_close(search->db);
	ledger_dispose(&search->ledger);
	free(search);
}

const struct ledger *search_ledger(const struct search *search) {
	return &search->ledger;
}

uint64_t search_behind(const struct search *search) {
	return search->behind;
}

struct search_db *search_database(const struct search *search) {
	return search->db;
}
