#include "archiver/verify.h"

#include "archiver/conf.h"
#include "archiver/i18n.h"
#include "archiver/ingest_batch.h"
#include "archiver/judge.h"
#include "archiver/log.h"
#include "archiver/progress.h"
#include "archiver/verify_deep.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR "cursor/verify-all"
#define BATCH_MAX 256

struct verify {
	struct app *app;
	const struct verify_options *options;
	struct verify_counts *counts;
	struct error *err;
	struct fixity fixity;
	struct intake_judge *judge;
	struct progress *progress;
	size_t limit;
	/* where the walk stands */
	utime due;
	uint64_t number;
	size_t index;
};

json_t *verify_counts_json(const struct verify_counts *counts) {
	json_t *json = json_object();
#define VERIFY_COUNT(name, text) json_object_set_new(json, #name, json_integer((json_int_t)counts->name));
#include "archiver/verify_count.def"
#undef VERIFY_COUNT
	return json;
}

/* ---- which records ---- */

/* The next numbers of the walk; 0 at its end. */
static int next(struct verify *v, uint64_t *numbers, size_t max) {
	const struct verify_options *o = v->options;
	utime dues[BATCH_MAX];
	int n;
	if (o->scope == VERIFY_LISTED) {
		size_t left = o->count - v->index;
		n = (int)(left < max ? left : max);
		for (int i = 0; i < n; i++) numbers[i] = o->numbers[v->index++];
		return n;
	}
	if (o->scope == VERIFY_ALL)
		n = records_list(v->app->store, v->number, numbers, max, v->err);
	else
		n = records_due(v->app->store, v->app->now, v->due, v->number, numbers, dues, max, v->err);
	if (n > 0) v->number = numbers[n - 1];
	if (n > 0 && o->scope == VERIFY_DUE) v->due = dues[n - 1];
	return n;
}

/* How many there are, so that what was not reached can be told. */
static int count_selected(struct verify *v) {
	struct store_totals totals;
	uint64_t numbers[BATCH_MAX];
	int n;
	if (v->options->scope == VERIFY_ALL) {
		if (store_totals(v->app->store, &totals, v->err)) return -1;
		v->counts->selected = totals.records > v->number ? totals.records - v->number : 0;
		return 0;
	}
	while ((n = next(v, numbers, BATCH_MAX)) > 0) v->counts->selected += (uint64_t)n;
	v->due = UTIME_NONE;
	v->number = 0;
	v->index = 0;
	return n;
}

static int resume(struct verify *v) {
	char *value = NULL, number[24];
	v->due = UTIME_NONE;
	if (v->options->scope != VERIFY_ALL) return 0;
	if (store_value(v->app->store, CURSOR, &value, v->err) < 0) return -1;
	if (value) v->number = strtoull(value, NULL, 10);
	if (v->number) log_event(LOG_INFO_LEVEL, "resumed", "after-record", log_number(v->number, number), NULL);
	free(value);
	return 0;
}

/* ---- one batch ---- */

static int notice(struct verify *v, const struct intake_judged *out) {
	char hex[SHA256_HEX];
	hex_encode(out->before.original.sha256, SHA256_SIZE, hex);
	const struct notice what = {.name = out->before.name,
				    .key = hex,
				    .number = out->number,
				    .sha256 = hex,
				    .metadata = out->metadata,
				    .report = out->report,
				    .findings = json_object_get(out->report, "archive_findings")};
	return ingest_notice(v->app, &what, v->err);
}

static void log_first(const struct intake_judged *out) {
	char number[24];
	const char *sub = report_sub_indication(out->report);
	log_event(LOG_INFO_LEVEL, "judged", "record", log_number(out->number, number), "state",
		  record_state_name(out->state), "indication", report_indication(out->report), "sub_indication",
		  *sub ? sub : NULL, NULL);
}

