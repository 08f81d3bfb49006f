#include "archiver/scrub_parts.h"

#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/progress.h"
#include "archiver/verify_fixity.h"
#include "base/mem.h"
#include "base/thread.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct run {
	struct app *app;
	const struct scrub_run_options *options;
	struct scrub_counts *counts;
	struct error *err;
	struct fixity fixity;
	struct scrub_options how;
	struct scrubber *scrubber;
	struct scrub_sort *sort;
	struct scrub_plan plan;
	struct batch *batch;
	struct progress *progress;
	json_t *stretches;
	struct buf proofs; /* nonce and proofs, of which the run's digest is made */
	uint64_t pack_bad; /* in the pack at hand: bytes that are no object's */
	json_t *pack_first;
	bool direct;
	int rc;
};

json_t *scrub_counts_json(const struct scrub_counts *counts) {
	json_t *json = json_object();
#define SCRUB_COUNT(name, text) json_object_set_new(json, #name, json_integer((json_int_t)counts->name));
#include "archiver/scrub_count.def"
#undef SCRUB_COUNT
	return json;
}

/* ---- what was found ---- */

static uint64_t *counter(struct scrub_counts *c, enum scrub_state state) {
	switch (state) {
	case SCRUB_GOOD: return &c->objects;
	case SCRUB_MISSING: return &c->missing;
	case SCRUB_DAMAGED: return &c->damaged;
	case SCRUB_UNREADABLE: return &c->unreadable;
	case SCRUB_SUBSTITUTED: return &c->substituted;
	case SCRUB_MISPLACED: return &c->misplaced;
	case SCRUB_EXTRA: return &c->extra;
	case SCRUB_OLDER: return &c->older;
	case SCRUB_INDEX: return &c->index;
	case SCRUB_FRAME: return &c->frame;
	case SCRUB_STATES: break;
	}
	return NULL;
}

static char *whose(struct run *r, const struct object_info *info) {
	uint64_t number = 0;
	if (info->kind == OBJECT_DOCUMENT && records_by_object(r->app->store, &info->id, &number, NULL) == 1)
		return xasprintf("record %" PRIu64, number);
	return xstrdup(object_kind_name(info->kind));
}

static char *detail_of(struct run *r, const struct scrub_found *found) {
	char actual[OBJECT_ID_TEXT_MAX], *owner = whose(r, &found->info), *text;
	if (object_id_is_zero(&found->actual))
		text = xasprintf("%s: %s", owner, scrub_state_name(found->state));
	else if (object_id_equal(&found->actual, &found->info.id))
		text = xasprintf("%s: read right only the second time", owner);
	else
		text = xasprintf("%s: %s: the stored bytes have the digest %s", owner, scrub_state_name(found->state),
				 object_id_text(&found->actual, actual));
	free(owner);
	return text;
}

static void tell_frame(struct run *r, const struct scrub_found *found) {
	char pack[24], at[24], size[24];
	if (!r->pack_bad++)
		r->pack_first = json_pack("{s:s, s:I, s:I}", "state", scrub_state_name(found->state), "offset",
					  (json_int_t)found->info.offset, "size", (json_int_t)found->info.size);
	log_event(LOG_ERROR_LEVEL, "pack-damage", "pack", log_number(found->info.pack, pack), "state", scrub_state_name(found->state),
		  "byte", log_number(found->info.offset, at), "size", log_number(found->info.size, size), NULL);
	app_worsen(r->app, EXIT_DAMAGE);
}

