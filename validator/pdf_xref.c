#include "validator/pdf_xref.h"

#include "base/limits.h"
#include "base/mem.h"
#include "validator/pdf_find.h"
#include "validator/pdf_flate.h"
#include "validator/pdf_plain.h"
#include "validator/pdf_set.h"

#include <stdlib.h>
#include <string.h>

#define TAIL 1054 /* where qpdf looks for startxref */
#define ROW 20    /* bytes of an entry in a table */
#define HEAD 40   /* of a subsection's two numbers with all space around them: qpdf looks no further */

struct reader {
	const unsigned char *data;
	size_t end;
	struct pdf_xref *xref;
	struct pdf_arena arena;
	struct pdf_set streams; /* offsets of the cross-reference streams so far */
	unsigned section;
	uint64_t size; /* of the section's trailer: numbers from there on are not objects to every reader */
	struct pdf_xref_tail *tail; /* NULL: only to save work, and hybrid files give no table */
	uint64_t beside;            /* XRefStm of the section, 0 none */
};

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static void skip_space(const struct reader *r, size_t *at) {
	while (*at < r->end && is_space(r->data[*at])) ++*at;
}

static bool read_number(const struct reader *r, size_t *at, uint64_t *out) {
	size_t start = *at;
	for (*out = 0; *at < r->end && r->data[*at] >= '0' && r->data[*at] <= '9' && *at - start < 18; ++*at)
		*out = *out * 10 + (uint64_t)(r->data[*at] - '0');
	return *at > start;
}

static bool read_word(const struct reader *r, size_t *at, const char *word) {
	size_t n = strlen(word);
	if (r->end - *at < n || memcmp(r->data + *at, word, n) != 0) return false;
	*at += n;
	return true;
}

/* The newest entry for a number counts. False when one section has two for it, or the number is out of bounds. */
static bool enter(struct reader *r, uint64_t number, enum pdf_entry_kind kind, uint64_t where, uint32_t index) {
	struct pdf_xref *x = r->xref;
	if (number >= r->size || number > LIMIT_PDF_OBJECTS || number > r->end) return false;
	if (number >= x->count) {
		size_t count = (size_t)number + 1 > x->count * 2 ? (size_t)number + 1 : x->count * 2;
		x->entries = xreallocarray(x->entries, count, sizeof *x->entries);
		memset(x->entries + x->count, 0, (count - x->count) * sizeof *x->entries);
		x->count = count;
	}
	struct pdf_xref_entry *e = &x->entries[number];
	if (e->section == r->section) return false;
	if (e->kind == PDF_ENTRY_NONE) *e = (struct pdf_xref_entry){where, index, (uint16_t)r->section, (uint8_t)kind};
	return true;
}

/* Some readers take less for space than others. */
static bool only_line_ends(const struct reader *r, size_t from, size_t to) {
	for (size_t i = from; i < to; i++)
		if (!r->data[i] || !strchr(" \r\n", r->data[i])) return false;
	return true;
}

/* What qpdf has to interpret is not ours to open by. */
static void plain_only_if(struct reader *r, bool plain) {
	if (!plain) r->xref->plain = false;
}

static const struct pdf_value *read_dict(struct reader *r, size_t *at) {
	size_t most = r->end - *at < LIMIT_PDF_TRAILER_BYTES ? r->end - *at : LIMIT_PDF_TRAILER_BYTES;
	size_t n = pdf_raw_dict_length(r->data + *at, most);
	struct pdf_value *v = pdf_arena_get(&r->arena, sizeof *v);
	if (n == 0 || !pdf_value_parse(&r->arena, (const char *)r->data + *at, n, v)) return &pdf_null;
	*at += n;
	return v;
}

