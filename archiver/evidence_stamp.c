#include "archiver/evidence_private.h"

#include "archiver/conf.h"
#include "archiver/log.h"
#include "archiver/verify_fixity.h"

#include <stdlib.h>
#include <string.h>

utime evidence_due(const struct evidence *e, utime begin, utime until) {
	utime margin = conf_duration(e->app->conf, CONF_evidence_margin);
	if (until == UTIME_NONE || until <= begin) return until;
	return until - (margin > (until - begin) / 2 ? (until - begin) / 2 : margin);
}

bool evidence_is_due(const struct evidence *e, utime begin, utime until) {
	return until != UTIME_NONE && evidence_due(e, begin, until) <= e->app->now;
}

/* Parallel time-stamps are worth their name when they come from different authorities (RFC 4998 7). */
static const char *other_than(const struct evidence *e, unsigned series) {
	const char *url = NULL;
	for (size_t i = 0; series > 1 && i < e->count; i++)
		if (e->stamps[i].series < series) url = e->stamps[i].url;
	return url && *url ? url : NULL;
}

static void log_stamp(const struct evidence_stamp *s) {
	char number[24], leaves[24], series[24], until[UTIME_TEXT_MAX];
	log_event(LOG_INFO_LEVEL, "evidence-stamped", "number", log_number(s->number, number), "kind",
		  evidence_kind_name(s->kind), "series", log_number(s->series, series), "leaves",
		  log_number(s->leaves, leaves), "authority", s->url, "until", utime_text(s->until, until), NULL);
}

static void count_stamp(const struct evidence_stamp *s, struct evidence_counts *counts) {
	if (s->kind == EVIDENCE_ROUND) {
		counts->rounds++;
		counts->objects += s->leaves;
	} else if (s->kind == EVIDENCE_RENEWAL) {
		counts->renewals++;
	} else {
		counts->rehashes++;
	}
}

/* The token and what it makes of the tree that waited; taken over on success. */
static int commit(struct evidence *e, struct evidence_stamp *stamp, const struct tsa_token *token, struct error *err) {
	struct batch *batch = store_begin(e->app->store, e->app->now);
	batch_put(batch, OBJECT_ARCHIVE_TIMESTAMP, token->der, token->len, &stamp->token, NULL);
	evidence_clear_pending(batch, stamp);
	evidence_put_stamp(batch, e, stamp);
	if (stamp->kind == EVIDENCE_ROUND && evidence_make_due(e, batch, stamp, err)) {
		batch_abort(batch);
		return -1;
	}
	if (batch_commit(batch, err)) return -1;
	evidence_keep(e, stamp);
	return 0;
}

/* What an authority sent is judged once more as everyone will judge it: 0 good, 1 not, -1. */
static int take(struct evidence *e, struct evidence_stamp *stamp, const struct tsa_token *token,
		const unsigned char *root, struct error *err) {
	struct evidence_worth worth = {0};
	if (e->authority->examine(e->authority->user, token->der, token->len, stamp->alg, root, &worth, err)) return -1;
	if (!worth.passed)
		log_event(LOG_WARN_LEVEL, "evidence-token-refused", "authority", token->url, "reason", worth.why, NULL);
	stamp->gen_time = token->gen_time;
	stamp->until = worth.until;
	stamp->digest_until = worth.digest_until;
	memcpy(stamp->authority, worth.authority, sizeof stamp->authority);
	int rc = worth.passed ? 0 : 1;
	if (!rc) {
		stamp->url = xstrdup(token->url);
		stamp->name = xstrdup(worth.name ? worth.name : "");
		stamp->limit = xstrdup(worth.limit ? worth.limit : "");
		stamp->detail = xstrdup(worth.detail ? worth.detail : "");
	}
	evidence_worth_dispose(&worth);
	return rc;
}

static int stamp_tree(struct evidence *e, struct evidence_stamp *stamp, struct error *err) {
	struct tsa_token token = {0};
	const struct evidence_top *top = evidence_read_top(e, &stamp->tree, err);
	if (!top) return -1;
	const unsigned char *root = ers_tree_root(top->tree);
	int rc = e->authority->stamp(e->authority->user, other_than(e, stamp->series), stamp->alg, root, &token, err);
	if (!rc) rc = take(e, stamp, &token, root, err);
	if (!rc) rc = commit(e, stamp, &token, err);
	free(token.der);
	return rc;
}

int evidence_settle(struct evidence *e, unsigned series, enum evidence_kind kind, struct evidence_counts *counts,
		    struct error *err) {
	struct evidence_stamp stamp;
	char number[24];
	int rc = evidence_pending(e, series, kind, &stamp, err);
	if (rc <= 0) return rc;
	rc = stamp_tree(e, &stamp, err);
	if (!rc) {
		count_stamp(&stamp, counts);
		log_stamp(&stamp);
		return 0; /* the model has its strings */
	}
	if (rc > 0) {
		counts->waiting++;
		app_worsen(e->app, EXIT_FINDINGS);
		log_event(LOG_WARN_LEVEL, "evidence-waiting", "kind", evidence_kind_name(kind), "series",
			  log_number(series, number), "reason", "no authority gave a time-stamp", NULL);
	}
	evidence_stamp_dispose(&stamp);
	return rc;
}
