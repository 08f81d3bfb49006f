/* What is not extended and why, each beside the nearest document that is; and what exactly is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/extend/extend_samples.h"
#include "tests/pki/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pki pki;
static struct validator *v;
static const char *scratch = TEST_BINARY_DIR "/extend-scratch";

#define WHEN "20260602020000Z"
static const struct val_extend lt = {.token_room = 8192}, lta = {.stamp = true, .token_room = 8192};
static const struct signing stamped = {EXPIRED_PERSON, "20260510020000Z", "20260510020004Z", NULL};
static const struct signing bare = {EXPIRED_PERSON, "20260510020000Z", NULL, NULL};

static int start(void **unused) {
	struct error err = {0};
	struct buf root = {0};
	(void)unused;
	digest_init();
	tool_random_fix();
	pki_make(&pki, PKI_DEFAULT_URL);
	tool_make_dir(scratch);
	TOOL_DER(&root, i2d_X509, pki.cert[ROOT_G2]);
	v = validator_new(NULL, 0, &err);
	int added = v ? validator_add_trust(v, root.data, root.len) : 0;
	buf_dispose(&root);
	return added == 1 ? 0 : -1;
}

static int stop(void **unused) {
	(void)unused;
	validator_free(v);
	pki_dispose(&pki);
	return 0;
}

static enum extend_refusal try_at(struct buf *document, const char *crl, const char *when, const struct val_extend *order) {
	struct material m = {0};
	material_add_certs(&m, &pki);
	if (crl) material_add_crl(&m, &pki, ROOT_G2, crl, "20260701000000Z");
	if (crl) material_add_crl(&m, &pki, SUB_G2, crl, "20260701000000Z");
	struct val_extend own = *order;
	own.renew_until = time_of(when) + 365 * UTIME_DAY;
	enum extend_refusal refusal = extend(v, &pki, document, &m, when, &own);
	material_dispose(&m);
	return refusal;
}

static enum extend_refusal try(struct buf *document, const struct val_extend *order) {
	return try_at(document, "20260601000000Z", WHEN, order);
}

static struct buf signed_table(const struct signing *s) {
	struct buf b = unsigned_make(SHAPE_TABLE, scratch);
	sign(&b, &pki, s);
	return b;
}

#define EXPECT(document, order, refusal) assert_string_equal(extend_refusal_name(try(document, order)), #refusal)

/* ---- nothing to do, or not yet ---- */

static void what_is_complete_is_left_alone(void **unused) {
	(void)unused;
	struct buf b = signed_table(&stamped);
	EXPECT(&b, &lt, NONE);
	size_t len = b.len;
	EXPECT(&b, &lt, UP_TO_DATE);
	EXPECT(&b, &lta, NONE);
	EXPECT(&b, &lta, UP_TO_DATE);
	assert_true(b.len > len);
	buf_dispose(&b);
}

static void status_from_before_the_proven_time_is_waited_for(void **unused) {
	(void)unused;
	struct buf b = signed_table(&stamped);
	assert_int_equal(try_at(&b, "20260510020003Z", WHEN, &lt), EXTEND_WAIT_FOR_STATUS);
	assert_int_equal(try_at(&b, "20260510020003Z", WHEN, &lta), EXTEND_WAIT_FOR_STATUS);
	assert_int_equal(try_at(&b, "20260510020004Z", WHEN, &lt), EXTEND_NONE);
	buf_dispose(&b);
}

static void signature_under_no_timestamp_gets_one_with_lta_only(void **unused) {
	(void)unused;
	struct buf b = signed_table(&bare);
	EXPECT(&b, &lt, NO_TIMESTAMP);
	EXPECT(&b, &lta, NONE);
	/* Its certificate ends soon, so its status from after that time-stamp is wanted. */
	EXPECT(&b, &lta, WAIT_FOR_STATUS);
	size_t len = b.len;
	assert_int_equal(try_at(&b, "20260603000000Z", "20260604000000Z", &lta), EXTEND_NONE);
	assert_true(b.len - len < 4096); /* no other time-stamp */
	assert_int_equal(try_at(&b, "20260604000000Z", "20260605000000Z", &lta), EXTEND_UP_TO_DATE);
	buf_dispose(&b);
}

static void verdict_that_does_not_pass_is_not_extended(void **unused) {
	(void)unused;
	struct buf b = signed_table(&stamped);
	assert_int_equal(try_at(&b, NULL, WHEN, &lta), EXTEND_NOT_PASSED);
	EXPECT(&b, &lta, NONE);
	buf_dispose(&b);
}

/* ---- the document ---- */

static void other_files_are_not_extended(void **unused) {
	(void)unused;
	struct buf text = {0}, plain = unsigned_make(SHAPE_TABLE, scratch);
	buf_add_text(&text, "no document\n");
	EXPECT(&text, &lta, FORMAT);
	EXPECT(&plain, &lta, NO_SIGNATURE);
	buf_dispose(&text);
	buf_dispose(&plain);
}

