#include "archiver/restore.h"

#include "archiver/i18n.h"
#include "archiver/image_label.h"
#include "archiver/image_restore.h"
#include "archiver/log.h"
#include "archiver/progress.h"
#include "archiver/restore_envelope.h"
#include "archiver/restore_head.h"
#include "archiver/search.h"
#include "base/mem.h"
#include "store/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is known of the archive's later states ---- */

static int is_encrypted(const char *path, struct error *err) {
	struct medium_place medium = {0};
	int encrypted = place_open(&medium, path, false, err) ? -1 : restore_is_encrypted(&medium, err);
	place_close(&medium);
	return encrypted;
}

/* One place to look at; what cannot be read there is told and says nothing. */
static void look_at(struct heads *heads, const char *path, const struct head *own, bool demanded, struct error *err) {
	struct head head;
	struct error why = {0};
	struct error no_medium = {0};
	if (is_encrypted(path, &no_medium) > 0 ? restore_envelope_head(path, &head, &why) : head_read(path, &head, &why)) {
		if (demanded) error_set(err, why.code, "%s", why.text);
		else log_event(LOG_WARN_LEVEL, "restore.head_unknown", "path", path, "error", why.text, NULL);
		return;
	}
	head.same_archive = !memcmp(head.archive_id, own->archive_id, sizeof head.archive_id);
	if (demanded && !head.same_archive) error_set(err, ERROR_INPUT, "%s: belongs to another archive", path);
	heads_add(heads, &head);
}

/* The media of the ledger that are mounted where they were last seen. */
static void look_at_media(struct heads *heads, const char *medium, const struct head *own, struct error *err) {
	struct medium_row *rows = NULL;
	size_t count = 0;
	struct error unread = {0}; /* a medium's catalogue that does not open is found out by the restore itself */
	struct store *store = store_open_medium(medium, &unread);
	if (store) store_media(store, &rows, &count, &unread);
	store_close(store);
	for (size_t i = 0; i < count; i++) {
		char *label = xasprintf("%s/" MEDIUM_LABEL, rows[i].path);
		/* Where images are made there is no journal; it is on them. */
		char *images = xasprintf("%s/" IMAGE_FOLDER, rows[i].path);
		if (access(label, F_OK) == 0 && access(images, F_OK) != 0) look_at(heads, rows[i].path, own, false, err);
		free(images);
		free(label);
		medium_row_dispose(&rows[i]);
	}
	free(rows);
}

/* The catalogue of the archive that is replaced knows how far its journal went, also where that is gone. */
static void look_at_catalogue(struct heads *heads, const struct restore_request *r, const struct head *own) {
	const struct store_totals *known = &r->replaced;
	if (!known->events) return;
	struct head head = {.where = xasprintf("%s/catalogue", r->directory), .events = known->events};
	memcpy(head.chain, known->journal_head, sizeof head.chain);
	head.same_archive = !memcmp(known->archive_id, own->archive_id, sizeof own->archive_id);
	heads_add(heads, &head);
}

static int gather_heads(const struct restore_request *r, const char *source, struct heads *heads, struct error *err) {
	struct head own;
	if (head_read(source, &own, err)) return -1;
	heads_add(heads, &own);
	look_at_media(heads, source, &own, err);
	if (r->replace) look_at(heads, r->directory, &own, false, err);
	look_at_catalogue(heads, r, &own);
	for (size_t i = 0; i < r->known_count && !err->code; i++) {
		struct head head;
		if (head_parse(r->known[i], &head)) heads_add(heads, &head);
		else look_at(heads, r->known[i], &own, true, err);
	}
	return err->code ? -1 : 0;
}

/* An older state that goes live forgets documents and tells another history than the one that was handed out. */
static const struct head *check_heads(const struct restore_request *r, const char *source, uint64_t events, const struct heads *heads, struct error *err) {
	const struct head *beyond = head_beyond(source, events, heads, err);
	if (beyond && !r->fork && !err->code)
		error_set(err, ERROR_INPUT,
		          "%s knows of event %llu, which this restore would not have: an older state, or another course, of the archive; use the "
		          "newest medium, or --fork to go on from here all the same",
		          beyond->where, (unsigned long long)beyond->events);
	return err->code ? NULL : beyond;
}

/* ---- the copy ---- */

static void problem(void *user, const char *text) {
	(void)user;
	fprintf(stderr, "ltvault: %s\n", text);
}

