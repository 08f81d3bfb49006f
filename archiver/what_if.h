/* What the end of an algorithm would mean: asked of the facts in the search index, nothing is judged again
 * (docs/forecast.md). */
#ifndef LTVAULT_ARCHIVER_WHAT_IF_H
#define LTVAULT_ARCHIVER_WHAT_IF_H

#include "archiver/search.h"

#include <jansson.h>

struct what_if {
	char name[32];  /* folded: "sha256", "rsa", "ec", ... */
	unsigned bits;  /* of keys: that size and smaller ones; 0 all */
	bool digest;    /* else a kind of key */
	utime ends;
};

/* "sha256-broken", "sha-256 broken", "rsa-2048 ends 2029-01-01", "ecdsa ends 2035-01-01". Broken is now. ERROR_USAGE says
 * what is not understood. */
int what_if_parse(const char *text, utime now, struct what_if *out, struct error *err);
/* Does a proof rest on it? `algorithms` as in the index: ",RSA 2048,SHA-256,". */
bool what_if_meets(const struct what_if *w, const char *algorithms);
/* {"asked", "ends", "records", "bytes", "reread_bytes", "tokens", "tokens_each", "unaffected"}; NULL with err. */
json_t *what_if_answer(struct search *search, const char *text, utime now, struct error *err);

#endif
