/* What is chosen follows the validation that justifies it: the paths as they were judged, the status data that decided
 * there, and the same again for whoever signed that data. Nothing else goes in: it would bloat the document and tell
 * what was asked. */
#include "validator/extend_choice.h"

#include "validator/crl.h"
#include "validator/ocsp.h"
#include "validator/path_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- items ---- */

static bool in_store(const struct choice *w, const unsigned char *sha256) {
	for (size_t i = 0; i < w->j->store_count; i++)
		if (!memcmp(w->j->store[i], sha256, SHA256_SIZE)) return true;
	return false;
}

static bool carries(const struct signature *s, const unsigned char *sha256) {
	for (size_t i = 0; i < s->object_count; i++)
		if (!memcmp(s->objects[i].sha256, sha256, SHA256_SIZE)) return true;
	for (size_t i = 0; i < s->token_count; i++)
		if (carries(s->tokens[i].signature, sha256)) return true;
	return false;
}

/* The document itself has status data about this certificate, of whatever age. */
static bool has_status(const struct choice *w, const struct path_link *link) {
	for (size_t i = 0; i < link->evidence_count; i++) {
		const unsigned char *sha256 = link->evidence[i].sha256;
		if (in_store(w, sha256)) return true;
		for (size_t k = 0; k < w->j->count; k++)
			if (carries(w->j->signatures[k], sha256)) return true;
	}
	return false;
}

static void note_mine(struct choice *w, size_t item) {
	for (size_t i = 0; i < w->mine_count; i++)
		if (w->mine[i] == item) return;
	ARRAY_GROW(w->mine, w->mine_count, w->mine_cap);
	w->mine[w->mine_count++] = item;
}

static void add(struct choice *w, enum extend_kind kind, const unsigned char *data, size_t len) {
	struct extend_chosen *x = w->out;
	unsigned char sha256[SHA256_SIZE];
	sha256_bytes(data, len, sha256);
	if (in_store(w, sha256)) return;
	for (size_t i = 0; i < x->count; i++)
		if (!memcmp(x->sha256[i], sha256, SHA256_SIZE)) {
			note_mine(w, i);
			return;
		}
	if (x->count == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 16;
		x->items = xreallocarray(x->items, x->cap, sizeof *x->items);
		x->sha256 = xreallocarray(x->sha256, x->cap, sizeof *x->sha256);
	}
	memcpy(x->sha256[x->count], sha256, SHA256_SIZE);
	x->items[x->count] = (struct extend_item){kind, data, len};
	note_mine(w, x->count++);
}

static void add_cert(struct choice *w, const struct cert *cert) {
	add(w, EXTEND_CERTIFICATE, cert->der, cert->len);
}

/* ---- status data ---- */

/* A list that is a delta, or for some reasons only, says nothing without the others of its issuer. */
static void add_crl(struct choice *w, const struct crl *crl) {
	const struct pool *pool = w->c->pool;
	add(w, EXTEND_CRL, crl->der, crl->len);
	if (!crl->base_number.tag && crl->only_reasons == CRL_ALL_REASONS) return;
	for (size_t i = 0; i < pool_crl_count(pool); i++) {
		const struct crl *other = pool_crl(pool, i);
		if (other->issuer_name.len == crl->issuer_name.len &&
		    !memcmp(other->issuer_name.data, crl->issuer_name.data, crl->issuer_name.len))
			add(w, EXTEND_CRL, other->der, other->len);
	}
}

