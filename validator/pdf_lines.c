#include "validator/pdf_lines.h"

#include <math.h>
#include <stdlib.h>

/* In ems: letters that stand this much apart are two words, and two lines; their base lines may differ so much; the
 * same letter drawn again so near makes bold what has no bold. */
#define WORD_GAP 0.18
#define COLUMN_GAP 2.0
#define BASE_LINE 0.35
#define DOUBLE 0.12

static int by_height(const void *a, const void *b) {
	const struct pdf_glyph *x = *(const struct pdf_glyph *const *)a, *y = *(const struct pdf_glyph *const *)b;
	if (x->y != y->y) return x->y < y->y ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int from_left(const void *a, const void *b) {
	const struct pdf_glyph *x = *(const struct pdf_glyph *const *)a, *y = *(const struct pdf_glyph *const *)b;
	if (x->x != y->x) return x->x < y->x ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool is_double(const struct pdf_drawn *drawn, const struct pdf_glyph *a, const struct pdf_glyph *b) {
	if (a->len != b->len || b->x - a->x > DOUBLE * b->size) return false;
	for (size_t i = 0; i < a->len; i++)
		if (drawn->text.data[a->text + i] != drawn->text.data[b->text + i]) return false;
	return true;
}

static void add_text(const struct pdf_drawn *drawn, const struct pdf_glyph *g, struct buf *text) {
	if (g->len)
		buf_add(text, drawn->text.data + g->text, g->len);
	else
		buf_add_text(text, "\xef\xbf\xbd");
}

static void add_line(struct pdf_lines *lines, struct pdf_line line, struct buf *text) {
	line.text = buf_take_text(text);
	ARRAY_GROW(lines->items, lines->count, lines->cap);
	lines->items[lines->count++] = line;
}

/* Glyphs of one height, from the left. */
static void add_row(const struct pdf_drawn *drawn, const struct pdf_glyph *const *row, size_t count,
		    struct pdf_lines *lines) {
	struct pdf_line line = {.size = 0};
	struct buf text = {0};
	const struct pdf_glyph *last = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct pdf_glyph *g = row[i];
		double gap = last ? (g->x - line.box.x1) / fmax(g->size, last->size) : 0;
		if (last && is_double(drawn, last, g)) continue;
		if (last && gap > COLUMN_GAP) {
			add_line(lines, line, &text);
			last = NULL;
		}
		if (!last)
			line = (struct pdf_line){{g->x, g->y - g->size, g->end, g->y}, g->size, NULL};
		else if (gap > WORD_GAP)
			buf_add_byte(&text, ' ');
		add_text(drawn, g, &text);
		line.box = (struct pdf_box){line.box.x0, fmin(line.box.y0, g->y - g->size), fmax(line.box.x1, g->end),
					    fmax(line.box.y1, g->y)};
		line.size = fmax(line.size, g->size);
		last = g;
	}
	if (last) add_line(lines, line, &text);
	buf_dispose(&text);
}

void pdf_lines_read(const struct pdf_drawn *drawn, struct pdf_lines *lines) {
	const struct pdf_glyph **all = xcalloc(drawn->count + 1, sizeof *all);
	for (size_t i = 0; i < drawn->count; i++) all[i] = &drawn->glyphs[i];
	*lines = (struct pdf_lines){0};
	qsort(all, drawn->count, sizeof *all, by_height);
	for (size_t start = 0, end; start < drawn->count; start = end) {
		double size = all[start]->size;
		for (end = start; end < drawn->count && all[end]->y - all[start]->y <= BASE_LINE * size; end++)
			size = fmax(size, all[end]->size);
		qsort(all + start, end - start, sizeof *all, from_left);
		add_row(drawn, all + start, end - start, lines);
	}
	free(all);
}

void pdf_lines_dispose(struct pdf_lines *lines) {
	for (size_t i = 0; i < lines->count; i++) free(lines->items[i].text);
	free(lines->items);
	*lines = (struct pdf_lines){0};
}
