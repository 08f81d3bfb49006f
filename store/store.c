#include "store/private.h"

#include "base/limits.h"
#include "store/apply.h"
#include "store/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool store_writes(const struct store *store) {
	return store->writer != NULL;
}

const char *store_directory(const struct store *store) {
	return store->directory;
}

void store_set_threads(struct store *store, unsigned threads) {
	store->threads = threads;
}

void store_set_bounds(struct store *store, uint64_t pack_bytes, uint64_t journal_bytes) {
	assert(store_writes(store));
	pack_writer_set_bound(store->writer, pack_bytes);
	store->journal_bound = journal_bytes;
}

int store_check_format(struct txn *txn, struct error *err) {
	struct span value;
	if (!txn_get(txn, TABLE_META, span_text(META_FORMAT), &value))
		return txn_failed(txn) ? -1 : error_set(err, ERROR_DAMAGED, "catalogue: it has no format version");
	struct record_reader r = record_reader_of(value.data, value.len);
	uint32_t format = record_get_u32(&r);
	if (format > STORE_FORMAT_VERSION)
		return error_set(err, ERROR_NEWER_FORMAT,
				 "catalogue: format %u is newer than format %d, the newest this program knows", format,
				 STORE_FORMAT_VERSION);
	return 0;
}

bool store_get_head(struct txn *txn, struct journal_head *head) {
	struct span value;
	memset(head, 0, sizeof *head);
	if (txn_get(txn, TABLE_META, span_text(META_HEAD), &value) && journal_head_get(value, head)) return true;
	txn_fail(txn, ERROR_DAMAGED, "catalogue: meta head: missing or malformed");
	return false;
}

static struct store *store_new(const char *directory, struct error *err) {
	struct store *store = xcalloc(1, sizeof *store);
	digest_init();
	store->directory = xstrdup(directory);
	store->lock = -1;
	store->journal_bound = LIMIT_JOURNAL_BYTES;
	store->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->dir < 0) {
		error_errno(err, "%s", directory);
		store_close(store);
		return NULL;
	}
	store->packs = pack_set_new(store->dir);
	return store;
}

void store_close(struct store *store) {
	if (!store) return;
	batch_abort(store->batch);
	if (store->writer && store->broken.code == ERROR_NONE) store_seal(store, store->head.when, NULL);
	pack_writer_free(store->writer);
	catalogue_close(store->catalogue);
	pack_set_free(store->packs);
	if (store->lock >= 0) close(store->lock);
	if (store->dir >= 0) close(store->dir);
	free(store->directory);
	free(store);
}

static struct catalogue *open_catalogue(struct store *store, const char *name, enum catalogue_mode mode,
					struct error *err) {
	char *path = xasprintf("%s/%s", store->directory, name);
	struct catalogue *catalogue = catalogue_open(path, mode, err);
	free(path);
	return catalogue;
}

/* ---- creating ---- */

static void random_id(unsigned char id[static 16], const char *directory, utime now) {
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, 16);
	if (fd >= 0) close(fd);
	if (n == 16) return;
	char *text = xasprintf("%s %lld %ld", directory, (long long)now, (long)getpid());
	unsigned char digest[SHA256_SIZE];
	sha256_bytes(text, strlen(text), digest);
	memcpy(id, digest, 16);
	free(text);
}

static int make_folders(struct store *store, struct error *err) {
	static const char *const folders[] = {"packs", "catalogue", "journal", "work"};
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (file_make_folder(store->dir, folders[i], err) < 0) return -1;
	return 0;
}

/* Bytes of a journal that holds nothing but the first event: a shorter one is what a creation that died has left. */
static void first_event(unsigned char id[static 16], utime now, struct journal_head *start, struct journal_head *head,
			struct buf *payload, struct event *event, struct buf *entries) {
	record_put_raw(payload, id, 16);
	record_put_u32(payload, STORE_FORMAT_VERSION);
	*event = (struct event){.when = now, .type = EVENT_CREATED, .last = true, .payload = span_of(payload)};
	journal_next(&(struct journal_head){0}, LIMIT_JOURNAL_BYTES, start);
	*head = *start;
	journal_put(entries, head, event);
}

/* The journal comes last: it is what makes the store be there. */
static int write_first_event(struct store *store, utime now, struct error *err) {
	struct buf payload = {0}, entries = {0};
	struct journal_head start, head;
	struct event event;
	unsigned char id[16];
	char path[FILE_PATH_MAX];
	int rc = -1;
	random_id(id, store->directory, now);
	first_event(id, now, &start, &head, &payload, &event, &entries);
	int64_t size = file_size(store->dir, journal_path(1, path), true, err);
	if (size == -1) goto out;
	if (size >= (int64_t)head.offset || file_highest(store->dir, "packs", ".tar", err) > 0) {
		error_set(err, ERROR_EXISTS, "%s: an archive is there already", store->directory);
		goto out;
	}
	if (file_remove(store->dir, path, err) < 0 || file_remove(store->dir, "catalogue/data.mdb", err) < 0 ||
	    file_remove(store->dir, "catalogue/lock.mdb", err) < 0)
		goto out;
	store->catalogue = open_catalogue(store, "catalogue", CATALOGUE_WRITE, err);
	struct txn *txn = store->catalogue ? txn_begin(store->catalogue, true, err) : NULL;
	if (!txn) goto out;
	event_apply(txn, &event);
	recover_batch_end(txn, &start, &head);
	if (txn_commit(txn, err) < 0 || file_sync_folder(store->dir, "catalogue", err) < 0) goto out;
	rc = journal_write(store->dir, &start, &entries, err);
out:
	buf_dispose(&payload);
	buf_dispose(&entries);
	return rc;
}

