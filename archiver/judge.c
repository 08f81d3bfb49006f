#include "archiver/judge.h"

#include "archiver/json_get.h"
#include "archiver/judge_fetch.h"
#include "archiver/log.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct judge {
	const struct app *app;
	struct judge_options options;
	struct workers *workers;
	struct judge_source source;
	bool own_cache, offline;
	enum revocation_mode revocation;
};

/* One item on its way through the rounds. */
struct course {
	struct judge_item *item;
	struct worker_job job;
	struct val_blob *evidence; /* the item's and what came */
	json_t *wants;             /* of the latest report */
	bool active;
};

static enum revocation_mode revocation_of(const struct conf *conf) {
	const char *word = conf_text(conf, CONF_validation_revocation);
	return !strcmp(word, "off") ? REVOCATION_OFF : !strcmp(word, "soft") ? REVOCATION_SOFT : REVOCATION_HARD;
}

struct judge *judge_start(struct app *app, const struct judge_options *options, struct error *err) {
	const struct conf *conf = app->conf;
	struct judge *j = xcalloc(1, sizeof *j);
	j->app = app;
	if (options) j->options = *options;
	j->offline = j->options.offline || conf_yes(conf, CONF_network_offline);
	j->revocation = revocation_of(conf);
	j->own_cache = !app->fetched;
	j->source = (struct judge_source){app, &j->options, NULL, app->fetched ? app->fetched : judge_cache_new()};
	char *trust = app_path(app, conf_text(conf, CONF_validation_trust));
	char *policy = *conf_text(conf, CONF_validation_policy) ? app_path(app, conf_text(conf, CONF_validation_policy)) : NULL;
	const char *configured[] = {trust};
	struct workers_options o = {
		.count = j->options.workers ? j->options.workers : (size_t)conf_number(conf, CONF_validation_workers),
		.trust = j->options.trust_count ? j->options.trust : configured,
		.trust_count = j->options.trust_count ? j->options.trust_count : *conf_text(conf, CONF_validation_trust) ? 1 : 0,
		.policy = policy,
		.require_sandbox = !strcmp(conf_text(conf, CONF_validation_sandbox), "require"),
	};
	j->workers = workers_start(&o, err);
	free(trust);
	free(policy);
	if (j->workers) return j;
	judge_stop(j);
	return NULL;
}

void judge_stop(struct judge *j) {
	if (!j) return;
	workers_stop(j->workers);
	judge_source_dispose(&j->source);
	if (j->own_cache) judge_cache_free(j->source.cache);
	free(j);
}

json_t *judge_policy_id(const struct judge *j) {
	return workers_policy_id(j->workers);
}

/* The caller's evidence and whatever came for this item in earlier rounds. */
static void fill(const struct judge *j, struct course *c) {
	struct judge_item *item = c->item;
	struct val_request *q = &c->job.request;
	size_t count = 0;
	free(c->evidence);
	c->evidence = xcalloc(item->evidence_count + item->used_count + 1, sizeof *c->evidence);
	for (size_t i = 0; i < item->evidence_count; i++) c->evidence[count++] = item->evidence[i];
	for (size_t i = 0; i < item->used_count; i++)
		c->evidence[count++] = (struct val_blob){item->used[i]->data, item->used[i]->len};
	*q = item->more ? *item->more : (struct val_request){0};
	q->document = (struct val_blob){item->data, item->len};
	q->grace = conf_duration(j->app->conf, CONF_validation_grace);
	q->at = item->at ? item->at : j->app->now;
	q->revocation = j->revocation;
	q->evidence = c->evidence;
	q->evidence_count = count;
	q->data = item->companions;
	q->data_count = item->companion_count;
	q->proofs = item->proofs;
	q->proof_count = item->proof_count;
	c->job.path = item->path;
	c->job.user = c;
}

static void unload(struct judge_item *item) {
	if (item->unload) item->unload(item);
}

/* What no worker could read as evidence is none: it is told once and given to nobody again. */
static void drop_unreadable(struct course *c, json_t *report) {
	struct judge_item *item = c->item;
	const json_t *places = json_object_get(report, "unreadable"), *place;
	size_t index, kept = 0;
	json_array_foreach(places, index, place) {
		size_t at = (size_t)json_integer_value(place) - item->evidence_count;
		if (at >= item->used_count) continue; /* the caller's own, or not a place: a worker's word is not trusted */
		struct judge_piece *piece = (struct judge_piece *)(uintptr_t)item->used[at];
		if (!piece->unreadable) judge_tell_fault(piece->kind, piece->url, FETCH_UNREADABLE, "");
		piece->unreadable = true;
	}
	for (size_t i = 0; i < item->used_count; i++)
		if (!item->used[i]->unreadable) item->used[kept++] = item->used[i];
	item->used_count = kept;
	json_object_del(report, "unreadable");
}

/* A job that came back: the report is the item's, the wants are ours. */
static void take_back(struct worker_job *job) {
	struct course *c = job->user;
	unload(c->item);
	drop_unreadable(c, job->report);
	json_decref(c->item->report);
	json_decref(c->wants);
	c->item->report = job->report;
	job->report = NULL;
	c->wants = c->item->alone ? NULL : json_incref(json_object_get(c->item->report, "wants"));
	json_object_del(c->item->report, "wants");
}