static int record(struct app *app, const struct restore_request *r, const struct restore_result *result, const struct head *beyond, uint64_t cut,
                  struct error *err) {
	char until[UTIME_TEXT_MAX], hash[SHA256_HEX];
	json_t *note = json_pack("{s:s,s:I,s:I,s:s}", "medium", r->medium, "records", (json_int_t)result->counts.records, "objects",
	                         (json_int_t)result->counts.objects, "key_sha256", result->key);
	if (!note) return error_set(err, ERROR_INPUT, "the medium's path is not UTF-8 text");
	if (r->until != UTIME_NONE) {
		json_object_set_new(note, "until", json_string(utime_text(r->until, until)));
		json_object_set_new(note, "events_left_out", json_integer((json_int_t)cut));
	}
	if (beyond) {
		json_t *fork = json_pack("{s:s,s:I,s:s}", "known_from", beyond->where, "known_events", (json_int_t)beyond->events, "known_head",
		                         hex_encode(beyond->chain, SHA256_SIZE, hash));
		json_object_set_new(note, "fork", fork ? fork : json_true());
	}
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(app->store, app->now);
	batch_note(batch, beyond ? "forked" : "restored", text);
	free(text);
	json_decref(note);
	return batch_commit(batch, err);
}

/* The copy proves itself: every object is read and hashed, and only then is the restore written into its journal. */
static int prove(struct app *app, struct restore_result *result, struct error *err) {
	if (app_open_store(app, STORE_WRITE, err)) return -1;
	int problems = store_fsck(app->store, true, problem, NULL, &result->counts, err);
	if (problems > 0) error_set(err, ERROR_DAMAGED, "%s: the restored archive has %d problems", app->archive, problems);
	return problems ? -1 : 0;
}

struct bar {
	struct progress *progress;
	uint64_t bytes;
};

static void moved(void *user, uint64_t bytes) {
	struct bar *bar = user;
	progress_step(bar->progress, bar->bytes += bytes);
}

static int copy_images(struct app *app, const struct restore_request *r, const char *temporary, struct restore_result *result, struct error *err) {
	struct bar bar = {progress_start(app, N_("Bytes copied and read back"), 0), 0};
	const struct medium_watch watch = {moved, &bar};
	int rc = images_unpack(r->images, r->image_count, temporary, &watch, result->key, err);
	progress_end(bar.progress);
	return rc;
}

static int copy(struct app *app, const struct restore_request *r, const char *temporary, struct restore_result *result, struct error *err) {
	if (r->image_count) return copy_images(app, r, temporary, result, err);
	struct medium_place medium = {0};
	struct medium_sums sums = {0};
	struct envelope_key *key = NULL;
	if (!place_open(&medium, r->medium, false, err) && !restore_check_medium(&medium, &sums, result->key, err) &&
	    !restore_key(&medium, r->key, r->certificate, &key, err)) {
		struct bar bar = {progress_start(app, N_("Bytes copied and read back"), 0), 0};
		const struct medium_watch watch = {moved, &bar};
		restore_files(&medium, &sums, key, temporary, &watch, err);
		progress_end(bar.progress);
	}
	envelope_key_free(key);
	medium_sums_dispose(&sums);
	place_close(&medium);
	return err->code ? -1 : 0;
}

/* ---- into its place ---- */

static int sync_parent(const char *directory, struct error *err) {
	const char *slash = strrchr(directory, '/');
	char *parent = slash ? xstrndup(directory, slash == directory ? 1 : (size_t)(slash - directory)) : xstrdup(".");
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd)) error_errno(err, "%s", parent);
	if (fd >= 0) close(fd);
	free(parent);
	return err->code ? -1 : 0;
}