/* Numbers that a trailer refers to are taken, whether there is such an object or not. */
static void note_references(struct pdf_xref_tail *tail, const struct pdf_value *v) {
	if (v->type == PDF_REFERENCE && (uint64_t)v->id.number >= tail->numbers)
		tail->numbers = (uint64_t)v->id.number + 1;
	for (size_t i = 0; v->type == PDF_ARRAY && i < v->array.count; i++)
		note_references(tail, &v->array.items[i]);
	for (size_t i = 0; v->type == PDF_DICT && i < v->dict.count; i++)
		note_references(tail, &v->dict.entries[i].value);
}

/* An offset from a trailer: 0 when it is absent; false when it is none. */
static bool read_offset(const struct pdf_value *v, uint64_t *out) {
	*out = v && v->type == PDF_INTEGER && v->integer > 0 ? (uint64_t)v->integer : 0;
	return !v || (v->type == PDF_INTEGER && v->integer >= 0);
}

/* Size and Prev; false when the section cannot be followed in the plain way. */
static bool read_chain(struct reader *r, const struct pdf_value *dict, uint64_t *previous) {
	const struct pdf_value *size = pdf_entry(dict, "Size"), *beside = pdf_entry(dict, "XRefStm");
	if (!size || size->type != PDF_INTEGER || size->integer < 0 || (beside && !r->tail)) return false;
	if (!read_offset(beside, &r->beside) || !read_offset(pdf_entry(dict, "Prev"), previous)) return false;
	r->size = (uint64_t)size->integer;
	plain_only_if(r, r->section != 1 || !pdf_entry(dict, "Encrypt"));
	if (r->tail) note_references(r->tail, dict);
	if (r->tail && r->size > r->tail->numbers) r->tail->numbers = r->size;
	return true;
}

/* ---- tables ---- */

enum rows { ROWS_NONE, ROWS_USED, ROWS_FREE, ROWS_ALL };

/* Five digits, and one of the three ends of line that a row may have. */
static bool ends_plainly(const unsigned char *row) {
	for (int i = 11; i < 16; i++)
		if (row[i] < '0' || row[i] > '9') return false;
	return !memcmp(row + 18, " \n", 2) || !memcmp(row + 18, " \r", 2) || !memcmp(row + 18, "\r\n", 2);
}

static bool read_row(struct reader *r, const unsigned char *row, uint64_t number, enum rows which) {
	uint64_t offset = 0;
	for (int i = 0; i < 10; i++) {
		if (row[i] < '0' || row[i] > '9') return false;
		offset = offset * 10 + (uint64_t)(row[i] - '0');
	}
	if (row[10] != ' ' || row[16] != ' ' || !is_space(row[18]) || !is_space(row[19])) return false;
	plain_only_if(r, ends_plainly(row));
	if (which == (row[17] == 'f' ? ROWS_USED : ROWS_FREE)) return true;
	if (row[17] == 'f') return enter(r, number, PDF_ENTRY_FREE, 0, 0);
	return row[17] == 'n' && !memcmp(row + 11, "00000", 5) && offset > 0 && number > 0 && offset < r->end &&
	       enter(r, number, PDF_ENTRY_PLAIN, offset, 0);
}

/* Over the same subsections again: their bounds depend on the trailer that follows them. */
static bool read_rows(struct reader *r, size_t *at, enum rows which) {
	for (;;) {
		uint64_t first, count;
		size_t head = *at;
		skip_space(r, at);
		plain_only_if(r, only_line_ends(r, head, *at));
		if (read_word(r, at, "trailer")) return true;
		if (!read_number(r, at, &first) || !read_word(r, at, " ") || !read_number(r, at, &count)) return false;
		size_t digits = *at;
		skip_space(r, at);
		plain_only_if(r, *at > digits && *at - head <= HEAD && only_line_ends(r, digits, *at));
		if (count > LIMIT_PDF_OBJECTS || first > LIMIT_PDF_OBJECTS || (r->end - *at) / ROW < count)
			return false;
		for (uint64_t i = 0; which != ROWS_NONE && i < count; i++)
			if (!read_row(r, r->data + *at + i * ROW, first + i, which)) return false;
		*at += count * ROW;
	}
}

