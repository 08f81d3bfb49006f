/* Members of JSON objects that may or may not be there. */
#ifndef LTVAULT_ARCHIVER_JSON_GET_H
#define LTVAULT_ARCHIVER_JSON_GET_H

#include <jansson.h>

/* "" and 0 when there is none of that type; borrowed from the object. */
const char *text_at(const json_t *object, const char *key);
long long number_at(const json_t *object, const char *key);

#endif
