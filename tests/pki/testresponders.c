/* ltv-testresponders: the OCSP, CRL, caIssuers and timestamp services of the test PKI on loopback (docs/test-pki.md).
 */
#include "base/digest.h"
#include "base/utime.h"
#include "tests/pki/cms_sign.h"
#include "tests/pki/http_server.h"
#include "tests/pki/misbehave.h"
#include "tests/pki/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OCSP_IDS_MAX 16 /* certificates in one OCSP request */
#define STATUS_DAYS 7   /* nextUpdate after thisUpdate */
#define ASN1_TIME_TEXT 32

/* What was asked for, counted for tests: GET /count. */
enum { ASKED_OCSP, ASKED_CRL, ASKED_CERT, ASKED_TSA, ASKED_KINDS, ANSWERED_UNCHANGED = ASKED_KINDS, COUNTS };
static const char *const asked_names[COUNTS] = {"ocsp", "crl", "cert", "tsa", "unchanged"};

struct responders {
	struct pki pki;
	utime fixed; /* UTIME_NONE: the clock */
	unsigned long long serial;
	enum misbehaviour always[ASKED_KINDS], bad; /* for every request of a kind; for the one being answered */
	unsigned long long asked[COUNTS];
	char validator[2 * 32 + 3]; /* of the answer being given */
	const char *redirect; /* where every answer leads to; NULL: nowhere */
};

static char *asn1_time(utime t, char text[static ASN1_TIME_TEXT]) {
	int year, month, day, hour, minute, second, microsecond;
	utime_to_civil(t, &year, &month, &day, &hour, &minute, &second, &microsecond);
	snprintf(text, ASN1_TIME_TEXT, "%04d%02d%02d%02d%02d%02dZ", year % 10000, month, day, hour, minute, second);
	return text;
}

static utime now(const struct responders *r) {
	return r->fixed != UTIME_NONE ? r->fixed : (utime)time(NULL) * UTIME_SECOND;
}

/* A clock that is a month behind. */
static utime lag(const struct responders *r) {
	return r->bad == BAD_CLOCK ? 30 * UTIME_DAY : 0;
}

static void answer_ocsp(struct responders *r, const unsigned char *der, size_t len, struct http_response *response) {
	const unsigned char *p = der;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)len);
	int count = request ? OCSP_request_onereq_count(request) : 0;
	OCSP_RESPONSE *answer;
	if (count < 1 || count > OCSP_IDS_MAX) {
		answer = OCSP_response_create(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL);
	} else if (r->bad == BAD_REJECTION) {
		answer = OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, NULL);
	} else {
		char from[ASN1_TIME_TEXT], until[ASN1_TIME_TEXT];
		utime t = now(r) - lag(r);
		enum cert_id signer = r->bad == BAD_WRONG_CERTIFICATE   ? CHAIRMAN
				      : r->bad == BAD_EXPIRED_CERTIFICATE ? OCSP_EXPIRED
									  : CERT_IDS;
		answer = pki_ocsp_by(&r->pki, signer, request, asn1_time(t, from),
				     asn1_time(t + STATUS_DAYS * UTIME_DAY, until));
	}
	r->asked[ASKED_OCSP]++;
	response->type = "application/ocsp-response";
	TOOL_DER(&response->body, i2d_OCSP_RESPONSE, answer);
	OCSP_RESPONSE_free(answer);
	OCSP_REQUEST_free(request);
}

/* RFC 6960 A.1: the request in base64, percent-encoded, as the rest of the path. */
static void answer_ocsp_get(struct responders *r, const char *path, struct http_response *response) {
	struct buf text = {0};
	for (; *path; path++) {
		unsigned value;
		if (*path == '%' && sscanf(path + 1, "%2x", &value) == 1 && path[1] && path[2]) {
			buf_add_byte(&text, (unsigned char)value);
			path += 2;
		} else {
			buf_add_byte(&text, (unsigned char)*path);
		}
	}
	unsigned char *der = xcalloc(1, text.len + 4);
	int len = EVP_DecodeBlock(der, (const unsigned char *)buf_text(&text), (int)text.len);
	/* Padding decodes to zero bytes at the end, which the reader of DER leaves alone. */
	answer_ocsp(r, der, len < 0 ? 0 : (size_t)len, response);
	free(der);
	buf_dispose(&text);
}