static void encrypted_document_is_not_extended(void **unused) {
	(void)unused;
	struct buf b = signed_table(&stamped), locked = encrypt(&b, scratch);
	if (!locked.len) skip();
	EXPECT(&locked, &lta, ENCRYPTED);
	EXPECT(&b, &lta, NONE);
	buf_dispose(&locked);
	buf_dispose(&b);
}

static void structure_that_readers_differ_about_is_not_extended(void **unused) {
	(void)unused;
	struct buf good = signed_table(&stamped), junk = {0}, cut = {0};
	buf_add_text(&junk, "junk\n");
	buf_add(&junk, good.data, good.len);
	EXPECT(&junk, &lta, HEADER_NOT_FIRST);
	buf_add(&cut, good.data, good.len);
	unsigned char *at = memmem(cut.data + cut.len - 40, 40, "startxref\n", 10);
	assert_non_null(at);
	at[10] = at[10] == '9' ? '1' : '9'; /* leads nowhere */
	EXPECT(&cut, &lta, NEEDS_REPAIR);
	buf_dispose(&cut);
	buf_add(&cut, good.data, good.len);
	add_object(&cut, 300, 1, "<</Later true>>");
	EXPECT(&cut, &lta, SECTIONS_UNUSUAL);
	buf_dispose(&cut);
	buf_add(&cut, good.data, good.len);
	add_object(&cut, 300, 0, "<</Later true>>");
	EXPECT(&cut, &lta, NONE);
	buf_dispose(&good);
	buf_dispose(&junk);
	buf_dispose(&cut);
}

static void faults_are_not_laundered(void **unused) {
	(void)unused;
	struct buf broken = signed_table(&stamped), changed = signed_table(&stamped);
	unsigned char *at = memmem(broken.data, broken.len, "/MediaBox [0 0 595", 18);
	assert_non_null(at);
	at[17] = '4';
	EXPECT(&broken, &lta, SIGNATURE_BROKEN);
	add_object(&changed, 6, 0, "<</Length 5>>\nstream\nBT ET\nendstream");
	EXPECT(&changed, &lta, CHANGE_FORBIDDEN);
	buf_dispose(&broken);
	buf_dispose(&changed);
}

static void certification_against_changes_needs_the_switch(void **unused) {
	(void)unused;
	struct val_extend also = lta;
	struct buf frozen = certified_make(&pki, true), open = certified_make(&pki, false);
	also.certified = true;
	EXPECT(&frozen, &lta, CERTIFIED);
	EXPECT(&frozen, &also, NONE);
	EXPECT(&open, &lta, NONE);
	buf_dispose(&frozen);
	buf_dispose(&open);
}

static void with_catalog(struct buf *b, const char *more) {
	char *catalog = xasprintf("<</Type /Catalog /Pages 2 0 R %s>>", more);
	*b = unsigned_make(SHAPE_TABLE, scratch);
	add_object(b, 1, 0, catalog);
	free(catalog);
}

static void malformed_store_is_not_written_anew(void **unused) {
	(void)unused;
	static const struct {
		const char *store;
		enum extend_refusal refusal;
	} rows[] = {{"/DSS 5", EXTEND_STORE_MALFORMED},
		    {"/DSS <</Certs 5>>", EXTEND_STORE_MALFORMED},
		    {"/DSS <</Certs [5]>>", EXTEND_STORE_MALFORMED},
		    {"/DSS <</Certs [2 0 R]>>", EXTEND_STORE_MALFORMED},
		    {"/DSS <</Certs [] /Other 1>>", EXTEND_STORE_MALFORMED},
		    {"/DSS <</VRI []>>", EXTEND_STORE_MALFORMED},
		    {"/DSS <</Certs [] /VRI <<>>>>", EXTEND_NONE},
		    {"", EXTEND_NONE}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;
		const struct extend_order order = {.token_room = 100};
		struct pdf_document pdf;
		struct extension x;
		with_catalog(&b, rows[i].store);
		pdf_read(b.data, b.len, &pdf);
		extend_write(b.data, b.len, &pdf, &order, &x);
		assert_string_equal(extend_refusal_name(x.refusal), extend_refusal_name(rows[i].refusal));
		extension_dispose(&x);
		pdf_document_dispose(&pdf);
		buf_dispose(&b);
	}
}

