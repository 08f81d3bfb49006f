/* An answer to a time-stamp request: held against the request, judged like any time-stamp, and completed with what that
 * judgement rests on. The completed token is judged once more with nothing beside it: what is handed out can be judged
 * when no responder answers any more. */
#include "base/limits.h"
#include "validator/cache.h"
#include "validator/crl.h"
#include "validator/ocsp.h"
#include "validator/report.h"
#include "validator/tsp.h"

#include <stdlib.h>
#include <string.h>

/* Borrowed bytes, each kind in a list of its own. */
struct chosen {
	struct val_blob *certs, *crls, *ocsps;
	size_t cert_count, cert_cap, crl_count, crl_cap, ocsp_count, ocsp_cap;
};

static void chosen_dispose(struct chosen *c) {
	free(c->certs);
	free(c->crls);
	free(c->ocsps);
}

static void choose_cert(struct chosen *c, const struct cert *cert) {
	ARRAY_GROW(c->certs, c->cert_count, c->cert_cap);
	c->certs[c->cert_count++] = (struct val_blob){cert->der, cert->len};
}

static void choose_crl(struct chosen *c, const struct crl *crl) {
	ARRAY_GROW(c->crls, c->crl_count, c->crl_cap);
	c->crls[c->crl_count++] = (struct val_blob){crl->der, crl->len};
}

static void choose_ocsp(struct chosen *c, const struct ocsp *ocsp) {
	ARRAY_GROW(c->ocsps, c->ocsp_count, c->ocsp_cap);
	c->ocsps[c->ocsp_count++] = (struct val_blob){ocsp->der, ocsp->len};
}

static const struct crl *crl_of(const struct pool *pool, const unsigned char *sha256) {
	for (size_t i = 0; i < pool_crl_count(pool); i++)
		if (!memcmp(pool_crl(pool, i)->sha256, sha256, SHA256_SIZE)) return pool_crl(pool, i);
	return NULL;
}

static const struct ocsp *ocsp_of(const struct pool *pool, const unsigned char *sha256) {
	for (size_t i = 0; i < pool_ocsp_count(pool); i++)
		if (!memcmp(pool_ocsp(pool, i)->sha256, sha256, SHA256_SIZE)) return pool_ocsp(pool, i);
	return NULL;
}

static size_t size_of(const struct pool *pool, const struct path_evidence *e) {
	const struct crl *crl = crl_of(pool, e->sha256);
	const struct ocsp *ocsp = ocsp_of(pool, e->sha256);
	return crl ? crl->len : ocsp ? ocsp->len : SIZE_MAX;
}

/* The smallest statement that says good: a list has megabytes where an answer has two kilobytes. */
static void choose_status(struct chosen *c, const struct pool *pool, const struct path_link *link) {
	const struct path_evidence *best = NULL;
	for (size_t i = 0; i < link->evidence_count; i++) {
		const struct path_evidence *e = &link->evidence[i];
		if (!e->revoked && (!best || size_of(pool, e) < size_of(pool, best))) best = e;
	}
	if (!best) return;
	const struct crl *crl = crl_of(pool, best->sha256);
	const struct ocsp *ocsp = ocsp_of(pool, best->sha256);
	if (crl) choose_crl(c, crl);
	if (ocsp) choose_ocsp(c, ocsp);
	if (best->signer && !best->signer_is_anchor) choose_cert(c, best->signer);
}

static void choose_needed(struct chosen *c, const struct pool *pool, const struct path_result *path, bool with_anchor) {
	for (size_t i = 0; i < path->link_count; i++) {
		const struct path_link *link = &path->links[i];
		if (!link->anchor || with_anchor) choose_cert(c, link->cert);
		if (!link->anchor) choose_status(c, pool, link);
	}
}

static void choose_all(struct chosen *c, const struct pool *pool) {
	for (size_t i = 0; i < pool_cert_count(pool); i++) choose_cert(c, pool_cert(pool, i));
	for (size_t i = 0; i < pool_crl_count(pool); i++) choose_crl(c, pool_crl(pool, i));
	for (size_t i = 0; i < pool_ocsp_count(pool); i++) choose_ocsp(c, pool_ocsp(pool, i));
}

/* One judgement; the caller ends it. */
struct judgement {
	struct context c;
	struct val_request request;
	struct judged j;
};

static void judgement_begin(struct judgement *g, struct validator *v, const struct val_request *request) {
	g->request = *request;
	g->c = (struct context){.v = v, .request = &g->request, .pool = pool_new(v->cache), .later = UTIME_NONE};
	judge_document(&g->c, &g->j);
}

