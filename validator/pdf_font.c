#include "validator/pdf_font.h"

#include "base/limits.h"
#include "validator/pdf_flate.h"

#include <stdlib.h>
#include <string.h>

/* ---- widths ---- */

static void add_width(struct pdf_font *f, uint32_t low, uint32_t high, double width) {
	if (f->width_count == LIMIT_PDF_CMAP_ROWS || high < low || !(width >= 0 && width < LIMIT_PDF_POINTS)) return;
	ARRAY_GROW(f->widths, f->width_count, f->width_cap);
	f->widths[f->width_count++] = (struct pdf_width){low, high, width * f->unit};
}

static void read_simple_widths(struct pdf_file *file, struct pdf_font *f) {
	const struct pdf_value *first = pdf_get(file, f->dict, "FirstChar"), *all = pdf_get(file, f->dict, "Widths");
	const struct pdf_value *missing = pdf_get(file, pdf_get(file, f->dict, "FontDescriptor"), "MissingWidth");
	const struct pdf_value *matrix = pdf_get(file, f->dict, "FontMatrix");
	/* Type 3 fonts have units of their own. */
	double unit = matrix->type == PDF_ARRAY && matrix->array.count == 6 ? pdf_number(&matrix->array.items[0]) : 0;
	if (unit > 0 && unit <= 1) f->unit = unit;
	if (all->type != PDF_ARRAY || first->type != PDF_INTEGER) return;
	f->missing = pdf_number(missing) * f->unit;
	for (size_t i = 0; i < all->array.count && i < 256; i++) {
		int64_t code = first->integer + (int64_t)i;
		if (code >= 0 && code < 256)
			add_width(f, (uint32_t)code, (uint32_t)code,
				  pdf_number(pdf_resolve(file, &all->array.items[i])));
	}
}

static bool small_number(const struct pdf_value *v, uint32_t *number) {
	if (v->type != PDF_INTEGER || v->integer < 0 || v->integer > 0xffff) return false;
	*number = (uint32_t)v->integer;
	return true;
}

static int by_code(const void *a, const void *b) {
	const struct pdf_width *x = a, *y = b;
	if (x->low != y->low) return x->low < y->low ? -1 : 1;
	return x->high < y->high ? -1 : x->high > y->high;
}

/* ISO 32000-2 9.7.4.3: "c [w1 w2 ...]" and "first last w", by CIDs, which are the codes in Identity-H. */
static void read_wide_widths(struct pdf_file *file, struct pdf_font *f, const struct pdf_value *kin) {
	const struct pdf_value *w = pdf_get(file, kin, "W"), *usual = pdf_get(file, kin, "DW");
	f->missing = (pdf_is_number(usual) ? pdf_number(usual) : 1000) * f->unit;
	for (size_t i = 0; w->type == PDF_ARRAY && i + 1 < w->array.count && f->width_count < LIMIT_PDF_CMAP_ROWS;) {
		const struct pdf_value *next = pdf_resolve(file, &w->array.items[i + 1]);
		uint32_t low, high;
		if (!small_number(pdf_resolve(file, &w->array.items[i]), &low)) return;
		if (next->type == PDF_ARRAY) {
			for (size_t k = 0; k < next->array.count && k <= 0xffff; k++)
				add_width(f, low + (uint32_t)k, low + (uint32_t)k,
					  pdf_number(pdf_resolve(file, &next->array.items[k])));
			i += 2;
		} else {
			if (!small_number(next, &high) || i + 2 >= w->array.count) return;
			add_width(f, low, high, pdf_number(pdf_resolve(file, &w->array.items[i + 2])));
			i += 3;
		}
	}
	if (f->width_count) qsort(f->widths, f->width_count, sizeof *f->widths, by_code);
}

static double width_of(const struct pdf_font *f, uint32_t code) {
	size_t from = 0, to = f->width_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (f->widths[middle].low <= code)
			from = middle + 1;
		else
			to = middle;
	}
	return from && f->widths[from - 1].high >= code ? f->widths[from - 1].width : f->missing;
}

/* ---- characters ---- */

static enum pdf_encoding encoding_of(const struct pdf_value *name) {
	if (pdf_is_name(name, "WinAnsiEncoding")) return PDF_ENCODING_WIN_ANSI;
	if (pdf_is_name(name, "MacRomanEncoding")) return PDF_ENCODING_MAC_ROMAN;
	if (pdf_is_name(name, "StandardEncoding")) return PDF_ENCODING_STANDARD;
	return PDF_ENCODING_UNKNOWN;
}

