/* The permission table of docs/pdf-changes.md: for each kind of change a document that has it, judged under each
 * permission, and beside it the nearest that has not. */
#include "validator/pdf.h"

#include "pdf_builder.h"
#include "pdf_changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void add_objects(struct pdf_builder *b, const struct object *objects, size_t count) {
	for (size_t i = 0; i < count && objects[i].number; i++) {
		const char *body = objects[i].body;
		if (!body)
			pdf_builder_free(b, objects[i].number);
		else if (!strncmp(body, "stream:", 7))
			pdf_builder_stream(b, objects[i].number, "", body + 7);
		else
			pdf_builder_object(b, objects[i].number, body);
	}
}

/* A signed sample, then the change; the verdict about the first signature. */
static enum pdf_modification judge(const struct change_case *c, enum pdf_builder_kind kind, const char *entries,
				   const struct object *before) {
	struct pdf_builder b;
	struct pdf_document d;
	char signing[400];
	pdf_builder_begin(&b, kind);
	pdf_builder_sample(&b);
	if (before) add_objects(&b, before, 5);
	pdf_builder_finish(&b);
	snprintf(signing, sizeof signing, SIG " %s", entries);
	pdf_builder_sign(&b, 20, "first", FIELDS, ANNOTS, signing);
	add_objects(&b, c->objects, ARRAY_LEN(c->objects));
	pdf_builder_finish(&b);
	pdf_read(b.out.data, b.out.len, &d);
	enum pdf_modification result = PDF_UNKNOWN;
	for (size_t i = 0; i < d.signature_count; i++)
		if (!strcmp(d.signatures[i].name, "first")) result = d.signatures[i].modification;
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
	return result;
}

static void check(const struct change_case *c, const struct object *before) {
	for (size_t p = 0; p < 4; p++) {
		enum pdf_builder_kind kind = (enum pdf_builder_kind)(p % 3);
		enum pdf_modification got = judge(c, kind, permissions[p], before);
		enum pdf_modification want = c->expected[p] == 'p' ? PDF_PERMITTED : PDF_FORBIDDEN;
		if (got != want) fail_msg("%s: permission %zu gave %d", c->what, p, got);
	}
}

static void changes_are_judged_by_the_table(void **state) {
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) check(&changes[i], NULL);
}

static void what_was_there_is_kept(void **state) {
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rich_changes); i++) check(&rich_changes[i], rich_base);
}

