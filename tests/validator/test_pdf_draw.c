#include "validator/pdf_draw.h"

#include "base/limits.h"
#include "pdf_builder.h"
#include "validator/pdf_lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- words ---- */

static void words_are_told_apart(void **state) {
	(void)state;
	static const char text[] = "12 -3.5 .25 (a\\(b\\)c(d)\\053) <4142 4> /N#41me#4 [ ] << >> { % x\nTj'\"(";
	static const struct {
		enum pdf_token token;
		double number;
		const char *text;
	} rows[] = {
		{PDF_TOKEN_NUMBER, 12, ""},        {PDF_TOKEN_NUMBER, -3.5, ""}, {PDF_TOKEN_NUMBER, .25, ""},
		{PDF_TOKEN_STRING, 0, "a(b)c(d)+"}, {PDF_TOKEN_STRING, 0, "AB@"}, {PDF_TOKEN_NAME, 0, "NAme#4"},
		{PDF_TOKEN_OPEN, 0, ""},           {PDF_TOKEN_CLOSE, 0, ""},     {PDF_TOKEN_MARK, 0, ""},
		{PDF_TOKEN_MARK, 0, ""},           {PDF_TOKEN_MARK, 0, ""},      {PDF_TOKEN_WORD, 0, "Tj'\""},
		{PDF_TOKEN_STRING, 0, ""},         {PDF_TOKEN_END, 0, ""},       {PDF_TOKEN_END, 0, ""},
	};
	struct pdf_lexer l = {.data = (const unsigned char *)text, .len = sizeof text - 1};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(pdf_lexer_next(&l), rows[i].token);
		if (rows[i].token == PDF_TOKEN_NUMBER) assert_true(l.number == rows[i].number);
		assert_string_equal(buf_text(&l.text), rows[i].text);
	}
	pdf_lexer_dispose(&l);
}

static void numbers_stay_within_reach(void **state) {
	(void)state;
	struct buf b = {0};
	for (int i = 0; i < 400; i++) buf_add_byte(&b, '9');
	buf_add_byte(&b, '.');
	for (int i = 0; i < 400; i++) buf_add_byte(&b, '9');
	struct pdf_lexer l = {.data = b.data, .len = b.len};
	assert_int_equal(pdf_lexer_next(&l), PDF_TOKEN_NUMBER);
	assert_true(l.number >= LIMIT_PDF_POINTS && l.number <= LIMIT_PDF_POINTS + 1);
	buf_dispose(&b);
}

/* ---- CMaps ---- */

static void assert_chars(const struct pdf_cmap *cmap, uint32_t code, unsigned count, uint32_t last) {
	uint32_t chars[PDF_CMAP_CHARS] = {0};
	assert_int_equal(pdf_cmap_find(cmap, code, chars), count);
	if (count) assert_int_equal(chars[count - 1], last);
}

static void later_and_narrower_rows_of_a_cmap_count(void **state) {
	(void)state;
	static const char text[] = "beginbfrange <00> <FF> <0000> <40> <42> [<0061> <0062>] <F0> <EF> <0041> <F8> <F8> [] endbfrange "
				   "beginbfchar <41> <0078> <41> <0079> <50> <> <51> <D800> endbfchar "
				   "beginbfrange <FFFE> <FFFFF> <FFFFFFF0> endbfrange beginbfchar <10";
	struct pdf_cmap cmap = {0};
	pdf_cmap_read((const unsigned char *)text, sizeof text - 1, &cmap);
	assert_chars(&cmap, 0x30, 1, 0x30);
	assert_chars(&cmap, 0x40, 1, 'a');
	assert_chars(&cmap, 0x41, 1, 'y');
	assert_chars(&cmap, 0x42, 1, 0x42);
	assert_chars(&cmap, 0x50, 1, 0x50);
	assert_chars(&cmap, 0xff, 1, 0xff);
	assert_chars(&cmap, 0x100, 0, 0);
	pdf_cmap_dispose(&cmap);
}

