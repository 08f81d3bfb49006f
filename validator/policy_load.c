#include "validator/policy_data.h"

#include "base/limits.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char built_in[] = {
#include "policy_default.inc"
};

static const char *const rule_names[POLICY_RULES] = {
	[POLICY_PATH_ALGORITHMS] = "path_algorithms",
	[POLICY_TSA_EKU_CRITICAL] = "tsa_eku_critical",
	[POLICY_SIGNER_KEY_USAGE] = "signer_key_usage",
	[POLICY_SIGNING_CERTIFICATE] = "signing_certificate",
	[POLICY_REFERENCE_DIGESTS] = "reference_digests",
	[POLICY_SIGNATURE_POLICY] = "signature_policy",
	[POLICY_STATUS_BEFORE_SIGNING] = "status_before_signing",
	[POLICY_ANCHOR_ISSUED_STATUS] = "anchor_issued_without_source",
};

/* Every key of an object is one of these; what is misspelt must not be without effect. */
static bool only_keys(json_t *object, const char *const *names, const char *where, struct error *err) {
	const char *key;
	json_t *value;
	if (!json_is_object(object)) return error_set(err, ERROR_CONFIG, "%s is not an object", where), false;
	json_object_foreach(object, key, value) {
		bool known = false;
		for (const char *const *name = names; *name; name++) known |= !strcmp(key, *name);
		if (!known) return error_set(err, ERROR_CONFIG, "%s has the unknown key %s", where, key), false;
	}
	return true;
}

static bool read_date(json_t *object, const char *key, utime missing, utime *out, struct error *err) {
	json_t *value = json_object_get(object, key);
	*out = missing;
	if (!value || json_is_null(value)) return true;
	if (json_is_string(value) && utime_parse(json_string_value(value), out)) return true;
	return error_set(err, ERROR_CONFIG, "%s is not a date", key), false;
}

static bool read_size(json_t *object, const char *key, unsigned *out, struct error *err) {
	json_t *value = json_object_get(object, key);
	*out = 0;
	if (!value) return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1000000)
		return error_set(err, ERROR_CONFIG, "%s is not a number from 0 to 1000000", key), false;
	*out = (unsigned)json_integer_value(value);
	return true;
}

static bool read_hash(json_t *object, const char *key, unsigned char *out, struct error *err) {
	const char *text = json_string_value(json_object_get(object, key));
	if (text && hex_decode(text, out, SHA256_SIZE)) return true;
	return error_set(err, ERROR_CONFIG, "%s is not a SHA-256 in hexadecimal", key), false;
}

static bool read_digest_name(json_t *object, const char *key, enum digest_alg *out, struct error *err) {
	const char *name = json_string_value(json_object_get(object, key));
	*out = name ? digest_from_name(name) : DIGEST_UNKNOWN;
	if (*out != DIGEST_UNKNOWN) return true;
	return error_set(err, ERROR_CONFIG, "%s names no known digest: %s", key, name ? name : "nothing"), false;
}

static bool read_digest(struct policy *policy, json_t *row, struct error *err) {
	static const char *const keys[] = {"name", "until", "broken", "about", NULL};
	struct policy_digest *out = &policy->digests[policy->digest_count++];
	if (!only_keys(row, keys, "a row of digests", err) || !read_digest_name(row, "name", &out->digest, err))
		return false;
	out->broken = json_is_true(json_object_get(row, "broken"));
	return read_date(row, "until", POLICY_NO_END, &out->until, err);
}

static bool read_key(struct policy *policy, json_t *row, struct error *err) {
	static const char *const keys[] = {"scheme", "digest", "bits", "sub_bits", "until", "broken", "about", NULL};
	struct policy_key *out = &policy->keys[policy->key_count++];
	if (!only_keys(row, keys, "a row of keys", err)) return false;
	const char *name = json_string_value(json_object_get(row, "scheme"));
	for (int s = SCHEME_RSA_PKCS1; name && s <= SCHEME_EDDSA; s++)
		if (!strcmp(name, signature_scheme_name((enum signature_scheme)s)))
			out->scheme = (enum signature_scheme)s;
	if (out->scheme == SCHEME_UNKNOWN)
		return error_set(err, ERROR_CONFIG, "scheme is not known: %s", name ? name : "nothing"), false;
	if (json_object_get(row, "digest") && !read_digest_name(row, "digest", &out->digest, err)) return false;
	out->broken = json_is_true(json_object_get(row, "broken"));
	return read_size(row, "bits", &out->bits, err) && read_size(row, "sub_bits", &out->sub_bits, err) &&
	       read_date(row, "until", POLICY_NO_END, &out->until, err);
}