static void count(struct verify *v, const struct intake_judged *out) {
	struct verify_counts *c = v->counts;
	bool passed = out->report && !strcmp(report_indication(out->report), "TOTAL-PASSED");
	c->checked++;
	c->passed += passed;
	if (out->report) {
		c->first += out->settled;
		c->changed += out->changed;
		c->unchanged += !out->settled && !out->changed;
		/* A verdict that was bad before and is bad now is no news; one that became so is. */
		if ((out->settled && !passed) || out->changed) app_worsen(v->app, EXIT_FINDINGS);
	}
	if (out->settled && out->state == RECORD_REFUSED) c->refused++;
	if (out->settled) log_first(out);
	if (v->options->tell && (out->changed || out->settled || out->bytes != OBJECT_PRESENT))
		v->options->tell(v->options->user, out);
}

static int conclude(struct verify *v, const struct intake_judged *items, size_t n) {
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++) {
		if (items[i].settled && items[i].state == RECORD_REFUSED) rc = notice(v, &items[i]);
		count(v, &items[i]);
	}
	progress_step(v->progress, v->counts->checked);
	return rc;
}

static int work(struct verify *v, struct batch *batch, struct intake_judged *items, size_t n) {
	int rc = intake_judge_run(v->judge, batch, items, n, v->err);
	for (size_t i = 0; i < n && !rc; i++) {
		if (v->options->deep) rc = verify_deep(&v->fixity, v->app, batch, items[i].number, v->err);
	}
	return rc;
}

static int one_batch(struct verify *v, const uint64_t *numbers, size_t n) {
	struct intake_judged *items = xcalloc(n, sizeof *items);
	struct batch *batch = store_begin(v->app->store, v->app->now);
	char cursor[24];
	for (size_t i = 0; i < n; i++) items[i].number = numbers[i];
	int rc = work(v, batch, items, n);
	if (!rc && v->options->scope == VERIFY_ALL) batch_set_value(batch, CURSOR, log_number(v->number, cursor));
	if (rc)
		batch_abort(batch);
	else
		rc = batch_commit(batch, v->err);
	if (!rc) rc = conclude(v, items, n);
	for (size_t i = 0; i < n; i++) intake_judged_dispose(&items[i]);
	free(items);
	return rc;
}

/* ---- the run ---- */

static int walk(struct verify *v) {
	uint64_t numbers[BATCH_MAX];
	int n, rc = 0;
	while (!rc && (n = next(v, numbers, v->limit)) > 0) rc = one_batch(v, numbers, (size_t)n);
	if (rc || n < 0) return -1;
	if (v->options->scope != VERIFY_ALL) return 0;
	struct batch *batch = store_begin(v->app->store, v->app->now);
	batch_set_value(batch, CURSOR, "");
	return batch_commit(batch, v->err);
}

static int begin(struct verify *v) {
	v->limit = (size_t)conf_number(v->app->conf, CONF_ingest_batch);
	if (fixity_begin(&v->fixity, v->app->store, v->err) || resume(v) || count_selected(v)) return -1;
	v->progress = progress_start(v->app, N_("Verifying"), v->counts->selected);
	if (!v->counts->selected) return 0;
	v->judge = intake_judge_start(v->app, v->options->policy, &v->fixity, v->err);
	return v->judge ? 0 : -1;
}

int verify_run(struct app *app, const struct verify_options *options, struct verify_counts *counts, struct error *err) {
	struct verify v = {.app = app, .options = options, .counts = counts, .err = err};
	*counts = (struct verify_counts){0};
	int rc = begin(&v);
	if (!rc) rc = walk(&v);
	counts->objects = v.fixity.objects;
	counts->bytes = v.fixity.bytes;
	counts->damaged = v.fixity.damaged;
	counts->missing = v.fixity.missing;
	counts->healed = v.fixity.healed;
	progress_end(v.progress);
	intake_judge_stop(v.judge);
	fixity_end(&v.fixity);
	return rc;
}