/* Judges every active item once; each is in memory only from the moment a worker is free for it, or soon will be. */
static int judge_round(struct judge *j, struct course *courses, size_t count, struct error *err) {
	size_t under_way = 0, most = workers_most(j->workers);
	struct worker_job *back;
	int rc = 0;
	for (size_t i = 0; !rc && i < count; i++) {
		struct course *c = &courses[i];
		if (!c->active) continue;
		if (under_way == most && (back = workers_take(j->workers, err))) take_back(back), under_way--;
		int loaded = c->item->load ? c->item->load(c->item, err) : 0;
		if (loaded < 0) rc = -1;
		if (loaded) continue;
		fill(j, c);
		rc = workers_submit(j->workers, &c->job, err);
		if (rc) unload(c->item);
		else under_way++;
	}
	while ((back = workers_take(j->workers, err))) take_back(back);
	return rc;
}

static bool already_used(const struct judge_item *item, const struct judge_piece *piece) {
	for (size_t i = 0; i < item->used_count; i++)
		if (item->used[i] == piece) return true;
	return false;
}

/* One more piece for an item, when it is there and new to it. */
static int give(struct judge *j, struct judge_item *item, struct judge_want *w, struct error *err) {
	int there = w ? judge_source_load(&j->source, w, err) : 0;
	if (there > 0 && !w->piece.unreadable && !already_used(item, &w->piece)) item->used[item->used_count++] = &w->piece;
	return there < 0 ? -1 : 0;
}

/* Gives an item what came for its wants; 1 when there is something it did not have. */
static int supply(struct judge *j, struct course *c, struct error *err) {
	struct judge_item *item = c->item;
	size_t index, before = item->used_count, wants = json_array_size(c->wants);
	json_t *want;
	item->used = xreallocarray(item->used, before + 2 * wants + 1, sizeof(const struct judge_piece *));
	json_array_foreach(c->wants, index, want) {
		if (index >= LIMIT_WANTS) break;
		struct judge_want *w = judge_cache_of(j->source.cache, want);
		if (w && (give(j, item, w, err) || give(j, item, w->again, err))) return -1;
	}
	return item->used_count > before;
}

/* Notes what is wanted. What GET gave and is still wanted did not satisfy: a responder may have it from a store of
 * old answers, or not know GET, so the question is posted as well. */
static void note_wants(struct judge *j, const struct course *c) {
	size_t index;
	json_t *want;
	json_array_foreach(c->wants, index, want) {
		if (index >= LIMIT_WANTS) break;
		struct judge_want *w = judge_cache_of(j->source.cache, want);
		if (w && w->asked && !w->posted && w->request && (w->piece.unreadable || already_used(c->item, &w->piece)))
			judge_cache_again(j->source.cache, w);
	}
}

static int fetch_round(struct judge *j, struct course *courses, size_t count, bool *more, struct error *err) {
	*more = false;
	for (size_t i = 0; i < count; i++)
		if (courses[i].active) note_wants(j, &courses[i]);
	if (judge_source_ask(&j->source, err)) return -1;
	for (size_t i = 0; i < count; i++) {
		struct course *c = &courses[i];
		int got = c->active && json_array_size(c->wants) ? supply(j, c, err) : 0;
		if (got < 0) return -1;
		c->active = got > 0;
		*more |= c->active;
	}
	return 0;
}

static bool names(const json_t *list, const char *hex) {
	const json_t *word;
	size_t i;
	json_array_foreach(list, i, word) if (json_is_string(word) && !strcmp(hex, json_string_value(word))) return true;
	return false;
}

/* A list or an answer that speaks for no certificate with authority is evidence of nothing, however well-formed, and so is a
 * certificate that issued none of a path: it was stored when it came, but it is not the document's. */
static void drop_unaccepted(struct judge_item *item) {
	const json_t *accepted = json_object_get(item->report, "accepted"), *idle = json_object_get(item->report, "idle");
	size_t kept = 0;
	for (size_t i = 0; accepted && i < item->used_count; i++) {
		const struct judge_piece *piece = item->used[i];
		unsigned char sha256[SHA256_SIZE];
		char hex[SHA256_HEX];
		sha256_bytes(piece->data, piece->len, sha256);
		hex_encode(sha256, sizeof sha256, hex);
		/* In PEM, or several in one, it has another digest than what is inside. */
		bool stays = piece->kind == OBJECT_CERTIFICATE ? !names(idle, hex) : piece->data[0] != 0x30 || names(accepted, hex);
		if (stays) item->used[kept++] = piece;
		else log_event(LOG_INFO_LEVEL, "evidence_not_accepted", "kind", object_kind_name(piece->kind), "url", piece->url, "sha256", hex, NULL);
	}
	if (accepted) item->used_count = kept;
	json_object_del(item->report, "accepted");
	json_object_del(item->report, "idle");
}

int judge_run(struct judge *j, struct judge_item *items, size_t count, struct error *err) {
	struct course *courses = xcalloc(count + 1, sizeof *courses);
	judge_cache_trim(j->source.cache);
	for (size_t i = 0; i < count; i++) {
		items[i].report = NULL;
		items[i].used = NULL;
		items[i].used_count = 0;
		courses[i] = (struct course){.item = &items[i], .active = true};
	}
	int rc = 0;
	bool more = true;
	for (int round = 1; !rc && more; round++) {
		rc = judge_round(j, courses, count, err);
		more = !rc && !j->offline && round < LIMIT_JUDGE_ROUNDS;
		if (more) rc = fetch_round(j, courses, count, &more, err);
	}
	for (size_t i = 0; i < count; i++) {
		json_decref(courses[i].wants);
		free(courses[i].evidence);
		if (!rc && items[i].report) drop_unaccepted(&items[i]);
		if (!rc) continue;
		json_decref(items[i].report);
		free(items[i].used);
		items[i].report = NULL;
		items[i].used = NULL;
	}
	free(courses);
	return rc;
}

const char *report_indication(const json_t *report) {
	return text_at(report, "indication");
}

const char *report_sub_indication(const json_t *report) {
	return text_at(report, "sub_indication");
}
