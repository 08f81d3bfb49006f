/* Encrypted documents, signed after encryption as they must be: judged with their password, and without as far as their
 * bytes go. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "tests/validator/pdf_builder.h"

#include <qpdf/qpdf-c.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define GAP_DIGITS 6000
#define SIG "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Reason (approved)"
#define RANGE "/ByteRange [ "

enum cipher { RC4_128, AES_128, AES_256, CIPHERS };

/* The document before it is signed: numbers wide enough for the range stand in its place. */
static void write_plain(struct buf *out) {
	struct pdf_builder b;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_object(&b, 1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>");
	pdf_builder_object(&b, 2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	pdf_builder_object(&b, 3,
			   "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> "
			   "/Annots [10 0 R] >>");
	pdf_builder_stream(&b, 4, "", "BT (pay 100) Tj ET");
	pdf_builder_object(&b, 5, "<< /Fields [10 0 R] /SigFlags 3 >>");
	pdf_builder_object(&b, 10,
			   "<< /Type /Annot /Subtype /Widget /FT /Sig /T (first) /Rect [0 0 0 0] /F 132 /P 3 0 R "
			   "/V 11 0 R >>");
	struct buf body = {0};
	buf_add_text(&body, "<< " SIG " " RANGE "1000000000 1000000000 1000000000 1000000000 ] /Contents <");
	for (int i = 0; i < GAP_DIGITS; i++) buf_add_byte(&body, '0');
	buf_add_text(&body, "> >>");
	pdf_builder_object(&b, 11, buf_text(&body));
	pdf_builder_finish(&b);
	buf_dispose(&body);
	*out = b.out;
}

static void encrypt(struct buf *file, enum cipher cipher, const char *user) {
	qpdf_data q = qpdf_init();
	qpdf_set_suppress_warnings(q, QPDF_TRUE);
	assert_int_equal(qpdf_read_memory(q, "plain", (char *)file->data, file->len, NULL), QPDF_SUCCESS);
	assert_int_equal(qpdf_init_write_memory(q), QPDF_SUCCESS);
	qpdf_set_object_stream_mode(q, qpdf_o_disable);
	if (cipher == RC4_128)
		qpdf_set_r3_encryption_parameters_insecure(q, user, "owner", 1, 1, 1, 1, 1, 1, qpdf_r3p_full);
	else if (cipher == AES_128)
		qpdf_set_r4_encryption_parameters_insecure(q, user, "owner", 1, 1, 1, 1, 1, 1, qpdf_r3p_full, 1, 1);
	else
		qpdf_set_r6_encryption_parameters2(q, user, "owner", 1, 1, 1, 1, 1, 1, qpdf_r3p_full, 1);
	assert_int_equal(qpdf_write(q) & QPDF_ERRORS, 0);
	file->len = 0;
	buf_add(file, qpdf_get_buffer(q), qpdf_get_buffer_length(q));
	qpdf_cleanup(&q);
}

static unsigned char *find(const struct buf *file, const char *what) {
	unsigned char *at = memmem(file->data, file->len, what, strlen(what));
	assert_non_null(at);
	return at;
}

static void sign(struct buf *file) {
	size_t gap = (size_t)(find(file, "/Contents <") - file->data) + 10, after = gap + GAP_DIGITS + 2;
	char text[64];
	struct buf content = {0};
	assert_int_equal(file->data[after - 1], '>');
	snprintf(text, sizeof text, "%010d %010zu %010zu %010zu", 0, gap, after, file->len - after);
	memcpy(find(file, RANGE) + strlen(RANGE), text, strlen(text));
	buf_add(&content, file->data, gap);
	buf_add(&content, file->data + after, file->len - after);
	struct cms_plan plan = {.content = content.data, .content_len = content.len};
	struct buf cms = cms_build(&world, &plan);
	char *digits = hex_dup(cms.data, cms.len);
	assert_true(strlen(digits) <= GAP_DIGITS);
	memcpy(file->data + gap + 1, digits, strlen(digits));
	free(digits);
	buf_dispose(&content), buf_dispose(&cms);
}

/* An update with the catalog anew and one more entry in it; what it holds needs no encryption. */
static void update(struct buf *file, const char *entry) {
	int catalog, previous, size;
	char head[32];
	const char *trailer = (const char *)find(file, "trailer <<") + 10;
	const char *root = strstr(trailer, "/Root "), *count = strstr(trailer, "/Size "), *start = strstr(trailer, "startxref");
	assert_true(root && count && start);
	assert_int_equal(sscanf(root, "/Root %d", &catalog), 1);
	assert_int_equal(sscanf(count, "/Size %d", &size), 1);
	assert_int_equal(sscanf(start, "startxref %d", &previous), 1);
	char *rest = xstrndup(trailer, (size_t)(start - trailer));
	snprintf(head, sizeof head, "%d 0 obj\n<<", catalog);
	const char *old = (const char *)find(file, head) + strlen(head);
	char *body = xstrndup(old, (size_t)(strstr(old, "endobj") - old));
	size_t object = file->len;
	buf_printf(file, "%s %s%sendobj\n", head, entry, body);
	size_t section = file->len;
	buf_printf(file, "xref\n%d 1\n%010zu 00000 n \ntrailer << /Prev %d %s\nstartxref\n%zu\n%%%%EOF\n", catalog, object,
		   previous, rest, section);
	free(rest), free(body);
}

static json_t *judge(const struct buf *file, const char *password) {
	struct val_request request = {
		.document = {file->data, file->len}, .revocation = REVOCATION_HARD, .password = password};
	assert_true(utime_parse("2025-06-01T00:00:00Z", &request.at));
	return validator_judge(validator, &request);
}

static bool has(const json_t *report, const char *code) {
	size_t i;
	json_t *finding;
	json_array_foreach(json_object_get(report, "findings"), i, finding)
		if (!strcmp(json_string_value(json_object_get(finding, "code")), code)) return true;
	return false;
}

static void check_text(const json_t *report, const char *key, const char *expected) {
	const json_t *s = json_array_get(json_object_get(report, "signatures"), 0);
	const char *got = json_string_value(json_object_get(s, key));
	if (expected ? !got || strcmp(got, expected) : got != NULL) {
		char *all = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s is %s", key, got ? got : "null");
	}
}

struct expected {
	const char *password, *entry;
	const char *finding; /* NULL: none about passwords */
	const char *coverage, *modification, *indication, *reason;
};

static void check(const struct buf *file, const struct expected *e) {
	static const char *const codes[] = {"PASSWORD_NEEDED", "PASSWORD_WRONG", "ENCRYPTION_UNKNOWN"};
	struct buf own = {0};
	buf_add(&own, file->data, file->len);
	if (e->entry) update(&own, e->entry);
	json_t *report = judge(&own, e->password);
	assert_int_equal(json_array_size(json_object_get(report, "signatures")), 1);
	assert_true(has(report, "ENCRYPTED"));
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		assert_int_equal(has(report, codes[i]), e->finding && !strcmp(codes[i], e->finding));
	check_text(report, "integrity", "intact");
	check_text(report, "coverage", e->coverage);
	check_text(report, "modification", e->modification);
	check_text(report, "indication", e->indication);
	check_text(report, "reason", e->reason);
	json_decref(report);
	buf_dispose(&own);
}

#define HARMLESS "/Version /2.0"
#define HARMFUL "/PageMode /UseOutlines"

static void documents_with_a_password_are_judged(void **state) {
	(void)state;
	static const struct expected cases[] = {
		{"secret", NULL, NULL, "whole-file", "none", "TOTAL-PASSED", "approved"},
		{"owner", NULL, NULL, "whole-file", "none", "TOTAL-PASSED", "approved"},
		{"secret", HARMLESS, NULL, "whole-revision", "permitted", "TOTAL-PASSED", "approved"},
		{"secret", HARMFUL, NULL, "whole-revision", "forbidden", "INDETERMINATE", "approved"},
		{NULL, NULL, "PASSWORD_NEEDED", "whole-file", "none", "TOTAL-PASSED", NULL},
		{NULL, HARMLESS, "PASSWORD_NEEDED", "whole-revision", "unknown", "INDETERMINATE", NULL},
		{NULL, HARMFUL, "PASSWORD_NEEDED", "whole-revision", "unknown", "INDETERMINATE", NULL},
		{"Secret", NULL, "PASSWORD_WRONG", "whole-file", "none", "TOTAL-PASSED", NULL},
		{"", HARMFUL, "PASSWORD_WRONG", "whole-revision", "unknown", "INDETERMINATE", NULL},
	};
	for (enum cipher cipher = RC4_128; cipher < CIPHERS; cipher++) {
		struct buf file;
		write_plain(&file);
		encrypt(&file, cipher, "secret");
		sign(&file);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) check(&file, &cases[i]);
		buf_dispose(&file);
	}
}

/* Most encrypted documents: everybody can read them, only printing or editing is forbidden. */
static void documents_with_the_empty_password_need_none(void **state) {
	(void)state;
	static const struct expected cases[] = {
		{NULL, NULL, NULL, "whole-file", "none", "TOTAL-PASSED", "approved"},
		{"anything", NULL, NULL, "whole-file", "none", "TOTAL-PASSED", "approved"},
		{NULL, HARMFUL, NULL, "whole-revision", "forbidden", "INDETERMINATE", "approved"},
		{NULL, HARMLESS, NULL, "whole-revision", "permitted", "TOTAL-PASSED", "approved"},
	};
	for (enum cipher cipher = RC4_128; cipher < CIPHERS; cipher++) {
		struct buf file;
		write_plain(&file);
		encrypt(&file, cipher, "");
		sign(&file);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) check(&file, &cases[i]);
		buf_dispose(&file);
	}
}

