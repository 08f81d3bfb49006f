#include "validator/provable.h"

#include <stdlib.h>
#include <string.h>

const char *provable_limit_word(enum provable_limit limit) {
	static const char *const words[] = {
#define PROVABLE_LIMIT(name, word) word,
#include "validator/provable_limit.def"
#undef PROVABLE_LIMIT
	};
	return words[limit];
}

void provable_add_end(struct provable_ends *ends, utime at, enum provable_limit limit, const char *detail, bool own) {
	if (at == POLICY_NO_END || at == UTIME_NONE) return;
	ARRAY_GROW(ends->items, ends->count, ends->cap);
	ends->items[ends->count++] = (struct provable_end){at, limit, xstrdup(detail ? detail : ""), own};
}

/* Insertion: few, and equal ones keep their order. */
void provable_sort(struct provable_ends *ends) {
	for (size_t i = 1; i < ends->count; i++)
		for (size_t k = i; k > 0 && ends->items[k - 1].at > ends->items[k].at; k--) {
			struct provable_end later = ends->items[k - 1];
			ends->items[k - 1] = ends->items[k];
			ends->items[k] = later;
		}
}

void provable_ends_dispose(struct provable_ends *ends) {
	for (size_t i = 0; i < ends->count; i++) free(ends->items[i].detail);
	free(ends->items);
	*ends = (struct provable_ends){0};
}

/* An end that the policy only predicts is a warning when it comes, and ends nothing. */
static void add_algorithm(const struct context *c, struct provable_ends *ends, utime end, const char *what) {
	if (end != POLICY_NO_END && !policy_end_is_prediction(c->v->policy, end))
		provable_add_end(ends, end, PROVABLE_ALGORITHM, what, true);
}

/* Of the signature on a certificate, by the key of the next one. */
static void add_signature_on(const struct context *c, struct provable_ends *ends, const struct path_link *link) {
	const struct key *key = link[1].cert->key;
	struct algorithm_use use = {0};
	signature_algorithm(&link->cert->algorithm, DIGEST_UNKNOWN, &use);
	char *what = xasprintf("%s %u, %s: %s", key_type_name(key->type), key->bits, digest_name(use.digest),
			       link->cert->subject_text);
	add_algorithm(c, ends, link->algorithm_end, what);
	free(what);
}

/* Status can be asked for again as long as its certificate is valid, unless nothing says where. */
static void add_status(const struct context *c, struct provable_ends *ends, const struct path_link *link) {
	const struct path_evidence *e = link->evidence_count ? &link->evidence[0] : NULL;
	/* judged as of a time before it */
	if (link->revoked_at != UTIME_NONE) provable_add_end(ends, link->revoked_at - 1, PROVABLE_STATUS, link->cert->subject_text, true);
	if (!e || link->exempt || c->request->revocation != REVOCATION_HARD) return;
	add_algorithm(c, ends, e->algorithm_end, link->cert->subject_text);
	if (link->cert->crl_points.tag || link->cert->ocsp_urls.count) return;
	utime age = policy_max_age(c->v->policy);
	if (!age && e->next_update == UTIME_NONE) return;
	if (!age) age = e->next_update - e->this_update;
	provable_add_end(ends, e->this_update + age + policy_clock_skew(c->v->policy), PROVABLE_STATUS,
			 link->cert->subject_text, true);
}

void provable_own_ends(const struct context *c, const struct signature *s, struct provable_ends *ends) {
	add_algorithm(c, ends, s->algorithms_end, s->algorithms_what);
	for (size_t i = 0; i < s->path.link_count; i++) {
		const struct path_link *link = &s->path.links[i];
		const char *name = link->cert->subject_text;
		enum provable_limit kind = i ? PROVABLE_CA : s->kind == KIND_SIGNATURE ? PROVABLE_SIGNER : PROVABLE_TSA;
		if (link->anchor) kind = PROVABLE_ROOT;
		provable_add_end(ends, link->cert->not_after, kind, name, true);
		if (link->anchor) {
			utime sunset = policy_anchor_sunset(c->v->policy, link->cert->sha256);
			provable_add_end(ends, sunset, PROVABLE_ROOT, name, true);
			continue;
		}
		add_signature_on(c, ends, link);
		add_status(c, ends, link);
	}
}

/* ---- what it rests on ---- */

void provable_rest_on_digest(struct provable *to, enum digest_alg digest) {
	if (digest != DIGEST_UNKNOWN) to->digests |= 1U << digest;
}

