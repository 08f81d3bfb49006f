#include "archiver/tsa.h"

#include "archiver/fetch.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"
#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"
#include "validator/format.h"
#include "validator/tsp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define NONCE_BYTES 16
#define BACK_OFF_MS 5000 /* after a failure, doubled by each further one */
#define BACK_OFF_MOST_MS 600000

struct authority {
	char *url;
	unsigned failures; /* in a row */
	int64_t until;     /* not to be asked before, in milliseconds of the monotonic clock */
};

struct tsa {
	struct app *app;
	struct judge *judge;
	struct authority *authorities;
	size_t count, cap;
	char *passwords, *certificate, *key, *vouchers; /* files; "" for none */
	struct fetch_access access;
	struct fetcher *fetcher; /* made when something is asked first */
};

/* ---- settings ---- */

static int take_file(const struct app *app, enum setting setting, char **path, struct error *err) {
	const char *name = conf_text(app->conf, setting);
	const struct setting_row *row = &conf_rows()[setting];
	*path = *name ? app_path(app, name) : xstrdup("");
	if (!**path || access(*path, R_OK) == 0) return 0;
	error_set(err, ERROR_CONFIG, "%s.%s: %s: could not be read", row->section, row->key, *path);
	return -1;
}

static int take_urls(struct tsa *tsa, struct error *err) {
	char *text = xstrdup(conf_text(tsa->app->conf, CONF_timestamp_urls)), *rest = text, *url;
	int rc = 0;
	while (!rc && (url = conf_next(&rest))) {
		bool http = !strncmp(url, "http://", 7) || !strncmp(url, "https://", 8);
		/* Addresses are in the log and in reports: no secret belongs there. */
		if (!http || strlen(url) > LIMIT_URL_BYTES || strchr(url, '@')) {
			rc = error_set(err, ERROR_CONFIG,
				       "timestamp.urls: one is not an address of http or https without a user name");
			break;
		}
		ARRAY_GROW(tsa->authorities, tsa->count, tsa->cap);
		tsa->authorities[tsa->count++] = (struct authority){.url = xstrdup(url)};
	}
	free(text);
	return rc;
}

/* The text is for clerks; the log has the address. */
static void warn_of_passwords(const struct tsa *tsa) {
	for (size_t i = 0; i < tsa->count && *tsa->passwords; i++)
		if (!strncmp(tsa->authorities[i].url, "http://", 7))
			log_event(LOG_WARN_LEVEL, "timestamp.password_in_clear", "url", tsa->authorities[i].url, "text",
				  _("a name and password for this authority would go over the network in the clear: use https in timestamp.urls"), NULL);
}

static int check_policy(const struct app *app, struct error *err) {
	static const unsigned char nothing[DIGEST_MAX];
	const char *policy = conf_text(app->conf, CONF_timestamp_policy);
	struct tsp_query query = {.alg = DIGEST_SHA256, .digest = nothing, .policy = policy};
	struct buf request = {0};
	bool good = tsp_request(&query, &request);
	buf_dispose(&request);
	return good ? 0 : error_set(err, ERROR_CONFIG, "timestamp.policy: \"%s\" is no object identifier", policy);
}

struct tsa *tsa_open(struct app *app, struct judge *judge, struct error *err) {
	struct tsa *tsa = xcalloc(1, sizeof *tsa);
	tsa->app = app;
	tsa->judge = judge;
	if (check_policy(app, err) || take_urls(tsa, err) ||
	    take_file(app, CONF_timestamp_passwords, &tsa->passwords, err) ||
	    take_file(app, CONF_timestamp_certificate, &tsa->certificate, err) ||
	    take_file(app, CONF_timestamp_key, &tsa->key, err) ||
	    take_file(app, CONF_timestamp_authorities, &tsa->vouchers, err)) {
		tsa_close(tsa);
		return NULL;
	}
	warn_of_passwords(tsa);
	tsa->access = (struct fetch_access){tsa->passwords, tsa->certificate, tsa->key, tsa->vouchers};
	return tsa;
}

void tsa_close(struct tsa *tsa) {
	if (!tsa) return;
	for (size_t i = 0; i < tsa->count; i++) free(tsa->authorities[i].url);
	fetcher_free(tsa->fetcher);
	free(tsa->authorities);
	free(tsa->passwords);
	free(tsa->certificate);
	free(tsa->key);
	free(tsa->vouchers);
	free(tsa);
}

/* ---- one authority ---- */

static void tell(struct authority *a, const char *fault, const char *text, const char *detail) {
	char failures[24];
	unsigned doublings = a->failures < 8 ? a->failures : 8;
	int64_t wait = (int64_t)BACK_OFF_MS << doublings;
	a->failures++;
	a->until = app_milliseconds() + (wait < BACK_OFF_MOST_MS ? wait : BACK_OFF_MOST_MS);
	log_event(LOG_WARN_LEVEL, "timestamp_failed", "url", a->url, "fault", fault, "text", text, "detail",
		  detail && *detail ? detail : NULL, "failures", log_number(a->failures, failures), NULL);
}

