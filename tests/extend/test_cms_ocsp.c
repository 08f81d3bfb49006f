/* OCSP responses in CMS signatures, both ways: read from where tools put them (CAdES revocation-values; SignedData.crls after RFC 5940, or
 * with the inner response under its own type), and put into the SignedData of every form of signature, of which nothing else
 * changes. What is made is left in a folder for other tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/extend/cms_samples.h"
#include "tests/extend/extend_samples.h"
#include "tests/pki/tool.h"
#include "validator/cms.h"

#include <openssl/cms.h>
#include <stdlib.h>
#include <string.h>

#define WHEN "20260602020000Z"
#define ANSWERED "20260601000000Z"
#define UNTIL "20260701000000Z"
#define OID_RESPONSE "1.3.6.1.5.5.7.16.2"
#define OID_BASIC "1.3.6.1.5.5.7.48.1.1"
#define OID_VALUES "1.2.840.113549.1.9.16.2.24"

enum { ANSWERS = 4 };
static const enum cert_id asked[ANSWERS] = {EXPIRED_PERSON, OFFICE, TSA_G2, SUB_G2};

static struct pki pki;
static struct validator *v;
static struct buf responses[ANSWERS], basics[ANSWERS]; /* whole, and what is inside */
static struct buf list;                               /* NAME FORM ANSWERS */
static const char *out = TEST_BINARY_DIR "/extended-cms-ocsp";

static void make_answer(size_t i) {
	OCSP_REQUEST *request = pki_ocsp_request(&pki, asked[i]);
	OCSP_RESPONSE *response = pki_ocsp(&pki, request, ANSWERED, UNTIL);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	TOOL_DER(&responses[i], i2d_OCSP_RESPONSE, response);
	TOOL_DER(&basics[i], i2d_OCSP_BASICRESP, basic);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	OCSP_REQUEST_free(request);
}

static int start(void **unused) {
	struct error err = {0};
	struct buf root = {0};
	(void)unused;
	digest_init();
	tool_random_fix();
	pki_make(&pki, PKI_DEFAULT_URL);
	for (size_t i = 0; i < ANSWERS; i++) make_answer(i);
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
	for (size_t i = 0; i < ANSWERS; i++) buf_dispose(&responses[i]), buf_dispose(&basics[i]);
	buf_dispose(&list);
	validator_free(v);
	pki_dispose(&pki);
	return 0;
}

static json_t *judge_with(const struct buf *document, const struct material *m, const struct val_extend *extend) {
	static const struct val_blob content = {(const unsigned char *)CONTENT, sizeof CONTENT - 1};
	const struct val_request request = {.document = {document->data, document->len},
					    .at = time_of(WHEN),
					    .evidence = m ? m->blobs : NULL,
					    .evidence_count = m ? m->count : 0,
					    .data = &content,
					    .data_count = 1,
					    .extend = extend};
	return validator_judge(v, &request);
}

static void expect_indication(const struct buf *document, const char *what, const char *indication) {
	json_t *report = judge_with(document, NULL, NULL), *s;
	const char *got = json_string_value(json_object_get(report, "indication"));
	size_t i;
	if (strcmp(got, indication)) fail_msg("%s: %s", what, json_dumps(report, JSON_INDENT(1)));
	json_array_foreach(json_object_get(report, "signatures"), i, s)
		assert_string_equal(json_string_value(json_object_get(s, "integrity")), "intact");
	json_decref(report);
}

/* ---- read ---- */

/* A bit of its signature. */
static void break_answer(unsigned char *basic, size_t len) {
	struct der whole, part;
	struct der_walk w = der_walk_bytes(basic, len);
	need(der_next(&w, &whole), "BasicOCSPResponse");
	w = der_walk_in(&whole);
	for (int i = 0; i < 3; i++) need(der_next(&w, &part), "BasicOCSPResponse");
	basic[part.data + part.len - 1 - basic] ^= 1;
}

