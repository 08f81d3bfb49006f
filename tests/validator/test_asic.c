/* Containers, each beside the nearest that is judged otherwise. */
#include "tests/validator/world_builder.h"

#include "base/digest.h"
#include "base/limits.h"
#include "tests/validator/asic_builder.h"
#include "tests/validator/ers_builder.h"
#include "validator/asic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW "2025-06-01T00:00:00Z"
#define SIGNATURE "META-INF/signature001.p7s"
#define MANIFEST "META-INF/ASiCManifest001.xml"

static json_t *judge_bytes(const struct buf *bytes, const char *at) {
	struct val_request request = {.document = {bytes->data, bytes->len}, .revocation = REVOCATION_SOFT};
	assert_true(utime_parse(at, &request.at));
	return validator_judge(validator, &request);
}

static json_t *judge(const struct asic_file *files, size_t count, const char *at) {
	struct made_zip zip = zip_make(files, count);
	json_t *report = judge_bytes(&zip.bytes, at);
	buf_dispose(&zip.bytes);
	return report;
}

static void expect(const json_t *report, size_t index, const char *name, const char *result, const char *integrity,
		   const char *coverage) {
	const json_t *e = entry(report, index);
	char *got = xasprintf("%s/%s %s %s", text(e, "indication"), text(e, "sub_indication"), text(e, "integrity"),
			      text(e, "coverage"));
	char *wanted = xasprintf("%s %s %s", result, integrity, coverage);
	if (strcmp(got, wanted)) {
		char *all = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s: %s, expected %s", name, got, wanted);
	}
	free(got);
	free(wanted);
}

static void expect_finding(const json_t *report, const char *name, const char *code) {
	if (code && !has_finding(report, code) && !has_finding(entry(report, 0), code))
		fail_msg("%s: no finding %s", name, code);
}

static struct buf sign(const void *content, size_t len, unsigned flags) {
	struct cms_plan plan = {.content = content, .content_len = len, .flags = flags};
	return cms_build(&world, &plan);
}

static struct asic_file file(const char *name, const struct buf *bytes) {
	return (struct asic_file){name, bytes->data, bytes->len};
}

/* ASiC-S: the signature is over the one object. */
static void simple_containers_have_one_object(void **state) {
	(void)state;
	static const struct {
		const char *name, *mimetype, *object, *more, *signature, *result, *integrity, *coverage, *finding;
		unsigned flags;
	} cases[] = {
		{"right", MIME_SIMPLE, "hello", NULL, "META-INF/signature.p7s", "TOTAL-PASSED/", "intact", "whole-file",
		 NULL, 0},
		{"changed", MIME_SIMPLE, "hellp", NULL, "META-INF/signature.p7s", "TOTAL-FAILED/HASH_FAILURE", "broken",
		 "partial", "ASIC_NOT_COVERED", 0},
		{"two objects", MIME_SIMPLE, "hello", "more", "META-INF/signature.p7s", "TOTAL-FAILED/FORMAT_FAILURE",
		 "intact", "partial", "ASIC_SEVERAL_OBJECTS", 0},
		{"no object", MIME_SIMPLE, NULL, NULL, "META-INF/signature.p7s", "INDETERMINATE/SIGNED_DATA_NOT_FOUND",
		 "broken", "whole-file", NULL, 0},
		{"says that it has a manifest", MIME_EXTENDED, "hello", NULL, "META-INF/signature.p7s", "TOTAL-PASSED/",
		 "intact", "whole-file", "ASIC_MANIFEST_MISSING", 0},
		{"other kind", "text/plain", "hello", NULL, "META-INF/signature.p7s", "TOTAL-PASSED/", "intact",
		 "whole-file", "ASIC_MIMETYPE", 0},
		{"content inside", MIME_SIMPLE, "hello", NULL, "META-INF/signature.p7s", "TOTAL-PASSED/", "intact",
		 "whole-file", NULL, BUILD_ENVELOPING},
		{"other content inside", MIME_SIMPLE, "hellp", NULL, "META-INF/signature.p7s",
		 "TOTAL-FAILED/HASH_FAILURE", "broken", "partial", "SIGNED_DATA_CHANGED", BUILD_ENVELOPING},
		{"no attributes", MIME_SIMPLE, "hello", NULL, "META-INF/signature.p7s", "TOTAL-PASSED/", "intact",
		 "whole-file", "SIGNING_CERTIFICATE_ABSENT", BUILD_NO_ATTRIBUTES},
		{"value wrong", MIME_SIMPLE, "hello", NULL, "META-INF/signature.p7s", "TOTAL-FAILED/SIG_CRYPTO_FAILURE",
		 "broken", "whole-file", "SIGNATURE_VALUE_WRONG", BUILD_FLIP_VALUE},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf signature = sign("hello", 5, cases[i].flags);
		struct asic_file files[4] = {{"mimetype", cases[i].mimetype, strlen(cases[i].mimetype)}};
		size_t count = 1;
		if (cases[i].object) files[count++] = (struct asic_file){"văn bản.txt", cases[i].object, 5};
		if (cases[i].more) files[count++] = (struct asic_file){"more.txt", cases[i].more, 4};
		files[count++] = file(cases[i].signature, &signature);
		json_t *report = judge(files, count, NOW);
		assert_string_equal(text(report, "format"), "asic");
		assert_string_equal(text(entry(report, 0), "id"), cases[i].signature);
		expect(report, 0, cases[i].name, cases[i].result, cases[i].integrity, cases[i].coverage);
		expect_finding(report, cases[i].name, cases[i].finding);
		if (!i)
			assert_int_equal(json_array_size(json_object_get(report, "findings")),
					 1); /* revocation is soft */
		json_decref(report);
		buf_dispose(&signature);
	}
}