static void note_trailer(struct reader *r, size_t start, size_t end, bool stream) {
	if (r->xref->trailer_len) return;
	r->xref->trailer = start;
	r->xref->trailer_len = end - start;
	if (!r->tail) return;
	r->tail->trailer = start;
	r->tail->trailer_len = end - start;
	r->tail->stream = stream;
}

static bool read_stream(struct reader *r, size_t at, uint64_t *previous);

/* The stream beside a table has what older readers see as free: it counts before the free rows of its table. */
static bool read_hybrid(struct reader *r, size_t rows) {
	size_t again = rows;
	uint64_t beside = r->beside, size = r->size, ignored;
	plain_only_if(r, false);
	if (beside >= r->end || !read_rows(r, &rows, ROWS_USED)) return false;
	r->section++;
	if (!read_stream(r, (size_t)beside, &ignored)) return false;
	r->section++;
	r->size = size;
	return read_rows(r, &again, ROWS_FREE);
}

/* A dictionary in the plainest form, and behind it the word that usually follows, after comments if need be. */
static bool is_plain_trailer(struct reader *r, size_t at, size_t end) {
	struct pdf_value v;
	bool whole = pdf_value_parse_plain(&r->arena, (const char *)r->data + at, end - at, &v) == end - at;
	skip_space(r, &end);
	while (end < r->end && r->data[end] == '%') {
		while (end < r->end && r->data[end] != '\n' && r->data[end] != '\r') end++;
		skip_space(r, &end);
	}
	return whole && v.type == PDF_DICT && read_word(r, &end, "startxref");
}

static bool read_table(struct reader *r, size_t at, uint64_t *previous) {
	size_t rows = at;
	plain_only_if(r, at < r->end && is_space(r->data[at]));
	if (!read_rows(r, &at, ROWS_NONE)) return false;
	plain_only_if(r, at < r->end && (is_space(r->data[at]) || r->data[at] == '<'));
	skip_space(r, &at);
	size_t start = at;
	if (!read_chain(r, read_dict(r, &at), previous)) return false;
	plain_only_if(r, is_plain_trailer(r, start, at));
	note_trailer(r, start, at, false);
	return r->beside ? read_hybrid(r, rows) : read_rows(r, &rows, ROWS_ALL);
}

/* ---- streams ---- */

static bool width(const struct pdf_value *w, size_t i, unsigned *out) {
	const struct pdf_value *v = &w->array.items[i];
	if (v->type != PDF_INTEGER || v->integer < 0 || v->integer > 8) return false;
	*out = (unsigned)v->integer;
	return true;
}

static uint64_t field(const unsigned char **p, unsigned bytes, uint64_t if_absent) {
	uint64_t value = bytes ? 0 : if_absent;
	while (bytes--) value = value << 8 | *(*p)++;
	return value;
}

static bool enter_record(struct reader *r, const unsigned char *p, const unsigned w[3], uint64_t number) {
	uint64_t type = field(&p, w[0], 1), second = field(&p, w[1], 0), third = field(&p, w[2], 0);
	if (type == 0) return enter(r, number, PDF_ENTRY_FREE, 0, 0);
	if (number == 0 || second == 0) return false;
	if (type == 1) return third == 0 && second < r->end && enter(r, number, PDF_ENTRY_PLAIN, second, 0);
	return type == 2 && second <= LIMIT_PDF_OBJECTS && third <= LIMIT_PDF_OBJECTS &&
	       enter(r, number, PDF_ENTRY_PACKED, second, (uint32_t)third);
}

