#include "validator/pdf.h"

#include "base/limits.h"
#include "pdf_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A signed document whose first page and whose signature's appearance are given. */
struct look {
	const char *page;       /* entries of the page; NULL: A4 */
	const char *content;    /* of the page */
	const char *rect;       /* of the signature; NULL: at the top right */
	const char *appearance; /* its content */
	const char *font;       /* /F of both: a font's dictionary without << >>; NULL: Helvetica */
	const char *cmap;       /* object 31: a ToUnicode stream */
	const char *objects[8]; /* 40 and so on: form XObjects, their content; /X40 in all resources; NULL ends them */
};

#define HELVETICA "/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
#define RESOURCES                                                                                                      \
	"/Resources << /Font << /F 30 0 R >> /XObject << /X40 40 0 R /X41 41 0 R /X42 42 0 R /X43 43 0 R /X44 44 0 R " \
	"/X45 45 0 R >> >>"
#define FORM "/Type /XObject /Subtype /Form /BBox [0 0 180 60] " RESOURCES
#define TOP_RIGHT "[400 770 580 830]"

static void look_at(const struct look *look, struct pdf_document *d, struct pdf_builder *b) {
	pdf_builder_begin(b, PDF_TABLE);
	pdf_builder_sample(b);
	pdf_builder_finish(b);
	char *page = xasprintf("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [20 0 R] " RESOURCES " %s >>",
			       look->page ? look->page : "/MediaBox [0 0 595 842]");
	char *field = xasprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /V 21 0 R /Rect %s /AP << /N 22 0 R >> >>",
				look->rect ? look->rect : TOP_RIGHT);
	char *font = xasprintf("<< %s >>", look->font ? look->font : HELVETICA);
	pdf_builder_object(b, 3, page);
	pdf_builder_stream(b, 4, "", look->content ? look->content : "");
	pdf_builder_object(b, 5, "<< /Fields [20 0 R] /SigFlags 3 >>");
	pdf_builder_object(b, 20, field);
	pdf_builder_stream(b, 22, FORM, look->appearance ? look->appearance : "");
	pdf_builder_object(b, 30, font);
	if (look->cmap) pdf_builder_stream(b, 31, "", look->cmap);
	for (size_t i = 0; i < ARRAY_LEN(look->objects) && look->objects[i]; i++)
		pdf_builder_stream(b, 40 + (int)i, FORM, look->objects[i]);
	pdf_builder_signature(b, 21, "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached");
	pdf_builder_finish(b);
	pdf_read(b->out.data, b->out.len, d);
	assert_int_equal(d->signature_count, 1);
	free(page), free(field), free(font);
}

static void assert_copy(const struct pdf_copy *copy, enum pdf_reading reading, enum pdf_copy_form form,
			const char *words) {
	assert_string_equal(pdf_reading_name(copy->reading), pdf_reading_name(reading));
	assert_string_equal(pdf_copy_form_name(copy->form), pdf_copy_form_name(form));
	if (words) assert_string_equal(copy->words ? copy->words : "", words);
	assert_true(form ? copy->words != NULL : copy->words == NULL);
}