int store_create(const char *directory, utime now, struct error *err) {
	struct store *store = store_new(directory, err);
	int rc = -1;
	if (!store) return -1;
	if (make_folders(store, err) < 0) goto out;
	store->lock = lock_take(store->dir, "init", now, err);
	if (store->lock < 0 || write_first_event(store, now, err) < 0) goto out;
	rc = file_sync_folder(store->dir, ".", err);
out:
	store_close(store);
	return rc;
}

/* ---- opening ---- */

static int read_head(struct store *store, struct error *err) {
	struct totals_row totals;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	int rc = store_check_format(txn, err);
	if (!rc) store_get_head(txn, &store->head);
	if (!rc && apply_totals_get(txn, &totals)) store->records = totals.records;
	return txn_end(txn, err) < 0 ? -1 : rc;
}

/* The journal must reach as far as the catalogue says, and end there with the chain value the catalogue has. */
static int check_journal(struct store *store, struct error *err) {
	unsigned char chain[SHA256_SIZE];
	char path[FILE_PATH_MAX];
	journal_path(store->head.file, path);
	int fd = file_open(store->dir, path, O_RDONLY, err);
	if (fd < 0) return -1;
	ssize_t n = file_read_at(fd, path, chain, sizeof chain, store->head.offset - sizeof chain, err);
	close(fd);
	if (n < 0) return -1;
	if (n < (ssize_t)sizeof chain)
		return error_set(err, ERROR_DAMAGED, "%s: it ends before event %llu, which the catalogue has", path,
				 (unsigned long long)store->head.sequence);
	if (memcmp(chain, store->head.chain, sizeof chain))
		return error_set(err, ERROR_DAMAGED, "%s: event %llu is not the one the catalogue has", path,
				 (unsigned long long)store->head.sequence);
	return 0;
}

int store_check_clock(utime now, utime last, struct error *err) {
	char here[UTIME_TEXT_MAX], there[UTIME_TEXT_MAX];
	if (now >= last) return 0;
	return error_set(err, ERROR_CLOCK, "the clock says %s, which is before the last recorded event at %s", utime_text(now, here),
			 utime_text(last, there));
}

static int open_writer(struct store *store, const char *who, utime now, struct error *err) {
	store->lock = lock_take(store->dir, who, now, err);
	if (store->lock < 0) return -1;
	store->catalogue = open_catalogue(store, "catalogue", CATALOGUE_WRITE, err);
	if (!store->catalogue || read_head(store, err) < 0 || check_journal(store, err) < 0) return -1;
	struct journal_head head = store->head;
	if (recover_journal(store->dir, store->catalogue, &head, false, err) < 0 || read_head(store, err) < 0)
		return -1;
	if (store_check_clock(now, store->head.when, err) < 0) return -1;
	return recover_tails(store, err);
}

struct store *store_open(const char *directory, enum store_mode mode, const char *who, utime now, struct error *err) {
	struct error own = {0};
	if (!err) err = &own;
	struct store *store = store_new(directory, err);
	if (!store) return NULL;
	if (file_size(store->dir, "catalogue/data.mdb", true, err) < 0) {
		char path[FILE_PATH_MAX];
		if (file_size(store->dir, journal_path(1, path), true, err) >= 0)
			error_set(err, ERROR_DAMAGED,
				  "%s/catalogue/data.mdb: missing; it can be rebuilt from packs and journal: ltvault rebuild",
				  directory);
		else
			error_set(err, ERROR_NOT_FOUND, "%s: no archive is there", directory);
		goto fail;
	}
	if (mode == STORE_WRITE) {
		int rc = open_writer(store, who, now, err);
		/* The catalogue is there, so what it speaks of was: a folder or file that is gone is damage, and no wrong request. */
		if (rc < 0 && err->code == ERROR_NOT_FOUND) err->code = ERROR_DAMAGED;
		if (rc < 0) goto fail;
		return store;
	}
	store->catalogue = open_catalogue(store, "catalogue", CATALOGUE_READ, err);
	if (!store->catalogue || read_head(store, err) < 0) goto fail;
	return store;
fail:
	store_close(store);
	return NULL;
}

struct store *store_open_medium(const char *directory, struct error *err) {
	struct error own = {0};
	if (!err) err = &own;
	struct store *store = store_new(directory, err);
	if (!store) return NULL;
	store->medium = true;
	store->catalogue = open_catalogue(store, "catalogue", CATALOGUE_MEDIUM, err);
	if (store->catalogue && read_head(store, err) == 0) return store;
	store_close(store);
	return NULL;
}
