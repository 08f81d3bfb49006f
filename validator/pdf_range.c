#include "validator/pdf_range.h"

#include "base/limits.h"
#include "validator/pdf_hex.h"

#include <stdlib.h>
#include <string.h>

bool pdf_range_numbers(const struct pdf_value *byte_range, uint64_t file_len, struct pdf_signature *signature) {
	size_t count = byte_range->type == PDF_ARRAY ? byte_range->array.count : 0;
	if (count == 0 || count % 2 || count / 2 > LIMIT_PDF_RANGES) return false;
	struct pdf_range *ranges = xcalloc(count / 2, sizeof *ranges);
	uint64_t end = 0;
	for (size_t i = 0; i < count; i++) {
		const struct pdf_value *v = &byte_range->array.items[i];
		uint64_t number = (uint64_t)v->integer;
		bool good = v->type == PDF_INTEGER && v->integer >= 0;
		if (i % 2 == 0) {
			good = good && number >= end && number <= file_len;
			if (good) ranges[i / 2].offset = number;
		} else {
			good = good && number > 0 && number <= file_len - ranges[i / 2].offset;
			if (good) end = ranges[i / 2].offset + (ranges[i / 2].length = number);
		}
		if (!good) {
			free(ranges);
			return false;
		}
	}
	signature->ranges = ranges;
	signature->range_count = count / 2;
	signature->ranges_usable = true;
	signature->end = end;
	return count == 4 && ranges[0].offset == 0 && ranges[1].offset - ranges[0].length >= 2;
}

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

/* The digit, or 16 for what is none. */
static unsigned hex_digit(unsigned char c) {
	if (c >= '0' && c <= '9') return (unsigned)c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)c - 'a' + 10 : 16;
}

static bool follows_contents_key(const unsigned char *data, uint64_t at) {
	static const char key[] = "/Contents";
	while (at > 0 && is_space(data[at - 1])) at--;
	return at >= sizeof key - 1 && !memcmp(data + at - (sizeof key - 1), key, sizeof key - 1);
}

void pdf_range_gap(const unsigned char *data, const struct pdf_range ranges[2], struct pdf_gap *gap) {
	uint64_t start = ranges[0].offset + ranges[0].length, end = ranges[1].offset;
	*gap = (struct pdf_gap){.strict = follows_contents_key(data, start)};
	const unsigned char *p = data + start, *q = data + end;
	if (q - p > (ptrdiff_t)(2 * LIMIT_PDF_GAP_BYTES + 2)) {
		gap->strict = false;
		return;
	}
	if (p < q && (*p != '<' || q[-1] != '>')) gap->strict = false;
	while (p < q && is_space(*p)) p++;
	while (p < q && is_space(q[-1])) q--;
	if (q - p < 2 || *p != '<' || q[-1] != '>') {
		gap->strict = false;
		return;
	}
	buf_reserve(&gap->bytes, (size_t)(q - p) / 2 + 1);
	p++;
	q--;
	unsigned high = 0;
	size_t digits = 2 * pdf_hex_pairs((const char *)p, (size_t)(q - p), gap->bytes.data);
	gap->bytes.len = digits / 2;
	for (p += digits; p < q; p++) {
		unsigned d = hex_digit(*p);
		if (d == 16) {
			gap->strict = false;
			if (is_space(*p)) continue;
			buf_dispose(&gap->bytes);
			return;
		}
		if (digits++ % 2)
			gap->bytes.data[gap->bytes.len++] = (unsigned char)(high | d);
		else
			high = d << 4;
	}
	gap->bytes.data[gap->bytes.len] = 0;
	if (digits % 2) buf_add_byte(&gap->bytes, (unsigned char)high);
}

/* Header of an element: octets it takes and the length of its contents; false when malformed. */
static bool ber_header(const unsigned char *p, size_t len, size_t *header, size_t *content, bool *indefinite) {
	size_t i = 1;
	if (len < 2) return false;
	if ((p[0] & 0x1f) == 0x1f) do {
			if (i >= len || i > 5) return false;
		} while (p[i++] & 0x80);
	if (i >= len) return false;
	unsigned char first = p[i++];
	*indefinite = first == 0x80;
	*content = first & 0x7f;
	if (first > 0x80) {
		size_t octets = first & 0x7f;
		if (octets > 8 || octets > len - i) return false;
		for (*content = 0; octets; octets--) *content = *content << 8 | p[i++];
	}
	if (*indefinite && !(p[0] & 0x20)) return false;
	*header = i;
	return *indefinite || *content <= len - i;
}

size_t pdf_range_ber_length(const unsigned char *data, size_t len) {
	size_t at = 0;
	unsigned open = 0; /* indefinite elements not yet closed; definite ones are stepped over whole */
	do {
		size_t header, content;
		bool indefinite;
		if (len - at >= 2 && data[at] == 0 && data[at + 1] == 0) {
			if (open == 0) return 0; /* end-of-contents octets are not an element */
			at += 2;
			open--;
			continue;
		}
		if (!ber_header(data + at, len - at, &header, &content, &indefinite)) return 0;
		at += header;
		if (!indefinite)
			at += content;
		else if (++open > LIMIT_DER_DEPTH)
			return 0;
	} while (open > 0);
	return at;
}
