#include "validator/pdf_copy.h"

#include "base/letter.h"
#include "base/limits.h"
#include "validator/pdf_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the words ---- */

/* Letters and digits in small letters without marks, all else but spaces as it is; spaces, which are often lost or too
 * many, gone. */
static char *key_of(const char *line, bool *capital) {
	size_t count;
	struct letter *letters = letters_of(line, &count);
	struct buf key = {0};
	*capital = false;
	for (size_t i = 0; i < count; i++) {
		uint32_t base = letters[i].base, small = letter_lower(base);
		if (letter_is_space(base) || letter_is_invisible(base) || letter_is_mark(base)) continue;
		bool first = !key.len;
		/* Quotation marks, brackets and bullets in front do not count. */
		if (first && !letter_is_word(base)) continue;
		if (first) *capital = base != small;
		letter_put_code(&key, letter_plain(small));
	}
	free(letters);
	return buf_take_text(&key);
}

enum pdf_copy_form pdf_copy_form_of(const char *line, bool capital) {
	static const struct {
		const char *key;
		enum pdf_copy_form form;
	} forms[] = {
		{"saoybanchinh", PDF_COPY_SAO_Y},
		{"saoy", PDF_COPY_SAO_Y},
		{"saoluc", PDF_COPY_SAO_LUC},
		{"trichsao", PDF_COPY_TRICH_SAO},
	};
	static const char label[] = "hinhthucsao:";
	bool upper;
	enum pdf_copy_form form = PDF_COPY_NONE;
	char *key = key_of(line, &upper);
	const char *at = strncmp(key, label, sizeof label - 1) ? key : key + sizeof label - 1;
	for (size_t i = 0; i < ARRAY_LEN(forms) && !form; i++) {
		size_t n = strlen(forms[i].key);
		if (strncmp(at, forms[i].key, n) != 0) continue;
		const char *behind = at + n;
		uint32_t next = letter_decode(&behind);
		if (!next || (next >= '0' && next <= '9') || !letter_is_word(next)) form = forms[i].form;
	}
	free(key);
	return capital && !upper ? PDF_COPY_NONE : form;
}

const char *pdf_copy_form_name(enum pdf_copy_form form) {
	static const char *const names[] = {"", "sao-y", "sao-luc", "trich-sao"};
	return names[form];
}

const char *pdf_reading_name(enum pdf_reading reading) {
	static const char *const names[] = {"", "none", "read", "in-part", "not-readable"};
	return names[reading];
}

/* ---- blocks ---- */

void pdf_copy_dispose(struct pdf_copy *copy) {
	free(copy->words);
	*copy = (struct pdf_copy){0};
}

void pdf_copy_forget(struct pdf_copy *copy) {
	enum pdf_reading reading = copy->reading;
	bool image = copy->image;
	pdf_copy_dispose(copy);
	copy->reading = reading;
	copy->image = image;
}

static enum pdf_reading reading_of(const struct pdf_drawn *drawn, const struct pdf_box *within) {
	size_t read = 0, unread = 0;
	for (size_t i = 0; i < drawn->count; i++) {
		const struct pdf_glyph *g = &drawn->glyphs[i];
		if (g->end < within->x0 || g->y > within->y1) continue;
		read += g->len != 0;
		unread += g->len == 0;
	}
	if (!unread && !drawn->cut_short) return read ? PDF_READING_DONE : PDF_READING_NONE;
	return read ? PDF_READING_IN_PART : PDF_READING_NOT_READABLE;
}

/* A text of at most so many bytes, cut between characters. */
static void add_text(struct buf *words, const char *text) {
	for (const char *next = text; *text; text = next) {
		uint32_t code = letter_decode(&next);
		if (words->len + 4 > LIMIT_PDF_BLOCK_BYTES) return;
		/* Controls would let a document forge lines in a report. */
		bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
		letter_put_code(words, control ? 0xfffd : code);
	}
}

static char *composed(struct buf *words) {
	struct buf out = {0};
	size_t count;
	struct letter *letters = letters_of(buf_text(words), &count);
	for (size_t i = 0; i < count; i++) letter_put(&out, letters[i]);
	free(letters);
	buf_dispose(words);
	return buf_take_text(&out);
}

