#include "archiver/extend_private.h"

#include "archiver/extend_blocked.h"
#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/progress.h"
#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 16               /* documents worked on together */
#define PENDING "extend/pending" /* forms whose time-stamp is there and that are no revisions yet */
#define ROOM "extend/room"     /* bytes that the last token needed, and some more */
#define FIRST_ROOM 16384
#define ROOM_STEP 1024

json_t *extend_counts_json(const struct extend_counts *counts) {
	json_t *json = json_object();
#define EXTEND_COUNT(name, text) json_object_set_new(json, #name, json_integer((json_int_t)counts->name));
#include "archiver/extend_count.def"
#undef EXTEND_COUNT
	return json;
}

/* ---- what is between runs ---- */

static int read_pending(struct extend_work *w) {
	char *text = NULL;
	if (store_value(w->app->store, PENDING, &text, w->err) < 0) return -1;
	w->pending = text ? json_loads(text, 0, NULL) : NULL;
	if (!json_is_object(w->pending)) {
		json_decref(w->pending);
		w->pending = json_object();
	}
	free(text);
	return 0;
}

static int read_room(struct extend_work *w) {
	char *text = NULL;
	if (store_value(w->app->store, ROOM, &text, w->err) < 0) return -1;
	uint64_t room = text ? strtoull(text, NULL, 10) : 0;
	w->room = room >= ROOM_STEP && room <= LIMIT_PDF_GAP_BYTES ? (size_t)room : FIRST_ROOM;
	free(text);
	return 0;
}

static void put_pending(struct extend_work *w, struct batch *batch) {
	char *text = json_object_size(w->pending) ? json_dumps(w->pending, JSON_COMPACT | JSON_SORT_KEYS) : xstrdup("");
	batch_set_value(batch, PENDING, text);
	free(text);
}