static void cmap_has_a_row_for_each_code_of_two_bytes_and_no_more(void **state) {
	(void)state;
	struct buf b = {0};
	struct pdf_cmap cmap = {0};
	buf_add_text(&b, "beginbfchar ");
	for (unsigned i = 0; i < LIMIT_PDF_CMAP_ROWS; i++) buf_printf(&b, "<%04X><0041>", i);
	pdf_cmap_read(b.data, b.len, &cmap);
	assert_int_equal(cmap.count, LIMIT_PDF_CMAP_ROWS);
	assert_chars(&cmap, 0xffff, 1, 'A');
	pdf_cmap_dispose(&cmap);
	buf_add_text(&b, "<010000><0042>");
	pdf_cmap_read(b.data, b.len, &cmap);
	assert_int_equal(cmap.count, LIMIT_PDF_CMAP_ROWS);
	assert_chars(&cmap, 0x10000, 0, 0);
	pdf_cmap_dispose(&cmap);
	buf_dispose(&b);
}

static void codes_are_as_long_as_their_space_says(void **state) {
	(void)state;
	static const char text[] = "begincodespacerange <00> <7F> <8000> <FEFF> <FF0000> <FFFFFF> <00> <FFFF> endcodespacerange";
	static const struct {
		const char *code;
		size_t len, length;
	} rows[] = {{"\x20\x20", 2, 1}, {"\x80\x20", 2, 2}, {"\xff\x20\x20", 3, 3}, {"\x80", 1, 1}, {"\xff\xff", 2, 1}};
	struct pdf_cmap cmap = {0};
	pdf_cmap_read((const unsigned char *)text, sizeof text - 1, &cmap);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(pdf_cmap_code_length(&cmap, (const unsigned char *)rows[i].code, rows[i].len), rows[i].length);
	pdf_cmap_dispose(&cmap);
}

/* ---- bounds ---- */

/* Draws `content` (object 4) with fonts /F0 ... /Fn and the form /X, whose content is `form`. */
static void draw(const char *entries, const char *content, unsigned fonts, const char *form, struct pdf_drawn *drawn) {
	struct pdf_builder b;
	struct pdf_file *file;
	struct pdf_budget budget = pdf_budget_new();
	struct buf resources = {0};
	buf_add_text(&resources, "<< /XObject << /X 5 0 R >> /Font <<");
	for (unsigned i = 0; i < fonts; i++)
		buf_printf(&resources, " /F%u << /Type /Font /Subtype /Type1 /BaseFont /Courier >>", i);
	buf_add_text(&resources, " >> >>");
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_object(&b, 1, "<< /Type /Catalog /Pages 2 0 R >>");
	pdf_builder_object(&b, 2, "<< /Type /Pages /Kids [] /Count 0 >>");
	pdf_builder_object(&b, 3, buf_text(&resources));
	pdf_builder_stream(&b, 4, entries, content);
	pdf_builder_stream(&b, 5, "/Type /XObject /Subtype /Form", form);
	pdf_builder_finish(&b);
	assert_int_equal(pdf_file_open(b.out.data, b.out.len, false, NULL, &file), PDF_OPENED);
	struct pdf_fonts *known = pdf_fonts_new(file);
	*drawn = (struct pdf_drawn){.only = {0, -1000, 1000, 1000}, .pictures = {0, -1000, 1000, 1000}};
	pdf_draw_content(known, pdf_file_object(file, (struct pdf_id){4, 0}), pdf_file_object(file, (struct pdf_id){3, 0}),
			 (struct pdf_matrix){1, 0, 0, -1, 0, 0}, &budget, drawn);
	pdf_fonts_free(known);
	pdf_file_close(file);
	pdf_builder_dispose(&b);
	buf_dispose(&resources);
}

