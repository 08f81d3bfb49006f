#include "archiver/image_ledger.h"

#include "archiver/json_get.h"

#include <string.h>

bool medium_is_series(const struct medium *medium) {
	return medium_number(medium, IMAGE_CAPACITY) != 0;
}

json_t *medium_images(const struct medium *medium) {
	json_t *list = json_object_get(medium->facts, "images");
	if (json_is_array(list)) return list;
	json_object_set_new(medium->facts, "images", list = json_array());
	return list;
}

json_t *medium_image(const struct medium *medium, uint64_t number) {
	const json_t *list = medium_images(medium);
	for (size_t i = json_array_size(list); i--;)
		if ((uint64_t)number_at(json_array_get(list, i), "number") == number) return json_array_get(list, i);
	return NULL;
}

const json_t *medium_newest_image(const struct medium *medium) {
	const json_t *list = medium_images(medium);
	return json_array_size(list) ? json_array_get(list, json_array_size(list) - 1) : NULL;
}

bool image_is_good(const json_t *image) {
	return json_is_true(json_object_get(image, "good"));
}

static utime read_at(const json_t *image) {
	utime t;
	return utime_parse(text_at(image, "read"), &t) ? t : UTIME_NONE;
}

static json_t *generation_of(const json_t *image, uint64_t bytes, bool full) {
	return json_pack("{s:O,s:O,s:O,s:O,s:O,s:I,s:I,s:b,s:O}", "number", json_object_get(image, "generation"), "when", json_object_get(image, "made"),
	                 "events", json_object_get(image, "events"), "pack", json_object_get(image, "pack"), "pack_length",
	                 json_object_get(image, "pack_length"), "bytes", (json_int_t)bytes, "checked_bytes", (json_int_t)bytes, "full", full,
	                 "journal_head", json_object_get(image, "journal_head"));
}

void images_recount(struct medium *medium) {
	const json_t *image;
	json_t *generations = json_array();
	size_t i;
	json_int_t base = 0;
	uint64_t bytes = 0;
	bool good = true, begins = true;
	utime oldest = UTIME_NONE, full = UTIME_NONE;
	json_array_foreach(medium_images(medium), i, image) {
		if (number_at(image, "base") != base) {
			base = number_at(image, "base");
			good = begins = true;
			bytes = 0;
			oldest = UTIME_NONE;
		}
		good = good && image_is_good(image);
		bytes += (uint64_t)number_at(image, "bytes");
		if (good && (oldest == UTIME_NONE || read_at(image) < oldest)) oldest = read_at(image);
		if (!json_is_true(json_object_get(image, "last"))) continue;
		json_t *generation = good ? generation_of(image, bytes, begins) : NULL;
		if (generation) {
			json_array_append_new(generations, generation);
			full = oldest;
		}
		begins = false;
		bytes = 0;
	}
	json_object_set_new(medium->facts, "generations", generations);
	medium_set_time(medium, "full_read", full);
}

utime images_next_read(const struct medium *medium, utime interval, utime now, uint64_t *never) {
	const json_t *newest = medium_newest_image(medium), *generation = medium_newest(medium), *image;
	size_t i;
	/* Where a new row is not whole yet, the row before it is what there is. */
	uint64_t since = 0, unread = 0;
	utime next = UTIME_NONE;
	json_array_foreach(medium_images(medium), i, image)
		if (generation && number_at(image, "generation") == number_at(generation, "number")) since = (uint64_t)number_at(image, "base");
	if (!since && newest) since = (uint64_t)number_at(newest, "base");
	json_array_foreach(medium_images(medium), i, image) {
		if ((uint64_t)number_at(image, "number") < since) continue;
		utime due = image_is_good(image) ? read_at(image) + interval : now;
		unread += !image_is_good(image);
		if (next == UTIME_NONE || due < next) next = due;
	}
	if (never) *never = unread;
	return next;
}