static void put_room(struct extend_work *w, struct batch *batch, size_t token) {
	char text[24];
	w->room = (token + token / 4 + 2048 + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
	batch_set_value(batch, ROOM, log_number(w->room, text));
}

/* ---- the time-stamp ---- */

/* Not weaker than the strongest digest that a signature in the document uses (notes on EN 319 142-1 5.4.3). */
static enum digest_alg digest_for(const struct extend_document *d) {
	enum digest_alg best = digest_from_name(conf_text(d->work->app->conf, CONF_timestamp_digest));
	const json_t *s;
	size_t i;
	json_array_foreach(json_object_get(d->before, "signatures"), i, s) {
		const char *name = json_string_value(json_object_get(json_object_get(s, "algorithms"), "digest"));
		enum digest_alg alg = name ? digest_from_name(name) : DIGEST_UNKNOWN;
		if (digest_size(alg) > digest_size(best)) best = alg;
	}
	return best;
}

static int ask(struct extend_document *d, bool *too_large) {
	struct extend_work *w = d->work;
	struct buf base = {0};
	unsigned char digest[DIGEST_MAX];
	enum digest_alg alg = digest_for(d);
	*too_large = false;
	int there = extend_document_read(d, &base);
	if (there == 1) extend_plan_digest(&d->plan, base.data, base.len, alg, digest);
	buf_dispose(&base);
	if (there != 1) return there < 0 ? -1 : 0;
	int rc = tsa_stamp(w->tsa, alg, digest, &d->token, w->err);
	if (rc < 0) return -1;
	if (rc > 0) {
		w->no_token = d->unstamped = true;
		return 0;
	}
	w->counts->tokens++;
	*too_large = !extend_plan_fill(&d->plan, d->token.der, d->token.len);
	return 0;
}

/* Makes the row of the planned form; its bytes are made once for that. */
static int make_form(struct extend_document *d) {
	struct buf base = {0}, whole = {0};
	int there = extend_document_read(d, &base);
	if (there == 1) {
		extend_plan_assemble(&d->plan, base.data, base.len, &whole);
		extend_form_make(d, &whole);
	}
	buf_dispose(&base);
	buf_dispose(&whole);
	return there < 0 ? -1 : 0;
}

/* Durable before anything else is done with the token: it may have cost something, and the next run shall find it. */
static int keep_token(struct extend_document *d) {
	struct extend_work *w = d->work;
	char number[24];
	struct batch *batch = store_begin(w->app->store, w->app->now);
	json_object_set_new(w->pending, log_number(d->number, number), extend_form_json(d));
	extend_form_put(batch, d);
	put_pending(w, batch);
	if (d->token.der) put_room(w, batch, d->token.len);
	d->stored = true;
	return batch_commit(batch, w->err);
}

static bool is_planned(const struct extend_document *d) {
	return d->refusal == EXTEND_NONE && d->planned;
}

/* Without a token the status data alone are appended, where that makes sense. */
static int plan_unstamped(struct extend_document *d) {
	d->unstamped = true;
	return extend_documents_plan(d->work, &d, 1, false);
}

static int stamp(struct extend_document *d) {
	struct extend_work *w = d->work;
	bool too_large = false;
	if (w->no_token) return plan_unstamped(d);
	if (ask(d, &too_large)) return -1;
	if (too_large && d->refusal == EXTEND_NONE) {
		/* Laid out anew with the room that this authority's tokens need; its token was about other bytes. */
		w->room = (d->token.len + d->token.len / 4 + 2048 + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
		if (w->room > LIMIT_PDF_GAP_BYTES / 2) return plan_unstamped(d);
		if (extend_documents_plan(w, &d, 1, true)) return -1;
		if (is_planned(d) && d->plan.token_digits && ask(d, &too_large)) return -1;
	}
	if (d->refusal != EXTEND_NONE) return 0;
	if (d->unstamped || too_large) return plan_unstamped(d);
	d->stamped = true;
	return make_form(d) || (d->refusal == EXTEND_NONE && keep_token(d)) ? -1 : 0;
}

/* The same for one token of a CMS signature, with what all of them are about. */
static int keep_signature_token(struct extend_document *d) {
	struct extend_work *w = d->work;
	char number[24];
	struct batch *batch = store_begin(w->app->store, w->app->now);
	json_object_set_new(w->pending, log_number(d->number, number), extend_kept_json(d));
	extend_kept_put(batch, d);
	put_pending(w, batch);
	d->kept = true;
	return batch_commit(batch, w->err);
}

/* 0 when all are there, 1 when no authority gave the next one, -1 when the run failed. */
static int ask_for_signatures(struct extend_document *d) {
	struct extend_work *w = d->work;
	int rc = 0;
	for (size_t i = 0; i < d->token_count && !rc; i++) {
		const struct extend_imprint *p = &d->plan.imprints[i];
		if (d->tokens[i].der) continue; /* an earlier run was given it */
		rc = w->no_token ? 1 : tsa_stamp(w->tsa, p->alg, p->digest, &d->tokens[i], w->err);
		if (rc) continue;
		w->counts->tokens++;
		rc = keep_signature_token(d);
	}
	if (rc > 0) w->no_token = d->unstamped = true;
	return rc;
}

/* The signatures of a CMS file are stamped one by one; the form is made with the tokens that are there. */
static int stamp_signatures(struct extend_document *d) {
	size_t count = 0;
	int rc = ask_for_signatures(d);
	struct val_blob *blobs = xcalloc(d->token_count + 1, sizeof *blobs);
	for (size_t i = 0; i < d->token_count; i++)
		if (d->tokens[i].der) blobs[count++] = (struct val_blob){d->tokens[i].der, d->tokens[i].len};
	if (rc >= 0) rc = count ? extend_document_finish(d, blobs, count) : plan_unstamped(d);
	d->stamped = count > 0;
	d->stamps = count;
	free(blobs);
	return rc;
}

/* ---- a group ---- */

static void tell(struct extend_work *w, const struct extend_document *d, utime next) {
	struct extend_counts *c = w->counts;
	char number[24];
	switch (d->refusal) {
	case EXTEND_NONE:
		c->extended++;
		c->stamped += d->stamped;
		c->bytes += d->own.len;
		break;
	case EXTEND_UP_TO_DATE:
		c->up_to_date++;
		break;
	case EXTEND_WAIT_FOR_STATUS:
		c->waiting++;
		break;
	default:
		c->refused++;
		if (w->options->numbers || d->refusal == EXTEND_SELF_CHECK) app_worsen(w->app, EXIT_FINDINGS);
	}
	c->unstamped += d->unstamped;
	if (d->unstamped) app_worsen(w->app, EXIT_FINDINGS);
	log_event(LOG_INFO_LEVEL, d->refusal ? "not_extended" : "extended", "record", log_number(d->number, number), "reason",
		  d->refusal ? extend_refusal_name(d->refusal) : NULL, "detail", *d->detail ? d->detail : NULL, "level",
		  *d->level ? d->level : NULL, NULL);
	const struct extend_told told = {.number = d->number, .name = d->record.name, .refusal = d->refusal,
					 .detail = d->detail, .level = d->level, .stamped = d->stamped,
					 .unstamped = d->unstamped, .bytes = d->own.len, .next = next};
	if (w->options->tell) w->options->tell(w->options->user, &told);
}

static int commit(struct extend_work *w, struct extend_document *list, size_t count) {
	struct batch *batch = store_begin(w->app->store, w->app->now);
	utime next[GROUP];
	char number[24];
	for (size_t i = 0; i < count; i++) {
		struct extend_document *d = &list[i];
		next[i] = extend_next(w, d);
		if (d->refusal == EXTEND_NONE && !d->stored) extend_form_put(batch, d);
		if (d->refusal == EXTEND_NONE) extend_form_adopt(batch, d);
		json_object_del(w->pending, log_number(d->number, number));
		extend_put_next(batch, d->number, next[i]);
		const struct extend_outcome outcome = {d->number, d->record.name, d->refusal, d->detail, d->level, w->app->now};
		if (extend_blocked_keep(w->app->store, batch, &outcome, w->err)) {
			batch_abort(batch);
			return -1;
		}
	}
	put_pending(w, batch);
	if (batch_commit(batch, w->err)) return -1;
	for (size_t i = 0; i < count; i++) tell(w, &list[i], next[i]);
	return 0;
}

typedef bool chooser(const struct extend_document *d);

static size_t choose(struct extend_document *list, size_t count, chooser *is, struct extend_document **out) {
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (is(&list[i])) out[n++] = &list[i];
	return n;
}

static bool is_to_plan(const struct extend_document *d) {
	return d->refusal == EXTEND_NONE && !d->stored && !d->kept;
}

static bool is_formed(const struct extend_document *d) {
	return d->refusal == EXTEND_NONE && d->form.count > 0;
}

static int work_on(struct extend_work *w, struct extend_document *list, size_t count) {
	struct extend_document *some[GROUP];
	size_t n = choose(list, count, is_to_plan, some);
	if (n && extend_documents_plan(w, some, n, w->options->lta)) return -1;
	n = choose(list, count, is_planned, some);
	for (size_t i = 0; i < n; i++) {
		if (some[i]->plan.token_digits && stamp(some[i])) return -1;
		if (some[i]->plan.imprint_count && stamp_signatures(some[i])) return -1;
		if (is_planned(some[i]) && !some[i]->form.count && make_form(some[i])) return -1;
	}
	n = choose(list, count, is_formed, some);
	if (n && extend_documents_check(w, some, n)) return -1;
	return commit(w, list, count);
}

/* What a run that died left of it; what is of a form that the record has no longer is begun anew. */
static int take_up(struct extend_document *d, const json_t *pending) {
	bool form = !json_object_get(pending, "imprints");
	int there = form ? extend_form_read(pending, d) : extend_kept_read(pending, d);
	if (there == 0) extend_document_drop(d);
	if (there == 0) d->stored = d->stamped = false;
	return there < 0 ? -1 : 0;
}

static int one_group(struct extend_work *w, const uint64_t *numbers, size_t count, bool resume) {
	struct extend_document list[GROUP];
	size_t opened = 0;
	char number[24];
	int rc = 0;
	for (; opened < count && !rc; opened++) {
		struct extend_document *d = &list[opened];
		rc = extend_document_open(d, w, numbers[opened]);
		if (!rc && resume) rc = take_up(d, json_object_get(w->pending, log_number(d->number, number)));
	}
	if (!rc) rc = work_on(w, list, count);
	for (size_t i = 0; i < opened; i++) extend_document_close(&list[i]);
	extend_release(w);
	return rc;
}

/* ---- the run ---- */

static bool is_spent(const struct extend_work *w, int64_t start) {
	const struct extend_options *o = w->options;
	return (o->most_tokens && w->counts->tokens >= o->most_tokens) ||
	       (o->most_bytes && w->counts->bytes >= o->most_bytes) ||
	       (o->most_seconds && app_milliseconds() - start >= (int64_t)o->most_seconds * 1000);
}

static int finish_pending(struct extend_work *w) {
	uint64_t numbers[GROUP];
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach(w->pending, key, value) if (count < GROUP) numbers[count++] = strtoull(key, NULL, 10);
	return count ? one_group(w, numbers, count, true) : 0;
}

static int walk(struct extend_work *w, const uint64_t *numbers, size_t count) {
	int64_t start = app_milliseconds();
	struct progress *progress = progress_start(w->app, N_("Extending"), count);
	int rc = 0;
	for (size_t i = 0; !rc && i < count;) {
		if (is_spent(w, start)) {
			w->counts->left += count - i;
			break;
		}
		size_t n = count - i < GROUP ? count - i : GROUP;
		/* Each token may be the last one of the night. */
		uint64_t tokens = w->options->most_tokens ? w->options->most_tokens - w->counts->tokens : n;
		if (w->options->lta && tokens < n) n = (size_t)tokens;
		rc = one_group(w, numbers + i, n, false);
		progress_step(progress, i += n);
	}
	progress_end(progress);
	return rc;
}

static int start(struct extend_work *w) {
	const struct judge_options options = {.offline = w->options->offline};
	if (read_pending(w) || read_room(w)) return -1;
	w->judge = judge_start(w->app, &options, w->err);
	if (w->judge) w->tsa = tsa_open(w->app, w->judge, w->err);
	w->no_token = w->options->offline;
	return w->tsa ? 0 : -1;
}

int extend_run(struct app *app, const struct extend_options *options, struct extend_counts *counts, struct error *err) {
	struct extend_work w = {.app = app, .options = options, .counts = counts, .err = err};
	uint64_t *due = NULL;
	size_t count = options->count;
	*counts = (struct extend_counts){0};
	int rc = 0;
	if (!options->numbers) rc = extend_due(app, LIMIT_EXTENDED, &due, &count, &counts->left, err);
	counts->selected = count;
	if (!rc) rc = read_pending(&w);
	bool anything = count || json_object_size(w.pending);
	json_decref(w.pending);
	w.pending = NULL;
	if (!rc && anything) rc = start(&w);
	while (!rc && json_object_size(w.pending)) rc = finish_pending(&w);
	if (!rc && anything) rc = walk(&w, options->numbers ? options->numbers : due, count);
	tsa_close(w.tsa);
	judge_stop(w.judge);
	json_decref(w.pending);
	free(due);
	return rc;
}