static bool read_curve(struct policy *policy, json_t *row, struct error *err) {
	if (!json_is_string(row)) return error_set(err, ERROR_CONFIG, "a curve is not a name"), false;
	policy->curves[policy->curve_count++] = xstrdup(json_string_value(row));
	return true;
}

static bool read_allowance(struct policy *policy, json_t *row, struct error *err) {
	static const char *const keys[] = {"anchor", "digest", "issued_before", "until", "about", NULL};
	struct policy_allowed *out = &policy->allowances[policy->allowance_count++];
	return only_keys(row, keys, "an allowance", err) && read_hash(row, "anchor", out->anchor, err) &&
	       read_digest_name(row, "digest", &out->digest, err) &&
	       read_date(row, "issued_before", POLICY_NO_END, &out->issued_before, err) &&
	       read_date(row, "until", POLICY_NEVER, &out->until, err);
}

static bool read_purposes(json_t *row, unsigned *out, struct error *err) {
	static const char *const names[POLICY_PURPOSES] = {"signing", "timestamping", "status"};
	json_t *list = json_object_get(row, "purposes"), *item;
	size_t i;
	*out = list ? 0 : (1U << POLICY_PURPOSES) - 1;
	if (!list) return true;
	if (!json_array_size(list)) return error_set(err, ERROR_CONFIG, "purposes is not a list with a purpose"), false;
	json_array_foreach(list, i, item) {
		unsigned bit = 0;
		for (unsigned k = 0; json_is_string(item) && k < POLICY_PURPOSES; k++)
			if (!strcmp(json_string_value(item), names[k])) bit = 1U << k;
		if (!bit)
			return error_set(err, ERROR_CONFIG, "a purpose is not signing, timestamping or status"), false;
		*out |= bit;
	}
	return true;
}

static bool read_anchor(struct policy *policy, json_t *row, struct error *err) {
	static const char *const keys[] = {"sha256", "from", "sunset", "purposes", "about", NULL};
	struct policy_anchor *out = &policy->anchors[policy->anchor_count++];
	if (!only_keys(row, keys, "an anchor", err) || !read_hash(row, "sha256", out->sha256, err) ||
	    !read_date(row, "from", INT64_MIN, &out->from, err) ||
	    !read_date(row, "sunset", POLICY_NO_END, &out->sunset, err) || !read_purposes(row, &out->purposes, err))
		return false;
	for (const struct policy_anchor *other = policy->anchors; other < out; other++)
		if (!memcmp(other->sha256, out->sha256, SHA256_SIZE))
			return error_set(err, ERROR_CONFIG, "an anchor stands twice"), false;
	return out->from < out->sunset ||
	       (error_set(err, ERROR_CONFIG, "an anchor's sunset is before its start"), false);
}

static bool read_rules(struct policy *policy, json_t *rules, struct error *err) {
	const char *keys[POLICY_RULES + 1] = {NULL};
	static const char *const levels[] = {"ignore", "warn", "fail"};
	memcpy(keys, rule_names, sizeof rule_names);
	if (!only_keys(rules, keys, "rules", err)) return false;
	for (size_t i = 0; i < POLICY_RULES; i++) {
		const char *level = json_string_value(json_object_get(rules, rule_names[i]));
		policy->levels[i] = POLICY_FAIL;
		size_t found = ARRAY_LEN(levels);
		for (size_t k = 0; level && k < ARRAY_LEN(levels); k++)
			if (!strcmp(level, levels[k])) found = k;
		if (found == ARRAY_LEN(levels))
			return error_set(err, ERROR_CONFIG, "rule %s is not ignore, warn or fail", rule_names[i]),
			       false;
		policy->levels[i] = (enum policy_level)found;
	}
	return true;
}