/* RevocationValues ::= SEQUENCE { crlVals [0], ocspVals [1] EXPLICIT SEQUENCE OF BasicOCSPResponse } */
static void add_values(struct buf *der) {
	struct buf all = {0}, inner = {0}, value = {0};
	const unsigned char *p = der->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	for (size_t i = 0; i < ANSWERS; i++) buf_add(&all, basics[i].data, basics[i].len);
	der_put(&inner, DER_SEQUENCE, all.data, all.len);
	all.len = 0;
	der_put(&all, DER_CONTEXT | DER_CONSTRUCTED | 1, inner.data, inner.len);
	der_put(&value, DER_SEQUENCE, all.data, all.len);
	need(cms && CMS_unsigned_add1_attr_by_txt(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0), OID_VALUES, V_ASN1_SEQUENCE,
						  value.data, (int)value.len) == 1,
	     "revocation-values");
	buf_dispose(der);
	TOOL_DER(der, i2d_CMS_ContentInfo, cms);
	CMS_ContentInfo_free(cms);
	buf_dispose(&all), buf_dispose(&inner), buf_dispose(&value);
}

/* A SignedData of version 5 with these as crls [1] of OtherRevocationInfoFormat [1] { type, value }; there were none. */
static void add_others(struct buf *der, const char *oid, const struct buf *values) {
	struct buf bag = {0}, inner = {0}, body = {0}, whole = {0};
	struct der info, type, explicit, data, part;
	struct der_walk w = der_walk_bytes(der->data, der->len);
	need(der_next(&w, &info), "CMS");
	w = der_walk_in(&info);
	need(der_next(&w, &type) && der_next(&w, &explicit), "CMS");
	w = der_walk_in(&explicit);
	need(der_next(&w, &data), "CMS");
	for (size_t i = 0; i < ANSWERS; i++) {
		inner.len = 0;
		der_put_oid(&inner, oid);
		buf_add(&inner, values[i].data, values[i].len);
		der_put(&bag, DER_CONTEXT | DER_CONSTRUCTED | 1, inner.data, inner.len);
	}
	w = der_walk_in(&data);
	for (size_t n = 0; der_next(&w, &part); n++) {
		if (part.tag == DER_SET && n > 1) der_put(&body, DER_CONTEXT | DER_CONSTRUCTED | 1, bag.data, bag.len);
		if (n)
			buf_add(&body, part.start, part.full);
		else
			der_put(&body, DER_INTEGER, "\5", 1);
	}
	inner.len = 0;
	der_put(&inner, DER_SEQUENCE, body.data, body.len);
	buf_add(&whole, type.start, type.full);
	der_put(&whole, DER_CONTEXT | DER_CONSTRUCTED, inner.data, inner.len);
	der->len = 0;
	der_put(der, DER_SEQUENCE, whole.data, whole.len);
	buf_dispose(&bag), buf_dispose(&inner), buf_dispose(&body), buf_dispose(&whole);
}

static const struct {
	const char *name;
	unsigned how;
} forms[] = {
	{"detached", 0},
	{"enveloping", ENVELOPING},
	{"two-signers", TWO},
	{"two-signers-enveloping", TWO | ENVELOPING},
	{"countersigned", COUNTER},
	{"countersigned-enveloping", COUNTER | ENVELOPING},
	{"indefinite", ENVELOPING | INDEFINITE},
	{"indefinite-two-signers", ENVELOPING | INDEFINITE | TWO},
	{"indefinite-countersigned", ENVELOPING | INDEFINITE | COUNTER},
};

enum place { IN_VALUES, IN_CRLS, IN_CRLS_BASIC, PLACES };

static struct buf with_answers(unsigned how, enum place place) {
	struct buf der = cms_sample(&pki, (how & ~(unsigned)INDEFINITE) | STAMPED_ONCE | ISSUER);
	if (place == IN_VALUES) add_values(&der);
	if (place == IN_CRLS) add_others(&der, OID_RESPONSE, responses);
	if (place == IN_CRLS_BASIC) add_others(&der, OID_BASIC, basics);
	return how & INDEFINITE ? cms_loosened(der) : der;
}

static void answers_count_wherever_they_are(void **unused) {
	(void)unused;
	for (size_t f = 0; f < ARRAY_LEN(forms); f++)
		for (int place = 0; place <= PLACES; place++) {
			struct buf document = with_answers(forms[f].how, (enum place)place);
			expect_indication(&document, forms[f].name, place < PLACES ? "TOTAL-PASSED" : "INDETERMINATE");
			/* The answer about the signer with another signature says nothing. */
			unsigned char *at = memmem(document.data, document.len, basics[0].data, basics[0].len);
			assert_true((at != NULL) == (place < PLACES));
			if (at) break_answer(at, basics[0].len);
			if (at) expect_indication(&document, forms[f].name, "INDETERMINATE");
			buf_dispose(&document);
		}
}