/* Bad objects are noted by name; what is bad and nobody's, by its pack. */
static int note(void *user, const struct scrub_found *found, struct error *err) {
	struct run *r = user;
	(void)err;
	if (found->state == SCRUB_OLDER) {
		r->counts->older++;
		return 0;
	}
	if (store_loss_is_accepted(r->app->store, &found->info.id)) r->counts->accepted++;
	else ++*counter(r->counts, found->state);
	if (found->state == SCRUB_FRAME || found->state == SCRUB_EXTRA) {
		tell_frame(r, found);
		return 0;
	}
	if (found->state == SCRUB_INDEX) {
		char text[OBJECT_ID_TEXT_MAX];
		log_event(LOG_ERROR_LEVEL, "catalogue-damage", "object", object_id_text(&found->info.id, text), "remedy", "ltvault rebuild",
			  NULL);
		app_worsen(r->app, EXIT_DAMAGE);
		return 0;
	}
	char *detail = detail_of(r, found);
	fixity_tell_bad(&r->fixity, r->app, r->batch, &found->info.id, found->state == SCRUB_MISSING ? OBJECT_MISSING : OBJECT_DAMAGED, detail);
	free(detail);
	return 0;
}

static int listen(void *user, const struct scrub_found *found, struct error *err) {
	struct run *r = user;
	if (found->state != SCRUB_GOOD) {
		scrub_sort_add(r->sort, found);
		return 0;
	}
	r->counts->objects++;
	if (fixity_known(&r->fixity, &found->info.id) == OBJECT_PRESENT) return 0;
	char *owner = whose(r, &found->info);
	int rc = fixity_tell(&r->fixity, r->app, r->batch, &found->info.id, found->info.size, OBJECT_PRESENT, owner, err);
	free(owner);
	return rc;
}

/* ---- one stretch of one pack ---- */

static void note_pack(struct run *r, const struct store_pack *pack, const struct scrub_stretch *s) {
	char *name = xasprintf(SCRUB_BAD_PACK "%06" PRIu32, pack->pack), *before = NULL, *text = NULL;
	bool whole = s->from == 0 && s->to >= pack->length;
	if (s->sealed && !s->seal_right && !r->pack_bad && !r->pack_first)
		r->pack_first = json_pack("{s:s}", "state", "sealed with another digest");
	store_value(r->app->store, name, &before, NULL);
	if (r->pack_first) {
		json_object_set_new(r->pack_first, "places", json_integer((json_int_t)r->pack_bad));
		text = json_dumps(r->pack_first, JSON_COMPACT | JSON_SORT_KEYS);
		if (!before || strcmp(before, text)) batch_set_value(r->batch, name, text);
	} else if (before && whole) {
		batch_set_value(r->batch, name, "");
	}
	json_decref(r->pack_first);
	r->pack_first = NULL;
	r->pack_bad = 0;
	free(text), free(before), free(name);
}

static void prove(struct run *r, const struct scrub_stretch *s) {
	char hex[SHA256_HEX];
	buf_add(&r->proofs, s->proof, SHA256_SIZE);
	json_array_append_new(r->stretches, json_pack("[I, I, I, s]", (json_int_t)s->pack, (json_int_t)s->from, (json_int_t)s->to,
						      hex_encode(s->proof, SHA256_SIZE, hex)));
	r->direct = r->direct && s->direct;
}

static int read_pack(struct run *r, const struct store_pack *pack, uint64_t from, uint64_t *to) {
	struct scrub_stretch s;
	r->batch = store_begin(r->app->store, r->app->now);
	int rc = store_scrub_pack(r->app->store, r->scrubber, pack, from, &s, r->err);
	if (!rc) rc = scrub_sort_each(r->sort, note, r, r->err);
	if (!rc) {
		r->counts->seals += s.sealed;
		r->counts->seals_wrong += s.sealed && !s.seal_right;
		if (s.sealed && !s.seal_right) app_worsen(r->app, EXIT_DAMAGE);
		note_pack(r, pack, &s);
		batch_keep_frame(r->batch, pack, &s);
		prove(r, &s);
		if (!r->options->errors) scrub_plan_move(&r->plan, r->app, r->batch, s.to);
		rc = batch_commit(r->batch, r->err);
	} else {
		batch_abort(r->batch);
	}
	r->batch = NULL;
	*to = s.to;
	return rc;
}

