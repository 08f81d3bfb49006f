/* Signatures by their bytes. The dictionary that owns a gap cannot live in an object stream, so its ByteRange stands in
 * the clear even where the form that led to it was cut off. */
#include "validator/pdf_find.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_delimiter(unsigned char c) {
	return is_space(c) || strchr("()<>[]{}/%", c);
}

static int hex_digit(unsigned char c) {
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

/* Past the name ByteRange at the slash, hexadecimal escapes allowed; NULL when it is another name. */
static const unsigned char *match_name(const unsigned char *p, const unsigned char *end) {
	for (const char *want = "ByteRange"; *want; want++) {
		if (++p >= end) return NULL;
		int c = *p;
		if (c == '#' && end - p > 2 && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
			c = hex_digit(p[1]) << 4 | hex_digit(p[2]);
			p += 2;
		}
		if (c != *want) return NULL;
	}
	return ++p < end && is_delimiter(*p) ? p : NULL;
}

static bool read_number(const unsigned char **p, const unsigned char *end, uint64_t *out) {
	while (*p < end && is_space(**p)) (*p)++;
	const unsigned char *start = *p;
	for (*out = 0; *p < end && **p >= '0' && **p <= '9' && *p - start < 18; (*p)++) *out = *out * 10 + (**p - '0');
	return *p > start && *p < end && is_delimiter(**p);
}

/* An array of nothing but numbers, whatever they are: not the blanks that a signer leaves and fills in later. */
static bool only_numbers(const unsigned char *q, const unsigned char *end) {
	while (q < end && (is_space(*q) || (*q && strchr("0123456789+-.", *q)))) q++;
	return q < end && *q == ']';
}

size_t pdf_find_raw(const unsigned char *data, size_t len, struct pdf_raw_hit **hits) {
	size_t count = 0, cap = 0;
	const unsigned char *end = data + len;
	*hits = NULL;
	for (const unsigned char *p = data; p < end && (p = memchr(p, '/', (size_t)(end - p))) != NULL; p++) {
		const unsigned char *q = match_name(p, end);
		if (!q) continue;
		while (q < end && is_space(*q)) q++;
		uint64_t number[4];
		if (q == end || *q++ != '[') continue;
		const unsigned char *array = q;
		bool good = true;
		for (int i = 0; good && i < 4; i++) good = read_number(&q, end, &number[i]);
		good = good && number[2] <= len && number[3] <= len - number[2];
		if (!good && !only_numbers(array, end)) continue;
		if (count == LIMIT_PDF_SCAN_HITS) break;
		ARRAY_GROW(*hits, count, cap);
		(*hits)[count++] = (struct pdf_raw_hit){(size_t)(p - data), good ? number[2] + number[3] : 0};
	}
	return count;
}

struct pdf_id pdf_find_raw_root(const unsigned char *data, size_t len) {
	for (size_t i = len; i-- > 0;) {
		uint64_t number, generation;
		if (data[i] != '/' || len - i < 6 || memcmp(data + i, "/Root", 5) != 0 || !is_space(data[i + 5]))
			continue;
		const unsigned char *p = data + i + 5;
		if (read_number(&p, data + len, &number) && read_number(&p, data + len, &generation) && number > 0 &&
		    number <= LIMIT_PDF_OBJECTS && generation <= 65535)
			return (struct pdf_id){(int)number, (int)generation};
	}
	return (struct pdf_id){0, 0};
}

size_t pdf_raw_dict_length(const unsigned char *p, size_t len) {
	static const bool counts[256] = {['('] = true, ['<'] = true, ['>'] = true};
	unsigned depth = 0;
	for (size_t i = 0; i + 1 < len; i++) {
		if (!counts[p[i]]) continue;
		if (p[i] == '(') { /* a string: nothing in it counts */
			unsigned nested = 1;
			while (nested && ++i < len) {
				if (p[i] == '\\')
					i++;
				else if (p[i] == '(')
					nested++;
				else if (p[i] == ')')
					nested--;
			}
		} else if (p[i] == '<' && p[i + 1] == '<') {
			depth++;
			i++;
		} else if (p[i] == '>' && p[i + 1] == '>') {
			i++;
			if (--depth == 0) return i + 1;
		} else if (p[i] == '<') {
			const unsigned char *close = memchr(p + i, '>', len - i);
			if (!close) return 0;
			i = (size_t)(close - p);
		}
	}
	return 0;
}

const struct pdf_value *pdf_find_raw_dict(const unsigned char *data, size_t len, size_t at, struct pdf_arena *arena) {
	size_t low = at > LIMIT_PDF_RAW_REACH ? at - LIMIT_PDF_RAW_REACH : 0;
	for (size_t i = at; i-- > low;) {
		if (memcmp(data + i, "obj", 3) != 0) continue;
		size_t start = i + 3;
		while (start < at && is_space(data[start])) start++;
		if (start + 1 >= len || data[start] != '<' || data[start + 1] != '<') return &pdf_null;
		size_t most = len - start < 4 * LIMIT_PDF_RAW_REACH ? len - start : 4 * LIMIT_PDF_RAW_REACH;
		size_t size = pdf_raw_dict_length(data + start, most);
		struct pdf_value *value = pdf_arena_get(arena, sizeof *value);
		if (size == 0 || at > start + size) return &pdf_null;
		pdf_value_parse(arena, (const char *)data + start, size, value);
		return value;
	}
	return &pdf_null;
}
