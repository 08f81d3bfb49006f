#include "archiver/image_plan.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_BYTES (1UL << 20)      /* label, README, signatures; system area, tables and 300 KiB of padding of ISO 9660 */
#define OWN_TAPE_BYTES (64UL << 10)
#define MEMBER_BYTES 6144          /* of a piece: rounding, its records in the folders of Rock Ridge and Joliet, its line in the list */
#define MEMBER_TAPE_BYTES 2560     /* rounding, header, long name, its line in the list */
#define ROW_BYTES 256              /* of a file in the manifest */

void image_files_add(struct image_files *files, const char *name, const char *source, uint64_t from, uint64_t to, const char *hex) {
	ARRAY_GROW(files->items, files->count, files->cap);
	struct image_file *file = &files->items[files->count++];
	*file = (struct image_file){.name = xstrdup(name), .source = xstrdup(source), .from = from, .to = to};
	snprintf(file->hex, sizeof file->hex, "%s", hex);
}

void image_files_dispose(struct image_files *files) {
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].name);
		free(files->items[i].source);
	}
	free(files->items);
	*files = (struct image_files){0};
}

struct spread {
	struct image_plan *plan;
	uint64_t capacity, own, member; /* bytes of an image, of its own files, of a piece beside its bytes */
};

static void begin(struct spread *s) {
	ARRAY_GROW(s->plan->images, s->plan->count, s->plan->cap);
	s->plan->images[s->plan->count++] = (struct planned_image){.bytes = s->own};
}

/* Bytes of a piece that the image still takes. */
static uint64_t room(const struct spread *s) {
	const struct planned_image *image = &s->plan->images[s->plan->count - 1];
	return image->bytes + s->member < s->capacity ? s->capacity - image->bytes - s->member : 0;
}

static int place(struct spread *s, const struct image_file *file, struct error *err) {
	uint64_t most = s->capacity - s->own - s->member, at = file->from;
	if (most > LIMIT_IMAGE_PIECE) most = LIMIT_IMAGE_PIECE;
	do {
		uint64_t left = file->to - at, size = left < most ? left : most;
		if (size > room(s)) {
			if (s->plan->count == LIMIT_IMAGES) return error_set(err, ERROR_LIMIT, "more than %d images are needed: larger ones are", LIMIT_IMAGES);
			begin(s);
		}
		struct planned_image *image = &s->plan->images[s->plan->count - 1];
		image_label_add(&image->pieces, file->name, at, size);
		image->bytes += size + s->member;
		at += size;
	} while (at < file->to);
	return 0;
}

int image_plan(const struct image_files *files, size_t rows, enum medium_kind kind, uint64_t capacity, struct image_plan *plan, struct error *err) {
	bool tape = kind == MEDIUM_TAPE;
	struct spread s = {plan, capacity, (tape ? OWN_TAPE_BYTES : OWN_BYTES) + rows * ROW_BYTES, tape ? MEMBER_TAPE_BYTES : MEMBER_BYTES};
	*plan = (struct image_plan){0};
	if (s.own + s.member >= capacity / 2)
		return error_set(err, ERROR_LIMIT, "the lists alone fill half of an image of %llu bytes: larger ones are needed", (unsigned long long)capacity);
	begin(&s);
	for (size_t i = 0; i < files->count; i++)
		if (place(&s, &files->items[i], err)) return -1;
	return 0;
}

void image_plan_dispose(struct image_plan *plan) {
	for (size_t i = 0; i < plan->count; i++) image_label_dispose(&plan->images[i].pieces);
	free(plan->images);
	*plan = (struct image_plan){0};
}
