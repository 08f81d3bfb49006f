#include "validator/pdf_draw.h"

#include "base/letter.h"
#include "base/limits.h"
#include "validator/pdf_lexer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pdf_fonts {
	struct pdf_file *file;
	struct pdf_font *items[LIMIT_PDF_FONTS];
	size_t count;
};

struct state {
	struct pdf_matrix matrix;
	const struct pdf_font *font; /* NULL: none that can be read */
	double size, leading, char_space, word_space, scale;
};

struct operand {
	enum pdf_token kind; /* number, string, name */
	double number;
	size_t text, len; /* in strings */
};

struct drawing {
	struct pdf_fonts *fonts;
	const struct pdf_value *resources;
	struct pdf_budget *budget;
	struct pdf_drawn *drawn;
	struct pdf_lexer words;
	unsigned depth; /* of forms */
	struct state now, saved[LIMIT_PDF_STATES];
	size_t saved_count, lost; /* lost: saved beyond the bound */
	struct pdf_matrix text, line;
	struct operand *operands;
	size_t operand_count, operand_cap;
	struct buf strings;
};

struct pdf_budget pdf_budget_new(void) {
	return (struct pdf_budget){LIMIT_PDF_TEXT_BYTES_ALL, LIMIT_PDF_TEXT_OPERATORS, LIMIT_PDF_TEXT_GLYPHS,
				   LIMIT_PDF_TEXT_FORMS};
}

void pdf_drawn_dispose(struct pdf_drawn *drawn) {
	free(drawn->glyphs);
	buf_dispose(&drawn->text);
	*drawn = (struct pdf_drawn){0};
}

/* ---- fonts ---- */

struct pdf_fonts *pdf_fonts_new(struct pdf_file *file) {
	struct pdf_fonts *fonts = xcalloc(1, sizeof *fonts);
	fonts->file = file;
	return fonts;
}

void pdf_fonts_free(struct pdf_fonts *fonts) {
	if (!fonts) return;
	for (size_t i = 0; i < fonts->count; i++) pdf_font_free(fonts->items[i]);
	free(fonts);
}

struct pdf_file *pdf_fonts_file(const struct pdf_fonts *fonts) {
	return fonts->file;
}

static const struct pdf_font *find_font(struct drawing *d, const char *name) {
	struct pdf_fonts *fonts = d->fonts;
	const struct pdf_value *dict = pdf_get(fonts->file, pdf_get(fonts->file, d->resources, "Font"), name);
	if (dict->type != PDF_DICT) return NULL;
	for (size_t i = 0; i < fonts->count; i++)
		if (fonts->items[i]->dict == dict) return fonts->items[i];
	if (fonts->count == LIMIT_PDF_FONTS) {
		d->drawn->cut_short = true;
		return NULL;
	}
	return fonts->items[fonts->count++] = pdf_font_read(fonts->file, dict, &d->budget->bytes);
}

/* ---- operands ---- */

static void add_operand(struct drawing *d, enum pdf_token kind) {
	if (d->operand_count == LIMIT_PDF_TEXT_OPERANDS) {
		d->drawn->cut_short = true;
		return;
	}
	struct operand o = {kind, d->words.number, d->strings.len, d->words.text.len};
	if (kind != PDF_TOKEN_NUMBER) buf_add(&d->strings, buf_text(&d->words.text), o.len + 1);
	ARRAY_GROW(d->operands, d->operand_count, d->operand_cap);
	d->operands[d->operand_count++] = o;
}

/* The number at this place from the end; 0 where there is none. */
static double number(const struct drawing *d, size_t from_end) {
	if (from_end >= d->operand_count) return 0;
	const struct operand *o = &d->operands[d->operand_count - 1 - from_end];
	return o->kind == PDF_TOKEN_NUMBER ? o->number : 0;
}

static const char *name_of(const struct drawing *d) {
	for (size_t i = d->operand_count; i-- > 0;)
		if (d->operands[i].kind == PDF_TOKEN_NAME) return (const char *)d->strings.data + d->operands[i].text;
	return "";
}

static struct pdf_matrix matrix_of(const struct drawing *d) {
	return (struct pdf_matrix){number(d, 5), number(d, 4), number(d, 3), number(d, 2), number(d, 1), number(d, 0)};
}

