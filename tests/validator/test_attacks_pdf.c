/* The published attacks on signed PDF files, each by its name, with a signature that is valid before the attack. What
 * counts: none passes, or where the permission allows it there is a warning; and the finding says what was done. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "tests/validator/pdf_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define GAP_DIGITS 6000
#define SIG "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
#define MDP(p) " /Reference [<< /TransformMethod /DocMDP /TransformParams << /P " #p " >> >>]"
#define CATALOG(more) "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R " more " >>"
#define FORM(fields) "<< /Fields [" fields "] /SigFlags 3 /DR << /Font << /F 7 0 R >> >> >>"
#define PAGE(contents, annots)                                                                                         \
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents " contents                                     \
	" /Resources << /Font << /F 7 0 R >> /XObject << /I 8 0 R >> >> /Annots [" annots "] >>"
#define AMOUNT(look)                                                                                                   \
	"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /Rect [10 10 90 30] /F 4 /P 3 0 R /AP << /N "   \
	look " >> >>"
#define STREAM(entries, text) "<< " entries " /Length 18 >>\nstream\n" text "\nendstream"
#define LOOK "/Type /XObject /Subtype /Form /BBox [0 0 80 20]"
#define SEEN "/Type /Annot /Subtype /Widget /FT /Sig /T (late) /Rect [10 10 90 30] /F 4 /P 3 0 R"

struct object {
	int number;
	const char *body;
};

static void add(struct pdf_builder *b, const struct object *objects, size_t count) {
	for (size_t i = 0; i < count && objects[i].number; i++)
		pdf_builder_object(b, objects[i].number, objects[i].body);
}

static void seal(struct pdf_builder *b, size_t gap) {
	unsigned long n[4];
	struct buf content = {0};
	assert_int_equal(sscanf((char *)b->out.data + b->range, "[%lu %lu %lu %lu]", &n[0], &n[1], &n[2], &n[3]), 4);
	for (int i = 0; i < 4; i += 2) buf_add(&content, b->out.data + n[i], n[i + 1]);
	struct cms_plan plan = {.content = content.data, .content_len = content.len};
	struct buf cms = cms_build(&world, &plan);
	char *digits = hex_dup(cms.data, cms.len);
	assert_true(strlen(digits) <= GAP_DIGITS);
	memcpy(b->out.data + gap + 1, digits, strlen(digits));
	free(digits);
	buf_dispose(&content), buf_dispose(&cms);
}

static const struct object plain[] = {
	{1, CATALOG("")},
	{2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"},
	{3, PAGE("4 0 R", "10 0 R 12 0 R 30 0 R")}, /* 30 is announced and does not exist */
	{4, STREAM("", "BT (pay 100) Tj ET")},
	{5, FORM("10 0 R 12 0 R")},
	{6, STREAM(LOOK, "BT (100)     Tj ET")},
	{7, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"},
	{8, STREAM("/Type /XObject /Subtype /Image /Width 1 /Height 1", "this hides a text.")},
	{9, "<< /Type /Pages /Kids [14 0 R] /Count 1 >>"}, /* a second tree, not used */
	{10, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (first) /Rect [0 0 0 0] /F 132 /P 3 0 R /V 11 0 R >>"},
	{12, AMOUNT("6 0 R")},
	{14, "<< /Type /Page /Parent 9 0 R /MediaBox [0 0 595 842] /Contents 6 0 R /Resources << >> >>"},
};

static void signed_document(struct pdf_builder *b, const char *entries) {
	pdf_builder_begin(b, PDF_TABLE);
	b->gap_digits = GAP_DIGITS;
	add(b, plain, ARRAY_LEN(plain));
	pdf_builder_signature(b, 11, entries);
	size_t gap = b->gap;
	pdf_builder_finish(b);
	seal(b, gap);
}

static json_t *judge(const struct pdf_builder *b) {
	struct val_request request = {.document = {b->out.data, b->out.len}, .revocation = REVOCATION_HARD};
	assert_true(utime_parse("2025-06-01T00:00:00Z", &request.at));
	return validator_judge(validator, &request);
}

/* The code is there, and where `detail` is given, with it. */
static bool tells(const json_t *of, const char *code, const char *detail) {
	size_t i;
	json_t *finding;
	json_array_foreach(json_object_get(of, "findings"), i, finding)
		if (!strcmp(text(finding, "code"), code) && (!detail || strstr(text(finding, "detail"), detail)))
			return true;
	return false;
}

static void expect(const char *name, const struct pdf_builder *b, const char *indication, const char *code,
		   const char *detail) {
	json_t *report = judge(b), *s = NULL, *item;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, item)
		if (!strcmp(text(item, "id"), "first")) s = item;
	const char *got = text(s, "indication");
	bool told = tells(report, code, detail) || tells(s, code, detail);
	if (strcmp(got, indication) != 0 || !told) {
		char *all = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s: %s, %s is %s", name, got, code, told ? "there" : "missing");
	}
	json_decref(report);
}

