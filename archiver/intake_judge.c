#include "archiver/intake_judge.h"

#include "archiver/content.h"
#include "archiver/intake_finding.h"
#include "archiver/intake_set.h"
#include "archiver/intake_work.h"
#include "archiver/judge.h"
#include "archiver/judge_keep.h"
#include "archiver/log.h"
#include "archiver/provable.h"
#include "archiver/second_look.h"
#include "archiver/spool.h"
#include "archiver/worker_report.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct intake_judge {
	struct app *app;
	enum on_failed policy;
	struct fixity *fixity;
	struct judge *judge;
	struct evidence *evidence;         /* as it was when the run began */
	struct work_shared shared;         /* of the run under way, with its batch */
	const struct intake_judged *items; /* judged together */
	size_t count;
};

void intake_judged_dispose(struct intake_judged *j) {
	record_row_dispose(&j->before);
	json_decref(j->metadata);
	json_decref(j->report);
	free(j->reason);
	*j = (struct intake_judged){0};
}

/* ---- what is fetched ---- */

static int keep(void *user, const struct judge_piece *piece, struct error *err) {
	struct intake_judge *j = user;
	return judge_keep_piece(j->shared.batch, piece, err);
}

static int recall(void *user, const char *question, struct judge_known *known, struct error *err) {
	struct intake_judge *j = user;
	return judge_keep_recall(j->app->store, question, known, err);
}

static int reload(void *user, const struct object_id *id, unsigned char **data, size_t *len, struct error *err) {
	struct intake_judge *j = user;
	return judge_keep_reload(j->app->store, id, data, len, err);
}

static void link_used(struct batch *batch, uint64_t number, const struct judge_item *item) {
	for (size_t i = 0; i < item->used_count; i++) {
		struct object_id id;
		sha256_bytes(item->used[i]->data, item->used[i]->len, id.sha256);
		batch_link_evidence(batch, number, &id);
	}
}

/* ---- outcome ---- */

/* A document that no worker was given: nothing is known against it, nothing for it. */
static json_t *unjudged(const struct intake_judge *j, const struct intake_judged *out) {
	const struct report_facts facts = {
		.size = out->before.size, .sha256 = out->before.original.sha256, .at = j->app->now};
	return report_unjudged(&facts, FINDING_DOCUMENT_TOO_LARGE, "");
}

/* The last verdict's report; NULL when there is none, or it cannot be read (then the new one is recorded in any case).
 */
static int last_report(struct intake_judge *j, const struct record_row *row, json_t **report, struct error *err) {
	*report = NULL;
	if (object_id_is_zero(&row->verdict)) return 0;
	return work_read_json(&j->shared, &row->verdict, "verdict", report, err);
}

static void tell_change(struct intake_judged *out, json_t *findings) {
	char *was = verdict_short(out->before.indication, out->before.sub_indication), number[24];
	char *is = verdict_short(report_indication(out->report), report_sub_indication(out->report));
	out->changed = strcmp(was, is) != 0;
	if (out->changed) {
		char *detail = xasprintf("from %s to %s", was, is);
		json_array_append_new(findings, archive_finding_json(ARCHIVE_FINDING_VERDICT_CHANGED, detail));
		log_event(LOG_WARN_LEVEL, "verdict-changed", "record", log_number(out->number, number), "from", was,
			  "to", is, NULL);
		free(detail);
	}
	free(was);
	free(is);
}

static void note_refusal(struct batch *batch, const struct intake_judged *out) {
	char *file = spool_printable(out->before.name);
	json_t *note = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "file", file, "record", (json_int_t)out->number,
				 "reason", out->reason, "indication", report_indication(out->report), "sub_indication",
				 report_sub_indication(out->report), "actor", out->before.actor, "source",
				 strcmp(out->before.source, "spool") ? "argument" : "spool");
	char *text = json_dumps(note, JSON_SORT_KEYS | JSON_COMPACT);
	batch_note(batch, "refused", text);
	free(text);
	free(file);
	json_decref(note);
}

/* TOTAL-PASSED itself, or without a signature of its own and covered by a detached one that is. */
static int counts_as_passed(const struct intake_judge *j, const struct intake_judged *out, struct error *err) {
	if (!strcmp(report_indication(out->report), "TOTAL-PASSED")) return 1;
	if (strcmp(report_indication(out->report), "NO-SIGNATURE") != 0) return 0;
	return intake_set_signed(j->app->store, j->items, j->count, out->number, err);
}