/* Where 0: on the page, 1: in the appearance. */
static void assert_look(const struct look *look, int where, enum pdf_reading reading, enum pdf_copy_form form,
			const char *words) {
	struct pdf_document d;
	struct pdf_builder b;
	look_at(look, &d, &b);
	assert_copy(where ? &d.signatures[0].appearance.copy : &d.first_page, reading, form, words);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

#define READ PDF_READING_DONE
#define NOTHING PDF_COPY_NONE
#define SAO_Y PDF_COPY_SAO_Y

/* ---- words ---- */

static void forms_are_known_in_every_spelling(void **state) {
	(void)state;
	static const struct {
		const char *line;
		enum pdf_copy_form form;
	} rows[] = {
		{"SAO Y", SAO_Y},
		{"SAO Y; UBND PHƯỜNG BẾN ĐÁ", SAO_Y},
		{"Sao y: VĂN PHÒNG", SAO_Y},
		{"SAO Y BẢN CHÍNH", SAO_Y},
		{"SAO Y BẢN CHÍNH;", SAO_Y},
		{"S A O  Y", SAO_Y},
		{"SAOY,", SAO_Y},
		{"SAO\xc2\xa0Y 15", SAO_Y},
		{"“SAO Y”", SAO_Y},
		{"Hình thức sao: Sao y", SAO_Y},
		{"SAO LỤC", PDF_COPY_SAO_LUC},
		{"SAO LU\xcc\xa3" "C", PDF_COPY_SAO_LUC}, /* composed of two */
		{"SAO LUC", PDF_COPY_SAO_LUC},
		{"TRÍCH SAO", PDF_COPY_TRICH_SAO},
		{"TRI\xcc\x81" "CH SAO", PDF_COPY_TRICH_SAO},
		{"Trich sao.", PDF_COPY_TRICH_SAO},
		{"SAO YÊU CẦU", NOTHING},
		{"SAO Y UBND", NOTHING},
		{"SAO Y BẢN CHÍNH NÀY", NOTHING},
		{"BẢN SAO Y", NOTHING},
		{"và SAO Y", NOTHING},
		{"SAO", NOTHING},
		{"", NOTHING},
		{"\xef\xbf\xbd\xef\xbf\xbd", NOTHING},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(pdf_copy_form_name(pdf_copy_form_of(rows[i].line, false)),
				    pdf_copy_form_name(rows[i].form));
	assert_int_equal(pdf_copy_form_of("Sao y;", true), SAO_Y);
	assert_int_equal(pdf_copy_form_of("sao y;", true), NOTHING);
}

/* ---- places ---- */

#define AT(x, y, text) "BT /F 10 Tf " x " " y " Td (" text ") Tj ET "

static void block_stands_at_the_top_right_of_the_page(void **state) {
	(void)state;
	static const struct {
		const char *page, *content;
		enum pdf_copy_form form;
	} rows[] = {
		{NULL, AT("400", "800", "SAO Y; UBND"), SAO_Y},
		{NULL, AT("400", "600", "SAO Y; UBND"), SAO_Y},
		{NULL, AT("400", "550", "SAO Y; UBND"), NOTHING},  /* below the upper third */
		{NULL, AT("72", "60", "SAO Y; UBND"), NOTHING},    /* at the bottom left */
		{NULL, AT("400", "60", "SAO Y; UBND"), NOTHING},   /* at the bottom right */
		{NULL, AT("72", "800", "SAO Y; UBND"), NOTHING},   /* at the top left */
		{NULL, AT("600", "800", "SAO Y; UBND"), NOTHING},  /* beside the page */
		{NULL, AT("400", "850", "SAO Y; UBND"), NOTHING},  /* above it */
		{NULL, AT("250", "800", "khi SAO Y; UBND thi"), NOTHING},
		{NULL, AT("220", "800", "gui kem ban nay de") AT("307", "800", "SAO Y; UBND"), NOTHING}, /* the rest of a line */
		{NULL, AT("72", "800", "UBND TINH") AT("400", "800", "SAO Y; UBND"), SAO_Y},             /* another column */
		{NULL, AT("400", "800", "sao y, sao luc, trich sao"), NOTHING},                          /* a sentence goes on */
		{NULL, AT("400", "800", "Sao yeu cau"), NOTHING},
		{"/MediaBox [0 0 842 595] /Rotate 0", AT("600", "550", "SAO Y"), SAO_Y},
		{"/MediaBox [0 0 595 842] /Rotate 90", "BT /F 10 Tf 0 1 -1 0 20 700 Tm (SAO Y) Tj ET", SAO_Y},
		{"/MediaBox [0 0 595 842] /Rotate 90", AT("400", "800", "SAO Y"), NOTHING}, /* seen lying */
		{"/MediaBox [0 0 595 842] /Rotate 180", "BT /F 10 Tf -1 0 0 -1 100 40 Tm (SAO Y) Tj ET", SAO_Y},
		{"/MediaBox [0 0 595 842] /Rotate 270", "BT /F 10 Tf 0 -1 1 0 570 100 Tm (SAO Y) Tj ET", SAO_Y},
		{"/MediaBox [0 0 1190 842] /CropBox [0 0 595 842]", AT("400", "800", "SAO Y"), SAO_Y},
		{"/MediaBox [0 0 1190 842] /CropBox [595 0 1190 842]", AT("650", "800", "SAO Y"), NOTHING},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct look look = {.page = rows[i].page, .content = rows[i].content};
		struct pdf_document d;
		struct pdf_builder b;
		look_at(&look, &d, &b);
		assert_string_equal(pdf_copy_form_name(d.first_page.form), pdf_copy_form_name(rows[i].form));
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void block_of_a_signature_is_seen_at_the_top_right(void **state) {
	(void)state;
	static const char text[] = AT("2", "48", "SAO Y") AT("2", "36", "UBND PHUONG") AT("2", "24", "2026-10-19T09:00:00+07:00");
	static const char words[] = "SAO Y / UBND PHUONG / 2026-10-19T09:00:00+07:00";
	static const struct {
		const char *rect;
		enum pdf_copy_form form;
	} rows[] = {
		{TOP_RIGHT, SAO_Y},
		{"[400 30 580 90]", NOTHING},
		{"[20 770 200 830]", NOTHING},
		{"[400 540 580 600]", NOTHING},
		{"[400 770 400 830]", NOTHING}, /* of no width */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_look(&(struct look){.appearance = text, .rect = rows[i].rect}, 1, i < 4 ? READ : PDF_READING_NONE,
			    rows[i].form, rows[i].form ? words : NULL);
}

static void place_of_the_block_is_told(void **state) {
	(void)state;
	struct pdf_document d;
	struct pdf_builder b;
	look_at(&(struct look){.content = AT("400", "800", "SAO Y; UBND") AT("400", "788", "ngay 19-10-2026")
					  AT("400", "700", "khac") AT("72", "788", "khac")},
		&d, &b);
	assert_copy(&d.first_page, READ, SAO_Y, "SAO Y; UBND / ngay 19-10-2026");
	assert_int_equal(d.first_page.left, 400);
	assert_int_equal(d.first_page.top, 32);
	assert_int_equal(d.first_page.height, 22);
	assert_in_range(d.first_page.width, 50, 90);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

/* ---- drawing ---- */

static void all_ways_of_showing_are_followed(void **state) {
	(void)state;
	static const char *const contents[] = {
		"BT /F 10 Tf 400 800 Td (SAO) Tj ( Y) Tj ET",
		"BT /F 10 Tf 400 800 Td [(S) 20 (A) -20 (O) -300 (Y)] TJ ET",
		"BT /F 10 Tf 12 TL 400 812 Td (SAO Y) ' ET",
		"BT /F 10 Tf 12 TL 400 812 Td 0 0 (SAO Y) \" ET",
		"BT /F 10 Tf 1 0 0 1 400 800 Tm (SAO Y) Tj ET",
		"BT /F 1 Tf 10 0 0 10 400 800 Tm (SAO Y) Tj ET",
		"BT /F 10 Tf 400 830 TD 0 -30 TD (SAO Y) Tj ET",
		"BT /F 10 Tf 12 TL 400 812 Td T* (SAO Y) Tj ET",
		"q 0.1 0 0 0.1 0 0 cm BT /F 100 Tf 4000 8000 Td (SAO Y) Tj ET Q",
		"q 1 0 0 -1 0 842 cm BT /F 10 Tf 1 0 0 -1 400 42 Tm (SAO Y) Tj ET Q",
		"BT /F 10 Tf 400 800 Td <53414F2059> Tj ET",
		"BT /F 10 Tf 400 800 Td (\\123A\\117 \\\nY) Tj ET",
		"BT /F 10 Tf 420 800 Td (Y) Tj -20 0 Td (SAO) Tj ET", /* from the right to the left */
		"BT /F 10 Tf 400 800 Td (SAO Y) Tj 0.3 0 Td (SAO Y) Tj ET", /* twice, for bold */
		"BI /W 1 /H 1 /BPC 8 /CS /G ID \001(BT EI BT /F 10 Tf 400 800 Td (SAO Y) Tj ET",
		"q 1 0 0 1 400 780 cm /X40 Do Q",
		"% (no\nBT /F 10 Tf 400 800 Td (SAO Y) Tj ET",
		"Q Q Q ET ) > ] } 7 BT /F 10 Tf 400 800 Td (SAO Y) Tj (open",
	};
	for (size_t i = 0; i < ARRAY_LEN(contents); i++)
		assert_look(&(struct look){.content = contents[i], .objects = {AT("0", "20", "SAO Y")}}, 0, READ, SAO_Y,
			    "SAO Y");
}

/* The customary layers of a signature's appearance: /FRM, in it /n0 and /n2. */
static void forms_within_forms_are_read_to_their_depth(void **state) {
	(void)state;
	struct look look = {.appearance = "q 1 0 0 1 0 0 cm /X40 Do Q",
			    .objects = {"q /X41 Do Q q 1 0 0 1 2 0 cm /X42 Do Q", "% DSBlank", AT("0", "40", "SAO Y")}};
	assert_look(&look, 1, READ, SAO_Y, "SAO Y");
	look = (struct look){.appearance = "/X40 Do", .objects = {"/X41 Do", "/X42 Do", "/X43 Do", AT("0", "40", "SAO Y")}};
	assert_int_equal(LIMIT_PDF_APPEARANCE_DEPTH, 4);
	assert_look(&look, 1, READ, SAO_Y, "SAO Y");
	look.appearance = "/X44 Do", look.objects[4] = "/X40 Do";
	assert_look(&look, 1, PDF_READING_NOT_READABLE, NOTHING, NULL);
	/* One that uses itself, twice each time, ends. */
	look = (struct look){.appearance = "/X40 Do", .objects = {AT("0", "40", "SAO Y") " /X40 Do /X40 Do"}};
	assert_look(&look, 1, PDF_READING_IN_PART, SAO_Y, NULL);
}

static void contents_in_pieces_are_one(void **state) {
	(void)state;
	struct look look = {.page = "/MediaBox [0 0 595 842] /Contents [40 0 R 41 0 R]",
			    .objects = {"BT /F 10 Tf 400 800", "Td (SAO Y) Tj ET"}};
	assert_look(&look, 0, READ, SAO_Y, "SAO Y");
}

static void bounds_end_reading_and_are_told(void **state) {
	(void)state;
	static const char block[] = AT("400", "800", "SAO Y");
	struct buf b = {0};
	buf_add_text(&b, block);
	for (int i = 0; i < 10; i++) buf_add_text(&b, "q Q ");
	assert_look(&(struct look){.content = buf_text(&b)}, 0, READ, SAO_Y, "SAO Y");
	for (int i = 0; i < LIMIT_PDF_TEXT_OPERATORS; i++) buf_add_text(&b, "q ");
	assert_look(&(struct look){.content = buf_text(&b)}, 0, PDF_READING_IN_PART, SAO_Y, "SAO Y");
	buf_dispose(&b);
	for (size_t i = 0; i < LIMIT_PDF_TEXT_BYTES; i++) buf_add_byte(&b, ' ');
	assert_look(&(struct look){.content = buf_text(&b)}, 0, PDF_READING_NONE, NOTHING, NULL);
	buf_add_byte(&b, ' ');
	assert_look(&(struct look){.content = buf_text(&b)}, 0, PDF_READING_NOT_READABLE, NOTHING, NULL);
	buf_dispose(&b);
	buf_add_text(&b, "BT /F 10 Tf 400 700 Td (");
	for (size_t i = 0; i < LIMIT_PDF_TEXT_GLYPHS; i++) buf_add_byte(&b, 'x');
	buf_add_text(&b, ") Tj ET");
	assert_look(&(struct look){.content = buf_text(&b)}, 0, READ, NOTHING, NULL); /* most are beside the page */
	buf_dispose(&b);
	buf_add_text(&b, "BT /F 0.001 Tf 400 700 Td (");
	for (size_t i = 0; i <= LIMIT_PDF_TEXT_GLYPHS; i++) buf_add_byte(&b, 'x');
	buf_add_text(&b, ") Tj ET");
	assert_look(&(struct look){.content = buf_text(&b)}, 0, PDF_READING_IN_PART, NOTHING, NULL);
	buf_dispose(&b);
}

/* ---- letters ---- */

#define CMAP(rest) "begincmap 1 begincodespacerange <00> <FF> endcodespacerange " rest " endcmap"
#define SIMPLE(rest) "/Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Times " rest
#define WIDE(rest)                                                                                                     \
	"/Type /Font /Subtype /Type0 /BaseFont /Times /Encoding /Identity-H /DescendantFonts [<< /Type /Font /Subtype " \
	"/CIDFontType2 /BaseFont /Times /DW 600 /W [1 [500 500 500] 4 9 700] >>] " rest
#define SHOWN(text) "BT /F 10 Tf 400 800 Td " text " Tj ET"

static void letters_are_known_by_every_kind_of_font(void **state) {
	(void)state;
	static const struct {
		const char *font, *cmap, *text;
		enum pdf_copy_form form;
		const char *words;
	} rows[] = {
		{SIMPLE("/Encoding /WinAnsiEncoding"), NULL, "(SAO Y)", SAO_Y, "SAO Y"},
		{SIMPLE("/Encoding /MacRomanEncoding"), NULL, "(TR\352CH SAO)", PDF_COPY_TRICH_SAO, "TRÍCH SAO"},
		{SIMPLE("/Encoding /WinAnsiEncoding"), NULL, "(TR\315CH SAO)", PDF_COPY_TRICH_SAO, "TRÍCH SAO"},
		{SIMPLE(""), NULL, "(SAO Y)", SAO_Y, "SAO Y"},
		{SIMPLE("/Encoding << /Differences [1 /S /A /O /space /Y] >>"), NULL, "<0102030405>", SAO_Y, "SAO Y"},
		{SIMPLE("/Encoding << /Differences [1 /S /A /O /L /Udotbelow /C] >>"), NULL, "<010203040506>",
		 PDF_COPY_SAO_LUC, "SAOLỤC"},
		{SIMPLE("/Encoding << /Differences [1 /uni0053 /uni0041 /uni004F /uni004C /uni1EE4 /u0043] >>"), NULL,
		 "<010203040506>", PDF_COPY_SAO_LUC, "SAOLỤC"},
		{SIMPLE("/FontDescriptor << /Flags 4 >> /ToUnicode 31 0 R"),
		 CMAP("2 beginbfchar <01> <0053> <02> <0041> endbfchar 1 beginbfrange <03> <04> [<004F> <0059>] endbfrange"),
		 "<01020304>", SAO_Y, "SAOY"},
		/* one code, three characters */
		{SIMPLE("/ToUnicode 31 0 R"), CMAP("1 beginbfchar <FF> <00530041004F> endbfchar"), "<FF2059>", SAO_Y, "SAO Y"},
		/* letter and mark by themselves */
		{SIMPLE("/ToUnicode 31 0 R"), CMAP("1 beginbfchar <FF> <0323> endbfchar"), "(SAO LU\377C)", PDF_COPY_SAO_LUC,
		 "SAO LỤC"},
		{WIDE("/ToUnicode 31 0 R"),
		 "1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfrange <0001> <0001> <0053> <0002> <0003> "
		 "[<0041> <004F>] endbfrange 1 beginbfchar <0004> <0059> endbfchar",
		 "<0001000200030004>", SAO_Y, "SAOY"},
		{WIDE("/ToUnicode 31 0 R"), "1 beginbfrange <0020> <007E> <0020> endbfrange", "<00530041004F00200059>", SAO_Y,
		 "SAO Y"},
		{WIDE("/ToUnicode /Identity-H"), NULL, "<00530041004F00200059>", SAO_Y, "SAO Y"},
		/* letters of 16 bits and more than 16 */
		{WIDE("/ToUnicode 31 0 R"),
		 "3 beginbfchar <0001> <00530041004F0059> <0002> <D835DC00> <0003> <DC00> endbfchar", "<0001>", NOTHING, NULL},
		/* codes of one and two bytes */
		{"/Type /Font /Subtype /Type0 /BaseFont /Times /Encoding /Other /DescendantFonts [] /ToUnicode 31 0 R",
		 "2 begincodespacerange <00> <7F> <8000> <FFFF> endcodespacerange 1 beginbfrange <00> <7F> <0000> endbfrange "
		 "1 beginbfchar <8001> <0059> endbfchar",
		 "<53414F208001>", SAO_Y, "SAO Y"},
		/* fonts from before Unicode */
		{"/Type /Font /Subtype /TrueType /BaseFont /.VnTime /Encoding /WinAnsiEncoding", NULL, "(Sao l\364c)",
		 PDF_COPY_SAO_LUC, "Sao lục"},
		{"/Type /Font /Subtype /TrueType /BaseFont /ABCDEF+.VnTimeH", NULL, "(sao l\364c; b\325n \256\270)",
		 PDF_COPY_SAO_LUC, "SAO LỤC; BẾN ĐÁ"},
		{"/Type /Font /Subtype /TrueType /BaseFont /.VnTime /ToUnicode 31 0 R",
		 CMAP("1 beginbfrange <00> <FF> <0000> endbfrange"), "(Tr\335ch sao)", PDF_COPY_TRICH_SAO, "Trích sao"},
		{"/Type /Font /Subtype /TrueType /BaseFont /VNI-Times /Encoding /WinAnsiEncoding", NULL, "(SAO LU\317C)",
		 PDF_COPY_SAO_LUC, "SAO LỤC"},
		{"/Type /Font /Subtype /TrueType /BaseFont /VNI-Times /Encoding /WinAnsiEncoding", NULL,
		 "(TRI\331CH SAO; \361a\371)", PDF_COPY_TRICH_SAO, "TRÍCH SAO; đá"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *content = xasprintf("BT /F 10 Tf 400 800 Td %s Tj ET", rows[i].text);
		struct look look = {.content = content, .font = rows[i].font, .cmap = rows[i].cmap};
		assert_look(&look, 0, READ, rows[i].form, rows[i].words);
		free(content);
	}
}

static void letters_without_a_meaning_are_told(void **state) {
	(void)state;
	static const struct {
		const char *font, *cmap, *content;
		enum pdf_reading reading;
	} rows[] = {
		{WIDE(""), NULL, SHOWN("<000100020003>"), PDF_READING_NOT_READABLE},
		{SIMPLE("/FontDescriptor << /Flags 4 >>"), NULL, SHOWN("(SAO Y)"), PDF_READING_NOT_READABLE},
		{SIMPLE("/FontDescriptor << /Flags 32 >>"), NULL, SHOWN("(SAO Y)"), READ},
		{"/Type /Font /Subtype /Type3 /FontMatrix [0.01 0 0 0.01 0 0] /Encoding << /Differences [83 /g1 /g2] >>", NULL,
		 SHOWN("(ST)"), PDF_READING_NOT_READABLE},
		{SIMPLE("/ToUnicode 31 0 R /Encoding << /Differences [65 /g1] >>"), CMAP("1 beginbfchar <41> <E000> endbfchar"),
		 SHOWN("(A)"), PDF_READING_NOT_READABLE},
		{"/Type /Font /Subtype /Type1 /BaseFont /Symbol", NULL, SHOWN("(SAO Y)"), PDF_READING_NOT_READABLE},
		{HELVETICA, NULL, "BT /None 10 Tf 400 800 Td (SAO Y) Tj ET", PDF_READING_NOT_READABLE},
		{SIMPLE("/Encoding << /Differences [65 /g1] >>"), NULL, SHOWN("(AB)"), PDF_READING_IN_PART},
		/* elsewhere on the page they are no matter */
		{WIDE(""), NULL, "BT /F 10 Tf 400 500 Td <00010002> Tj ET", PDF_READING_NONE},
		{WIDE(""), NULL, "BT /F 10 Tf 72 800 Td <00010002> Tj ET", PDF_READING_NONE},
		{HELVETICA, NULL, SHOWN("(   )"), PDF_READING_NONE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].reading == READ)
			assert_look(&(struct look){.content = rows[i].content, .font = rows[i].font}, 0, READ, SAO_Y, "SAO Y");
		else
			assert_look(&(struct look){.content = rows[i].content, .font = rows[i].font, .cmap = rows[i].cmap}, 0,
				    rows[i].reading, NOTHING, NULL);
}

static void old_fonts_are_known_by_their_names(void **state) {
	(void)state;
	static const struct {
		const char *name;
		enum pdf_legacy legacy;
	} rows[] = {
		{".VnTime", PDF_LEGACY_TCVN3},
		{"VnTimeBold", PDF_LEGACY_TCVN3},
		{"ABCDEF+.VnTime,Bold", PDF_LEGACY_TCVN3},
		{".VnTimeH", PDF_LEGACY_TCVN3_CAPITALS},
		{".VnTimeH,BoldItalic", PDF_LEGACY_TCVN3_CAPITALS},
		{".VnArialHBold", PDF_LEGACY_TCVN3_CAPITALS},
		{".Vn3DH", PDF_LEGACY_TCVN3_CAPITALS},
		{"VNI-Times", PDF_LEGACY_VNI},
		{"ABCDEF+VNI Helve", PDF_LEGACY_VNI},
		{"VNITimes", PDF_LEGACY_NONE},
		{"Vncourier", PDF_LEGACY_NONE},
		{"TimesNewRoman", PDF_LEGACY_NONE},
		{"", PDF_LEGACY_NONE},
		{"Vn", PDF_LEGACY_NONE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(pdf_legacy_of_font(rows[i].name, strlen(rows[i].name)), rows[i].legacy);
}

static void nothing_forges_lines_in_a_report(void **state) {
	(void)state;
	assert_look(&(struct look){.content = SHOWN("<0153414F20594F>"),
				   .font = SIMPLE("/ToUnicode 31 0 R /Encoding /WinAnsiEncoding"),
				   .cmap = CMAP("1 beginbfchar <01> <0053> <4F> <001B> endbfchar")},
		    0, PDF_READING_IN_PART, NOTHING, NULL);
	/* What is told of a block is bounded. */
	struct buf b = {0};
	struct pdf_document d;
	struct pdf_builder builder;
	buf_add_text(&b, "BT /F 0.1 Tf 400 800 Td (SAO Y; ");
	for (int i = 0; i < 1000; i++) buf_add_text(&b, "x");
	buf_add_text(&b, ") Tj ET");
	look_at(&(struct look){.content = buf_text(&b)}, &d, &builder);
	assert_int_equal(d.first_page.form, SAO_Y);
	assert_in_range(strlen(d.first_page.words), LIMIT_PDF_BLOCK_BYTES - 4, LIMIT_PDF_BLOCK_BYTES);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&builder);
	buf_dispose(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_known_in_every_spelling),
		cmocka_unit_test(block_stands_at_the_top_right_of_the_page),
		cmocka_unit_test(block_of_a_signature_is_seen_at_the_top_right),
		cmocka_unit_test(place_of_the_block_is_told),
		cmocka_unit_test(all_ways_of_showing_are_followed),
		cmocka_unit_test(forms_within_forms_are_read_to_their_depth),
		cmocka_unit_test(contents_in_pieces_are_one),
		cmocka_unit_test(bounds_end_reading_and_are_told),
		cmocka_unit_test(letters_are_known_by_every_kind_of_font),
		cmocka_unit_test(letters_without_a_meaning_are_told),
		cmocka_unit_test(old_fonts_are_known_by_their_names),
		cmocka_unit_test(nothing_forges_lines_in_a_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
