#include "archiver/image_backup.h"

#include "archiver/backup_seal.h"
#include "archiver/image_ledger.h"
#include "archiver/image_take.h"
#include "archiver/image_write.h"
#include "archiver/json_get.h"
#include "archiver/medium_device.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNAPSHOT "work/snapshot.mdb"
#define CATALOGUE "catalogue/data.mdb"

static int check_source(struct copy *c) {
	uint64_t before = (uint64_t)number_at(medium_newest_image(c->medium), "events");
	if (c->totals.events >= before) return 0;
	return error_set(c->err, ERROR_DAMAGED,
	                 "%s: the journal has %llu events, and had %llu when %s was last written: an older state of the archive; nothing was written",
	                 c->archive.path, (unsigned long long)c->totals.events, (unsigned long long)before, c->medium->row.label);
}

/* ---- what is to be written ---- */

static int add(struct copy *c, struct image_files *files, const char *name, const char *source, uint64_t from, uint64_t to) {
	char hex[SHA256_HEX];
	if (image_range_digest(&c->archive, source, 0, to, &c->watch, hex, c->err)) return -1;
	generation_add(&c->generation, name, to, hex);
	image_files_add(files, name, source, from, to, hex);
	return 0;
}

/* A sealed pack that the images have is known by its seal. What goes to an image is read whole, and must be what was sealed. */
static int add_pack(struct copy *c, struct image_files *files, const struct store_pack *pack, const struct image_reach *reach) {
	char *name = xasprintf("packs/%06u.tar", pack->pack), seal[SHA256_HEX];
	uint64_t from = pack->pack == reach->pack ? reach->length : pack->pack < reach->pack ? pack->length : 0;
	bool sealed = backup_seal_of(c, name, seal);
	if (from > pack->length)
		error_set(c->err, ERROR_DAMAGED, "%s/%s: has %llu bytes, and the images of %s have %llu: an older state of the archive; nothing was written",
		          c->archive.path, name, (unsigned long long)pack->length, c->medium->row.label, (unsigned long long)from);
	else if (from == pack->length && sealed) generation_add(&c->generation, name, pack->length, seal);
	else if (!add(c, files, name, name, from, pack->length)) {
		struct image_file *file = &files->items[files->count - 1];
		if (sealed && strcmp(seal, file->hex))
			error_set(c->err, ERROR_DAMAGED, "%s/%s: read as sha256 %s, but it was sealed as %s: the archive's pack is damaged; no image was made: ltvault "
			          "repair, then the backup again", c->archive.path, name, file->hex, seal);
		if (from == pack->length) { /* only its digest was wanted */
			files->count--;
			free(file->name);
			free(file->source);
		}
	}
	free(name);
	return c->err->code ? -1 : 0;
}

