/* Findings about CMS signatures, time-stamps, evidence records and containers: for each a file that has it and the
 * nearest that has not. */
#include "tests/validator/world_builder.h"

#include "base/limits.h"
#include "tests/validator/asic_builder.h"
#include "tests/validator/ers_builder.h"
#include "validator/cms.h"

#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW "2025-06-01T00:00:00Z"
#define CONTENT "hello world"
#define OID_ESS "1.2.840.113549.1.9.16.2."
#define RSA_SHA256 "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
#define MANIFEST "META-INF/ASiCManifest001.xml"
#define SIGNATURE "META-INF/signature001.p7s"
#define LOCAL_CRC 14
#define CENTRAL_CRC 16
#define END_DIRECTORY 16

static struct validator *trusting; /* only warns of predictions, and foretells the end of SHA-512 */

struct example {
	struct buf document;
	const char *at;                 /* NULL: NOW */
	struct val_blob data, evidence; /* none without bytes */
	enum revocation_mode revocation;
	bool trusting;
};

static const struct val_blob content = {(const unsigned char *)CONTENT, sizeof CONTENT - 1};

static struct buf build(unsigned flags, const struct buf *signed_extra, const struct buf *unsigned_extra) {
	struct cms_plan plan = {.content = CONTENT,
				.content_len = sizeof CONTENT - 1,
				.flags = flags,
				.signed_extra = signed_extra,
				.unsigned_extra = unsigned_extra};
	return cms_build(&world, &plan);
}

static void structure(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING, NULL, NULL);
	/* The version, followed by the digest algorithms: of another type, or another number. */
	unsigned char *version = memmem(e->document.data, e->document.len, "\x02\x01\x01\x31", 4);
	assert_non_null(version);
	if (has)
		version[0] = 0x04;
	else
		version[2] = 3;
}

static void countersignature(struct example *e, bool has) {
	struct buf bare = build(BUILD_ENVELOPING, NULL, NULL), value = cms_build_value(&bare);
	struct buf counter = cms_build_counter(&world, &value, BUILD_NO_TYPE), broken = {0};
	buf_add(&broken, "\x30\x03\x02\x01\x01", 5);
	struct buf malformed = cms_build_attribute("1.2.840.113549.1.9.6", &broken);
	e->document = build(BUILD_ENVELOPING, NULL, has ? &malformed : &counter);
	e->evidence = (struct val_blob){world.tsa.data, world.tsa.len};
	buf_dispose(&bare), buf_dispose(&value), buf_dispose(&counter), buf_dispose(&broken), buf_dispose(&malformed);
}

static void signers(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING | (has ? BUILD_NO_SIGNER : 0), NULL, NULL);
}

static void attribute(struct example *e, bool has) {
	static const char bare[] = "\x30\x05\x06\x03\x2a\x03\x04",
			  whole[] = "\x30\x0a\x06\x03\x2a\x03\x04\x31\x03\x02\x01\x01";
	struct buf extra = {0};
	buf_add(&extra, has ? bare : whole, has ? sizeof bare - 1 : sizeof whole - 1);
	e->document = build(BUILD_ENVELOPING, &extra, NULL);
	buf_dispose(&extra);
}

static void data(struct example *e, bool has) {
	e->document = build(0, NULL, NULL);
	if (!has) e->data = content;
}

static void algorithm(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING, NULL, NULL);
	unsigned char *last = NULL, *end = e->document.data + e->document.len;
	for (unsigned char *p = e->document.data; (p = memmem(p, (size_t)(end - p), RSA_SHA256, 9)); p++) last = p;
	assert_non_null(last);
	last[8] = has ? 0x63 : 0x01; /* nothing known, or rsaEncryption */
}

static void signer(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING | BUILD_NO_CERTIFICATE | BUILD_NO_ESS, NULL, NULL);
	if (!has) e->evidence = (struct val_blob){world.signer.data, world.signer.len};
}

static void reference(struct example *e, bool has) {
	e->document = cms_build_token(&world, "20250101000000Z", CONTENT, sizeof CONTENT - 1,
				      has ? BUILD_NO_ESS : BUILD_ESS_V1);
	e->data = content;
}

/* RSA PKCS#1 v1.5 ends with 2028, as the catalogue foretells. */
static void prediction(struct example *e, bool has) {
	e->document = cms_build_token(&world, "20250101000000Z", CONTENT, sizeof CONTENT - 1, 0);
	e->data = content;
	e->trusting = true;
	e->at = has ? "2029-01-01T00:00:00Z" : "2028-12-31T23:59:59Z";
}

