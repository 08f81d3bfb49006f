/* PDF values as plain trees: what one object holds, references left as references.
 *
 * Values live in an arena and are immutable; names and strings are decoded bytes and may hold NUL. Dictionaries are
 * sorted by key (byte order, without the slash) and hold no key twice and no key whose value is null. */
#ifndef LTVAULT_VALIDATOR_PDF_VALUE_H
#define LTVAULT_VALIDATOR_PDF_VALUE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

enum pdf_type {
	PDF_NULL,
	PDF_BOOL,
	PDF_INTEGER,
	PDF_REAL,
	PDF_STRING,
	PDF_NAME,
	PDF_ARRAY,
	PDF_DICT,
	PDF_REFERENCE,
	PDF_STREAM /* its dictionary in `dict`; the bytes through pdf_file_stream() */
};

struct pdf_id {
	int number, generation; /* number 0: none */
};

struct pdf_text {
	const char *data; /* followed by a NUL that does not count */
	size_t len;
};

struct pdf_value {
	enum pdf_type type;
	struct pdf_id id; /* of a reference: its target; of a whole object: its own */
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct pdf_text text;
		struct {
			struct pdf_value *items;
			size_t count;
		} array;
		struct {
			struct pdf_entry *entries;
			size_t count;
		} dict;
	};
};

struct pdf_entry {
	struct pdf_text key;
	struct pdf_value value;
};

struct pdf_arena {
	struct pdf_chunk *chunks;
	size_t used, size; /* of the newest chunk */
};
void *pdf_arena_get(struct pdf_arena *arena, size_t size);
void pdf_arena_dispose(struct pdf_arena *arena);

extern const struct pdf_value pdf_null;

/* Reads one value in the canonical text that qpdf's unparse gives. False when the text is not that; *out is null then.
 */
bool pdf_value_parse(struct pdf_arena *arena, const char *text, size_t len, struct pdf_value *out);

/* Reads the value that a file's own bytes begin with, where they are of a form that all readers take alike: no comments,
 * no duplicate keys, nothing odd about names, strings and numbers. Gives how many bytes it took; 0 when
 * they are not, and then nothing is said about them. */
size_t pdf_value_parse_plain(struct pdf_arena *arena, const char *text, size_t len, struct pdf_value *out);

/* Entry of a dictionary or stream, unresolved; NULL when there is none or `value` is neither. */
const struct pdf_value *pdf_entry(const struct pdf_value *value, const char *key);
bool pdf_is_dict(const struct pdf_value *value); /* a dictionary or a stream */
bool pdf_is_name(const struct pdf_value *value, const char *name);
bool pdf_is_number(const struct pdf_value *value);
double pdf_number(const struct pdf_value *value); /* 0 when not a number */
bool pdf_text_equal(struct pdf_text a, struct pdf_text b);
int pdf_text_compare(struct pdf_text a, struct pdf_text b);
bool pdf_id_equal(struct pdf_id a, struct pdf_id b);
/* A text string (PDFDocEncoding, UTF-16 or UTF-8 with byte order mark) or a name as UTF-8 without controls; owned by
 * the caller; "" for anything else. */
char *pdf_text_utf8(const struct pdf_value *value);

#endif
