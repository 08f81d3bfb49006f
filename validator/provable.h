/* What by itself ends the proof of a signature or time-stamp, and what that proof rests on (docs/forecast.md). */
#ifndef LTVAULT_VALIDATOR_PROVABLE_H
#define LTVAULT_VALIDATOR_PROVABLE_H

#include "validator/process.h"

struct provable_end {
	utime at; /* it holds until then */
	enum provable_limit limit;
	char *detail; /* owned by the list */
	bool own;     /* of the thing itself, not of what proves it */
};
struct provable_ends {
	struct provable_end *items;
	size_t count, cap;
};

/* Ends of its path, of its algorithms, and of status that nobody can fetch again. */
void provable_own_ends(const struct context *c, const struct signature *s, struct provable_ends *ends);
void provable_add_end(struct provable_ends *ends, utime at, enum provable_limit limit, const char *detail, bool own);
void provable_sort(struct provable_ends *ends); /* earliest first, of equal ones the first added */
void provable_ends_dispose(struct provable_ends *ends);

/* Adds its digests, and keys, digests and root of its path. */
void provable_rest_on(struct provable *to, const struct signature *s);
void provable_rest_on_digest(struct provable *to, enum digest_alg digest);
/* Adds what another proof rests on. */
void provable_rest_as(struct provable *to, const struct provable *other);

const char *provable_limit_word(enum provable_limit limit);
/* {"until", "limit", "detail", "basis", "algorithms": ["RSA 2048", "SHA-256"],
 * "roots": [{"sha256", "subject"}]}; a new reference. */
json_t *provable_json(const struct provable *provable, struct outcome outcome);

#endif