/* A bundle offered beside a signature is read the same way. */
static void answers_in_a_bundle_count(void **unused) {
	(void)unused;
	for (int place = IN_CRLS; place <= PLACES; place++) {
		struct buf document = cms_sample(&pki, STAMPED_ONCE), bundle = with_answers(0, (enum place)place);
		struct val_blob blob = {bundle.data, bundle.len};
		const struct material m = {.blobs = &blob, .count = 1};
		json_t *report = judge_with(&document, &m, NULL);
		assert_string_equal(json_string_value(json_object_get(report, "indication")), place < PLACES ? "TOTAL-PASSED" : "INDETERMINATE");
		json_decref(report);
		buf_dispose(&document), buf_dispose(&bundle);
	}
}

/* ---- written ---- */

static enum extend_refusal extend_with(struct buf *document, const struct material *m) {
	static const struct val_extend lt = {.token_room = 8192};
	json_t *report = judge_with(document, m, &lt);
	struct extend_plan plan;
	struct error err = {0};
	struct buf whole = {0};
	need(extend_plan_read(report, document->len, m ? m->blobs : NULL, m ? m->count : 0, &plan, &err) == 0, err.text);
	enum extend_refusal refusal = plan.refusal;
	if (refusal == EXTEND_NONE) {
		extend_plan_assemble(&plan, document->data, document->len, &whole);
		buf_dispose(document);
		*document = whole;
	}
	extend_plan_dispose(&plan);
	json_decref(report);
	return refusal;
}

static void same(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len) {
	assert_int_equal(a_len, b_len);
	assert_memory_equal(a, b, a_len);
}

/* What was signed, and what stands in front of what came, is as it was, byte for byte. */
static void expect_untouched(const struct cms *was, const struct cms *is) {
	same(was->encapsulated.start, was->encapsulated.full, is->encapsulated.start, is->encapsulated.full);
	assert_int_equal(was->signer_count, is->signer_count);
	for (size_t i = 0; i < was->signer_count; i++) {
		const struct cms_signer *a = &was->signers[i], *b = &is->signers[i];
		same(a->signed_attrs.start, a->signed_attrs.full, b->signed_attrs.start, b->signed_attrs.full);
		same(a->value.start, a->value.full, b->value.start, b->value.full);
		same(a->unsigned_attrs.start, a->unsigned_attrs.full, b->unsigned_attrs.start, b->unsigned_attrs.full);
	}
	assert_true(was->cert_count <= is->cert_count && was->crl_count <= is->crl_count);
	for (size_t i = 0; i < was->cert_count; i++) same(was->certs[i].data, was->certs[i].len, is->certs[i].data, is->certs[i].len);
	for (size_t i = 0; i < was->crl_count; i++) same(was->crls[i].data, was->crls[i].len, is->crls[i].data, is->crls[i].len);
}

/* Each is one of the answers as it was given; how many. */
static size_t answers_in(const struct cms *cms, size_t from) {
	size_t found = 0;
	for (size_t i = from; i < cms->crl_count; i++) {
		struct der choice, type, value;
		struct der_walk w = der_walk_bytes(cms->crls[i].data, cms->crls[i].len);
		assert_true(der_next(&w, &choice) && choice.tag == (DER_CONTEXT | DER_CONSTRUCTED | 1));
		w = der_walk_in(&choice);
		assert_true(der_next(&w, &type) && der_is_oid(&type, OID_RESPONSE) && der_next(&w, &value) && der_done(&w));
		bool known = false;
		for (size_t k = 0; k < ANSWERS; k++)
			known |= value.full == responses[k].len && !memcmp(value.start, responses[k].data, value.full);
		assert_true(known);
		char *name = xasprintf("%zu.ocsp", found++);
		tool_write(out, name, value.start, value.full);
		free(name);
	}
	return found;
}