/* A pending record is settled by the policy; a quarantined one that passes now is accepted; other states stay. */
static int settle(const struct intake_judge *j, struct intake_judged *out, struct error *err) {
	int passed = counts_as_passed(j, out, err);
	if (passed < 0) return -1;
	out->state = out->before.state;
	out->reason = passed ? xstrdup("")
			     : verdict_short(report_indication(out->report), report_sub_indication(out->report));
	if (out->state == RECORD_PENDING)
		out->state = passed ? RECORD_ACCEPTED : verdict_state(j->policy, out->report);
	else if (out->state == RECORD_QUARANTINED && passed)
		out->state = RECORD_ACCEPTED;
	out->settled = out->before.state == RECORD_PENDING;
	if (out->state == out->before.state) return 0;
	batch_set_state(j->shared.batch, out->number, out->state, out->reason);
	if (out->state == RECORD_REFUSED) note_refusal(j->shared.batch, out);
	return 0;
}

/* What waited in quarantine for a signature is accepted when one comes that passes. */
static int accept_content(const struct intake_judge *j, const struct intake_judged *out, struct error *err) {
	struct record_row row = {0};
	if (!out->signs_content) return 0;
	for (size_t i = 0; i < j->count; i++)
		if (j->items[i].number == out->content_number) return 0; /* settled by itself */
	int rc = records_get(j->app->store, out->content_number, &row, err) < 0 ? -1 : 0;
	if (row.number && row.state == RECORD_QUARANTINED && !strcmp(row.indication, "NO-SIGNATURE"))
		batch_set_state(j->shared.batch, row.number, RECORD_ACCEPTED, "");
	record_row_dispose(&row);
	return rc;
}

static int conclude(struct intake_judge *j, struct intake_judged *out, struct error *err) {
	struct batch *batch = j->shared.batch;
	json_t *before = NULL, *findings;
	findings = verdict_archive_findings(j->app->store, out->number, out->metadata, out->before.natural_key, err);
	if (!findings) return -1;
	if (intake_set_findings(j->app->store, j->items, j->count, out, findings, err) ||
	    intake_set_link(j->app->store, batch, out, err)) {
		json_decref(findings);
		return -1;
	}
	verdict_complete(out->report, out->before.name, findings, out->metadata);
	int rc = last_report(j, &out->before, &before, err);
	utime due = verdict_next_due(j->app, out->report);
	json_object_del(out->report, "status_wanted_after"); /* of today; the due time has it */
	if (!rc && before && verdict_equal(before, out->report)) {
		batch_mark_verified(batch, &out->number, 1, due);
	} else if (!rc) {
		if (out->before.verdicts) tell_change(out, findings);
		out->recorded = true;
		verdict_record(batch, out->number, out->report, j->app->now, due);
	}
	if (!rc) rc = provable_keep(j->app->store, batch, out->number, out->recorded ? out->report : before, out->report, err);
	if (!rc) rc = second_look_note(j->app->store, batch, out->number, out->report, err);
	if (!rc) rc = settle(j, out, err);
	if (!rc) rc = accept_content(j, out, err);
	json_decref(before);
	json_decref(findings);
	return rc;
}

/* ---- the run ---- */

static int begin_all(struct intake_judge *j, struct work *works, struct intake_judged *items, size_t count,
		     struct error *err) {
	for (size_t i = 0; i < count; i++)
		if (work_begin(&works[i], &j->shared, &items[i], err)) return -1;
	qsort(works, count, sizeof *works, work_by_place);
	return 0;
}

static int judge_all(struct intake_judge *j, struct work **works, size_t count, struct error *err) {
	struct judge_item *items = xcalloc(count, sizeof *items);
	for (size_t i = 0; i < count; i++) work_fill(works[i], &items[i]);
	int rc = judge_run(j->judge, items, count, err);
	for (size_t i = 0; i < count; i++) {
		struct intake_judged *out = works[i]->out;
		out->bytes = works[i]->bytes;
		json_decref(out->report);
		out->report = items[i].report;
		if (out->report && out->form) json_object_set_new(out->report, "revision", json_integer(out->form));
		if (!out->report && works[i]->too_large && !rc) out->report = unjudged(j, out);
		if (!rc) link_used(j->shared.batch, out->number, &items[i]);
		free(items[i].used);
	}
	free(items);
	return rc;
}

/* A signature whose content was not known when it was judged, and is known now by the digest that its report names. */
static int finds_content(struct intake_judge *j, struct intake_judged *out, struct error *err) {
	enum digest_alg alg = DIGEST_UNKNOWN;
	unsigned char digest[DIGEST_MAX];
	struct object_id id;
	size_t len = 0;
	if (!out->report || !content_wanted(out->report, &alg, digest, &len) || !len) return 0;
	char *name = content_name(out->before.name);
	int found = content_by_digest(j->app->store, name, alg, digest, &id, err);
	free(name);
	if (found <= 0 || object_id_equal(&id, &out->content)) return found < 0 ? -1 : 0;
	out->content = id;
	return 1;
}