static bool read_records(struct reader *r, const struct pdf_value *dict, const unsigned char *p, size_t len) {
	const struct pdf_value *widths = pdf_entry(dict, "W"), *index = pdf_entry(dict, "Index");
	struct pdf_value whole[2] = {{PDF_INTEGER, .integer = 0}, {PDF_INTEGER, .integer = (int64_t)r->size}};
	struct pdf_value both = {PDF_ARRAY, .array = {whole, 2}};
	unsigned w[3];
	if (!index) index = &both;
	if (!widths || widths->type != PDF_ARRAY || widths->array.count != 3 || index->type != PDF_ARRAY) return false;
	if (!width(widths, 0, &w[0]) || !width(widths, 1, &w[1]) || !width(widths, 2, &w[2])) return false;
	size_t each = w[0] + w[1] + w[2];
	for (size_t i = 0; i + 1 < index->array.count; i += 2) {
		const struct pdf_value *first = &index->array.items[i], *count = &index->array.items[i + 1];
		if (first->type != PDF_INTEGER || count->type != PDF_INTEGER || first->integer < 0 ||
		    count->integer < 0 || !each || (uint64_t)count->integer > len / each ||
		    first->integer > LIMIT_PDF_OBJECTS)
			return false;
		for (int64_t k = 0; k < count->integer; k++, p += each, len -= each)
			if (!enter_record(r, p, w, (uint64_t)(first->integer + k))) return false;
		plain_only_if(r, count->integer > 0);
	}
	plain_only_if(r, len == 0 && index->array.count && index->array.count % 2 == 0);
	return true;
}

/* qpdf keeps what it read here under the number that stands here; the table has to say the same, or nothing, or that it is
 * an update's stream that took the number over. */
static bool stands_where_it_says(struct reader *r, uint64_t number, size_t at) {
	pdf_set_add(&r->streams, at, 0);
	if (number > 0 && (number >= r->xref->count || r->xref->entries[number].kind == PDF_ENTRY_NONE))
		return enter(r, number, PDF_ENTRY_PLAIN, at, 0);
	return number < r->xref->count && r->xref->entries[number].kind == PDF_ENTRY_PLAIN &&
	       pdf_set_has(&r->streams, r->xref->entries[number].where);
}

/* The same stream read without qpdf: dictionary, and bytes where they are expected. */
static bool read_plainly(struct reader *r, size_t place, uint64_t number, const struct pdf_stored *expected, struct pdf_value *dict) {
	struct pdf_stored stored;
	if (number > LIMIT_PDF_OBJECTS ||
	    !pdf_plain_read_at(&r->arena, r->data, r->end, NULL, place, (int)number, dict, &stored))
		return false;
	const struct pdf_value *type = pdf_entry(dict, "Type");
	dict->type = PDF_DICT;
	return stored.data == expected->data && stored.len == expected->len && type && pdf_is_name(type, "XRef");
}

static bool read_stream(struct reader *r, size_t at, uint64_t *previous) {
	uint64_t number;
	size_t place = at;
	unsigned char *decoded = NULL;
	size_t len = 0;
	struct pdf_value value;
	if (!read_number(r, &at, &number) || !read_word(r, &at, " 0 obj")) return false;
	skip_space(r, &at);
	size_t start = at;
	const struct pdf_value *dict = read_dict(r, &at), *length = pdf_entry(dict, "Length");
	size_t dict_len = at - start;
	skip_space(r, &at);
	if (!length || length->type != PDF_INTEGER || length->integer < 0 || !read_word(r, &at, "stream")) return false;
	(void)read_word(r, &at, "\r");
	if (!read_word(r, &at, "\n") || (uint64_t)length->integer > r->end - at) return false;
	struct pdf_stored stored = {r->data + at, (size_t)length->integer};
	bool plain = read_plainly(r, place, number, &stored, &value);
	if (plain) dict = &value;
	if (!read_chain(r, dict, previous)) return false;
	note_trailer(r, start, start + dict_len, true);
	plain = plain && pdf_flate_decode(dict, stored.data, stored.len, LIMIT_PDF_STREAM_BYTES, &decoded, &len);
	plain_only_if(r, plain);
	bool good = (plain || pdf_decode_stream(r->data + start, dict_len, stored.data, stored.len, &decoded, &len)) &&
		    read_records(r, dict, decoded, len) && stands_where_it_says(r, number, place);
	free(decoded);
	return good;
}

/* ---- the chain ---- */

