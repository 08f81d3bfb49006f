#include "archiver/backup.h"

#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/medium_file.h"
#include "archiver/progress.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/batch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stands on a medium besides packs and journal, in the order of writing: the catalogue comes after what it names. */
static const char *const trees[] = {"packs", "journal"};

struct copy {
	struct app *app;
	const char *medium;
	struct medium_sums before, sums;
	struct backup_result *result;
	struct progress *progress;
	uint64_t moved; /* bytes copied and read back, for the bar */
	struct medium_watch watch;
	struct error *err;
};

static void moved(void *user, uint64_t bytes) {
	struct copy *c = user;
	progress_step(c->progress, c->moved += bytes);
}

static char *join(const char *directory, const char *name) {
	return xasprintf("%s/%s", directory, name);
}

/* Reads a copied file back and compares; what was checked in an earlier backup and did not grow keeps its digest. */
static int check_copy(struct copy *c, const char *name, const char *source, const char *target, bool grew) {
	char here[SHA256_HEX], there[SHA256_HEX];
	uint64_t size_here, size_there;
	const char *known = medium_sums_get(&c->before, name);
	if (!grew && known) {
		medium_sums_add(&c->sums, name, known);
		return 0;
	}
	if (medium_digest(source, &c->watch, here, &size_here, c->err) || medium_digest(target, &c->watch, there, &size_there, c->err)) return -1;
	c->result->checked_bytes += size_there;
	if (strcmp(here, there))
		return error_set(c->err, ERROR_DAMAGED, "%s: read back as sha256 %s, but the archive has %s", target, there, here);
	medium_sums_add(&c->sums, name, there);
	return 0;
}

static int copy_growing(struct copy *c, const char *name) {
	char *source = join(c->app->archive, name), *target = join(c->medium, name);
	uint64_t copied = 0;
	int rc = medium_append(source, target, &c->watch, &copied, c->err);
	if (!rc && copied) {
		c->result->files++;
		c->result->bytes += copied;
	}
	if (!rc) rc = check_copy(c, name, source, target, copied > 0);
	free(source);
	free(target);
	return rc;
}

static int visible(const struct dirent *entry) {
	return entry->d_name[0] != '.';
}

static int copy_tree(struct copy *c, const char *tree, bool growing) {
	char *source = join(c->app->archive, tree), *target = join(c->medium, tree);
	struct dirent **entries = NULL;
	int n = -1;
	if (medium_make_directory(target, c->err)) goto out;
	if ((n = scandir(source, &entries, visible, alphasort)) < 0) error_errno(c->err, "%s", source);
	for (int i = 0; i < n && !c->err->code; i++) {
		char *name = join(tree, entries[i]->d_name);
		if (growing) {
			copy_growing(c, name);
		} else {
			char *from = join(c->app->archive, name), *to = join(c->medium, name);
			if (medium_replace(from, to, &c->watch, c->err) == 0) check_copy(c, name, from, to, true);
			free(from);
			free(to);
		}
		free(name);
	}
	if (!c->err->code) medium_sync_directory(target, c->err);
out:
	for (int i = 0; i < n; i++) free(entries[i]);
	free(entries);
	free(source);
	free(target);
	return c->err->code ? -1 : 0;
}

/* A consistent snapshot, read back by comparing what was written with what the medium gives. */
static int copy_catalogue(struct copy *c) {
	char *folder = join(c->medium, "catalogue"), *target = join(folder, "data.mdb"), *local = app_path(c->app, "work/snapshot.mdb");
	unlink(local);
	if (medium_make_directory(folder, c->err) == 0 && store_snapshot_catalogue(c->app->store, local, c->err) == 0 &&
	    medium_replace(local, target, &c->watch, c->err) == 0 && check_copy(c, "catalogue/data.mdb", local, target, true) == 0)
		medium_sync_directory(folder, c->err);
	unlink(local);
	free(folder);
	free(target);
	free(local);
	return c->err->code ? -1 : 0;
}

