#include "archiver/image_take.h"

#include "archiver/bag_package.h"
#include "archiver/image_ledger.h"
#include "archiver/image_read.h"
#include "archiver/image_write.h"
#include "archiver/json_get.h"
#include "archiver/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LEFT ".left"

struct image_reach image_reach(const struct medium *medium) {
	const json_t *newest = medium_newest_image(medium);
	return (struct image_reach){(uint64_t)number_at(newest, "pack"), (uint64_t)number_at(newest, "pack_length")};
}

void image_reach_on(const struct image_label *about, struct image_reach *reach) {
	unsigned pack;
	for (size_t i = 0; i < about->count; i++) {
		const struct image_piece *piece = &about->pieces[i];
		if (sscanf(piece->file, "packs/%u.tar", &pack) != 1 || pack < reach->pack) continue;
		*reach = (struct image_reach){pack, piece->offset + piece->size};
	}
}

/* ---- into the ledger ---- */

static uint64_t bytes_of(const struct image_label *about) {
	uint64_t bytes = 0;
	for (size_t i = 0; i < about->count; i++) bytes += about->pieces[i].size;
	return bytes;
}

static json_t *row_of(struct copy *c, const struct image *image, const char *file, uint64_t size, const char *hex) {
	const struct image_label *about = &image->about;
	const struct generation *g = &c->generation;
	struct image_reach reach = about->base == about->number ? (struct image_reach){0, 0} : image_reach(c->medium);
	unsigned char sum[SHA256_SIZE];
	char sums[SHA256_HEX], head[SHA256_HEX], made[UTIME_TEXT_MAX];
	sha256_bytes(image->texts[IMAGE_TEXT_SUMS].data, image->texts[IMAGE_TEXT_SUMS].len, sum);
	image_reach_on(about, &reach);
	return json_pack("{s:I,s:s,s:I,s:I,s:b,s:s,s:I,s:s,s:s,s:I,s:I,s:s,s:I,s:I}", "number", (json_int_t)about->number, "file", file, "base",
	                 (json_int_t)about->base, "generation", (json_int_t)about->generation, "last", about->last, "made", utime_text(about->made, made),
	                 "size", (json_int_t)size, "sha256", hex, "sums", hex_encode(sum, sizeof sum, sums), "bytes", (json_int_t)bytes_of(about), "events",
	                 (json_int_t)g->events, "journal_head", hex_encode(g->journal_head, SHA256_SIZE, head), "pack", (json_int_t)reach.pack, "pack_length",
	                 (json_int_t)reach.length);
}

static int record(struct copy *c, const struct image *image, const char *file, uint64_t size, const char *hex) {
	struct medium_row *row = &c->medium->row;
	json_t *image_row = row_of(c, image, file, size, hex);
	json_t *note = json_pack("{s:s,s:I,s:I,s:s,s:I,s:s,s:b}", "medium", row->label, "image", (json_int_t)image->about.number, "generation",
	                         (json_int_t)image->about.generation, "file", file, "size", (json_int_t)size, "sha256", hex, "last", image->about.last);
	json_array_append_new(medium_images(c->medium), image_row);
	if (image->about.last) {
		row->written = image->about.made;
		row->generation = image->about.generation;
		row->bytes = c->totals.pack_bytes;
		memcpy(row->journal_head, c->generation.journal_head, sizeof row->journal_head);
	}
	if (!strcmp(medium_text(c->medium, "protect"), "append")) {
		c->unprotected = !place_protect(&c->place, file, true);
		medium_set_number(c->medium, "protected", !c->unprotected);
	}
	images_recount(c->medium);
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(c->app->store, c->app->now);
	medium_put(batch, c->medium);
	batch_note(batch, "image", text);
	free(text);
	json_decref(note);
	return batch_commit(batch, c->err);
}

/* ---- read back ---- */

/* Everything is read through the reader of images, then the file as a whole. */
static int read_back(struct copy *c, const char *file, struct image *image, uint64_t *size, char hex[static SHA256_HEX]) {
	char *path = xasprintf("%s/%s", c->place.path, file), key[SHA256_HEX];
	struct image_source source = {0};
	int rc = image_open(&source, path, c->err) || image_read(&source, false, NULL, NULL, &c->watch, image, c->err) ||
		 image_check(&source, image, c->app, key, c->err) || medium_size(&c->place, file, size, c->err) ||
		 image_digest(&source, *size, &c->watch, hex, c->err);
	c->result->checked_bytes += image->bytes;
	image_close(&source);
	free(path);
	return rc ? -1 : 0;
}

/* The image's own list says what it should hold; `written` says what went into it. */
static int compare(struct copy *c, const char *file, const struct image *image, const struct medium_sums *written) {
	if (image->listed.count != written->count) error_set(c->err, ERROR_DAMAGED, "%s/%s: read back with %zu files, but %zu were written", c->place.path, file,
	                                                     image->listed.count, written->count);
	for (size_t i = 0; i < written->count && !c->err->code; i++) {
		const char *there = medium_sums_get(&image->listed, written->items[i].name);
		if (!there || strcmp(there, written->items[i].hex))
			error_set(c->err, ERROR_DAMAGED, "%s/%s: %s was read back as %s, but the archive has %s", c->place.path, file, written->items[i].name,
			          there ? there : "nothing", written->items[i].hex);
	}
	return c->err->code ? -1 : 0;
}

