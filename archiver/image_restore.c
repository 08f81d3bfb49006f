#include "archiver/image_restore.h"

#include "archiver/image_read.h"
#include "archiver/log.h"
#include "archiver/restore.h"
#include "archiver/restore_envelope.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct candidate {
	char *path;
	struct image_label about;
	bool done;
};
struct candidates {
	struct candidate *items;
	size_t count, cap;
};

static bool folder_has(const char *path, const char *name) {
	char *file = xasprintf("%s/%s", path, name);
	bool has = access(file, F_OK) == 0;
	free(file);
	return has;
}

bool image_is_there(const char *path) {
	struct stat st;
	if (stat(path, &st)) return false;
	return !S_ISDIR(st.st_mode) || folder_has(path, IMAGE_LABEL) || (folder_has(path, IMAGE_FOLDER) && folder_has(path, MEDIUM_LABEL));
}

static int add(struct candidates *all, const char *path, struct error *err) {
	struct image_source source = {0};
	struct image head = {0};
	if (all->count == LIMIT_IMAGES) return error_set(err, ERROR_LIMIT, "%s: more than %d images were given", path, LIMIT_IMAGES);
	int rc = image_open(&source, path, err) || image_read(&source, true, NULL, NULL, NULL, &head, err);
	if (!rc) {
		ARRAY_GROW(all->items, all->count, all->cap);
		all->items[all->count++] = (struct candidate){xstrdup(path), head.about, false};
		head.about = (struct image_label){0};
	}
	image_dispose(&head);
	image_close(&source);
	return rc ? -1 : 0;
}

/* All finished images in the folder of a series. */
static int add_series(struct candidates *all, const char *path, struct error *err) {
	struct medium_place place = {0};
	char **names;
	size_t count;
	if (place_open(&place, path, false, err)) return -1;
	if (!place_list(&place, IMAGE_FOLDER, LIMIT_MANIFEST_LINES, &names, &count, err)) {
		for (size_t i = 0; i < count && !err->code; i++) {
			char *file = xasprintf("%s/" IMAGE_FOLDER "/%s", path, names[i]), *end;
			strtoull(names[i], &end, 10);
			if (!strcmp(end, ".iso") || !strcmp(end, ".tar")) add(all, file, err);
			free(file);
		}
		place_names_free(names, count);
	}
	place_close(&place);
	return err->code ? -1 : 0;
}

static int look(struct candidates *all, const char *const *paths, size_t count, struct error *err) {
	struct stat st;
	*all = (struct candidates){0};
	for (size_t i = 0; i < count && !err->code; i++) {
		bool folder = !stat(paths[i], &st) && S_ISDIR(st.st_mode);
		if (folder && !folder_has(paths[i], IMAGE_LABEL)) add_series(all, paths[i], err);
		else add(all, paths[i], err);
	}
	return err->code ? -1 : 0;
}

static void candidates_dispose(struct candidates *all) {
	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].path);
		image_label_dispose(&all->items[i].about);
	}
	free(all->items);
	*all = (struct candidates){0};
}

/* ---- pieces into files ---- */

struct filling {
	const struct medium_place *target;
	uint64_t generation; /* of which journal and the rest are taken; packs are of all */
	const char *file;    /* that is open: of image_label, borrowed while its image is read */
	int fd;
};

static int finish_file(struct filling *f, struct error *err) {
	if (f->fd >= 0 && fsync(f->fd)) error_errno(err, "%s/%s", f->target->path, f->file);
	if (f->fd >= 0 && close(f->fd)) error_errno(err, "%s/%s", f->target->path, f->file);
	f->fd = -1;
	f->file = NULL;
	return err && err->code ? -1 : 0;
}

static int fill(void *user, const struct image_piece *piece, uint64_t at, const void *data, size_t len, struct error *err) {
	struct filling *f = user;
	const char *from = data;
	if (!f->generation && strncmp(piece->file, "packs/", 6)) return 0;
	if (f->file != piece->file) {
		if (finish_file(f, err)) return -1;
		f->fd = place_open_file(f->target, piece->file, O_WRONLY | O_CREAT, err);
		f->file = piece->file;
	}
	while (len && f->fd >= 0) {
		ssize_t n = pwrite(f->fd, from, len, (off_t)at);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return error_errno(err, "%s/%s", f->target->path, piece->file);
		from += n, at += (uint64_t)n, len -= (size_t)n;
	}
	return f->fd < 0 ? -1 : 0;
}

