/* Members of JSON objects that may or may not be there. */
#ifndef LTVAULT_ARCHIVER_JSON_GET_H
#define LTVAULT_ARCHIVER_JSON_GET_H

#include <jansson.h>

/* "" and 0 when there is none of that type; borrowed from the object. */
static inline const char *text_at(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static inline long long number_at(const json_t *object, const char *key) {
	return json_integer_value(json_object_get(object, key));
}

#endif
