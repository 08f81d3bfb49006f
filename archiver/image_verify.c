#include "archiver/image_verify.h"

#include "archiver/i18n.h"
#include "archiver/image_ledger.h"
#include "archiver/image_read.h"
#include "archiver/json_get.h"
#include "archiver/medium_identity.h"
#include "archiver/progress.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define LOOP_MAJOR 7

struct bar {
	struct progress *progress;
	uint64_t bytes;
};

static void moved(void *user, uint64_t bytes) {
	struct bar *bar = user;
	progress_step(bar->progress, bar->bytes += bytes);
}

/* The file behind a loop device: mounting the image where it was made proves no disc. */
static void behind_loop(dev_t device, struct stat *st) {
	char *name = xasprintf("/sys/dev/block/%u:%u/loop/backing_file", major(device), minor(device)), path[4096];
	FILE *file = major(device) == LOOP_MAJOR ? fopen(name, "re") : NULL;
	struct stat behind;
	if (file && fgets(path, sizeof path, file)) {
		path[strcspn(path, "\n")] = 0;
		if (!stat(path, &behind)) *st = behind;
	}
	if (file) fclose(file);
	free(name);
}

/* What is read must be elsewhere than what it was made from. */
static int check_place(struct app *app, const struct image_source *source, const struct medium *m, const json_t *row, bool *same_device,
                       struct error *err) {
	struct stat st = source->st, made;
	char *file = xasprintf("%s/%s", m->row.path, text_at(row, "file"));
	behind_loop(S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev, &st);
	bool same = !stat(file, &made) && made.st_dev == st.st_dev && made.st_ino == st.st_ino;
	free(file);
	if (same)
		return error_set(err, ERROR_INPUT, "%s: the image where it was made; what counts is the disc or tape that is made of it", source->path);
	const struct medium_place place = {.dir = -1, .device = st.st_dev, .path = source->path};
	*same_device = (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) && medium_same_device(app, &place);
	if (*same_device && !conf_yes(app->conf, CONF_backup_same_device))
		return error_set(err, ERROR_INPUT,
		                 "%s: on the archive's own device: it would not survive the loss of that device (the setting backup.same_device allows it, "
		                 "for trying things out)",
		                 source->path);
	return 0;
}

static json_t *find(struct app *app, const struct image_source *source, const struct image *image, const struct ledger *ledger, struct medium **medium,
                    struct error *err) {
	struct store_totals totals;
	if (store_totals(app->store, &totals, err)) return NULL;
	struct medium *m = *medium = memcmp(totals.archive_id, image->about.archive_id, 16) ? NULL : ledger_by_id(ledger, image->about.medium_id);
	json_t *row = m && medium_is_series(m) ? medium_image(m, image->about.number) : NULL;
	if (!row) error_set(err, ERROR_INPUT, "%s: image %llu of \"%s\" is not in this archive's ledger", source->path,
	                    (unsigned long long)image->about.number, image->label.label ? image->label.label : "");
	return row;
}

/* What is wrong with it, as far as its own list says; `unread`: why it could not be read to its end, if so. */
static void explain(struct app *app, struct image_source *source, const json_t *row, const struct error *unread, struct error *why) {
	struct image image;
	char key[SHA256_HEX], hex[SHA256_HEX];
	unsigned char sum[SHA256_SIZE];
	if (!image_read(source, false, NULL, NULL, NULL, &image, why) && !image_check(source, &image, app, key, why)) {
		const struct buf *sums = &image.texts[IMAGE_TEXT_SUMS];
		sha256_bytes(sums->data, sums->len, sum);
		if (strcmp(hex_encode(sum, sizeof sum, hex), text_at(row, "sums")))
			error_set(why, ERROR_DAMAGED, "%s: another image with the number of this one", source->path);
		else if (unread->code)
			error_set(why, unread->code, "%s", unread->text);
		else if (!source->folder)
			error_set(why, ERROR_DAMAGED, "%s: its files are right, but bytes between them are not those that were written", source->path);
	}
	image_dispose(&image);
}

/* Byte for byte where that can be; else, and to tell what is wrong, file by file. */
static void compare(struct app *app, struct image_source *source, const json_t *row, struct error *why) {
	struct bar bar = {progress_start(app, N_("Bytes read"), (uint64_t)number_at(row, "size")), 0};
	const struct medium_watch watch = {moved, &bar};
	struct error unread = {0};
	char hex[SHA256_HEX];
	bool same = !source->folder && !image_digest(source, (uint64_t)number_at(row, "size"), &watch, hex, &unread) && !strcmp(hex, text_at(row, "sha256"));
	if (!same) explain(app, source, row, &unread, why);
	progress_end(bar.progress);
}

static int record(struct app *app, struct medium *m, json_t *row, const char *path, const struct error *why, struct error *err) {
	char when[UTIME_TEXT_MAX];
	json_object_set_new(row, "read", json_string(utime_text(app->now, when)));
	json_object_set_new(row, "good", json_boolean(!why->code));
	json_t *where = json_string(path), *text = why->code ? json_string(why->text) : NULL;
	json_object_set_new(row, "where", where ? where : json_string(""));
	if (text) json_object_set_new(row, "error", text);
	else json_object_del(row, "error");
	json_t *note = json_pack("{s:s,s:O,s:O,s:b,s:s*}", "medium", m->row.label, "image", json_object_get(row, "number"), "where",
	                         json_object_get(row, "where"), "good", !why->code, "error", why->code ? text_at(row, "error") : NULL);
	char *line = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	if (why->code) medium_add_error(m, app->now, why->text);
	else m->row.verified = app->now;
	images_recount(m);
	struct batch *batch = store_begin(app->store, app->now);
	medium_put(batch, m);
	batch_note(batch, "image-read", line);
	free(line);
	json_decref(note);
	return batch_commit(batch, err);
}

static void fill(struct image_verified *result, const struct medium *m, const json_t *row, const struct error *why) {
	snprintf(result->medium, sizeof result->medium, "%s", m->row.label);
	snprintf(result->detail, sizeof result->detail, "%s", why->code ? why->text : "");
	result->number = (uint64_t)number_at(row, "number");
	result->size = (uint64_t)number_at(row, "size");
	result->good = !why->code;
	result->generation = (uint64_t)number_at(medium_newest(m), "number");
	images_next_read(m, 0, 0, &result->unread);
}

int image_verify(struct app *app, const char *path, struct image_verified *result, struct error *err) {
	struct image_source source = {0};
	struct ledger ledger = {0};
	struct image head = {0};
	struct medium *m;
	struct error why = {0};
	json_t *row = NULL;
	*result = (struct image_verified){0};
	if (image_open(&source, path, err) || image_read(&source, true, NULL, NULL, NULL, &head, err) || ledger_read(app, &ledger, err) ||
	    !(row = find(app, &source, &head, &ledger, &m, err)) || check_place(app, &source, m, row, &result->same_device, err))
		goto out;
	compare(app, &source, row, &why);
	if (!record(app, m, row, path, &why, err)) fill(result, m, row, &why);
out:
	image_dispose(&head);
	image_close(&source);
	ledger_dispose(&ledger);
	return err->code ? -1 : 0;
}
