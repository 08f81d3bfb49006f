/* Fetching over HTTP: revocation lists, OCSP answers, issuers' certificates. It knows nothing of what it carries.
 *
 * What is asked for comes from hostile documents. So: only http and https, a bound on size, time and redirects, and no
 * address that is loopback, private, link-local or otherwise not public, unless its host is listed; each redirect is
 * held against the same rules, and the address is the one that the connection is made to. Several requests are under
 * way at the same time; a host that did not answer twice is not asked again. */
#ifndef LTVAULT_ARCHIVER_FETCH_H
#define LTVAULT_ARCHIVER_FETCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct fetcher;
struct fetch_options {
	unsigned seconds;          /* for one request, all redirects included */
	const char *proxy;         /* "host:port"; "" or NULL for none */
	const char *allow_private; /* host names and addresses separated by spaces; "" or NULL for none */
};
struct fetcher *fetcher_new(const struct fetch_options *options, struct error *err);
void fetcher_free(struct fetcher *fetcher);

struct fetch_request {
	/* in */
	const char *url;
	const unsigned char *post; /* sent as application/ocsp-request; NULL: GET */
	size_t post_len;
	/* out */
	bool fetched;
	unsigned char *data; /* the caller's */
	size_t len;
	char *failure;       /* why not; the caller's; NULL when fetched */
};
/* All of them; a request that fails says so itself. */
void fetcher_run(struct fetcher *fetcher, struct fetch_request *requests, size_t count);

/* True when the address (AF_INET or AF_INET6) is one that anybody on the Internet could mean. */
struct sockaddr;
bool fetch_address_is_public(const struct sockaddr *address);

#endif