/* One image whole; `image` is the caller's, with what was read of it. */
static int take(struct candidate *one, struct filling *f, const struct medium_watch *watch, struct image *image, char key[static SHA256_HEX],
                struct error *err) {
	struct image_source source = {0};
	int rc = image_open(&source, one->path, err) || image_read(&source, false, fill, f, watch, image, err);
	struct error unsynced = {0};
	if (finish_file(f, &unsynced) && !rc) rc = error_set(err, unsynced.code, "%s", unsynced.text);
	if (!rc) rc = image_check(&source, image, NULL, key, err);
	image_close(&source);
	return rc ? -1 : 0;
}

/* ---- a generation ---- */

static const struct candidate *newest_whole(const struct candidates *all) {
	const struct candidate *newest = NULL;
	for (size_t i = 0; i < all->count; i++) {
		const struct candidate *one = &all->items[i];
		if (one->about.last && (!newest || one->about.number > newest->about.number)) newest = one;
	}
	return newest;
}

static int check_series(const struct candidates *all, const struct candidate *newest, struct error *err) {
	if (!newest) return error_set(err, ERROR_INPUT, "none of the images that were given is the last one of a backup, with journal and catalogue");
	for (size_t i = 0; i < all->count; i++)
		if (memcmp(all->items[i].about.medium_id, newest->about.medium_id, 16))
			return error_set(err, ERROR_INPUT, "%s: belongs to another series than %s", all->items[i].path, newest->path);
	return 0;
}

/* The image of that number, from the first copy of it that is right. */
static int take_number(struct candidates *all, size_t first, struct filling *f, const struct medium_watch *watch, struct buf *manifest,
                       char key[static SHA256_HEX], struct error *err) {
	uint64_t number = all->items[first].about.number;
	struct error damage = {0};
	bool right = false;
	for (size_t i = first; i < all->count && !right; i++) {
		struct candidate *one = &all->items[i];
		struct image image = {0};
		struct error why = {0};
		if (one->about.number != number || one->done) continue;
		one->done = true;
		right = !take(one, f, watch, &image, key, &why);
		if (right && image.texts[IMAGE_TEXT_MANIFEST].len) {
			buf_dispose(manifest);
			*manifest = image.texts[IMAGE_TEXT_MANIFEST];
			image.texts[IMAGE_TEXT_MANIFEST] = (struct buf){0};
		}
		if (!right) log_event(LOG_WARN_LEVEL, "image.damaged", "path", one->path, "error", why.text, NULL);
		if (!right && why.code != ERROR_DAMAGED && why.code != ERROR_IO) return error_set(err, why.code, "%s", why.text);
		if (!right) damage = why;
		image_dispose(&image);
	}
	for (size_t i = first; i < all->count; i++)
		if (all->items[i].about.number == number) all->items[i].done = true;
	return right ? 0 : error_set(err, damage.code, "%s", damage.text);
}

static int check_file(const struct medium_place *target, const struct generation_file *file, const struct candidates *all, const struct medium_watch *watch,
                      struct error *err) {
	char hex[SHA256_HEX];
	uint64_t size;
	struct buf given = {0};
	if (place_has(target, file->name)) {
		if (medium_digest(target, file->name, watch, hex, &size, err)) return -1;
		if (size == file->size && !strcmp(hex, file->hex)) return 0;
	}
	for (size_t i = 0; i < all->count; i++) buf_printf(&given, "%s%llu", i ? ", " : "", (unsigned long long)all->items[i].about.number);
	error_set(err, ERROR_DAMAGED, "%s: is not whole on the images that were given (%.200s): another one of the series is needed", file->name, buf_text(&given));
	buf_dispose(&given);
	return -1;
}

