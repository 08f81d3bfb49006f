#include "validator/path_internal.h"

#include "base/mem.h"
#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

void path_limit(struct path_budget *budget, const char *what) {
	budget->exceeded = true;
	if (!budget->limit) budget->limit = xstrdup(what);
}

enum signature_status path_signature(const struct path_search *search, const struct cert *cert, const struct key *key,
				     struct algorithm_use *use) {
	struct cache_signature signature = {
		.sha256 = cert->sha256,
		.tbs = &cert->tbs,
		.algorithm = &cert->algorithm,
		.signature = cert->signature,
		.signature_len = cert->signature_len,
	};
	return cache_verify(search->request->cache, &signature, key, use);
}

struct candidate {
	struct cert *cert;
	int key_id; /* 0 the identifiers agree, 1 one of them is missing, 2 they differ: a hint only (RFC 4158 3.5.12)
		     */
	bool anchor, valid;
};

static bool is_anchor(const struct path_search *search, const struct cert *cert) {
	return search->only_anchor ? cert_same(cert, search->only_anchor) : anchors_has(search->request->anchors, cert);
}

static int by_promise(const void *a, const void *b) {
	const struct candidate *x = a, *y = b;
	if (x->key_id != y->key_id) return x->key_id - y->key_id;
	if (x->anchor != y->anchor) return x->anchor ? -1 : 1;
	if (x->valid != y->valid) return x->valid ? -1 : 1;
	if (x->cert->not_after != y->cert->not_after) return x->cert->not_after > y->cert->not_after ? -1 : 1;
	return memcmp(x->cert->sha256, y->cert->sha256, SHA256_SIZE);
}

static int key_id_match(const struct cert *child, const struct cert *issuer) {
	if (!child->aki_key_id.tag || !issuer->ski.tag) return 1;
	return child->aki_key_id.len == issuer->ski.len &&
			       !memcmp(child->aki_key_id.data, issuer->ski.data, issuer->ski.len)
		       ? 0
		       : 2;
}

/* The same name with the same key is on the path already: a loop. */
static bool on_path(const struct chain *chain, const struct cert *cert) {
	for (size_t i = 0; i < chain->count; i++)
		if (!memcmp(chain->certs[i]->key->sha256, cert->key->sha256, SHA256_SIZE) &&
		    name_equal(&chain->certs[i]->subject_name, &cert->subject_name))
			return true;
	return false;
}

static void consider(const struct path_search *search, const struct chain *chain, struct cert *cert,
		     struct candidate **list, size_t *count, size_t *cap) {
	const struct cert *child = chain->certs[chain->count - 1];
	if (!name_equal(&cert->subject_name, &child->issuer_name)) return;
	bool anchor = is_anchor(search, cert);
	if (!anchor && on_path(chain, cert)) return;
	ARRAY_GROW(*list, *count, *cap);
	utime at = search->request->at;
	(*list)[(*count)++] = (struct candidate){
		.cert = cert,
		.key_id = key_id_match(child, cert),
		.anchor = anchor,
		.valid = cert->not_before <= at && at <= cert->not_after,
	};
}

static struct candidate *candidates(const struct path_search *search, const struct chain *chain, size_t *count) {
	struct candidate *list = NULL;
	size_t cap = 0;
	*count = 0;
	const struct anchors *anchors = search->request->anchors;
	uint64_t *considered = search->request->considered;
	if (considered && (*considered += pool_cert_count(search->request->pool)) > LIMIT_PATH_CANDIDATES) {
		path_limit(search->budget, "certificates looked at as issuers");
		return NULL;
	}
	for (size_t i = 0; i < anchors_count(anchors); i++)
		consider(search, chain, anchors_cert(anchors, i), &list, count, &cap);
	if (search->only_anchor) consider(search, chain, search->only_anchor, &list, count, &cap);
	for (size_t i = 0; i < pool_cert_count(search->request->pool); i++)
		consider(search, chain, pool_cert(search->request->pool, i), &list, count, &cap);
	if (!list) return NULL;
	qsort(list, *count, sizeof *list, by_promise);
	size_t kept = 1; /* an anchor may be offered as evidence too: the same certificate twice in a row */
	for (size_t i = 1; i < *count; i++)
		if (!cert_same(list[i].cert, list[kept - 1].cert)) list[kept++] = list[i];
	*count = kept;
	return list;
}

