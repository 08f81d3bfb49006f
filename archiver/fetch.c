#include "archiver/fetch.h"

#include "archiver/app.h"
#include "base/limits.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define AT_ONCE 8          /* requests under way */
#define AT_ONCE_PER_HOST 2 /* and to one host: a responder is asked for thousands of certificates in a night */
#define HOST_FAILURES 2    /* in a row: then it is left alone */
#define BACK_OFF_MS 60000  /* for so long, doubled by each further failure */
#define BACK_OFF_MOST_MS 3600000

struct host {
	char *name;
	unsigned failures, active;
	int64_t until; /* not to be asked before, in milliseconds of the monotonic clock */
};

struct fetcher {
	CURLM *multi;
	unsigned seconds;
	char *proxy, *allow_private, *authorities;
	struct host *hosts;
	size_t host_count, host_cap;
};

struct transfer {
	struct fetcher *fetcher;
	struct fetch_request *request;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	char *url;
	size_t host;  /* index in fetcher->hosts */
	size_t first; /* the same for the host that the request names */
	unsigned hops;
	double spent;
	bool refused; /* an address that must not be asked */
	bool too_large;
	char text[CURL_ERROR_SIZE];
};

/* True when `word` stands in the list of allowed private hosts. */
static bool allowed(const struct fetcher *f, const char *word) {
	size_t n = strlen(word);
	for (const char *p = f->allow_private; n && *p;) {
		size_t len = strcspn(p, " \t,");
		if (len == n && !strncasecmp(p, word, n)) return true;
		p += len + strspn(p + len, " \t,");
	}
	return false;
}

static bool may_ask(const struct fetcher *f, const char *host, const struct sockaddr *address) {
	char text[INET6_ADDRSTRLEN] = "";
	if (fetch_address_is_public(address) || allowed(f, host)) return true;
	const void *bytes = address->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
	                                                   : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
	return (address->sa_family == AF_INET || address->sa_family == AF_INET6) &&
	       inet_ntop(address->sa_family, bytes, text, sizeof text) && allowed(f, text);
}

/* The host is the one that the configuration names, not one that it sent us to. */
static bool configured(const struct transfer *t) {
	return t->request->access && t->host == t->first;
}

/* Called after name resolution with the very address that is about to be connected to. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
	struct transfer *t = user;
	if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
	/* With a proxy this is the proxy, which the configuration names. */
	if (!*t->fetcher->proxy && !configured(t) && !may_ask(t->fetcher, t->fetcher->hosts[t->host].name, &address->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take(char *data, size_t size, size_t count, void *user) {
	struct transfer *t = user;
	size_t len = size * count;
	if (len > LIMIT_HTTP_BYTES - t->body.len) {
		t->too_large = true;
		return 0;
	}
	buf_add(&t->body, data, len);
	return len;
}

struct fetcher *fetcher_new(const struct fetch_options *options, struct error *err) {
	/* No other thread runs yet; repeated calls are counted by libcurl. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		error_set(err, ERROR_INTERNAL, "libcurl: could not start");
		return NULL;
	}
	struct fetcher *f = xcalloc(1, sizeof *f);
	f->multi = curl_multi_init();
	f->seconds = options->seconds;
	f->proxy = xstrdup(options->proxy ? options->proxy : "");
	f->allow_private = xstrdup(options->allow_private ? options->allow_private : "");
	f->authorities = xstrdup(options->authorities ? options->authorities : "");
	if (f->multi) return f;
	fetcher_free(f);
	error_set(err, ERROR_INTERNAL, "libcurl: could not start");
	return NULL;
}

void fetcher_free(struct fetcher *f) {
	if (!f) return;
	curl_multi_cleanup(f->multi);
	for (size_t i = 0; i < f->host_count; i++) free(f->hosts[i].name);
	free(f->hosts);
	free(f->proxy);
	free(f->allow_private);
	free(f->authorities);
	free(f);
	curl_global_cleanup();
}

/* The host of an http or https URL as an index; false when the URL is none. */
static bool host_of(struct fetcher *f, const char *url, size_t *index) {
	char *scheme = NULL, *name = NULL;
	bool good = false;
	CURLU *u = curl_url();
	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &name, 0))
		goto out;
	if (strcasecmp(scheme, "http") && strcasecmp(scheme, "https")) goto out;
	good = true;
	/* Brackets around an IPv6 address are URL syntax. */
	size_t len = strlen(name);
	const char *bare = name;
	if (*name == '[' && len > 2) bare++, len -= 2;
	for (*index = 0; *index < f->host_count; ++*index)
		if (strlen(f->hosts[*index].name) == len && !strncasecmp(f->hosts[*index].name, bare, len)) goto out;
	ARRAY_GROW(f->hosts, f->host_count, f->host_cap);
	f->hosts[f->host_count++] = (struct host){.name = xstrndup(bare, len)};
out:
	curl_free(scheme);
	curl_free(name);
	curl_url_cleanup(u);
	return good;
}

/* A proxy resolves names itself: then what is named as a private address or this machine is refused by its name. */
static bool named_private(const struct fetcher *f, const char *host) {
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (allowed(f, host)) return false;
	if (!strcasecmp(host, "localhost")) return true;
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) return !fetch_address_is_public((struct sockaddr *)&in);
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) return !fetch_address_is_public((struct sockaddr *)&in6);
	return false;
}