/* A CMS structure may carry the inner part alone; a store holds whole responses (RFC 6960 4.2.1). */
static void add_ocsp(struct choice *w, const struct ocsp *ocsp) {
	struct der_walk walk = der_walk_bytes(ocsp->der, ocsp->len);
	if (in_store(w, ocsp->sha256)) return;
	struct der outer, first;
	struct buf bytes = {0}, inner = {0};
	if (!der_next_ber(&walk, &outer)) return;
	walk = der_walk_in(&outer);
	if (der_next_ber(&walk, &first) && first.tag == DER_ENUMERATED) {
		add(w, EXTEND_OCSP, ocsp->der, ocsp->len);
		return;
	}
	der_put_oid(&bytes, "1.3.6.1.5.5.7.48.1.1");
	der_put(&bytes, DER_OCTET_STRING, ocsp->der, ocsp->len);
	der_put(&inner, DER_SEQUENCE, bytes.data, bytes.len);
	bytes.len = 0;
	der_put(&bytes, DER_CONTEXT | DER_CONSTRUCTED, inner.data, inner.len);
	inner.len = 0;
	der_put(&inner, DER_ENUMERATED, "", 1); /* successful */
	buf_add(&inner, bytes.data, bytes.len);
	bytes.len = 0;
	der_put(&bytes, DER_SEQUENCE, inner.data, inner.len);
	buf_dispose(&inner);
	ARRAY_GROW(w->out->made, w->out->made_count, w->out->made_cap);
	w->out->made[w->out->made_count++] = bytes;
	add(w, EXTEND_OCSP, bytes.data, bytes.len);
}

static const struct crl *find_crl(const struct choice *w, const unsigned char *sha256) {
	for (size_t i = 0; i < pool_crl_count(w->c->pool); i++)
		if (!memcmp(pool_crl(w->c->pool, i)->sha256, sha256, SHA256_SIZE)) return pool_crl(w->c->pool, i);
	return NULL;
}

static const struct ocsp *find_ocsp(const struct choice *w, const unsigned char *sha256) {
	for (size_t i = 0; i < pool_ocsp_count(w->c->pool); i++)
		if (!memcmp(pool_ocsp(w->c->pool, i)->sha256, sha256, SHA256_SIZE)) return pool_ocsp(w->c->pool, i);
	return NULL;
}

/* Whoever signed status data, when no link of the path did: its own path, unless it is in hand already. */
static void add_signer(struct choice *w, const struct path_result *path, const struct path_evidence *e, unsigned depth) {
	if (!e->signer || e->signer_is_anchor || depth > LIMIT_STATUS_DEPTH) return;
	for (size_t i = 0; i < path->link_count; i++)
		if (cert_same(path->links[i].cert, e->signer)) return;
	for (size_t i = 0; i < w->signer_count; i++)
		if (cert_same(w->signers[i], e->signer)) return;
	ARRAY_GROW(w->signers, w->signer_count, w->signer_cap);
	w->signers[w->signer_count++] = e->signer;
	const struct path_request request = {
		.target = e->signer,
		.anchors = w->c->v->anchors,
		.pool = w->c->pool,
		.cache = w->c->v->cache,
		.policy = w->c->v->policy,
		.at = w->c->request->at,
		.revocation = w->c->request->revocation,
		.purpose = e->by_ocsp ? PATH_OCSP : PATH_CRL, /* a responder may be exempt as such (ocsp-nocheck) */
		.considered = &w->c->candidates,
	};
	struct path_result own;
	path_judge(&request, &own);
	choice_add_path(w, &own, UTIME_NONE, depth + 1);
	path_result_dispose(&own);
}

static bool still_fresh(const struct choice *w, const struct path_evidence *e) {
	return e->next_update != UTIME_NONE && e->next_update > w->c->request->at;
}

/* Of what was acceptable, latest first: what the store holds if that does, else the latest. *enough: it is from after
 * the proven time, so that it goes on to prove when it is no longer fresh (EN 319 102-1 5.6.2.2). */
static const struct path_evidence *best_of(const struct choice *w, const struct path_link *link, utime since,
					   bool *enough) {
	const struct path_evidence *latest = link->evidence_count ? &link->evidence[0] : NULL;
	*enough = latest && (since == UTIME_NONE || latest->this_update >= since);
	for (size_t i = 0; i < link->evidence_count; i++) {
		const struct path_evidence *e = &link->evidence[i];
		bool good = since == UTIME_NONE ? still_fresh(w, e) : e->this_update >= since;
		if (good && e->revoked == latest->revoked && in_store(w, e->sha256)) return e;
	}
	return latest;
}

