#include "validator/validator.h"

#include "base/mem.h"
#include "validator/validator_internal.h"

#include <stdlib.h>

struct validator *validator_new(const char *policy, size_t policy_len, struct error *err) {
	struct policy *loaded = policy_load(policy, policy_len, err);
	if (!loaded) return NULL;
	struct validator *v = xcalloc(1, sizeof *v);
	v->policy = loaded;
	v->cache = cache_new();
	v->anchors = anchors_new(v->cache);
	return v;
}

void validator_free(struct validator *v) {
	if (!v) return;
	anchors_free(v->anchors);
	cache_free(v->cache);
	policy_free(v->policy);
	free(v);
}

int validator_add_trust(struct validator *v, const unsigned char *data, size_t len) {
	return anchors_add(v->anchors, data, len);
}

json_t *validator_policy_id(const struct validator *v) {
	char *hex = hex_dup(policy_sha256(v->policy), SHA256_SIZE);
	json_t *id = json_pack("{s:s, s:s}", "id", policy_id(v->policy), "sha256", hex);
	free(hex);
	return id;
}