static void rest_on_key(struct provable *to, enum key_type type, unsigned bits) {
	for (size_t i = 0; i < to->key_count; i++)
		if (to->keys[i].type == type && to->keys[i].bits == bits) return;
	if (to->key_count == PROVABLE_KEYS) return; /* a path has LIMIT_PATH_DEPTH; sizes repeat */
	to->keys[to->key_count].type = type;
	to->keys[to->key_count++].bits = bits;
}

static void rest_on_root(struct provable *to, const struct cert *root) {
	for (size_t i = 0; i < to->root_count; i++)
		if (!memcmp(to->roots[i]->sha256, root->sha256, SHA256_SIZE)) return;
	if (to->root_count < PROVABLE_ROOTS) to->roots[to->root_count++] = root; /* a document of so many trees is none we know */
}

void provable_rest_on(struct provable *to, const struct signature *s) {
	provable_rest_on_digest(to, s->digest);
	if (s->use.scheme != SCHEME_EDDSA) provable_rest_on_digest(to, s->use.digest);
	if (s->tst_read) provable_rest_on_digest(to, digest_of_algorithm(&s->tst.imprint_alg));
	for (size_t i = 0; i < s->path.link_count; i++) {
		const struct path_link *link = &s->path.links[i];
		struct algorithm_use use;
		rest_on_key(to, link->cert->key->type, link->cert->key->bits);
		if (link->anchor) rest_on_root(to, link->cert);
		if (link->anchor || !signature_algorithm(&link->cert->algorithm, DIGEST_UNKNOWN, &use)) continue;
		if (use.scheme != SCHEME_EDDSA) provable_rest_on_digest(to, use.digest);
	}
}

void provable_rest_as(struct provable *to, const struct provable *other) {
	to->digests |= other->digests;
	for (size_t i = 0; i < other->key_count; i++) rest_on_key(to, other->keys[i].type, other->keys[i].bits);
	for (size_t i = 0; i < other->root_count; i++) rest_on_root(to, other->roots[i]);
}

static int by_text(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *algorithms(const struct provable *p) {
	char *names[PROVABLE_KEYS + DIGEST_ALGS];
	size_t count = 0;
	json_t *list = json_array();
	for (size_t i = 0; i < p->key_count; i++)
		names[count++] = xasprintf("%s %u", key_type_name(p->keys[i].type), p->keys[i].bits);
	for (int alg = 0; alg < DIGEST_ALGS; alg++)
		if (p->digests & 1U << alg) names[count++] = xstrdup(digest_name((enum digest_alg)alg));
	qsort(names, count, sizeof *names, by_text);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, json_string(names[i]));
		free(names[i]);
	}
	return list;
}

static int by_digest(const void *a, const void *b) {
	return memcmp((*(const struct cert *const *)a)->sha256, (*(const struct cert *const *)b)->sha256, SHA256_SIZE);
}

static json_t *roots(const struct provable *p) {
	const struct cert *sorted[PROVABLE_ROOTS];
	json_t *list = json_array();
	for (size_t i = 0; i < p->root_count; i++) sorted[i] = p->roots[i];
	if (p->root_count) qsort(sorted, p->root_count, sizeof(const struct cert *), by_digest);
	for (size_t i = 0; i < p->root_count; i++) {
		char hex[SHA256_HEX];
		json_t *subject = json_string(sorted[i]->subject_text ? sorted[i]->subject_text : "");
		json_array_append_new(list, json_pack("{s:s, s:o}", "sha256", hex_encode(sorted[i]->sha256, SHA256_SIZE, hex), "subject",
						      subject ? subject : json_string("")));
	}
	return list;
}

json_t *provable_json(const struct provable *p, struct outcome outcome) {
	json_t *value = json_object();
	bool known = outcome.indication == INDICATION_PASSED && p->until != UTIME_NONE;
	const char *sub = sub_indication_name(outcome.sub);
	char *why = xasprintf("%s%s%s", indication_total_name(outcome.indication), sub ? " " : "", sub ? sub : "");
	json_t *detail = known ? json_string(p->detail ? p->detail : "") : json_string(why);
	free(why);
	char day[UTIME_TEXT_MAX];
	json_object_set_new(value, "until", known ? json_string(utime_text(p->until, day)) : json_null());
	json_object_set_new(value, "limit", json_string(provable_limit_word(known ? p->limit : PROVABLE_NONE)));
	json_object_set_new(value, "detail", detail ? detail : json_string(""));
	json_object_set_new(value, "basis", json_string(known && p->basis ? p->basis : "none"));
	json_object_set_new(value, "algorithms", known ? algorithms(p) : json_array());
	json_object_set_new(value, "roots", known ? roots(p) : json_array());
	return value;
}