struct extended {
	struct asic_file files[ASIC_MEMBERS_MAX];
	size_t count;
	struct buf manifest, signature;
};

/* mimetype, two objects, their manifest and a signature over it. */
static void extended_open(struct extended *x, enum digest_alg alg) {
	static const struct asic_file objects[] = {{"a.txt", "first", 5}, {"phụ lục/b.txt", "second", 6}};
	*x = (struct extended){.manifest = manifest_make(SIGNATURE, objects, 2, alg)};
	x->signature = sign(x->manifest.data, x->manifest.len, 0);
	x->files[0] = (struct asic_file){"mimetype", MIME_EXTENDED, strlen(MIME_EXTENDED)};
	x->files[1] = objects[0], x->files[2] = objects[1];
	x->files[3] = file(MANIFEST, &x->manifest);
	x->files[4] = file(SIGNATURE, &x->signature);
	x->count = 5;
}

static void extended_close(struct extended *x) {
	buf_dispose(&x->manifest);
	buf_dispose(&x->signature);
}

static void extended_expect(struct extended *x, const char *name, const char *result, const char *integrity,
			    const char *coverage, const char *finding) {
	json_t *report = judge(x->files, x->count, NOW);
	expect(report, 0, name, result, integrity, coverage);
	expect_finding(report, name, finding);
	json_decref(report);
	extended_close(x);
}

