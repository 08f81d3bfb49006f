#include "archiver/json_get.h"

const char *text_at(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

long long number_at(const json_t *object, const char *key) {
	return json_integer_value(json_object_get(object, key));
}