/* Without any encoding a font has its own, which is the standard one where its letters are (ISO 32000-2 9.6.5). */
static enum pdf_encoding own_encoding(struct pdf_file *file, const struct pdf_value *font) {
	const struct pdf_value *base = pdf_get(file, font, "BaseFont");
	const struct pdf_value *flags = pdf_get(file, pdf_get(file, font, "FontDescriptor"), "Flags");
	if (pdf_is_name(base, "Symbol") || pdf_is_name(base, "ZapfDingbats")) return PDF_ENCODING_UNKNOWN;
	if (pdf_is_name(pdf_get(file, font, "Subtype"), "Type3")) return PDF_ENCODING_UNKNOWN;
	return flags->type == PDF_INTEGER && flags->integer & 4 ? PDF_ENCODING_UNKNOWN : PDF_ENCODING_STANDARD;
}

static void read_differences(struct pdf_file *file, struct pdf_font *f, const struct pdf_value *list) {
	int64_t code = 0;
	if (list->type != PDF_ARRAY) return;
	f->names = xcalloc(256, sizeof *f->names);
	for (size_t i = 0; i < list->array.count && i < 2 * 256; i++) {
		const struct pdf_value *v = pdf_resolve(file, &list->array.items[i]);
		if (v->type == PDF_INTEGER) code = v->integer;
		if (v->type != PDF_NAME) continue;
		if (code >= 0 && code < 256) {
			f->names[code].given = true;
			f->names[code].count =
				(uint8_t)pdf_glyph_chars(v->text.data, v->text.len, f->names[code].chars);
		}
		if (code < 256) code++;
	}
}

static void read_simple(struct pdf_file *file, struct pdf_font *f) {
	const struct pdf_value *encoding = pdf_get(file, f->dict, "Encoding");
	if (encoding->type == PDF_NAME) f->encoding = encoding_of(encoding);
	if (encoding->type == PDF_DICT) {
		const struct pdf_value *base = pdf_get(file, encoding, "BaseEncoding");
		f->encoding = base->type == PDF_NAME ? encoding_of(base) : own_encoding(file, f->dict);
		read_differences(file, f, pdf_get(file, encoding, "Differences"));
	}
	if (encoding->type == PDF_NULL) f->encoding = own_encoding(file, f->dict);
	read_simple_widths(file, f);
}

static void read_composite(struct pdf_file *file, struct pdf_font *f) {
	const struct pdf_value *encoding = pdf_get(file, f->dict, "Encoding");
	const struct pdf_value *kin = pdf_get(file, f->dict, "DescendantFonts");
	f->wide = pdf_is_name(encoding, "Identity-H") || pdf_is_name(encoding, "Identity-V");
	f->by_cmap = !f->wide;
	if (kin->type == PDF_ARRAY && kin->array.count)
		read_wide_widths(file, f, pdf_resolve(file, &kin->array.items[0]));
}

/* False when it has more than `most` bytes, which are then taken from what is left. */
static bool take(struct pdf_file *file, const struct pdf_value *stream, bool decode, size_t most, uint64_t *bytes,
		 unsigned char **data, size_t *len) {
	if (!pdf_file_stream(file, stream->id, decode, data, len)) return false;
	if (*len <= most && *len <= *bytes) return true;
	*bytes -= *len < *bytes ? *len : *bytes;
	free(*data);
	*data = NULL;
	return false;
}

/* Flate is undone within a bound, where it is plain; qpdf, which has none, gets what is small. */
static bool unpack(struct pdf_file *file, const struct pdf_value *stream, uint64_t *bytes, unsigned char **data,
		   size_t *len) {
	unsigned char *stored = *data;
	size_t stored_len = *len;
	bool good = pdf_flate_decode(stream, stored, stored_len, LIMIT_PDF_TEXT_BYTES, data, len) && *len <= *bytes;
	if (!good) free(*data);
	if (!good) *data = NULL;
	if (!good && stored_len <= LIMIT_PDF_TEXT_STORED)
		good = take(file, stream, true, LIMIT_PDF_TEXT_BYTES, bytes, data, len);
	else if (!good) /* so much may have been decoded in vain */
		*bytes -= *bytes < LIMIT_PDF_TEXT_BYTES ? *bytes : LIMIT_PDF_TEXT_BYTES;
	free(stored);
	return good;
}

