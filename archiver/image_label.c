#include "archiver/image_label.h"

#include "archiver/medium_place.h"
#include "archiver/restore_envelope.h"
#include "base/limits.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "ltvault.image/1"

void image_label_add(struct image_label *label, const char *file, uint64_t offset, uint64_t size) {
	ARRAY_GROW(label->pieces, label->count, label->cap);
	label->pieces[label->count++] = (struct image_piece){xstrdup(file), offset, size};
}

char *image_label_text(const struct image_label *label) {
	char archive[33], medium[33], made[UTIME_TEXT_MAX];
	json_t *pieces = json_array();
	for (size_t i = 0; i < label->count; i++)
		json_array_append_new(pieces, json_pack("{s:s,s:I,s:I}", "file", label->pieces[i].file, "offset", (json_int_t)label->pieces[i].offset,
		                                        "size", (json_int_t)label->pieces[i].size));
	json_t *json = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:b,s:s,s:o}", "schema", SCHEMA, "archive_id", hex_encode(label->archive_id, 16, archive),
	                         "medium_id", hex_encode(label->medium_id, 16, medium), "image", (json_int_t)label->number, "generation",
	                         (json_int_t)label->generation, "base", (json_int_t)label->base, "last", label->last, "made",
	                         utime_text(label->made, made), "pieces", pieces);
	char *text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

/* ---- reading: the first value that is not what it must be makes `bad`, which sticks ---- */

static uint64_t number_of(const json_t *from, const char *key, bool *bad) {
	const json_t *value = json_object_get(from, key);
	*bad |= !json_is_integer(value) || json_integer_value(value) < 0;
	return *bad ? 0 : (uint64_t)json_integer_value(value);
}

static const char *text_of(const json_t *from, const char *key, bool *bad) {
	const char *text = json_string_value(json_object_get(from, key));
	*bad |= !text || strlen(text) >= LIMIT_NAME_BYTES;
	return *bad ? "" : text;
}

static void parse_pieces(const json_t *list, struct image_label *label, bool *bad) {
	size_t i;
	const json_t *one;
	*bad |= !json_is_array(list) || json_array_size(list) > LIMIT_MANIFEST_LINES;
	if (*bad) return;
	json_array_foreach(list, i, one) {
		const char *file = text_of(one, "file", bad);
		uint64_t offset = number_of(one, "offset", bad), size = number_of(one, "size", bad);
		*bad |= !place_name_is_safe(file) || !restore_belongs(file) || offset > LIMIT_IMAGE_FILE || size > LIMIT_IMAGE_FILE - offset;
		if (*bad) return;
		image_label_add(label, file, offset, size);
	}
}

int image_label_parse(const char *text, size_t len, struct image_label *label, struct error *err) {
	json_t *json = len <= LIMIT_MANIFEST_BYTES ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	bool bad = !json_is_object(json);
	*label = (struct image_label){0};
	bad |= strcmp(text_of(json, "schema", &bad), SCHEMA) != 0;
	bad |= !hex_decode(text_of(json, "archive_id", &bad), label->archive_id, 16);
	bad |= !hex_decode(text_of(json, "medium_id", &bad), label->medium_id, 16);
	label->number = number_of(json, "image", &bad);
	label->generation = number_of(json, "generation", &bad);
	label->base = number_of(json, "base", &bad);
	label->last = json_is_true(json_object_get(json, "last"));
	bad |= !utime_parse(text_of(json, "made", &bad), &label->made);
	bad |= !label->number || !label->base || label->base > label->number;
	parse_pieces(json_object_get(json, "pieces"), label, &bad);
	json_decref(json);
	return bad ? error_set(err, ERROR_DAMAGED, IMAGE_LABEL ": not of schema " SCHEMA) : 0;
}

void image_label_dispose(struct image_label *label) {
	for (size_t i = 0; i < label->count; i++) free(label->pieces[i].file);
	free(label->pieces);
	*label = (struct image_label){0};
}

char *image_piece_name(const struct image_piece *piece) {
	return piece->offset ? xasprintf("%s.%012llu", piece->file, (unsigned long long)piece->offset) : xstrdup(piece->file);
}

char *image_path(enum medium_kind kind, uint64_t number) {
	return xasprintf(IMAGE_FOLDER "/%06llu.%s", (unsigned long long)number, kind == MEDIUM_TAPE ? "tar" : "iso");
}
