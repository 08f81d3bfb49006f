/* Memory: allocation that ends the process when there is none left.
 *
 * No size from outside may reach these before it was held against a named bound in base/limits.h. */
#ifndef LTVAULT_BASE_MEM_H
#define LTVAULT_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* Each returns memory the caller frees with free(); none ever returns NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max);
void *xmemdup(const void *data, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Growable bytes. All zero is an empty buffer; `data` is always followed by a zero byte once anything was added. */
struct buf {
	unsigned char *data;
	size_t len, cap;
};
void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_text(struct buf *b, const char *text);
void buf_add_byte(struct buf *b, unsigned char byte);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *buf_text(const struct buf *b); /* borrowed; "" when empty */
char *buf_take_text(struct buf *b);        /* owned by the caller; b is empty afterwards */
void buf_dispose(struct buf *b);

/* Makes room for one more element in an array whose capacity doubles; `array` is an lvalue. */
#define ARRAY_GROW(array, count, cap)                                                                                  \
	do {                                                                                                           \
		if ((count) == (cap)) {                                                                                \
			(cap) = (cap) ? (cap) * 2 : 8;                                                                 \
			(array) = xreallocarray((array), (cap), sizeof *(array));                                      \
		}                                                                                                      \
	} while (0)
#define ARRAY_LEN(array) (sizeof(array) / sizeof *(array))

#endif