static int read_share(struct run *r) {
	uint64_t to, cycle_end = 0;
	while (!cycle_end && r->plan.at < r->plan.count && !r->rc) {
		struct store_pack pack = r->plan.packs[r->plan.at];
		bool last = r->plan.at + 1 == r->plan.count;
		r->rc = read_pack(r, &pack, r->plan.offset, &to);
		progress_step(r->progress, scrubber_bytes(r->scrubber));
		cycle_end = last && !r->rc && to >= pack.length;
		if ((r->how.budget && scrubber_bytes(r->scrubber) >= r->how.budget) || (r->how.until && app_milliseconds() >= r->how.until)) break;
	}
	if (!r->rc && !cycle_end && !r->options->all && scrub_plan_is_behind(&r->plan, r->app)) {
		log_event(LOG_WARN_LEVEL, "scrub-behind", "reason", "scrub.time and scrub.rate are too small for scrub.cycle", NULL);
		app_worsen(r->app, EXIT_FINDINGS);
	}
	return r->rc;
}

/* Packs in which something was bad. */
struct bad_packs {
	uint32_t *packs;
	size_t count, cap;
};

static void add_bad(struct bad_packs *bad, uint32_t pack) {
	for (size_t i = 0; i < bad->count; i++)
		if (bad->packs[i] == pack) return;
	ARRAY_GROW(bad->packs, bad->count, bad->cap);
	bad->packs[bad->count++] = pack;
}

static int add_named(void *user, const char *name, const char *value) {
	(void)value;
	add_bad(user, (uint32_t)strtoul(name + strlen(SCRUB_BAD_PACK), NULL, 10));
	return 0;
}

static int find_bad(struct run *r, struct bad_packs *bad) {
	struct damage_row *rows = NULL;
	struct object_info info;
	size_t count = 0;
	if (store_damages(r->app->store, &rows, &count, r->err)) return -1;
	for (size_t i = 0; i < count; i++) {
		if (store_object_info(r->app->store, &rows[i].id, &info, NULL)) add_bad(bad, info.pack);
		damage_row_dispose(&rows[i]);
	}
	free(rows);
	return store_each_value(r->app->store, SCRUB_BAD_PACK, add_named, bad, r->err);
}

static int read_bad(struct run *r) {
	struct bad_packs bad = {0};
	uint64_t to;
	r->rc = find_bad(r, &bad);
	for (size_t i = 0; i < r->plan.count && !r->rc; i++) {
		bool wanted = false;
		for (size_t k = 0; k < bad.count; k++) wanted |= bad.packs[k] == r->plan.packs[i].pack;
		if (wanted) r->rc = read_pack(r, &r->plan.packs[i], 0, &to);
		progress_step(r->progress, scrubber_bytes(r->scrubber));
	}
	free(bad.packs);
	return r->rc;
}

/* ---- the run ---- */

static int read_journal(struct run *r) {
	struct store_totals totals;
	struct error own = {0};
	if (store_totals(r->app->store, &totals, r->err)) return -1;
	r->counts->events_held = totals.events;
	if (store_check_journal(r->app->store, &r->counts->events, &own) == 0) return 0;
	if (own.code != ERROR_DAMAGED) return error_set(r->err, own.code, "%s", own.text);
	log_event(LOG_ERROR_LEVEL, "journal-damage", "detail", own.text, "remedy", "ltvault repair", NULL);
	app_worsen(r->app, EXIT_DAMAGE);
	return 0;
}

/* In a thread of its own, because Linux gives a thread its own priorities and takes none back. */
static void *work(void *user) {
	struct run *r = user;
	if (r->how.idle) scrub_idle();
	r->rc = scrub_canaries(r->app, &r->how, &r->counts->planted, &r->counts->caught, r->err);
	if (r->rc) return NULL;
	r->scrubber = scrubber_new(&r->how);
	r->rc = r->options->errors ? read_bad(r) : read_share(r);
	r->counts->bytes = scrubber_bytes(r->scrubber);
	if (!r->rc) r->rc = read_journal(r);
	return NULL;
}

