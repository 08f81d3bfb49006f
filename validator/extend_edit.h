/* The objects that an update writes anew: their text with single values changed. */
#ifndef LTVAULT_VALIDATOR_EXTEND_EDIT_H
#define LTVAULT_VALIDATOR_EXTEND_EDIT_H

#include "validator/extend.h"
#include "validator/extend_text.h"
#include "validator/pdf_object.h"
#include "validator/pdf_xref.h"

struct extend_object {
	struct pdf_id id;
	struct buf text; /* the value alone */
	bool changed;
};

struct extend_base {
	const unsigned char *data;
	size_t len;
	struct pdf_file *file;
	struct pdf_xref xref;
	struct pdf_xref_tail tail;
	struct extend_object **objects; /* read so far */
	size_t count, cap;
	bool failed; /* an object could not be read or is not what it has to be */
};

/* False when the document cannot be updated; extend_base_close in any case. */
bool extend_base_open(struct extend_base *base, const unsigned char *data, size_t len);
void extend_base_close(struct extend_base *base);

/* A value inside an object; valid until that object is changed. */
struct extend_place {
	struct extend_object *object; /* NULL: nowhere */
	struct extend_span value;
};
/* The whole object. Nowhere, and base->failed, when it cannot be read as it stands. */
struct extend_place extend_at(struct extend_base *base, struct pdf_id id);
/* The entry's value, through references; nowhere when there is none, and base->failed when that is malformed. */
struct extend_place extend_in(struct extend_base *base, struct extend_place dict, const char *key);
bool extend_place_is_dict(const struct extend_place *place);
bool extend_place_is_array(const struct extend_place *place);

/* Changes; places in the same object are no longer valid. An entry is replaced where it stands, or added at the end. */
void extend_put_entry(struct extend_base *base, struct extend_place dict, const char *key, const char *value);
void extend_append(struct extend_place array, const char *value);

#endif