static const char passed[] = "TOTAL-PASSED", unsure[] = "INDETERMINATE", failed[] = "TOTAL-FAILED";

/* ---- attacks that are an update ---- */

struct attack {
	const char *name, *entries; /* of the signature */
	enum pdf_builder_kind kind; /* of the update */
	struct object update[4];
	const char *indication, *code, *detail;
};

static void attacks_by_update(void **state) {
	(void)state;
	static const struct attack attacks[] = {
		{"nothing", SIG, PDF_TABLE, {{40, "null"}}, passed, "STANDARD_FONT_NOT_EMBEDDED", NULL},
		{"incremental saving: contents",
		 SIG, PDF_TABLE, {{4, STREAM("", "BT (pay 900) Tj ET")}}, unsure, "CHANGE_FORBIDDEN", "row 56"},
		{"incremental saving: another page",
		 SIG, PDF_TABLE, {{3, PAGE("6 0 R", "10 0 R 12 0 R 30 0 R")}}, unsure, "CHANGE_FORBIDDEN", "row 56"},
		{"incremental saving: in a cross-reference stream",
		 SIG, PDF_XREF_STREAM, {{4, STREAM("", "BT (pay 900) Tj ET")}}, unsure, "CHANGE_FORBIDDEN", "row 56"},
		{"object stream over an object",
		 SIG, PDF_OBJECT_STREAM, {{3, PAGE("6 0 R", "10 0 R 12 0 R 30 0 R")}}, unsure, "CHANGE_FORBIDDEN", "row 56"},
		{"incremental saving: without catalog entries",
		 SIG, PDF_TABLE, {{1, "<< /Type /Catalog /Pages 2 0 R >>"}}, unsure, "CHANGE_FORBIDDEN", "row 23"},
		{"shadow hide: the covering image",
		 SIG, PDF_TABLE, {{8, STREAM("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", "                  ")}},
		 unsure, "CHANGE_FORBIDDEN", "row 56"},
		{"shadow hide: an announced annotation comes",
		 SIG, PDF_TABLE, {{30, "<< /Type /Annot /Subtype /Stamp /Rect [0 0 90 90] /P 3 0 R >>"}},
		 unsure, "CHANGE_FORBIDDEN", "row 52"},
		{"shadow replace: the look of a field",
		 SIG, PDF_TABLE, {{6, STREAM(LOOK, "BT (900)     Tj ET")}}, unsure, "CHANGE_FORBIDDEN", "row 43"},
		{"shadow replace: the font",
		 SIG, PDF_TABLE, {{7, "<< /Type /Font /Subtype /Type1 /BaseFont /Other >>"}}, unsure, "CHANGE_FORBIDDEN", "row 56"},
		{"shadow hide and replace: the second page tree",
		 SIG, PDF_TABLE, {{1, "<< /Type /Catalog /Pages 9 0 R /AcroForm 5 0 R >>"}}, unsure, "CHANGE_FORBIDDEN", "row 57"},
		{"shadow hide and replace: what was prepared is told",
		 SIG, PDF_TABLE, {{40, "null"}}, passed, "SIGNED_HIDDEN_OBJECTS", "object 9"},
		{"evil annotation, P=3",
		 SIG MDP(3), PDF_TABLE,
		 {{3, PAGE("4 0 R", "10 0 R 12 0 R 30 0 R 31 0 R")}, {31, "<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 500] /P 3 0 R >>"}},
		 passed, "ANNOTATION_CAN_HIDE_CONTENT", "FreeText"},
		{"evil annotation, P=3, its size",
		 SIG MDP(3), PDF_TABLE,
		 {{3, PAGE("4 0 R", "10 0 R 12 0 R 30 0 R 31 0 R")}, {31, "<< /Type /Annot /Subtype /Redact /Rect [0 0 500 500] /P 3 0 R >>"}},
		 passed, "ANNOTATION_COVERS_PAGE", "page 1"},
		{"evil annotation, P=2",
		 SIG MDP(2), PDF_TABLE,
		 {{3, PAGE("4 0 R", "10 0 R 12 0 R 30 0 R 31 0 R")}, {31, "<< /Type /Annot /Subtype /FreeText /Rect [0 0 500 500] /P 3 0 R >>"}},
		 unsure, "CHANGE_FORBIDDEN", "row 50"},
		{"sneaky signature, P=2",
		 SIG MDP(2), PDF_TABLE,
		 {{3, PAGE("4 0 R", "10 0 R 12 0 R 30 0 R 31 0 R")}, {5, FORM("10 0 R 12 0 R 31 0 R")},
		  {31, "<< " SEEN " /V 32 0 R >>"}, {32, "<< " SIG " /ByteRange [0 1 2 1] /Contents <00> >>"}},
		 unsure, "CHANGE_FORBIDDEN", "row 30"},
		{"sneaky signature, P=3",
		 SIG MDP(3), PDF_TABLE,
		 {{3, PAGE("4 0 R", "10 0 R 12 0 R 30 0 R 31 0 R")}, {5, FORM("10 0 R 12 0 R 31 0 R")},
		  {31, "<< " SEEN " /V 32 0 R >>"}, {32, "<< " SIG " /ByteRange [0 1 2 1] /Contents <00> >>"}},
		 passed, "ANNOTATION_OVERLAPS", "amount"},
		{"certification: a script with the certified document's rights",
		 SIG MDP(3), PDF_TABLE, {{1, CATALOG("/OpenAction << /S /JavaScript /JS (x) >>")}},
		 unsure, "CHANGE_FORBIDDEN", "row 14"},
		{"certification: permissions added later",
		 SIG MDP(2), PDF_TABLE, {{1, CATALOG("/Perms << /DocMDP 11 0 R >>")}}, unsure, "CHANGE_FORBIDDEN", "row 13"},
		{"a key twice",
		 SIG, PDF_TABLE, {{12, "<< /Rect [0 0 595 842] " "/Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) "
		  "/Rect [10 10 90 30] /F 4 /P 3 0 R /AP << /N 6 0 R >> >>"}}, unsure, "READERS_MAY_DISAGREE", "/Rect"},
	};
	for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
		struct pdf_builder b;
		const struct attack *a = &attacks[i];
		signed_document(&b, a->entries);
		b.kind = a->kind;
		add(&b, a->update, ARRAY_LEN(a->update));
		pdf_builder_finish(&b);
		expect(a->name, &b, a->indication, a->code, a->detail);
		pdf_builder_dispose(&b);
	}
}