/* The TSTInfo of a token with something more at its end, signed anew. */
static struct buf token_with(const struct buf *more) {
	struct buf token = cms_build_token(&world, "20250101000000Z", CONTENT, sizeof CONTENT - 1, 0), info = {0};
	struct cms cms;
	const char *why;
	assert_true(cms_read(token.data, token.len, &cms, &why));
	assert_true(cms.content_len + more->len < 0x82);
	buf_add(&info, cms.content, cms.content_len);
	buf_add(&info, more->data, more->len);
	info.data[1] = (unsigned char)(info.len - 2);
	struct cms_plan plan = {info.data, info.len, BUILD_ENVELOPING | BUILD_TSA, OID_TST_INFO, NULL, NULL, NULL};
	struct buf made = cms_build(&world, &plan);
	cms_dispose(&cms);
	buf_dispose(&token), buf_dispose(&info);
	return made;
}

static void info(struct example *e, bool has) {
	struct buf more = {0};
	/* An INTEGER behind the serial number and time is the nonce; a second one is nothing. */
	buf_add(&more, "\x02\x01\x05\x02\x01\x05", has ? 6 : 3);
	e->document = token_with(&more);
	e->data = content;
	buf_dispose(&more);
}

static void authority(struct example *e, bool has) {
	const struct buf *cert = has ? &world.other : &world.tsa;
	const unsigned char *p = cert->data;
	X509 *x509 = d2i_X509(NULL, &p, (long)cert->len);
	unsigned char *name = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(x509), &name);
	struct buf more = {0};
	assert_true(len > 0 && len < 60);
	buf_add_byte(&more, 0xa0), buf_add_byte(&more, (unsigned char)(len + 2));
	buf_add_byte(&more, 0xa4), buf_add_byte(&more, (unsigned char)len);
	buf_add(&more, name, (size_t)len);
	e->document = token_with(&more);
	e->data = content;
	OPENSSL_free(name);
	X509_free(x509);
	buf_dispose(&more);
}

/* As many archive time-stamps of version 2 as are computed, and one more. */
static void archived(struct example *e, bool has) {
	struct buf token = cms_build_token(&world, "20250101000000Z", CONTENT, sizeof CONTENT - 1, 0), values = {0};
	for (int i = 0; i < LIMIT_ARCHIVE_STAMPS + (has ? 1 : 0); i++) buf_add(&values, token.data, token.len);
	struct buf extra = cms_build_attribute(OID_ESS "48", &values);
	e->document = build(BUILD_ENVELOPING, NULL, &extra);
	buf_dispose(&token), buf_dispose(&values), buf_dispose(&extra);
}

static void with_attribute(struct example *e, const char *oid, bool is_signed) {
	struct buf value = {0};
	buf_add(&value, "\x30\x00", 2);
	struct buf extra = cms_build_attribute(oid, &value);
	e->document = build(BUILD_ENVELOPING, is_signed ? &extra : NULL, is_signed ? NULL : &extra);
	buf_dispose(&value), buf_dispose(&extra);
}

static void policy(struct example *e, bool has) {
	with_attribute(e, has ? OID_ESS "15" : OID_ESS "16", true);
}

/* Named by an identifier alone, or implied. */
static void policy_document(struct example *e, bool has) {
	struct buf value = {0};
	if (has)
		buf_add(&value, "\x30\x05\x06\x03\x2a\x03\x04", 7);
	else
		buf_add(&value, "\x05\x00", 2);
	struct buf extra = cms_build_attribute(OID_ESS "15", &value);
	e->document = build(BUILD_ENVELOPING, &extra, NULL);
	buf_dispose(&value), buf_dispose(&extra);
}

static void reference_digest(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING | (has ? BUILD_ESS_V1 : 0), NULL, NULL);
}

static void internal_record(struct example *e, bool has) {
	with_attribute(e, OID_ESS "49", !has);
}

static void external_record(struct example *e, bool has) {
	with_attribute(e, has ? OID_ESS "50" : OID_ESS "51", false);
}

/* As many things in the place of time-stamps as are looked at, and one more. */
static void tokens(struct example *e, bool has) {
	struct buf values = {0};
	for (int i = 0; i < LIMIT_TOKENS + (has ? 1 : 0); i++) buf_add(&values, "\x30\x00", 2);
	struct buf extra = cms_build_attribute(OID_ESS "14", &values);
	e->document = build(BUILD_ENVELOPING, NULL, &extra);
	buf_dispose(&values), buf_dispose(&extra);
}

static void soft(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING, NULL, NULL);
	e->revocation = has ? REVOCATION_SOFT : REVOCATION_HARD;
}

static void off(struct example *e, bool has) {
	e->document = build(BUILD_ENVELOPING, NULL, NULL);
	e->revocation = has ? REVOCATION_OFF : REVOCATION_HARD;
}

