#include "validator/pdf_value.h"

#include "base/limits.h"
#include "validator/pdf_hex.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 << 10)

struct pdf_chunk {
	struct pdf_chunk *next;
	_Alignas(16) unsigned char data[];
};

const struct pdf_value pdf_null = {PDF_NULL};

void *pdf_arena_get(struct pdf_arena *arena, size_t size) {
	size = (size + 15) & ~(size_t)15;
	if (!arena->chunks || arena->size - arena->used < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
		struct pdf_chunk *chunk = xmalloc(sizeof *chunk + room);
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->size = room;
		arena->used = 0;
	}
	void *p = arena->chunks->data + arena->used;
	arena->used += size;
	return p;
}

void pdf_arena_dispose(struct pdf_arena *arena) {
	while (arena->chunks) {
		struct pdf_chunk *next = arena->chunks->next;
		free(arena->chunks);
		arena->chunks = next;
	}
	*arena = (struct pdf_arena){0};
}

/* ---- reading canonical text ---- */

struct reader {
	const char *p, *end;
	struct pdf_arena *arena;
	unsigned depth;
	bool plain; /* the text is a file's own, and only what every reader takes alike is taken */
};

static bool read_value(struct reader *r, struct pdf_value *out);

static bool is_space(char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

static void skip_space(struct reader *r) {
	while (r->p < r->end && is_space(*r->p)) r->p++;
}

static bool is_delimiter(char c) {
	switch (c) {
	case '(':
	case ')':
	case '<':
	case '>':
	case '[':
	case ']':
	case '{':
	case '}':
	case '/':
	case '%':
		return true;
	default:
		return is_space(c);
	}
}

/* `most` bounds the decoded length; the caller writes into `data` and then calls keep_text. */
static char *begin_text(struct reader *r, size_t most) {
	return pdf_arena_get(r->arena, most + 1);
}

static void end_text(struct pdf_text *text, char *data, size_t len) {
	data[len] = 0;
	*text = (struct pdf_text){data, len};
}

static bool is_plain_name(const char *s, const char *end) {
	if (s == end) return false;
	for (; s < end; s++) {
		if (*s <= ' ' || *s > '~') return false;
		if (*s == '#' && (end - s < 3 || pdf_hex_digit(s[1]) < 0 || pdf_hex_digit(s[2]) < 0 || !memcmp(s, "#00", 3)))
			return false;
	}
	return true;
}

static bool read_name(struct reader *r, struct pdf_text *out) {
	const char *start = ++r->p;
	while (r->p < r->end && !is_delimiter(*r->p)) r->p++;
	if (r->plain && !is_plain_name(start, r->p)) return false;
	char *data = begin_text(r, (size_t)(r->p - start));
	size_t n = 0;
	for (const char *s = start; s < r->p; s++) {
		int hi, lo;
		if (*s == '#' && r->p - s > 2 && (hi = pdf_hex_digit(s[1])) >= 0 && (lo = pdf_hex_digit(s[2])) >= 0) {
			data[n++] = (char)(hi << 4 | lo);
			s += 2;
		} else {
			data[n++] = *s;
		}
	}
	end_text(out, data, n);
	return true;
}

static bool read_hex(struct reader *r, struct pdf_text *out) {
	const char *start = ++r->p, *close = memchr(start, '>', (size_t)(r->end - start));
	if (!close) return false;
	char *data = begin_text(r, (size_t)(close - start) / 2 + 1);
	int high = 0;
	size_t digits = 2 * pdf_hex_pairs(r->p, (size_t)(close - r->p), (unsigned char *)data);
	r->p += digits;
	for (; r->p < close; r->p++) {
		int d = pdf_hex_digit(*r->p);
		if (d < 0) continue;
		if (digits++ % 2)
			data[digits / 2 - 1] = (char)(high | d);
		else
			high = d << 4;
	}
	if (r->plain && (digits % 2 || digits != (size_t)(close - start))) return false;
	if (digits % 2) data[digits / 2] = (char)high;
	r->p = close + 1;
	end_text(out, data, (digits + 1) / 2);
	return true;
}

static char escaped(struct reader *r) {
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char c = *r->p++;
	const char *known = c ? strchr(from, c) : NULL;
	if (known) return to[known - from];
	if (c < '0' || c > '7') return c;
	int value = c - '0';
	for (int i = 0; i < 2 && r->p < r->end && *r->p >= '0' && *r->p <= '7'; i++)
		value = value * 8 + (*r->p++ - '0');
	return (char)value;
}

/* Line ends that are not the characters they seem to be: carriage returns, and those after a backslash. */
static bool has_line_ends(const char *s, const char *end) {
	for (; s < end; s++)
		if (*s == '\r' || (*s == '\\' && (++s == end || *s == '\n' || *s == '\r'))) return true;
	return false;
}

static bool read_literal(struct reader *r, struct pdf_text *out) {
	const char *close = ++r->p;
	size_t nested = 1;
	for (; close < r->end; close++) {
		if (*close == '\\')
			close++;
		else if (*close == '(')
			nested++;
		else if (*close == ')' && --nested == 0)
			break;
	}
	if (close >= r->end || (r->plain && has_line_ends(r->p, close))) return false;
	char *data = begin_text(r, (size_t)(close - r->p));
	size_t n = 0;
	while (r->p < close) {
		char c = *r->p++;
		data[n++] = c == '\\' && r->p < close ? escaped(r) : c;
	}
	r->p = close + 1;
	end_text(out, data, n);
	return true;
}

/* A number in the C locale whatever the process's locale is; -1 digits never occur since the caller saw one. */
static double decimal(const char *s, const char *end) {
	bool negative = false, fraction = false;
	double value = 0, scale = 1;
	for (; s < end; s++) {
		if (*s == '-')
			negative = true;
		else if (*s == '.')
			fraction = true;
		else if (is_digit(*s)) {
			value = value * 10 + (*s - '0');
			if (fraction) scale *= 10;
		}
	}
	value /= scale;
	return negative ? -value : value;
}

static bool read_integer(const char *s, const char *end, int64_t *out) {
	bool negative = s < end && *s == '-';
	if (s < end && (*s == '-' || *s == '+')) s++;
	if (s == end || end - s > 19) return false;
	uint64_t value = 0;
	for (; s < end; s++) {
		if (!is_digit(*s)) return false;
		value = value * 10 + (uint64_t)(*s - '0');
	}
	if (value > INT64_MAX) return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

/* "12 0 R" after the 12; nothing moves when it is only a number. */
static bool read_reference(struct reader *r, int64_t number, struct pdf_value *out) {
	const char *p = r->p;
	if (p == r->end || *p != ' ') return false;
	const char *g = ++p;
	while (p < r->end && is_digit(*p)) p++;
	int64_t generation;
	if (r->end - p < 2 || p[0] != ' ' || p[1] != 'R' || !read_integer(g, p, &generation)) return false;
	if (r->end - p > 2 && !is_delimiter(p[2])) return false;
	if (r->plain && (number <= 0 || number > LIMIT_PDF_OBJECTS || generation)) return false;
	r->p = p + 2;
	if (number <= 0 || number > LIMIT_PDF_OBJECTS || generation < 0 || generation > 65535) {
		*out = pdf_null;
		return true;
	}
	*out = (struct pdf_value){PDF_REFERENCE, {(int)number, (int)generation}};
	return true;
}

/* A sign, digits and at most one point; as many digits as any reader's integers have. */
static bool is_plain_number(const char *s, const char *end) {
	size_t digits = 0, points = 0;
	for (const char *p = *s == '-' ? s + 1 : s; p < end; p++) {
		if (is_digit(*p))
			digits++;
		else if (*p != '.' || ++points > 1)
			return false;
	}
	return digits > 0 && digits <= 18;
}

static bool read_number(struct reader *r, struct pdf_value *out) {
	const char *start = r->p;
	while (r->p < r->end && !is_delimiter(*r->p)) r->p++;
	if (r->plain && !is_plain_number(start, r->p)) return false;
	int64_t integer;
	if (!read_integer(start, r->p, &integer)) {
		*out = (struct pdf_value){PDF_REAL, .real = decimal(start, r->p)};
		return true;
	}
	if (read_reference(r, integer, out)) return true;
	*out = (struct pdf_value){PDF_INTEGER, .integer = integer};
	return true;
}

static bool read_array(struct reader *r, struct pdf_value *out) {
	struct pdf_value *items = NULL;
	size_t count = 0, cap = 0;
	bool good = false;
	for (r->p++;;) {
		skip_space(r);
		if (r->p == r->end) goto out;
		if (*r->p == ']') break;
		ARRAY_GROW(items, count, cap);
		if (!read_value(r, &items[count])) goto out;
		count++;
	}
	r->p++;
	*out = (struct pdf_value){PDF_ARRAY, .array = {pdf_arena_get(r->arena, count * sizeof *items), count}};
	if (count) memcpy(out->array.items, items, count * sizeof *items);
	good = true;
out:
	free(items);
	return good;
}

static int by_key(const void *a, const void *b) {
	const struct pdf_entry *x = a, *y = b;
	return pdf_text_compare(x->key, y->key);
}

static bool sorted_unique(const struct pdf_entry *entries, size_t count) {
	for (size_t i = 1; i < count; i++)
		if (pdf_text_compare(entries[i - 1].key, entries[i].key) >= 0) return false;
	return true;
}

static size_t drop_null(struct pdf_entry *entries, size_t count) {
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (entries[i].value.type != PDF_NULL) entries[kept++] = entries[i];
	return kept;
}

static bool read_dict(struct reader *r, struct pdf_value *out) {
	struct pdf_entry *entries = NULL;
	size_t count = 0, cap = 0;
	bool good = false;
	for (r->p += 2;;) {
		skip_space(r);
		if (r->end - r->p < 2) goto out;
		if (r->p[0] == '>' && r->p[1] == '>') break;
		ARRAY_GROW(entries, count, cap);
		if (*r->p != '/' || !read_name(r, &entries[count].key) || !read_value(r, &entries[count].value))
			goto out;
		if (r->plain || entries[count].value.type != PDF_NULL) count++;
	}
	r->p += 2;
	if (!sorted_unique(entries, count)) {
		qsort(entries, count, sizeof *entries, by_key);
		/* Readers do not agree which of the two counts. */
		if (r->plain && !sorted_unique(entries, count)) goto out;
	}
	if (r->plain) count = drop_null(entries, count);
	*out = (struct pdf_value){PDF_DICT, .dict = {pdf_arena_get(r->arena, count * sizeof *entries), count}};
	if (count) memcpy(out->dict.entries, entries, count * sizeof *entries);
	good = true;
out:
	free(entries);
	return good;
}

static bool read_keyword(struct reader *r, struct pdf_value *out) {
	static const struct {
		const char *word;
		struct pdf_value value;
	} words[] = {
		{"true", {PDF_BOOL, .boolean = true}}, {"false", {PDF_BOOL, .boolean = false}}, {"null", {PDF_NULL}}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].word);
		if ((size_t)(r->end - r->p) < n || memcmp(r->p, words[i].word, n) != 0) continue;
		r->p += n;
		*out = words[i].value;
		return !r->plain || (r->p < r->end && is_delimiter(*r->p));
	}
	return false;
}