static bool fail(struct fetch_request *request, enum fetch_fault fault, const char *reason) {
	free(request->failure);
	request->fault = fault;
	request->failure = xstrdup(reason);
	return false;
}

static void transfer_free(struct transfer *t) {
	if (!t) return;
	if (t->easy) {
		curl_multi_remove_handle(t->fetcher->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	buf_dispose(&t->body);
	free(t->url);
	free(t);
}

/* In place of the system's, of which libcurl knows both a file and a folder. */
static void believe(CURL *e, const char *authorities) {
	if (!authorities || !*authorities) return;
	curl_easy_setopt(e, CURLOPT_CAINFO, authorities);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
}

/* To any host but the one that the configuration names, nothing of ours is shown; nor to that one in the clear, when it was to
 * be asked over TLS. */
static void show_access(const struct transfer *t) {
	static const struct fetch_access none = {0};
	bool known = configured(t) && (!strncasecmp(t->url, "https:", 6) || strncasecmp(t->request->url, "https:", 6));
	const struct fetch_access *a = known ? t->request->access : &none;
	bool passwords = a->passwords && *a->passwords, certificate = a->certificate && *a->certificate;
	CURL *e = t->easy;
	curl_easy_setopt(e, CURLOPT_NETRC, (long)(passwords ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED));
	if (passwords) curl_easy_setopt(e, CURLOPT_NETRC_FILE, a->passwords);
	curl_easy_setopt(e, CURLOPT_SSLCERT, certificate ? a->certificate : NULL);
	curl_easy_setopt(e, CURLOPT_SSLKEY, certificate && a->key && *a->key ? a->key : NULL);
	curl_easy_setopt(e, CURLOPT_KEYPASSWD, ""); /* nobody is there in the night to be asked for one */
	believe(e, t->fetcher->authorities);
	believe(e, a->authorities);
}

static void set_condition(struct transfer *t, const char *name, const char *value) {
	if (!value || !*value) return;
	char *line = xasprintf("%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line);
	free(line);
}

static void set_headers(struct transfer *t) {
	const struct fetch_request *q = t->request;
	char *type = xasprintf("Content-Type: %s", q->post_type ? q->post_type : "application/ocsp-request");
	char *accept = q->answer_type ? xasprintf("Accept: %s", q->answer_type) : NULL;
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (q->post) t->headers = curl_slist_append(t->headers, type);
	if (q->post && accept) t->headers = curl_slist_append(t->headers, accept);
	set_condition(t, "If-None-Match", q->etag);
	set_condition(t, "If-Modified-Since", q->modified);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	free(type);
	free(accept);
}

static void prepare(struct transfer *t) {
	const struct fetcher *f = t->fetcher;
	CURL *e = t->easy;
	long left = (long)(((double)f->seconds - t->spent) * 1000);
	t->body.len = 0;
	curl_easy_setopt(e, CURLOPT_URL, t->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "ltvault");
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, left > 1 ? left : 1);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, f->proxy);
	show_access(t);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)LIMIT_HTTP_BYTES);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->text);
	set_headers(t);
	if (!t->request->post) return;
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->request->post_len);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, (const char *)t->request->post);
}

