/* PDF syntax as it stands in a file: where values begin and end, so that an object can be written anew with one value
 * changed and every other byte kept. */
#ifndef LTVAULT_VALIDATOR_EXTEND_TEXT_H
#define LTVAULT_VALIDATOR_EXTEND_TEXT_H

#include "validator/pdf_value.h"

struct extend_span {
	size_t at, end;
};

/* The value that begins behind white space and comments at `at`, references as one value. False: there is none, or it
 * does not end. */
bool extend_value(const unsigned char *text, size_t len, size_t at, struct extend_span *value);
/* The next word outside of any value ("obj", "12"), as extend_value finds values. */
bool extend_word(const unsigned char *text, size_t len, size_t *at, const char *word);
bool extend_number(const unsigned char *text, size_t len, size_t *at, uint64_t *number);

bool extend_is_dict(const unsigned char *text, struct extend_span value);
bool extend_is_array(const unsigned char *text, struct extend_span value);
bool extend_is_reference(const unsigned char *text, struct extend_span value, struct pdf_id *id);
/* Entry of the dictionary: 1 with the spans of key and value, 0 there is none, -1 the key is there twice or the
 * dictionary is malformed. */
int extend_entry(const unsigned char *text, struct extend_span dict, const char *key, struct extend_span *name,
		 struct extend_span *value);
/* Walks the entries: `at` is dict.at at first. 1, 0 at the end, -1 malformed. */
int extend_next_entry(const unsigned char *text, struct extend_span dict, size_t *at, struct extend_span *name,
		      struct extend_span *value);
/* A name token is this name (escapes decoded). */
bool extend_name_is(const unsigned char *text, struct extend_span name, const char *key);

#endif