/* Fills the working keys from the anchor down (RFC 5280 6.1.4 (d) to (f)). */
static void resolve_keys(struct chain *chain) {
	for (size_t i = chain->count; i-- > 0;) {
		struct key *own = chain->certs[i]->key, *made = NULL;
		if (own->inherits && i + 1 < chain->count) made = key_inherit(own, chain->keys[i + 1]);
		chain->keys[i] = made ? made : key_ref(own);
	}
}

static bool complete(struct path_search *search, struct chain *chain, path_visitor *visit) {
	if (++search->budget->paths > LIMIT_PATHS) {
		path_limit(search->budget, "complete paths");
		return true;
	}
	resolve_keys(chain);
	bool stop = visit(search, chain);
	for (size_t i = 0; i < chain->count; i++) key_unref(chain->keys[i]);
	return stop;
}

/* Keeps a chain that is complete but for the trust in its root, which is told when no other is found. */
static void keep_foreign(struct path_search *search, const struct chain *chain) {
	struct cert *last = chain->certs[chain->count - 1];
	struct algorithm_use use;
	if (search->foreign.count || search->only_anchor || !last->self_issued) return;
	if (++search->budget->signature_checks > LIMIT_PATH_SIGNATURE_CHECKS) return;
	if (path_signature(search, last, last->key, &use) == SIGNATURE_VALID) search->foreign = *chain;
}

/* Depth first from the last certificate; the recursion is bounded by LIMIT_PATH_DEPTH. True to stop. */
static bool extend(struct path_search *search, struct chain *chain, path_visitor *visit, bool *found) {
	struct cert *last = chain->certs[chain->count - 1];
	if (is_anchor(search, last)) {
		*found = true;
		return complete(search, chain, visit);
	}
	keep_foreign(search, chain);
	if (chain->count == LIMIT_PATH_DEPTH) {
		path_limit(search->budget, "length of a path");
		return false; /* others may be shorter */
	}
	size_t count;
	struct candidate *list = candidates(search, chain, &count);
	bool stop = false;
	if (count == 0) path_wants_issuer(search->dead_ends, last);
	for (size_t i = 0; i < count && !stop; i++) {
		struct algorithm_use use;
		const struct key *key = list[i].cert->key;
		if (++search->budget->signature_checks > LIMIT_PATH_SIGNATURE_CHECKS) {
			path_limit(search->budget, "signature checks while building paths");
			stop = true;
			break;
		}
		/* a key that inherits its parameters is tried once the whole path is known */
		enum signature_status status =
			key->inherits ? SIGNATURE_VALID : path_signature(search, last, key, &use);
		if (status != SIGNATURE_VALID) {
			if (list[i].key_id != 2)
				finding_add(&search->dead_ends->findings,
					    status == SIGNATURE_INVALID ? FINDING_CERT_SIGNATURE_INVALID
									: FINDING_CERT_KEY_UNSUPPORTED,
					    "%s", last->subject_text);
			continue;
		}
		revocation_accept(search, list[i].cert->sha256);
		chain->certs[chain->count++] = list[i].cert;
		stop = extend(search, chain, visit, found);
		chain->count--;
	}
	free(list);
	return stop;
}

bool path_search_run(struct path_search *search, path_visitor *visit) {
	struct chain chain = {.certs = {search->target}, .count = 1};
	bool found = false;
	extend(search, &chain, visit, &found);
	return found;
}
