/* EN 319 102-1 tables 5 and 6: for every sub-indication a signature that yields it, and the nearest that does not. */
#include "tests/validator/world_builder.h"

#include "base/limits.h"
#include "tests/validator/example_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NO_CHECK "noCheck", "ignored"

static void format(struct example *e, bool has) {
	example_give_status(e);
	example_sign(e, has ? BUILD_WRONG_TYPE : 0);
}

static void hash(struct example *e, bool has) {
	example_give_status(e);
	example_sign(e, has ? BUILD_WRONG_DIGEST : BUILD_FLIP_VALUE);
}

static void value(struct example *e, bool has) {
	example_give_status(e);
	example_sign(e, has ? BUILD_FLIP_VALUE : 0);
}

static void revoked_proven(struct example *e, bool has) {
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_give_list(e, &e->ca, "20250520000000Z", "20250701000000Z", "3", "20250101000000Z", "1");
	example_sign_stamped(e, has ? "20250101000001Z" : "20250101000000Z", NULL);
}

static void expired_proven(struct example *e, bool has) {
	example_set_signer(e, &(struct cert_plan){.to = "20250101000000Z"});
	example_give_status(e);
	example_give_list(e, &e->ca, "20241220000000Z", "20250120000000Z", NULL, NULL, NULL);
	example_sign_stamped(e, has ? "20250101000001Z" : NULL, has ? NULL : "20250101000001Z");
}

static void not_yet_valid(struct example *e, bool has) {
	example_give_status(e);
	example_sign_stamped(e, NULL, has ? "20191231235959Z" : "20200101000000Z");
}

static void constraints(struct example *e, bool has) {
	example_give_status(e);
	example_sign(e, has ? BUILD_DIGESTS_DIFFER : 0);
}

static void chain_constraints(struct example *e, bool has) {
	static const char *const other[] = {"keyUsage", "critical,keyEncipherment", NULL};
	if (has) example_set_signer(e, &(struct cert_plan){.extensions = other});
	example_give_status(e);
	example_sign(e, 0);
}

static void general(struct example *e, bool has) {
	example_give_cert(e, &e->ca);
	if (!has) example_give_status(e);
	example_sign(e, 0);
}

static void unknown_algorithm(struct example *e, bool has) {
	example_give_status(e);
	example_sign(e, has ? BUILD_BAD_DIGEST_OID : 0);
}

/* A key of 1,024 bits, which ended on 2019-10-01. */
static void weak_proven(struct example *e, bool has) {
	example_set_signer(e, &(struct cert_plan){.key = "weak", .from = "20150101000000Z"});
	example_give_status(e);
	example_sign_stamped(e, has ? "20191001000000Z" : "20190930235959Z", NULL);
}

static void weak(struct example *e, bool has) {
	example_set_signer(e, &(struct cert_plan){.key = "weak", .from = "20150101000000Z"});
	example_give_status(e);
	example_sign(e, 0);
	e->proof = has ? "2019-10-01T00:00:00Z" : "2019-09-30T23:59:59Z";
}

/* A signature policy named by the hash of a document, which is in the signature, or another is, or none. */
static void name_policy(struct example *e, const char *in_signature, bool implied) {
	static const char document[] = "the rules", *const sha256 = "2.16.840.1.101.3.4.2.1";
	unsigned char digest[SHA256_SIZE];
	struct buf hash = {0}, id = {0}, store = {0}, signed_extra, unsigned_extra = {0};
	sha256_bytes(document, sizeof document - 1, digest);
	der_put_oid(&id, sha256);
	der_put(&hash, DER_SEQUENCE, id.data, id.len);
	der_put(&hash, DER_OCTET_STRING, digest, sizeof digest);
	buf_dispose(&id);
	der_put_oid(&id, "1.2.3.4.5");
	der_put(&id, DER_SEQUENCE, hash.data, hash.len);
	buf_dispose(&hash);
	der_put(&hash, implied ? DER_NULL : DER_SEQUENCE, id.data, implied ? 0 : id.len);
	signed_extra = cms_build_attribute(OID_SMIME "15", &hash);
	if (in_signature) {
		der_put_oid(&store, "1.2.3.4.6");
		der_put(&store, DER_OCTET_STRING, in_signature, strlen(in_signature));
		buf_dispose(&id);
		der_put(&id, DER_SEQUENCE, store.data, store.len);
		unsigned_extra = cms_build_attribute("0.4.0.19122.1.3", &id);
	}
	example_give_status(e);
	example_sign_with(e, BUILD_ENVELOPING, &signed_extra, in_signature ? &unsigned_extra : NULL);
	buf_dispose(&hash), buf_dispose(&id), buf_dispose(&store), buf_dispose(&signed_extra),
		buf_dispose(&unsigned_extra);
	example_set_policy(e, "rules", "signature_policy", json_string("fail"));
}