static bool find_start(const struct reader *r, uint64_t *start) {
	size_t low = r->end > TAIL ? r->end - TAIL : 0;
	for (size_t i = r->end; i-- > low;) {
		size_t at = i;
		if (!read_word(r, &at, "startxref")) continue;
		size_t word = at;
		skip_space(r, &at);
		/* In "537f", or in a longer word, it is none for qpdf, which then takes an earlier one. */
		return i > 0 && is_space(r->data[i - 1]) && at > word && read_number(r, &at, start) && at < r->end &&
		       is_space(r->data[at]);
	}
	return false;
}

static bool has_version(const unsigned char *data, size_t end) {
	return end > 8 && data[5] >= '0' && data[5] <= '9' && data[6] == '.' && data[7] >= '0' && data[7] <= '9';
}

static bool read_whole(const unsigned char *data, size_t end, struct pdf_xref *xref, struct pdf_xref_tail *tail) {
	struct reader r = {.data = data, .end = end, .xref = xref, .tail = tail};
	uint64_t at = 0, newest = 0;
	*xref = (struct pdf_xref){.plain = has_version(data, end)};
	/* With bytes before the header, readers do not agree from where offsets count. */
	bool good = end > 5 && !memcmp(data, "%PDF-", 5) && find_start(&r, &at);
	if (tail) tail->at = at;
	do {
		size_t body = (size_t)at;
		good = good && at > 0 && at < end && ++r.section <= LIMIT_PDF_SECTIONS;
		if (!good) break;
		if (read_word(&r, &body, "xref"))
			good = read_table(&r, body, &at);
		else
			good = read_stream(&r, body, &at);
		if (newest == 0) newest = r.size;
	} while (good && at);
	pdf_arena_dispose(&r.arena);
	pdf_set_dispose(&r.streams);
	/* Numbers beyond the newest trailer's Size are objects to some readers only. */
	for (size_t i = (size_t)newest; good && i < xref->count; i++)
		good = xref->entries[i].kind == PDF_ENTRY_NONE || xref->entries[i].kind == PDF_ENTRY_FREE;
	if (!good) pdf_xref_dispose(xref);
	return good;
}

bool pdf_xref_read(const unsigned char *data, size_t end, struct pdf_xref *xref) {
	return read_whole(data, end, xref, NULL);
}

bool pdf_xref_read_tail(const unsigned char *data, size_t end, struct pdf_xref *xref, struct pdf_xref_tail *tail) {
	*tail = (struct pdf_xref_tail){0};
	return read_whole(data, end, xref, tail);
}

void pdf_xref_dispose(struct pdf_xref *xref) {
	free(xref->entries);
	*xref = (struct pdf_xref){0};
}

static const struct pdf_xref_entry *entry_of(const struct pdf_xref *x, size_t number) {
	static const struct pdf_xref_entry none = {0};
	return number < x->count ? &x->entries[number] : &none;
}

static bool in_use(const struct pdf_xref_entry *e) {
	return e->kind == PDF_ENTRY_PLAIN || e->kind == PDF_ENTRY_PACKED;
}

unsigned char *pdf_xref_touched(const struct pdf_xref *base, const struct pdf_xref *final, size_t *count) {
	*count = base->count > final->count ? base->count : final->count;
	unsigned char *touched = xcalloc(*count, 1);
	for (size_t i = 0; i < *count; i++) {
		const struct pdf_xref_entry *a = entry_of(base, i), *b = entry_of(final, i);
		if (in_use(a) && !in_use(b)) {
			free(touched);
			return NULL;
		}
		touched[i] = in_use(a) != in_use(b) ||
			     (in_use(a) && (a->kind != b->kind || a->where != b->where || a->index != b->index));
	}
	/* What lies in an object stream is as new as the stream. */
	for (size_t i = 0; i < *count; i++) {
		const struct pdf_xref_entry *b = entry_of(final, i);
		if (b->kind == PDF_ENTRY_PACKED && (b->where >= *count || touched[b->where])) touched[i] = 1;
	}
	return touched;
}