/* Those are judged once more, with what they sign. */
static int judge_again(struct intake_judge *j, struct work *works, size_t count, struct error *err) {
	struct work **again = xcalloc(count, sizeof *again);
	size_t n = 0;
	int rc = 0;
	for (size_t i = 0; i < count && rc >= 0; i++) {
		rc = finds_content(j, works[i].out, err);
		if (rc > 0) again[n++] = &works[i];
	}
	if (rc >= 0) rc = n ? judge_all(j, again, n, err) : 0;
	free(again);
	return rc;
}

/* What was declared as its content means nothing for a file that carries its own. */
static void settle_content(struct intake_judged *out) {
	bool is_signature;
	if (!out->content_number || !out->report) return;
	if (!content_is_apart(out->report, &is_signature)) out->content_number = 0;
	out->signs_content =
		out->content_number && is_signature && !strcmp(report_indication(out->report), "TOTAL-PASSED");
}

static int judge_works(struct intake_judge *j, struct work *works, size_t count, struct error *err) {
	struct work **all = xcalloc(count, sizeof *all);
	for (size_t i = 0; i < count; i++) all[i] = &works[i];
	int rc = judge_all(j, all, count, err);
	free(all);
	if (!rc) rc = judge_again(j, works, count, err);
	for (size_t i = 0; i < count && !rc; i++) settle_content(works[i].out);
	return rc;
}

/* A long-term form that is not what it was. The original, where that is whole, was judged instead. */
static int tell_form(struct intake_judge *j, const struct intake_judged *out, struct error *err) {
	char number[24];
	if (out->form_bytes == OBJECT_PRESENT || object_id_equal(&out->form_bad, &out->before.original)) return 0;
	if (object_id_is_zero(&out->form_bad)) {
		log_event(LOG_ERROR_LEVEL, "damage", "record", log_number(out->number, number), "detail",
			  "the pieces of its long-term form do not give it", NULL);
		app_worsen(j->app, EXIT_DAMAGE);
		return 0;
	}
	char *whose = xasprintf("long-term form of record %llu", (unsigned long long)out->number);
	int rc = fixity_tell(j->fixity, j->app, j->shared.batch, &out->form_bad, 0, out->form_bytes, whose, err);
	free(whose);
	return rc;
}

static int tell_bytes(struct intake_judge *j, const struct intake_judged *out, struct error *err) {
	char *whose = xasprintf("record %llu", (unsigned long long)out->number);
	int rc = fixity_tell(j->fixity, j->app, j->shared.batch, &out->before.original, out->before.size, out->bytes,
			     whose, err);
	free(whose);
	return rc ? rc : tell_form(j, out, err);
}

int intake_judge_run(struct intake_judge *j, struct batch *batch, struct intake_judged *items, size_t count,
		     struct error *err) {
	struct work *works = xcalloc(count, sizeof *works);
	j->shared = (struct work_shared){.app = j->app, .fixity = j->fixity, .batch = batch, .evidence = j->evidence};
	j->items = items;
	j->count = count;
	int rc = begin_all(j, works, items, count, err);
	if (!rc && count) rc = judge_works(j, works, count, err);
	for (size_t i = 0; i < count && !rc; i++) rc = tell_bytes(j, &items[i], err);
	for (size_t i = 0; i < count && !rc; i++)
		if (items[i].report) rc = conclude(j, &items[i], err);
	for (size_t i = 0; i < count; i++) work_dispose(&works[i]);
	work_shared_dispose(&j->shared);
	free(works);
	return rc;
}

struct intake_judge *intake_judge_start(struct app *app, enum on_failed policy, struct fixity *fixity,
					struct error *err) {
	struct intake_judge *j = xcalloc(1, sizeof *j);
	const struct judge_options options = {
		.offline = conf_yes(app->conf, CONF_network_offline), .keep = keep, .recall = recall, .reload = reload, .keep_user = j};
	*j = (struct intake_judge){.app = app, .policy = policy, .fixity = fixity};
	j->evidence = evidence_open(app, NULL, err);
	if (j->evidence) j->judge = judge_start(app, &options, err);
	if (j->judge) return j;
	intake_judge_stop(j);
	return NULL;
}

void intake_judge_stop(struct intake_judge *j) {
	if (!j) return;
	judge_stop(j->judge);
	evidence_close(j->evidence);
	free(j);
}
