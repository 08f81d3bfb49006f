/* Writing JSON: just enough to show events. Text that is not UTF-8 shows U+FFFD for each wrong byte. */
#ifndef LTVAULT_STORE_JSON_H
#define LTVAULT_STORE_JSON_H

#include "store/row.h"

/* Members of one object, in the order of the calls; `b` then holds "{...}" without the closing brace. */
void json_text(struct buf *b, const char *name, const char *value);
void json_number(struct buf *b, const char *name, uint64_t value);
void json_time(struct buf *b, const char *name, utime value);              /* null for UTIME_NONE */
void json_id(struct buf *b, const char *name, const struct object_id *id); /* left out when zero */
void json_hex(struct buf *b, const char *name, const void *data, size_t len);
void json_end(struct buf *b);

#endif