static void a_manifest_extends_the_signature_to_its_objects(void **state) {
	(void)state;
	struct extended x;
	extended_open(&x, DIGEST_SHA256);
	extended_expect(&x, "right", "TOTAL-PASSED/", "intact", "whole-file", NULL);
	extended_open(&x, DIGEST_SHA512);
	extended_expect(&x, "SHA-512", "TOTAL-PASSED/", "intact", "whole-file", NULL);
	extended_open(&x, DIGEST_SHA1);
	extended_expect(&x, "SHA-1", "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "intact", "whole-file",
			"SIGNATURE_ALGORITHM_ENDED");
	extended_open(&x, DIGEST_MD5);
	extended_expect(&x, "unknown digest", "INDETERMINATE/SIGNED_DATA_NOT_FOUND", "broken", "partial",
			"ASIC_REFERENCE_UNUSABLE");
	extended_open(&x, DIGEST_SHA256);
	x.files[2].data = "sekond";
	extended_expect(&x, "object changed", "TOTAL-FAILED/HASH_FAILURE", "broken", "partial", "ASIC_OBJECT_CHANGED");
	extended_open(&x, DIGEST_SHA256);
	x.files[2].name = "elsewhere.txt";
	extended_expect(&x, "object renamed", "INDETERMINATE/SIGNED_DATA_NOT_FOUND", "broken", "partial",
			"ASIC_OBJECT_MISSING");
	extended_open(&x, DIGEST_SHA256);
	x.files[2].name = "ph\x82.txt";
	extended_expect(&x, "name in an old code page", "TOTAL-PASSED/", "intact", "whole-file",
			"ASIC_NAME_UNREADABLE");
	extended_open(&x, DIGEST_SHA256);
	x.files[x.count++] = (struct asic_file){"c.txt", "third", 5};
	extended_expect(&x, "object added", "TOTAL-PASSED/", "intact", "partial", "ASIC_NOT_COVERED");
	extended_open(&x, DIGEST_SHA256);
	x.files[x.count++] = (struct asic_file){"META-INF/container.xml", "<c/>", 4};
	extended_expect(&x, "something in META-INF", "TOTAL-PASSED/", "intact", "whole-file", NULL);
	extended_open(&x, DIGEST_SHA256);
	memcpy(strstr((char *)x.manifest.data, "a.txt"), "c.txt", 5);
	extended_expect(&x, "manifest changed", "TOTAL-FAILED/HASH_FAILURE", "broken", "partial",
			"SIGNED_DATA_CHANGED");
	extended_open(&x, DIGEST_SHA256);
	x.files[3].name = "META-INF/elsewhere.xml";
	extended_expect(&x, "manifest renamed", "TOTAL-FAILED/FORMAT_FAILURE", "broken", "partial",
			"ASIC_MANIFEST_MISSING");
	extended_open(&x, DIGEST_SHA256);
	buf_dispose(&x.signature);
	x.signature = sign("first", 5, 0);
	x.files[4] = file(SIGNATURE, &x.signature);
	extended_expect(&x, "object signed", "TOTAL-FAILED/FORMAT_FAILURE", "intact", "partial",
			"ASIC_MANIFEST_NOT_SIGNED");
}

static void the_manifest_that_was_signed_counts(void **state) {
	(void)state;
	struct extended x;
	extended_open(&x, DIGEST_SHA256);
	/* Another manifest for the same signature, first in the order of names, that names less. */
	struct buf false_one = manifest_make(SIGNATURE, x.files + 1, 1, DIGEST_SHA256);
	x.files[x.count++] = file("META-INF/ASiCManifest000.xml", &false_one);
	extended_expect(&x, "two manifests", "TOTAL-PASSED/", "intact", "whole-file", NULL);
	buf_dispose(&false_one);
}

static void each_signature_is_an_entry(void **state) {
	(void)state;
	struct extended x;
	extended_open(&x, DIGEST_SHA256);
	struct buf other = manifest_make("META-INF/signature002.p7s", x.files + 1, 1, DIGEST_SHA256);
	struct buf second = sign(other.data, other.len, BUILD_TWO_SIGNERS);
	x.files[x.count++] = file("META-INF/ASiCManifest002.xml", &other);
	x.files[x.count++] = file("META-INF/signature002.p7s", &second);
	json_t *report = judge(x.files, x.count, NOW);
	static const struct {
		const char *id, *result, *integrity, *coverage;
	} expected[] = {
		{SIGNATURE, "TOTAL-PASSED/", "intact", "whole-file"},
		{"META-INF/signature002.p7s", "TOTAL-PASSED/", "intact", "partial"},
		{"META-INF/signature002.p7s#2", "TOTAL-FAILED/SIG_CRYPTO_FAILURE", "broken", "partial"}, /* made so */
	};
	assert_int_equal(json_array_size(json_object_get(report, "signatures")), 3);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_string_equal(text(entry(report, i), "id"), expected[i].id);
		expect(report, i, expected[i].id, expected[i].result, expected[i].integrity, expected[i].coverage);
	}
	json_decref(report);
	extended_close(&x);
	buf_dispose(&other), buf_dispose(&second);
}

