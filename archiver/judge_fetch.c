#include "archiver/judge_fetch.h"

#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"
#include "validator/format.h"

#include <stdlib.h>
#include <string.h>

/* One question on its way. */
struct asking {
	struct judge_want *want;
	struct judge_known known; /* what an earlier run got; zero: nothing */
	bool is_known;
	char *get; /* the address with the OCSP request in it; NULL: as it is */
	struct fetch_request request;
};

void judge_source_dispose(struct judge_source *s) {
	fetcher_free(s->fetcher);
	s->fetcher = NULL;
}

void judge_tell_fault(enum object_kind kind, const char *url, enum fetch_fault fault, const char *detail) {
	bool used = fault == FETCH_WRONG_TYPE;
	log_event(used ? LOG_INFO_LEVEL : LOG_WARN_LEVEL, used ? "fetch_odd" : "fetch_failed", "kind", object_kind_name(kind), "url", url,
	          "fault", fetch_fault_name(fault), "detail", *detail ? detail : fetch_fault_text(fault), NULL);
}

static const char *media_type(enum object_kind kind) {
	return kind == OBJECT_OCSP ? "application/ocsp-response" : kind == OBJECT_CRL ? "application/pkix-crl" : NULL;
}

/* RFC 6960 A.1: the request in base64, percent-encoded, as the last part of the path. NULL when that is too long, which
 * intermediate stores do not take (RFC 5019 5), or the address has a query of its own. */
static char *address_with(const struct judge_want *w) {
	struct buf b = {0};
	if (strpbrk(w->url, "?#")) return NULL;
	char *text = base64_encode(w->request, w->request_len);
	size_t len = strlen(w->url);
	buf_add_text(&b, w->url);
	if (!len || w->url[len - 1] != '/') buf_add_byte(&b, '/');
	for (const char *p = text; *p; p++) {
		if (*p == '+' || *p == '/' || *p == '=') buf_printf(&b, "%%%02X", (unsigned)*p);
		else buf_add_byte(&b, (unsigned char)*p);
	}
	free(text);
	if (b.len <= LIMIT_OCSP_GET_BYTES) return buf_take_text(&b);
	buf_dispose(&b);
	return NULL;
}

/* ---- keeping ---- */

static int keep(struct judge_source *s, struct judge_want *w, struct error *err) {
	if (w->kept || !s->options->keep) return 0;
	if (s->options->keep(s->options->keep_user, &w->piece, err)) return -1;
	w->kept = true;
	return 0;
}

int judge_source_load(struct judge_source *s, struct judge_want *w, struct error *err) {
	if (w->piece.data) return keep(s, w, err) ? -1 : 1;
	if (!w->dropped || !s->options->reload) return 0;
	int there = s->options->reload(s->options->keep_user, &w->id, &w->piece.data, &w->piece.len, err);
	if (there <= 0) return there;
	w->piece.url = xstrdup(w->url);
	w->dropped = false;
	return 1;
}

/* Takes over the bytes. */
static int take(struct judge_source *s, struct judge_want *w, unsigned char *data, size_t len, struct error *err) {
	w->piece.data = data;
	w->piece.len = len;
	w->piece.url = xstrdup(w->url);
	sha256_bytes(data, len, w->id.sha256);
	return keep(s, w, err);
}

/* ---- asking ---- */

static int prepare(struct judge_source *s, struct asking *a, struct error *err) {
	struct judge_want *w = a->want;
	bool remembered = !w->request && w->piece.question && s->options->recall;
	int known = remembered ? s->options->recall(s->options->keep_user, w->piece.question, &a->known, err) : 0;
	if (known < 0) return -1;
	a->is_known = known > 0;
	if (w->request && !w->posted) a->get = address_with(w);
	a->request = (struct fetch_request){.url = a->get ? a->get : w->url,
	                                    .post = a->get ? NULL : w->request,
	                                    .post_len = a->get ? 0 : w->request_len,
	                                    .answer_type = media_type(w->piece.kind),
	                                    .etag = a->known.etag,
	                                    .modified = a->known.modified};
	w->asked = true;
	w->posted = !a->get;
	return 0;
}