/* ---- showing ---- */

static bool is_blank(const struct pdf_code *code) {
	for (unsigned i = 0; i < code->count; i++)
		if (!letter_is_space(code->chars[i]) && !letter_is_invisible(code->chars[i])) return false;
	return code->count > 0;
}

static bool only_marks(const struct pdf_code *code) {
	for (unsigned i = 0; i < code->count; i++)
		if (!letter_is_mark(code->chars[i])) return false;
	return code->count > 0;
}

static void add_glyph(struct drawing *d, const struct pdf_code *code, struct pdf_glyph glyph) {
	struct pdf_drawn *to = d->drawn;
	bool joins = only_marks(code) && to->count && to->glyphs[to->count - 1].len &&
		     to->glyphs[to->count - 1].len < LIMIT_PDF_GLYPH_BYTES;
	size_t start = to->text.len;
	if (!d->budget->glyphs) {
		to->cut_short = true;
		return;
	}
	d->budget->glyphs--;
	for (unsigned i = 0; i < code->count; i++) letter_put_code(&to->text, code->chars[i]);
	if (joins) { /* a mark belongs to the letter drawn before it, which is also the last text */
		struct pdf_glyph *last = &to->glyphs[to->count - 1];
		last->len = (uint16_t)(last->len + (to->text.len - start));
		last->end = fmax(last->end, glyph.end);
		return;
	}
	glyph.text = (uint32_t)start;
	glyph.len = (uint16_t)(to->text.len - start);
	ARRAY_GROW(to->glyphs, to->count, to->cap);
	to->glyphs[to->count++] = glyph;
}

/* Text runs to the right as it is seen, letters stand on their feet; false also for what is no number. */
static bool is_upright(const struct pdf_matrix *m) {
	return m->a > 0 && m->a < LIMIT_PDF_POINTS && m->d < 0 && m->d > -LIMIT_PDF_POINTS && fabs(m->b) < m->a * 0.1 &&
	       fabs(m->c) < -m->d * 0.5;
}

static bool is_within(const struct pdf_box *box, double x, double y) {
	return x >= box->x0 && x <= box->x1 && y >= box->y0 && y <= box->y1;
}

static void show_code(struct drawing *d, const struct pdf_code *code) {
	struct state *s = &d->now;
	struct pdf_matrix letters = {s->size * s->scale, 0, 0, s->size, 0, 0};
	struct pdf_matrix m = pdf_matrix_join(letters, pdf_matrix_join(d->text, s->matrix));
	struct pdf_glyph glyph = {m.e, fmin(m.e + m.a * code->width, d->drawn->only.x1), m.f, -m.d, 0, 0};
	if (!is_blank(code)) {
		d->drawn->any_text = true;
		if (is_upright(&m) && is_within(&d->drawn->only, m.e, m.f)) add_glyph(d, code, glyph);
	}
	double step = (code->width * s->size + s->char_space + (code->space ? s->word_space : 0)) * s->scale;
	d->text.e += step * d->text.a;
	d->text.f += step * d->text.b;
}

/* Is all that follows on this line out of sight, so that its font need not be read? */
static bool is_elsewhere(const struct drawing *d) {
	struct pdf_matrix m = pdf_matrix_join(d->text, d->now.matrix);
	const struct pdf_box *only = &d->drawn->only;
	return m.b == 0 && (m.f < only->y0 || m.f > only->y1);
}

static void show(struct drawing *d, const struct operand *o) {
	const unsigned char *text = d->strings.data + o->text;
	struct pdf_code code;
	if (!o->len) return;
	if (!d->now.font || is_elsewhere(d)) {
		d->drawn->any_text = true;
		d->drawn->cut_short |= !d->now.font && !is_elsewhere(d);
		return;
	}
	for (size_t at = 0; at < o->len; at += code.len) {
		pdf_font_next(d->now.font, text + at, o->len - at, &code);
		show_code(d, &code);
	}
}

static void show_all(struct drawing *d) {
	for (size_t i = 0; i < d->operand_count; i++) {
		const struct operand *o = &d->operands[i];
		if (o->kind == PDF_TOKEN_STRING) show(d, o);
		if (o->kind != PDF_TOKEN_NUMBER) continue;
		double step = -o->number / 1000 * d->now.size * d->now.scale;
		d->text.e += step * d->text.a;
		d->text.f += step * d->text.b;
	}
}

