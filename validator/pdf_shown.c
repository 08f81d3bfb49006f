#include "validator/pdf_shown.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

struct drawing {
	struct pdf_file *file;
	const struct pdf_value *fonts, *defaults;
	const unsigned char *data;
	size_t len, at;
	struct buf strings; /* operands not used yet, one after another */
	char name[64];      /* the last name among them */
	bool font_simple;
	struct buf *out;
};

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

/* ---- strings ---- */

/* What stands behind a backslash: at `at`; moves past it. */
static void read_escape(struct drawing *d) {
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	unsigned char c = d->data[d->at++];
	const char *special = c ? memchr(from, c, sizeof from - 1) : NULL;
	if (special) {
		buf_add_byte(&d->strings, (unsigned char)to[special - from]);
	} else if (c >= '0' && c <= '7') {
		unsigned value = c - '0';
		for (int i = 0; i < 2 && d->at < d->len && d->data[d->at] >= '0' && d->data[d->at] <= '7'; i++)
			value = value * 8 + (unsigned)(d->data[d->at++] - '0');
		buf_add_byte(&d->strings, (unsigned char)value);
	} else if (c != '\n' && c != '\r') {
		buf_add_byte(&d->strings, c);
	}
}

static void read_literal(struct drawing *d) {
	unsigned depth = 1;
	for (d->at++; d->at < d->len;) {
		unsigned char c = d->data[d->at++];
		if (c == '\\') {
			if (d->at < d->len) read_escape(d);
			continue;
		}
		depth += c == '(';
		depth -= c == ')';
		if (!depth) return;
		buf_add_byte(&d->strings, c);
	}
}

static void read_hex(struct drawing *d) {
	int high = -1;
	for (d->at++; d->at < d->len && d->data[d->at] != '>'; d->at++) {
		int digit = hex_digit(d->data[d->at]);
		if (digit < 0) continue;
		if (high >= 0) buf_add_byte(&d->strings, (unsigned char)(high << 4 | digit));
		high = high >= 0 ? -1 : digit;
	}
	if (high >= 0) buf_add_byte(&d->strings, (unsigned char)(high << 4));
	if (d->at < d->len) d->at++;
}

static void read_name(struct drawing *d) {
	size_t n = 0;
	for (d->at++; d->at < d->len && is_regular(d->data[d->at]); d->at++)
		if (n < sizeof d->name - 1) d->name[n++] = (char)d->data[d->at];
	d->name[n] = 0;
}

/* ---- fonts ---- */

static bool is_simple(struct pdf_file *file, const struct pdf_value *font) {
	const struct pdf_value *kind = pdf_get(file, font, "Subtype"), *base = pdf_get(file, font, "BaseFont");
	const struct pdf_value *encoding = pdf_get(file, font, "Encoding");
	const struct pdf_value *flags = pdf_get(file, pdf_get(file, font, "FontDescriptor"), "Flags");
	if (!pdf_is_name(kind, "Type1") && !pdf_is_name(kind, "TrueType")) return false;
	if (pdf_is_name(base, "Symbol") || pdf_is_name(base, "ZapfDingbats")) return false;
	if (flags->type == PDF_INTEGER && flags->integer & 4) return false; /* symbolic: letters of its own */
	return encoding->type != PDF_DICT || !pdf_entry(encoding, "Differences");
}

static void choose_font(struct drawing *d) {
	const struct pdf_value *font = pdf_get(d->file, d->fonts, d->name);
	if (font->type != PDF_DICT) font = pdf_get(d->file, d->defaults, d->name);
	d->font_simple = font->type == PDF_DICT && is_simple(d->file, font);
}

/* ---- operators ---- */

static bool show(struct drawing *d) {
	if (!d->font_simple || d->out->len + d->strings.len > LIMIT_PDF_SHOWN_BYTES) return false;
	for (size_t i = 0; i < d->strings.len; i++)
		if (d->strings.data[i] >= 0x7f) return false;
	buf_add(d->out, d->strings.data ? d->strings.data : (const unsigned char *)"", d->strings.len);
	return true;
}

/* False when it is beyond what is looked at: images, other forms, invisible text. */
static bool operate(struct drawing *d, const unsigned char *word, size_t n) {
	static const char *const beyond[] = {"Do", "BI", "Tr", "gs", "sh"}, *const shows[] = {"Tj", "TJ", "'", "\""};
	bool good = true;
	for (size_t i = 0; i < ARRAY_LEN(beyond); i++)
		if (strlen(beyond[i]) == n && !memcmp(word, beyond[i], n)) good = false;
	for (size_t i = 0; good && i < ARRAY_LEN(shows); i++)
		if (strlen(shows[i]) == n && !memcmp(word, shows[i], n)) good = show(d);
	if (n == 2 && !memcmp(word, "Tf", 2)) choose_font(d);
	d->strings.len = 0;
	return good;
}

static bool run(struct drawing *d) {
	while (d->at < d->len) {
		unsigned char c = d->data[d->at];
		bool pair = d->at + 1 < d->len && d->data[d->at + 1] == c;
		if (c == '%') {
			while (d->at < d->len && d->data[d->at] != '\n' && d->data[d->at] != '\r') d->at++;
		} else if (c == '(') {
			read_literal(d);
		} else if (c == '<' && !pair) {
			read_hex(d);
		} else if (c == '/') {
			read_name(d);
		} else if (!is_regular(c)) {
			d->at += c == '<' ? 2 : 1;
		} else {
			size_t start = d->at;
			while (d->at < d->len && is_regular(d->data[d->at])) d->at++;
			bool number = memchr("+-.0123456789", c, 13);
			if (!number && !operate(d, d->data + start, d->at - start)) return false;
		}
	}
	return true;
}

bool pdf_shown_text(struct pdf_file *file, const struct pdf_value *form, const struct pdf_value *defaults, uint64_t *left,
		    struct buf *out) {
	unsigned char *data = NULL;
	size_t len = 0;
	const struct pdf_value *stored = pdf_get(file, form, "Length");
	/* Flate grows by up to 1,000; a text field's look has some hundred bytes. */
	if (form->type != PDF_STREAM || stored->type != PDF_INTEGER || stored->integer < 0 ||
	    stored->integer > LIMIT_PDF_SHOWN_BYTES || *left == 0 || !pdf_file_stream(file, form->id, true, &data, &len))
		return false;
	*left -= len < *left ? len : *left;
	struct drawing d = {.file = file,
			    .fonts = pdf_get(file, pdf_get(file, form, "Resources"), "Font"),
			    .defaults = pdf_get(file, defaults, "Font"),
			    .data = data,
			    .len = len,
			    .out = out};
	bool simple = run(&d);
	buf_dispose(&d.strings);
	free(data);
	return simple;
}
