/* What the parts of the writer share: the update while it is put together. */
#ifndef LTVAULT_VALIDATOR_EXTEND_UPDATE_H
#define LTVAULT_VALIDATOR_EXTEND_UPDATE_H

#include "validator/extend_edit.h"

enum extend_body { EXTEND_BODY_TEXT, EXTEND_BODY_STREAM, EXTEND_BODY_STAMP };
struct extend_new { /* an object under a new number */
	int number;
	enum extend_body body;
	size_t item; /* STREAM: the item that is its content */
	struct buf text;
};

struct extend_update {
	struct extend_base base;
	const struct pdf_document *pdf;
	const struct extend_order *order;
	struct pdf_id root;
	uint64_t next; /* number of the next new object */
	struct extend_new *objects;
	size_t count, cap;
};

/* A new object; its number. */
int extend_new_object(struct extend_update *u, enum extend_body body, size_t item, const char *text);

/* /DSS with the order's items and entries. */
enum extend_refusal extend_put_store(struct extend_update *u);
/* Field, widget and empty time-stamp dictionary (EN 319 142-1 5.4.3). */
enum extend_refusal extend_put_stamp(struct extend_update *u);
/* Pieces, cross-reference section and trailer; fills the byte range. */
enum extend_refusal extend_lay_out(struct extend_update *u, struct extension *out);

#endif