static void look_again(struct choice *w, utime when) {
	if (when != UTIME_NONE && (w->out->retry_at == UTIME_NONE || when < w->out->retry_at)) w->out->retry_at = when;
}

/* Under a valid document time-stamp, and with a certificate that its issuer will speak of for long: status data of the
 * time of the renewal will do. */
static bool has_time(struct choice *w, const struct path_link *link) {
	const struct val_request *q = w->c->request;
	if (!w->covered || link->cert->not_after < q->extend->renew_until || !has_status(w, link)) return false;
	look_again(w, link->cert->not_after - (q->extend->renew_until - q->at));
	return true;
}

/* An issuer does not speak of certificates that have ended: nothing younger will come. */
static void wait_for(struct choice *w, const struct path_link *link, const struct path_evidence *e) {
	if (link->cert->not_after < w->c->request->at) return;
	w->waiting = true;
	path_wants_status(&w->out->wanted, link->cert, link[1].cert);
	if (e) look_again(w, e->next_update);
}

static void add_status(struct choice *w, const struct path_result *path, const struct path_link *link, utime since,
		       unsigned depth) {
	bool enough;
	const struct path_evidence *e = best_of(w, link, since, &enough);
	bool there = e && in_store(w, e->sha256);
	if (!(enough && there) && has_time(w, link)) return;
	if (!enough) wait_for(w, link, e);
	if (!e) return;
	const struct crl *crl = e->by_ocsp ? NULL : find_crl(w, e->sha256);
	const struct ocsp *ocsp = e->by_ocsp ? find_ocsp(w, e->sha256) : NULL;
	if (crl) add_crl(w, crl);
	if (ocsp) add_ocsp(w, ocsp);
	add_signer(w, path, e, depth);
}

void choice_add_path(struct choice *w, const struct path_result *path, utime since, unsigned depth) {
	for (size_t i = 0; i < path->link_count; i++) {
		const struct path_link *link = &path->links[i];
		add_cert(w, link->cert);
		if (link->anchor || link->exempt || w->c->request->revocation == REVOCATION_OFF) continue;
		add_status(w, path, link, since, depth);
	}
}

/* ---- signatures ---- */

/* The first document time-stamp that proves it; UTIME_NONE when none does. */
static utime stamped_at(const struct judged *j, const struct signature *s) {
	utime first = UTIME_NONE;
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *t = j->signatures[i];
		if (!judged_proves(t, s)) continue;
		if (first == UTIME_NONE || t->tst.gen_time < first) first = t->tst.gen_time;
	}
	return first;
}

utime choice_proven_at(const struct signature *s) {
	return strcmp(s->best.basis, "none") ? s->best.when : UTIME_NONE;
}

static void add_signature(struct choice *w, const struct signature *s) {
	w->mine_count = 0;
	if (s->path_judged) choice_add_path(w, &s->path, choice_proven_at(s), 0);
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		if (t->proves && t->signature->path_judged) choice_add_path(w, &t->signature->path, stamped_at(w->j, s), 0);
	}
	if (!w->c->request->extend->entries || !s->pdf || !w->mine_count) return;
	struct extend_entry *e = &w->out->entries[w->out->entry_count++];
	*e = (struct extend_entry){.contents = s->pdf->contents,
				   .contents_len = s->pdf->contents_len,
				   .items = xmemdup(w->mine, w->mine_count * sizeof *w->mine),
				   .count = w->mine_count};
}

bool choice_stands_alone(const struct choice *w, const struct signature *t) {
	for (size_t i = 0; i < t->path.link_count; i++) {
		const struct path_link *link = &t->path.links[i];
		if (!link->anchor && !link->exempt && !has_status(w, link)) return false;
	}
	return true;
}

/* Status data about the newest document time-stamp are for the one that comes over it. When something is written in any
 * case, or the document has none, they are added: whoever has the document alone shall be able to judge it. */
