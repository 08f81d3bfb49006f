#include "validator/pdf_lexer.h"

#include "base/limits.h"

#include <string.h>

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_regular(unsigned char c) {
	return !is_space(c) && !memchr("()<>[]{}/%", c, 10);
}

static int hex_digit(unsigned char c) {
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

/* ---- strings and names ---- */

/* What stands behind a backslash: at `at`; moves past it. */
static void read_escape(struct pdf_lexer *l) {
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	unsigned char c = l->data[l->at++];
	const char *special = c ? memchr(from, c, sizeof from - 1) : NULL;
	if (special) {
		buf_add_byte(&l->text, (unsigned char)to[special - from]);
	} else if (c >= '0' && c <= '7') {
		unsigned value = c - '0';
		for (int i = 0; i < 2 && l->at < l->len && l->data[l->at] >= '0' && l->data[l->at] <= '7'; i++)
			value = value * 8 + (unsigned)(l->data[l->at++] - '0');
		buf_add_byte(&l->text, (unsigned char)value);
	} else if (c == '\r') {
		l->at += l->at < l->len && l->data[l->at] == '\n'; /* a line that goes on */
	} else if (c != '\n') {
		buf_add_byte(&l->text, c);
	}
}

static void read_literal(struct pdf_lexer *l) {
	size_t depth = 1;
	for (l->at++; l->at < l->len;) {
		unsigned char c = l->data[l->at++];
		if (c == '\\') {
			if (l->at < l->len) read_escape(l);
			continue;
		}
		depth += c == '(';
		depth -= c == ')';
		if (!depth) return;
		buf_add_byte(&l->text, c);
	}
}

static void read_hex(struct pdf_lexer *l) {
	int high = -1;
	for (l->at++; l->at < l->len && l->data[l->at] != '>'; l->at++) {
		int digit = hex_digit(l->data[l->at]);
		if (digit < 0) continue;
		if (high >= 0) buf_add_byte(&l->text, (unsigned char)(high << 4 | digit));
		high = high >= 0 ? -1 : digit;
	}
	if (high >= 0) buf_add_byte(&l->text, (unsigned char)(high << 4));
	if (l->at < l->len) l->at++;
}

static void read_name(struct pdf_lexer *l) {
	for (l->at++; l->at < l->len && is_regular(l->data[l->at]); l->at++) {
		unsigned char c = l->data[l->at];
		int high = l->at + 2 < l->len ? hex_digit(l->data[l->at + 1]) : -1;
		int low = high >= 0 ? hex_digit(l->data[l->at + 2]) : -1;
		if (c == '#' && low >= 0) {
			c = (unsigned char)(high << 4 | low);
			l->at += 2;
		}
		buf_add_byte(&l->text, c);
	}
}

/* ---- numbers and words ---- */

static double within_reach(double x) {
	return x < LIMIT_PDF_POINTS ? x : LIMIT_PDF_POINTS;
}

/* No exponents (ISO 32000-2 7.3.3); digits beyond the reach of a coordinate change nothing. */
static double number_of(const unsigned char *text, size_t len) {
	double value = 0, scale = 1;
	bool negative = false, fraction = false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];
		if (c == '-') negative = true;
		if (c == '.') fraction = true;
		if (c < '0' || c > '9') continue;
		if (fraction)
			value += (c - '0') * (scale /= 10);
		else
			value = within_reach(value * 10 + (c - '0'));
	}
	return negative ? -value : value;
}

static enum pdf_token read_word(struct pdf_lexer *l) {
	size_t start = l->at;
	while (l->at < l->len && is_regular(l->data[l->at])) l->at++;
	if (memchr("+-.0123456789", l->data[start], 13)) {
		l->number = number_of(l->data + start, l->at - start);
		return PDF_TOKEN_NUMBER;
	}
	buf_add(&l->text, l->data + start, l->at - start);
	return PDF_TOKEN_WORD;
}

static void skip_space(struct pdf_lexer *l) {
	while (l->at < l->len && (is_space(l->data[l->at]) || l->data[l->at] == '%')) {
		bool comment = l->data[l->at++] == '%';
		while (comment && l->at < l->len && l->data[l->at] != '\n' && l->data[l->at] != '\r') l->at++;
	}
}

enum pdf_token pdf_lexer_next(struct pdf_lexer *l) {
	if (l->text.data) l->text.data[l->text.len = 0] = 0;
	skip_space(l);
	if (l->at >= l->len) return PDF_TOKEN_END;
	unsigned char c = l->data[l->at];
	bool pair = l->at + 1 < l->len && l->data[l->at + 1] == c;
	switch (c) {
	case '(':
		read_literal(l);
		return PDF_TOKEN_STRING;
	case '/':
		read_name(l);
		return PDF_TOKEN_NAME;
	case '<':
	case '>':
		if (c == '<' && !pair) {
			read_hex(l);
			return PDF_TOKEN_STRING;
		}
		l->at += pair ? 2 : 1;
		return PDF_TOKEN_MARK;
	case '[':
	case ']':
		l->at++;
		return c == '[' ? PDF_TOKEN_OPEN : PDF_TOKEN_CLOSE;
	case '{':
	case '}':
	case ')':
		l->at++;
		return PDF_TOKEN_MARK;
	default:
		return read_word(l);
	}
}

bool pdf_lexer_is(const struct pdf_lexer *l, const char *word) {
	size_t n = strlen(word);
	return l->text.len == n && (n == 0 || !memcmp(l->text.data, word, n));
}

void pdf_lexer_skip_image(struct pdf_lexer *l) {
	for (; l->at + 2 < l->len; l->at++) {
		const unsigned char *p = l->data + l->at;
		if (is_space(p[0]) && p[1] == 'E' && p[2] == 'I' && (l->at + 3 == l->len || is_space(p[3]))) {
			l->at += 3;
			return;
		}
	}
	l->at = l->len;
}

void pdf_lexer_dispose(struct pdf_lexer *l) {
	buf_dispose(&l->text);
}
