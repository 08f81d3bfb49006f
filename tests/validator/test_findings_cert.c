/* Findings about certificates and their status: for each a path that has it and the nearest that has not. */
#include "tests/validator/cert_builder.h"

#include "base/digest.h"
#include "validator/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define AT "2026-06-01T00:00:00Z"
#define ED25519 "\x06\x03\x2b\x65\x70"
#define ED448_LAST 0x71
#define UNHEARD_OF_LAST 0x7f
#define SIGNATURE_BYTES 64
#define CRL_URL "URI:http://ca.example/ca.crl"

static const char *const ca_extensions[] = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
					    "critical,keyCertSign,cRLSign", NULL};

/* Root (anchor), CA (serial 2) of good status, and what the case puts below it. */
struct world {
	struct scene scene;
	struct made root, ca, ee, responder;
	struct path_request request;
};

static void open_world(struct world *w, const char *const *ee_extensions) {
	*w = (struct world){0};
	scene_open(&w->scene);
	w->root = cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "1", .extensions = ca_extensions});
	w->ca = cert_make(&(struct cert_plan){
		.subject = "CN=CA", .key = "2", .issuer = &w->root, .serial = 2, .extensions = ca_extensions});
	w->ee = cert_make(&(struct cert_plan){
		.subject = "CN=EE", .key = "3", .issuer = &w->ca, .serial = 3, .extensions = ee_extensions});
	scene_trust(&w->scene, &w->root);
	scene_add(&w->scene, &w->ca);
	scene_take(&w->scene, crl_make(&(struct crl_plan){.issuer = &w->root}));
}

static void close_world(struct world *w) {
	scene_close(&w->scene);
	made_free(&w->root), made_free(&w->ca), made_free(&w->ee), made_free(&w->responder);
}

static const char *const signer_extensions[] = {"keyUsage", "critical,digitalSignature", NULL};

static void good_crl(struct world *w) {
	scene_take(&w->scene, crl_make(&(struct crl_plan){.issuer = &w->ca}));
}

/* Where this pattern begins for the first or the last time. */
static unsigned char *find(struct buf *b, const char *pattern, size_t len, bool last) {
	unsigned char *found = NULL, *end = b->data + b->len;
	for (unsigned char *p = b->data; (p = memmem(p, (size_t)(end - p), pattern, len)); p++) {
		found = p;
		if (!last) break;
	}
	assert_non_null(found);
	return found;
}

/* Inside says Ed448, outside Ed25519, and the signature, which is Ed25519, is over the inside as it is. */
static void algorithms(struct world *w, bool has) {
	open_world(w, signer_extensions);
	struct buf *der = &w->ee.der;
	if (has) find(der, ED25519, 5, false)[4] = ED448_LAST;
	struct der cert, tbs;
	struct der_walk walk = der_walk_bytes(der->data, der->len);
	assert_true(der_next(&walk, &cert));
	walk = der_walk_in(&cert);
	assert_true(der_next(&walk, &tbs));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = SIGNATURE_BYTES;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, w->ca.key), 1);
	assert_int_equal(EVP_DigestSign(ctx, der->data + der->len - len, &len, tbs.start, tbs.full), 1);
	EVP_MD_CTX_free(ctx);
	good_crl(w);
}

/* Signed, it says outside, by an algorithm that nobody knows. */
static void key(struct world *w, bool has) {
	open_world(w, signer_extensions);
	if (has) find(&w->ee.der, ED25519, 5, true)[4] = UNHEARD_OF_LAST;
	good_crl(w);
}

/* The built-in policy, but for one rule. */
static void relax(struct world *w, const char *rule) {
	struct error err = {0};
	char *policy_text = NULL, *pattern = xasprintf("\"%s\": \"fail\"", rule);
	struct buf b = {0};
	char part[4096];
	size_t n;
	FILE *f = fopen(TEST_SOURCE_DIR "/validator/policy_default.json", "rb");
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof part, f)) > 0) buf_add(&b, part, n);
	fclose(f);
	char *at = strstr(buf_text(&b), pattern);
	assert_non_null(at);
	policy_text =
		xasprintf("%.*s\"%s\": \"warn\"%s", (int)(at - buf_text(&b)), buf_text(&b), rule, at + strlen(pattern));
	policy_free(w->scene.policy);
	w->scene.policy = policy_load(policy_text, strlen(policy_text), &err);
	assert_non_null(w->scene.policy);
	free(policy_text), free(pattern);
	buf_dispose(&b);
}

static void usage(struct world *w, bool has) {
	static const char *const other[] = {"keyUsage", "critical,keyEncipherment", NULL};
	open_world(w, has ? other : signer_extensions);
	relax(w, "signer_key_usage");
	good_crl(w);
}

static void lax_purpose(struct world *w, bool has) {
	static const char *const lax[] = {"extendedKeyUsage", "timeStamping", NULL}, *const strict[] = {
											     "extendedKeyUsage",
											     "critical,timeStamping",
											     NULL};
	open_world(w, has ? lax : strict);
	relax(w, "tsa_eku_critical");
	w->request.purpose = PATH_TSA;
	good_crl(w);
}