static void add_newest(struct choice *w, const struct signature *newest) {
	if (!newest || w->c->request->revocation == REVOCATION_OFF) return;
	if (w->out->count || w->out->stamp || !choice_stands_alone(w, newest)) {
		w->covered = false;
		add_signature(w, newest);
	}
}

/* ---- order ---- */

struct sortable {
	struct extend_item item;
	unsigned char sha256[SHA256_SIZE];
	size_t was;
};

static int by_name(const void *a, const void *b) {
	const struct sortable *x = a, *y = b;
	if (x->item.kind != y->item.kind) return x->item.kind < y->item.kind ? -1 : 1;
	return memcmp(x->sha256, y->sha256, SHA256_SIZE);
}

static int by_value(const void *a, const void *b) {
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

static void sort(struct extend_chosen *x) {
	struct sortable *rows = xcalloc(x->count + 1, sizeof *rows);
	size_t *now = xcalloc(x->count + 1, sizeof *now);
	for (size_t i = 0; i < x->count; i++) {
		rows[i] = (struct sortable){.item = x->items[i], .was = i};
		memcpy(rows[i].sha256, x->sha256[i], SHA256_SIZE);
	}
	qsort(rows, x->count, sizeof *rows, by_name);
	for (size_t i = 0; i < x->count; i++) {
		x->items[i] = rows[i].item;
		memcpy(x->sha256[i], rows[i].sha256, SHA256_SIZE);
		now[rows[i].was] = i;
	}
	for (size_t e = 0; e < x->entry_count; e++) {
		size_t *items = (size_t *)(uintptr_t)x->entries[e].items;
		for (size_t i = 0; i < x->entries[e].count; i++) items[i] = now[items[i]];
		qsort(items, x->entries[e].count, sizeof *items, by_value);
	}
	free(rows);
	free(now);
}

/* ---- does it deserve it? ---- */

/* The newest document time-stamp that is valid; NULL none. */
static const struct signature *newest_stamp(const struct judged *j) {
	const struct signature *newest = NULL;
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *t = j->signatures[i];
		if (t->kind != KIND_DOCUMENT_TIMESTAMP || t->outcome.indication != INDICATION_PASSED) continue;
		if (!newest || t->pdf->end > newest->pdf->end) newest = t;
	}
	return newest;
}

bool choice_ends_before(const struct signature *t, utime when) {
	if (t->algorithms_end < when) return true;
	for (size_t i = 0; i < t->path.link_count; i++) {
		const struct path_link *link = &t->path.links[i];
		if (!link->anchor && (link->cert->not_after < when || link->algorithm_end < when)) return true;
	}
	return false;
}

static bool is_covered(const struct judged *j, const struct signature *s) {
	return stamped_at(j, s) != UTIME_NONE;
}

static enum extend_refusal refuse_signature(const struct val_extend *order, const struct signature *s) {
	if (!s->intact) return EXTEND_SIGNATURE_BROKEN;
	if (s->pdf->modification == PDF_FORBIDDEN) return EXTEND_CHANGE_FORBIDDEN;
	if (s->pdf->modification == PDF_UNKNOWN) return EXTEND_CHANGES_UNKNOWN;
	if (s->pdf->docmdp == 1 && !order->certified) return EXTEND_CERTIFIED;
	if (!order->stamp && s->kind == KIND_SIGNATURE && !s->is_counter && choice_proven_at(s) == UTIME_NONE)
		return EXTEND_NO_TIMESTAMP;
	return EXTEND_NONE;
}

/* What was found, unless the document does not even pass. */
static enum extend_refusal judge_passes(const struct judged *j, enum extend_refusal worst, char **detail) {
	struct outcome outcome = judged_outcome(j);
	bool passed = outcome.indication == INDICATION_PASSED;
	if (passed || (worst != EXTEND_NONE && worst < EXTEND_NOT_PASSED)) return worst;
	free(*detail);
	*detail = xasprintf("%s%s%s", indication_total_name(outcome.indication), outcome.sub ? " " : "",
			    outcome.sub ? sub_indication_name(outcome.sub) : "");
	return EXTEND_NOT_PASSED;
}