static bool read_revocation(struct policy *policy, json_t *object, struct error *err) {
	static const char *const keys[] = {"max_age_hours", "clock_skew_seconds", NULL};
	unsigned hours, seconds;
	if (!only_keys(object, keys, "revocation", err) || !read_size(object, "max_age_hours", &hours, err) ||
	    !read_size(object, "clock_skew_seconds", &seconds, err))
		return false;
	policy->max_age = (utime)hours * 3600 * UTIME_SECOND;
	policy->clock_skew = (utime)seconds * UTIME_SECOND;
	return true;
}

typedef bool read_row(struct policy *policy, json_t *row, struct error *err);

static bool read_rows(struct policy *policy, json_t *root, const char *key, read_row *read, struct error *err) {
	json_t *list = json_object_get(root, key), *row;
	size_t i;
	if (!json_is_array(list)) return error_set(err, ERROR_CONFIG, "%s is not a list", key), false;
	json_array_foreach(list, i, row) if (!read(policy, row, err)) return false;
	return true;
}

static bool read_policy(struct policy *policy, json_t *root, struct error *err) {
	static const char *const keys[] = {"id",     "about",      "issued",  "predictions", "digests", "keys",
					   "curves", "allowances", "anchors", "revocation",  "rules",   NULL};
	if (!only_keys(root, keys, "the policy", err)) return false;
	const char *id = json_string_value(json_object_get(root, "id"));
	const char *predictions = json_string_value(json_object_get(root, "predictions"));
	if (!id || !*id || strlen(id) > 200) return error_set(err, ERROR_CONFIG, "id is missing or too long"), false;
	if (!predictions || (strcmp(predictions, "warn") && strcmp(predictions, "fail")))
		return error_set(err, ERROR_CONFIG, "predictions is not warn or fail"), false;
	policy->id = xstrdup(id);
	policy->predictions_warn = !strcmp(predictions, "warn");
	if (!read_date(root, "issued", UTIME_NONE, &policy->issued, err)) return false;
	if (policy->issued == UTIME_NONE) return error_set(err, ERROR_CONFIG, "issued is missing"), false;
	policy->digests = xcalloc(json_array_size(json_object_get(root, "digests")) + 1, sizeof *policy->digests);
	policy->keys = xcalloc(json_array_size(json_object_get(root, "keys")) + 1, sizeof *policy->keys);
	policy->curves = xcalloc(json_array_size(json_object_get(root, "curves")) + 1, sizeof *policy->curves);
	policy->allowances =
		xcalloc(json_array_size(json_object_get(root, "allowances")) + 1, sizeof *policy->allowances);
	policy->anchors = xcalloc(json_array_size(json_object_get(root, "anchors")) + 1, sizeof *policy->anchors);
	return read_rows(policy, root, "digests", read_digest, err) && read_rows(policy, root, "keys", read_key, err) &&
	       read_rows(policy, root, "curves", read_curve, err) &&
	       read_rows(policy, root, "allowances", read_allowance, err) &&
	       read_rows(policy, root, "anchors", read_anchor, err) &&
	       read_revocation(policy, json_object_get(root, "revocation"), err) &&
	       read_rules(policy, json_object_get(root, "rules"), err);
}

static void read_catalogue(struct policy *policy, json_t *root, struct error *err) {
	json_t *own = json_loadb((const char *)built_in, sizeof built_in, 0, NULL);
	if (policy_from_catalogue(own, root, err)) read_policy(policy, own, err);
	json_decref(own);
}

struct policy *policy_load(const char *text, size_t len, struct error *err) {
	struct error own = {0};
	json_error_t where;
	if (!text) {
		text = (const char *)built_in;
		len = sizeof built_in;
	}
	if (len > LIMIT_POLICY_BYTES) {
		error_set(err, ERROR_CONFIG, "policy: larger than %lu bytes", LIMIT_POLICY_BYTES);
		return NULL;
	}
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	struct policy *policy = xcalloc(1, sizeof *policy);
	sha256_bytes(text, len, policy->sha256);
	if (!root)
		error_set(&own, ERROR_CONFIG, "line %d: %s", where.line, where.text);
	else if (json_object_get(root, "SecuritySuitabilityPolicy"))
		read_catalogue(policy, root, &own);
	else
		read_policy(policy, root, &own);
	json_decref(root);
	if (own.code == ERROR_NONE) return policy;
	error_prefix(&own, "policy");
	error_set(err, own.code, "%s", own.text);
	policy_free(policy);
	return NULL;
}
