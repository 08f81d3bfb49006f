/* Fetching over HTTP: revocation lists, OCSP answers, issuers' certificates. It knows nothing of what it carries.
 *
 * What is asked for comes from hostile documents. So: only http and https, a bound on size, time and redirects, and no
 * address that is loopback, private, link-local or otherwise not public, unless its host is listed; each redirect is
 * held against the same rules, and the address is the one that the connection is made to. Several requests are under
 * way at the same time; a host that did not answer twice, or said that it is overloaded, is left alone for a time that
 * doubles. */
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
	const char *authorities;   /* PEM file: whom to believe for TLS; "" or NULL for the system's list */
};
struct fetcher *fetcher_new(const struct fetch_options *options, struct error *err);
void fetcher_free(struct fetcher *fetcher);

enum fetch_fault {
	FETCH_NONE,
#define FETCH_FAULT(name, text) name,
#include "archiver/fetch_fault.def"
#undef FETCH_FAULT
	FETCH_FAULTS
};
const char *fetch_fault_name(enum fetch_fault fault); /* "FETCH_TIMEOUT"; NULL for FETCH_NONE */
const char *fetch_fault_text(enum fetch_fault fault);

/* Who we are to a host that the configuration names. Files, "" or NULL for none; none is shown to any other host that
 * it redirects to, nor in the clear after TLS. */
struct fetch_access {
	const char *passwords;         /* of the form of .netrc: "machine HOST login NAME password WORD" */
	const char *certificate, *key; /* PEM, for TLS */
	const char *authorities;       /* PEM: whom to believe for TLS instead of those of the options */
};

struct fetch_request {
	/* in */
	const char *url;
	const unsigned char *post;         /* NULL: GET */
	size_t post_len;
	const char *post_type;             /* its media type; NULL: application/ocsp-request */
	const char *answer_type;           /* the media type that is expected; NULL: any */
	const struct fetch_access *access; /* the host is one that the configuration names: it may be private, and is asked
	                                    * however often it failed; NULL for what documents name */
	const char *etag, *modified;       /* of what is there already: ETag and Last-Modified of an earlier answer; NULL or "" */
	/* out */
	bool unchanged; /* it is still what `etag` and `modified` are of; nothing came */
	char *new_etag, *new_modified; /* the caller's; NULL when not said */
	bool fetched;
	unsigned char *data; /* the caller's */
	size_t len;
	int status;             /* of the last answer in HTTP; 0: none */
	enum fetch_fault fault; /* why not; with fetched only FETCH_WRONG_TYPE */
	char *failure;          /* the same in detail; the caller's; NULL when fetched */
};
/* All of them; a request that fails says so itself. */
void fetcher_run(struct fetcher *fetcher, struct fetch_request *requests, size_t count);

/* True when the address (AF_INET or AF_INET6) is one that anybody on the Internet could mean. */
struct sockaddr;
bool fetch_address_is_public(const struct sockaddr *address);

#endif