/* Sends t->url; false when it must not be asked, and then the request says why. */
static bool send_off(struct transfer *t) {
	struct fetcher *f = t->fetcher;
	if (!host_of(f, t->url, &t->host)) return fail(t->request, FETCH_NOT_HTTP, "not an http URL");
	if (!t->hops) t->first = t->host;
	struct host *host = &f->hosts[t->host];
	if (!configured(t) && host->until > app_milliseconds())
		return fail(t->request, FETCH_BACK_OFF, "host did not answer earlier in this run");
	if (*f->proxy && !configured(t) && named_private(f, host->name))
		return fail(t->request, FETCH_NOT_PUBLIC, "address is not public");
	prepare(t);
	if (curl_multi_add_handle(f->multi, t->easy)) return fail(t->request, FETCH_FAILED, "could not be asked");
	host->active++;
	return true;
}

/* Goes on to where the answer points. True when it is under way again. */
static bool follow(struct transfer *t) {
	char *to = NULL;
	double took = 0;
	curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
	curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME, &took);
	if (!to) return fail(t->request, FETCH_REDIRECTED, "redirected to nowhere");
	if (++t->hops > LIMIT_HTTP_REDIRECTS) return fail(t->request, FETCH_REDIRECTED, "redirected too often");
	t->spent += took;
	char *url = xstrdup(to);
	free(t->url);
	t->url = url;
	return send_off(t);
}

static void leave_alone(struct host *host, int64_t least) {
	unsigned doublings = host->failures > HOST_FAILURES ? host->failures - HOST_FAILURES : 0;
	int64_t wait = doublings < 6 ? (int64_t)BACK_OFF_MS << doublings : BACK_OFF_MOST_MS;
	if (wait < least) wait = least;
	host->until = app_milliseconds() + (wait < BACK_OFF_MOST_MS ? wait : BACK_OFF_MOST_MS);
}

/* `text`: the library's words. It has one code for a connection that breaks and for an alert of TLS, as which a host tells that it
 * wants a certificate of ours (RFC 8446 4.4.2.4: after the handshake has succeeded here). */
static enum fetch_fault fault_of(CURLcode result, const char *text) {
	switch (result) {
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR: return strstr(text, "SSL routines") ? FETCH_TLS : FETCH_FAILED;
	case CURLE_OPERATION_TIMEDOUT: return FETCH_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING: return FETCH_UNREACHABLE;
	case CURLE_PARTIAL_FILE: return FETCH_TRUNCATED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR: return FETCH_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL: return FETCH_NOT_HTTP;
	default: return FETCH_FAILED;
	}
}

/* What an alert says about who we are, in words for whoever has to set it right. Before TLS 1.3 none says so plainly. */
static const char *wants_certificate(const struct transfer *t, const char *text) {
	const struct fetch_access *a = t->request->access;
	if (strstr(text, "alert certificate required")) return "the host wants a certificate of ours: ";
	if (a && !(a->certificate && *a->certificate) && strstr(text, "alert handshake failure"))
		return "the host may want a certificate of ours: ";
	return "";
}

static bool fail_result(const struct transfer *t, CURLcode result) {
	const char *text = *t->text ? t->text : curl_easy_strerror(result);
	char *words = xasprintf("%s%s", wants_certificate(t, text), text);
	fail(t->request, fault_of(result, text), words);
	free(words);
	return false;
}

/* An answer with a status that is no success and no redirect. */
static bool fail_status(struct fetch_request *q, struct host *host, CURL *easy, long status) {
	char text[64];
	curl_off_t wait = 0;
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
	/* Too Many Requests, Service Unavailable: it says itself that it wants to be left alone. */
	if (status == 429 || (status == 503 && wait > 0)) leave_alone(host, wait < 3600 ? (int64_t)wait * 1000 : BACK_OFF_MOST_MS);
	snprintf(text, sizeof text, "HTTP status %ld", status);
	return fail(q, FETCH_STATUS, text);
}

