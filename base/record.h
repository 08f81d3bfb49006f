/* Byte records: big-endian fields one after another, with errors that stick.
 *
 * Writers and readers are used in straight lines with one check at the end: after the first fault a reader gives
 * zeros and empty strings. Keys written with record_u64/record_time sort as their values do. */
#ifndef LTVAULT_BASE_RECORD_H
#define LTVAULT_BASE_RECORD_H

#include "base/mem.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writers append to b. Lengths are 32 bits; text and bytes of 4 GiB or more are a programming error. */
void record_put_u8(struct buf *b, uint8_t v);
void record_put_u16(struct buf *b, uint16_t v);
void record_put_u32(struct buf *b, uint32_t v);
void record_put_u64(struct buf *b, uint64_t v);
void record_put_time(struct buf *b, utime t);                         /* order-preserving: sign bit flipped */
void record_put_raw(struct buf *b, const void *data, size_t len);     /* no length: the reader must know it */
void record_put_bytes(struct buf *b, const void *data, size_t len);   /* u32 length, bytes */
void record_put_text(struct buf *b, const char *text);                /* as bytes; NULL is written as "" */

struct record_reader {
	const unsigned char *data;
	size_t len, pos;
	bool bad; /* something was read past the end, or a length was wrong */
};
struct record_reader record_reader_of(const void *data, size_t len);
uint8_t record_get_u8(struct record_reader *r);
uint16_t record_get_u16(struct record_reader *r);
uint32_t record_get_u32(struct record_reader *r);
uint64_t record_get_u64(struct record_reader *r);
utime record_get_time(struct record_reader *r);
const unsigned char *record_get_raw(struct record_reader *r, size_t len);       /* borrowed; NULL when bad */
const unsigned char *record_get_bytes(struct record_reader *r, size_t *len);    /* borrowed; NULL and 0 when bad */
char *record_get_text(struct record_reader *r);                                 /* owned; "" when bad or holding NUL */
bool record_at_end(const struct record_reader *r);                              /* all was read and nothing was bad */

#endif
