#include "validator/policy.h"

#include "base/mem.h"
#include "validator/policy_data.h"

#include <stdlib.h>
#include <string.h>

void policy_free(struct policy *policy) {
	if (!policy) return;
	for (size_t i = 0; i < policy->curve_count; i++) free(policy->curves[i]);
	free(policy->id);
	free(policy->digests);
	free(policy->keys);
	free(policy->curves);
	free(policy->allowances);
	free(policy->anchors);
	free(policy);
}

const char *policy_id(const struct policy *policy) {
	return policy->id;
}

const unsigned char *policy_sha256(const struct policy *policy) {
	return policy->sha256;
}

static const struct policy_digest *digest_row(const struct policy *policy, enum digest_alg digest) {
	for (size_t i = 0; i < policy->digest_count; i++)
		if (policy->digests[i].digest == digest) return &policy->digests[i];
	return NULL;
}

utime policy_digest_end(const struct policy *policy, enum digest_alg digest) {
	const struct policy_digest *row = digest_row(policy, digest);
	return row ? row->until : POLICY_NEVER;
}

static bool curve_listed(const struct policy *policy, const char *curve) {
	for (size_t i = 0; i < policy->curve_count; i++)
		if (!strcmp(policy->curves[i], curve)) return true;
	return false;
}

/* Of the rows whose least size the key reaches, the one that lasts longest. */
static const struct policy_key *key_row(const struct policy *policy, const struct algorithm_use *use) {
	const struct policy_key *best = NULL;
	if (*use->curve && !curve_listed(policy, use->curve)) return NULL;
	for (size_t i = 0; i < policy->key_count; i++) {
		const struct policy_key *row = &policy->keys[i];
		if (row->digest && row->digest != use->digest) continue;
		if (row->scheme != use->scheme || use->key_bits < row->bits || use->key_sub_bits < row->sub_bits)
			continue;
		if (!best || row->until >= best->until) best = row;
	}
	return best;
}

utime policy_key_end(const struct policy *policy, const struct algorithm_use *use) {
	const struct policy_key *row = key_row(policy, use);
	return row ? row->until : POLICY_NEVER;
}

utime policy_use_end(const struct policy *policy, const struct algorithm_use *use, char **what) {
	/* EdDSA's digest is part of the scheme, not a choice */
	utime digest = use->scheme == SCHEME_EDDSA ? POLICY_NO_END : policy_digest_end(policy, use->digest);
	utime key = policy_key_end(policy, use);
	if (what) {
		*what = digest <= key && digest != POLICY_NO_END
				? xstrdup(digest_name(use->digest))
				: xasprintf("%s %u%s%s", signature_scheme_name(use->scheme), use->key_bits,
					    *use->curve ? " " : "", use->curve);
	}
	return digest < key ? digest : key;
}

bool policy_use_broken(const struct policy *policy, const struct algorithm_use *use) {
	const struct policy_key *key = key_row(policy, use);
	const struct policy_digest *digest = digest_row(policy, use->digest);
	if (!key || key->broken) return true;
	return use->scheme != SCHEME_EDDSA && (!digest || digest->broken);
}

bool policy_end_is_prediction(const struct policy *policy, utime end) {
	return policy->predictions_warn && end > policy->issued && end != POLICY_NO_END;
}

utime policy_allowance(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE],
		       enum digest_alg digest, utime issued) {
	utime until = POLICY_NEVER;
	for (size_t i = 0; i < policy->allowance_count; i++) {
		const struct policy_allowed *row = &policy->allowances[i];
		if (row->digest == digest && issued < row->issued_before &&
		    !memcmp(row->anchor, anchor_sha256, SHA256_SIZE) && row->until > until)
			until = row->until;
	}
	return until;
}

static const struct policy_anchor *anchor_row(const struct policy *policy, const unsigned char *sha256) {
	for (size_t i = 0; i < policy->anchor_count; i++)
		if (!memcmp(policy->anchors[i].sha256, sha256, SHA256_SIZE)) return &policy->anchors[i];
	return NULL;
}

utime policy_anchor_from(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE]) {
	const struct policy_anchor *row = anchor_row(policy, anchor_sha256);
	return row ? row->from : INT64_MIN;
}

utime policy_anchor_sunset(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE]) {
	const struct policy_anchor *row = anchor_row(policy, anchor_sha256);
	return row ? row->sunset : POLICY_NO_END;
}

bool policy_anchor_serves(const struct policy *policy, const unsigned char anchor_sha256[static SHA256_SIZE],
			  enum policy_purpose purpose) {
	const struct policy_anchor *row = anchor_row(policy, anchor_sha256);
	return !row || (row->purposes & 1U << purpose);
}

enum policy_level policy_level(const struct policy *policy, enum policy_rule rule) {
	return policy->levels[rule];
}

utime policy_max_age(const struct policy *policy) {
	return policy->max_age;
}

utime policy_clock_skew(const struct policy *policy) {
	return policy->clock_skew;
}
