/* CMS signatures in every form and state of their proof: made, extended, judged here with nothing but the anchor, and left in a
 * folder for other tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/extend/cms_samples.h"
#include "tests/extend/extend_samples.h"
#include "tests/pki/cms_sign.h"
#include "tests/pki/tool.h"
#include "validator/cms.h"
#include "validator/format.h"
#include "validator/tst.h"

#include <openssl/cms.h>
#include <stdlib.h>
#include <string.h>

static struct pki pki;
static enum cert_id authority = TSA_G2;
static struct validator *v;
static const char *out = TEST_BINARY_DIR "/extended-cms";
static struct buf list;   /* NAME FORM TIME, one line each */
static struct buf tokens; /* NAME DIGEST TIME of archive time-stamps, as they are in there */

#define FIRST "20260602020000Z"
#define SECOND "20280601020000Z" /* the signer's certificate ended in July 2026, the authority's ends in 2034 */
#define THIRD "20280901020000Z"

static const struct val_extend lt = {.token_room = 8192}, lta = {.stamp = true, .token_room = 8192};

static int start(void **unused) {
	struct error err = {0};
	struct buf root = {0};
	(void)unused;
	digest_init();
	tool_random_fix();
	pki_make(&pki, PKI_DEFAULT_URL);
	TOOL_DER(&root, i2d_X509, pki.cert[ROOT_G2]);
	v = validator_new(NULL, 0, &err);
	tool_make_dir(out);
	tool_write(out, "root.der", root.data, root.len);
	tool_write(out, "content", CONTENT, strlen(CONTENT));
	int added = v ? validator_add_trust(v, root.data, root.len) : 0;
	buf_dispose(&root);
	return added == 1 ? 0 : -1;
}

static int stop(void **unused) {
	(void)unused;
	tool_write(out, "list.tsv", list.data, list.len);
	tool_write(out, "tokens.tsv", tokens.data, tokens.len);
	buf_dispose(&list);
	buf_dispose(&tokens);
	validator_free(v);
	pki_dispose(&pki);
	return 0;
}

/* ---- extending ---- */

static json_t *judge_cms(const struct buf *document, const struct val_blob *evidence, size_t count, const char *at,
			 const struct val_extend *extend) {
	static const struct val_blob content = {(const unsigned char *)CONTENT, sizeof CONTENT - 1};
	const struct val_request request = {.document = {document->data, document->len},
					    .at = time_of(at),
					    .evidence = evidence,
					    .evidence_count = count,
					    .data = &content,
					    .data_count = 1,
					    .extend = extend};
	json_t *report = validator_judge(v, &request);
	expect_brief(v, &request, report);
	return report;
}

static struct buf token_for(const struct extend_imprint *p, const char *when) {
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *alg = X509_ALGOR_new();
	const struct tst_plan plan = {authority, TSA_POLICY, when, 7000ULL + p->digest[0], true};
	struct buf der = {0};
	need(p->alg == DIGEST_SHA256, "digest of the imprint");
	X509_ALGOR_set_md(alg, EVP_sha256());
	TS_MSG_IMPRINT_set_algo(imprint, alg);
	TS_MSG_IMPRINT_set_msg(imprint, (unsigned char *)(uintptr_t)p->digest, SHA256_SIZE);
	CMS_ContentInfo *token = tst_make(&pki, &plan, imprint, NULL);
	TOOL_DER(&der, i2d_CMS_ContentInfo, token);
	CMS_ContentInfo_free(token);
	X509_ALGOR_free(alg);
	TS_MSG_IMPRINT_free(imprint);
	return der;
}

static enum extend_refusal finish(const struct buf *document, const struct extend_plan *plan, const char *when,
				  struct extend_plan *done) {
	size_t count = plan->item_count + plan->imprint_count;
	struct val_blob *all = xcalloc(count + 1, sizeof *all);
	struct buf *made = xcalloc(plan->imprint_count + 1, sizeof *made);
	const struct val_extend order = {.finish = true, .token_count = plan->imprint_count};
	struct error err = {0};
	for (size_t i = 0; i < plan->item_count; i++) all[i] = (struct val_blob){plan->items[i].data, plan->items[i].len};
	for (size_t i = 0; i < plan->imprint_count; i++) {
		made[i] = token_for(&plan->imprints[i], when);
		all[plan->item_count + i] = (struct val_blob){made[i].data, made[i].len};
	}
	json_t *report = judge_cms(document, all, count, when, &order);
	need(extend_plan_read(report, document->len, all, count, done, &err) == 0, err.text);
	json_decref(report);
	for (size_t i = 0; i < plan->imprint_count; i++) buf_dispose(&made[i]);
	free(made);
	free(all);
	return done->refusal;
}