static void assert_drawn(const char *content, unsigned fonts, const char *form, size_t glyphs, bool cut_short) {
	struct pdf_drawn drawn;
	draw("", content, fonts, form, &drawn);
	assert_int_equal(drawn.count, glyphs);
	assert_int_equal(drawn.cut_short, cut_short);
	pdf_drawn_dispose(&drawn);
}

static char *repeated(const char *before, const char *what, unsigned times, const char *after) {
	struct buf b = {0};
	buf_add_text(&b, before);
	for (unsigned i = 0; i < times; i++) buf_add_text(&b, what);
	buf_add_text(&b, after);
	return buf_take_text(&b);
}

static void repeat(const char *before, const char *what, unsigned times, const char *after, unsigned fonts, size_t glyphs,
		   bool cut_short) {
	char *content = repeated(before, what, times, after);
	assert_drawn(content, fonts, "BT /F0 1 Tf (x) Tj ET", glyphs, cut_short);
	free(content);
}

/* Each bound has a case on either side. */
static void drawing_ends_at_its_bounds(void **state) {
	(void)state;
	struct buf fonts = {0};
	repeat("", "/X Do ", LIMIT_PDF_TEXT_FORMS, "", 1, 256, false);
	repeat("", "/X Do ", LIMIT_PDF_TEXT_FORMS + 1, "", 1, 256, true);
	repeat("BT /F0 0.01 Tf [", "(x) ", LIMIT_PDF_TEXT_OPERANDS, "] TJ", 1, LIMIT_PDF_TEXT_OPERANDS, false);
	repeat("BT /F0 0.01 Tf [", "(x) ", LIMIT_PDF_TEXT_OPERANDS + 1, "] TJ", 1, LIMIT_PDF_TEXT_OPERANDS, true);
	repeat("BT /F0 0.01 Tf ", "(x) Tj ", LIMIT_PDF_TEXT_GLYPHS, "", 1, LIMIT_PDF_TEXT_GLYPHS, false);
	repeat("BT /F0 0.01 Tf ", "(x) Tj ", LIMIT_PDF_TEXT_GLYPHS + 1, "", 1, LIMIT_PDF_TEXT_GLYPHS, true);
	for (unsigned i = 0; i < LIMIT_PDF_FONTS; i++) buf_printf(&fonts, "BT /F%u 1 Tf (x) Tj ET ", i);
	assert_drawn(buf_text(&fonts), LIMIT_PDF_FONTS + 1, "", LIMIT_PDF_FONTS, false);
	buf_printf(&fonts, "BT /F%u 1 Tf (x) Tj ET ", LIMIT_PDF_FONTS);
	assert_drawn(buf_text(&fonts), LIMIT_PDF_FONTS + 1, "", LIMIT_PDF_FONTS, true);
	buf_dispose(&fonts);
}

/* What is saved beyond the bound is counted, so that the rest of the page stands where it has to. */
static void states_beyond_the_bound_are_passed_over(void **state) {
	(void)state;
	char *saved = repeated("", "q ", LIMIT_PDF_STATES + 9, "1 0 0 1 5000 0 cm ");
	char *content = repeated(saved, "Q ", LIMIT_PDF_STATES + 9, "BT /F0 1 Tf (x) Tj ET");
	assert_drawn(content, 1, "", 1, false);
	free(saved), free(content);
	saved = repeated("", "q ", LIMIT_PDF_STATES - 1, "q 1 0 0 1 5000 0 cm ");
	content = repeated(saved, "Q ", 1, "BT /F0 1 Tf (x) Tj ET");
	assert_drawn(content, 1, "", 1, false);
	free(saved), free(content);
}

