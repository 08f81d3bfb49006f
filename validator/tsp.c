#include "validator/tsp.h"

#include "validator/attributes.h"
#include "validator/key.h"

#include <stdlib.h>
#include <string.h>

const char *tsp_fault_name(enum tsp_fault fault) {
	static const char *const names[] = {
		NULL,
#define TSP_FAULT(name, text) #name,
#include "validator/tsp_fault.def"
#undef TSP_FAULT
	};
	return names[fault];
}

const char *tsp_fault_text(enum tsp_fault fault) {
	static const char *const texts[] = {
		"",
#define TSP_FAULT(name, text) text,
#include "validator/tsp_fault.def"
#undef TSP_FAULT
	};
	return texts[fault];
}

/* ---- the request ---- */

static const char *digest_oid(enum digest_alg alg) {
	static const struct {
		enum digest_alg alg;
		const char *oid;
	} rows[] = {
		{DIGEST_SHA256, "2.16.840.1.101.3.4.2.1"},   {DIGEST_SHA384, "2.16.840.1.101.3.4.2.2"},
		{DIGEST_SHA512, "2.16.840.1.101.3.4.2.3"},   {DIGEST_SHA3_256, "2.16.840.1.101.3.4.2.8"},
		{DIGEST_SHA3_384, "2.16.840.1.101.3.4.2.9"}, {DIGEST_SHA3_512, "2.16.840.1.101.3.4.2.10"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].alg == alg) return rows[i].oid;
	return NULL;
}

static bool is_oid_text(const char *text) {
	int arcs = 1;
	if (*text < '0' || *text > '2' || strlen(text) > 64) return false;
	for (const char *p = text; *p; p++) {
		if (*p == '.' && (p[1] < '0' || p[1] > '9')) return false;
		if (*p == '.') arcs++;
		else if (*p < '0' || *p > '9') return false;
	}
	return arcs > 2;
}

/* NULL parameters as most authorities expect them (RFC 5754 2 lets either form be read). */
static void put_imprint(const struct tsp_query *query, struct buf *out) {
	struct buf alg = {0}, imprint = {0};
	der_put_oid(&alg, digest_oid(query->alg));
	der_put(&alg, DER_NULL, "", 0);
	der_put(&imprint, DER_SEQUENCE, alg.data, alg.len);
	der_put(&imprint, DER_OCTET_STRING, query->digest, digest_size(query->alg));
	der_put(out, DER_SEQUENCE, imprint.data, imprint.len);
	buf_dispose(&alg);
	buf_dispose(&imprint);
}

static void put_nonce(const struct tsp_query *query, struct buf *out) {
	struct buf number = {0};
	size_t skip = 0;
	while (skip + 1 < query->nonce_len && !query->nonce[skip]) skip++;
	if (query->nonce[skip] & 0x80) buf_add_byte(&number, 0);
	buf_add(&number, query->nonce + skip, query->nonce_len - skip);
	der_put(out, DER_INTEGER, number.data, number.len);
	buf_dispose(&number);
}

bool tsp_request(const struct tsp_query *query, struct buf *out) {
	bool policy = query->policy && *query->policy;
	struct buf body = {0};
	if (!digest_oid(query->alg) || !digest_size(query->alg) || (policy && !is_oid_text(query->policy))) return false;
	der_put(&body, DER_INTEGER, "\1", 1);
	put_imprint(query, &body);
	if (policy) der_put_oid(&body, query->policy);
	if (query->nonce_len) put_nonce(query, &body);
	der_put(&body, DER_BOOLEAN, "\xff", 1);
	der_put(out, DER_SEQUENCE, body.data, body.len);
	buf_dispose(&body);
	return true;
}

/* ---- the answer ---- */

struct asked {
	enum digest_alg alg;
	struct der hash, policy, nonce; /* the last two: start is NULL when absent */
};

static bool read_request(const struct val_blob *request, struct asked *out) {
	struct der whole, version, imprint, alg;
	*out = (struct asked){0};
	struct der_walk top = der_walk_bytes(request->data, request->len);
	if (!der_expect(&top, DER_SEQUENCE, &whole) || !der_done(&top)) return false;
	struct der_walk w = der_walk_in(&whole);
	if (!der_expect(&w, DER_INTEGER, &version) || !der_expect(&w, DER_SEQUENCE, &imprint)) return false;
	struct der_walk in = der_walk_in(&imprint);
	if (!der_expect(&in, DER_SEQUENCE, &alg) || !der_expect(&in, DER_OCTET_STRING, &out->hash)) return false;
	out->alg = digest_of_algorithm(&alg);
	der_optional(&w, DER_OID, &out->policy);
	der_optional(&w, DER_INTEGER, &out->nonce);
	return !w.bad;
}

