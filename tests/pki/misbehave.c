#include "tests/pki/misbehave.h"

#include <string.h>

#define SLOW_MS 8000         /* tests that ask a slow responder wait for less */
#define HUGE_BYTES (65u << 20) /* more than LIMIT_HTTP_BYTES */

static const char *const names[MISBEHAVIOURS] = {
	[BAD_NONE] = "none",
	[BAD_SLOW] = "slow",
	[BAD_TRUNCATED] = "truncated",
	[BAD_HUGE] = "huge",
	[BAD_EMPTY] = "empty",
	[BAD_WRONG_TYPE] = "wrong-type",
	[BAD_REDIRECT_LOOP] = "redirect-loop",
	[BAD_OVERLOADED] = "overloaded",
	[BAD_MALFORMED] = "malformed",
	[BAD_REJECTION] = "rejection",
	[BAD_CLOCK] = "clock",
	[BAD_WRONG_CERTIFICATE] = "wrong-certificate",
	[BAD_EXPIRED_CERTIFICATE] = "expired-certificate",
	[BAD_WRONG_NONCE] = "wrong-nonce",
	[BAD_WRONG_IMPRINT] = "wrong-imprint",
	[BAD_WRONG_POLICY] = "wrong-policy",
};

enum misbehaviour misbehaviour_named(const char *name, size_t len) {
	for (int i = 0; i < MISBEHAVIOURS; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len)) return (enum misbehaviour)i;
	return MISBEHAVIOURS;
}

enum misbehaviour misbehaviour_of(const char **path) {
	if (strncmp(*path, "/bad/", 5) != 0) return BAD_NONE;
	const char *name = *path + 5;
	size_t len = strcspn(name, "/");
	*path = name + len;
	return misbehaviour_named(name, len);
}

void misbehave(enum misbehaviour bad, const char *path, struct http_response *response) {
	switch (bad) {
	case BAD_SLOW:
		response->slow_ms = SLOW_MS;
		break;
	case BAD_TRUNCATED:
		response->truncate = true;
		break;
	case BAD_HUGE: {
		static const unsigned char zeros[1 << 16];
		while (response->body.len < HUGE_BYTES) buf_add(&response->body, zeros, sizeof zeros);
		response->no_length = true;
		break;
	}
	case BAD_EMPTY:
		response->body.len = 0;
		break;
	case BAD_WRONG_TYPE:
		response->type = "text/html; charset=utf-8";
		break;
	case BAD_REDIRECT_LOOP:
		response->status = 302;
		response->location = path;
		break;
	case BAD_OVERLOADED:
		response->status = 503;
		response->retry_after = 7;
		break;
	case BAD_MALFORMED: /* the lengths of the inner elements lead nowhere */
		for (size_t i = 4; i < 20 && i < response->body.len; i++) response->body.data[i] = 0xff;
		break;
	default:
		break;
	}
}