static void marks_of_one_letter_are_bounded(void **state) {
	(void)state;
	struct pdf_drawn drawn;
	struct buf b = {0};
	struct pdf_builder builder;
	struct pdf_file *file;
	struct pdf_budget budget = pdf_budget_new();
	buf_add_text(&b, "BT /F 1 Tf (a");
	for (int i = 0; i < 100; i++) buf_add_byte(&b, 'm');
	buf_add_text(&b, ") Tj ET");
	pdf_builder_begin(&builder, PDF_TABLE);
	pdf_builder_object(&builder, 1, "<< /Type /Catalog /Pages 2 0 R >>");
	pdf_builder_object(&builder, 2, "<< /Type /Pages /Kids [] /Count 0 >>");
	pdf_builder_object(&builder, 3, "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /A /ToUnicode 5 0 R >> >> >>");
	pdf_builder_stream(&builder, 4, "", buf_text(&b));
	pdf_builder_stream(&builder, 5, "", "beginbfchar <6D> <0323>");
	pdf_builder_finish(&builder);
	assert_int_equal(pdf_file_open(builder.out.data, builder.out.len, false, NULL, &file), PDF_OPENED);
	struct pdf_fonts *fonts = pdf_fonts_new(file);
	drawn = (struct pdf_drawn){.only = {0, -9, 1000, 9}};
	pdf_draw_content(fonts, pdf_file_object(file, (struct pdf_id){4, 0}), pdf_file_object(file, (struct pdf_id){3, 0}),
			 (struct pdf_matrix){1, 0, 0, -1, 0, 0}, &budget, &drawn);
	assert_in_range(drawn.glyphs[0].len, LIMIT_PDF_GLYPH_BYTES, LIMIT_PDF_GLYPH_BYTES + 8);
	pdf_drawn_dispose(&drawn);
	pdf_fonts_free(fonts);
	pdf_file_close(file);
	pdf_builder_dispose(&builder);
	buf_dispose(&b);
}

/* A filter may blow up what is stored by a thousand; here it is none that is undone within a bound. */
static void stored_streams_are_bounded_where_they_are_filtered(void **state) {
	(void)state;
	static const char word[] = "424542540a"; /* "BEBT" */
	for (unsigned over = 0; over < 2; over++) {
		struct pdf_drawn drawn;
		char *content = repeated("20", word, (LIMIT_PDF_TEXT_STORED - 3) / 10, ">");
		char *padded = repeated(content, " ", (unsigned)(LIMIT_PDF_TEXT_STORED + over - strlen(content)), "");
		draw("/Filter /ASCIIHexDecode", padded, 0, "", &drawn);
		assert_int_equal(drawn.cut_short, over);
		pdf_drawn_dispose(&drawn);
		free(content), free(padded);
	}
}

#define FAR "999999 0 0 999999 0 0 cm "

static void coordinates_without_sense_do_no_harm(void **state) {
	(void)state;
	static const char *const contents[] = {
		FAR FAR FAR FAR FAR FAR "BT /F0 1 Tf (xy) Tj ET",
		"0 0 0 0 0 0 cm BT /F0 1 Tf (xy) Tj ET",
		"BT /F0 -1 Tf -999999 Tc 999999 Tw -5 Tz (xy) Tj ET",
		"BT /F0 999999 Tf [(x) -999999 (y) 999999 (z)] TJ ET",
		"BT Td Tm cm TL ' \" TJ Tj Tf Do ET",
	};
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		struct pdf_drawn drawn;
		draw("", contents[i], 1, "", &drawn);
		assert_in_range(drawn.count, 0, 3);
		pdf_drawn_dispose(&drawn);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_told_apart),
		cmocka_unit_test(numbers_stay_within_reach),
		cmocka_unit_test(later_and_narrower_rows_of_a_cmap_count),
		cmocka_unit_test(cmap_has_a_row_for_each_code_of_two_bytes_and_no_more),
		cmocka_unit_test(codes_are_as_long_as_their_space_says),
		cmocka_unit_test(drawing_ends_at_its_bounds),
		cmocka_unit_test(states_beyond_the_bound_are_passed_over),
		cmocka_unit_test(marks_of_one_letter_are_bounded),
		cmocka_unit_test(stored_streams_are_bounded_where_they_are_filtered),
		cmocka_unit_test(coordinates_without_sense_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