static void show_last(struct drawing *d) {
	if (d->operand_count && d->operands[d->operand_count - 1].kind == PDF_TOKEN_STRING)
		show(d, &d->operands[d->operand_count - 1]);
}

static void move(struct drawing *d, double x, double y) {
	d->line = pdf_matrix_join((struct pdf_matrix){1, 0, 0, 1, x, y}, d->line);
	d->text = d->line;
}

/* ---- XObjects ---- */

static void note_image(struct drawing *d) {
	static const struct pdf_box unit = {0, 0, 1, 1};
	struct pdf_box box = pdf_matrix_box(&d->now.matrix, &unit), *in = &d->drawn->pictures;
	if (box.x0 < in->x1 && box.x1 > in->x0 && box.y0 < in->y1 && box.y1 > in->y0) d->drawn->image = true;
}

static void draw_form(struct pdf_fonts *fonts, const struct pdf_value *form, const struct pdf_value *inherited,
		      struct pdf_matrix matrix, unsigned depth, struct pdf_budget *budget, struct pdf_drawn *drawn);

static void draw_object(struct drawing *d) {
	const struct pdf_value *all = pdf_get(d->fonts->file, d->resources, "XObject");
	const struct pdf_value *x = pdf_get(d->fonts->file, all, name_of(d));
	if (pdf_is_name(pdf_get(d->fonts->file, x, "Subtype"), "Image")) note_image(d);
	if (pdf_is_name(pdf_get(d->fonts->file, x, "Subtype"), "Form"))
		draw_form(d->fonts, x, d->resources, d->now.matrix, d->depth + 1, d->budget, d->drawn);
}

/* ---- operators ---- */

static void save(struct drawing *d) {
	if (d->saved_count == LIMIT_PDF_STATES)
		d->lost++;
	else
		d->saved[d->saved_count++] = d->now;
}

static void restore(struct drawing *d) {
	if (d->lost)
		d->lost--;
	else if (d->saved_count)
		d->now = d->saved[--d->saved_count];
}

static void set_font(struct drawing *d) {
	d->now.font = find_font(d, name_of(d));
	d->now.size = number(d, 0);
}

static void begin_text(struct drawing *d) {
	d->text = d->line = pdf_matrix_identity;
}

static void set_matrix(struct drawing *d) {
	d->text = d->line = matrix_of(d);
}

static void join_matrix(struct drawing *d) {
	d->now.matrix = pdf_matrix_join(matrix_of(d), d->now.matrix);
}

static void move_by(struct drawing *d) {
	move(d, number(d, 1), number(d, 0));
}

static void move_and_lead(struct drawing *d) {
	d->now.leading = -number(d, 0);
	move_by(d);
}

static void next_line(struct drawing *d) {
	move(d, 0, -d->now.leading);
}

static void show_on_next_line(struct drawing *d) {
	next_line(d);
	show_last(d);
}

static void space_and_show(struct drawing *d) {
	d->now.word_space = number(d, 2);
	d->now.char_space = number(d, 1);
	show_on_next_line(d);
}

static void set_leading(struct drawing *d) {
	d->now.leading = number(d, 0);
}

static void set_char_space(struct drawing *d) {
	d->now.char_space = number(d, 0);
}

static void set_word_space(struct drawing *d) {
	d->now.word_space = number(d, 0);
}

static void set_scale(struct drawing *d) {
	d->now.scale = number(d, 0) / 100;
}

static void pass_image(struct drawing *d) {
	note_image(d);
	pdf_lexer_skip_image(&d->words);
}

static void operate(struct drawing *d) {
	static const struct {
		const char *word;
		void (*run)(struct drawing *d);
	} operators[] = {
		/* clang-format off */
		{"Tj", show_last}, {"TJ", show_all}, {"Tf", set_font}, {"Td", move_by}, {"Tm", set_matrix}, {"BT", begin_text},
		{"cm", join_matrix}, {"q", save}, {"Q", restore}, {"Do", draw_object}, {"T*", next_line},
		{"TD", move_and_lead}, {"'", show_on_next_line}, {"\"", space_and_show}, {"TL", set_leading},
		{"Tc", set_char_space}, {"Tw", set_word_space}, {"Tz", set_scale}, {"ID", pass_image},
		/* clang-format on */
	};
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (!pdf_lexer_is(&d->words, operators[i].word)) continue;
		operators[i].run(d);
		return;
	}
}

