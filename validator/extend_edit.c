#include "validator/extend_edit.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define MAX_OBJECTS 64 /* objects read for one update: there are about six */
#define MAX_HOPS 8     /* references to references */

bool extend_base_open(struct extend_base *base, const unsigned char *data, size_t len) {
	*base = (struct extend_base){.data = data, .len = len};
	return pdf_file_open(data, len, false, NULL, &base->file) == PDF_OPENED &&
	       pdf_xref_read_tail(data, len, &base->xref, &base->tail);
}

void extend_base_close(struct extend_base *base) {
	for (size_t i = 0; i < base->count; i++) {
		buf_dispose(&base->objects[i]->text);
		free(base->objects[i]);
	}
	free(base->objects);
	pdf_xref_dispose(&base->xref);
	pdf_file_close(base->file);
	*base = (struct extend_base){0};
}

/* ---- reading ---- */

/* "12 0 obj VALUE endobj" at its offset. */
static bool read_plain(struct extend_base *b, int number, uint64_t where, struct buf *text) {
	uint64_t n, generation;
	struct extend_span value;
	size_t at = (size_t)where;
	if (!extend_number(b->data, b->len, &at, &n) || n != (uint64_t)number ||
	    !extend_number(b->data, b->len, &at, &generation) || generation != 0 ||
	    !extend_word(b->data, b->len, &at, "obj") || !extend_value(b->data, b->len, at, &value))
		return false;
	at = value.end;
	if (!extend_word(b->data, b->len, &at, "endobj")) return false;
	buf_add(text, b->data + value.at, value.end - value.at);
	return true;
}

/* Found by the numbers at the head of its stream, not by the index in the entry (ISO 32000-2 7.5.7). */
static bool read_packed(struct extend_base *b, int number, uint64_t stream, struct buf *text) {
	struct pdf_id id = {(int)stream, 0};
	const struct pdf_value *dict = pdf_file_object(b->file, id);
	const struct pdf_value *n = pdf_get(b->file, dict, "N"), *first = pdf_get(b->file, dict, "First");
	unsigned char *data = NULL;
	size_t len = 0, at = 0;
	uint64_t offset = UINT64_MAX;
	struct extend_span value;
	if (n->type != PDF_INTEGER || first->type != PDF_INTEGER || first->integer < 0) return false;
	if (!pdf_file_stream(b->file, id, true, &data, &len)) return false;
	for (int64_t i = 0; i < n->integer; i++) {
		uint64_t this_number, this_offset;
		if (!extend_number(data, len, &at, &this_number) || !extend_number(data, len, &at, &this_offset)) break;
		if (this_number == (uint64_t)number) offset = this_offset + (uint64_t)first->integer;
	}
	bool good = offset < len && extend_value(data, len, (size_t)offset, &value);
	if (good) buf_add(text, data + value.at, value.end - value.at);
	free(data);
	return good;
}

static bool read_object(struct extend_base *b, struct pdf_id id, struct buf *text) {
	if (id.generation || id.number <= 0 || (size_t)id.number >= b->xref.count) return false;
	const struct pdf_xref_entry *e = &b->xref.entries[id.number];
	if (e->kind == PDF_ENTRY_PLAIN) return read_plain(b, id.number, e->where, text);
	return e->kind == PDF_ENTRY_PACKED && read_packed(b, id.number, e->where, text);
}

static struct extend_object *object_of(struct extend_base *b, struct pdf_id id) {
	for (size_t i = 0; i < b->count; i++)
		if (pdf_id_equal(b->objects[i]->id, id)) return b->objects[i];
	struct buf text = {0};
	if (b->count == MAX_OBJECTS || !read_object(b, id, &text)) {
		b->failed = true;
		buf_dispose(&text);
		return NULL;
	}
	ARRAY_GROW(b->objects, b->count, b->cap);
	struct extend_object *o = b->objects[b->count++] = xcalloc(1, sizeof *o);
	*o = (struct extend_object){id, text, false};
	return o;
}

/* ---- places ---- */

struct extend_place extend_at(struct extend_base *base, struct pdf_id id) {
	struct pdf_id target;
	for (int hops = 0; hops < MAX_HOPS; hops++) {
		struct extend_object *o = object_of(base, id);
		if (!o) return (struct extend_place){0};
		struct extend_place place = {o, {0, o->text.len}};
		if (!extend_is_reference(o->text.data, place.value, &target)) return place;
		id = target;
	}
	base->failed = true;
	return (struct extend_place){0};
}

struct extend_place extend_in(struct extend_base *base, struct extend_place dict, const char *key) {
	struct extend_span name, value;
	struct pdf_id id;
	int found = extend_place_is_dict(&dict) ? extend_entry(dict.object->text.data, dict.value, key, &name, &value) : -1;
	if (found < 0) base->failed = true;
	if (found <= 0) return (struct extend_place){0};
	if (extend_is_reference(dict.object->text.data, value, &id)) return extend_at(base, id);
	return (struct extend_place){dict.object, value};
}

bool extend_place_is_dict(const struct extend_place *place) {
	return place->object && extend_is_dict(place->object->text.data, place->value);
}

bool extend_place_is_array(const struct extend_place *place) {
	return place->object && extend_is_array(place->object->text.data, place->value);
}

/* ---- changing ---- */

static void replace(struct extend_object *o, struct extend_span gone, const char *text) {
	struct buf b = {0};
	buf_add(&b, o->text.data, gone.at);
	buf_add_text(&b, text);
	buf_add(&b, o->text.data + gone.end, o->text.len - gone.end);
	buf_dispose(&o->text);
	o->text = b;
	o->changed = true;
}

void extend_put_entry(struct extend_base *base, struct extend_place dict, const char *key, const char *value) {
	struct extend_span name, old;
	int found = extend_place_is_dict(&dict) ? extend_entry(dict.object->text.data, dict.value, key, &name, &old) : -1;
	if (found < 0) {
		base->failed = true;
		return;
	}
	char *text = found ? xasprintf("/%s %s", key, value) : xasprintf("\n/%s %s\n", key, value);
	struct extend_span gone = {dict.value.end - 2, dict.value.end - 2};
	if (found) gone = (struct extend_span){name.at, old.end};
	replace(dict.object, gone, text);
	free(text);
}

void extend_append(struct extend_place array, const char *value) {
	bool empty = true;
	for (size_t i = array.value.at + 1; i + 1 < array.value.end; i++) empty = false;
	char *text = xasprintf("%s%s", empty ? "" : " ", value);
	size_t end = array.value.end - 1;
	replace(array.object, (struct extend_span){end, end}, text);
	free(text);
}