bool pdf_font_stream(struct pdf_file *file, const struct pdf_value *stream, uint64_t *bytes, unsigned char **data,
		     size_t *len) {
	const struct pdf_value *length = pdf_get(file, stream, "Length");
	*data = NULL;
	*len = 0;
	if (stream->type != PDF_STREAM || !*bytes || length->type != PDF_INTEGER ||
	    length->integer > (int64_t)LIMIT_PDF_TEXT_BYTES)
		return false;
	/* The dictionary's word for the length is not enough: streams of a repaired file may be longer than they say. */
	if (!take(file, stream, false, LIMIT_PDF_TEXT_BYTES, bytes, data, len)) return false;
	if (pdf_entry(stream, "Filter") && !unpack(file, stream, bytes, data, len)) return false;
	*bytes -= *len;
	return true;
}

_Static_assert(PDF_GLYPH_CHARS == PDF_CMAP_CHARS, "names and CMaps give as many characters");

struct pdf_font *pdf_font_read(struct pdf_file *file, const struct pdf_value *dict, uint64_t *bytes) {
	struct pdf_font *f = xcalloc(1, sizeof *f);
	const struct pdf_value *base = pdf_get(file, dict, "BaseFont"), *unicode = pdf_get(file, dict, "ToUnicode");
	unsigned char *data;
	size_t len;
	f->dict = dict;
	f->unit = 0.001;
	f->missing = 0.5;
	if (base->type == PDF_NAME) f->legacy = pdf_legacy_of_font(base->text.data, base->text.len);
	if (pdf_font_stream(file, unicode, bytes, &data, &len)) {
		pdf_cmap_read(data, len, &f->cmap);
		free(data);
	}
	f->identity = pdf_is_name(unicode, "Identity-H") || pdf_is_name(unicode, "Identity-V");
	if (pdf_is_name(pdf_get(file, dict, "Subtype"), "Type0"))
		read_composite(file, f);
	else
		read_simple(file, f);
	return f;
}

void pdf_font_free(struct pdf_font *f) {
	if (!f) return;
	pdf_cmap_dispose(&f->cmap);
	free(f->names);
	free(f->widths);
	free(f);
}

/* ---- codes ---- */

static unsigned simple_chars(const struct pdf_font *f, unsigned char code, uint32_t *chars) {
	if (f->names && f->names[code].given) {
		memcpy(chars, f->names[code].chars, sizeof f->names[code].chars);
		return f->names[code].count;
	}
	/* The codes of the old fonts are those of Latin-1, whatever encoding was written down for them. */
	chars[0] = f->legacy && code >= 0x20 && code != 0x7f ? code : pdf_encoding_char(f->encoding, code);
	return chars[0] != 0;
}

/* Private characters and the replacement character say nothing. */
static bool is_readable(uint32_t c) {
	return c >= 0x20 && c != 0xfffd && !(c >= 0xd800 && c < 0xf900) && c < 0xf0000;
}

static void set_chars(const struct pdf_font *f, struct pdf_code *code, const uint32_t *chars, unsigned count) {
	bool readable = true;
	code->count = 0;
	for (unsigned i = 0; i < count && i < PDF_CMAP_CHARS; i++) {
		unsigned more = pdf_legacy_chars(f->legacy, chars[i], code->chars + code->count);
		if (!more) code->chars[code->count] = chars[i];
		code->count += more ? more : 1;
	}
	for (unsigned i = 0; i < code->count; i++) readable &= is_readable(code->chars[i]);
	if (!readable) code->count = 0;
}

void pdf_font_next(const struct pdf_font *f, const unsigned char *text, size_t len, struct pdf_code *code) {
	uint32_t number = 0, chars[PDF_CMAP_CHARS];
	code->len = f->wide ? 2 : f->by_cmap ? pdf_cmap_code_length(&f->cmap, text, len) : 1;
	if (code->len > len) code->len = len;
	for (size_t i = 0; i < code->len; i++) number = number << 8 | text[i];
	code->space = code->len == 1 && number == ' ' && !f->wide;
	code->width = width_of(f, number);
	unsigned count = pdf_cmap_find(&f->cmap, number, chars);
	if (!count && f->identity) count = (chars[0] = number) != 0;
	if (!count && !f->wide && !f->by_cmap) count = simple_chars(f, (unsigned char)number, chars);
	set_chars(f, code, chars, count);
}
