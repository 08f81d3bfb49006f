#include "validator/path_internal.h"

#include "base/mem.h"
#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

/* A complete CRL in scope with the best delta for it, and what they say about one certificate. */
struct usable {
	const struct crl *crl;
	unsigned mask;
	struct cert *signer;
	struct algorithm_use use;
	bool listed;
	struct crl_status status;
	utime this_update, next_update;
	const unsigned char *sha256; /* of the list that decides */
};

static enum signature_status list_signature(const struct path_search *search, const struct crl *crl,
					    const struct key *key, struct algorithm_use *use) {
	struct cache_signature signature = {
		.sha256 = crl->sha256,
		.tbs = &crl->tbs,
		.algorithm = &crl->algorithm,
		.signature = crl->signature,
		.signature_len = crl->signature_len,
	};
	return cache_verify(search->request->cache, &signature, key, use);
}

static bool signs_then(const struct cert *cert, bool anchor, utime when) {
	return anchor || (cert->not_before <= when && when <= cert->not_after);
}

/* Another certificate of that name: a separate or older CRL key, or an indirect CRL's issuer. It needs a path of its
 * own to the same anchor (6.3.3 (f)). */
static bool signs_with_own_path(const struct path_search *search, const struct chain *chain, const struct crl *crl,
				struct cert *cert, struct algorithm_use *use) {
	struct cert *anchor = chain->certs[chain->count - 1];
	if (!name_equal(&cert->subject_name, &crl->issuer_name) || !cert_key_usage(cert, KU_CRL_SIGN)) return false;
	if (!revocation_spend(search)) return false;
	/* keys that inherit their parameters are known only on a path: the CA's own case has been tried before */
	if (list_signature(search, crl, cert->key, use) != SIGNATURE_VALID) return false;
	if (cert_same(cert, anchor)) return true;
	return signs_then(cert, false, crl->this_update) && path_judge_signer(search, cert, anchor);
}

static struct cert *find_signer(const struct path_search *search, const struct chain *chain, size_t index,
				const struct crl *crl, struct algorithm_use *use) {
	struct cert *ca = chain->certs[index + 1], *anchor = chain->certs[chain->count - 1];
	if (name_equal(&crl->issuer_name, &ca->subject_name) && cert_key_usage(ca, KU_CRL_SIGN) &&
	    revocation_spend(search) && list_signature(search, crl, chain->keys[index + 1], use) == SIGNATURE_VALID)
		return signs_then(ca, index + 2 == chain->count, crl->this_update) ? ca : NULL;
	if (signs_with_own_path(search, chain, crl, anchor, use)) return anchor;
	const struct pool *pool = search->request->pool;
	for (size_t i = 0; i < pool_cert_count(pool); i++)
		if (signs_with_own_path(search, chain, crl, pool_cert(pool, i), use)) return pool_cert(pool, i);
	return NULL;
}

static int compare_numbers(const struct der *a, const struct der *b) {
	const unsigned char *x = a->data, *y = b->data;
	size_t x_len = a->len, y_len = b->len;
	for (; x_len && *x == 0; x++) x_len--;
	for (; y_len && *y == 0; y++) y_len--;
	if (x_len != y_len) return x_len < y_len ? -1 : 1;
	return x_len ? memcmp(x, y, x_len) : 0;
}

static bool same_element(const struct der *a, const struct der *b) {
	return a->tag == b->tag && a->len == b->len && (a->len == 0 || !memcmp(a->data, b->data, a->len));
}

static bool same_scope(const struct crl *a, const struct crl *b) {
	return name_equal(&a->issuer_name, &b->issuer_name) && a->has_idp == b->has_idp &&
	       a->only_user == b->only_user && a->only_ca == b->only_ca && a->indirect == b->indirect &&
	       a->only_reasons == b->only_reasons && same_element(&a->idp_point, &b->idp_point);
}

/* RFC 5280 5.2.4 and 6.3.3 (c): when a delta may be applied to a complete list. */
static bool delta_fits(const struct path_search *search, const struct crl *delta, const struct crl *base,
		       const struct key *key) {
	struct algorithm_use use;
	return delta->base_number.tag && !delta->malformed && !delta->unknown_critical && base->number.tag &&
	       delta->number.tag && same_scope(delta, base) &&
	       compare_numbers(&base->number, &delta->base_number) >= 0 &&
	       compare_numbers(&base->number, &delta->number) < 0 && revocation_spend(search) &&
	       list_signature(search, delta, key, &use) == SIGNATURE_VALID;
}

static const struct crl *best_delta(const struct path_search *search, const struct crl *base, const struct key *key) {
	const struct crl *best = NULL;
	const struct pool *pool = search->request->pool;
	for (size_t i = 0; i < pool_crl_count(pool); i++) {
		const struct crl *delta = pool_crl(pool, i);
		if (!delta->base_number.tag || (best && delta->this_update <= best->this_update)) continue;
		if (delta_fits(search, delta, base, key)) best = delta;
	}
	return best;
}