/* PKIFailureInfo (2.4.2) by its bits. */
static const char *failure_name(const struct der *bits) {
	static const struct {
		unsigned bit;
		const char *name;
	} rows[] = {
		{0, "badAlg"},
		{2, "badRequest"},
		{5, "badDataFormat"},
		{14, "timeNotAvailable"},
		{15, "unacceptedPolicy"},
		{16, "unacceptedExtension"},
		{17, "addInfoNotAvailable"},
		{25, "systemFailure"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (bits->len > 1 + rows[i].bit / 8 && bits->data[1 + rows[i].bit / 8] & 0x80 >> rows[i].bit % 8)
			return rows[i].name;
	return "";
}

/* What the authority says beside the number: its first text and the reason. */
static char *refusal(struct der_walk *status, uint64_t number) {
	static const char *const names[] = {"granted", "grantedWithMods", "rejection", "waiting", "revocationWarning",
					    "revocationNotification"};
	struct der texts, text, bits;
	char *said = NULL;
	const char *reason = "";
	if (der_optional(status, DER_SEQUENCE, &texts)) {
		struct der_walk in = der_walk_in(&texts);
		if (der_next(&in, &text)) said = der_string_utf8(&text);
	}
	if (der_optional(status, DER_BIT_STRING, &bits)) reason = failure_name(&bits);
	char *detail = xasprintf("%s%s%s%s%.200s", number < ARRAY_LEN(names) ? names[number] : "unknown status",
				 *reason ? ", " : "", reason, said && *said ? ": " : "", said ? said : "");
	free(said);
	return detail;
}

static enum tsp_fault read_response(const struct val_blob *response, struct tsp_answer *out) {
	struct der whole, status, number;
	uint64_t n;
	struct der_walk top = der_walk_bytes(response->data, response->len);
	if (!der_next_ber(&top, &whole) || whole.tag != DER_SEQUENCE || !der_done(&top)) return TSP_MALFORMED;
	struct der_walk w = der_walk_in(&whole);
	if (!der_next_ber(&w, &status) || status.tag != DER_SEQUENCE) return TSP_MALFORMED;
	struct der_walk in = der_walk_in(&status);
	if (!der_expect(&in, DER_INTEGER, &number) || !der_uint(&number, &n)) return TSP_MALFORMED;
	if (n > 1) {
		out->detail = refusal(&in, n);
		return TSP_REJECTED;
	}
	const char *why;
	if (!der_next_ber(&w, &out->token) || !der_done(&w) ||
	    !cms_read(out->token.start, out->token.full, &out->cms, &why) || !out->cms.has_content ||
	    !der_is_oid(&out->cms.content_type, OID_TST_INFO) ||
	    !tst_read_info(out->cms.content, out->cms.content_len, &out->info))
		return TSP_MALFORMED;
	return TSP_NONE;
}

static bool same(const struct der *a, const struct der *b) {
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static enum tsp_fault compare(const struct asked *asked, struct tsp_answer *out) {
	const struct tst_info *info = &out->info;
	if (digest_of_algorithm(&info->imprint_alg) != asked->alg || info->imprint_len != asked->hash.len ||
	    memcmp(info->imprint, asked->hash.data, asked->hash.len) != 0)
		return TSP_WRONG_IMPRINT;
	if (asked->nonce.start && (!info->nonce.start || !same(&info->nonce, &asked->nonce))) return TSP_WRONG_NONCE;
	if (asked->policy.start && !same(&info->policy, &asked->policy)) {
		out->detail = der_oid_text(&info->policy);
		return TSP_WRONG_POLICY;
	}
	return TSP_NONE;
}

static enum tsp_fault check_signer(const struct cms *cms) {
	struct ess ess[2];
	if (cms->signer_count != 1) return TSP_WRONG_SIGNERS;
	for (int v = 0; v < 2; v++) ess_read(&cms->signers[0].signed_attrs, v + 1, &ess[v]);
	return ess[0].present || ess[1].present ? TSP_NONE : TSP_NO_REFERENCE;
}

static enum tsp_fault check_time(struct tsp_answer *out, utime at, utime tolerance) {
	char theirs[UTIME_TEXT_MAX], here[UTIME_TEXT_MAX];
	utime t = out->info.gen_time;
	if (t >= at - tolerance && t <= at + tolerance) return TSP_NONE;
	out->detail = xasprintf("%s, here %s", utime_text(t, theirs), utime_text(at, here));
	return TSP_WRONG_TIME;
}

bool tsp_check(const struct val_blob *request, const struct val_blob *response, utime at, utime tolerance,
	       struct tsp_answer *out) {
	struct asked asked;
	*out = (struct tsp_answer){0};
	out->fault = read_request(request, &asked) ? read_response(response, out) : TSP_MALFORMED;
	if (!out->fault) out->fault = compare(&asked, out);
	if (!out->fault) out->fault = check_signer(&out->cms);
	if (!out->fault) out->fault = check_time(out, at, tolerance);
	return !out->fault;
}

void tsp_answer_dispose(struct tsp_answer *answer) {
	cms_dispose(&answer->cms);
	free(answer->detail);
	*answer = (struct tsp_answer){0};
}
