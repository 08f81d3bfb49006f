/* Findings about PDF files: for each a document that has it and the nearest that has not. Every document carries a
 * signature that passes but for what the case does to it, so that a case shows what its finding is worth as well. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "base/limits.h"
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
#define FORM(fields, more) "<< /Fields [" fields "] /SigFlags 3 /DA (/Helv 10 Tf) " more " >>"
#define PAGE(annots)                                                                                                   \
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> /Annots [" annots "] "  \
	">>"
#define FIELD(name, value)                                                                                             \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (" name ") /Rect [0 0 0 0] /F 132 /P 3 0 R " value " >>"
#define VRI "0123456789ABCDEF0123456789ABCDEF01234567"
#define ID "/Root 1 0 R /ID [<00> <00>]"
#define HASH_32 "<0000000000000000000000000000000000000000000000000000000000000000>"

struct object {
	int number;
	const char *body;
};

struct version {
	const char *entries;      /* of the signature; NULL: SIG */
	struct object signed_[4]; /* in place of the plain document's */
	const char *trailer, *prefix;
	int number; /* of the range's four: changed by so much */
	long by;
	struct object later[3]; /* a second section */
	const char *second;     /* a second signature: its field's name */
	const char *second_entries;
};

static const struct object plain[] = {
	{1, CATALOG("")},
	{2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"},
	{3, PAGE("10 0 R")},
	{5, FORM("10 0 R", "")},
	{10, FIELD("first", "/V 11 0 R")},
};

static void add_objects(struct pdf_builder *b, const struct object *objects, size_t count) {
	for (size_t i = 0; i < count && objects[i].number; i++)
		pdf_builder_object(b, objects[i].number, objects[i].body);
}

static bool replaced(const struct version *v, int number) {
	for (size_t i = 0; i < ARRAY_LEN(v->signed_); i++)
		if (v->signed_[i].number == number) return true;
	return false;
}

/* Signs what the last range array says, whatever that is, and writes the value into the space reserved for it. */
static void seal(struct pdf_builder *b, size_t gap, int number, long by) {
	unsigned long n[4];
	char text[80];
	struct buf content = {0};
	assert_int_equal(sscanf((char *)b->out.data + b->range, "[%lu %lu %lu %lu]", &n[0], &n[1], &n[2], &n[3]), 4);
	n[number] += (unsigned long)by;
	snprintf(text, sizeof text, "[%lu %010lu %010lu %010lu]", n[0], n[1], n[2], n[3]);
	memcpy(b->out.data + b->range, text, strlen(text));
	for (int i = 0; i < 4; i += 2) buf_add(&content, b->out.data + n[i], n[i + 1]);
	struct cms_plan plan = {.content = content.data, .content_len = content.len};
	struct buf cms = cms_build(&world, &plan);
	char *digits = hex_dup(cms.data, cms.len);
	assert_true(strlen(digits) <= GAP_DIGITS);
	memcpy(b->out.data + gap + 1, digits, strlen(digits));
	free(digits);
	buf_dispose(&content), buf_dispose(&cms);
}

static void move_behind(struct pdf_builder *b, const char *prefix, size_t *gap) {
	unsigned long n[4];
	char text[80];
	struct buf moved = {0};
	buf_add_text(&moved, prefix);
	buf_add(&moved, b->out.data, b->out.len);
	buf_dispose(&b->out);
	b->out = moved;
	b->range += strlen(prefix), *gap += strlen(prefix);
	assert_int_equal(sscanf((char *)b->out.data + b->range, "[%lu %lu %lu %lu]", &n[0], &n[1], &n[2], &n[3]), 4);
	snprintf(text, sizeof text, "[0 %010lu %010lu %010lu]", n[1] + strlen(prefix), n[2] + strlen(prefix), n[3]);
	memcpy(b->out.data + b->range, text, strlen(text));
}

static void make(struct pdf_builder *b, const struct version *v) {
	pdf_builder_begin(b, PDF_TABLE);
	b->gap_digits = GAP_DIGITS;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!replaced(v, plain[i].number)) pdf_builder_object(b, plain[i].number, plain[i].body);
	pdf_builder_stream(b, 4, "", "BT (pay 100) Tj ET");
	add_objects(b, v->signed_, ARRAY_LEN(v->signed_));
	pdf_builder_signature(b, 11, v->entries ? v->entries : SIG);
	size_t gap = b->gap;
	pdf_builder_finish_with(b, v->trailer ? v->trailer : "/Root 1 0 R");
	if (v->prefix) move_behind(b, v->prefix, &gap);
	seal(b, gap, v->number, v->by);
	if (v->later[0].number) {
		add_objects(b, v->later, ARRAY_LEN(v->later));
		pdf_builder_finish(b);
	}
	if (!v->second) return;
	char field[256];
	snprintf(field, sizeof field, FIELD("%s", "/V 13 0 R"), v->second);
	pdf_builder_object(b, 3, PAGE("10 0 R 12 0 R"));
	pdf_builder_object(b, 5, FORM("10 0 R 12 0 R", ""));
	pdf_builder_object(b, 12, field);
	pdf_builder_signature(b, 13, v->second_entries ? v->second_entries : SIG);
	gap = b->gap;
	pdf_builder_finish(b);
	seal(b, gap, 0, 0);
}