/* ---- attacks on the bytes ---- */

static void universal_forgery_is_no_missing_signature(void **state) {
	(void)state;
	static const char *const dictionaries[] = {
		"/ByteRange [0 10 20 10]",
		"/ByteRange [0 10 20 10] /Contents null",
		"/ByteRange [0 10 20 10] /Contents <>",
		"/ByteRange [0 10 20 10] /Contents <00>",
		"/Contents <3000>",
		"/Contents <3000> /ByteRange null",
		"/Contents <3000> /ByteRange [0 -1 20 10]",
		"/Contents <3000> /ByteRange [0 0 0 0]",
		"/Contents <3000> /ByteRange [0 99999999999999999999 20 10]",
		"",
	};
	for (size_t i = 0; i < ARRAY_LEN(dictionaries); i++) {
		struct pdf_builder b;
		char body[256];
		pdf_builder_begin(&b, PDF_TABLE);
		add(&b, plain, ARRAY_LEN(plain));
		snprintf(body, sizeof body, "<< " SIG " %s >>", dictionaries[i]);
		pdf_builder_object(&b, 11, body);
		pdf_builder_finish(&b);
		json_t *report = judge(&b);
		assert_int_equal(json_array_size(json_object_get(report, "signatures")), 1);
		assert_string_equal(text(report, "indication"), failed);
		assert_string_equal(text(report, "integrity"), "broken");
		json_decref(report);
		pdf_builder_dispose(&b);
	}
}

