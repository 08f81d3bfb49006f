#include "archiver/repair.h"

#include "archiver/medium_ledger.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