/* 1: an answer came; 0: none, which is told; -1 with err. */
static int ask(struct tsa *tsa, struct authority *a, const struct buf *request, struct fetch_request *q,
	       struct error *err) {
	const struct conf *conf = tsa->app->conf;
	const struct fetch_options options = {.seconds = (unsigned)conf_number(conf, CONF_network_timeout),
					      .proxy = conf_text(conf, CONF_network_proxy),
					      .allow_private = conf_text(conf, CONF_network_allow_private)};
	*q = (struct fetch_request){.url = a->url,
				    .post = request->data,
				    .post_len = request->len,
				    .post_type = "application/timestamp-query",
				    .answer_type = "application/timestamp-reply",
				    .access = &tsa->access};
	if (!tsa->fetcher && !(tsa->fetcher = fetcher_new(&options, err))) return -1;
	fetcher_run(tsa->fetcher, q, 1);
	if (q->fault == FETCH_WRONG_TYPE)
		log_event(LOG_WARN_LEVEL, "timestamp_odd", "url", a->url, "fault", fetch_fault_name(q->fault), "text",
			  fetch_fault_text(q->fault), NULL);
	if (q->fetched && q->len) return 1;
	enum fetch_fault fault = q->fetched ? FETCH_EMPTY : q->fault;
	tell(a, fetch_fault_name(fault), fetch_fault_text(fault), q->failure);
	return 0;
}

/* The report of the judgement; NULL with err when the run failed. */
static json_t *judge(struct tsa *tsa, const struct buf *request, const struct fetch_request *q, bool with_anchor,
		     struct error *err) {
	const struct val_request more = {.query = {request->data, request->len},
					 .tolerance = conf_duration(tsa->app->conf, CONF_timestamp_tolerance),
					 .with_anchor = with_anchor};
	struct judge_item item = {.data = q->data, .len = q->len, .more = &more, .at = app_time(tsa->app)};
	if (judge_run(tsa->judge, &item, 1, err)) return NULL;
	free(item.used);
	return item.report;
}

/* The first finding that is an error: a person reads the log, and a sub-indication alone says little. */
static const char *first_error(const json_t *report) {
	const json_t *signature, *finding;
	size_t i, k;
	json_array_foreach(json_object_get(report, "signatures"), i, signature)
		json_array_foreach(json_object_get(signature, "findings"), k, finding)
			if (!strcmp(text_at(finding, "severity"), "error")) return text_at(finding, "code");
	return "";
}

static enum tsp_fault fault_named(const char *name) {
	for (int i = TSP_NONE + 1; i < TSP_FAULTS; i++)
		if (!strcmp(tsp_fault_name((enum tsp_fault)i), name)) return (enum tsp_fault)i;
	return TSP_UNREADABLE; /* no such name: this is the report about a worker that was lost */
}

/* 1 with the token; 0 when it is not usable, which is told. */
static int take_token(struct authority *a, const json_t *report, struct tsa_token *token) {
	const json_t *fault = json_object_get(report, "fault");
	const char *text = text_at(report, "token");
	struct buf der = {0};
	bool good = json_is_null(fault) && utime_parse(text_at(report, "gen_time"), &token->gen_time) &&
		    base64_decode((const unsigned char *)text, strlen(text), &der) && der.len;
	if (!good) {
		enum tsp_fault which = fault_named(text_at(report, "fault"));
		const char *why = text_at(report, "fault_detail"), *first = first_error(report);
		char *detail = xasprintf("%s%s%s", why, *why && *first ? ", " : "", first);
		tell(a, tsp_fault_name(which), tsp_fault_text(which), detail);
		free(detail);
		buf_dispose(&der);
		return 0;
	}
	a->failures = 0;
	token->len = der.len;
	token->der = (unsigned char *)buf_take_text(&der);
	token->url = a->url;
	return 1;
}

static int stamp_at(struct tsa *tsa, struct authority *a, struct tsp_query *query, bool with_anchor,
		    struct tsa_token *token, struct error *err) {
	unsigned char nonce[NONCE_BYTES];
	struct buf request = {0};
	struct fetch_request q = {0};
	json_t *report = NULL;
	if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce) return error_errno(err, "random numbers");
	nonce[0] |= 0x40; /* never a short number */
	query->nonce = nonce;
	query->nonce_len = sizeof nonce;
	if (!tsp_request(query, &request))
		return error_set(err, ERROR_INTERNAL, "time-stamp: %s is not available", digest_name(query->alg));
	int rc = ask(tsa, a, &request, &q, err);
	if (rc > 0) {
		report = judge(tsa, &request, &q, with_anchor, err);
		rc = report ? take_token(a, report, token) : -1;
	}
	json_decref(report);
	free(q.data);
	free(q.failure);
	free(q.new_etag);
	free(q.new_modified);
	buf_dispose(&request);
	return rc;
}

static int stamp_any(struct tsa *tsa, const char *other_than, bool with_anchor, enum digest_alg alg,
		     const unsigned char *digest, struct tsa_token *token, struct error *err) {
	struct tsp_query query = {
		.alg = alg, .digest = digest, .policy = conf_text(tsa->app->conf, CONF_timestamp_policy)};
	*token = (struct tsa_token){0};
	if (conf_yes(tsa->app->conf, CONF_network_offline)) return 1;
	for (size_t i = 0; i < tsa->count; i++) {
		struct authority *a = &tsa->authorities[i];
		if (a->until > app_milliseconds() && a->failures) continue;
		if (other_than && !strcmp(a->url, other_than)) continue;
		int got = stamp_at(tsa, a, &query, with_anchor, token, err);
		if (got) return got < 0 ? -1 : 0;
	}
	return 1;
}

int tsa_stamp(struct tsa *tsa, enum digest_alg alg, const unsigned char *digest, struct tsa_token *token,
	      struct error *err) {
	return stamp_any(tsa, NULL, false, alg, digest, token, err);
}

int tsa_stamp_archive(struct tsa *tsa, const char *other_than, enum digest_alg alg, const unsigned char *digest,
		      struct tsa_token *token, struct error *err) {
	return stamp_any(tsa, other_than, true, alg, digest, token, err);
}