static json_t *judge(const struct pdf_builder *b) {
	struct val_request request = {.document = {b->out.data, b->out.len}, .revocation = REVOCATION_HARD};
	assert_true(utime_parse("2025-06-01T00:00:00Z", &request.at));
	return validator_judge(validator, &request);
}

static void check(const char *code, const struct version *v, bool expected, const char *indication) {
	struct pdf_builder b;
	make(&b, v);
	json_t *report = judge(&b), *entries = json_object_get(report, "signatures"), *entry;
	bool found = has_finding(report, code);
	size_t i;
	json_array_foreach(entries, i, entry) found |= has_finding(entry, code);
	const char *got = text(json_array_get(entries, 0), "indication");
	if (found != expected || (indication && strcmp(got, indication) != 0)) {
		char *all = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s %s be there, verdict %s", code, expected ? "should" : "should not", got);
	}
	json_decref(report);
	pdf_builder_dispose(&b);
}

struct pair {
	const char *code;
	const char *indication; /* of the first signature in the document that has it */
	struct version has, has_not;
	const char *nearest; /* indication of the other; NULL: it passes */
};

static const char passed[] = "TOTAL-PASSED", unsure[] = "INDETERMINATE";

static void check_all(const struct pair *pairs, size_t count) {
	for (size_t i = 0; i < count; i++) {
		check(pairs[i].code, &pairs[i].has, true, pairs[i].indication);
		check(pairs[i].code, &pairs[i].has_not, false, pairs[i].nearest ? pairs[i].nearest : passed);
	}
}

