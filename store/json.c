#include "store/json.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at p, 0 when there is none (RFC 3629). */
static size_t sequence(const unsigned char *p, size_t len) {
	static const struct {
		unsigned char low, high, second_low, second_high, bytes;
	} forms[] = {
		{0x20, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (*p < forms[i].low || *p > forms[i].high) continue;
		if (forms[i].bytes > len) return 0;
		for (size_t k = 1; k < forms[i].bytes; k++) {
			unsigned char low = k == 1 ? forms[i].second_low : 0x80,
				      high = k == 1 ? forms[i].second_high : 0xbf;
			if (p[k] < low || p[k] > high) return 0;
		}
		return forms[i].bytes;
	}
	return 0;
}

static void quoted(struct buf *b, const char *text) {
	size_t len = strlen(text), n;
	buf_add_byte(b, '"');
	for (size_t i = 0; i < len; i += n) {
		const unsigned char *p = (const unsigned char *)text + i;
		n = sequence(p, len - i);
		if (*p == '"' || *p == '\\')
			buf_printf(b, "\\%c", *p);
		else if (n)
			buf_add(b, p, n);
		else if (*p < ' ')
			buf_printf(b, "\\u%04x", *p);
		else
			buf_add_text(b, "\xef\xbf\xbd");
		if (!n) n = 1;
	}
	buf_add_byte(b, '"');
}

static void member(struct buf *b, const char *name) {
	buf_add_byte(b, b->len ? ',' : '{');
	quoted(b, name);
	buf_add_byte(b, ':');
}

void json_text(struct buf *b, const char *name, const char *value) {
	member(b, name);
	quoted(b, value);
}

void json_number(struct buf *b, const char *name, uint64_t value) {
	member(b, name);
	buf_printf(b, "%llu", (unsigned long long)value);
}

void json_time(struct buf *b, const char *name, utime value) {
	char text[UTIME_TEXT_MAX];
	member(b, name);
	if (value == UTIME_NONE)
		buf_add_text(b, "null");
	else
		quoted(b, utime_text(value, text));
}

void json_id(struct buf *b, const char *name, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	if (!object_id_is_zero(id)) json_text(b, name, object_id_text(id, text));
}

void json_hex(struct buf *b, const char *name, const void *data, size_t len) {
	char *text = hex_dup(data, len);
	json_text(b, name, text);
	free(text);
}

void json_end(struct buf *b) {
	buf_add_text(b, b->len ? "}" : "{}");
}