static int points(double x) {
	return (int)floor(x + 0.5);
}

/* Lines from `first` that belong to it: one below the other, without a gap. In an appearance, all. */
static void take_block(const struct pdf_lines *lines, size_t first, bool all, struct pdf_copy *copy) {
	struct buf words = {0};
	struct pdf_box box = lines->items[first].box;
	double end = box.y1;
	unsigned taken = 0;
	for (size_t i = all ? 0 : first; i < lines->count && taken < LIMIT_PDF_BLOCK_LINES; i++) {
		const struct pdf_line *l = &lines->items[i];
		bool below = l->box.x0 < box.x1 && l->box.x1 > box.x0 && l->box.y0 - end < l->size;
		if (!all && i != first && !below) continue;
		if (taken++) add_text(&words, " / ");
		add_text(&words, l->text);
		box = (struct pdf_box){fmin(box.x0, l->box.x0), fmin(box.y0, l->box.y0), fmax(box.x1, l->box.x1),
				       fmax(box.y1, l->box.y1)};
		end = l->box.y1;
	}
	copy->words = composed(&words);
	copy->left = points(box.x0), copy->top = points(box.y0);
	copy->width = points(box.x1 - box.x0), copy->height = points(box.y1 - box.y0);
}

void pdf_copy_of_appearance(const struct pdf_drawn *drawn, struct pdf_copy *copy) {
	struct pdf_lines lines;
	*copy = (struct pdf_copy){.reading = reading_of(drawn, &drawn->only), .image = drawn->image};
	pdf_lines_read(drawn, &lines);
	for (size_t i = 0; i < lines.count && !copy->form; i++) {
		copy->form = pdf_copy_form_of(lines.items[i].text, false);
		if (copy->form) take_block(&lines, i, true, copy);
	}
	pdf_lines_dispose(&lines);
}

/* ---- the page ---- */

/* Cell 14 of Decree 30/2020 annex I. */
bool pdf_copy_place(const struct pdf_box *box, double page_width, double page_height) {
	return (box->x0 + box->x1) / 2 > page_width / 2 && box->y1 < page_height / 3;
}

/* The page's own resources, else those of a node above it. */
static const struct pdf_value *resources_of(struct pdf_file *file, const struct pdf_value *node) {
	for (unsigned depth = 0; depth <= LIMIT_PDF_PAGE_DEPTH && node->type == PDF_DICT; depth++) {
		const struct pdf_value *resources = pdf_get(file, node, "Resources");
		if (resources->type == PDF_DICT) return resources;
		node = pdf_get(file, node, "Parent");
	}
	return &pdf_null;
}

void pdf_copy_of_page(struct pdf_fonts *fonts, const struct pdf_pages *pages, struct pdf_copy *copy) {
	struct pdf_budget budget = pdf_budget_new();
	struct pdf_lines lines;
	double width, height;
	*copy = (struct pdf_copy){0};
	if (!pdf_pages_count(pages)) return;
	const struct pdf_page *page = pdf_pages_item(pages, 0);
	struct pdf_matrix view = pdf_matrix_view(page, &width, &height);
	/* What stands left of it is read as well: a line that begins there is another one. */
	struct pdf_box right = {width / 2, 0, width, height / 3};
	struct pdf_drawn drawn = {.only = {0, 0, width, height / 3}, .pictures = right};
	struct pdf_file *file = pdf_fonts_file(fonts);
	pdf_draw_content(fonts, pdf_get(file, page->value, "Contents"), resources_of(file, page->value), view, &budget,
			 &drawn);
	*copy = (struct pdf_copy){.reading = reading_of(&drawn, &right), .image = drawn.image};
	pdf_lines_read(&drawn, &lines);
	for (size_t i = 0; i < lines.count && !copy->form; i++) {
		const struct pdf_line *l = &lines.items[i];
		if (l->box.x0 <= right.x0 || !pdf_copy_place(&l->box, width, height)) continue;
		copy->form = pdf_copy_form_of(l->text, true);
		if (copy->form) take_block(&lines, i, false, copy);
	}
	pdf_lines_dispose(&lines);
	pdf_drawn_dispose(&drawn);
}