static void policy_wrong(struct example *e, bool has) {
	name_policy(e, has ? "other rules" : "the rules", false);
}

static void policy_absent(struct example *e, bool has) {
	name_policy(e, NULL, !has);
}

static void order(struct example *e, bool has) {
	example_give_status(e);
	example_sign_stamped(e, has ? "20250102000000Z" : "20250101000000Z", "20250101000000Z");
}

static void no_certificate(struct example *e, bool has) {
	example_give_status(e);
	example_sign(e, has ? BUILD_ESS_WRONG : BUILD_NO_ESS);
}

static void no_chain(struct example *e, bool has) {
	example_give_status(e);
	e->untrusted = has;
	example_sign(e, 0);
}

static void sunset(struct example *e, bool has) {
	char hex[SHA256_HEX];
	unsigned char digest[SHA256_SIZE];
	example_give_status(e);
	example_sign(e, 0);
	sha256_bytes(e->root.der.data, e->root.der.len, digest);
	example_set_policy(e, "anchors", NULL,
			   json_pack("[{s:s, s:s}]", "sha256", hex_encode(digest, sizeof digest, hex), "sunset",
				     has ? NOW : "2025-06-01T00:00:01Z"));
}

static void revoked(struct example *e, bool has) {
	revoked_proven(e, false);
	example_sign_stamped(e, NULL, has ? "20250101000000Z" : "20241231235959Z");
}

