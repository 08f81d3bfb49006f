#include "validator/pdf.h"

#include "pdf_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SIG "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
#define TST "/Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161"

static void read_all(const struct pdf_builder *b, struct pdf_document *d) {
	pdf_read(b->out.data, b->out.len, d);
}

/* One signed sample in a section of its own. */
static void signed_sample(struct pdf_builder *b, enum pdf_builder_kind kind) {
	pdf_builder_begin(b, kind);
	pdf_builder_sample(b);
	pdf_builder_finish(b);
	pdf_builder_sign(b, 20, "first", "6 0 R 9 0 R 20 0 R", "6 0 R 8 0 R 9 0 R 20 0 R",
			 SIG " /M (D:20260102030405+07'00') /Reason (approved)");
}

static void whole_file_signature_is_read(void **state) {
	(void)state;
	for (enum pdf_builder_kind kind = PDF_TABLE; kind <= PDF_OBJECT_STREAM; kind++) {
		struct pdf_builder b;
		struct pdf_document d;
		signed_sample(&b, kind);
		read_all(&b, &d);
		assert_int_equal(d.signature_count, 1);
		const struct pdf_signature *s = &d.signatures[0];
		assert_string_equal(s->name, "first");
		assert_string_equal(s->sub_filter, "ETSI.CAdES.detached");
		assert_string_equal(s->claimed_time, "D:20260102030405+07'00'");
		assert_string_equal(s->reason, "approved");
		assert_int_equal(s->kind, PDF_SIGNATURE);
		assert_int_equal(s->coverage, PDF_WHOLE_FILE);
		assert_int_equal(s->modification, PDF_UNMODIFIED);
		assert_int_equal(s->end, b.out.len);
		assert_int_equal(s->cms_len, 5);
		assert_int_equal(s->contents_len, 32);
		assert_true(s->in_form);
		assert_int_equal(s->findings.count, 0);
		assert_int_equal(d.findings.count, 0);
		assert_string_equal(d.version, "1.7");
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void first_of_two_covers_its_revision(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	signed_sample(&b, PDF_TABLE);
	size_t first = b.out.len;
	pdf_builder_sign(&b, 22, "stamp", "6 0 R 9 0 R 20 0 R 22 0 R", "6 0 R 8 0 R 9 0 R 20 0 R 22 0 R", TST);
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 2);
	assert_string_equal(d.signatures[0].name, "first");
	assert_int_equal(d.signatures[0].end, first);
	assert_int_equal(d.signatures[0].coverage, PDF_WHOLE_REVISION);
	assert_int_equal(d.signatures[1].kind, PDF_DOCUMENT_TIMESTAMP);
	assert_int_equal(d.signatures[1].coverage, PDF_WHOLE_FILE);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

/* The text at `from` (inside the last signature's range array) is replaced by one of the same length. */
static void byte_range_forms(void **state) {
	(void)state;
	static const struct {
		const char *what;
		int number, by; /* which of the four is changed, by how much */
		bool usable;
		enum pdf_coverage coverage;
	} cases[] = {
		{"as it is", 0, 0, true, PDF_WHOLE_FILE},
		{"starts later", 0, 1, true, PDF_PARTIAL},
		{"first range too long", 1, 1, true, PDF_PARTIAL},
		{"first range too short", 1, -1, true, PDF_PARTIAL},
		{"second range too late", 2, 1, false, PDF_PARTIAL},
		{"second range too early", 2, -1, true, PDF_PARTIAL},
		{"beyond the end", 3, 1, false, PDF_PARTIAL},
		{"short of the last line end", 3, -1, true, PDF_WHOLE_REVISION},
		{"short of the last letter", 3, -2, true, PDF_WHOLE_REVISION},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		struct pdf_document d;
		unsigned long n[4];
		char text[64];
		signed_sample(&b, PDF_TABLE);
		char *range = (char *)b.out.data + b.range;
		assert_int_equal(sscanf(range, "[%lu %lu %lu %lu]", &n[0], &n[1], &n[2], &n[3]), 4);
		n[cases[i].number] += (unsigned long)cases[i].by;
		snprintf(text, sizeof text, "[%lu %010lu %010lu %010lu]", n[0], n[1], n[2], n[3]);
		memcpy(range, text, strlen(text));
		read_all(&b, &d);
		assert_int_equal(d.signature_count, 1);
		if (d.signatures[0].ranges_usable != cases[i].usable || d.signatures[0].coverage != cases[i].coverage)
			fail_msg("%s: usable %d coverage %d", cases[i].what, d.signatures[0].ranges_usable,
				 d.signatures[0].coverage);
		if (cases[i].coverage == PDF_PARTIAL) assert_int_equal(d.signatures[0].modification, PDF_FORBIDDEN);
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void byte_range_that_is_none_is_unusable(void **state) {
	(void)state;
	static const char *const ranges[] = {
		"[0 1.0 10 5]                        ", "[0 10 20]                           ",
		"null                                ", "[]                                  ",
		"[0 -5 10 5]                         ", "[0 99999999999999999999 10 5]       ",
		"[0 0 0 0]                           ", "[0 9223372036854775807 5 5]         ",
	};
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct pdf_builder b;
		struct pdf_document d;
		signed_sample(&b, PDF_TABLE);
		memcpy(b.out.data + b.range, ranges[i], strlen(ranges[i]));
		read_all(&b, &d);
		assert_int_equal(d.signature_count, 1);
		assert_false(d.signatures[0].ranges_usable);
		assert_int_equal(d.signatures[0].coverage, PDF_PARTIAL);
		assert_true(finding_has(&d.signatures[0].findings, FINDING_BYTERANGE_UNUSABLE));
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void gap_must_be_one_hexadecimal_string(void **state) {
	(void)state;
	static const struct {
		size_t at; /* within the gap */
		char byte;
		enum pdf_coverage coverage;
	} cases[] = {{20, '0', PDF_WHOLE_FILE}, {20, ' ', PDF_PARTIAL}, {20, 'x', PDF_PARTIAL}, {0, ' ', PDF_PARTIAL}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		struct pdf_document d;
		signed_sample(&b, PDF_TABLE);
		unsigned char *gap = memmem(b.out.data, b.out.len, "<300302012A", 11);
		gap[cases[i].at] = (unsigned char)cases[i].byte;
		read_all(&b, &d);
		assert_true(d.signature_count <= 1);
		if (d.signature_count) assert_int_equal(d.signatures[0].coverage, cases[i].coverage);
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void bytes_after_the_cms_are_told(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	signed_sample(&b, PDF_TABLE);
	unsigned char *gap = memmem(b.out.data, b.out.len, "<300302012A", 11);
	gap[30] = '7';
	read_all(&b, &d);
	assert_int_equal(d.signatures[0].cms_len, 5);
	assert_int_equal(d.signatures[0].coverage, PDF_WHOLE_FILE);
	assert_true(finding_has(&d.signatures[0].findings, FINDING_DATA_AFTER_CMS));
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

static void borrowed_byte_range_is_partial(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	signed_sample(&b, PDF_TABLE);
	size_t first = b.range;
	pdf_builder_sign(&b, 22, "second", "6 0 R 9 0 R 20 0 R 22 0 R", "6 0 R 8 0 R 9 0 R 20 0 R 22 0 R", SIG);
	memcpy(b.out.data + b.range, b.out.data + first, 36);
	unsigned char *gap = memmem(b.out.data + b.range, b.out.len - b.range, "<300302012A", 11);
	gap[10] = 'B';
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 2);
	const struct pdf_signature *s = &d.signatures[!strcmp(d.signatures[1].name, "second")];
	assert_string_equal(s->name, "second");
	assert_int_equal(s->coverage, PDF_PARTIAL);
	assert_true(finding_has(&s->findings, FINDING_SIGNATURE_BORROWED));
	assert_int_equal(s->contents[4], 0x2b);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

static void removed_signature_is_found_in_the_bytes(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	signed_sample(&b, PDF_TABLE);
	pdf_builder_object(&b, 5, "<< /Fields [6 0 R 9 0 R] /SigFlags 1 /DA (/Helv 10 Tf) >>");
	pdf_builder_finish(&b);
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 1);
	assert_string_equal(d.signatures[0].name, "first");
	pdf_document_dispose(&d);
	pdf_builder_object(&b, 3,
			   "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>");
	pdf_builder_finish(&b);
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 1);
	assert_false(d.signatures[0].in_form);
	assert_int_equal(d.signatures[0].modification, PDF_FORBIDDEN);
	assert_true(finding_has(&d.signatures[0].findings, FINDING_SIGNATURE_REMOVED));
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

static void emptied_signature_dictionary_still_counts(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_object(&b, 9, "<< /FT /Sig /T (empty) /V << /Type /Sig >> >>");
	pdf_builder_finish(&b);
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 1);
	assert_false(d.signatures[0].ranges_usable);
	pdf_document_dispose(&d);
	pdf_builder_object(&b, 9, "<< /FT /Sig /T (empty) /V << /Type /Other >> >>");
	pdf_builder_finish(&b);
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 0);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

/* Beside a signature without value, one in the bytes whose value is empty: two broken ones. */
static void empty_value_is_not_an_absent_one(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_object(&b, 9, "<< /FT /Sig /T (empty) /V << /Type /Sig >> >>");
	pdf_builder_object(&b, 40, "<< /Type /Sig /Contents <> /ByteRange [0 99999999999999999999 1 1] >>");
	pdf_builder_finish(&b);
	read_all(&b, &d);
	assert_int_equal(d.signature_count, 2);
	assert_false(d.signatures[0].ranges_usable || d.signatures[1].ranges_usable);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

static void timestamp_is_known_by_type_or_sub_filter(void **state) {
	(void)state;
	static const struct {
		const char *entries;
		enum pdf_signature_kind kind;
	} cases[] = {
		{"/Type /DocTimeStamp /SubFilter /adbe.pkcs7.detached", PDF_DOCUMENT_TIMESTAMP},
		{"/Type /Sig /SubFilter /ETSI.RFC3161", PDF_DOCUMENT_TIMESTAMP},
		{"/SubFilter /ETSI.RFC3161", PDF_DOCUMENT_TIMESTAMP},
		{"/SubFilter /adbe.pkcs7.detached", PDF_SIGNATURE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pdf_builder b;
		struct pdf_document d;
		pdf_builder_begin(&b, PDF_TABLE);
		pdf_builder_sample(&b);
		pdf_builder_sign(&b, 20, "s", "6 0 R 9 0 R 20 0 R", "6 0 R 8 0 R 9 0 R 20 0 R", cases[i].entries);
		read_all(&b, &d);
		assert_int_equal(d.signature_count, 1);
		assert_int_equal(d.signatures[0].kind, cases[i].kind);
		pdf_document_dispose(&d);
		pdf_builder_dispose(&b);
	}
}

static void evidence_knows_its_revision(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_sample(&b);
	pdf_builder_object(&b, 1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R /DSS << /Certs [30 0 R] >> >>");
	pdf_builder_stream(&b, 30, "", "cert one");
	pdf_builder_finish(&b);
	size_t first = pdf_builder_sign(&b, 20, "s", "6 0 R 9 0 R 20 0 R", "6 0 R 8 0 R 9 0 R 20 0 R", SIG);
	pdf_builder_object(
		&b, 1,
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R /DSS << /Certs [30 0 R 31 0 R] /CRLs [32 0 R] "
		"/VRI << /00 << /OCSP [33 0 R] >> >> >> >>");
	pdf_builder_stream(&b, 31, "", "cert two");
	pdf_builder_stream(&b, 32, "", "crl");
	pdf_builder_stream(&b, 33, "", "ocsp");
	size_t second = pdf_builder_finish(&b);
	read_all(&b, &d);
	assert_int_equal(d.cert_count, 2);
	assert_int_equal(d.certs[0].revision_end, first);
	assert_int_equal(d.certs[1].revision_end, second);
	assert_memory_equal(d.certs[1].data, "cert two", 8);
	assert_int_equal(d.crl_count, 1);
	assert_int_equal(d.ocsp_count, 1);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
}

/* A signature whose own revision is not there whole is never taken for one that is. */
static void cut_file_never_passes(void **state) {
	(void)state;
	struct pdf_builder b;
	struct pdf_document d;
	signed_sample(&b, PDF_TABLE);
	size_t first = b.out.len;
	pdf_builder_sign(&b, 22, "second", "6 0 R 9 0 R 20 0 R 22 0 R", "6 0 R 8 0 R 9 0 R 20 0 R 22 0 R", SIG);
	for (size_t len = 0; len < b.out.len; len += 3) {
		pdf_read(b.out.data, len, &d);
		for (size_t i = 0; i < d.signature_count; i++) {
			const struct pdf_signature *s = &d.signatures[i];
			assert_true(!s->ranges_usable || s->end <= len);
			if (len < first || s->end != first) assert_int_equal(s->coverage, PDF_PARTIAL);
			if (s->coverage == PDF_PARTIAL) assert_int_equal(s->modification, PDF_FORBIDDEN);
		}
		pdf_document_dispose(&d);
	}
	pdf_builder_dispose(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_file_signature_is_read),
		cmocka_unit_test(first_of_two_covers_its_revision),
		cmocka_unit_test(byte_range_forms),
		cmocka_unit_test(byte_range_that_is_none_is_unusable),
		cmocka_unit_test(gap_must_be_one_hexadecimal_string),
		cmocka_unit_test(bytes_after_the_cms_are_told),
		cmocka_unit_test(borrowed_byte_range_is_partial),
		cmocka_unit_test(removed_signature_is_found_in_the_bytes),
		cmocka_unit_test(emptied_signature_dictionary_still_counts),
		cmocka_unit_test(empty_value_is_not_an_absent_one),
		cmocka_unit_test(timestamp_is_known_by_type_or_sub_filter),
		cmocka_unit_test(evidence_knows_its_revision),
		cmocka_unit_test(cut_file_never_passes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