/* The signer's certificate ends in 2026, the time-stamping authority's in 2030. */
static void timestamps_over_manifests_prove_what_these_name(void **state) {
	(void)state;
	static const struct {
		const char *name;
		size_t first, count; /* of the members that the time-stamp's manifest names */
		const char *result, *basis, *level;
	} cases[] = {
		{"all", 1, 4, "TOTAL-PASSED/", "archive-timestamp", "B-B"},
		{"not the signature", 1, 3, "INDETERMINATE/OUT_OF_BOUNDS_NO_POE", "none", "B-B"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct extended x;
		extended_open(&x, DIGEST_SHA256);
		struct buf manifest = manifest_make("META-INF/timestamp001.tst", x.files + cases[i].first,
						    cases[i].count, DIGEST_SHA256);
		struct buf token = cms_build_token(&world, "20250701000000Z", manifest.data, manifest.len, 0);
		x.files[x.count++] = file("META-INF/ASiCArchiveManifest001.xml", &manifest);
		x.files[x.count++] = file("META-INF/timestamp001.tst", &token);
		json_t *report = judge(x.files, x.count, "2028-01-01T00:00:00Z");
		expect(report, 0, cases[i].name, cases[i].result, "intact", "whole-file");
		assert_string_equal(text(json_object_get(entry(report, 0), "signing_time"), "basis"), cases[i].basis);
		assert_string_equal(text(entry(report, 1), "kind"), "timestamp");
		expect(report, 1, cases[i].name, "TOTAL-PASSED/", "intact", "whole-file");
		assert_int_equal(json_array_size(json_object_get(entry(report, 0), "timestamps")), i ? 0 : 1);
		json_decref(report);
		buf_dispose(&manifest), buf_dispose(&token);
		extended_close(&x);
	}
}

static void timestamps_stand_behind_what_they_cover(void **state) {
	(void)state;
	struct extended x;
	extended_open(&x, DIGEST_SHA256);
	struct buf first = manifest_make("META-INF/z.tst", x.files + 1, 4, DIGEST_SHA256);
	struct buf first_token = cms_build_token(&world, "20250701000000Z", first.data, first.len, 0);
	x.files[x.count++] = file("META-INF/ASiCArchiveManifest001.xml", &first);
	x.files[x.count++] = file("META-INF/z.tst", &first_token);
	struct buf second = manifest_make("META-INF/a.tst", x.files + 1, x.count - 1, DIGEST_SHA256);
	struct buf second_token = cms_build_token(&world, "20260701000000Z", second.data, second.len, 0);
	x.files[x.count++] = file("META-INF/ASiCArchiveManifest.xml", &second);
	x.files[x.count++] = file("META-INF/a.tst", &second_token);
	json_t *report = judge(x.files, x.count, "2028-01-01T00:00:00Z");
	assert_string_equal(text(entry(report, 1), "id"), "META-INF/z.tst");
	assert_string_equal(text(entry(report, 2), "id"), "META-INF/a.tst");
	assert_string_equal(text(json_object_get(entry(report, 1), "signing_time"), "proven"), "2026-07-01T00:00:00Z");
	assert_string_equal(text(json_object_get(entry(report, 0), "signing_time"), "proven"), "2025-07-01T00:00:00Z");
	json_decref(report);
	extended_close(&x);
	buf_dispose(&first), buf_dispose(&first_token), buf_dispose(&second), buf_dispose(&second_token);
}

/* The signature in base64, so that the builder of records takes it as text. The record is of 2022. */
static void evidence_records_speak_about_objects(void **state) {
	(void)state;
	static const struct {
		const char *name;
		size_t named;       /* members that the record's manifest names: object, manifest, signature */
		const char *object; /* as it is now */
		bool no_manifest;
		const char *result, *integrity, *basis, *finding;
	} cases[] = {
		{"all", 3, "first", false, "TOTAL-PASSED/", "intact", "evidence-record", NULL},
		{"not the signature", 2, "first", false, "TOTAL-PASSED/", "intact", "none", NULL},
		{"object changed", 3, "worst", false, "TOTAL-FAILED/HASH_FAILURE", "broken", "none",
		 "ASIC_OBJECT_CHANGED"},
		{"the one object", 1, "first", true, "TOTAL-PASSED/", "intact", "none", NULL},
		{"the one object changed", 1, "worst", true, "TOTAL-FAILED/HASH_FAILURE", "broken", "none",
		 "ERS_DATA_NOT_COVERED"},
	};
	static const enum digest_alg listed[] = {DIGEST_SHA256, DIGEST_UNKNOWN};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct asic_file object = {"a.txt", "first", 5};
		struct buf manifest = manifest_make(SIGNATURE, &object, 1, DIGEST_SHA256);
		struct buf signature = sign(manifest.data, manifest.len, 0);
		char *armoured = base64_encode(signature.data, signature.len);
		struct asic_file files[6] = {
			object, file(MANIFEST, &manifest), {SIGNATURE, armoured, strlen(armoured)}};
		const char *data[] = {"first", (const char *)manifest.data, armoured};
		struct ers_maker maker = {.world = &world};
		ers_first(&maker, DIGEST_SHA256, data, cases[i].named, "20220101000000Z", 0);
		struct buf record = ers_finish(&maker, 1, listed, NULL);
		struct buf names = manifest_make("META-INF/evidencerecord.ers", files, cases[i].named, DIGEST_SHA256);
		files[0].data = cases[i].object;
		files[3] = file("META-INF/evidencerecord.ers", &record);
		files[4] = file("META-INF/ASiCEvidenceRecordManifest.xml", &names);
		json_t *report = judge(files, cases[i].no_manifest ? 4 : 5, "2028-01-01T00:00:00Z");
		const char *coverage =
			strcmp(cases[i].object, "first") && !cases[i].no_manifest ? "partial" : "whole-file";
		assert_string_equal(text(entry(report, 1), "kind"), "evidence-record");
		expect(report, 1, cases[i].name, cases[i].result, cases[i].integrity, coverage);
		if (cases[i].finding) assert_true(has_finding(entry(report, 1), cases[i].finding));
		assert_string_equal(text(json_object_get(entry(report, 0), "signing_time"), "basis"), cases[i].basis);
		json_decref(report);
		free(armoured);
		buf_dispose(&manifest), buf_dispose(&signature), buf_dispose(&record), buf_dispose(&names);
	}
}