static struct material answers(void) {
	struct material m = {0};
	material_add_certs(&m, &pki);
	m.blobs = xreallocarray(m.blobs, m.count + ANSWERS, sizeof *m.blobs);
	m.items = xreallocarray(m.items, m.count + ANSWERS, sizeof *m.items);
	for (size_t i = 0; i < ANSWERS; i++) {
		struct buf copy = {0};
		buf_add(&copy, responses[i].data, responses[i].len);
		m.items[m.count] = copy;
		m.blobs[m.count++] = (struct val_blob){copy.data, copy.len};
	}
	m.cap = m.count;
	return m;
}

static void version_of(const struct buf *document, struct der *version) {
	struct der e;
	struct der_walk w = der_walk_bytes(document->data, document->len);
	assert_true(der_next_ber(&w, &e));
	w = der_walk_in(&e);
	assert_true(der_next_ber(&w, &e) && der_next_ber(&w, &e));
	w = der_walk_in(&e);
	assert_true(der_next_ber(&w, &e));
	w = der_walk_in(&e);
	assert_true(der_next_ber(&w, version));
}

static void answers_are_put_where_rfc_5940_has_them(void **unused) {
	(void)unused;
	struct material m = answers();
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		unsigned how = forms[f].how;
		struct buf document = cms_sample(&pki, how | STAMPED_ONCE), before = {0};
		struct cms was, is;
		struct der version;
		const char *why;
		buf_add(&before, document.data, document.len);
		expect_indication(&document, forms[f].name, "INDETERMINATE");
		assert_int_equal(extend_with(&document, &m), EXTEND_NONE);
		expect_indication(&document, forms[f].name, "TOTAL-PASSED");
		assert_true(cms_read(before.data, before.len, &was, &why) && cms_read(document.data, document.len, &is, &why));
		expect_untouched(&was, &is);
		size_t wanted = how & (TWO | COUNTER) ? 4 : 3;
		assert_int_equal(answers_in(&is, was.crl_count), wanted);
		version_of(&document, &version);
		assert_true(version.len == 1 && version.data[0] == 5);
		/* Lengths that were indefinite are so still. */
		assert_int_equal(document.data[1] == 0x80, (how & INDEFINITE) != 0);
		assert_int_equal(is.encapsulated.start[1] == 0x80, (how & INDEFINITE) != 0);
		assert_int_equal(extend_with(&document, &m), EXTEND_UP_TO_DATE);
		char *name = xasprintf("%s.p7s", forms[f].name);
		tool_write(out, name, document.data, document.len);
		buf_printf(&list, "%s\t%s\t%zu\n", name, how & ENVELOPING ? "enveloping" : "detached", wanted);
		free(name);
		cms_dispose(&was), cms_dispose(&is);
		buf_dispose(&document), buf_dispose(&before);
	}
	material_dispose(&m);
}

/* What is in the bag is not put there again; what only an attribute has is, as a whole response. */
static void what_is_there_already_is_not_put_in_again(void **unused) {
	(void)unused;
	for (size_t f = 0; f < ARRAY_LEN(forms); f++)
		for (int place = 0; place < PLACES; place++) {
			struct buf document = with_answers(forms[f].how, (enum place)place), before = {0};
			struct cms was, is;
			const char *why;
			buf_add(&before, document.data, document.len);
			enum extend_refusal refusal = extend_with(&document, NULL);
			expect_indication(&document, forms[f].name, "TOTAL-PASSED");
			assert_true(refusal == EXTEND_NONE || refusal == EXTEND_UP_TO_DATE);
			assert_true(cms_read(before.data, before.len, &was, &why) && cms_read(document.data, document.len, &is, &why));
			expect_untouched(&was, &is);
			size_t wanted = place != IN_VALUES ? 0 : forms[f].how & (TWO | COUNTER) ? 4 : 3;
			assert_int_equal(answers_in(&is, was.crl_count), wanted);
			cms_dispose(&was), cms_dispose(&is);
			buf_dispose(&document), buf_dispose(&before);
		}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_count_wherever_they_are),
		cmocka_unit_test(answers_in_a_bundle_count),
		cmocka_unit_test(what_is_there_already_is_not_put_in_again),
		cmocka_unit_test(answers_are_put_where_rfc_5940_has_them),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