/* TimeStampResp with status rejection and one PKIFailureInfo bit (RFC 3161 2.4.2). */
static void reject(struct http_response *response, int bit) {
	unsigned char failure[4] = {0x03, 0x02, 0x00, 0x00};
	unsigned char head[] = {0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02};
	failure[2] = (unsigned char)(7 - bit % 8);
	failure[3] = (unsigned char)(0x80 >> bit % 8);
	buf_add(&response->body, head, sizeof head);
	buf_add(&response->body, failure, sizeof failure);
}

enum { FAILURE_BAD_ALG = 0, FAILURE_BAD_DATA_FORMAT = 5, FAILURE_TIME_NOT_AVAILABLE = 14 };

static CMS_ContentInfo *make_token(struct responders *r, TS_REQ *query, TS_MSG_IMPRINT *imprint) {
	char when[ASN1_TIME_TEXT];
	struct tst_plan plan = {.signer = r->bad == BAD_WRONG_CERTIFICATE     ? CHAIRMAN
					  : r->bad == BAD_EXPIRED_CERTIFICATE ? TSA_EXPIRED
									      : TSA_G2,
				.policy = r->bad == BAD_WRONG_POLICY ? "1.3.6.1.4.1.99999.1" : TSA_POLICY,
				.gen_time = asn1_time(now(r) - lag(r), when),
				.serial = ++r->serial,
				.certs = TS_REQ_get_cert_req(query)};
	ASN1_INTEGER *other = ASN1_INTEGER_new();
	need(other && ASN1_INTEGER_set(other, 42) == 1, "nonce");
	if (r->bad == BAD_WRONG_IMPRINT)
		((unsigned char *)ASN1_STRING_get0_data(TS_MSG_IMPRINT_get_msg(imprint)))[0] ^= 1;
	CMS_ContentInfo *token =
		tst_make(&r->pki, &plan, imprint, r->bad == BAD_WRONG_NONCE ? other : TS_REQ_get_nonce(query));
	ASN1_INTEGER_free(other);
	return token;
}