static void authority_revoked(struct example *e, bool has) {
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", has ? "2" : NULL, "20250101000000Z", "1");
	example_give_list(e, &e->ca, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_sign(e, 0);
}

/* The list still has those who have expired since 2020, so that not to be on it means something. */
static void give_lasting_list(struct example *e) {
	static const char *const lasting[] = {"2.5.29.60", "DER:180F32303230303130313030303030305A", NULL};
	example_give(e, crl_make(&(struct crl_plan){.issuer = &e->ca,
						    .this_update = "20250520000000Z",
						    .next_update = "20250701000000Z",
						    .extensions = lasting}));
}

static void expired_good(struct example *e, bool has) {
	example_set_signer(e, &(struct cert_plan){.to = "20250101000000Z"});
	example_give_status(e);
	give_lasting_list(e);
	example_sign(e, 0);
	if (!has) e->proof = "2024-12-31T00:00:00Z";
}

static void expired(struct example *e, bool has) {
	example_set_signer(e, &(struct cert_plan){.to = "20250101000000Z"});
	example_give_status(e);
	example_give_list(e, &e->ca, "20241220000000Z", "20250120000000Z", NULL, NULL, NULL);
	if (!has) give_lasting_list(e);
	example_sign(e, 0);
}

static void make_responder(struct example *e, const char *to, const char *digest, bool checked) {
	static const char *const plain[] = {SIGNER_USAGE, "extendedKeyUsage", "OCSPSigning", NO_CHECK, NULL};
	static const char *const with_status[] = {SIGNER_USAGE, "extendedKeyUsage", "OCSPSigning", NULL};
	e->responder = cert_make(&(struct cert_plan){.subject = "CN=Responder",
						     .key = "ocsp",
						     .issuer = &e->ca,
						     .serial = 5,
						     .to = to,
						     .digest = digest,
						     .extensions = checked ? with_status : plain});
}

static struct buf answer(const struct example *e, const char *from, const char *to) {
	return ocsp_make(&(struct ocsp_plan){
		.cert = &e->signer, .issuer = &e->ca, .signer = &e->responder, .this_update = from, .next_update = to});
}

static void responder_expired(struct example *e, bool has) {
	make_responder(e, has ? "20250531235959Z" : "20250601000000Z", NULL, false);
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_give(e, answer(e, "20250520000000Z", "20250701000000Z"));
	example_sign(e, 0);
}

/* Expired since; what is known of its end came later than what is proven. */
static void no_proof(struct example *e, bool has) {
	example_set_signer(e, &(struct cert_plan){.to = "20250101000000Z"});
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	if (!has) give_lasting_list(e);
	example_sign(e, 0);
	/* a statement of this very moment, from before which there is none */
	if (has) example_give_list(e, &e->ca, "20250601000000Z", "20250701000000Z", "3", "20240101000000Z", "8");
	e->proof = "2024-12-01T00:00:00Z";
}

static void on_hold(struct example *e, bool has) {
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_give_list(e, &e->ca, "20250520000000Z", "20250701000000Z", has ? "3" : NULL, "20250101000000Z", "6");
	example_sign(e, 0);
}

static void stale(struct example *e, bool has) {
	example_give_cert(e, &e->ca);
	example_give_list(e, &e->root, "20250520000000Z", "20250701000000Z", NULL, NULL, NULL);
	example_give_list(e, &e->ca, "20250520000000Z", has ? "20250601000000Z" : "20250601000001Z", NULL, NULL, NULL);
	example_sign(e, 0);
}

static void no_data(struct example *e, bool has) {
	example_give_status(e);
	example_sign_with(e, has ? 0 : BUILD_ENVELOPING, NULL, NULL);
}

static void too_many(struct example *e, bool has) {
	struct buf values = {0};
	for (int i = 0; i < LIMIT_TOKENS + (has ? 1 : 0); i++) buf_add(&values, "\x30\x00", 2);
	struct buf extra = cms_build_attribute(OID_SMIME "14", &values);
	example_give_status(e);
	example_sign_with(e, BUILD_ENVELOPING, NULL, &extra);
	buf_dispose(&values), buf_dispose(&extra);
}

static const char passed[] = "TOTAL-PASSED", failed[] = "TOTAL-FAILED", unsure[] = "INDETERMINATE";

static const struct {
	const char *sub;
	void (*make)(struct example *e, bool has);
	const char *indication, *nearest, *nearest_sub;
} cases[] = {
	{"FORMAT_FAILURE", format, failed, passed, ""},
	{"HASH_FAILURE", hash, failed, failed, "SIG_CRYPTO_FAILURE"},
	{"SIG_CRYPTO_FAILURE", value, failed, passed, ""},
	{"REVOKED", revoked_proven, failed, unsure, "REVOKED_NO_POE"},
	{"EXPIRED", expired_proven, failed, unsure, "OUT_OF_BOUNDS_NO_POE"},
	{"NOT_YET_VALID", not_yet_valid, failed, passed, ""},
	{"SIG_CONSTRAINTS_FAILURE", constraints, unsure, passed, ""},
	{"CHAIN_CONSTRAINTS_FAILURE", chain_constraints, unsure, passed, ""},
	{"CERTIFICATE_CHAIN_GENERAL_FAILURE", general, unsure, passed, ""},
	{"CRYPTO_CONSTRAINTS_FAILURE", unknown_algorithm, unsure, passed, ""},
	{"CRYPTO_CONSTRAINTS_FAILURE", weak_proven, failed, unsure, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"},
	{"POLICY_PROCESSING_ERROR", policy_wrong, unsure, passed, ""},
	{"SIGNATURE_POLICY_NOT_AVAILABLE", policy_absent, unsure, passed, ""},
	{"TIMESTAMP_ORDER_FAILURE", order, unsure, passed, ""},
	{"NO_SIGNING_CERTIFICATE_FOUND", no_certificate, unsure, passed, ""},
	{"NO_CERTIFICATE_CHAIN_FOUND", no_chain, unsure, passed, ""},
	{"NO_CERTIFICATE_CHAIN_FOUND_NO_POE", sunset, unsure, passed, ""},
	{"REVOKED_NO_POE", revoked, unsure, passed, ""},
	{"REVOKED_CA_NO_POE", authority_revoked, unsure, passed, ""},
	{"OUT_OF_BOUNDS_NOT_REVOKED", expired_good, unsure, passed, ""},
	{"OUT_OF_BOUNDS_NO_POE", expired, unsure, unsure, "OUT_OF_BOUNDS_NOT_REVOKED"},
	{"REVOCATION_OUT_OF_BOUNDS_NO_POE", responder_expired, unsure, passed, ""},
	{"CRYPTO_CONSTRAINTS_FAILURE_NO_POE", weak, unsure, passed, ""},
	{"TRY_LATER", on_hold, unsure, passed, ""},
	{"TRY_LATER", stale, unsure, passed, ""},
	{"SIGNED_DATA_NOT_FOUND", no_data, unsure, passed, ""},
	{"CUSTOM", too_many, unsure, passed, ""},
};

static void show(const json_t *report) {
	char *all = json_dumps(report, JSON_INDENT(1));
	print_error("%s\n", all);
	free(all);
}

static void every_sub_indication_has_its_nearest_neighbour(void **state) {
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct example e;
		bool has = i % 2 == 0;
		example_open(&e);
		cases[i / 2].make(&e, has);
		json_t *report = example_judge(&e), *entry = json_array_get(json_object_get(report, "signatures"), 0);
		const char *indication = has ? cases[i / 2].indication : cases[i / 2].nearest;
		const char *sub = has ? cases[i / 2].sub : cases[i / 2].nearest_sub;
		if (strcmp(text(entry, "indication"), indication) || strcmp(text(entry, "sub_indication"), sub)) {
			show(report);
			fail_msg("%s, %s: %s %s", cases[i / 2].sub, has ? "has" : "nearest", text(entry, "indication"),
				 text(entry, "sub_indication"));
		}
		json_decref(report);
		example_close(&e);
	}
}

/* NO_POE is the result of the steps inside past validation, which give the result before them (5.6.2.4 step 2). */
static void every_sub_indication_is_in_the_table(void **state) {
	(void)state;
	for (int sub = SUB_NONE + 1; sub < SUB_INDICATIONS; sub++) {
		bool found = sub == SUB_NO_POE;
		for (size_t i = 0; i < ARRAY_LEN(cases); i++)
			found |= !strcmp(cases[i].sub, sub_indication_name((enum sub_indication)sub));
		if (!found) fail_msg("%s", sub_indication_name((enum sub_indication)sub));
	}
}

static void demanded_policy_documents_are_missed(void **state) {
	(void)state;
	void (*const makers[])(struct example *, bool) = {policy_wrong, policy_absent};
	for (size_t i = 0; i < 2 * ARRAY_LEN(makers); i++) {
		struct example e;
		bool found = false;
		size_t k;
		example_open(&e);
		makers[i / 2](&e, i % 2 == 0);
		json_t *report = example_judge(&e), *finding;
		json_t *entry = json_array_get(json_object_get(report, "signatures"), 0);
		json_array_foreach(json_object_get(entry, "findings"), k, finding) found |=
			!strcmp(text(finding, "code"), "SIGNATURE_POLICY_REQUIRED");
		assert_int_equal(found, i % 2 == 0);
		json_decref(report);
		example_close(&e);
	}
}

static const char *past_block(const json_t *report) {
	json_t *entry = json_array_get(json_object_get(report, "signatures"), 0);
	return text(json_object_get(json_object_get(entry, "blocks"), "past"), "sub_indication");
}

static void missing_proofs_are_told_by_the_block(void **state) {
	(void)state;
	for (int has = 0; has < 2; has++) {
		struct example e;
		example_open(&e);
		no_proof(&e, has);
		json_t *report = example_judge(&e);
		if (strcmp(past_block(report), has ? "NO_POE" : "")) {
			show(report);
			fail_msg("%s: %s", has ? "has" : "nearest", past_block(report));
		}
		json_decref(report);
		example_close(&e);
	}
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sub_indication_has_its_nearest_neighbour),
		cmocka_unit_test(every_sub_indication_is_in_the_table),
		cmocka_unit_test(demanded_policy_documents_are_missed),
		cmocka_unit_test(missing_proofs_are_told_by_the_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
