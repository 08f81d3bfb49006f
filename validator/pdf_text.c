/* Text strings of PDF (ISO 32000-2 7.9.2.2) as UTF-8. */
#include "validator/pdf_value.h"

#include <string.h>

/* ISO 32000-2 Table D.2, where it differs from Latin-1; 0: undefined. */
static const uint16_t doc_low[8] = {0x02d8, 0x02c7, 0x02c6, 0x02d9, 0x02dd, 0x02db, 0x02da, 0x02dc};
static const uint16_t doc_high[33] = {0x2022, 0x2020, 0x2021, 0x2026, 0x2014, 0x2013, 0x0192, 0x2044, 0x2039,
				      0x203a, 0x2212, 0x2030, 0x201e, 0x201c, 0x201d, 0x2018, 0x2019, 0x201a,
				      0x2122, 0xfb01, 0xfb02, 0x0141, 0x0152, 0x0160, 0x0178, 0x017d, 0x0131,
				      0x0142, 0x0153, 0x0161, 0x017e, 0,      0x20ac};

static void add_code_point(struct buf *b, uint32_t c) {
	/* Controls would let a name forge lines in a report. */
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff) c = 0xfffd;
	if (c < 0x80) {
		buf_add_byte(b, (unsigned char)c);
	} else if (c < 0x800) {
		buf_add_byte(b, (unsigned char)(0xc0 | c >> 6));
		buf_add_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_byte(b, (unsigned char)(0xe0 | c >> 12));
		buf_add_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	} else {
		buf_add_byte(b, (unsigned char)(0xf0 | c >> 18));
		buf_add_byte(b, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
		buf_add_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	}
}

static void add_utf16(struct buf *b, const unsigned char *s, size_t len, bool big) {
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t c = big ? (uint32_t)s[i] << 8 | s[i + 1] : (uint32_t)s[i + 1] << 8 | s[i];
		if (c == 0x1b) { /* a language code between two escapes */
			size_t j = i + 2;
			while (j + 1 < len && (big ? s[j + 1] : s[j]) != 0x1b) j += 2;
			if (j + 1 < len) {
				i = j;
				continue;
			}
		}
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			uint32_t low = big ? (uint32_t)s[i + 2] << 8 | s[i + 3] : (uint32_t)s[i + 3] << 8 | s[i + 2];
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		add_code_point(b, c);
	}
}

/* Length of the well-formed UTF-8 sequence at s, its code point in *c; 0 when there is none. */
static size_t utf8_sequence(const unsigned char *s, size_t len, uint32_t *c) {
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	if (n == 0 || n > len) return 0;
	*c = n == 1 ? s[0] : s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2) return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return *c >= least[n] ? n : 0;
}

static void add_utf8(struct buf *b, const unsigned char *s, size_t len) {
	while (len) {
		uint32_t c = 0xfffd;
		size_t n = utf8_sequence(s, len, &c);
		add_code_point(b, n ? c : 0xfffd);
		if (n == 0) n = 1;
		s += n;
		len -= n;
	}
}

static void add_doc_encoding(struct buf *b, const unsigned char *s, size_t len) {
	for (size_t i = 0; i < len; i++) {
		uint32_t c = s[i];
		if (c >= 0x18 && c < 0x20)
			c = doc_low[c - 0x18];
		else if (c >= 0x80 && c <= 0xa0)
			c = doc_high[c - 0x80] ? doc_high[c - 0x80] : 0xfffd;
		add_code_point(b, c);
	}
}

char *pdf_text_utf8(const struct pdf_value *value) {
	struct buf b = {0};
	if (value->type == PDF_NAME) {
		add_utf8(&b, (const unsigned char *)value->text.data, value->text.len);
	} else if (value->type == PDF_STRING) {
		const unsigned char *s = (const unsigned char *)value->text.data;
		size_t n = value->text.len;
		if (n >= 2 && s[0] == 0xfe && s[1] == 0xff)
			add_utf16(&b, s + 2, n - 2, true);
		else if (n >= 2 && s[0] == 0xff && s[1] == 0xfe)
			add_utf16(&b, s + 2, n - 2, false);
		else if (n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
			add_utf8(&b, s + 3, n - 3);
		else
			add_doc_encoding(&b, s, n);
	}
	return buf_take_text(&b);
}
