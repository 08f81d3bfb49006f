#include "archiver/repair.h"

#include "archiver/image_restore.h"
#include "archiver/medium_ledger.h"
#include "base/mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
	(void)st, (void)type, (void)at;
	return remove(path) ? -1 : 0;
}

int repair_named_open(struct repair_named *named, const struct app *app, const char *const *given, size_t count, struct error *err) {
	const char **images = xcalloc(count + 1, sizeof *images);
	size_t image_count = 0;
	*named = (struct repair_named){0};
	for (size_t i = 0; i < count; i++)
		if (image_is_there(given[i])) images[image_count++] = given[i];
	char *below = xasprintf("work/images-%ld", (long)getpid());
	if (image_count) named->scratch = app_path(app, below);
	if (image_count && mkdir(named->scratch, 0750)) error_errno(err, "%s", named->scratch);
	if (image_count && !err->code) images_scatter(images, image_count, named->scratch, &named->made, &named->made_count, err);
	named->paths = xcalloc(count + named->made_count + 1, sizeof *named->paths);
	for (size_t i = 0; i < count; i++)
		if (!image_is_there(given[i])) named->paths[named->count++] = given[i];
	for (size_t i = 0; i < named->made_count; i++) named->paths[named->count++] = named->made[i];
	free(below);
	free(images);
	return err->code ? -1 : 0;
}

void repair_named_close(struct repair_named *named) {
	if (named->scratch) nftw(named->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < named->made_count; i++) free(named->made[i]);
	free(named->made);
	free(named->scratch);
	free(named->paths);
	*named = (struct repair_named){0};
}

/* No identity is asked for: what is taken is hashed first, and another archive's bytes have other digests. */
static void add(struct repair_media *media, const char *path) {
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) return;
	/* An encrypted medium gives nothing without a key. */
	bool plain = faccessat(dir, MEDIUM_RECIPIENTS, F_OK, 0) != 0;
	bool there = plain && (faccessat(dir, "packs", F_OK, 0) == 0 || faccessat(dir, "journal", F_OK, 0) == 0);
	for (size_t i = 0; i < media->count; i++) there = there && strcmp(media->from[i].name, path);
	if (!there) {
		close(dir);
		return;
	}
	ARRAY_GROW(media->from, media->count, media->cap);
	media->from[media->count++] = (struct repair_from){xstrdup(path), dir};
}

static int newest_first(const void *a, const void *b) {
	const struct medium *x = *(const struct medium *const *)a, *y = *(const struct medium *const *)b;
	return x->row.written < y->row.written ? 1 : x->row.written > y->row.written ? -1 : 0;
}

static int add_ledger(struct repair_media *media, struct app *app, struct error *err) {
	struct ledger ledger = {0};
	if (ledger_read(app, &ledger, err)) return -1;
	const struct medium **order = xcalloc(ledger.count + 1, sizeof *order);
	for (size_t i = 0; i < ledger.count; i++) order[i] = &ledger.media[i];
	if (ledger.count) qsort(order, ledger.count, sizeof(struct medium *), newest_first);
	for (size_t i = 0; i < ledger.count; i++)
		if (order[i]->row.path && *order[i]->row.path) add(media, order[i]->row.path);
	free(order);
	ledger_dispose(&ledger);
	return 0;
}

int repair_media_open(struct repair_media *media, struct app *app, const char *const *named, size_t count, struct error *err) {
	*media = (struct repair_media){0};
	for (size_t i = 0; i < count; i++) {
		size_t before = media->count;
		add(media, named[i]);
		if (media->count == before) return error_set(err, ERROR_NOT_FOUND, "%s: no medium or copy of an archive is there that is not encrypted", named[i]);
	}
	if (app->store && add_ledger(media, app, err)) return -1;
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list, *path;
	while ((path = conf_next(&rest))) add(media, path);
	free(list);
	return 0;
}

void repair_media_close(struct repair_media *media) {
	for (size_t i = 0; i < media->count; i++) {
		close(media->from[i].dir);
		free((char *)media->from[i].name);
	}
	free(media->from);
	*media = (struct repair_media){0};
}