/* The second range is moved behind what the attacker puts between, and the range is written anew. */
static void signature_wrapping_leaves_a_hole(void **state) {
	(void)state;
	static const char evil[] = "3 0 obj\n" PAGE("6 0 R", "") "\nendobj\n";
	struct pdf_builder b;
	signed_document(&b, SIG);
	unsigned long n[4];
	char range[80];
	assert_int_equal(sscanf((char *)b.out.data + b.range, "[%lu %lu %lu %lu]", &n[0], &n[1], &n[2], &n[3]), 4);
	struct buf wrapped = {0};
	buf_add(&wrapped, b.out.data, n[2]);
	buf_add_text(&wrapped, ">>\nendobj\n");
	buf_add_text(&wrapped, evil);
	size_t second = wrapped.len;
	buf_add(&wrapped, b.out.data + n[2], n[3]);
	snprintf(range, sizeof range, "[%lu %010lu %010zu %010lu]", n[0], n[1], second, n[3]);
	buf_dispose(&b.out);
	b.out = wrapped;
	/* In the attack the range is in the part that nobody signed; here it is enough that the gap is no longer the value. */
	memcpy(b.out.data + b.range, range, strlen(range));
	json_t *report = judge(&b), *s = json_array_get(json_object_get(report, "signatures"), 0);
	assert_string_equal(text(s, "coverage"), "partial");
	assert_string_equal(text(s, "modification"), "forbidden");
	assert_string_not_equal(text(s, "indication"), passed);
	assert_true(tells(s, "BYTERANGE_NOT_STANDARD", NULL));
	json_decref(report);
	pdf_builder_dispose(&b);
}

/* A second signature that is the first one's dictionary once more, over a changed document. */
static void borrowed_signatures_cover_nothing(void **state) {
	(void)state;
	struct pdf_builder b;
	signed_document(&b, SIG);
	const char *start = memmem(b.out.data, b.out.len, "11 0 obj", 8);
	assert_non_null(start);
	char *copy = xstrndup(start + 9, (size_t)(strstr(start, "endobj") - start - 9));
	pdf_builder_object(&b, 4, STREAM("", "BT (pay 900) Tj ET"));
	pdf_builder_object(&b, 11, copy);
	pdf_builder_finish(&b);
	expect("incremental saving: the signature copied", &b, unsure, "CHANGE_FORBIDDEN", NULL);
	free(copy);
	pdf_builder_dispose(&b);
}

