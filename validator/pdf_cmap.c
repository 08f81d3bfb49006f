#include "validator/pdf_cmap.h"

#include "base/limits.h"
#include "validator/pdf_lexer.h"

#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

static uint32_t code_of(const struct buf *text) {
	uint32_t code = 0;
	for (size_t i = 0; i < text->len && i < 4; i++) code = code << 8 | text->data[i];
	return code;
}

/* UTF-16BE; a lone surrogate is no character. */
static unsigned chars_of(const struct buf *text, uint32_t chars[PDF_CMAP_CHARS]) {
	unsigned count = 0;
	if (text->len == 1) chars[count++] = text->data[0]; /* written so by some */
	for (size_t i = 0; i + 1 < text->len && count < PDF_CMAP_CHARS; i += 2) {
		uint32_t c = (uint32_t)text->data[i] << 8 | text->data[i + 1];
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < text->len) {
			uint32_t low = (uint32_t)text->data[i + 2] << 8 | text->data[i + 3];
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		if (c < 0xd800 || c >= 0xe000) chars[count++] = c;
	}
	return count;
}

static void add_row(struct pdf_cmap *cmap, uint32_t low, uint32_t high, const struct buf *to) {
	struct pdf_cmap_row row = {.low = low, .high = high};
	row.count = (uint8_t)chars_of(to, row.chars);
	if (!row.count || high < low || cmap->count == LIMIT_PDF_CMAP_ROWS) return;
	ARRAY_GROW(cmap->rows, cmap->count, cmap->cap);
	cmap->rows[cmap->count++] = row;
}

/* ---- sections ---- */

static bool next_string(struct pdf_lexer *l, uint32_t *code) {
	if (pdf_lexer_next(l) != PDF_TOKEN_STRING) return false;
	*code = code_of(&l->text);
	return true;
}

static void read_spaces(struct pdf_lexer *l, struct pdf_cmap *cmap) {
	uint32_t low, high;
	while (next_string(l, &low)) {
		size_t length = l->text.len;
		if (!next_string(l, &high)) return;
		if (length == 0 || length > 4 || length != l->text.len || high < low) continue;
		/* Several ranges of one length are taken together. */
		if (!cmap->spaces[length - 1].high || low < cmap->spaces[length - 1].low)
			cmap->spaces[length - 1].low = low;
		if (high > cmap->spaces[length - 1].high) cmap->spaces[length - 1].high = high;
	}
}

static void read_chars(struct pdf_lexer *l, struct pdf_cmap *cmap) {
	uint32_t code;
	while (next_string(l, &code)) {
		enum pdf_token token = pdf_lexer_next(l);
		if (token == PDF_TOKEN_STRING) add_row(cmap, code, code, &l->text);
		if (token == PDF_TOKEN_WORD || token == PDF_TOKEN_END) return;
	}
}

static void read_ranges(struct pdf_lexer *l, struct pdf_cmap *cmap) {
	uint32_t low, high;
	while (next_string(l, &low) && next_string(l, &high)) {
		enum pdf_token token = pdf_lexer_next(l);
		if (token == PDF_TOKEN_STRING) add_row(cmap, low, high, &l->text);
		if (token == PDF_TOKEN_WORD || token == PDF_TOKEN_END) return;
		if (token != PDF_TOKEN_OPEN) continue;
		for (uint64_t code = low; pdf_lexer_next(l) == PDF_TOKEN_STRING; code++)
			if (code <= high) add_row(cmap, (uint32_t)code, (uint32_t)code, &l->text);
	}
}

struct place {
	struct pdf_cmap_row row;
	size_t at;
};

static int by_low(const void *a, const void *b) {
	const struct place *x = a, *y = b;
	if (x->row.low != y->row.low) return x->row.low < y->row.low ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static void sort(struct pdf_cmap *cmap) {
	struct place *places = xcalloc(cmap->count, sizeof *places);
	for (size_t i = 0; i < cmap->count; i++) places[i] = (struct place){cmap->rows[i], i};
	qsort(places, cmap->count, sizeof *places, by_low);
	for (size_t i = 0; i < cmap->count; i++) cmap->rows[i] = places[i].row;
	free(places);
}

void pdf_cmap_read(const unsigned char *data, size_t len, struct pdf_cmap *cmap) {
	struct pdf_lexer l = {.data = data, .len = len};
	enum pdf_token token;
	while ((token = pdf_lexer_next(&l)) != PDF_TOKEN_END) {
		if (token != PDF_TOKEN_WORD) continue;
		if (pdf_lexer_is(&l, "begincodespacerange"))
			read_spaces(&l, cmap);
		else if (pdf_lexer_is(&l, "beginbfchar"))
			read_chars(&l, cmap);
		else if (pdf_lexer_is(&l, "beginbfrange"))
			read_ranges(&l, cmap);
	}
	pdf_lexer_dispose(&l);
	if (cmap->count) sort(cmap);
}

void pdf_cmap_dispose(struct pdf_cmap *cmap) {
	free(cmap->rows);
	*cmap = (struct pdf_cmap){0};
}

/* ---- looking up ---- */

unsigned pdf_cmap_find(const struct pdf_cmap *cmap, uint32_t code, uint32_t chars[PDF_CMAP_CHARS]) {
	size_t from = 0, to = cmap->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (cmap->rows[middle].low <= code)
			from = middle + 1;
		else
			to = middle;
	}
	/* A single code may stand inside a range: the range is then a few rows before. */
	for (size_t i = from; i > 0 && from - i < 16; i--) {
		const struct pdf_cmap_row *row = &cmap->rows[i - 1];
		if (row->high < code) continue;
		memcpy(chars, row->chars, sizeof row->chars);
		chars[row->count - 1] += code - row->low;
		return chars[row->count - 1] > 0x10ffff ? 0 : row->count;
	}
	return 0;
}

size_t pdf_cmap_code_length(const struct pdf_cmap *cmap, const unsigned char *text, size_t len) {
	uint32_t code = 0;
	for (size_t n = 1; n <= 4 && n <= len; n++) {
		code = code << 8 | text[n - 1];
		if (cmap->spaces[n - 1].high && code >= cmap->spaces[n - 1].low && code <= cmap->spaces[n - 1].high)
			return n;
	}
	return 1;
}