/* Revoked in 1970 and on hold, by a responder that says so of what it never issued; or does not. */
static void not_issued(struct world *w, bool has) {
	open_world(w, signer_extensions);
	scene_take(&w->scene, ocsp_make(&(struct ocsp_plan){.cert = &w->ee,
							    .issuer = &w->ca,
							    .status = 1,
							    .revoked_at = "19700101000000Z",
							    .reason = 6,
							    .extended_revoke = has}));
}

/* The responder's certificate ends between its answer and the time of validation; or at it. */
static void responder_ended(struct world *w, bool has) {
	static const char *const extensions[] = {
		"keyUsage", "digitalSignature", "extendedKeyUsage", "OCSPSigning", "noCheck", "ignored", NULL};
	open_world(w, signer_extensions);
	w->responder = cert_make(&(struct cert_plan){.subject = "CN=Responder",
						     .key = "4",
						     .issuer = &w->ca,
						     .serial = 4,
						     .to = has ? "20260531235959Z" : "20260601000000Z",
						     .extensions = extensions});
	scene_take(&w->scene,
		   ocsp_make(&(struct ocsp_plan){.cert = &w->ee, .issuer = &w->ca, .signer = &w->responder}));
}

/* The responder was revoked between its answer and the time of validation; or at the end of the next second. */
static void responder_revoked(struct world *w, bool has) {
	static const char *const extensions[] = {"keyUsage", "digitalSignature", "extendedKeyUsage", "OCSPSigning", NULL};
	open_world(w, signer_extensions);
	w->responder = cert_make(&(struct cert_plan){
		.subject = "CN=Responder", .key = "4", .issuer = &w->ca, .serial = 4, .extensions = extensions});
	scene_take(&w->scene, ocsp_make(&(struct ocsp_plan){.cert = &w->responder,
							    .issuer = &w->ca,
							    .status = 1,
							    .revoked_at = has ? "20260601000000Z" : "20260601000001Z"}));
	scene_take(&w->scene,
		   ocsp_make(&(struct ocsp_plan){.cert = &w->ee, .issuer = &w->ca, .signer = &w->responder}));
}

/* noRevAvail counts only where nothing contradicts it. */
static void no_status(struct world *w, bool has) {
	static const char *const bare[] = {"keyUsage", "critical,digitalSignature", "2.5.29.56", "DER:0500", NULL},
				 *const sourced[] = {"keyUsage", "critical,digitalSignature", "2.5.29.56",
						     "DER:0500", "crlDistributionPoints",     CRL_URL,
						     NULL};
	open_world(w, has ? bare : sourced);
}

static void short_term(struct world *w, bool has) {
	static const char *const assured[] = {"keyUsage", "critical,digitalSignature", "0.4.0.194121.2.1", "DER:0500",
					      NULL};
	open_world(w, has ? assured : signer_extensions);
}

#define GENERAL SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE

static void each_finding_has_its_nearest_neighbour(void **state) {
	(void)state;
	static const struct {
		enum finding_code code;
		void (*make)(struct world *w, bool has);
		enum sub_indication has, has_not;
	} cases[] = {
		{FINDING_CERT_ALGORITHM_MISMATCH, algorithms, GENERAL, SUB_NONE},
		{FINDING_CERT_KEY_UNSUPPORTED, key, SUB_NO_CERTIFICATE_CHAIN_FOUND, SUB_NONE},
		{FINDING_CERT_KEY_USAGE_UNUSUAL, usage, SUB_NONE, SUB_NONE},
		{FINDING_TSA_PURPOSE_LAX, lax_purpose, SUB_NONE, SUB_NONE},
		{FINDING_CERT_NOT_ISSUED, not_issued, GENERAL, SUB_TRY_LATER},
		{FINDING_REVOCATION_OUT_OF_BOUNDS, responder_ended, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE, SUB_NONE},
		{FINDING_REVOCATION_SIGNER_REVOKED, responder_revoked, SUB_TRY_LATER, SUB_NONE},
		{FINDING_REVOCATION_EXEMPT, no_status, SUB_NONE, GENERAL},
		{FINDING_REVOCATION_EXEMPT, short_term, SUB_NONE, GENERAL},
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct world w;
		bool has = i % 2 == 0;
		cases[i / 2].make(&w, has);
		struct path_request request = scene_request(&w.scene, &w.ee, AT);
		request.purpose = w.request.purpose;
		enum sub_indication sub = scene_judge(&w.scene, &request);
		const struct finding_list *findings = &w.scene.result.findings;
		if (finding_has(findings, cases[i / 2].code) != has ||
		    sub != (has ? cases[i / 2].has : cases[i / 2].has_not)) {
			for (size_t k = 0; k < findings->count; k++)
				print_error("%s: %s\n", finding_name(findings->items[k].code),
					    findings->items[k].detail);
			fail_msg("%s %s be there, %s", finding_name(cases[i / 2].code), has ? "should" : "should not",
				 sub_indication_name(sub));
		}
		for (size_t k = 0; sub == SUB_NONE && k < findings->count; k++)
			if (finding_severity_of(findings->items[k].code) == FINDING_SEVERITY_ERROR)
				fail_msg("%s passes", finding_name(findings->items[k].code));
		close_world(&w);
	}
}

static int start(void **state) {
	(void)state;
	digest_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_has_its_nearest_neighbour),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