static void what_is_not_judged_is_said(void **state) {
	(void)state;
	static const struct {
		const char *member, *content, *format, *finding;
	} cases[] = {
		{"META-INF/signatures001.xml", "<x/>", "asic", "ASIC_XADES_NOT_SUPPORTED"},
		{"META-INF/evidencerecord001.xml", "<x/>", "asic", "ASIC_EVIDENCE_RECORD_NOT_USED"},
		{"META-INF/ASiCManifest.xml", "<ASiCManifest>", "asic", "ASIC_MANIFEST_MALFORMED"},
		{"META-INF/ASiCManifest.xml", "<!DOCTYPE a><ASiCManifest/>", "asic", "ASIC_MANIFEST_MALFORMED"},
		{"META-INF/ASiCManifest.xml", "<ASiCManifest/>", "asic", "NO_SIGNATURE"},
		{"META-INF/manifest.xml", "<x/>", "unknown", "NOT_RECOGNISED"},
		{"../META-INF/x", "x", "asic", "ASIC_UNREADABLE"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct asic_file one = {cases[i].member, cases[i].content, strlen(cases[i].content)};
		json_t *report = judge(&one, 1, NOW);
		assert_string_equal(text(report, "format"), cases[i].format);
		assert_string_equal(text(report, "indication"), "NO-SIGNATURE");
		if (!has_finding(report, cases[i].finding)) fail_msg("%s: no %s", cases[i].member, cases[i].finding);
		json_decref(report);
	}
}

static void manifests_are_read_as_their_schema_has_them(void **state) {
	(void)state;
#define REFERENCE(uri, more)                                                                                           \
	"<DataObjectReference URI='" uri "'><DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/>" more  \
	"</DataObjectReference>"
#define VALUE "<DigestValue>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=</DigestValue>"
	static const struct {
		const char *xml, *why, *name;
		bool digest;
	} cases[] = {
		{"<ASiCManifest><SigReference URI='s'/>" REFERENCE("a%20b", VALUE) "</ASiCManifest>", NULL, "a b",
		 true},
		{"<ASiCManifest><SigReference URI='s'/>" REFERENCE("./a+b", VALUE) "</ASiCManifest>", NULL, "a+b",
		 true},
		{"<ASiCManifest><SigReference URI='s'/>" REFERENCE("100%", VALUE) "</ASiCManifest>", NULL, "100%",
		 true},
		{"<ASiCManifest><SigReference URI='s'/>" REFERENCE("a%00b", VALUE) "</ASiCManifest>", NULL, NULL, true},
		{"<ASiCManifest><SigReference URI='s'/>" REFERENCE("a", "") "</ASiCManifest>", NULL, "a"},
		{"<ASiCManifest><SigReference URI='s'/>" REFERENCE("a", VALUE VALUE) "</ASiCManifest>", NULL, "a"},
		{"<m:ASiCManifest xmlns:m='urn:x'><m:SigReference URI='s'/><m:DataObjectReference URI='a'>"
		 "<DigestMethod Algorithm='x'/>" VALUE "</m:DataObjectReference></m:ASiCManifest>",
		 NULL, "a"},
		{"\357\273\277<ASiCManifest><SigReference URI='s'/>" REFERENCE("a", VALUE) "</ASiCManifest>", NULL, "a",
		 true},
		{"<ASiCManifest>" REFERENCE("a", "<DigestValue>AAAA</DigestValue>") "</ASiCManifest>", NULL, "a"},
		{"<ASiCManifest>" REFERENCE("a", "<DigestValue>?</DigestValue>") "</ASiCManifest>", NULL, "a"},
		{"<ASiCManifest><SigReference URI='s'/><SigReference URI='t'/></ASiCManifest>",
		 "it is for several signatures", NULL},
		{"<Other/>", "it is no ASiCManifest", NULL},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><ASiCManifest a='\xe9'/>",
		 "it is no well-formed XML in UTF-8", NULL},
		{"<!DOCTYPE a [<!ENTITY e 'e'>]><ASiCManifest/>", "it has a document type", NULL},
		{"", "it is no well-formed XML in UTF-8", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct asic_manifest m;
		const char *why = NULL;
		bool good = asic_manifest_read((const unsigned char *)cases[i].xml, strlen(cases[i].xml), &m, &why);
		assert_int_equal(good, !cases[i].why);
		if (cases[i].why) assert_string_equal(why, cases[i].why);
		if (good) assert_int_equal(m.count, 1);
		if (good && cases[i].name) assert_string_equal(m.references[0].name, cases[i].name);
		if (good && !cases[i].name) assert_null(m.references[0].name);
		if (good) assert_int_equal(m.references[0].digest_len, cases[i].digest ? SHA256_SIZE : 0);
		asic_manifest_dispose(&m);
	}
}

static void references_are_bounded(void **state) {
	(void)state;
	static const size_t counts[] = {LIMIT_ASIC_REFERENCES, LIMIT_ASIC_REFERENCES + 1};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct buf xml = {0};
		struct asic_manifest m;
		const char *why;
		buf_add_text(&xml, "<ASiCManifest>");
		for (size_t k = 0; k < counts[i]; k++) buf_add_text(&xml, "<DataObjectReference/>");
		buf_add_text(&xml, "</ASiCManifest>");
		assert_int_equal(asic_manifest_read(xml.data, xml.len, &m, &why), i == 0);
		asic_manifest_dispose(&m);
		buf_dispose(&xml);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_containers_have_one_object),
		cmocka_unit_test(a_manifest_extends_the_signature_to_its_objects),
		cmocka_unit_test(the_manifest_that_was_signed_counts),
		cmocka_unit_test(each_signature_is_an_entry),
		cmocka_unit_test(timestamps_over_manifests_prove_what_these_name),
		cmocka_unit_test(timestamps_stand_behind_what_they_cover),
		cmocka_unit_test(evidence_records_speak_about_objects),
		cmocka_unit_test(what_is_not_judged_is_said),
		cmocka_unit_test(manifests_are_read_as_their_schema_has_them),
		cmocka_unit_test(references_are_bounded),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