/* Recursion is bounded: qpdf reads at most 500 levels, and so do we. */
static bool read_value(struct reader *r, struct pdf_value *out) {
	skip_space(r);
	if (r->p == r->end || r->depth == (r->plain ? LIMIT_PDF_PLAIN_NESTING : LIMIT_PDF_NESTING)) return false;
	bool good;
	char c = *r->p;
	r->depth++;
	*out = pdf_null;
	if (c == '/') {
		out->type = PDF_NAME;
		good = read_name(r, &out->text);
	} else if (c == '(') {
		out->type = PDF_STRING;
		good = read_literal(r, &out->text);
	} else if (c == '<' && r->end - r->p > 1 && r->p[1] == '<') {
		good = read_dict(r, out);
	} else if (c == '<') {
		out->type = PDF_STRING;
		good = read_hex(r, &out->text);
	} else if (c == '[') {
		good = read_array(r, out);
	} else if (is_digit(c) || c == '-' || c == '+' || c == '.') {
		good = read_number(r, out);
	} else {
		good = read_keyword(r, out);
	}
	r->depth--;
	return good;
}

bool pdf_value_parse(struct pdf_arena *arena, const char *text, size_t len, struct pdf_value *out) {
	struct reader r = {text, text + len, arena, 0, false};
	if (read_value(&r, out)) {
		skip_space(&r);
		if (r.p == r.end) return true;
	}
	*out = pdf_null;
	return false;
}

size_t pdf_value_parse_plain(struct pdf_arena *arena, const char *text, size_t len, struct pdf_value *out) {
	struct reader r = {text, text + len, arena, 0, true};
	if (read_value(&r, out)) return (size_t)(r.p - text);
	*out = pdf_null;
	return 0;
}