static void answer_timestamp(struct responders *r, const struct http_request *request, struct http_response *response) {
	const unsigned char *p = request->body;
	TS_REQ *query = d2i_TS_REQ(NULL, &p, (long)request->body_len);
	TS_MSG_IMPRINT *imprint = query ? TS_REQ_get_msg_imprint(query) : NULL;
	response->type = "application/timestamp-reply";
	r->asked[ASKED_TSA]++;
	if (!imprint || r->bad == BAD_REJECTION) {
		reject(response, imprint ? FAILURE_TIME_NOT_AVAILABLE : FAILURE_BAD_DATA_FORMAT);
		TS_REQ_free(query);
		return;
	}
	const ASN1_OBJECT *alg = NULL;
	X509_ALGOR_get0(&alg, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	const EVP_MD *md = EVP_get_digestbyobj(alg);
	if (!md || ASN1_STRING_length(TS_MSG_IMPRINT_get_msg(imprint)) != EVP_MD_get_size(md)) {
		reject(response, md ? FAILURE_BAD_DATA_FORMAT : FAILURE_BAD_ALG);
		TS_REQ_free(query);
		return;
	}
	CMS_ContentInfo *token = make_token(r, query, imprint);
	response->body = tst_response(token);
	CMS_ContentInfo_free(token);
	TS_REQ_free(query);
}

/* Which certificate a path like PREFIX + "sub-g2" + SUFFIX names; CERT_IDS for none. */
static enum cert_id named(const char *path, const char *prefix, const char *suffix) {
	size_t before = strlen(prefix), len = strlen(path), after = strlen(suffix);
	if (strncmp(path, prefix, before) || len < before + after || strcmp(path + len - after, suffix))
		return CERT_IDS;
	for (int i = 0; i < CERT_IDS; i++)
		if (strlen(cert_profiles[i].name) == len - before - after &&
		    !strncmp(cert_profiles[i].name, path + before, len - before - after))
			return (enum cert_id)i;
	return CERT_IDS;
}

static void answer_crl(struct responders *r, enum cert_id ca, struct http_response *response) {
	char from[ASN1_TIME_TEXT], until[ASN1_TIME_TEXT];
	utime t = now(r) - lag(r) - (r->bad == BAD_EXPIRED_CERTIFICATE ? 30 * UTIME_DAY : 0);
	X509_CRL *list = pki_crl_by(&r->pki, ca, r->bad == BAD_WRONG_CERTIFICATE ? UNKNOWN_CA : ca, asn1_time(t, from),
				    asn1_time(t + STATUS_DAYS * UTIME_DAY, until));
	r->asked[ASKED_CRL]++;
	if (r->bad == BAD_REJECTION) response->status = 403;
	response->type = "application/pkix-crl";
	TOOL_DER(&response->body, i2d_X509_CRL, list);
	X509_CRL_free(list);
}

static void answer_count(const struct responders *r, struct http_response *response) {
	response->type = "text/plain";
	for (int i = 0; i < COUNTS; i++) buf_printf(&response->body, "%s %llu\n", asked_names[i], r->asked[i]);
}

static void answer_get(struct responders *r, const char *path, struct http_response *response) {
	enum cert_id crl = named(path, "/pki/pub/crl/", ".crl"), cert = named(path, "/pki/pub/crt/", ".crt");
	if (cert == CERT_IDS) cert = named(path, "/pki/pub/cert/", ".crt");
	const char *ocsp = strncmp(path, "/ocsp/", 6) ? NULL : strchr(path + 6, '/');
	if (crl != CERT_IDS && pki_is_ca(crl)) {
		answer_crl(r, crl, response);
	} else if (cert != CERT_IDS) {
		r->asked[ASKED_CERT]++;
		response->type = "application/pkix-cert";
		if (r->bad == BAD_REJECTION) response->status = 403;
		if (r->bad == BAD_WRONG_CERTIFICATE) cert = UNKNOWN_CA;
		if (r->bad == BAD_EXPIRED_CERTIFICATE) cert = EXPIRED_PERSON;
		TOOL_DER(&response->body, i2d_X509, r->pki.cert[cert]);
	} else if (ocsp) {
		answer_ocsp_get(r, ocsp + 1, response);
	} else if (!strcmp(path, "/count")) {
		answer_count(r, response);
	} else {
		response->status = 404;
	}
}

/* RFC 9110 13.1.2: who shows the validator of what he has is told that he has it. */
static void set_validator(struct responders *r, const struct http_request *request, struct http_response *response) {
	unsigned char digest[32];
	sha256_bytes(response->body.data, response->body.len, digest);
	r->validator[0] = '"';
	hex_encode(digest, sizeof digest, r->validator + 1);
	strcat(r->validator, "\"");
	response->validator = r->validator;
	const char *shown = strcasestr(request->headers, "\r\nIf-None-Match:");
	if (!shown || !strstr(shown, r->validator)) return;
	r->asked[ANSWERED_UNCHANGED]++;
	response->status = 304;
	response->body.len = 0;
}

static int kind_of(const char *path) {
	if (!strncmp(path, "/ocsp", 5)) return ASKED_OCSP;
	if (!strncmp(path, "/pki/pub/crl/", 13)) return ASKED_CRL;
	return strcmp(path, "/tsa") ? ASKED_CERT : ASKED_TSA;
}

/* "NAME" for everything, or "KIND:NAME". */
static bool set_bad(struct responders *r, const char *text) {
	const char *colon = strchr(text, ':'), *name = colon ? colon + 1 : text;
	enum misbehaviour bad = misbehaviour_named(name, strlen(name));
	bool known = !colon;
	for (int i = 0; i < ASKED_KINDS; i++) {
		size_t len = strlen(asked_names[i]);
		if (colon && (strncmp(text, asked_names[i], len) != 0 || text + len != colon)) continue;
		r->always[i] = bad;
		known = true;
	}
	return known && bad != MISBEHAVIOURS;
}

static void answer(void *user, const struct http_request *request, struct http_response *response) {
	struct responders *r = user;
	const char *path = request->path;
	bool get = !strcmp(request->method, "GET");
	r->bad = misbehaviour_of(&path);
	if (r->bad == BAD_NONE) r->bad = r->always[kind_of(path)];
	if (get)
		answer_get(r, path, response);
	else if (strcmp(request->method, "POST"))
		response->status = 405;
	else if (!strncmp(path, "/ocsp", 5))
		answer_ocsp(r, request->body, request->body_len, response);
	else if (!strcmp(path, "/tsa"))
		answer_timestamp(r, request, response);
	else
		response->status = 404;
	if (get && response->status == 200) set_validator(r, request, response);
	misbehave(r->bad, request->path, response);
	if (!r->redirect) return;
	response->status = 302;
	response->location = r->redirect;
}

static int usage(void) {
	fputs("usage: ltv-testresponders --pki OUTDIR [--port PORT] [--time TIME]\n"
	      "                          [--slow MS] [--status CODE] [--truncate] [--wrong-type]\n"
	      "                          [--bad [ocsp:|crl:|cert:|tsa:]NAME]... [--redirect URL]\n"
	      "                          [--tls FILE [--clients FILE]] [--password NAME:WORD]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv) {
	static const struct option options[] = {
		{"pki", required_argument, NULL, 'p'},    {"port", required_argument, NULL, 'n'},
		{"time", required_argument, NULL, 't'},   {"slow", required_argument, NULL, 's'},
		{"status", required_argument, NULL, 'c'}, {"truncate", no_argument, NULL, 'u'},
		{"wrong-type", no_argument, NULL, 'w'},   {"bad", required_argument, NULL, 'b'},
		{"tls", required_argument, NULL, 'T'},    {"clients", required_argument, NULL, 'C'},
		{"password", required_argument, NULL, 'P'}, {"redirect", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0}};
	struct http_access access = {0};
	struct responders r = {.fixed = UTIME_NONE};
	struct http_faults faults = {0};
	const char *out_dir = NULL;
	int port = 8089, option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			out_dir = optarg;
			break;
		case 'n':
			port = atoi(optarg);
			break;
		case 't':
			if (!utime_parse(optarg, &r.fixed)) return usage();
			break;
		case 's':
			faults.slow_ms = atoi(optarg);
			break;
		case 'c':
			faults.status = atoi(optarg);
			break;
		case 'u':
			faults.truncate = true;
			break;
		case 'b':
			if (!set_bad(&r, optarg)) return usage();
			break;
		case 'w':
			faults.wrong_type = true;
			break;
		case 'T':
			access.tls = optarg;
			break;
		case 'C':
			access.clients = optarg;
			break;
		case 'P':
			access.password = optarg;
			break;
		case 'r':
			r.redirect = optarg;
			break;
		default:
			return usage();
		}
	}
	if (!out_dir || optind != argc) return usage();
	/* The same URL gives the same certificates, so they need not be read back. */
	digest_init();
	struct buf url = tool_read(out_dir, "base-url.txt");
	pki_make(&r.pki, buf_text(&url));
	r.serial = (unsigned long long)now(&r);
	http_serve(port, &access, &faults, answer, &r);
	pki_dispose(&r.pki);
	buf_dispose(&url);
	return 0;
}