static void replace(struct buf *document, const struct extend_plan *plan) {
	struct buf whole = {0};
	extend_plan_assemble(plan, document->data, document->len, &whole);
	assert_int_equal(whole.len, plan->size);
	buf_dispose(document);
	*document = whole;
}

static enum extend_refusal extend_cms(struct buf *document, const struct material *m, const char *when,
				      const struct val_extend *order) {
	json_t *report = judge_cms(document, m->blobs, m->count, when, order);
	struct extend_plan plan, done = {0};
	struct error err = {0};
	need(extend_plan_read(report, document->len, m->blobs, m->count, &plan, &err) == 0, err.text);
	enum extend_refusal refusal = plan.refusal;
	if (refusal == EXTEND_NONE && plan.imprint_count) {
		refusal = finish(document, &plan, when, &done);
		if (refusal == EXTEND_NONE) replace(document, &done);
		extend_plan_dispose(&done);
	} else if (refusal == EXTEND_NONE) {
		replace(document, &plan);
	}
	extend_plan_dispose(&plan);
	json_decref(report);
	return refusal;
}

static const char *text_of(const json_t *json, const char *key) {
	const char *text = json_string_value(json_object_get(json, key));
	return text ? text : "";
}

/* With the anchor alone. */
static void expect(const struct buf *document, const char *name, const char *at, const char *level) {
	json_t *report = judge_cms(document, NULL, 0, at, NULL), *s;
	size_t i;
	if (strcmp(text_of(report, "indication"), "TOTAL-PASSED"))
		fail_msg("%s at %s: %s", name, at, json_dumps(report, JSON_INDENT(1)));
	json_array_foreach(json_object_get(report, "signatures"), i, s) {
		assert_string_equal(text_of(s, "integrity"), "intact");
		if (!strchr(text_of(s, "id"), '/')) assert_string_equal(text_of(s, "level"), level);
	}
	json_decref(report);
}

static void expect_level(const struct buf *document, const char *level) {
	json_t *report = judge_cms(document, NULL, 0, STAMPED, NULL), *s;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, s) assert_string_equal(text_of(s, "level"), level);
	json_decref(report);
}

static struct material status_of(const char *this_update, const char *next_update) {
	struct material m = {0};
	material_add_certs(&m, &pki);
	material_add_crl(&m, &pki, ROOT_G2, this_update, next_update);
	material_add_crl(&m, &pki, SUB_G2, this_update, next_update);
	return m;
}

static void extend_at(struct buf *document, const char *name, const char *this_update, const char *next_update,
		      const char *when, struct val_extend order) {
	struct material m = status_of(this_update, next_update);
	struct buf again = {0};
	buf_add(&again, document->data, document->len);
	order.renew_until = time_of(when) + 10 * 365 * UTIME_DAY;
	enum extend_refusal refusal = extend_cms(document, &m, when, &order);
	if (refusal != EXTEND_NONE) fail_msg("%s at %s: %s", name, when, extend_refusal_name(refusal));
	assert_int_equal(extend_cms(&again, &m, when, &order), EXTEND_NONE);
	assert_int_equal(again.len, document->len);
	assert_memory_equal(again.data, document->data, again.len);
	buf_dispose(&again);
	material_dispose(&m);
}

/* The date that is told for the proof is the end of the newest time-stamp, here of the algorithm it is signed with, and not that
 * of the signer's certificate in 2026. */
static void expect_until_stamp(const struct buf *document) {
	json_t *report = judge_cms(document, NULL, 0, THIRD, NULL), *s;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, s) {
		const char *until = text_of(json_object_get(s, "provable"), "until");
		if (strncmp(until, "2029-01-01", 10)) fail_msg("%s until %s", text_of(s, "id"), until);
	}
	json_decref(report);
}