static void malformed_form_takes_no_timestamp(void **unused) {
	(void)unused;
	static const struct {
		const char *form;
		enum extend_refusal refusal;
	} rows[] = {{"/AcroForm 5", EXTEND_FORM_MALFORMED},
		    {"/AcroForm <</Fields 5>>", EXTEND_FORM_MALFORMED},
		    {"/AcroForm <</Fields []>>", EXTEND_NONE},
		    {"/AcroForm <<>>", EXTEND_NONE}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;
		const struct extend_order order = {.token_room = 100};
		struct pdf_document pdf;
		struct extension x;
		with_catalog(&b, rows[i].form);
		pdf_read(b.data, b.len, &pdf);
		extend_write(b.data, b.len, &pdf, &order, &x);
		assert_string_equal(extend_refusal_name(x.refusal), extend_refusal_name(rows[i].refusal));
		extension_dispose(&x);
		pdf_document_dispose(&pdf);
		buf_dispose(&b);
	}
}

/* ---- what is written ---- */

/* The update's table is no hybrid one: to name the old stream again would put old entries before new ones. */
static void hybrid_section_as_the_newest_is_followed_by_a_table(void **unused) {
	(void)unused;
	struct buf b = signed_table(&stamped);
	add_hybrid_section(&b, 300);
	size_t len = b.len;
	EXPECT(&b, &lta, NONE);
	assert_null(memmem(b.data + len, b.len - len, "/XRefStm", 8));
	assert_non_null(memmem(b.data + len, b.len - len, "\ntrailer\n", 9));
	EXPECT(&b, &lta, UP_TO_DATE);
	buf_dispose(&b);
}

static void same_inputs_give_the_same_bytes(void **unused) {
	(void)unused;
	struct buf a = signed_table(&stamped), b = {0};
	buf_add(&b, a.data, a.len);
	EXPECT(&a, &lta, NONE);
	EXPECT(&b, &lta, NONE);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_dispose(&a);
	buf_dispose(&b);
}

static void entry_has_the_key_of_the_padded_value(void **unused) {
	(void)unused;
	struct buf b = signed_table(&stamped);
	struct val_extend with_entries = lt;
	struct pdf_document pdf;
	unsigned char digest[DIGEST_MAX];
	char key[48] = "/";
	with_entries.entries = true;
	pdf_read(b.data, b.len, &pdf);
	assert_int_equal(pdf.signature_count, 1);
	digest_bytes(DIGEST_SHA1, pdf.signatures[0].contents, pdf.signatures[0].contents_len, digest);
	for (size_t i = 0; i < 20; i++) snprintf(key + 1 + 2 * i, 3, "%02X", digest[i]);
	EXPECT(&b, &with_entries, NONE);
	assert_non_null(memmem(b.data, b.len, "/VRI <<", 7));
	assert_non_null(memmem(b.data, b.len, key, 41));
	pdf_document_dispose(&pdf);
	buf_dispose(&b);
}

static void store_keeps_what_it_has_in_its_order(void **unused) {
	(void)unused;
	struct buf b = signed_table(&bare);
	struct pdf_document one, two;
	EXPECT(&b, &lta, NONE);
	pdf_read(b.data, b.len, &one);
	assert_int_equal(try_at(&b, "20260603000000Z", "20260604000000Z", &lta), EXTEND_NONE);
	pdf_read(b.data, b.len, &two);
	assert_true(two.cert_count >= one.cert_count);
	for (size_t i = 0; i < one.cert_count; i++) {
		assert_int_equal(one.certs[i].len, two.certs[i].len);
		assert_memory_equal(one.certs[i].data, two.certs[i].data, one.certs[i].len);
	}
	assert_true(two.crl_count > one.crl_count);
	for (size_t i = 0; i < one.crl_count; i++) {
		assert_int_equal(one.crls[i].len, two.crls[i].len);
		assert_memory_equal(one.crls[i].data, two.crls[i].data, one.crls[i].len);
	}
	pdf_document_dispose(&one);
	pdf_document_dispose(&two);
	buf_dispose(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_complete_is_left_alone),
		cmocka_unit_test(status_from_before_the_proven_time_is_waited_for),
		cmocka_unit_test(signature_under_no_timestamp_gets_one_with_lta_only),
		cmocka_unit_test(verdict_that_does_not_pass_is_not_extended),
		cmocka_unit_test(other_files_are_not_extended),
		cmocka_unit_test(encrypted_document_is_not_extended),
		cmocka_unit_test(structure_that_readers_differ_about_is_not_extended),
		cmocka_unit_test(faults_are_not_laundered),
		cmocka_unit_test(certification_against_changes_needs_the_switch),
		cmocka_unit_test(malformed_store_is_not_written_anew),
		cmocka_unit_test(malformed_form_takes_no_timestamp),
		cmocka_unit_test(hybrid_section_as_the_newest_is_followed_by_a_table),
		cmocka_unit_test(same_inputs_give_the_same_bytes),
		cmocka_unit_test(entry_has_the_key_of_the_padded_value),
		cmocka_unit_test(store_keeps_what_it_has_in_its_order),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
