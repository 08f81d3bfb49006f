/* What a signed document has prepared: for each finding a document that has it and the nearest that has not. */
#include "validator/pdf.h"

#include "base/limits.h"
#include "tests/validator/pdf_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SIG "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
#define CATALOG(more) "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R " more " >>"
#define FORM(fields, more) "<< /Fields [" fields "] /SigFlags 3 " more " >>"
#define PAGE(annots, more)                                                                                             \
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << " more " >> "              \
	"/Annots [" annots "] >>"
#define TEXT(name, rect, more)                                                                                         \
	"<< /Type /Annot /Subtype /Widget /FT /Tx /T (" name ") /Rect [" rect "] /F 4 /P 3 0 R " more " >>"
#define STREAM(number, entries) {number, "<< " entries " /Length 0 >>\nstream\n\nendstream"}

#define LOOK(number, text)                                                                                             \
	{number, "<< /Subtype /Form /BBox [0 0 80 20] /Length 48 >>\nstream\n" text "\nendstream"}

struct object {
	int number;
	const char *body;
};

static const struct object plain[] = {
	{1, CATALOG("")},
	{2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"},
	{3, PAGE("10 0 R", "")},
	{5, FORM("10 0 R", "")},
	{10, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (first) /Rect [0 0 0 0] /F 132 /P 3 0 R /V 11 0 R >>"},
};

static void add(struct pdf_builder *b, const struct object *objects, size_t count) {
	for (size_t i = 0; i < count && objects[i].number; i++)
		pdf_builder_object(b, objects[i].number, objects[i].body);
}

static void build(struct pdf_builder *b, enum pdf_builder_kind kind, const struct object own[5]) {
	pdf_builder_begin(b, kind);
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		bool replaced = false;
		for (size_t k = 0; k < 5; k++) replaced |= own[k].number == plain[i].number;
		if (!replaced) add(b, &plain[i], 1);
	}
	pdf_builder_stream(b, 4, "", "BT (pay 100) Tj ET");
	add(b, own, 5);
	pdf_builder_signature(b, 11, SIG);
	pdf_builder_finish(b);
}

static bool document_has(const struct pdf_builder *b, enum finding_code code, bool details) {
	struct pdf_document d;
	pdf_read(b->out.data, b->out.len, &d);
	bool found = finding_has(&d.findings, code);
	for (size_t i = 0; i < d.signature_count; i++) found |= finding_has(&d.signatures[i].findings, code);
	for (size_t i = 0; details && i < d.findings.count; i++)
		print_message("%s: %s\n", finding_name(d.findings.items[i].code), d.findings.items[i].detail);
	/* Whatever is told, it is no change. */
	assert_int_equal(d.signatures[0].modification, PDF_UNMODIFIED);
	pdf_document_dispose(&d);
	return found;
}

struct pair {
	enum finding_code code;
	struct object has[5], has_not[5];
};

static void prepared_documents_have_their_findings(void **state) {
	(void)state;
	static const struct pair pairs[] = {
		{FINDING_ACTIVE_CONTENT,
		 {{1, CATALOG("/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (x) >>] >> >>")}},
		 {{1, CATALOG("/Names << /Dests << /Names [(a) [3 0 R /Fit]] >> >>")}}},
		{FINDING_ACTIVE_CONTENT,
		 {{1, CATALOG("/OpenAction << /S /Named /N /Print >>")}},
		 {{1, CATALOG("/OpenAction << /S /GoTo /D [3 0 R /Fit] >>")}}},
		{FINDING_ACTIVE_CONTENT,
		 {{5, FORM("10 0 R", "/XFA [(a) 12 0 R]")}, STREAM(12, "")},
		 {{5, FORM("10 0 R", "/CO []")}}},
		{FINDING_ACTIVE_CONTENT,
		 {{3, PAGE("10 0 R 12 0 R", "")}, {12, "<< /Subtype /Screen /Rect [1 1 2 2] >>"}},
		 {{3, PAGE("10 0 R 12 0 R", "")}, {12, "<< /Subtype /Link /Rect [1 1 2 2] >>"}}},
		{FINDING_VIEW_DEPENDS_ON_SETTINGS,
		 {{1, CATALOG("/OCProperties << /OCGs [12 0 R] /D << /OFF [12 0 R] >> >>")},
		  {12, "<< /Type /OCG /Name (a) >>"}},
		 {{1, CATALOG("/OCProperties << /OCGs [12 0 R] /D << /OFF [] /BaseState /ON >> >>")},
		  {12, "<< /Type /OCG /Name (a) >>"}}},
		{FINDING_VIEW_DEPENDS_ON_SETTINGS,
		 {{1, CATALOG("/OCProperties << /OCGs [12 0 R] /D << >> >>")},
		  {12, "<< /Type /OCG /Name (a) /Usage << /Print << /PrintState /OFF >> >> >>"}},
		 {{1, CATALOG("/OCProperties << /OCGs [12 0 R] /D << >> >>")},
		  {12, "<< /Type /OCG /Name (a) /Usage << /Print << /PrintState /ON >> >> >>"}}},
		{FINDING_VIEW_DEPENDS_ON_SETTINGS,
		 {{3, PAGE("10 0 R", "/XObject << /I 12 0 R >>")},
		  STREAM(12, "/Subtype /Image /Alternates [<< /Image 4 0 R >>]")},
		 {{3, PAGE("10 0 R", "/XObject << /I 12 0 R >>")}, STREAM(12, "/Subtype /Image /Alternates []")}},
		{FINDING_EXTERNAL_CONTENT,
		 {{3, PAGE("10 0 R", "/XObject << /I 12 0 R >>")}, STREAM(12, "/Subtype /Image /F (a.jpg)")},
		 {{3, PAGE("10 0 R", "/XObject << /I 12 0 R >>")}, STREAM(12, "/Subtype /Image")}},
		{FINDING_EXTERNAL_CONTENT,
		 {{3, PAGE("10 0 R", "/XObject << /I 12 0 R >>")}, STREAM(12, "/Subtype /Form /Ref << /Page 0 >>")},
		 {{3, PAGE("10 0 R", "/XObject << /I 12 0 R >>")}, STREAM(12, "/Subtype /Form")}},
		{FINDING_FONT_NOT_EMBEDDED,
		 {{3, PAGE("10 0 R", "/Font << /F 12 0 R >>")},
		  {12, "<< /Type /Font /Subtype /TrueType /BaseFont /Arial >>"}},
		 {{3, PAGE("10 0 R", "/Font << /F 12 0 R >>")},
		  {12, "<< /Type /Font /Subtype /TrueType /BaseFont /Arial /FontDescriptor << /FontFile2 4 0 R >> >>"}}},
		{FINDING_STANDARD_FONT_NOT_EMBEDDED,
		 {{3, PAGE("10 0 R", "/Font << /F 12 0 R >>")},
		  {12, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}},
		 {{3, PAGE("10 0 R", "/Font << /F 12 0 R >>")},
		  {12, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetic >>"}}},
		{FINDING_SIGNED_FORM_INCONSISTENT, /* one on top of the other */
		 {{3, PAGE("10 0 R 12 0 R 13 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 13 0 R", "")},
		  {12, TEXT("a", "10 10 90 30", "")},
		  {13, TEXT("b", "50 10 120 30", "")}},
		 {{3, PAGE("10 0 R 12 0 R 13 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 13 0 R", "")},
		  {12, TEXT("a", "10 10 90 30", "")},
		  {13, TEXT("b", "90 10 120 30", "")}}},
		{FINDING_SIGNED_FORM_INCONSISTENT, /* hidden ones cover nothing */
		 {{3, PAGE("10 0 R 12 0 R 13 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 13 0 R", "")},
		  {12, TEXT("a", "10 10 90 30", "")},
		  {13, TEXT("b", "10 10 90 30", "/F 4")}},
		 {{3, PAGE("10 0 R 12 0 R 13 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 13 0 R", "")},
		  {12, TEXT("a", "10 10 90 30", "")},
		  {13, "<< /Subtype /Widget /FT /Tx /T (b) /Rect [10 10 90 30] /F 2 >>"}}},
		{FINDING_SIGNED_FORM_INCONSISTENT, /* a widget without field */
		 {{3, PAGE("10 0 R 12 0 R", "")}, {12, TEXT("a", "10 10 90 30", "")}},
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "")}, {12, TEXT("a", "10 10 90 30", "")}}},
		{FINDING_SIGNED_FORM_INCONSISTENT, /* a field that waits to be shown */
		 {{5, FORM("10 0 R 12 0 R", "")}, {12, TEXT("a", "10 10 90 30", "")}},
		 {{5, FORM("10 0 R 12 0 R", "")}, {12, TEXT("a", "10 10 10 10", "")}}},
		{FINDING_SIGNED_FORM_INCONSISTENT, /* the organisation's signature lies on the person's */
		 {{3, PAGE("10 0 R 12 0 R 13 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 13 0 R", "")},
		  {12, "<< /Subtype /Widget /FT /Sig /T (a) /Rect [10 10 90 30] /F 4 >>"},
		  {13, TEXT("b", "50 10 120 30", "")}},
		 {{3, PAGE("10 0 R 12 0 R 13 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 13 0 R", "")},
		  {12, "<< /Subtype /Widget /FT /Sig /T (a) /Rect [10 10 90 30] /F 4 >>"},
		  {13, "<< /Subtype /Widget /FT /Sig /T (b) /Rect [50 10 120 30] /F 4 >>"}}},
		{FINDING_APPEARANCE_DIFFERS_FROM_VALUE, /* another text */
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> ")}, LOOK(13, "BT /F 9 Tf (pay 900) Tj ET                      ")},
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> ")}, LOOK(13, "BT /F 9 Tf (pay 100) Tj ET                      ")}},
		{FINDING_APPEARANCE_DIFFERS_FROM_VALUE, /* in pieces, escaped, hexadecimal */
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> ")}, LOOK(13, "BT /F 9 Tf [(p\\141y) -9 <20393030>] TJ ET       ")},
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> ")}, LOOK(13, "BT /F 9 Tf [(p\\141y) -9 <20313030>] TJ ET       ")}},
		{FINDING_APPEARANCE_DIFFERS_FROM_VALUE, /* letters of its own are not read */
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /A >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> ")}, LOOK(13, "BT /F 9 Tf (pay 900) Tj ET                      ")},
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /A /FontDescriptor << /Flags 4 >> >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> ")}, LOOK(13, "BT /F 9 Tf (pay 900) Tj ET                      ")}},
		{FINDING_APPEARANCE_DIFFERS_FROM_VALUE, /* nor is what a script formats */
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> /AA << /K << >> >>")}, LOOK(13, "BT /F 9 Tf (100,-) Tj ET                        ")},
		 {{3, PAGE("10 0 R 12 0 R", "")}, {5, FORM("10 0 R 12 0 R", "/DR << /Font << /F << /Subtype /Type1 /BaseFont /Helvetica >> >> >>")},
		  {12, TEXT("a", "10 10 90 30", "/V (pay 100) /AP << /N 13 0 R >> /AA << /F << /S /X >> >>")}, LOOK(13, "BT /F 9 Tf (100,-) Tj ET                        ")}},
		{FINDING_SIGNED_DANGLING_REFERENCE, {{3, PAGE("10 0 R 40 0 R", "")}}, {{3, PAGE("10 0 R", "")}}},
		{FINDING_SIGNED_DANGLING_REFERENCE,
		 {{3, PAGE("10 0 R", "/XObject << /I 40 0 R >>")}},
		 {{3, PAGE("10 0 R", "/Parent 40 0 R")}}},
		{FINDING_SIGNED_HIDDEN_OBJECTS,
		 {{40, "<< /Type /Pages /Kids [41 0 R] /Count 1 >>"}},
		 {{40, "<< /Type /Group /Kids [41 0 R] /Count 1 >>"}}},
		{FINDING_SIGNED_HIDDEN_OBJECTS,
		 {{40, CATALOG("")}},
		 {{1, CATALOG("/Other 40 0 R")}, {40, CATALOG("")}}},
		{FINDING_SIGNED_UNUSED_OBJECTS,
		 {STREAM(40, "/Subtype /Image")},
		 {{3, PAGE("10 0 R", "/XObject << /I 40 0 R >>")}, STREAM(40, "/Subtype /Image")}},
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		for (enum pdf_builder_kind kind = PDF_TABLE; kind <= PDF_XREF_STREAM; kind++)
			for (int has = 0; has < 2; has++) {
				struct pdf_builder b;
				build(&b, kind, has ? pairs[i].has : pairs[i].has_not);
				if (document_has(&b, pairs[i].code, false) != has) {
					document_has(&b, pairs[i].code, true);
					fail_msg("%s, pair %zu, %s", finding_name(pairs[i].code), i,
						 has ? "is missing" : "should not be there");
				}
				pdf_builder_dispose(&b);
			}
}

static void updates_before_the_signature_are_counted(void **state) {
	(void)state;
	for (int updates = 0; updates < 2; updates++) {
		struct pdf_builder b;
		pdf_builder_begin(&b, PDF_TABLE);
		add(&b, plain, ARRAY_LEN(plain));
		pdf_builder_stream(&b, 4, "", "BT (pay 100) Tj ET");
		pdf_builder_finish(&b);
		if (updates) pdf_builder_stream(&b, 4, "", "BT (pay 200) Tj ET");
		if (updates) pdf_builder_finish(&b);
		pdf_builder_signature(&b, 11, SIG);
		pdf_builder_finish(&b);
		assert_int_equal(document_has(&b, FINDING_REVISIONS_BEFORE_SIGNING, false), updates);
		pdf_builder_dispose(&b);
	}
}

/* The second section names the first one as its predecessor, or nothing and brings all objects itself. */
static void updates_beside_the_signed_state_are_told(void **state) {
	(void)state;
	for (int beside = 0; beside < 2; beside++)
		for (enum pdf_builder_kind kind = PDF_TABLE; kind <= PDF_XREF_STREAM; kind++) {
			static const struct object none[5];
			struct pdf_builder b;
			struct pdf_document d;
			build(&b, kind, none);
			size_t end = b.out.len;
			if (beside) b.previous = 0;
			add(&b, plain, ARRAY_LEN(plain));
			pdf_builder_stream(&b, 4, "", "BT (pay 100) Tj ET");
			if (beside) { /* the signature is where it was */
				const unsigned char *at = memmem(b.out.data, end, "11 0 obj", 8);
				assert_non_null(at);
				b.slots[11].state = SLOT_PLAIN;
				b.slots[11].where = (size_t)(at - b.out.data);
			}
			pdf_builder_finish(&b);
			pdf_read(b.out.data, b.out.len, &d);
			assert_int_equal(finding_has(&d.signatures[0].findings, FINDING_XREF_CHAIN_SKIPS_REVISION),
					 beside);
			assert_int_equal(d.signatures[0].coverage, PDF_WHOLE_REVISION);
			assert_int_equal(d.signatures[0].modification, PDF_PERMITTED);
			pdf_document_dispose(&d);
			pdf_builder_dispose(&b);
		}
}

/* A chain of objects as long as is followed, and one more. */
static void the_search_has_an_end(void **state) {
	(void)state;
	for (int more = 0; more < 2; more++) {
		static const struct object none[5];
		struct pdf_builder b;
		build(&b, PDF_TABLE, none);
		struct buf file = {0};
		buf_add(&file, b.out.data, b.out.len);
		struct buf rows = {0};
		size_t own = 7; /* the objects of the document itself */
		size_t count = LIMIT_PDF_LOOKED_AT - own + (size_t)more;
		size_t catalog = file.len;
		buf_add_text(&file, "1 0 obj\n" CATALOG("/PieceInfo 100 0 R") "\nendobj\n");
		for (size_t i = 0; i < count; i++) {
			buf_printf(&rows, "%010zu 00000 n \n", file.len);
			buf_printf(&file, "%zu 0 obj\n<< /N %zu 0 R >>\nendobj\n", 100 + i,
				   i + 1 < count ? 101 + i : 100);
		}
		size_t start = file.len;
		buf_printf(&file, "xref\n1 1\n%010zu 00000 n \n100 %zu\n%s", catalog, count, buf_text(&rows));
		buf_printf(&file, "trailer\n<< /Size %zu /Root 1 0 R /Prev %zu >>\nstartxref\n%zu\n%%%%EOF\n",
			   100 + count, b.previous, start);
		struct pdf_document d;
		pdf_read(file.data, file.len, &d);
		assert_int_equal(finding_has(&d.findings, FINDING_CONTENT_LOOKED_AT_IN_PART), more);
		pdf_document_dispose(&d);
		buf_dispose(&file), buf_dispose(&rows);
		pdf_builder_dispose(&b);
	}
}

/* ---- what updates can hide ---- */

#define CERTIFIED SIG " /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 3 >> >>]"
#define ANNOTATION(kind, rect, more) "<< /Type /Annot /Subtype /" kind " /Rect [" rect "] /P 3 0 R " more " >>"

struct update {
	enum finding_code code;
	struct object signed_[3], has[3], has_not[3];
};

static void updates_that_can_hide_have_their_findings(void **state) {
	(void)state;
	static const struct update updates[] = {
		{FINDING_ANNOTATION_CAN_HIDE_CONTENT,
		 {{0}},
		 {{3, PAGE("10 0 R 20 0 R", "")}, {20, ANNOTATION("FreeText", "50 50 90 90", "")}},
		 {{3, PAGE("10 0 R 20 0 R", "")}, {20, ANNOTATION("Highlight", "50 50 90 90", "")}}},
		{FINDING_ANNOTATION_CAN_HIDE_CONTENT, /* one that nobody sees hides nothing */
		 {{0}},
		 {{3, PAGE("10 0 R 20 0 R", "")}, {20, ANNOTATION("Stamp", "50 50 90 90", "")}},
		 {{3, PAGE("10 0 R 20 0 R", "")}, {20, ANNOTATION("Stamp", "50 50 90 90", "/F 2")}}},
		{FINDING_ANNOTATION_COVERS_PAGE,
		 {{0}},
		 {{3, PAGE("10 0 R 20 0 R", "")}, {20, ANNOTATION("Highlight", "0 0 298 422", "")}},
		 {{3, PAGE("10 0 R 20 0 R", "")}, {20, ANNOTATION("Highlight", "0 0 297 421", "")}}},
		{FINDING_ANNOTATION_OVERLAPS, /* over a field of the signed document; boxes that touch do not overlap */
		 {{3, PAGE("10 0 R 12 0 R", "")},
		  {5, FORM("10 0 R 12 0 R", "")},
		  {12, TEXT("amount", "10 10 90 30", "")}},
		 {{3, PAGE("10 0 R 12 0 R 20 0 R", "")}, {20, ANNOTATION("Highlight", "80 10 120 30", "")}},
		 {{3, PAGE("10 0 R 12 0 R 20 0 R", "")}, {20, ANNOTATION("Highlight", "90 10 120 30", "")}}},
		{FINDING_ANNOTATION_OVERLAPS, /* it was there before, and has not changed */
		 {{3, PAGE("10 0 R 12 0 R 20 0 R", "")},
		  {12, ANNOTATION("Highlight", "10 10 90 30", "")},
		  {20, ANNOTATION("Highlight", "80 10 120 30", "")}},
		 {{20, ANNOTATION("Highlight", "81 10 120 30", "")}},
		 {{20, ANNOTATION("Highlight", "80 10 120 30", "/Contents (seen)")}}},
		{FINDING_ANNOTATION_OVERLAPS, /* a signature over text, and over a signature */
		 {{3, PAGE("10 0 R 12 0 R", "")},
		  {5, FORM("10 0 R 12 0 R", "")},
		  {12, TEXT("amount", "10 10 90 30", "")}},
		 {{3, PAGE("10 0 R 12 0 R 20 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 20 0 R", "")},
		  {20, ANNOTATION("Widget", "20 10 80 30", "/FT /Sig /T (late)")}},
		 {{3, PAGE("10 0 R 12 0 R 20 0 R", "")},
		  {5, FORM("10 0 R 12 0 R 20 0 R", "")},
		  {20, ANNOTATION("Widget", "20 40 80 60", "/FT /Sig /T (late)")}}},
	};
	for (size_t i = 0; i < ARRAY_LEN(updates); i++)
		for (int has = 0; has < 2; has++) {
			const struct update *u = &updates[i];
			struct pdf_builder b;
			struct pdf_document d;
			pdf_builder_begin(&b, PDF_TABLE);
			add(&b, plain, ARRAY_LEN(plain));
			pdf_builder_stream(&b, 4, "", "BT (pay 100) Tj ET");
			add(&b, u->signed_, 3);
			pdf_builder_signature(&b, 11, CERTIFIED);
			pdf_builder_finish(&b);
			add(&b, has ? u->has : u->has_not, 3);
			pdf_builder_finish(&b);
			pdf_read(b.out.data, b.out.len, &d);
			if (finding_has(&d.signatures[0].findings, u->code) != has)
				fail_msg("%s, update %zu: %d expected", finding_name(u->code), i, has);
			assert_int_equal(d.signatures[0].modification, PDF_PERMITTED);
			pdf_document_dispose(&d);
			pdf_builder_dispose(&b);
		}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepared_documents_have_their_findings),
		cmocka_unit_test(updates_before_the_signature_are_counted),
		cmocka_unit_test(updates_beside_the_signed_state_are_told),
		cmocka_unit_test(the_search_has_an_end),
		cmocka_unit_test(updates_that_can_hide_have_their_findings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