/* The digest over the nonce and the proofs of all stretches, and what it is about, into the journal. */
static int record(struct run *r) {
	char nonce[2 * SCRUB_NONCE + 1], hex[SHA256_HEX];
	unsigned char digest[SHA256_SIZE];
	sha256_bytes(r->proofs.data, r->proofs.len, digest);
	json_t *json = json_pack("{s:s, s:s, s:O, s:o, s:s}", "nonce", hex_encode(r->how.nonce, SCRUB_NONCE, nonce), "digest",
				 hex_encode(digest, SHA256_SIZE, hex), "stretches", r->stretches, "counts", scrub_counts_json(r->counts),
				 "read", r->how.cached ? "through the page cache" : r->direct ? "direct" : "cache dropped");
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(r->app->store, r->app->now);
	batch_note(batch, "scrub", text);
	free(text);
	json_decref(json);
	return batch_commit(batch, r->err);
}

static int begin(struct run *r) {
	struct store_totals totals;
	if (store_totals(r->app->store, &totals, r->err) || fixity_begin(&r->fixity, r->app->store, r->err) ||
	    scrub_plan_begin(&r->plan, r->app, r->options->all, r->err))
		return -1;
	r->counts->objects_held = totals.objects;
	r->counts->bytes_held = r->plan.total;
	uint64_t seconds = conf_number(r->app->conf, CONF_scrub_time);
	bool whole = r->options->all || r->options->errors;
	r->how = (struct scrub_options){.cached = r->options->cached,
					.idle = conf_yes(r->app->conf, CONF_scrub_idle),
					.proof = true,
					.whole = true,
					.threads = (unsigned)conf_number(r->app->conf, CONF_validation_workers),
					.clock = app_milliseconds,
					.rate = conf_number(r->app->conf, CONF_scrub_rate),
					.budget = whole ? 0 : r->plan.amount,
					.until = whole || !seconds ? 0 : app_milliseconds() + (int64_t)seconds * 1000,
					.tell = listen,
					.user = r};
	if (r->options->nonce) memcpy(r->how.nonce, r->options->nonce, SCRUB_NONCE);
	else if (getrandom(r->how.nonce, SCRUB_NONCE, 0) != SCRUB_NONCE) return error_errno(r->err, "nonce");
	buf_add(&r->proofs, r->how.nonce, SCRUB_NONCE);
	r->sort = scrub_sort_new();
	r->stretches = json_array();
	r->direct = true;
	r->progress = progress_start(r->app, N_("Bytes read"), r->plan.amount < r->plan.total ? r->plan.amount : r->plan.total);
	return 0;
}

/* A run that looked at nothing, or would not have seen a fault, must not look like one that found none. */
static int judge(struct run *r) {
	const struct scrub_counts *c = r->counts;
	uint64_t seen = c->objects + c->missing + c->damaged + c->unreadable + c->substituted + c->misplaced + c->index + c->accepted;
	if (c->caught != c->planted)
		return error_set(r->err, ERROR_INTERNAL, "scrub: of %llu planted faults %llu were found: what this run says of the archive cannot be relied on",
				 (unsigned long long)c->planted, (unsigned long long)c->caught);
	if (!seen && c->objects_held && !r->options->errors)
		return error_set(r->err, ERROR_INTERNAL, "scrub: none of %llu objects was read", (unsigned long long)c->objects_held);
	return 0;
}

int scrub_run(struct app *app, const struct scrub_run_options *options, struct scrub_counts *counts, struct error *err) {
	struct run r = {.app = app, .options = options, .counts = counts, .err = err};
	pthread_t thread;
	*counts = (struct scrub_counts){0};
	int rc = begin(&r);
	if (!rc) {
		if (!thread_start(&thread, work, &r)) work(&r);
		else pthread_join(thread, NULL);
		rc = r.rc;
	}
	counts->healed = r.fixity.healed;
	if (!rc) rc = record(&r);
	if (!rc) rc = judge(&r);
	progress_end(r.progress);
	scrubber_free(r.scrubber);
	scrub_sort_free(r.sort);
	scrub_plan_dispose(&r.plan);
	fixity_end(&r.fixity);
	json_decref(r.stretches);
	buf_dispose(&r.proofs);
	return rc;
}