static void keep_tokens(const struct buf *document, const char *name, const char *at) {
	struct cms cms;
	struct cms_attribute a;
	const char *why;
	size_t n = 0;
	need(cms_read(document->data, document->len, &cms, &why), "CMS");
	for (size_t i = 0; i < cms.signer_count; i++) {
		struct der_walk w = der_walk_in(&cms.signers[i].unsigned_attrs);
		while (cms_attribute_next(&w, &a)) {
			struct cms token;
			struct tst_info tst;
			char hex[2 * DIGEST_MAX + 1];
			if (!der_is_oid(&a.oid, "0.4.0.1733.2.4")) continue;
			need(cms_read(a.values.data, a.values.len, &token, &why), "CMS");
			need(tst_read_info(token.content, token.content_len, &tst), "TSTInfo");
			char *file = xasprintf("%s-%zu.tst", name, ++n);
			tool_write(out, file, a.values.data, a.values.len);
			buf_printf(&tokens, "%s\t%s\t%lld\n", file, hex_encode(tst.imprint, tst.imprint_len, hex),
				   (long long)(time_of(at) / UTIME_SECOND));
			free(file);
			cms_dispose(&token);
		}
	}
	cms_dispose(&cms);
}

static void keep(const struct buf *document, const char *name, const char *state, bool enveloping, const char *at) {
	char *file = xasprintf("%s-%s.p7s", name, state);
	tool_write(out, file, document->data, document->len);
	buf_printf(&list, "%s\t%s\t%lld\n", file, enveloping ? "enveloping" : "detached", (long long)(time_of(at) / UTIME_SECOND));
	free(file);
}

static void one(const char *name, unsigned how) {
	struct buf document = cms_sample(&pki, how), for_lt = {0};
	if (!(how & STAMPED_ONCE)) {
		extend_at(&document, name, "20260509000000Z", "20260609000000Z", STAMPED, lta);
		expect_level(&document, "B-LT"); /* status data that are good enough then */
	}
	buf_add(&for_lt, document.data, document.len);
	extend_at(&for_lt, name, "20260601000000Z", "20260701000000Z", FIRST, lt);
	expect(&for_lt, name, FIRST, "B-LT");
	keep(&for_lt, name, "lt", how & ENVELOPING, FIRST);
	buf_dispose(&for_lt);
	extend_at(&document, name, "20260601000000Z", "20260701000000Z", FIRST, lta);
	expect(&document, name, FIRST, "B-LTA");
	keep(&document, name, "lta", how & ENVELOPING, FIRST);
	extend_at(&document, name, "20280531000000Z", "20280630000000Z", SECOND, lta);
	expect(&document, name, SECOND, "B-LTA");
	extend_at(&document, name, "20280831000000Z", "20280930000000Z", THIRD, lta);
	expect(&document, name, THIRD, "B-LTA");
	expect(&document, name, "20280929000000Z", "B-LTA");
	expect_until_stamp(&document);
	keep(&document, name, "renewed", how & ENVELOPING, THIRD);
	keep_tokens(&document, name, THIRD);
	buf_dispose(&document);
}

#define CASE(name, how)                                                                                                \
	static void name(void **unused) {                                                                              \
		(void)unused;                                                                                          \
		one(#name, how);                                                                                       \
	}
CASE(detached, STAMPED_ONCE)
CASE(enveloping, ENVELOPING | STAMPED_ONCE)
CASE(detached_without_stamp, 0)
CASE(enveloping_without_stamp, ENVELOPING)
CASE(two_signers, STAMPED_ONCE | TWO)
CASE(two_signers_one_without_stamp, TWO | ENVELOPING)
CASE(with_status_in_it, STAMPED_ONCE | STATUS)
CASE(indefinite_lengths, ENVELOPING | STAMPED_ONCE | INDEFINITE)
CASE(indefinite_lengths_two_signers, ENVELOPING | STAMPED_ONCE | INDEFINITE | TWO | STATUS)
CASE(countersigned, STAMPED_ONCE | COUNTER)

/* ---- refused ---- */

static enum extend_refusal extend_once(const struct buf *document, const char *this_update, const struct val_extend *order) {
	struct material m = status_of(this_update, "20260701000000Z");
	struct buf copy = {0};
	struct val_extend renewed = *order;
	renewed.renew_until = time_of(FIRST) + 30 * UTIME_DAY;
	buf_add(&copy, document->data, document->len);
	enum extend_refusal refusal = extend_cms(&copy, &m, FIRST, &renewed);
	if (refusal != EXTEND_NONE) {
		assert_int_equal(copy.len, document->len);
		assert_memory_equal(copy.data, document->data, copy.len);
	}
	material_dispose(&m);
	buf_dispose(&copy);
	return refusal;
}

#define FRESH "20260601000000Z"

static void status_data_must_be_younger_than_the_stamp(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE);
	assert_int_equal(extend_once(&document, "20260510020003Z", &lta), EXTEND_WAIT_FOR_STATUS);
	assert_int_equal(extend_once(&document, STAMPED, &lta), EXTEND_NONE);
	buf_dispose(&document);
}

