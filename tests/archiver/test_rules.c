#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/rules.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Reports with the parts that rules look at. Signatures are given as "KIND CN" in the order of their revisions. */
#define DAY_IN "2026-10-12T02:15:00Z"

static json_t *signature(const char *role, const char *subject, json_int_t end) {
	const char *cn = strstr(subject, "CN=");
	char *name = cn ? xstrndup(cn + 3, strcspn(cn + 3, ",")) : xstrdup("");
	json_t *s = json_pack("{s:s, s:I, s:{s:s, s:s, s:s, s:s, s:s}, s:{s:s, s:n, s:s}}", "kind", "signature",
			      "covered_until", end, "signer", "role", role, "subject", subject, "common_name", name,
			      "not_before", "2025-06-01T00:00:00Z", "not_after", "2030-05-31T23:59:59Z", "signing_time",
			      "claimed", DAY_IN, "proven", "basis", "none");
	free(name);
	return s;
}

#define PERSON "T=Chủ tịch,CN=Nguyễn Văn Thử,O=Ủy ban nhân dân tỉnh Sông Lam,C=VN"
#define OFFICE "CN=Ủy ban nhân dân tỉnh Sông Lam,O=Ủy ban nhân dân tỉnh Sông Lam,C=VN"
#define WARD "CN=Văn thư,OU=Ủy ban nhân dân phường Bến Đá,O=Ủy ban nhân dân tỉnh Sông Lam,C=VN"

static json_t *document(json_t *first, json_t *second) {
	json_t *list = json_array();
	if (first) json_array_append_new(list, first);
	if (second) json_array_append_new(list, second);
	return json_pack("{s:s, s:s, s:o}", "format", "pdf", "version", "1.4", "signatures", list);
}

static json_t *good(void) {
	return document(signature("person", PERSON, 100), signature("organisation", OFFICE, 200));
}

/* The codes, separated by spaces; consumes the report. */
static void assert_codes(json_t *report, const char *metadata, const char *expected) {
	json_t *declared = metadata ? json_loads(metadata, 0, NULL) : NULL, *list = rules_apply(report, declared), *f;
	struct buf codes = {0};
	size_t i;
	assert_true(!metadata || declared);
	json_array_foreach(list, i, f) {
		buf_printf(&codes, "%s%s", i ? " " : "", json_string_value(json_object_get(f, "code")));
		assert_string_not_equal(json_string_value(json_object_get(f, "rule")), "");
		assert_string_not_equal(json_string_value(json_object_get(f, "severity")), "error");
	}
	assert_string_equal(buf_text(&codes), expected);
	buf_dispose(&codes);
	json_decref(list);
	json_decref(declared);
	json_decref(report);
}

static void complete_document_has_nothing_against_it(void **unused) {
	(void)unused;
	assert_codes(good(), NULL, "");
	assert_codes(good(),
		     "{\"organisation\": {\"name\": \"UBND tỉnh Sông Lam\"}, \"signers\": [{\"name\": \"TS. Nguyễn Văn "
		     "Thử\"}]}",
		     "");
	assert_codes(json_pack("{s:s, s:[]}", "format", "unknown", "signatures"), NULL, "");
	assert_codes(json_object(), NULL, "");
}

