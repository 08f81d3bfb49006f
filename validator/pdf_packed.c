/* Object streams (ISO 32000-1 7.5.7) read without qpdf. It reads all objects of a stream when it is asked for one, and
 * warns of each that has something wrong: so a stream is plain as a whole or not at all. */
#include "validator/pdf_plain.h"

#include "base/limits.h"
#include "validator/pdf_flate.h"
#include "validator/pdf_set.h"

#include <stdlib.h>

struct reader {
	const struct pdf_xref *xref;
	int stream;
	const char *p, *first, *end; /* header, objects */
	struct pdf_set numbers;      /* so far in the header */
};

static bool is_space(char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

/* Digits with space behind them, before the first object. */
static bool read_number(struct reader *r, uint64_t *out) {
	while (r->p < r->first && is_space(*r->p)) r->p++;
	const char *start = r->p;
	for (*out = 0; r->p < r->first && *r->p >= '0' && *r->p <= '9' && r->p - start < 9; r->p++)
		*out = *out * 10 + (uint64_t)(*r->p - '0');
	return r->p > start && r->p < r->first && is_space(*r->p);
}

/* An object of the header that the table does not have makes qpdf report a broken table later. */
static bool in_table(struct reader *r, uint64_t number) {
	return number > 0 && number < r->xref->count && r->xref->entries[number].kind > PDF_ENTRY_FREE &&
	       pdf_set_add(&r->numbers, number, 0);
}

static bool is_here(const struct reader *r, uint64_t number) {
	const struct pdf_xref_entry *e = &r->xref->entries[number];
	return e->kind == PDF_ENTRY_PACKED && e->where == (uint64_t)r->stream;
}

/* Objects one after another: none is read twice, nor a part of another. */
static bool read_objects(struct reader *r, struct pdf_arena *arena, int64_t n, struct pdf_packed **objects,
			 size_t *count) {
	const char *last = r->first;
	size_t cap = 0;
	for (int64_t i = 0; i < n; i++) {
		uint64_t number, offset;
		if (!read_number(r, &number) || !read_number(r, &offset) || !in_table(r, number) ||
		    offset >= (uint64_t)(r->end - r->first) || r->first + offset < last)
			return false;
		const char *at = r->first + offset;
		last = at;
		if (!is_here(r, number)) continue;
		ARRAY_GROW(*objects, *count, cap);
		struct pdf_packed *o = &(*objects)[(*count)++];
		size_t left = (size_t)(r->end - at), most = left < LIMIT_PDF_PLAIN_BYTES ? left : LIMIT_PDF_PLAIN_BYTES;
		size_t length = pdf_value_parse_plain(arena, at, most, &o->value);
		if (!length || o->value.type == PDF_REFERENCE) return false;
		o->number = (int)number;
		o->value.id = (struct pdf_id){o->number, 0};
		last = at + length;
	}
	return true;
}

static bool integer(const struct pdf_value *dict, const char *key, int64_t most, int64_t *out) {
	const struct pdf_value *v = pdf_entry(dict, key);
	*out = v && v->type == PDF_INTEGER ? v->integer : -1;
	return *out >= 0 && *out <= most;
}

bool pdf_plain_read_packed(struct pdf_arena *arena, const unsigned char *data, size_t end, const struct pdf_xref *xref,
			   int number, struct pdf_packed **objects, size_t *count) {
	struct pdf_value dict;
	struct pdf_stored stored;
	unsigned char *decoded = NULL;
	size_t len = 0;
	int64_t n, first;
	*objects = NULL;
	*count = 0;
	if (!pdf_plain_read(arena, data, end, xref, number, &dict, &stored) || dict.type != PDF_STREAM) return false;
	const struct pdf_value *type = pdf_entry(&dict, "Type");
	bool good = type && pdf_is_name(type, "ObjStm") && integer(&dict, "N", LIMIT_PDF_OBJECTS, &n) &&
		    integer(&dict, "First", LIMIT_PDF_STREAM_BYTES, &first) &&
		    pdf_flate_decode(&dict, stored.data, stored.len, LIMIT_PDF_STREAM_BYTES, &decoded, &len) &&
		    (uint64_t)first < len;
	if (good) {
		const char *text = (const char *)decoded;
		struct reader r = {.xref = xref, .stream = number, .p = text, .first = text + first, .end = text + len};
		good = read_objects(&r, arena, n, objects, count);
		pdf_set_dispose(&r.numbers);
	}
	free(decoded);
	if (good) return true;
	free(*objects);
	*objects = NULL;
	*count = 0;
	return false;
}