static void damaged_ends_never_clear_a_signature(void **state) {
	(void)state;
	static const struct {
		const char *name, *tail, *indication, *code, *detail;
		unsigned fill; /* lines in front, so that no startxref is near the end */
	} cases[] = {
		{"incremental saving: objects alone", "4 0 obj\n" STREAM("", "BT (pay 900) Tj ET") "\nendobj\n", passed,
		 "READERS_MAY_DISAGREE", "behind the end", 0},
		{"incremental saving: objects alone, far from the end",
		 "4 0 obj\n" STREAM("", "BT (pay 900) Tj ET") "\nendobj\n", unsure, "CHANGE_FORBIDDEN", "row 56", 60},
		{"incremental saving: a wrong startxref",
		 "4 0 obj\n" STREAM("", "BT (pay 900) Tj ET") "\nendobj\nstartxref\n7\n%%EOF\n", unsure, "CHANGE_FORBIDDEN",
		 "row 56", 0},
		{"a section that is its own predecessor",
		 "trailer << /Root 1 0 R /Size 40 /Prev 9 >>\nstartxref\n9\n%%EOF\n", unsure, "DOCUMENT_DAMAGED", NULL, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		signed_document(&b, SIG);
		for (unsigned k = 0; k < cases[i].fill; k++) buf_add_text(&b.out, "% a line of no meaning\n");
		buf_add_text(&b.out, cases[i].tail);
		for (unsigned k = 0; k < cases[i].fill; k++) buf_add_text(&b.out, "% a line of no meaning\n");
		expect(cases[i].name, &b, cases[i].indication, cases[i].code, cases[i].detail);
		pdf_builder_dispose(&b);
	}
}

/* An update whose table is harmless; the stream beside it replaces the contents. Old programs do not see it. */
static void hybrid_updates_are_read_both_ways(void **state) {
	(void)state;
	for (int evil = 0; evil < 2; evil++) {
		struct pdf_builder b;
		char entry[7] = {1, 0, 0, 0, 0, 0, 0};
		signed_document(&b, SIG);
		size_t object = b.out.len;
		buf_add_text(&b.out, "4 0 obj\n");
		buf_add_text(&b.out, evil ? STREAM("", "BT (pay 900) Tj ET") : STREAM("", "BT (pay 100) Tj ET"));
		buf_add_text(&b.out, "\nendobj\n");
		for (int k = 0; k < 4; k++) entry[1 + k] = (char)(object >> (24 - 8 * k));
		size_t stream = b.out.len;
		buf_add_text(&b.out, "41 0 obj\n<< /Type /XRef /W [1 4 2] /Index [4 1] /Size 42 /Root 1 0 R /Length 7 >>\nstream\n");
		buf_add(&b.out, entry, sizeof entry);
		buf_add_text(&b.out, "\nendstream\nendobj\n");
		size_t table = b.out.len;
		buf_printf(&b.out, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 42 /Root 1 0 R /Prev %zu /XRefStm %zu >>\n",
			   b.previous, stream);
		buf_printf(&b.out, "startxref\n%zu\n%%%%EOF\n", table);
		expect("hybrid", &b, evil ? unsure : passed, "READERS_MAY_DISAGREE", "hybrid");
		expect("hybrid", &b, evil ? unsure : passed, evil ? "CHANGE_FORBIDDEN" : "READERS_MAY_DISAGREE", NULL);
		pdf_builder_dispose(&b);
	}
}

/* Of two the last counts here; that of the signed state is no way back for the attacker. */
static void several_startxref_do_not_hide_an_update(void **state) {
	(void)state;
	for (int back = 0; back < 2; back++) {
		struct pdf_builder b;
		signed_document(&b, SIG);
		size_t first = b.previous;
		pdf_builder_object(&b, 4, STREAM("", "BT (pay 900) Tj ET"));
		pdf_builder_finish(&b);
		if (back) buf_printf(&b.out, "startxref\n%zu\n%%%%EOF\n", first);
		json_t *report = judge(&b), *s = json_array_get(json_object_get(report, "signatures"), 0);
		assert_string_equal(text(s, "modification"), back ? "permitted" : "forbidden");
		json_decref(report);
		pdf_builder_dispose(&b);
	}
}

static void a_missing_end_marker_is_told(void **state) {
	(void)state;
	for (int missing = 0; missing < 2; missing++) {
		struct pdf_builder b;
		pdf_builder_begin(&b, PDF_TABLE);
		b.gap_digits = GAP_DIGITS;
		add(&b, plain, ARRAY_LEN(plain));
		pdf_builder_signature(&b, 11, SIG);
		size_t gap = b.gap;
		pdf_builder_finish(&b);
		unsigned long n[4];
		char range[80];
		assert_int_equal(sscanf((char *)b.out.data + b.range, "[%lu %lu %lu %lu]", &n[0], &n[1], &n[2], &n[3]), 4);
		if (missing) b.out.len -= 6, n[3] -= 6;
		snprintf(range, sizeof range, "[%lu %010lu %010lu %010lu]", n[0], n[1], n[2], n[3]);
		memcpy(b.out.data + b.range, range, strlen(range));
		seal(&b, gap);
		json_t *report = judge(&b), *s = json_array_get(json_object_get(report, "signatures"), 0);
		assert_string_equal(text(s, "indication"), passed);
		assert_int_equal(tells(s, "END_MARKER_MISSING", NULL), missing);
		json_decref(report);
		pdf_builder_dispose(&b);
	}
}

/* Two byte ranges or values in one dictionary: programs that take the first see another signature. */
static void keys_twice_in_a_signature_are_not_standard(void **state) {
	(void)state;
	static const char *const more[] = {"", " /ByteRange [0 1 2 3]", " /Contents <00>"};
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		struct pdf_builder b;
		char entries[256];
		snprintf(entries, sizeof entries, "%s%s", SIG, more[i]);
		signed_document(&b, entries);
		json_t *report = judge(&b), *s = json_array_get(json_object_get(report, "signatures"), 0);
		assert_string_equal(text(s, "indication"), i ? unsure : passed);
		assert_int_equal(tells(s, "BYTERANGE_NOT_STANDARD", "twice"), i > 0);
		json_decref(report);
		pdf_builder_dispose(&b);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attacks_by_update),
		cmocka_unit_test(universal_forgery_is_no_missing_signature),
		cmocka_unit_test(signature_wrapping_leaves_a_hole),
		cmocka_unit_test(borrowed_signatures_cover_nothing),
		cmocka_unit_test(damaged_ends_never_clear_a_signature),
		cmocka_unit_test(hybrid_updates_are_read_both_ways),
		cmocka_unit_test(several_startxref_do_not_hide_an_update),
		cmocka_unit_test(a_missing_end_marker_is_told),
		cmocka_unit_test(keys_twice_in_a_signature_are_not_standard),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