int image_take_written(struct copy *c, uint64_t number, const struct medium_sums *written) {
	char *file = image_path(medium_kind_of(c->medium), number), hex[SHA256_HEX];
	struct image image = {0};
	uint64_t size = 0;
	int rc = read_back(c, file, &image, &size, hex) || compare(c, file, &image, written) || record(c, &image, file, size, hex);
	image_dispose(&image);
	free(file);
	return rc ? -1 : 0;
}

/* ---- what was left ---- */

static uint64_t pack_length(const struct copy *c, uint64_t pack) {
	for (size_t i = 0; i < c->pack_count; i++)
		if (c->packs[i].pack == pack) return c->packs[i].length;
	return 0;
}

/* Whether a piece of a pack is the next one behind what the images have. */
static bool follows(const struct copy *c, const struct image_reach *reach, unsigned pack, const struct image_piece *piece) {
	if (pack == reach->pack) return piece->offset == reach->length;
	return pack == reach->pack + 1 && !piece->offset && (!reach->pack || reach->length == pack_length(c, reach->pack));
}

/* Packs and journal on it must be this archive's, and go on where the ledger's images end. */
static bool goes_on(struct copy *c, const struct image *image) {
	const struct image_label *about = &image->about;
	const json_t *newest = medium_newest_image(c->medium);
	struct image_reach reach = about->base == about->number ? (struct image_reach){0, 0} : image_reach(c->medium);
	bool good = !memcmp(about->medium_id, c->medium->row.id, 16) && (about->base == about->number || about->base == (uint64_t)number_at(newest, "base"));
	for (size_t i = 0; i < about->count && good; i++) {
		const struct image_piece *piece = &about->pieces[i];
		struct error none = {0};
		char hex[SHA256_HEX];
		unsigned pack;
		bool of_pack = sscanf(piece->file, "packs/%u.tar", &pack) == 1;
		if (!of_pack && strncmp(piece->file, "journal/", 8)) continue;
		char *name = image_piece_name(piece);
		const char *there = medium_sums_get(&image->listed, name);
		good = (!of_pack || follows(c, &reach, pack, piece)) && there &&
		       !image_range_digest(&c->archive, piece->file, piece->offset, piece->offset + piece->size, &c->watch, hex, &none) && !strcmp(hex, there);
		if (of_pack) reach = (struct image_reach){pack, piece->offset + piece->size};
		free(name);
	}
	return good;
}

static int set_aside(struct copy *c, const char *file, const char *why) {
	char *left = xasprintf("%s" LEFT, file);
	log_event(LOG_WARN_LEVEL, "image.left", "medium", c->medium->row.label, "file", left, "reason", why, NULL);
	place_unprotect(&c->place, file);
	int rc = place_rename(&c->place, file, left, c->err) || place_sync_folder(&c->place, IMAGE_FOLDER, c->err);
	c->result->mended++;
	free(left);
	return rc ? -1 : 0;
}

static int take_over(struct copy *c, const char *file, uint64_t number, bool *whole) {
	struct image image = {0};
	struct generation g = {0};
	char hex[SHA256_HEX];
	uint64_t size = 0;
	const struct buf *manifest = &image.texts[IMAGE_TEXT_MANIFEST];
	bool good = !read_back(c, file, &image, &size, hex) && image.about.number == number && goes_on(c, &image) &&
		    (!image.about.last || !generation_parse(buf_text(manifest), manifest->len, &g, c->err));
	if (good) {
		generation_dispose(&c->generation);
		c->generation = g;
		g = (struct generation){0};
		*whole = image.about.last;
		c->result->files++;
		c->result->bytes += size;
		c->result->generation = image.about.generation;
		record(c, &image, file, size, hex);
		generation_dispose(&c->generation);
	} else if (!c->err->code || c->err->code == ERROR_DAMAGED || c->err->code == ERROR_INPUT) {
		char *why = xstrdup(c->err->code ? c->err->text : "does not go on where the ledger's images end");
		error_clear(c->err);
		set_aside(c, file, why);
		free(why);
	}
	generation_dispose(&g);
	image_dispose(&image);
	return c->err->code ? -1 : 0;
}

int image_take_left(struct copy *c, uint64_t *next, bool *whole) {
	char **names;
	size_t count;
	uint64_t highest = (uint64_t)number_at(medium_newest_image(c->medium), "number");
	*whole = false;
	if (place_make_folder(&c->place, IMAGE_FOLDER, c->err) || place_list(&c->place, IMAGE_FOLDER, BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	for (size_t i = 0; i < count && !c->err->code; i++) {
		char *file = xasprintf(IMAGE_FOLDER "/%s", names[i]), *end;
		unsigned long long number = strtoull(names[i], &end, 10);
		char *own = image_path(medium_kind_of(c->medium), number);
		if (strstr(names[i], PACKAGE_PART)) place_remove(&c->place, file, false, c->err);
		else if (!strcmp(own, file) && number > highest) take_over(c, file, number, whole);
		if (*end == '.' && number > highest && !strstr(names[i], PACKAGE_PART)) highest = number;
		free(own);
		free(file);
	}
	place_names_free(names, count);
	*next = highest + 1;
	return c->err->code ? -1 : 0;
}