/* The text field is an entry among the resources of all pages as well; the page is, in the second base. */
static const struct object field_among_resources[5] = {
	{2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /XObject 6 0 R >> >>"},
	{6, TEXT("100", "7", "")},
};
static const struct object page_among_resources[5] = {
	{2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /XObject 3 0 R >> >>"},
	{30, "stream:BT (pay 100) Tj ET"},
	{31, "stream:BT (pay 900) Tj ET"},
};
static const struct object small_number[5] = {
	{2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Scale [0.0000001 0.5 1] >> >>"},
};

static void one_object_in_two_roles_is_judged_in_both(void **state) {
	(void)state;
	static const struct change_case of_field[] = {
		{"nothing", {{0}}, "pppp"},
		{"field filled", {{6, TEXT("999", "40", "")}, {40, "stream:BT (999) Tj ET"}}, "ffff"},
	};
	static const struct change_case of_page[] = {
		{"nothing", {{0}}, "pppp"},
		{"page bookkeeping", {{3, PAGE(ANNOTS, "/LastModified 31 0 R")}}, "ffff"},
	};
	for (size_t i = 0; i < ARRAY_LEN(of_field); i++) check(&of_field[i], field_among_resources);
	for (size_t i = 0; i < ARRAY_LEN(of_page); i++) check(&of_page[i], page_among_resources);
}

static void numbers_are_compared_exactly(void **state) {
	(void)state;
#define SCALE(numbers) "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Scale [" numbers "] >> >>"
	static const struct change_case cases[] = {
		{"written otherwise", {{2, SCALE(".00000010 0.50 1.0")}}, "pppp"},
		{"nine times as large", {{2, SCALE("0.0000009 0.5 1")}}, "ffff"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) check(&cases[i], small_number);
}

static void locked_fields_may_not_be_filled(void **state) {
	(void)state;
	static const struct {
		const char *lock;
		bool locked;
	} locks[] = {
		{"/Action /All", true},
		{"/Action /Include /Fields [(amount)]", true},
		{"/Action /Include /Fields [(other)]", false},
		{"/Action /Include /Fields [(amoun)]", false},
		{"/Action /Exclude /Fields [(amount)]", false},
		{"/Action /Exclude /Fields [(other)]", true},
		{"/Action /Unheard", true},
	};
	static const struct change_case filled = {"", {{6, TEXT("999", "40", "")}, {40, "stream:BT (999) Tj ET"}}, ""};
	static const struct change_case unfilled = {"", {{6, TEXT("100", "7", "")}}, ""};
	for (size_t i = 0; i < ARRAY_LEN(locks); i++) {
		char entries[200];
		snprintf(entries, sizeof entries,
			 "/Reference [<< /TransformMethod /FieldMDP /TransformParams << %s >> >>]", locks[i].lock);
		assert_int_equal(judge(&filled, PDF_TABLE, entries, NULL),
				 locks[i].locked ? PDF_FORBIDDEN : PDF_PERMITTED);
		assert_int_equal(judge(&unfilled, PDF_TABLE, entries, NULL), PDF_PERMITTED);
	}
}

static void a_lock_covers_descendants(void **state) {
	(void)state;
	static const struct object group[5] = {
		{6, "<< /T (group) /FT /Tx /Kids [36 0 R] >>"},
		{36, "<< /Parent 6 0 R /T (a) /V (1) >>"},
	};
	static const struct change_case filled = {"", {{36, "<< /Parent 6 0 R /T (a) /V (2) >>"}}, ""};
	static const char include[] = "/Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include "
				      "/Fields [(%s)] >> >>]";
	static const struct {
		const char *name;
		enum pdf_modification result;
	} cases[] = {
		{"group", PDF_FORBIDDEN}, {"group.a", PDF_FORBIDDEN}, {"group.b", PDF_PERMITTED}, {"g", PDF_PERMITTED}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char entries[200], *at;
		strcpy(entries, include);
		at = strstr(entries, "%s");
		snprintf(at, sizeof entries - (size_t)(at - entries), "%s)] >> >>]", cases[i].name);
		assert_int_equal(judge(&filled, PDF_XREF_STREAM, entries, group), cases[i].result);
	}
}

static void each_signature_permits_for_itself(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_finish(&b);
	pdf_builder_sign(&b, 20, "first", FIELDS, ANNOTS, SIG);
	pdf_builder_stream(&b, 4, "", "BT (pay 900) Tj ET");
	pdf_builder_sign(&b, 22, "second", FIELDS " 22 0 R", ANNOTS " 22 0 R", SIG);
	pdf_builder_sign(&b, 24, "third", FIELDS " 22 0 R 24 0 R", ANNOTS " 22 0 R 24 0 R", SIG);
	pdf_read(b.out.data, b.out.len, &d);
	assert_int_equal(d.signature_count, 3);
	assert_int_equal(d.signatures[0].modification, PDF_FORBIDDEN);
	assert_true(finding_has(&d.signatures[0].findings, FINDING_CHANGE_FORBIDDEN));
	assert_int_equal(d.signatures[1].modification, PDF_PERMITTED);
	assert_int_equal(d.signatures[2].modification, PDF_UNMODIFIED);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

static void certification_governs_later_approvals(void **state) {
	(void)state;
	for (int p = 2; p <= 3; p++) {
		struct pdf_builder b;
		struct pdf_document d;
		char entries[300];
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		pdf_builder_finish(&b);
		snprintf(entries, sizeof entries,
			 SIG " /Reference [<< /TransformMethod /DocMDP /TransformParams << /P %d >> >>]", p);
		pdf_builder_sign(&b, 20, "first", FIELDS, ANNOTS, entries);
		pdf_builder_sign(&b, 22, "second", FIELDS " 22 0 R", ANNOTS " 22 0 R", SIG);
		pdf_builder_object(&b, 8, NOTE("other", ""));
		pdf_builder_finish(&b);
		pdf_read(b.out.data, b.out.len, &d);
		assert_int_equal(d.signature_count, 2);
		assert_int_equal(d.signatures[0].docmdp, p);
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(d.signatures[i].modification, p == 3 ? PDF_PERMITTED : PDF_FORBIDDEN);
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

/* The update's cross-reference names a place where another object stands: what a reader shows depends on the reader. */
static void damage_in_the_update_is_never_permitted(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_finish(&b);
	pdf_builder_sign(&b, 20, "first", FIELDS, ANNOTS, SIG);
	pdf_builder_object(&b, 8, NOTE("note", ""));
	memcpy(memmem(b.out.data + b.out.len - 120, 120, "8 0 obj", 7), "9", 1);
	pdf_builder_finish(&b);
	pdf_read(b.out.data, b.out.len, &d);
	assert_int_equal(d.signature_count, 1);
	assert_int_not_equal(d.signatures[0].modification, PDF_PERMITTED);
	assert_int_not_equal(d.signatures[0].modification, PDF_UNMODIFIED);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

/* Of two entries with one key some readers take the first. */
static void keys_given_twice_in_an_update_are_never_permitted(void **state) {
	(void)state;
	static const char *const notes[] = {"<< /Type /Annot /Subtype /Text /Rect [0 0 595 842] /Rect [100 100 120 "
					    "120] /Contents (note) /P 3 0 R >>",
					    NOTE("note", "")};
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		struct change_case c = {"", {{8, notes[i]}}, ""};
		enum pdf_modification got = judge(&c, PDF_TABLE, "", NULL);
		assert_int_equal(got, i == 0 ? PDF_UNKNOWN : PDF_PERMITTED);
	}
}

/* The signed state already misses an object: readers that search the file for it find what was appended. */
static void objects_that_cannot_be_found_may_be_anything(void **state) {
	(void)state;
	for (int lost = 0; lost < 2; lost++) {
		struct pdf_builder b;
		struct pdf_document d;
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		if (lost) memcpy(memmem(b.out.data, b.out.len, "\n4 0 obj", 8), "\n5", 2);
		pdf_builder_finish(&b);
		pdf_builder_sign(&b, 20, "first", FIELDS, ANNOTS, SIG);
		buf_add_text(&b.out, "4 0 obj\n<< /Length 18 >>\nstream\nBT (pay 900) Tj ET\nendstream\nendobj\n");
		pdf_read(b.out.data, b.out.len, &d);
		assert_int_equal(d.signature_count, 1);
		assert_int_equal(d.signatures[0].modification, lost ? PDF_UNKNOWN : PDF_PERMITTED);
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void garbage_at_the_end_is_unknown(void **state) {
	(void)state;
	static const struct {
		const char *tail;
		enum pdf_modification result;
	} cases[] = {{"\r\n  \n", PDF_UNMODIFIED}, {"x", PDF_PERMITTED}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		struct pdf_document d;
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		pdf_builder_finish(&b);
		pdf_builder_sign(&b, 20, "first", FIELDS, ANNOTS, SIG);
		buf_add_text(&b.out, cases[i].tail);
		pdf_read(b.out.data, b.out.len, &d);
		assert_int_equal(d.signatures[0].modification, cases[i].result);
		assert_int_equal(d.signatures[0].coverage, PDF_WHOLE_REVISION);
		pdf_document_dispose(&d);
		for (int k = 0; k < 60; k++) buf_add_text(&b.out, "no cross-reference is in reach of the end\n");
		pdf_read(b.out.data, b.out.len, &d);
		assert_int_equal(d.signatures[0].modification, PDF_UNKNOWN);
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

/* Each row of the table in the code stands in the documentation, word for word. */
static void the_table_is_documented(void **state) {
	(void)state;
	static char text[64 << 10];
	FILE *f = fopen(TEST_SOURCE_DIR "/docs/pdf-changes.md", "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
#define PDF_ROW(name, number, approval, p1, p2, p3, locked, words)                                                     \
	{                                                                                                              \
		char *line = xasprintf("| %d | %s | %c | %c | %c | %c | %s |\n", number, words, approval, p1, p2, p3,  \
				       (locked) ? "yes" : "");                                                         \
		if (!strstr(text, line)) fail_msg("missing: %s", line);                                                \
		free(line);                                                                                            \
	}
#include "validator/pdf_policy.def"
#undef PDF_ROW
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_judged_by_the_table),
		cmocka_unit_test(what_was_there_is_kept),
		cmocka_unit_test(one_object_in_two_roles_is_judged_in_both),
		cmocka_unit_test(numbers_are_compared_exactly),
		cmocka_unit_test(locked_fields_may_not_be_filled),
		cmocka_unit_test(a_lock_covers_descendants),
		cmocka_unit_test(each_signature_permits_for_itself),
		cmocka_unit_test(certification_governs_later_approvals),
		cmocka_unit_test(damage_in_the_update_is_never_permitted),
		cmocka_unit_test(keys_given_twice_in_an_update_are_never_permitted),
		cmocka_unit_test(objects_that_cannot_be_found_may_be_anything),
		cmocka_unit_test(garbage_at_the_end_is_unknown),
		cmocka_unit_test(the_table_is_documented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
