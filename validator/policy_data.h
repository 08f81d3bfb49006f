/* What a policy holds once read. For policy.c and policy_load.c only. */
#ifndef LTVAULT_VALIDATOR_POLICY_DATA_H
#define LTVAULT_VALIDATOR_POLICY_DATA_H

#include "validator/policy.h"

#include <jansson.h>

struct policy_digest {
	enum digest_alg digest;
	utime until;
	bool broken;
};

struct policy_key {
	enum signature_scheme scheme;
	enum digest_alg digest;  /* the row is about signatures with this one; DIGEST_UNKNOWN any */
	unsigned bits, sub_bits; /* least sizes */
	utime until;
	bool broken;
};

struct policy_allowed {
	unsigned char anchor[SHA256_SIZE];
	enum digest_alg digest;
	utime issued_before, until;
};

struct policy_anchor {
	unsigned char sha256[SHA256_SIZE];
	utime from, sunset;
	unsigned purposes; /* bits 1 << enum policy_purpose */
};

struct policy {
	char *id;
	unsigned char sha256[SHA256_SIZE];
	utime issued, max_age, clock_skew;
	bool predictions_warn;
	struct policy_digest *digests;
	struct policy_key *keys;
	char **curves;
	struct policy_allowed *allowances;
	struct policy_anchor *anchors;
	size_t digest_count, key_count, curve_count, allowance_count, anchor_count;
	enum policy_level levels[POLICY_RULES];
};

/* Puts what a catalogue of TS 119 322 says into a policy, which is the built-in one (policy_catalogue.c). */
bool policy_from_catalogue(json_t *policy, json_t *root, struct error *err);

#endif