/* An update rewrites catalog and store and could take a fault back without trace: only what is sound is extended. */
static enum extend_refusal refuse(const struct context *c, const struct judged *j, char **detail) {
	if (j->recognised.format == FORMAT_CMS) return judge_passes(j, choice_refuse_cms(c, j, detail), detail);
	if (j->recognised.format != FORMAT_PDF) return EXTEND_FORMAT;
	if (j->pdf.encrypted) return EXTEND_ENCRYPTED;
	if (finding_has(&j->pdf.findings, FINDING_JUNK_BEFORE_HEADER)) return EXTEND_HEADER_NOT_FIRST;
	if (finding_has(&j->pdf.findings, FINDING_DOCUMENT_DAMAGED)) return EXTEND_NEEDS_REPAIR;
	if (!j->count) return EXTEND_NO_SIGNATURE;
	enum extend_refusal worst = EXTEND_NONE;
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *s = j->signatures[i];
		enum extend_refusal r = s->pdf ? refuse_signature(c->request->extend, s)
					: s->intact ? EXTEND_NONE : EXTEND_SIGNATURE_BROKEN;
		if (r == EXTEND_NONE || (worst != EXTEND_NONE && worst <= r)) continue;
		worst = r;
		free(*detail);
		*detail = xstrdup(s->id);
	}
	return judge_passes(j, worst, detail);
}

/* ---- together ---- */

static bool stamp_is_due(const struct context *c, const struct judged *j, bool *renewal) {
	const struct signature *newest = newest_stamp(j);
	*renewal = false;
	if (!c->request->extend->stamp) return false;
	for (size_t i = 0; i < j->count; i++)
		if (j->signatures[i]->kind == KIND_SIGNATURE && j->signatures[i]->pdf && !is_covered(j, j->signatures[i]))
			return true;
	return *renewal = newest && choice_ends_before(newest, c->request->extend->renew_until);
}

static void choice_of_pdf(struct choice *w, bool *renewal) {
	const struct judged *j = w->j;
	const struct signature *newest = newest_stamp(j);
	w->out->stamp = stamp_is_due(w->c, j, renewal);
	w->out->entries = xcalloc(j->count, sizeof *w->out->entries);
	w->covered = newest && !w->out->stamp && w->c->request->extend->stamp;
	for (size_t i = 0; i < j->count; i++)
		if (j->signatures[i] != newest) add_signature(w, j->signatures[i]);
	add_newest(w, newest);
}

void extend_choose(struct context *c, const struct judged *j, struct extend_chosen *out) {
	struct choice w = {.c = c, .j = j, .out = out};
	bool renewal = false;
	*out = (struct extend_chosen){.retry_at = UTIME_NONE, .detail = xstrdup("")};
	out->refusal = refuse(c, j, &out->detail);
	if (out->refusal != EXTEND_NONE) return;
	if (j->recognised.format == FORMAT_PDF)
		choice_of_pdf(&w, &renewal);
	else
		choice_of_cms(&w, &renewal);
	sort(out);
	out->incomplete = w.waiting;
	if (w.waiting && !renewal)
		out->refusal = EXTEND_WAIT_FOR_STATUS;
	else if (!out->count && !out->stamp)
		out->refusal = EXTEND_UP_TO_DATE;
	free(w.signers);
	free(w.mine);
}

void extend_chosen_dispose(struct extend_chosen *x) {
	for (size_t i = 0; i < x->entry_count; i++) free((void *)(uintptr_t)x->entries[i].items);
	for (size_t i = 0; i < x->made_count; i++) buf_dispose(&x->made[i]);
	free(x->made);
	free(x->entries);
	free(x->items);
	free(x->sha256);
	free(x->detail);
	free(x->stamps);
	path_result_dispose(&x->wanted);
	*x = (struct extend_chosen){0};
}