static void asking_dispose(struct asking *a) {
	free(a->known.etag);
	free(a->known.modified);
	free(a->get);
	free(a->request.data);
	free(a->request.failure);
	free(a->request.new_etag);
	free(a->request.new_modified);
	*a = (struct asking){0};
}

/* 1: to be asked once more, otherwise. */
static int settle(struct judge_source *s, struct asking *a, struct error *err) {
	struct judge_want *w = a->want;
	struct fetch_request *q = &a->request;
	if (q->unchanged) {
		unsigned char *data = NULL;
		size_t len = 0;
		int there = s->options->reload ? s->options->reload(s->options->keep_user, &a->known.id, &data, &len, err) : 0;
		if (there < 0) return -1;
		if (!there) return 1; /* lost since: then it is fetched whole */
		w->kept = true;
		return take(s, w, data, len, err);
	}
	/* Not every responder knows GET; one that has too much to do says so whatever it is asked (RFC 6585 4, RFC 9110 15.6.4). */
	if (a->get && q->fault == FETCH_STATUS && q->status != 429 && q->status != 503) return 1;
	if (q->fault) judge_tell_fault(w->piece.kind, w->url, q->fault, q->failure ? q->failure : "");
	if (!q->fetched) return 0;
	if (!q->len) {
		judge_tell_fault(w->piece.kind, w->url, FETCH_EMPTY, "");
		return a->get != NULL;
	}
	w->piece.etag = q->new_etag;
	w->piece.modified = q->new_modified;
	q->new_etag = q->new_modified = NULL;
	unsigned char *data = q->data;
	q->data = NULL;
	return take(s, w, data, q->len, err);
}

static int ask(struct judge_source *s, struct asking *items, size_t count, struct error *err) {
	struct fetch_request *requests = xcalloc(count + 1, sizeof *requests);
	const struct conf *conf = s->app->conf;
	char *authorities = app_path(s->app, conf_text(conf, CONF_network_authorities));
	const struct fetch_options o = {.seconds = (unsigned)conf_number(conf, CONF_network_timeout), .proxy = conf_text(conf, CONF_network_proxy),
	                                .allow_private = conf_text(conf, CONF_network_allow_private),
	                                .authorities = *conf_text(conf, CONF_network_authorities) ? authorities : NULL};
	int rc = s->fetcher || (s->fetcher = fetcher_new(&o, err)) ? 0 : -1;
	for (size_t i = 0; i < count; i++) requests[i] = items[i].request;
	if (!rc) fetcher_run(s->fetcher, requests, count);
	for (size_t i = 0; i < count; i++) items[i].request = requests[i];
	free(requests);
	free(authorities);
	return rc;
}

/* What did not do at first, once more: posted, and without a condition. */
static size_t once_more(struct asking *items, size_t count, const bool *again) {
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		struct judge_want *w = items[i].want;
		asking_dispose(&items[i]);
		if (!again[i]) continue;
		w->posted = true;
		items[n++] = (struct asking){.want = w, .request = {.url = w->url, .post = w->request, .post_len = w->request_len,
		                             .answer_type = media_type(w->piece.kind)}};
	}
	return n;
}

int judge_source_ask(struct judge_source *s, struct error *err) {
	size_t count;
	struct judge_want **open = judge_cache_open(s->cache, &count);
	struct asking *items = xcalloc(count + 1, sizeof *items);
	bool *again = xcalloc(count + 1, sizeof *again);
	int rc = 0;
	for (size_t i = 0; i < count; i++) items[i].want = open[i];
	for (size_t i = 0; !rc && i < count; i++) rc = prepare(s, &items[i], err);
	for (int turn = 0; !rc && count && turn < 2; turn++) {
		rc = ask(s, items, count, err);
		for (size_t i = 0; !rc && i < count; i++) {
			int more = settle(s, &items[i], err);
			if (more < 0) rc = -1;
			again[i] = more > 0;
		}
		if (!rc && !turn) count = once_more(items, count, again);
	}
	for (size_t i = 0; i < count; i++) asking_dispose(&items[i]);
	free(again);
	free(items);
	free(open);
	return rc;
}
