#include "base/record.h"

#include <assert.h>
#include <string.h>

static void put(struct buf *b, uint64_t v, int bytes) {
	buf_reserve(b, (size_t)bytes);
	while (bytes) b->data[b->len++] = (unsigned char)(v >> (8 * --bytes));
	b->data[b->len] = 0;
}

void record_put_u8(struct buf *b, uint8_t v) {
	put(b, v, 1);
}

void record_put_u16(struct buf *b, uint16_t v) {
	put(b, v, 2);
}

void record_put_u32(struct buf *b, uint32_t v) {
	put(b, v, 4);
}

void record_put_u64(struct buf *b, uint64_t v) {
	put(b, v, 8);
}

void record_put_time(struct buf *b, utime t) {
	put(b, (uint64_t)t ^ (UINT64_C(1) << 63), 8);
}

void record_put_raw(struct buf *b, const void *data, size_t len) {
	buf_add(b, data, len);
}

void record_put_bytes(struct buf *b, const void *data, size_t len) {
	assert(len <= UINT32_MAX);
	put(b, len, 4);
	buf_add(b, data, len);
}

void record_put_text(struct buf *b, const char *text) {
	record_put_bytes(b, text ? text : "", text ? strlen(text) : 0);
}

struct record_reader record_reader_of(const void *data, size_t len) {
	return (struct record_reader){.data = data, .len = len};
}

const unsigned char *record_get_raw(struct record_reader *r, size_t len) {
	if (r->bad || len > r->len - r->pos) {
		r->bad = true;
		return NULL;
	}
	const unsigned char *p = r->data + r->pos;
	r->pos += len;
	return p;
}

static uint64_t get(struct record_reader *r, size_t bytes) {
	const unsigned char *p = record_get_raw(r, bytes);
	uint64_t v = 0;
	for (size_t i = 0; p && i < bytes; i++) v = v << 8 | p[i];
	return v;
}

uint8_t record_get_u8(struct record_reader *r) {
	return (uint8_t)get(r, 1);
}

uint16_t record_get_u16(struct record_reader *r) {
	return (uint16_t)get(r, 2);
}

uint32_t record_get_u32(struct record_reader *r) {
	return (uint32_t)get(r, 4);
}

uint64_t record_get_u64(struct record_reader *r) {
	return get(r, 8);
}

utime record_get_time(struct record_reader *r) {
	uint64_t v = get(r, 8);
	return r->bad ? UTIME_NONE : (utime)(v ^ (UINT64_C(1) << 63));
}

const unsigned char *record_get_bytes(struct record_reader *r, size_t *len) {
	size_t n = record_get_u32(r);
	const unsigned char *p = record_get_raw(r, n);
	*len = p ? n : 0;
	return p;
}

char *record_get_text(struct record_reader *r) {
	size_t len;
	const unsigned char *p = record_get_bytes(r, &len);
	if (p && len && memchr(p, 0, len)) {
		r->bad = true;
		p = NULL;
	}
	return p ? xstrndup((const char *)p, len) : xstrdup("");
}

bool record_at_end(const struct record_reader *r) {
	return !r->bad && r->pos == r->len;
}