static void person_and_organisation_have_to_sign(void **unused) {
	(void)unused;
	static const struct {
		const char *first, *second, *metadata, *codes;
	} rows[] = {
		{NULL, NULL, NULL, "PERSON_SIGNATURE_MISSING ORGANISATION_SIGNATURE_MISSING"},
		{"person", NULL, NULL, "ORGANISATION_SIGNATURE_MISSING"},
		{"organisation", NULL, NULL, "PERSON_SIGNATURE_MISSING"},
		{"organisation", NULL, "{\"role\": \"attachment\"}", ""},
		{"organisation", NULL, "{\"role\": \"appendix\"}", ""},
		{"organisation", NULL, "{\"role\": \"main\"}", "PERSON_SIGNATURE_MISSING"},
		{"person", NULL, "{\"role\": \"attachment\"}", "ORGANISATION_SIGNATURE_MISSING"},
		{"person", "device", NULL, "ORGANISATION_SIGNATURE_MISSING"},
		{"person", "unknown", NULL, "SIGNER_KIND_UNKNOWN"},
		{"unknown", NULL, NULL, "SIGNER_KIND_UNKNOWN"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_codes(document(rows[i].first ? signature(rows[i].first, PERSON, 100) : NULL,
				      rows[i].second ? signature(rows[i].second, OFFICE, 200) : NULL),
			     rows[i].metadata, rows[i].codes);
}

static void third_signer_of_unknown_kind_is_no_matter(void **unused) {
	(void)unused;
	json_t *report = good();
	json_array_append_new(json_object_get(report, "signatures"), signature("unknown", "CN=Trần B", 300));
	assert_codes(report, NULL, "");
}

static void document_timestamp_is_no_signature_of_anybody(void **unused) {
	(void)unused;
	json_t *stamp = signature("organisation", OFFICE, 200);
	json_object_set_new(stamp, "kind", json_string("document-timestamp"));
	assert_codes(document(signature("person", PERSON, 100), stamp), NULL, "ORGANISATION_SIGNATURE_MISSING");
}

static void organisation_signs_after_a_person(void **unused) {
	(void)unused;
	static const struct {
		json_int_t person, organisation;
		const char *codes;
	} rows[] = {
		{100, 200, ""},
		{200, 100, "ORGANISATION_SIGNED_FIRST"},
		{100, 100, "ORGANISATION_SIGNED_FIRST"}, /* one revision: nobody was first */
		{0, 100, ""},                            /* its byte range is not usable: the verdict says so */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_codes(document(signature("person", PERSON, rows[i].person),
				      signature("organisation", OFFICE, rows[i].organisation)),
			     NULL, rows[i].codes);
}

static void certificate_is_valid_when_it_signs(void **unused) {
	(void)unused;
	static const struct {
		const char *claimed, *proven, *codes;
	} rows[] = {
		{"2025-06-01T00:00:00Z", NULL, ""},
		{"2025-05-31T23:59:59Z", NULL, "SIGNED_OUTSIDE_VALIDITY"},
		{"2030-05-31T23:59:59Z", NULL, ""},
		{"2030-06-01T00:00:00Z", NULL, "SIGNED_OUTSIDE_VALIDITY"},
		{"2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z", ""}, /* a proof outweighs a claim */
		{DAY_IN, "2031-01-01T00:00:00Z", "SIGNED_OUTSIDE_VALIDITY"},
		{NULL, NULL, "SIGNING_TIME_MISSING"},
		{"yesterday", NULL, "SIGNING_TIME_MISSING"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *report = good(), *s = json_array_get(json_object_get(report, "signatures"), 0);
		json_object_set_new(s, "signing_time",
				    json_pack("{s:s?, s:s?, s:s}", "claimed", rows[i].claimed, "proven", rows[i].proven,
					      "basis", "signature-timestamp"));
		assert_codes(report, NULL, rows[i].codes);
	}
}

static void organisation_is_the_one_declared(void **unused) {
	(void)unused;
	static const struct {
		const char *subject, *declared, *codes;
	} rows[] = {
		{OFFICE, "ỦY BAN  nhân dân tỉnh Sông Lam", ""},
		{OFFICE, "UBND tỉnh Sông Lam", ""},
		{OFFICE, "Uỷ ban Nhân dân Tỉnh Sông Lam", ""},
		{OFFICE, "UBND tỉnh Sông La", "ORGANISATION_DIFFERS"},
		{OFFICE, "Sở Nội vụ", "ORGANISATION_DIFFERS"},
		{WARD, "Ủy ban nhân dân phường Bến Đá", ""},
		{WARD, "Ủy ban nhân dân tỉnh Sông Lam", "ORGANISATION_DIFFERS"}, /* the agency above */
		{"CN=Văn thư,O=Sở Y tế", "Sở Y tế", ""},
		{"CN=Sở A\\, B và C,O=Tỉnh", "Sở A, B và C", ""},
		{OFFICE, "", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *metadata = xasprintf("{\"organisation\": {\"name\": \"%s\"}}", rows[i].declared);
		assert_codes(
			document(signature("person", PERSON, 100), signature("organisation", rows[i].subject, 200)),
			metadata, rows[i].codes);
		free(metadata);
	}
}

static void signers_declared_are_those_of_the_certificates(void **unused) {
	(void)unused;
	static const struct {
		const char *cn, *declared, *codes;
	} rows[] = {
		{"Nguyễn Văn Thử", "Nguyễn Văn Thử", ""},
		{"Nguyễn Văn Thử", "NGUYEN VAN THU", ""},
		{"Nguyễn Văn Thử", "Nguyễn Văn Thứ B", "SIGNER_NAME_DIFFERS"},
		{"Nguyễn Văn Thử", "Trần Văn Thử", "SIGNER_NAME_DIFFERS"},
		{"Nguyễn Văn Thử", "PGS.TS. Nguyễn Văn Thử", ""},
		{"Nguyễn Văn Thử", "Đại tá, Thạc sĩ Nguyễn Văn Thử", ""},
		{"Nguyễn Văn Thử", "Ông Nguyễn Văn Thử (M)", ""},
		{"Nguyễn Văn Thử (M)", "Nguyễn Văn Thử", ""},
		{"Nguyễn Văn Thử - Sở Y tế", "Nguyễn Văn Thử", ""},
		{"Nguyễn Văn Thửa", "Nguyễn Văn Thử", "SIGNER_NAME_DIFFERS"},
		{"Ba", "Ba", ""}, /* a title alone is a name */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *metadata = xasprintf("{\"signers\": [{\"name\": \"%s\"}]}", rows[i].declared);
		char *subject = xasprintf("CN=%s,C=VN", rows[i].cn);
		assert_codes(document(signature("person", subject, 100), signature("organisation", OFFICE, 200)),
			     metadata, rows[i].codes);
		free(subject);
		free(metadata);
	}
}

static void pdf_is_of_version_1_4_or_later(void **unused) {
	(void)unused;
	static const struct {
		const char *version, *codes;
	} rows[] = {{"1.3", "PDF_VERSION_OLD"}, {"1.4", ""}, {"1.7", ""}, {"2.0", ""}, {"", ""}, {"x", ""}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *report = good();
		json_object_set_new(report, "version", json_string(rows[i].version));
		assert_codes(report, NULL, rows[i].codes);
	}
}

static void copy_is_known_by_what_is_declared(void **unused) {
	(void)unused;
	static const struct {
		const char *metadata, *codes;
	} rows[] = {
		{"{\"role\": \"copy\"}", "COPY_DECLARED"},
		{"{\"type\": \"SAO Y\"}", "COPY_DECLARED"},
		{"{\"type\": \"Sao lục\"}", "COPY_DECLARED"},
		{"{\"type\": \"Trích sao\"}", "COPY_DECLARED"},
		{"{\"symbol\": \"SY-UBND\"}", "COPY_DECLARED"},
		{"{\"symbol\": \"TrS-UBND\"}", "COPY_DECLARED"},
		{"{\"symbol\": \"SYT-VP\"}", "PERSON_SIGNATURE_MISSING"}, /* a department of health */
		{"{\"type\": \"Sao kê\"}", "PERSON_SIGNATURE_MISSING"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_codes(document(signature("organisation", OFFICE, 100), NULL), rows[i].metadata, rows[i].codes);
}

/* ---- appearance ---- */

struct seen {
	int page, left, top, width, height;
	bool visible, image;
};

static json_t *seen_signature(const char *role, const char *subject, json_int_t end, struct seen seen) {
	json_t *s = signature(role, subject, end);
	json_object_set_new(s, "appearance",
			    json_pack("{s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b}", "visible", seen.visible, "page",
				      seen.page, "left", seen.left, "top", seen.top, "width", seen.width, "height",
				      seen.height, "page_width", 595, "page_height", 842, "image", seen.image));
	return s;
}

static void seal_covers_the_left_of_the_signature(void **unused) {
	(void)unused;
	const struct seen person = {1, 350, 600, 120, 60, true, true};
	static const struct {
		struct seen seal;
		const char *codes;
	} rows[] = {
		{{1, 300, 590, 90, 90, true, true}, ""},
		{{1, 259, 590, 90, 90, true, true}, "SEAL_BESIDE_SIGNATURE"},
		{{1, 450, 590, 90, 90, true, true}, "SEAL_BESIDE_SIGNATURE"}, /* on its right */
		{{1, 300, 300, 90, 90, true, true}, "SEAL_BESIDE_SIGNATURE"}, /* above */
		{{2, 300, 590, 90, 90, true, true}, "SEAL_BESIDE_SIGNATURE"}, /* on another page */
		{{1, 300, 590, 90, 90, true, false}, "SIGNATURE_WITHOUT_IMAGE"},
		{{0, 0, 0, 0, 0, false, false}, "SIGNATURE_INVISIBLE"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_codes(document(seen_signature("person", PERSON, 100, person),
				      seen_signature("organisation", OFFICE, 200, rows[i].seal)),
			     NULL, rows[i].codes);
}

static void copies_and_attachments_are_signed_at_the_top_right(void **unused) {
	(void)unused;
	static const struct {
		struct seen block;
		const char *metadata, *codes;
	} rows[] = {
		{{1, 380, 20, 180, 60, true, false}, "{\"role\": \"attachment\"}", ""},
		{{1, 380, 20, 180, 60, true, true}, "{\"role\": \"attachment\"}", "BLOCK_WITH_IMAGE"},
		{{1, 20, 20, 180, 60, true, false}, "{\"role\": \"attachment\"}", "BLOCK_NOT_TOP_RIGHT"},
		{{1, 380, 600, 180, 60, true, false}, "{\"role\": \"appendix\"}", "BLOCK_NOT_TOP_RIGHT"},
		{{2, 380, 20, 180, 60, true, false}, "{\"role\": \"appendix\"}", "BLOCK_NOT_TOP_RIGHT"},
		{{1, 380, 20, 180, 60, true, false}, "{\"role\": \"copy\"}", "COPY_DECLARED"},
		{{1, 380, 20, 180, 60, true, true}, NULL, "PERSON_SIGNATURE_MISSING LOOKS_LIKE_COPY"},
		{{1, 380, 600, 180, 60, true, true}, NULL, "PERSON_SIGNATURE_MISSING"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_codes(document(seen_signature("organisation", OFFICE, 100, rows[i].block), NULL),
			     rows[i].metadata, rows[i].codes);
}

/* ---- what was read ---- */

#define BLOCK                                                                                                          \
	"{\"form\": \"sao-y\", \"words\": \"SAO Y / UBND\", \"left\": 400, \"top\": 30, \"width\": 90, \"height\": 34}"

struct read {
	const char *appearance, *page; /* what reading came to; NULL: nobody looked */
	const char *block;             /* of the signature's appearance or else, after "page", of the page */
};

static const struct seen corner = {1, 380, 20, 180, 60, true, false}, bottom = {1, 380, 600, 180, 60, true, false};

/* Signed by an organisation alone. */
static json_t *read_document(struct read read, struct seen seen) {
	json_t *s = seen_signature("organisation", OFFICE, 100, seen), *a = json_object_get(s, "appearance");
	json_t *page = read.page ? json_pack("{s:s, s:n}", "reading", read.page, "copy") : json_null();
	bool of_page = read.block && !strncmp(read.block, "page", 4);
	if (read.block) json_object_set_new(of_page ? page : a, "copy", json_loads(BLOCK, 0, NULL));
	if (read.appearance) json_object_set_new(a, "reading", json_string(read.appearance));
	json_object_set_new(s, "id", json_string("Signature1"));
	json_t *report = document(s, NULL);
	json_object_set_new(report, "first_page", page);
	return report;
}

static void block_of_a_copy_is_told(void **unused) {
	(void)unused;
	static const char copy[] = "{\"type\": \"SAO Y\"}";
	static const struct {
		struct read read;
		const struct seen *seen;
		const char *metadata, *codes;
	} rows[] = {
		{{"read", "none", "signature"}, &corner, NULL, "COPY_BLOCK_FOUND PERSON_SIGNATURE_MISSING"},
		{{"read", "none", "signature"}, &corner, copy, "COPY_DECLARED COPY_BLOCK_FOUND"},
		{{"none", "read", "page"}, &corner, copy, "COPY_DECLARED COPY_BLOCK_FOUND"},
		{{"none", "read", "page"}, &bottom, copy, "COPY_DECLARED COPY_BLOCK_FOUND BLOCK_NOT_TOP_RIGHT"},
		/* the nearest without */
		{{"read", "none", NULL}, &corner, NULL, "PERSON_SIGNATURE_MISSING SIGNATURE_WITHOUT_IMAGE LOOKS_LIKE_COPY"},
		{{"read", "none", NULL}, &corner, copy, "COPY_DECLARED COPY_BLOCK_MISSING"},
		{{"none", "read", NULL}, &corner, copy, "COPY_DECLARED COPY_BLOCK_MISSING"},
		{{"none", "none", NULL}, &corner, copy, "COPY_DECLARED"}, /* a scan: what it shows is an image */
		{{NULL, NULL, NULL}, &corner, copy, "COPY_DECLARED"},
		{{"read", "read", NULL}, &corner, "{\"role\": \"attachment\"}", ""},
		/* not readable is not "no copy" */
		{{"not-readable", "read", NULL}, &corner, copy, "COPY_DECLARED COPY_BLOCK_NOT_READABLE"},
		{{"read", "in-part", NULL}, &corner, copy, "COPY_DECLARED COPY_BLOCK_NOT_READABLE"},
		{{"in-part", "none", "signature"}, &corner, copy, "COPY_DECLARED COPY_BLOCK_FOUND"},
		{{"not-readable", "none", NULL}, &bottom, copy, "COPY_DECLARED BLOCK_NOT_TOP_RIGHT"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_codes(read_document(rows[i].read, *rows[i].seen), rows[i].metadata, rows[i].codes);
}

/* Consumes the report; `by` joined by spaces. */
static void assert_copy(json_t *report, const char *metadata, const char *by, const char *form, const char *where) {
	json_t *declared = metadata ? json_loads(metadata, 0, NULL) : NULL, *way;
	struct buf ways = {0};
	size_t i;
	rules_add(report, declared);
	json_t *copy = json_object_get(report, "copy");
	assert_non_null(copy);
	json_array_foreach(json_object_get(copy, "by"), i, way)
		buf_printf(&ways, "%s%s", i ? " " : "", json_string_value(way));
	assert_string_equal(buf_text(&ways), by);
	assert_true(*by ? json_is_object(copy) : json_is_null(copy));
	const char *found = json_string_value(json_object_get(copy, "form"));
	assert_string_equal(found ? found : "", form);
	found = json_string_value(json_object_get(copy, "where"));
	assert_string_equal(found ? found : "", where);
	if (*where) assert_string_equal(json_string_value(json_object_get(copy, "words")), "SAO Y / UBND");
	if (*where) assert_int_equal(json_integer_value(json_object_get(copy, "left")), 400);
	if (!strcmp(where, "signature"))
		assert_string_equal(json_string_value(json_object_get(copy, "signature")), "Signature1");
	buf_dispose(&ways);
	json_decref(declared);
	json_decref(report);
}

static void copy_is_recognised_in_three_ways(void **unused) {
	(void)unused;
	const struct read text = {"read", "none", "signature"}, page = {"none", "read", "page"}, none = {"none", "none", NULL};
	assert_copy(read_document(text, corner), NULL, "text placement", "sao-y", "signature");
	assert_copy(read_document(page, bottom), NULL, "text", "sao-y", "page");
	assert_copy(read_document(none, corner), NULL, "placement", "", "");
	assert_copy(read_document(none, bottom), NULL, "", "", "");
	assert_copy(read_document(none, bottom), "{\"symbol\": \"SL-UBND\"}", "metadata", "sao-luc", "");
	assert_copy(read_document(none, bottom), "{\"role\": \"copy\"}", "metadata", "", "");
	assert_copy(read_document(text, corner), "{\"type\": \"Sao y\"}", "metadata text placement", "sao-y", "signature");
	assert_copy(read_document(none, corner), "{\"role\": \"attachment\"}", "", "", "");
	assert_copy(good(), NULL, "", "", "");
}

static void hostile_names_do_no_harm(void **unused) {
	(void)unused;
	assert_codes(document(signature("person", "CN=\\", 1), signature("organisation", "CN=,O=,OU=,=,++,\\", 2)),
		     "{\"organisation\": {\"name\": \"\\u001b[2J ... ---\"}, \"signers\": [{\"name\": \"( ( \"}, {}]}",
		     "ORGANISATION_DIFFERS");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete_document_has_nothing_against_it),
		cmocka_unit_test(person_and_organisation_have_to_sign),
		cmocka_unit_test(third_signer_of_unknown_kind_is_no_matter),
		cmocka_unit_test(document_timestamp_is_no_signature_of_anybody),
		cmocka_unit_test(organisation_signs_after_a_person),
		cmocka_unit_test(certificate_is_valid_when_it_signs),
		cmocka_unit_test(organisation_is_the_one_declared),
		cmocka_unit_test(signers_declared_are_those_of_the_certificates),
		cmocka_unit_test(pdf_is_of_version_1_4_or_later),
		cmocka_unit_test(copy_is_known_by_what_is_declared),
		cmocka_unit_test(seal_covers_the_left_of_the_signature),
		cmocka_unit_test(copies_and_attachments_are_signed_at_the_top_right),
		cmocka_unit_test(block_of_a_copy_is_told),
		cmocka_unit_test(copy_is_recognised_in_three_ways),
		cmocka_unit_test(hostile_names_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
