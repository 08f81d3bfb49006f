#include "validator/validator_internal.h"

#include "base/mem.h"
#include "validator/path.h"
#include "validator/pool.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

json_t *report_time(utime t) {
	char text[UTIME_TEXT_MAX];
	return t == UTIME_NONE ? json_null() : json_string(utime_text(t, text));
}

json_t *report_findings(const struct finding_list *findings) {
	json_t *list = json_array();
	for (size_t i = 0; i < findings->count; i++) {
		enum finding_code code = findings->items[i].code;
		/* Names out of a file may be no UTF-8; the finding counts all the same. */
		json_t *detail = json_string(findings->items[i].detail);
		if (!detail) detail = json_string("");
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s, s:o}", "code", finding_name(code), "severity",
						finding_severity_name(finding_severity_of(code)), "rule",
						finding_rule(code), "text", finding_text(code), "detail", detail));
	}
	return list;
}

static json_t *hex(const unsigned char *bytes) {
	char text[SHA256_HEX];
	return json_string(hex_encode(bytes, SHA256_SIZE, text));
}

static json_t *report_status(const struct path_link *link) {
	static const char *const names[] = {"unknown", "good", "revoked", "not-checked"};
	bool known = link->produced != UTIME_NONE;
	json_t *status = json_object();
	json_object_set_new(status, "status", json_string(names[link->status]));
	json_object_set_new(status, "source", known ? json_string(link->by_ocsp ? "ocsp" : "crl") : json_null());
	json_object_set_new(status, "produced", report_time(link->produced));
	json_object_set_new(status, "next", report_time(link->next_update));
	json_object_set_new(status, "reason", link->reason ? json_string(link->reason) : json_null());
	json_object_set_new(status, "time", report_time(link->revoked_at));
	json_object_set_new(status, "sha256", known ? hex(link->evidence_sha256) : json_null());
	return status;
}

/* Dates that the policy sets: until when the signature on the certificate is reliable, and with what; the sunset of an anchor. */
static void set_policy_dates(json_t *row, const struct path_result *result, size_t i) {
	const struct path_link *link = &result->links[i];
	if (link->trusted_until != POLICY_NO_END) json_object_set_new(row, "trusted_until", report_time(link->trusted_until));
	if (link->algorithm_end == POLICY_NO_END || link->algorithm_end == POLICY_NEVER || i + 1 >= result->link_count) return;
	const struct key *key = result->links[i + 1].cert->key;
	struct algorithm_use use = {0};
	signature_algorithm(&link->cert->algorithm, DIGEST_UNKNOWN, &use);
	char *what = xasprintf("%s %u, %s", key_type_name(key->type), key->bits, digest_name(use.digest));
	json_object_set_new(row, "reliable_until", report_time(link->algorithm_end));
	json_object_set_new(row, "reliable_what", json_string(what));
	free(what);
}

json_t *report_chain(const struct path_result *result) {
	json_t *chain = json_array();
	for (size_t i = 0; i < result->link_count; i++) {
		const struct path_link *link = &result->links[i];
		const struct cert *cert = link->cert;
		json_t *row = json_object();
		json_object_set_new(row, "subject", json_string(cert->subject_text));
		json_object_set_new(row, "issuer", json_string(cert->issuer_text));
		json_object_set_new(row, "serial", json_string(cert->serial_text));
		json_object_set_new(row, "sha256", hex(cert->sha256));
		json_object_set_new(row, "not_before", report_time(cert->not_before));
		json_object_set_new(row, "not_after", report_time(cert->not_after));
		json_object_set_new(row, "key",
				    json_pack("{s:s, s:i, s:s}", "type", key_type_name(cert->key->type), "bits",
					      (int)cert->key->bits, "curve", cert->key->curve));
		json_object_set_new(row, "anchor", json_boolean(link->anchor));
		set_policy_dates(row, result, i);
		json_object_set_new(row, "revocation", link->anchor ? json_null() : report_status(link));
		json_array_append_new(chain, row);
	}
	return chain;
}

json_t *report_base64(const unsigned char *data, size_t len) {
	if (!data) return json_null();
	char *text = xmalloc(4 * ((len + 2) / 3) + 1);
	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	json_t *value = json_string(text);
	free(text);
	return value;
}

void report_wants(json_t *wants, const struct path_result *result) {
	for (size_t i = 0; i < result->want_count; i++) {
		const struct path_want *want = &result->wants[i];
		json_t *row = json_pack("{s:s, s:s, s:o, s:o}", "kind", want->kind, "url", want->url, "request",
					report_base64(want->request, want->request_len), "for", hex(want->for_sha256));
		bool there = false;
		for (size_t k = 0; k < json_array_size(wants) && !there; k++)
			there = json_equal(json_array_get(wants, k), row);
		if (there)
			json_decref(row);
		else
			json_array_append_new(wants, row);
	}
}

/* The first certificate of what was given, DER or PEM. */
static struct cert *read_target(struct pool *pool, const struct val_blob *document) {
	struct cert *cert = pool_add_cert(pool, document->data, document->len);
	if (cert) return cert;
	size_t before = pool_cert_count(pool);
	pool_add(pool, document->data, document->len);
	return pool_cert_count(pool) > before ? pool_cert(pool, before) : NULL;
}

json_t *validator_judge_path(struct validator *v, const struct val_request *request) {
	json_t *report = json_object(), *wants = json_array();
	struct pool *pool = pool_new(v->cache);
	struct cert *target = read_target(pool, &request->document);
	for (size_t i = 0; i < request->evidence_count; i++)
		pool_add(pool, request->evidence[i].data, request->evidence[i].len);
	struct path_result result = {.outcome = {INDICATION_FAILED, SUB_FORMAT_FAILURE}};
	if (target) {
		struct path_request path = {
			.target = target,
			.anchors = v->anchors,
			.pool = pool,
			.cache = v->cache,
			.policy = v->policy,
			.at = request->at,
			.revocation = request->revocation,
			.purpose = PATH_ANY,
			.inputs = request,
		};
		path_judge(&path, &result);
	} else {
		finding_add(&result.findings, FINDING_NOT_RECOGNISED, "%s", "");
	}
	const char *sub = sub_indication_name(result.outcome.sub);
	json_object_set_new(report, "schema", json_string("ltvault.path/1"));
	json_object_set_new(report, "at", report_time(request->at));
	json_object_set_new(report, "policy", validator_policy_id(v));
	json_object_set_new(report, "indication", json_string(indication_name(result.outcome.indication)));
	json_object_set_new(report, "sub_indication", sub ? json_string(sub) : json_null());
	json_object_set_new(report, "role", target ? json_string(cert_role_name(cert_role(target))) : json_null());
	json_object_set_new(report, "chain", report_chain(&result));
	json_object_set_new(report, "findings", report_findings(&result.findings));
	report_wants(wants, &result);
	json_object_set_new(report, "wants", wants);
	path_result_dispose(&result);
	pool_free(pool);
	return report;
}
