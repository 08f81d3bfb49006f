/* Whether two readings of one document gave the same value. */
#ifndef LTVAULT_TESTS_PDF_SAME_H
#define LTVAULT_TESTS_PDF_SAME_H

#include "validator/pdf_object.h"

#include <string.h>

static inline bool pdf_leads_nowhere(struct pdf_file *file, const struct pdf_value *value) {
	return pdf_resolve(file, value)->type == PDF_NULL;
}

/* Byte for byte, but for one thing: in arrays qpdf 12 already gives null for a reference to nothing. */
static inline bool pdf_same(struct pdf_file *f, const struct pdf_value *a, struct pdf_file *g, const struct pdf_value *b) {
	bool good = a->type == b->type;
	if (!good) return pdf_leads_nowhere(f, a) && pdf_leads_nowhere(g, b);
	switch (a->type) {
	case PDF_NULL:
		return true;
	case PDF_BOOL:
		return a->boolean == b->boolean;
	case PDF_INTEGER:
		return a->integer == b->integer;
	case PDF_REAL:
		return !memcmp(&a->real, &b->real, sizeof a->real); /* endless ones are no numbers */
	case PDF_STRING:
	case PDF_NAME:
		return pdf_text_equal(a->text, b->text);
	case PDF_REFERENCE:
		return pdf_id_equal(a->id, b->id);
	case PDF_ARRAY:
		good = a->array.count == b->array.count;
		for (size_t i = 0; good && i < a->array.count; i++) good = pdf_same(f, &a->array.items[i], g, &b->array.items[i]);
		return good;
	case PDF_DICT:
	case PDF_STREAM:
		good = a->dict.count == b->dict.count;
		for (size_t i = 0; good && i < a->dict.count; i++)
			good = pdf_text_equal(a->dict.entries[i].key, b->dict.entries[i].key) &&
			       pdf_same(f, &a->dict.entries[i].value, g, &b->dict.entries[i].value);
		return good;
	}
	return false;
}

#endif
