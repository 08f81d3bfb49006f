/* A small HTTP/1.1 server for tests: one process, poll, loopback only, one request a connection, everything bounded. */
#ifndef LTVAULT_TESTS_PKI_HTTP_SERVER_H
#define LTVAULT_TESTS_PKI_HTTP_SERVER_H

#include "base/mem.h"

#include <stdbool.h>

#define HTTP_REQUEST_MAX (64u << 10) /* headers and body: the largest real request is an OCSP one of some kilobytes */
#define HTTP_CONNECTIONS_MAX 64
#define HTTP_IDLE_SECONDS 10 /* a connection that sent or took nothing for so long is closed */

struct http_request {
	const char *method, *path; /* path still percent-encoded */
	const char *headers;       /* all of them, each after a line end */
	const unsigned char *body;
	size_t body_len;
};

struct http_response {
	int status; /* 200 unless the handler says otherwise */
	const char *type;
	struct buf body;
	/* for tests of clients */
	int slow_ms;          /* the answer comes so much later; at most HTTP_IDLE_SECONDS */
	bool truncate;        /* half of the body, then the end */
	bool no_length;       /* without Content-Length: as long as it goes on */
	const char *location; /* NULL: none; borrowed */
	int retry_after;      /* seconds; 0: none */
	const char *validator; /* ETag, with its quotes; NULL: none; borrowed */
};

typedef void http_handler(void *user, const struct http_request *request, struct http_response *response);

/* Ways to be a bad server, for tests of clients. */
struct http_faults {
	int slow_ms;     /* the answer comes so much later */
	int status;      /* instead of the right one; 0 for none */
	bool truncate;   /* half of the body, then the end */
	bool wrong_type; /* text/html, whatever it is */
};

/* Whom it serves; all NULL: anybody, in the clear. */
struct http_access {
	const char *tls;      /* PEM file: certificates and key that it shows */
	const char *clients;  /* PEM file: whoever issued the certificate that a client must show */
	const char *password; /* "NAME:WORD" of basic authentication, else the answer is 401 */
};

/* Listens on 127.0.0.1:port (0: any free one), prints "ready http://127.0.0.1:PORT" (with TLS too) on standard output and serves until
 * SIGTERM or SIGINT. */
void http_serve(int port, const struct http_access *access, const struct http_faults *faults, http_handler *handler, void *user);

#endif