static void judgement_end(struct judgement *g) {
	judged_dispose(&g->j);
	poe_set_dispose(&g->c.poes);
	poe_set_dispose(&g->c.accepted);
	json_decref(g->c.unreadable);
	pool_free(g->c.pool);
}

static bool judgement_passed(const struct judgement *g) {
	return judged_outcome(&g->j).indication == INDICATION_PASSED;
}

/* True when the token, completed with what was chosen, is valid by itself; it is then in *out. */
static bool try(struct validator *v, const struct val_request *request, const struct der *token,
		const struct chosen *chosen, struct buf *out) {
	const struct tsp_material material = {chosen->certs,      chosen->crls,      chosen->ocsps,
					      chosen->cert_count, chosen->crl_count, chosen->ocsp_count};
	struct judgement g;
	size_t total = token->full;
	for (size_t i = 0; i < chosen->cert_count; i++) total += chosen->certs[i].len;
	for (size_t i = 0; i < chosen->crl_count; i++) total += chosen->crls[i].len;
	for (size_t i = 0; i < chosen->ocsp_count; i++) total += chosen->ocsps[i].len;
	if (total > LIMIT_TOKEN_BYTES || !tsp_complete(token, &material, out)) return false;
	struct val_request alone = *request;
	alone.document = (struct val_blob){out->data, out->len};
	alone.evidence_count = 0;
	judgement_begin(&g, v, &alone);
	bool passed = judgement_passed(&g);
	judgement_end(&g);
	if (!passed) buf_dispose(out);
	return passed;
}

static bool complete(const struct judgement *g, const struct der *token, struct buf *out) {
	struct chosen needed = {0}, all = {0};
	const struct signature *s = g->j.signatures[0];
	if (s->path_judged) choose_needed(&needed, g->c.pool, &s->path, g->request.with_anchor);
	bool done = try(g->c.v, &g->request, token, &needed, out);
	if (!done) {
		choose_all(&all, g->c.pool);
		done = try(g->c.v, &g->request, token, &all, out);
	}
	chosen_dispose(&needed);
	chosen_dispose(&all);
	return done;
}

static void tell_fault(json_t *report, enum tsp_fault fault, const char *detail) {
	json_object_set_new(report, "fault", fault ? json_string(tsp_fault_name(fault)) : json_null());
	json_t *text = json_string(detail ? detail : "");
	json_object_set_new(report, "fault_detail", text ? text : json_string(""));
}

static char *imprint_text(const struct tst_info *info) {
	char *hex = hex_dup(info->imprint, info->imprint_len);
	char *text = xasprintf("%s:%s", digest_name(digest_of_algorithm(&info->imprint_alg)), hex);
	free(hex);
	return text;
}

static json_t *judge_token(struct validator *v, const struct val_request *request, const struct tsp_answer *answer) {
	struct judgement g;
	struct buf token = {0};
	char *imprint = imprint_text(&answer->info);
	const char *digests[] = {imprint};
	struct val_request inner = *request;
	inner.document = (struct val_blob){answer->token.start, answer->token.full};
	inner.query = (struct val_blob){0};
	inner.digests = digests;
	inner.digest_count = 1;
	judgement_begin(&g, v, &inner);
	json_t *report = report_document(&g.c, &g.j);
	struct outcome o = judged_outcome(&g.j);
	enum tsp_fault fault = TSP_NONE;
	if (!g.j.count || !g.j.signatures[0]->intact)
		fault = TSP_BROKEN;
	else if (o.indication != INDICATION_PASSED)
		fault = TSP_NOT_VALID;
	else if (!complete(&g, &answer->token, &token))
		fault = TSP_INCOMPLETE;
	tell_fault(report, fault, o.sub ? sub_indication_name(o.sub) : "");
	if (!fault) {
		json_object_set_new(report, "token", report_base64(token.data, token.len));
		json_object_set_new(report, "gen_time", report_time(answer->info.gen_time));
	}
	buf_dispose(&token);
	judgement_end(&g);
	free(imprint);
	return report;
}

json_t *validator_judge_answer(struct validator *v, const struct val_request *request) {
	struct tsp_answer answer;
	json_t *report;
	if (tsp_check(&request->query, &request->document, request->at, request->tolerance, &answer)) {
		report = judge_token(v, request, &answer);
	} else {
		report = json_pack("{s:s, s:s, s:[]}", "indication", "INDETERMINATE", "sub_indication", "CUSTOM", "wants");
		tell_fault(report, answer.fault, answer.detail);
	}
	tsp_answer_dispose(&answer);
	return report;
}
