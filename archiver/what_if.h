/* What the end of an algorithm or of the trust in a root would mean: asked of the facts in the search index, nothing is judged again
 * (docs/forecast.md). */
#ifndef LTVAULT_ARCHIVER_WHAT_IF_H
#define LTVAULT_ARCHIVER_WHAT_IF_H

#include "archiver/search.h"

#include <jansson.h>

#define WHAT_IF_ROOT_MAX 512 /* bytes of a root's name */
struct what_if {
	char name[32];  /* folded: "sha256", "rsa", "ec", ... */
	unsigned bits;  /* of keys: that size and smaller ones; 0 all */
	bool digest;    /* else a kind of key, unless root is there */
	char root[WHAT_IF_ROOT_MAX]; /* SHA-256 of its certificate in lower-case hexadecimal, or a part of its name; "" none */
	utime ends;
};

/* "sha256-broken", "sha-256 broken", "rsa-2048 ends 2029-01-01", "ecdsa ends 2035-01-01", "root CN=Old Root ends 2030-03-05",
 * "root 5f:0a:... broken". Broken is now. ERROR_USAGE says what is not understood. */
int what_if_parse(const char *text, utime now, struct what_if *out, struct error *err);
/* Does a proof rest on it? `algorithms` as in the index: ",RSA 2048,SHA-256,". */
bool what_if_meets(const struct what_if *w, const char *algorithms);
/* Is this root meant? The fingerprint, or a part of the subject as reports have it, whatever the case of its Latin letters. */
bool what_if_is_root(const struct what_if *w, const char *sha256, const char *subject);
/* {"asked", "ends", "records", "bytes", "reread_bytes", "tokens", "tokens_each", "unaffected"}, and of a root
 * "roots", those that are meant and rested on: [{"sha256", "subject"}]; NULL with err. */
json_t *what_if_answer(struct search *search, const char *text, utime now, struct error *err);

#endif