static void look_up(const struct path_search *search, const struct chain *chain, size_t index, struct usable *u) {
	const struct cert *cert = chain->certs[index];
	const struct key *key = cert_same(u->signer, chain->certs[index + 1]) ? chain->keys[index + 1] : u->signer->key;
	const struct crl *delta = best_delta(search, u->crl, key);
	u->listed = crl_find(u->crl, &cert->serial, &cert->issuer_name, &u->status) && u->status.reason != CRL_REMOVE;
	u->this_update = u->crl->this_update;
	u->next_update = u->crl->next_update;
	u->sha256 = u->crl->sha256;
	if (!delta || delta->this_update < u->this_update) return;
	struct crl_status changed;
	if (crl_find(delta, &cert->serial, &cert->issuer_name, &changed)) {
		u->listed = changed.reason != CRL_REMOVE;
		u->status = changed;
	}
	u->this_update = delta->this_update;
	u->next_update = delta->next_update;
	u->sha256 = delta->sha256;
}

static const char *objection(const struct usable *u, const struct cert *cert) {
	if (u->next_update != UTIME_NONE && u->next_update < u->this_update) return "its times contradict each other";
	if (u->listed) return NULL;
	if (u->crl->unknown_critical) return "it has an unknown critical extension";
	if (u->this_update < cert->not_before) return "it is older than the certificate";
	if (!revocation_still_known(cert, u->this_update, u->crl->expired_certs))
		return "it was issued after the certificate's end, which it does not cover";
	return NULL;
}

static void add(const struct path_search *search, struct path_link *link, const struct usable *u, utime this_update,
		utime next_update) {
	struct path_evidence evidence = {
		.revoked = u->listed,
		.this_update = this_update,
		.next_update = next_update,
		.revoked_at = u->listed ? u->status.revoked_at : UTIME_NONE,
		.reason = u->listed ? u->status.reason : 0,
		.algorithm_end = policy_use_end(search->request->policy, &u->use, NULL),
		.use = u->use,
		.signer = u->signer,
		.signer_is_anchor = anchors_has(search->request->anchors, u->signer),
		.signer_revoked_at = UTIME_NONE,
	};
	memcpy(evidence.sha256, u->sha256, SHA256_SIZE);
	revocation_add(link, &evidence);
}

static int by_issuance(const void *a, const void *b) {
	const struct usable *x = a, *y = b;
	if (x->this_update != y->this_update) return x->this_update > y->this_update ? -1 : 1;
	return memcmp(x->sha256, y->sha256, SHA256_SIZE);
}

/* Lists for some reasons only: good when the latest of them together cover all reasons and none lists it. */
static void add_partial(const struct path_search *search, struct path_link *link, struct usable *list, size_t count) {
	unsigned mask = 0;
	struct usable *oldest = NULL;
	utime next_update = INT64_MAX;
	if (count) qsort(list, count, sizeof *list, by_issuance);
	for (size_t i = 0; i < count && mask != CRL_ALL_REASONS; i++) {
		if (!(list[i].mask & ~mask)) continue;
		if (list[i].listed) return; /* has been added for itself */
		mask |= list[i].mask;
		oldest = &list[i];
		if (list[i].next_update < next_update) next_update = list[i].next_update; /* UTIME_NONE is the least */
	}
	if (mask == CRL_ALL_REASONS && oldest) add(search, link, oldest, oldest->this_update, next_update);
}

static bool read_usable(const struct path_search *search, const struct chain *chain, size_t index,
			const struct crl *crl, struct usable *u, struct finding_list *findings) {
	const struct cert *cert = chain->certs[index];
	*u = (struct usable){.crl = crl, .mask = revocation_crl_scope(crl, cert)};
	if (!u->mask) return false;
	const char *reason = crl->malformed ? "it is malformed" : NULL;
	if (!reason) {
		u->signer = find_signer(search, chain, index, crl, &u->use);
		if (!u->signer) reason = "no authorised issuer signed it";
	}
	if (!reason) {
		look_up(search, chain, index, u);
		reason = objection(u, cert);
	}
	if (!reason) revocation_accept(search, crl->sha256);
	if (!reason) revocation_accept(search, u->sha256); /* a delta that changes it */
	if (reason) finding_add(findings, FINDING_REVOCATION_NOT_USABLE, "%s: CRL: %s", cert->subject_text, reason);
	return !reason;
}

void revocation_from_crls(const struct path_search *search, const struct chain *chain, size_t index,
			  struct path_link *link, struct finding_list *findings) {
	const struct pool *pool = search->request->pool;
	struct usable *partial = NULL;
	size_t count = 0, cap = 0;
	for (size_t i = 0; i < pool_crl_count(pool); i++) {
		const struct crl *crl = pool_crl(pool, i);
		struct usable u;
		if (!revocation_look(search, 1)) break;
		if (crl->base_number.tag || !read_usable(search, chain, index, crl, &u, findings)) continue;
		if (u.listed || u.mask == CRL_ALL_REASONS) add(search, link, &u, u.this_update, u.next_update);
		if (u.mask == CRL_ALL_REASONS) continue;
		ARRAY_GROW(partial, count, cap);
		partial[count++] = u;
	}
	add_partial(search, link, partial, count);
	free(partial);
}