/* The lock of an archive whose store may not open any more. */
static int hold(const char *directory, struct error *err) {
	char *path = xasprintf("%s/work/lock", directory);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		error_set(err, ERROR_LOCKED, "%s: another run is at work there", directory);
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

/* A name that nothing has: there may have been another restore in this very second. */
static char *aside_name(const char *directory, utime now) {
	char when[UTIME_TEXT_MAX], *name = xasprintf("%s.replaced-%s", directory, utime_text(now, when));
	struct stat st;
	for (int n = 2; lstat(name, &st) == 0; n++) {
		free(name);
		name = xasprintf("%s.replaced-%s.%d", directory, when, n);
	}
	return name;
}

/* Both at once, so that there is an archive at every moment: the new one gets the name that the earlier one is to have, and then they change
 * places. A run that dies between leaves a second new one beside. File systems that cannot do that have a moment without an archive. */
static int replace(const char *temporary, const char *directory, const char *aside) {
	if (rename(temporary, aside)) return -1;
	if (renameat2(AT_FDCWD, aside, AT_FDCWD, directory, RENAME_EXCHANGE) == 0) return 0;
	int why = errno;
	if (rename(aside, temporary)) return -1;
	if (why == EINVAL || why == ENOSYS) return rename(directory, aside) || rename(temporary, directory) ? -1 : 0;
	errno = why;
	return -1;
}

static int put_in_place(const struct restore_request *r, const char *temporary, utime now, struct restore_result *result, struct error *err) {
	char *old = aside_name(r->directory, now);
	int lock = r->replace ? hold(r->directory, err) : -1;
	if (err->code) goto out;
	if (!r->replace && renameat2(AT_FDCWD, temporary, AT_FDCWD, r->directory, RENAME_NOREPLACE)) error_errno(err, "%s", r->directory);
	if (r->replace && replace(temporary, r->directory, old)) error_errno(err, "%s", r->directory);
	if (!err->code) sync_parent(r->directory, err);
	if (!err->code && r->replace) result->replaced = old, old = NULL;
out:
	if (lock >= 0) close(lock);
	free(old);
	return err->code ? -1 : 0;
}

static int check_target(const struct restore_request *r, struct error *err) {
	struct stat st;
	char *conf = xasprintf("%s/ltvault.conf", r->directory);
	bool there = lstat(r->directory, &st) == 0, archive = there && S_ISDIR(st.st_mode) && access(conf, F_OK) == 0;
	if (there && !r->replace)
		error_set(err, ERROR_EXISTS, "%s: there already; an archive is restored to a new place (or with --replace)", r->directory);
	if (r->replace && !archive) error_set(err, ERROR_INPUT, "%s: --replace needs an archive there", r->directory);
	free(conf);
	return err->code ? -1 : 0;
}

/* `source` has the journal in the clear: the medium, or what was copied and decrypted already. */
static int make(struct app *app, const struct restore_request *r, const char *source, const struct heads *heads, const char *temporary,
                struct restore_result *result, struct error *err) {
	uint64_t all = heads->items[0].events, events = 0; /* the first head is the medium's own */
	const struct head *beyond = head_at(source, r->until, &events, err) ? NULL : check_heads(r, source, events, heads, err);
	if (err->code || (source != temporary && copy(app, r, temporary, result, err))) return -1;
	if (events < all && head_cut(temporary, events, app->now, err)) return -1;
	app->archive = temporary;
	result->forked = beyond != NULL;
	if (prove(app, result, err) || record(app, r, result, beyond, all - events, err) || search_rebuild(app, err)) return -1;
	store_close(app->store);
	app->store = NULL;
	app->archive = r->directory;
	return put_in_place(r, temporary, app->now, result, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
	(void)st, (void)type, (void)at;
	return remove(path) ? -1 : 0;
}

int restore_run(struct app *app, const struct restore_request *r, struct restore_result *result, struct error *err) {
	struct heads heads = {0};
	char *temporary = xasprintf("%s.restoring", r->directory);
	*result = (struct restore_result){0};
	if (check_target(r, err)) goto out;
	bool earlier = access(temporary, F_OK) == 0;
	/* What has no journal in the clear, or none in one piece, is copied before it is looked at. */
	int encrypted = r->image_count ? 1 : is_encrypted(r->medium, err);
	const char *source = encrypted > 0 ? temporary : r->medium;
	if (encrypted < 0 || (encrypted && copy(app, r, temporary, result, err)) || gather_heads(r, source, &heads, err) ||
	    make(app, r, source, &heads, temporary, result, err)) {
		/* Refused, or the wrong key: a copy in the clear is not left lying there. */
		if (encrypted > 0 && !earlier && err->code == ERROR_INPUT) nftw(temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
out:
	if (app->archive == temporary) {
		store_close(app->store);
		app->store = NULL;
		app->archive = r->directory;
	}
	heads_dispose(&heads);
	free(temporary);
	return err->code ? -1 : 0;
}