/* Exactly the files of the manifest, each as it says. */
static int check_manifest(const struct medium_place *target, const struct buf *manifest, const struct candidates *all, const struct medium_watch *watch,
                          struct error *err) {
	struct generation g = {0};
	int rc = generation_parse(buf_text(manifest), manifest->len, &g, err);
	for (size_t i = 0; i < g.count && !rc; i++)
		rc = restore_belongs(g.files[i].name) ? check_file(target, &g.files[i], all, watch, err)
						      : error_set(err, ERROR_DAMAGED, "manifest.json: %s is no part of an archive", g.files[i].name);
	if (!rc && !generation_find(&g, "catalogue/data.mdb")) rc = error_set(err, ERROR_DAMAGED, "manifest.json names no catalogue");
	generation_dispose(&g);
	return rc;
}

int images_unpack(const char *const *paths, size_t count, const char *directory, const struct medium_watch *watch, char key[static SHA256_HEX],
                  struct error *err) {
	struct candidates all;
	struct medium_place target = {0};
	struct buf manifest = {0};
	const struct candidate *newest = NULL;
	if (look(&all, paths, count, err) || check_series(&all, newest = newest_whole(&all), err) || restore_make(directory, &target, err)) goto out;
	for (size_t i = 0; i < all.count && !err->code; i++) {
		const struct image_label *about = &all.items[i].about;
		char other[SHA256_HEX];
		bool is_newest = about->number == newest->about.number;
		struct filling f = {&target, about->generation == newest->about.generation ? about->generation : 0, NULL, -1};
		if (all.items[i].done || about->number < newest->about.base || about->number > newest->about.number) continue;
		struct buf none = {0};
		take_number(&all, i, &f, watch, is_newest ? &manifest : &none, is_newest ? key : other, err);
		buf_dispose(&none);
	}
	if (!err->code && !check_manifest(&target, &manifest, &all, watch, err)) restore_sync(&target, err);
out:
	place_close(&target);
	buf_dispose(&manifest);
	candidates_dispose(&all);
	return err->code ? -1 : 0;
}

/* ---- for a repair ---- */

/* The path is kept by the list, which outlives the place. */
static int open_folder(const char *scratch, const struct image_label *about, struct medium_place *place, char ***folders, size_t *count, size_t *cap,
                       struct error *err) {
	char id[33], *folder = xasprintf("%s/%s", scratch, hex_encode(about->medium_id, 16, id));
	size_t at = 0;
	while (at < *count && strcmp((*folders)[at], folder)) at++;
	if (at == *count) {
		if (mkdir(folder, 0750)) error_errno(err, "%s", folder);
		ARRAY_GROW(*folders, *count, *cap);
		(*folders)[(*count)++] = xstrdup(folder);
	}
	free(folder);
	return err->code || place_open(place, (*folders)[at], true, err) || place_make_folder(place, "packs", err) || place_make_folder(place, "journal", err)
		       ? -1
		       : 0;
}

static int fill_packs_and_journal(void *user, const struct image_piece *piece, uint64_t at, const void *data, size_t len, struct error *err) {
	bool wanted = !strncmp(piece->file, "packs/", 6) || !strncmp(piece->file, "journal/", 8);
	return wanted ? fill(user, piece, at, data, len, err) : 0;
}

int images_scatter(const char *const *paths, size_t count, const char *scratch, char ***folders, size_t *folder_count, struct error *err) {
	struct candidates all;
	size_t cap = 0;
	*folders = NULL;
	*folder_count = 0;
	look(&all, paths, count, err);
	for (size_t i = 0; i < all.count && !err->code; i++) {
		struct candidate *one = &all.items[i];
		struct medium_place place = {0};
		struct image_source source = {0};
		struct image image = {0};
		struct error damage = {0};
		if (!open_folder(scratch, &one->about, &place, folders, folder_count, &cap, err)) {
			struct filling f = {&place, one->about.generation ? one->about.generation : 1, NULL, -1};
			if (image_open(&source, one->path, &damage) || image_read(&source, false, fill_packs_and_journal, &f, NULL, &image, &damage)) {
				if (damage.code == ERROR_NO_SPACE) error_set(err, damage.code, "%s", damage.text);
				else log_event(LOG_WARN_LEVEL, "image.damaged", "path", one->path, "error", damage.text, NULL);
			}
			finish_file(&f, err);
		}
		image_dispose(&image);
		image_close(&source);
		place_close(&place);
	}
	candidates_dispose(&all);
	return err->code ? -1 : 0;
}