/* Encrypted for recipients: the handler's name is all that matters here. */
static void unknown_encryption_is_told(void **state) {
	(void)state;
	static const struct expected expected = {"secret",     NULL,   "ENCRYPTION_UNKNOWN",
						 "whole-file", "none", "TOTAL-PASSED", NULL};
	struct buf file;
	write_plain(&file);
	encrypt(&file, AES_128, "secret");
	memcpy(find(&file, "/Filter /Standard"), "/Filter /Adobe.PK", 17);
	sign(&file);
	check(&file, &expected);
	buf_dispose(&file);
}

static void changed_bytes_are_seen_without_the_password(void **state) {
	(void)state;
	struct buf file;
	write_plain(&file);
	encrypt(&file, AES_256, "secret");
	sign(&file);
	*find(&file, "/MediaBox [ 0 0 595") = '_';
	json_t *report = judge(&file, NULL);
	check_text(report, "integrity", "broken");
	check_text(report, "indication", "TOTAL-FAILED");
	json_decref(report);
	buf_dispose(&file);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_with_a_password_are_judged),
		cmocka_unit_test(documents_with_the_empty_password_need_none),
		cmocka_unit_test(unknown_encryption_is_told),
		cmocka_unit_test(changed_bytes_are_seen_without_the_password),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