static void record_digest(struct example *e, bool has) {
	static const char *const objects[] = {CONTENT};
	static const enum digest_alg listed[] = {DIGEST_SHA512, DIGEST_UNKNOWN};
	struct ers_maker m = {.world = &world};
	ers_first(&m, DIGEST_SHA512, objects, 1, "20220101000000Z", 0);
	e->document = ers_finish(&m, 1, listed, NULL);
	e->data = content;
	e->trusting = true;
	e->at = has ? "2026-01-01T00:00:00Z" : "2025-12-31T23:59:59Z";
}

static struct made_zip container(bool odd, enum digest_alg alg) {
	struct asic_file files[] = {
		{"mimetype", MIME_EXTENDED, strlen(MIME_EXTENDED)}, {"a.txt", CONTENT, 11}, {0}, {0}};
	struct buf manifest = manifest_make(SIGNATURE, files + 1, 1, alg);
	if (odd) { /* the SigReference ends behind the references */
		char *at = strstr((char *)manifest.data, "/><asic:Data"), *end = strstr(at, "</asic:ASiCManifest>");
		char *all = xasprintf("%.*s>%.*s</asic:SigReference>%s", (int)(at - (char *)manifest.data),
				      manifest.data, (int)(end - at - 2), at + 2, end);
		buf_dispose(&manifest);
		buf_add_text(&manifest, all);
		free(all);
	}
	struct cms_plan plan = {.content = manifest.data, .content_len = manifest.len};
	struct buf value = cms_build(&world, &plan);
	files[2] = (struct asic_file){MANIFEST, manifest.data, manifest.len};
	files[3] = (struct asic_file){SIGNATURE, value.data, value.len};
	struct made_zip zip = zip_make(files, ARRAY_LEN(files));
	buf_dispose(&manifest), buf_dispose(&value);
	return zip;
}

static void member(struct example *e, bool has) {
	struct made_zip zip = container(false, DIGEST_SHA256);
	if (has) {
		zip_patch(&zip, zip.local[1] + LOCAL_CRC, 1, 4);
		zip_patch(&zip, zip.central[1] + CENTRAL_CRC, 1, 4);
	}
	e->document = zip.bytes;
}

static void unlisted(struct example *e, bool has) {
	struct made_zip zip = container(false, DIGEST_SHA256);
	struct buf longer = {0};
	size_t more = has ? 1 : 0;
	buf_add(&longer, zip.bytes.data, zip.central[0]);
	buf_add(&longer, "x", more);
	buf_add(&longer, zip.bytes.data + zip.central[0], zip.bytes.len - zip.central[0]);
	buf_dispose(&zip.bytes);
	zip.bytes = longer;
	zip_patch(&zip, zip.end + more + END_DIRECTORY, zip.central[0] + more, 4);
	e->document = zip.bytes;
}

static void manifest(struct example *e, bool has) {
	e->document = container(has, DIGEST_SHA256).bytes;
}

static const char passed[] = "TOTAL-PASSED", failed[] = "TOTAL-FAILED", unsure[] = "INDETERMINATE";

static json_t *judge(const struct example *e) {
	struct val_request request = {.document = {e->document.data, e->document.len},
				      .revocation = e->revocation,
				      .data = &e->data,
				      .data_count = e->data.len ? 1 : 0,
				      .evidence = &e->evidence,
				      .evidence_count = e->evidence.len ? 1 : 0};
	assert_true(utime_parse(e->at ? e->at : NOW, &request.at));
	return validator_judge(e->trusting ? trusting : validator, &request);
}