static int add_tree(struct copy *c, struct image_files *files, const char *tree) {
	char **names;
	size_t count;
	if (place_list(&c->archive, tree, BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	for (size_t i = 0; i < count && !c->err->code; i++) {
		char *name = xasprintf("%s/%s", tree, names[i]);
		uint64_t size;
		if (!medium_size(&c->archive, name, &size, c->err)) add(c, files, name, name, 0, size);
		free(name);
	}
	place_names_free(names, count);
	return c->err->code ? -1 : 0;
}

/* Journal and catalogue as they are now: what is recorded while the images are written comes with the next generation. */
static int gather(struct copy *c, struct image_files *files, const struct image_reach *reach) {
	char *local = app_path(c->app, SNAPSHOT);
	uint64_t size;
	unlink(local);
	int rc = store_snapshot_catalogue(c->app->store, local, c->err);
	free(local);
	for (size_t i = 0; i < c->pack_count && !rc; i++) rc = add_pack(c, files, &c->packs[i], reach);
	return rc || add_tree(c, files, "journal") || add_tree(c, files, "trust") || medium_size(&c->archive, "ltvault.conf", &size, c->err) ||
			       add(c, files, "ltvault.conf", "ltvault.conf", 0, size) || medium_size(&c->archive, SNAPSHOT, &size, c->err) ||
			       add(c, files, CATALOGUE, SNAPSHOT, 0, size)
		       ? -1
		       : 0;
}

static void begin_generation(struct copy *c) {
	struct generation *g = &c->generation;
	generation_dispose(g);
	memcpy(g->archive_id, c->totals.archive_id, sizeof g->archive_id);
	memcpy(g->medium_id, c->medium->row.id, sizeof g->medium_id);
	memcpy(g->journal_head, c->totals.journal_head, sizeof g->journal_head);
	g->number = (uint64_t)number_at(medium_newest_image(c->medium), "generation") + 1;
	g->events = c->totals.events;
	g->records = c->totals.records;
	g->made = c->app->now;
	g->last_event = c->totals.last_event;
	c->result->generation = g->number;
}

/* A disc is laid out from an unnamed file beside it. */
static int check_room(struct copy *c, const struct image_plan *plan) {
	struct medium_device device;
	uint64_t needed = 0, largest = 0;
	if (medium_device(&c->place, &device, c->err)) return -1;
	medium_set_number(c->medium, "capacity", device.capacity);
	medium_set_number(c->medium, "available", device.available);
	for (size_t i = 0; i < plan->count; i++) {
		needed += plan->images[i].bytes;
		if (plan->images[i].bytes > largest) largest = plan->images[i].bytes;
	}
	if (medium_kind_of(c->medium) != MEDIUM_TAPE) needed += largest;
	if (needed <= device.available) return 0;
	return error_set(c->err, ERROR_NO_SPACE, "%s: No space left on device: the images need %llu bytes, and %llu are free; nothing was written",
	                 c->place.path, (unsigned long long)needed, (unsigned long long)device.available);
}

/* ---- writing ---- */

static int write_one(struct copy *c, const struct image_files *files, struct image_label *about) {
	struct medium_sums written = {0};
	uint64_t size;
	int rc = image_write(c, files, about, medium_number(c->medium, IMAGE_CAPACITY), &written);
	if (!rc) {
		char *file = image_path(medium_kind_of(c->medium), about->number);
		rc = medium_size(&c->place, file, &size, c->err);
		free(file);
	}
	if (!rc) rc = image_take_written(c, about->number, &written);
	if (!rc) {
		c->result->files++;
		c->result->bytes += size;
	}
	medium_sums_dispose(&written);
	return rc;
}

static int write_all(struct copy *c, const struct image_files *files, struct image_plan *plan, uint64_t next) {
	const json_t *newest = medium_newest_image(c->medium);
	uint64_t base = newest && !c->full ? (uint64_t)number_at(newest, "base") : next;
	for (size_t i = 0; i < plan->count; i++) {
		struct image_label *about = &plan->images[i].pieces;
		memcpy(about->archive_id, c->generation.archive_id, sizeof about->archive_id);
		memcpy(about->medium_id, c->generation.medium_id, sizeof about->medium_id);
		about->number = next + i;
		about->generation = c->generation.number;
		about->base = base;
		about->last = i + 1 == plan->count;
		about->made = c->app->now;
		if (write_one(c, files, about)) return -1;
	}
	return 0;
}

int image_backup(struct copy *c) {
	struct image_files files = {0};
	struct image_plan plan = {0};
	struct image_reach reach = {0, 0};
	uint64_t next;
	bool whole = false;
	char *local = app_path(c->app, SNAPSHOT);
	if (check_source(c) || image_take_left(c, &next, &whole) || (whole && !c->full)) goto out;
	if (!c->full) reach = image_reach(c->medium);
	if (store_totals(c->app->store, &c->totals, c->err)) goto out;
	begin_generation(c);
	c->result->full = !reach.pack;
	if (gather(c, &files, &reach) ||
	    image_plan(&files, c->generation.count, medium_kind_of(c->medium), medium_number(c->medium, IMAGE_CAPACITY), &plan, c->err) ||
	    check_room(c, &plan))
		goto out;
	write_all(c, &files, &plan, next);
out:
	unlink(local);
	free(local);
	image_plan_dispose(&plan);
	image_files_dispose(&files);
	return c->err->code ? -1 : 0;
}

bool image_is_not_due(const struct app *app, const struct ledger *ledger, const char *path) {
	const struct medium *m = ledger_find(ledger, path);
	if (!m || strcmp(m->row.path, path) || !medium_is_series(m) || m->row.written == UTIME_NONE) return false;
	utime interval = conf_duration(app->conf, CONF_rotation_images);
	return m->row.written + interval - interval / 100 > app->now;
}
