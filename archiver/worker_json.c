/* Reports between worker and program. JSON text would be written and read again with more work than all the signatures of
 * most documents: values go as tag, length and bytes instead, and objects keep the order of their keys. */
#include "archiver/worker_private.h"

#include "base/limits.h"

#include <string.h>

enum tag { TAG_NULL, TAG_FALSE, TAG_TRUE, TAG_INTEGER, TAG_REAL, TAG_STRING, TAG_ARRAY, TAG_OBJECT };

static void put_text(struct buf *b, const char *text, size_t len, size_t *most) {
	record_put_bytes(b, text, len);
	*most += 6 * len + 4; /* as text every byte may become an escape */
}

static void put_real(struct buf *b, double value, size_t *most) {
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	record_put_u64(b, bits);
	*most += 32;
}

static bool put(struct buf *b, const json_t *json, unsigned depth, size_t *most);

static bool put_array(struct buf *b, const json_t *json, unsigned depth, size_t *most) {
	record_put_u32(b, (uint32_t)json_array_size(json));
	bool good = true;
	for (size_t i = 0; good && i < json_array_size(json); i++) good = put(b, json_array_get(json, i), depth + 1, most);
	return good;
}

static bool put_object(struct buf *b, json_t *json, unsigned depth, size_t *most) {
	record_put_u32(b, (uint32_t)json_object_size(json));
	bool good = true;
	for (void *at = json_object_iter(json); good && at; at = json_object_iter_next(json, at)) {
		const char *key = json_object_iter_key(at);
		put_text(b, key, strlen(key), most);
		good = put(b, json_object_iter_value(at), depth + 1, most);
	}
	return good;
}

static bool put(struct buf *b, const json_t *json, unsigned depth, size_t *most) {
	*most += 8;
	if (depth == LIMIT_REPORT_DEPTH || b->len > LIMIT_REPORT_BYTES) return false;
	switch (json_typeof(json)) {
	case JSON_NULL:
		record_put_u8(b, TAG_NULL);
		return true;
	case JSON_FALSE:
		record_put_u8(b, TAG_FALSE);
		return true;
	case JSON_TRUE:
		record_put_u8(b, TAG_TRUE);
		return true;
	case JSON_INTEGER:
		record_put_u8(b, TAG_INTEGER);
		record_put_u64(b, (uint64_t)json_integer_value(json));
		*most += 20;
		return true;
	case JSON_REAL:
		record_put_u8(b, TAG_REAL);
		put_real(b, json_real_value(json), most);
		return true;
	case JSON_STRING:
		record_put_u8(b, TAG_STRING);
		put_text(b, json_string_value(json), json_string_length(json), most);
		return true;
	case JSON_ARRAY:
		record_put_u8(b, TAG_ARRAY);
		return put_array(b, json, depth, most);
	case JSON_OBJECT:
		record_put_u8(b, TAG_OBJECT);
		return put_object(b, (json_t *)(uintptr_t)json, depth, most);
	}
	return false;
}

bool wire_put_json(struct buf *b, const json_t *json) {
	size_t most = 0, limit = LIMIT_REPORT_BYTES;
	if (!put(b, json, 0, &most) || b->len > limit) return false;
	/* Whoever keeps the report keeps it as text, and the bound is on that. */
	if (most <= limit) return true;
	size_t exact = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	return exact > 0 && exact <= limit;
}

/* Text that JSON can have has no NUL; *plain: nor anything else that jansson would have to look at. */
static bool get_text(struct record_reader *r, const char **text, size_t *len, bool *plain) {
	uint64_t high = 0, eight;
	size_t at = 0;
	*text = (const char *)record_get_bytes(r, len);
	if (r->bad) return false;
	for (; *len - at >= sizeof eight; at += sizeof eight) {
		memcpy(&eight, *text + at, sizeof eight);
		high |= eight;
	}
	for (; at < *len; at++) high |= (unsigned char)(*text)[at];
	*plain = !(high & UINT64_C(0x8080808080808080));
	if (*len && memchr(*text, 0, *len)) r->bad = true;
	return !r->bad;
}

static json_t *get_string(struct record_reader *r) {
	const char *text;
	size_t len;
	bool plain;
	if (!get_text(r, &text, &len, &plain)) return NULL;
	return plain ? json_stringn_nocheck(text, len) : json_stringn(text, len);
}

static json_t *get(struct record_reader *r, unsigned depth);

/* A count is believed only as far as the bytes that are there can carry so many elements. */
static size_t get_count(struct record_reader *r, unsigned depth) {
	size_t count = record_get_u32(r);
	if (count > r->len - r->pos || depth + 1 >= LIMIT_REPORT_DEPTH) r->bad = true;
	return r->bad ? 0 : count;
}

static json_t *get_array(struct record_reader *r, unsigned depth) {
	json_t *array = json_array();
	for (size_t i = get_count(r, depth); i > 0 && !r->bad; i--)
		if (json_array_append_new(array, get(r, depth + 1))) r->bad = true;
	return array;
}

static json_t *get_object(struct record_reader *r, unsigned depth) {
	json_t *object = json_object();
	const char *key;
	size_t len;
	bool plain;
	for (size_t i = get_count(r, depth); i > 0 && get_text(r, &key, &len, &plain); i--) {
		json_t *value = get(r, depth + 1);
		if (plain ? json_object_setn_new_nocheck(object, key, len, value) : json_object_setn_new(object, key, len, value))
			r->bad = true;
	}
	return object;
}

static json_t *get_real(struct record_reader *r) {
	uint64_t bits = record_get_u64(r);
	double value;
	memcpy(&value, &bits, sizeof value);
	return json_real(value);
}

static json_t *get(struct record_reader *r, unsigned depth) {
	switch (record_get_u8(r)) {
	case TAG_NULL:
		return json_null();
	case TAG_FALSE:
		return json_false();
	case TAG_TRUE:
		return json_true();
	case TAG_INTEGER:
		return json_integer((json_int_t)record_get_u64(r));
	case TAG_REAL:
		return get_real(r);
	case TAG_STRING:
		return get_string(r);
	case TAG_ARRAY:
		return get_array(r, depth);
	case TAG_OBJECT:
		return get_object(r, depth);
	default:
		return NULL;
	}
}

json_t *wire_get_json(struct record_reader *r) {
	json_t *json = get(r, 0);
	if (json && record_at_end(r)) return json;
	json_decref(json);
	return NULL;
}