static void each_finding_has_its_nearest_neighbour(void **state) {
	(void)state;
	static const struct {
		const char *code;
		void (*make)(struct example *e, bool has);
		const char *indication; /* of the file that has it; the other passes */
	} cases[] = {
		{"CMS_MALFORMED", structure, failed},
		{"CMS_MALFORMED", countersignature, failed},
		{"CMS_WITHOUT_SIGNER", signers, failed},
		{"ATTRIBUTE_MALFORMED", attribute, failed},
		{"SIGNED_DATA_MISSING", data, unsure},
		{"SIGNATURE_ALGORITHM_UNKNOWN", algorithm, unsure},
		{"SIGNER_NOT_FOUND", signer, unsure},
		{"SIGNING_CERTIFICATE_REQUIRED", reference, unsure},
		{"SIGNATURE_ALGORITHM_PREDICTED", prediction, passed},
		{"TIMESTAMP_MALFORMED", info, failed},
		{"TIMESTAMP_TSA_NAME", authority, passed},
		{"ARCHIVE_TIMESTAMP_NOT_USED", archived, passed},
		{"SIGNATURE_POLICY_NOT_PROCESSED", policy, passed},
		{"SIGNATURE_POLICY_MISSING", policy_document, passed},
		{"SIGNATURE_POLICY_UNUSABLE", policy, passed},
		{"SIGNING_CERTIFICATE_DIGEST_ENDED", reference_digest, passed},
		{"EVIDENCE_RECORD_EMBEDDED", internal_record, passed},
		{"EVIDENCE_RECORD_EMBEDDED", external_record, passed},
		{"LIMIT_REACHED", tokens, unsure},
		{"REVOCATION_CHECK_LIMITED", soft, passed},
		{"REVOCATION_CHECK_LIMITED", off, passed},
		{"ERS_DIGEST_PREDICTED", record_digest, passed},
		{"ASIC_MEMBER_DAMAGED", member, passed},
		{"ASIC_UNLISTED_BYTES", unlisted, passed},
		{"ASIC_MANIFEST_ODD", manifest, passed},
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct example e = {.revocation = REVOCATION_HARD};
		const char *code = cases[i / 2].code, *expected = i % 2 ? passed : cases[i / 2].indication;
		cases[i / 2].make(&e, i % 2 == 0);
		json_t *report = judge(&e), *entry;
		bool found = has_finding(report, code);
		size_t k;
		json_array_foreach(json_object_get(report, "signatures"), k, entry) found |= has_finding(entry, code);
		if (found != (i % 2 == 0) || strcmp(text(report, "indication"), expected)) {
			char *all = json_dumps(report, JSON_INDENT(1));
			print_error("%s\n", all);
			free(all);
			fail_msg("%s (case %zu) %s, verdict %s", code, i / 2, found ? "found" : "not found",
				 text(report, "indication"));
		}
		json_decref(report);
		buf_dispose(&e.document);
	}
}

/* A proof from the time of a weak digest saves nothing that its signer's certificate is younger than. */
static void proofs_older_than_the_certificate_save_nothing(void **state) {
	(void)state;
	static const struct {
		const char *proven, *indication, *sub;
		bool found;
	} cases[] = {
		{"2012-07-31T00:00:00Z", "TOTAL-FAILED", "NOT_YET_VALID", true},
		{"2020-01-01T00:00:00Z", "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf document = container(false, DIGEST_SHA1).bytes;
		struct val_proof proof = {.basis = "archive"};
		struct val_request request = {
			.document = {document.data, document.len}, .proofs = &proof, .proof_count = 1};
		sha256_bytes(document.data, document.len, proof.sha256);
		assert_true(utime_parse(cases[i].proven, &proof.when) && utime_parse(NOW, &request.at));
		json_t *report = validator_judge(validator, &request);
		json_t *entry = json_array_get(json_object_get(report, "signatures"), 0);
		assert_string_equal(text(entry, "indication"), cases[i].indication);
		assert_string_equal(text(entry, "sub_indication"), cases[i].sub);
		assert_int_equal(has_finding(entry, "PROOF_BEFORE_VALIDITY"), cases[i].found);
		json_decref(report);
		buf_dispose(&document);
	}
}

/* The built-in policy with one text in place of another, twice. */
static char *policy_text(void) {
	static const char *const edits[][2] = {{"\"predictions\": \"fail\"", "\"predictions\": \"warn\""},
					       {"\"SHA-512\"}", "\"SHA-512\", \"until\": \"2026-01-01\"}"}};
	struct buf b = {0};
	char part[4096];
	size_t n;
	FILE *f = fopen(TEST_SOURCE_DIR "/validator/policy_default.json", "rb");
	if (!f) abort();
	while ((n = fread(part, 1, sizeof part, f)) > 0) buf_add(&b, part, n);
	fclose(f);
	char *all = xstrndup((char *)b.data, b.len);
	buf_dispose(&b);
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		char *at = strstr(all, edits[i][0]);
		if (!at) abort();
		char *edited = xasprintf("%.*s%s%s", (int)(at - all), all, edits[i][1], at + strlen(edits[i][0]));
		free(all);
		all = edited;
	}
	return all;
}

static int open_both(void **state) {
	struct error err = {0};
	char *lenient = policy_text();
	assert_int_equal(open_world(state), 0);
	trusting = validator_new(lenient, strlen(lenient), &err);
	free(lenient);
	assert_non_null(trusting);
	assert_int_equal(validator_add_trust(trusting, world.ca.data, world.ca.len), 1);
	return 0;
}

static int close_both(void **state) {
	validator_free(trusting);
	return close_world(state);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_has_its_nearest_neighbour),
		cmocka_unit_test(proofs_older_than_the_certificate_save_nothing),
	};
	return cmocka_run_group_tests(tests, open_both, close_both);
}