static const char readme[] =
	"KHO LƯU TRỮ VĂN BẢN ĐIỆN TỬ: BẢN SAO LƯU / ARCHIVE OF SIGNED DOCUMENTS: BACKUP MEDIUM\n\n"
	"Tiếng Việt\n"
	"  Kiểm tra toàn vẹn:        sha256sum -c SHA256SUMS\n"
	"  Lấy văn bản ra:           tar -xf packs/000001.tar     (mọi tệp trong packs/)\n"
	"  Mỗi tệp lấy ra có tên là giá trị SHA-256 của chính nó: sha256sum TỆP phải cho đúng tên tệp.\n"
	"  Tệp journal/ là nhật ký; tệp catalogue/ là danh mục (LMDB), có thể lập lại từ packs/ và journal/.\n"
	"  Tìm kiếm và kiểm tra bằng chương trình ltvault: ltvault -C THƯ_MỤC_NÀY find ..., ltvault -C THƯ_MỤC_NÀY fsck --deep\n\n"
	"English\n"
	"  Check that nothing changed: sha256sum -c SHA256SUMS\n"
	"  Take the documents out:     tar -xf packs/000001.tar     (every file in packs/)\n"
	"  Each file that comes out is named by its own SHA-256: sha256sum FILE must print the file's name.\n"
	"  journal/ holds the log of events; catalogue/ the index (LMDB), which can be remade from packs/ and journal/.\n"
	"  With the program: ltvault -C THIS_DIRECTORY find ..., ltvault -C THIS_DIRECTORY fsck --deep\n"
	"  To get a working archive back: ltvault restore THIS_DIRECTORY NEW_DIRECTORY\n";

static int copy_small(struct copy *c) {
	char *target = join(c->medium, "README.txt");
	medium_write(target, readme, sizeof readme - 1, c->err);
	free(target);
	char *from = app_path(c->app, "ltvault.conf"), *to = join(c->medium, "ltvault.conf");
	if (medium_replace(from, to, &c->watch, c->err) == 0) check_copy(c, "ltvault.conf", from, to, true);
	free(from);
	free(to);
	return c->err->code ? -1 : copy_tree(c, "trust", false);
}

/* Before anything is written: a medium that a restored or older copy of this archive wrote to has a journal of its own, and
 * ours appended to it would be neither. */
static int check_journal(struct copy *c) {
	char *folder = join(c->medium, "journal");
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, visible, alphasort);
	if (n < 0 && errno != ENOENT) error_errno(c->err, "%s", folder);
	for (int i = 0; i < n; i++) {
		char *name = join("journal", entries[i]->d_name), *source = join(c->app->archive, name), *target = join(c->medium, name);
		if (!c->err->code) medium_check_beginning(source, target, c->err);
		free(name), free(source), free(target);
		free(entries[i]);
	}
	free(folder);
	free(entries);
	return c->err->code ? -1 : 0;
}

static int copy_all(struct copy *c) {
	char *incomplete = join(c->medium, "INCOMPLETE"), *sums = join(c->medium, "SHA256SUMS");
	if (!check_journal(c) && access(sums, F_OK) == 0) medium_sums_read(&c->before, sums, c->err);
	if (!c->err->code) medium_write(incomplete, "a backup is being written\n", 26, c->err);
	for (size_t i = 0; i < ARRAY_LEN(trees) && !c->err->code; i++) copy_tree(c, trees[i], true);
	if (!c->err->code) copy_catalogue(c);
	if (!c->err->code) copy_small(c);
	if (!c->err->code) medium_sums_write(&c->sums, sums, c->err);
	if (!c->err->code) medium_sync_directory(c->medium, c->err);
	if (!c->err->code && unlink(incomplete)) error_errno(c->err, "%s", incomplete);
	if (!c->err->code) medium_sync_directory(c->medium, c->err);
	free(incomplete);
	free(sums);
	return c->err->code ? -1 : 0;
}

/* Reads label.json; the medium's row in the ledger must be the same medium. */
static int identify(struct app *app, const char *path, struct medium_row *row, struct error *err) {
	struct medium_row *rows = NULL;
	size_t count = 0;
	char *file = join(path, MEDIUM_LABEL), id[33] = "";
	json_t *label = NULL;
	if (access(path, F_OK)) {
		error_errno(err, "%s", path);
		goto out;
	}
	if (!(label = json_load_file(file, 0, NULL))) {
		error_set(err, ERROR_NOT_FOUND,
		          "%s: no medium is there (no readable " MEDIUM_LABEL "): is it mounted? a new one is made with: ltvault backup --register",
		          path);
		goto out;
	}
	if (store_media(app->store, &rows, &count, err)) goto out;
	const char *text = json_string_value(json_object_get(label, "medium_id"));
	for (size_t i = 0; i < count; i++) {
		hex_encode(rows[i].id, sizeof rows[i].id, id);
		if (!text || strcmp(text, id)) continue;
		*row = rows[i];
		rows[i] = (struct medium_row){0};
		goto out;
	}
	error_set(err, ERROR_INPUT, "%s: the medium there is not one of this archive's; nothing was written", path);
out:
	for (size_t i = 0; i < count; i++) medium_row_dispose(&rows[i]);
	free(rows);
	json_decref(label);
	free(file);
	return err->code ? -1 : 0;
}