static bool declared_otherwise(const struct fetch_request *q, CURL *easy) {
	char *type = NULL;
	if (!q->answer_type || curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) || !type) return false;
	size_t len = strcspn(type, "; \t");
	return len != strlen(q->answer_type) || strncasecmp(type, q->answer_type, len) != 0;
}

/* A header of the answer that will be shown again; only what is short and printable. */
static char *header_of(CURL *easy, const char *name) {
	struct curl_header *h;
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK || strlen(h->value) > LIMIT_VALIDATOR_BYTES) return NULL;
	for (const char *p = h->value; *p; p++)
		if (*p < 0x20 || *p > 0x7e) return NULL;
	return xstrdup(h->value);
}

/* What became of a transfer; true when it goes on. */
static bool settle(struct transfer *t, CURLcode result) {
	struct fetch_request *q = t->request;
	struct host *host = &t->fetcher->hosts[t->host];
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	q->status = (int)status;
	curl_multi_remove_handle(t->fetcher->multi, t->easy);
	host->active--;
	if (t->refused) return fail(q, FETCH_NOT_PUBLIC, "address is not public");
	if (t->too_large || result == CURLE_FILESIZE_EXCEEDED) return fail(q, FETCH_TOO_LARGE, "answer is too large");
	if (result) {
		if (++host->failures >= HOST_FAILURES) leave_alone(host, 0);
		return fail_result(t, result);
	}
	host->failures = 0;
	if (status >= 300 && status < 400 && status != 304) return follow(t);
	if (status == 304 && ((q->etag && *q->etag) || (q->modified && *q->modified))) {
		q->unchanged = true;
		return false;
	}
	if (status != 200) return fail_status(q, host, t->easy, status);
	q->fetched = true;
	q->new_etag = header_of(t->easy, "ETag");
	q->new_modified = header_of(t->easy, "Last-Modified");
	q->fault = declared_otherwise(q, t->easy) ? FETCH_WRONG_TYPE : FETCH_NONE;
	q->len = t->body.len;
	q->data = (unsigned char *)buf_take_text(&t->body);
	return false;
}

static struct transfer *begin(struct fetcher *f, struct fetch_request *request) {
	struct transfer *t = xcalloc(1, sizeof *t);
	t->fetcher = f;
	t->request = request;
	t->url = xstrdup(request->url);
	t->easy = curl_easy_init();
	if (t->easy && send_off(t)) return t;
	if (!t->easy) fail(request, FETCH_FAILED, "could not be asked");
	transfer_free(t);
	return NULL;
}

/* Starts what may be started now; returns how many were. `started` marks what was looked at. */
static size_t start_some(struct fetcher *f, struct fetch_request *requests, size_t count, bool *started, size_t active) {
	size_t before = active, host;
	for (size_t i = 0; i < count && active < AT_ONCE; i++) {
		if (started[i]) continue;
		if (host_of(f, requests[i].url, &host) && f->hosts[host].active >= AT_ONCE_PER_HOST) continue;
		started[i] = true;
		active += begin(f, &requests[i]) != NULL;
	}
	return active - before;
}

/* Ends the transfers that are through; returns how many. */
static size_t collect(struct fetcher *f) {
	CURLMsg *message;
	int left;
	size_t ended = 0;
	while ((message = curl_multi_info_read(f->multi, &left))) {
		if (message->msg != CURLMSG_DONE) continue;
		struct transfer *t = NULL;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (settle(t, message->data.result)) continue;
		transfer_free(t);
		ended++;
	}
	return ended;
}

void fetcher_run(struct fetcher *f, struct fetch_request *requests, size_t count) {
	bool *started = xcalloc(count + 1, sizeof *started);
	size_t active = 0;
	int running;
	for (size_t i = 0; i < count; i++) {
		struct fetch_request *q = &requests[i];
		q->fetched = q->unchanged = false;
		q->data = NULL, q->len = 0, q->failure = q->new_etag = q->new_modified = NULL;
		q->fault = FETCH_NONE;
		q->status = 0;
	}
	while ((active += start_some(f, requests, count, started, active)) > 0) {
		curl_multi_perform(f->multi, &running);
		size_t ended = collect(f);
		active -= ended;
		if (!ended && running) curl_multi_poll(f->multi, NULL, 0, 1000, NULL);
	}
	free(started);
}