static void a_signature_without_stamp_gets_none_at_level_lt(void **unused) {
	(void)unused;
	struct buf bare = cms_sample(&pki, 0), stamped = cms_sample(&pki, STAMPED_ONCE);
	assert_int_equal(extend_once(&bare, FRESH, &lt), EXTEND_NO_TIMESTAMP);
	assert_int_equal(extend_once(&bare, FRESH, &lta), EXTEND_NONE);
	assert_int_equal(extend_once(&stamped, FRESH, &lt), EXTEND_NONE);
	buf_dispose(&bare);
	buf_dispose(&stamped);
}

static void what_has_all_it_needs_is_left_alone(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE);
	extend_at(&document, "up to date", FRESH, "20260701000000Z", FIRST, lta);
	assert_int_equal(extend_once(&document, FRESH, &lta), EXTEND_UP_TO_DATE);
	buf_dispose(&document);
}

static void a_broken_signature_is_not_extended(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE | ENVELOPING);
	unsigned char *content = memmem(document.data, document.len, CONTENT, strlen(CONTENT));
	content[0] ^= 1;
	assert_int_equal(extend_once(&document, FRESH, &lta), EXTEND_SIGNATURE_BROKEN);
	buf_dispose(&document);
}

static void without_its_content_a_detached_signature_is_not_extended(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE);
	const struct val_request request = {.document = {document.data, document.len}, .at = time_of(FIRST), .extend = &lta};
	json_t *report = validator_judge(v, &request);
	assert_string_equal(text_of(json_object_get(report, "extension"), "refusal"), "CONTENT_MISSING");
	json_decref(report);
	buf_dispose(&document);
}

static void text_around_a_signature_is_not_extended(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE), text = {0};
	char *base64 = base64_encode(document.data, document.len);
	buf_printf(&text, "-----BEGIN CMS-----\n%s\n-----END CMS-----\n", base64);
	assert_int_equal(extend_once(&text, FRESH, &lta), EXTEND_AS_TEXT);
	free(base64);
	buf_dispose(&document);
	buf_dispose(&text);
}

/* Its imprint is over the bags: nothing can be put in there any more. */
static void an_older_archive_stamp_freezes(void **unused) {
	(void)unused;
	CMS_ContentInfo *cms = cms_sign(&pki, EXPIRED_PERSON, 0, SIGNED, CONTENT, strlen(CONTENT));
	cms_add_timestamp(cms, &pki, STAMPED);
	struct buf der = {0};
	TOOL_DER(&der, i2d_CMS_ContentInfo, cms);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	CMS_ContentInfo *token = tst_over(&pki, STAMPED, "x", 1);
	struct buf value = {0}, with = {0};
	TOOL_DER(&value, i2d_CMS_ContentInfo, token);
	need(CMS_unsigned_add1_attr_by_txt(si, "1.2.840.113549.1.9.16.2.48", V_ASN1_SEQUENCE, value.data, (int)value.len) == 1,
	     "archive time-stamp");
	TOOL_DER(&with, i2d_CMS_ContentInfo, cms);
	assert_int_equal(extend_once(&with, FRESH, &lta), EXTEND_ARCHIVED_OTHERWISE);
	assert_int_equal(extend_once(&der, FRESH, &lta), EXTEND_NONE);
	CMS_ContentInfo_free(token);
	CMS_ContentInfo_free(cms);
	buf_dispose(&value), buf_dispose(&with), buf_dispose(&der);
}

static void a_time_stamp_alone_is_not_extended(void **unused) {
	(void)unused;
	CMS_ContentInfo *token = tst_over(&pki, STAMPED, CONTENT, strlen(CONTENT));
	struct buf der = {0};
	TOOL_DER(&der, i2d_CMS_ContentInfo, token);
	assert_int_equal(extend_once(&der, FRESH, &lta), EXTEND_FORMAT);
	CMS_ContentInfo_free(token);
	buf_dispose(&der);
}

static void a_token_about_something_else_is_refused(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE);
	struct extend_imprint other = {.alg = DIGEST_SHA256};
	struct extend_plan plan = {.imprints = &other, .imprint_count = 1}, done;
	assert_int_equal(finish(&document, &plan, FIRST, &done), EXTEND_STAMP_WRONG);
	extend_plan_dispose(&done);
	buf_dispose(&document);
}