static bool same_device(const char *a, const char *b) {
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev;
}

/* The ledger's row and the journal's event; only then does the backup count. */
static int record_backup(struct app *app, struct medium_row *row, const struct backup_result *r, struct error *err) {
	struct store_totals totals;
	if (store_totals(app->store, &totals, err)) return -1;
	row->written = row->verified = app->now;
	row->generation++;
	row->bytes = totals.pack_bytes;
	memcpy(row->journal_head, totals.journal_head, sizeof row->journal_head);
	char head[SHA256_HEX];
	json_t *note = json_pack("{s:s,s:I,s:I,s:I,s:I,s:b,s:s}", "medium", row->label, "generation", (json_int_t)row->generation, "files",
	                         (json_int_t)r->files, "bytes", (json_int_t)r->bytes, "checked_bytes", (json_int_t)r->checked_bytes,
	                         "same_device", r->same_device, "journal_head",
	                         hex_encode(totals.journal_head, sizeof totals.journal_head, head));
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(app->store, app->now);
	batch_put_medium(batch, row);
	batch_note(batch, "backup", text);
	free(text);
	json_decref(note);
	return batch_commit(batch, err);
}

int backup_medium(struct app *app, const char *path, struct backup_result *result, struct error *err) {
	struct medium_row row = {0};
	struct copy c = {.app = app, .medium = path, .result = result, .err = err};
	c.watch = (struct medium_watch){moved, &c};
	*result = (struct backup_result){0};
	if (identify(app, path, &row, err)) goto out;
	snprintf(result->medium, sizeof result->medium, "%s", row.label);
	result->same_device = same_device(app->archive, path);
	free(row.path);
	row.path = xstrdup(path);
	c.progress = progress_start(app, N_("Bytes copied and read back"), 0);
	int rc = copy_all(&c);
	progress_end(c.progress);
	if (rc == 0) record_backup(app, &row, result, err);
out:
	medium_sums_dispose(&c.before);
	medium_sums_dispose(&c.sums);
	medium_row_dispose(&row);
	return err->code ? -1 : 0;
}

/* A night without a backup must stand in the journal, or the report would not know of it. */
static void record_failure(struct app *app, const char *path, const struct error *why) {
	struct error err = {0};
	json_t *note = json_pack("{s:s,s:s}", "path", path, "error", why->text);
	char *text = note ? json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS) : xstrdup("{}");
	struct batch *batch = store_begin(app->store, app->now);
	batch_note(batch, "backup-failed", text);
	if (batch_commit(batch, &err)) log_event(LOG_ERROR_LEVEL, "backup.not_recorded", "error", err.text, NULL);
	free(text);
	json_decref(note);
}

bool backup_is_nightly(const struct app *app, const char *path) {
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list, *one;
	bool found = false;
	while (!found && (one = conf_next(&rest))) found = !path || !strcmp(one, path);
	free(list);
	return found;
}

void backup_run(struct app *app, unsigned *done, unsigned *failed) {
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list;
	*done = *failed = 0;
	for (char *path; (path = conf_next(&rest));) {
		struct backup_result result;
		struct error one = {0};
		char files[24], bytes[24];
		if (backup_medium(app, path, &result, &one) == 0) {
			(*done)++;
			log_event(LOG_INFO_LEVEL, "backup.written", "medium", result.medium, "path", path, "files",
			          log_number(result.files, files), "bytes", log_number(result.bytes, bytes), NULL);
			if (result.same_device) log_event(LOG_WARN_LEVEL, "backup.same_device", "path", path, NULL);
		} else {
			(*failed)++;
			log_event(LOG_ERROR_LEVEL, "backup.failed", "path", path, "error", one.text, NULL);
			record_failure(app, path, &one);
		}
	}
	free(list);
}
