/* What is asked of values that were read. */
#include "validator/pdf_value.h"

#include <string.h>

bool pdf_is_dict(const struct pdf_value *value) {
	return value->type == PDF_DICT || value->type == PDF_STREAM;
}

const struct pdf_value *pdf_entry(const struct pdf_value *value, const char *key) {
	if (!pdf_is_dict(value)) return NULL;
	struct pdf_text wanted = {key, strlen(key)};
	size_t low = 0, high = value->dict.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = pdf_text_compare(value->dict.entries[middle].key, wanted);
		if (c == 0) return &value->dict.entries[middle].value;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool pdf_is_name(const struct pdf_value *value, const char *name) {
	return value->type == PDF_NAME && pdf_text_equal(value->text, (struct pdf_text){name, strlen(name)});
}

bool pdf_is_number(const struct pdf_value *value) {
	return value->type == PDF_INTEGER || value->type == PDF_REAL;
}

double pdf_number(const struct pdf_value *value) {
	if (value->type == PDF_INTEGER) return (double)value->integer;
	return value->type == PDF_REAL ? value->real : 0;
}

bool pdf_text_equal(struct pdf_text a, struct pdf_text b) {
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

int pdf_text_compare(struct pdf_text a, struct pdf_text b) {
	int c = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

bool pdf_id_equal(struct pdf_id a, struct pdf_id b) {
	return a.number == b.number && a.generation == b.generation;
}
