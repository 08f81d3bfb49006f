#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *p) {
	if (!p) {
		/* Nothing can be promised without memory; the store is safe at any instant (docs/architecture.md). */
		static const char text[] = "ltvault: out of memory\n";
		fwrite(text, 1, sizeof text - 1, stderr);
		abort();
	}
	return p;
}

void *xmalloc(size_t size) {
	return check(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size) {
	return check(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size) {
	return check(realloc(old, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size) {
	return check(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text) {
	return check(strdup(text));
}

char *xstrndup(const char *text, size_t max) {
	return check(strndup(text, max));
}

void *xmemdup(const void *data, size_t size) {
	void *copy = xmalloc(size);
	if (size) memcpy(copy, data, size);
	return copy;
}

char *xvasprintf(const char *format, va_list args) {
	char *text = NULL;
	if (vasprintf(&text, format, args) < 0) text = NULL;
	return check(text);
}

char *xasprintf(const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	return text;
}

void buf_reserve(struct buf *b, size_t more) {
	if (more > SIZE_MAX / 2 - b->len - 1) check(NULL);
	size_t need = b->len + more + 1;
	if (need <= b->cap) return;
	size_t cap = b->cap ? b->cap : 64;
	while (cap < need) cap *= 2;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

void buf_add(struct buf *b, const void *data, size_t len) {
	buf_reserve(b, len);
	if (len) memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = 0;
}

void buf_add_text(struct buf *b, const char *text) {
	buf_add(b, text, strlen(text));
}

void buf_add_byte(struct buf *b, unsigned char byte) {
	if (b->cap < b->len + 2) buf_reserve(b, 1);
	b->data[b->len++] = byte;
	b->data[b->len] = 0;
}

void buf_printf(struct buf *b, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	buf_add_text(b, text);
	free(text);
}

const char *buf_text(const struct buf *b) {
	return b->data ? (const char *)b->data : "";
}

char *buf_take_text(struct buf *b) {
	buf_reserve(b, 0);
	b->data[b->len] = 0;
	char *text = (char *)b->data;
	*b = (struct buf){0};
	return text;
}

void buf_dispose(struct buf *b) {
	free(b->data);
	*b = (struct buf){0};
}
