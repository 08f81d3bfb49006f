/* What the parts of choosing share: a choice while it is made. */
#ifndef LTVAULT_VALIDATOR_EXTEND_CHOICE_H
#define LTVAULT_VALIDATOR_EXTEND_CHOICE_H

#include "validator/extend_choose.h"

struct choice {
	struct context *c;
	const struct judged *j;
	struct extend_chosen *out;
	const struct cert **signers; /* of status data, looked at */
	size_t signer_count, signer_cap;
	size_t *mine; /* items of the signature in hand */
	size_t mine_count, mine_cap;
	bool waiting;
	bool covered; /* a valid time-stamp is over what is in hand, and no other is due */
};

/* Certificates of the path and status data about each, from `since` or later where that is not UTIME_NONE. */
void choice_add_path(struct choice *w, const struct path_result *path, utime since, unsigned depth);
/* UTIME_NONE when nothing proves it. */
utime choice_proven_at(const struct signature *s);
/* The document has status data about each certificate of the time-stamp's path. */
bool choice_stands_alone(const struct choice *w, const struct signature *t);
/* Certificates or algorithms of the time-stamp end before that. */
bool choice_ends_before(const struct signature *t, utime when);

/* For CMS signatures (extend_choose_cms.c). */
enum extend_refusal choice_refuse_cms(const struct context *c, const struct judged *j, char **detail);
/* *urgent: a time-stamp is due that does not wait for status data. */
void choice_of_cms(struct choice *w, bool *urgent);

#endif
