#include "validator/pdf_plain.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

struct reader {
	struct pdf_arena *arena;
	const unsigned char *data;
	size_t end, at;
	const struct pdf_xref *xref; /* NULL: there is none yet */
};

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool skip_space(struct reader *r) {
	while (r->at < r->end && is_space(r->data[r->at])) r->at++;
	return r->at < r->end;
}

static bool skip_word(struct reader *r, const char *word) {
	size_t n = strlen(word);
	if (r->end - r->at < n || memcmp(r->data + r->at, word, n) != 0) return false;
	r->at += n;
	return true;
}

/* Where the table has it. */
static bool find(const struct reader *r, int number, uint64_t *where) {
	const struct pdf_xref *x = r->xref;
	if (!x || number <= 0 || (size_t)number >= x->count || x->entries[number].kind != PDF_ENTRY_PLAIN) return false;
	*where = x->entries[number].where;
	return true;
}

/* "N 0 obj", and not the beginning of a longer word. Some writers' tables name the line end before it. */
static bool read_header(struct reader *r, uint64_t where, int number) {
	char header[32];
	if (where >= r->end) return false;
	r->at = (size_t)where;
	for (int i = 0; i < 2 && r->at < r->end && is_space(r->data[r->at]); i++) r->at++;
	snprintf(header, sizeof header, "%d 0 obj", number);
	return skip_word(r, header) && r->at < r->end &&
	       (is_space(r->data[r->at]) || memchr("<[(/", r->data[r->at], 4));
}

static bool read_value(struct reader *r, struct pdf_value *out) {
	size_t left = r->end - r->at, most = left < LIMIT_PDF_PLAIN_BYTES ? left : LIMIT_PDF_PLAIN_BYTES;
	size_t n = pdf_value_parse_plain(r->arena, (const char *)r->data + r->at, most, out);
	r->at += n;
	return n > 0 && out->type != PDF_REFERENCE && skip_space(r);
}

/* With something behind it that is not space, for which qpdf looks. */
static bool read_end(struct reader *r) {
	if (!skip_space(r) || !skip_word(r, "endobj") || r->at == r->end || !is_space(r->data[r->at])) return false;
	return skip_space(r) && r->data[r->at] != '\v';
}

static bool read_length(const struct reader *r, const struct pdf_value *dict, int number, uint64_t *length) {
	const struct pdf_value *v = pdf_entry(dict, "Length");
	struct pdf_value target;
	uint64_t where;
	if (v && v->type == PDF_REFERENCE) {
		struct reader other = *r;
		int to = v->id.number;
		if (to == number || !find(r, to, &where) || !read_header(&other, where, to) ||
		    !read_value(&other, &target) || !read_end(&other))
			return false;
		v = &target;
	}
	if (!v || v->type != PDF_INTEGER || v->integer < 0) return false;
	*length = (uint64_t)v->integer;
	return true;
}

static bool read_stream(struct reader *r, int number, struct pdf_value *out, struct pdf_stored *stored) {
	uint64_t length;
	(void)skip_word(r, "\r");
	if (!skip_word(r, "\n") || !read_length(r, out, number, &length) || length > r->end - r->at) return false;
	*stored = (struct pdf_stored){r->data + r->at, (size_t)length};
	r->at += (size_t)length;
	if (!skip_space(r) || !skip_word(r, "endstream")) return false;
	out->type = PDF_STREAM;
	return r->at < r->end && is_space(r->data[r->at]);
}

bool pdf_plain_read_at(struct pdf_arena *arena, const unsigned char *data, size_t end, const struct pdf_xref *xref,
		       uint64_t where, int number, struct pdf_value *out, struct pdf_stored *stored) {
	struct reader r = {arena, data, end, 0, xref};
	*stored = (struct pdf_stored){NULL, 0};
	if (!read_header(&r, where, number) || !read_value(&r, out)) return false;
	if (out->type == PDF_DICT && skip_word(&r, "stream") && !read_stream(&r, number, out, stored)) return false;
	out->id = (struct pdf_id){number, 0};
	return read_end(&r);
}

bool pdf_plain_read(struct pdf_arena *arena, const unsigned char *data, size_t end, const struct pdf_xref *xref,
		    int number, struct pdf_value *out, struct pdf_stored *stored) {
	struct reader r = {.xref = xref};
	uint64_t where;
	return find(&r, number, &where) && pdf_plain_read_at(arena, data, end, xref, where, number, out, stored);
}