static void run(struct drawing *d) {
	enum pdf_token token;
	while ((token = pdf_lexer_next(&d->words)) != PDF_TOKEN_END) {
		if (token == PDF_TOKEN_NUMBER || token == PDF_TOKEN_STRING || token == PDF_TOKEN_NAME)
			add_operand(d, token);
		if (token != PDF_TOKEN_WORD) continue;
		if (!d->budget->operators) {
			d->drawn->cut_short = true;
			return;
		}
		d->budget->operators--;
		operate(d);
		d->operand_count = 0;
		d->strings.len = 0;
	}
}

static void draw(struct pdf_fonts *fonts, const struct buf *content, const struct pdf_value *resources,
		 struct pdf_matrix matrix, unsigned depth, struct pdf_budget *budget, struct pdf_drawn *drawn) {
	struct drawing *d = xcalloc(1, sizeof *d); /* forms nest: too much for a stack in a locked-in process */
	d->fonts = fonts;
	d->resources = resources;
	d->budget = budget;
	d->drawn = drawn;
	d->words = (struct pdf_lexer){.data = content->data, .len = content->len};
	d->depth = depth;
	d->now = (struct state){.matrix = matrix, .scale = 1};
	begin_text(d);
	run(d);
	pdf_lexer_dispose(&d->words);
	buf_dispose(&d->strings);
	free(d->operands);
	free(d);
}

/* ---- contents and forms ---- */

static void add_stream(struct pdf_fonts *fonts, const struct pdf_value *stream, struct pdf_budget *budget,
		       struct buf *content, struct pdf_drawn *drawn) {
	unsigned char *data;
	size_t len;
	if (!pdf_font_stream(fonts->file, stream, &budget->bytes, &data, &len)) {
		drawn->cut_short = true;
		return;
	}
	buf_add(content, data, len);
	buf_add_byte(content, '\n'); /* words do not go on in the next stream */
	free(data);
}

void pdf_draw_content(struct pdf_fonts *fonts, const struct pdf_value *contents, const struct pdf_value *resources,
		      struct pdf_matrix matrix, struct pdf_budget *budget, struct pdf_drawn *drawn) {
	struct buf content = {0};
	if (contents->type == PDF_STREAM) add_stream(fonts, contents, budget, &content, drawn);
	for (size_t i = 0; contents->type == PDF_ARRAY && i < contents->array.count; i++) {
		drawn->cut_short |= i == LIMIT_PDF_TEXT_FORMS;
		if (i == LIMIT_PDF_TEXT_FORMS) break;
		add_stream(fonts, pdf_resolve(fonts->file, &contents->array.items[i]), budget, &content, drawn);
	}
	draw(fonts, &content, resources, matrix, 0, budget, drawn);
	buf_dispose(&content);
}

static void draw_form(struct pdf_fonts *fonts, const struct pdf_value *form, const struct pdf_value *inherited,
		      struct pdf_matrix matrix, unsigned depth, struct pdf_budget *budget, struct pdf_drawn *drawn) {
	const struct pdf_value *resources = pdf_get(fonts->file, form, "Resources");
	struct buf content = {0};
	if (depth > LIMIT_PDF_APPEARANCE_DEPTH || !budget->forms) {
		drawn->cut_short = true;
		return;
	}
	budget->forms--;
	add_stream(fonts, form, budget, &content, drawn);
	matrix = pdf_matrix_join(pdf_matrix_of_form(fonts->file, form), matrix);
	/* Without resources of its own a form uses those of its page (ISO 32000-1 7.8.3). */
	draw(fonts, &content, resources->type == PDF_DICT ? resources : inherited, matrix, depth, budget, drawn);
	buf_dispose(&content);
}

void pdf_draw_form(struct pdf_fonts *fonts, const struct pdf_value *form, struct pdf_matrix matrix,
		   struct pdf_budget *budget, struct pdf_drawn *drawn) {
	draw_form(fonts, form, &pdf_null, matrix, 0, budget, drawn);
}