static void structure_has_its_findings(void **state) {
	(void)state;
	static const struct pair pairs[] = {
		{"ENCRYPTED",
		 passed,
		 {.trailer = ID " /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O " HASH_32 " /U " HASH_32 " >>"},
		 {.trailer = ID},
		 NULL},
		{"JUNK_BEFORE_HEADER", passed, {.prefix = "\n"}, {.prefix = ""}, NULL},
		{"SIGNATURE_OUTSIDE_FORM",
		 passed,
		 {.signed_ = {{5, FORM("", "")}}},
		 {.signed_ = {{3, PAGE("")}}},
		 NULL},
		{"SIGNATURE_SHARED_BY_FIELDS",
		 passed,
		 {.signed_ = {{5, FORM("10 0 R 12 0 R", "")}, {12, FIELD("second", "/V 11 0 R")}}},
		 {.signed_ = {{5, FORM("10 0 R 12 0 R", "")}, {12, FIELD("second", "")}}},
		 NULL},
		{"SIGNATURE_NAME_TWICE", NULL, {.second = "first"}, {.second = "second"}, NULL},
		{"USAGE_RIGHTS",
		 passed,
		 {.signed_ = {{1, CATALOG("/Perms << /UR3 << /Type /Sig /Contents <00> /ByteRange [0 1 3 1] >> >>")}}},
		 {.signed_ = {{1, CATALOG("/Perms << /DocMDP 11 0 R >>")}}},
		 NULL},
		{"SUB_FILTER_UNKNOWN",
		 passed,
		 {.entries = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.attached"},
		 {.entries = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached"},
		 NULL},
		{"CMS_MALFORMED",
		 "TOTAL-FAILED",
		 {.entries = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.x509.rsa_sha1"},
		 {.entries = SIG},
		 NULL},
	};
	check_all(pairs, ARRAY_LEN(pairs));
}

static void ranges_have_their_findings(void **state) {
	(void)state;
	static const struct pair pairs[] = {
		{"BYTERANGE_NOT_STANDARD", unsure, {.number = 1, .by = -1}, {.number = 1, .by = 0}, NULL},
		{"BYTERANGE_NOT_STANDARD", unsure, {.number = 0, .by = 1}, {.number = 0, .by = 0}, NULL},
		{"REVISION_INCOMPLETE", unsure, {.number = 3, .by = -12}, {.number = 3, .by = -1}, NULL},
	};
	check_all(pairs, ARRAY_LEN(pairs));
}

static void later_sections_have_their_findings(void **state) {
	(void)state;
	static const struct pair pairs[] = {
		{"CHANGE_NOTICED",
		 passed,
		 {.later = {{5, FORM("10 0 R", "/NeedAppearances true")}}},
		 {.later = {{5, FORM("10 0 R", "/Q 1")}}},
		 NULL},
		{"STORE_TIME_NOT_USED",
		 passed,
		 {.signed_ = {{1, CATALOG("/DSS << /VRI << /" VRI " << /TU (D:20250101000000Z) >> >> >>")}}},
		 {.signed_ = {{1, CATALOG("/DSS << /VRI << /" VRI " << >> >> >>")}}},
		 NULL},
		{"STORE_TIME_NOT_USED",
		 passed,
		 {.signed_ = {{1, CATALOG("/DSS << /VRI << /" VRI " << /TS 12 0 R >> >> >>")},
			      {12, "<< /Length 1 >>\nstream\nx\nendstream"}}},
		 {.signed_ = {{1, CATALOG("/DSS << /VRI << /" VRI " << /TS 12 0 R >> >> >>")},
			      {12, "<< /Length 1 >>"}}},
		 NULL},
		{"CHANGE_PERMITTED",
		 passed,
		 {.later = {{5, FORM("10 0 R", "/Q 1")}}},
		 {.later = {{5, FORM("10 0 R", "")}}},
		 NULL},
		{"REVISION_DAMAGED",
		 unsure,
		 {.later = {{5, FORM("10 0 R", "/Q 1 /Q 1")}}},
		 {.later = {{5, FORM("10 0 R", "/Q 1")}}},
		 NULL},
		{"CHANGES_UNKNOWN",
		 unsure,
		 {.later = {{1, "<< /Type /Catalog /AcroForm 5 0 R >>"}}},
		 {.later = {{1, CATALOG("")}}},
		 NULL},
		{"CHANGES_UNKNOWN", /* what is forbidden is known */
		 unsure,
		 {.later = {{5, FORM("10 0 R", "/Q 1 /Q 1")}}},
		 {.later = {{1, CATALOG("/OpenAction << /S /Named /N /Print >>")}}},
		 unsure},
	};
	check_all(pairs, ARRAY_LEN(pairs));
}

static void certifications_have_their_findings(void **state) {
	(void)state;
	static const struct pair pairs[] = {
		{"SEVERAL_CERTIFICATIONS",
		 passed,
		 {.entries = SIG MDP(2), .second = "second", .second_entries = SIG MDP(2)},
		 {.entries = SIG MDP(2), .second = "second"},
		 NULL},
		{"CERTIFICATION_NOT_FIRST",
		 passed,
		 {.second = "second", .second_entries = SIG MDP(2)},
		 {.entries = SIG MDP(2), .second = "second"},
		 NULL},
		{"CERTIFICATION_NOT_FIRST", /* one has the one finding, not both */
		 passed,
		 {.second = "second", .second_entries = SIG MDP(2)},
		 {.entries = SIG MDP(2), .second = "second", .second_entries = SIG MDP(2)},
		 NULL},
	};
	check_all(pairs, ARRAY_LEN(pairs));
}

/* Page-tree nodes one below the other down to the page: at the depth that is followed, and one more. */
static void page_trees_too_deep_are_not_compared(void **state) {
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct pdf_builder b;
		char body[128];
		pdf_builder_begin(&b, PDF_TABLE);
		b.gap_digits = GAP_DIGITS;
		for (size_t i = 0; i < ARRAY_LEN(plain); i++) pdf_builder_object(&b, plain[i].number, plain[i].body);
		pdf_builder_stream(&b, 4, "", "BT (pay 100) Tj ET");
		for (int i = 0; i < LIMIT_PDF_PAGE_DEPTH - 1 + more; i++) {
			bool last = i == LIMIT_PDF_PAGE_DEPTH - 2 + more;
			snprintf(body, sizeof body, "<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>",
				 last ? 3 : 101 + i, i ? 99 + i : 2);
			pdf_builder_object(&b, 100 + i, body);
		}
		pdf_builder_object(&b, 2, "<< /Type /Pages /Kids [100 0 R] /Count 1 >>");
		pdf_builder_signature(&b, 11, SIG);
		size_t gap = b.gap;
		pdf_builder_finish(&b);
		seal(&b, gap, 0, 0);
		pdf_builder_object(&b, 5, FORM("10 0 R", "/Q 1"));
		pdf_builder_finish(&b);
		json_t *report = judge(&b), *entry = json_array_get(json_object_get(report, "signatures"), 0);
		assert_int_equal(has_finding(entry, "COMPARISON_LIMIT"), more);
		assert_string_equal(text(entry, "indication"), more ? unsure : passed);
		json_decref(report);
		pdf_builder_dispose(&b);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure_has_its_findings),
		cmocka_unit_test(ranges_have_their_findings),
		cmocka_unit_test(later_sections_have_their_findings),
		cmocka_unit_test(certifications_have_their_findings),
		cmocka_unit_test(page_trees_too_deep_are_not_compared),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