/* What an archive time-stamp lists is proven by it: the stamps before it outlive their authority, and only then. */
static void an_authority_that_ended_is_saved_by_the_next(void **unused) {
	(void)unused;
	struct buf document = {0}, left = {0};
	CMS_ContentInfo *cms = cms_sign(&pki, EXPIRED_PERSON, 0, "20240601020000Z", CONTENT, strlen(CONTENT));
	TOOL_DER(&document, i2d_CMS_ContentInfo, cms);
	CMS_ContentInfo_free(cms);
	authority = TSA_EXPIRED; /* until the end of 2024 */
	extend_at(&document, "stamped", "20240531000000Z", "20240630000000Z", "20240601020500Z", lta);
	extend_at(&document, "archived", "20240701000000Z", "20240731000000Z", "20240702000000Z", lta);
	expect(&document, "before it ended", "20240703000000Z", "B-LTA");
	authority = TSA_G2;
	buf_add(&left, document.data, document.len);
	extend_at(&document, "renewed", "20241130000000Z", "20241231000000Z", "20241201000000Z", lta);
	struct material m = status_of("20271201000000Z", "20280101000000Z");
	const struct buf *both[] = {&document, &left};
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		json_t *report = judge_cms(both[i], m.blobs, m.count, "20271202000000Z", NULL);
		if (strcmp(text_of(report, "indication"), i ? "INDETERMINATE" : "TOTAL-PASSED"))
			fail_msg("%zu: %s", i, json_dumps(report, JSON_INDENT(1)));
		json_decref(report);
	}
	material_dispose(&m);
	buf_dispose(&document);
	buf_dispose(&left);
}

/* A bit of anything that an archive time-stamp lists, and it proves nothing any more; what came later may change. */
static void what_is_listed_cannot_change(void **unused) {
	(void)unused;
	struct buf document = cms_sample(&pki, STAMPED_ONCE);
	struct cms cms;
	const char *why;
	extend_at(&document, "listed", FRESH, "20260701000000Z", FIRST, lta);
	need(cms_read(document.data, document.len, &cms, &why), "CMS");
	assert_true(cms.cert_count > 1 && cms.crl_count > 1);
	const struct cms_bytes elements[] = {cms.certs[1], cms.crls[1]};
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		unsigned char *last = (unsigned char *)(uintptr_t)(elements[i].data + elements[i].len - 1);
		*last ^= 1;
		json_t *report = judge_cms(&document, NULL, 0, FIRST, NULL), *finding;
		json_t *findings = json_object_get(json_array_get(json_object_get(report, "signatures"), 0), "findings");
		size_t k, wrong = 0;
		json_array_foreach(findings, k, finding) wrong += !strcmp(text_of(finding, "code"), "TIMESTAMP_IMPRINT_WRONG");
		assert_int_equal(wrong, 1);
		json_decref(report);
		*last ^= 1;
	}
	expect(&document, "listed", FIRST, "B-LTA");
	cms_dispose(&cms);
	buf_dispose(&document);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detached),
		cmocka_unit_test(enveloping),
		cmocka_unit_test(detached_without_stamp),
		cmocka_unit_test(enveloping_without_stamp),
		cmocka_unit_test(two_signers),
		cmocka_unit_test(two_signers_one_without_stamp),
		cmocka_unit_test(with_status_in_it),
		cmocka_unit_test(indefinite_lengths),
		cmocka_unit_test(indefinite_lengths_two_signers),
		cmocka_unit_test(countersigned),
		cmocka_unit_test(status_data_must_be_younger_than_the_stamp),
		cmocka_unit_test(a_signature_without_stamp_gets_none_at_level_lt),
		cmocka_unit_test(what_has_all_it_needs_is_left_alone),
		cmocka_unit_test(a_broken_signature_is_not_extended),
		cmocka_unit_test(without_its_content_a_detached_signature_is_not_extended),
		cmocka_unit_test(text_around_a_signature_is_not_extended),
		cmocka_unit_test(an_older_archive_stamp_freezes),
		cmocka_unit_test(a_time_stamp_alone_is_not_extended),
		cmocka_unit_test(a_token_about_something_else_is_refused),
		cmocka_unit_test(an_authority_that_ended_is_saved_by_the_next),
		cmocka_unit_test(what_is_listed_cannot_change),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
