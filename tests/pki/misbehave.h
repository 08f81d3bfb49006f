/* Ways in which a responder can be bad, each by its name in a path (docs/test-pki.md): /bad/NAME/ocsp/sub-g2. */
#ifndef LTVAULT_TESTS_PKI_MISBEHAVE_H
#define LTVAULT_TESTS_PKI_MISBEHAVE_H

#include "tests/pki/http_server.h"

enum misbehaviour {
	BAD_NONE,
	/* of any server */
	BAD_SLOW,
	BAD_TRUNCATED,
	BAD_HUGE,
	BAD_EMPTY,
	BAD_WRONG_TYPE,
	BAD_REDIRECT_LOOP,
	BAD_OVERLOADED,
	BAD_MALFORMED,
	/* of what it says */
	BAD_REJECTION,
	BAD_CLOCK,
	BAD_WRONG_CERTIFICATE,
	BAD_EXPIRED_CERTIFICATE,
	BAD_WRONG_NONCE,
	BAD_WRONG_IMPRINT,
	BAD_WRONG_POLICY,
	MISBEHAVIOURS
};

/* By its name; MISBEHAVIOURS for none. */
enum misbehaviour misbehaviour_named(const char *name, size_t len);
/* Takes "/bad/NAME" off a path; BAD_NONE and the path as it is without. MISBEHAVIOURS for an unknown name. */
enum misbehaviour misbehaviour_of(const char **path);
/* What a bad server makes of a good answer; `path` is what was asked, "/bad/NAME" included. */
void misbehave(enum misbehaviour bad, const char *path, struct http_response *response);

#endif
