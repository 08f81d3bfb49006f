#include "archiver/nightly.h"

#include "archiver/backup.h"
#include "archiver/drill_night.h"
#include "archiver/evidence_authority.h"
#include "archiver/evidence_make.h"
#include "archiver/extend.h"
#include "archiver/i18n.h"
#include "archiver/ingest.h"
#include "archiver/judge_cache.h"
#include "archiver/log.h"
#include "archiver/repair.h"
#include "archiver/report.h"
#include "archiver/rotation.h"
#include "archiver/scrub.h"
#include "archiver/search.h"
#include "archiver/second_look.h"
#include "archiver/verify.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LAST "nightly/last" /* the last night whose report was written */

/* A step gives its counts (owned by the caller) and 0, or -1 with err; findings and damage worsen app->status. */
struct step {
	const char *name;
	int (*run)(struct app *app, json_t **counts, struct error *err);
	bool tells; /* writes down what the night did: the steps before it are made durable first */
};

static enum on_failed policy_of(const struct app *app) {
	return (enum on_failed)on_failed_parse(conf_text(app->conf, CONF_ingest_on_failed));
}

static int ingest_step(struct app *app, json_t **out, struct error *err) {
	struct ingest_counts counts;
	const struct ingest_options options = {.policy = policy_of(app)};
	int rc = ingest_run(app, &options, &counts, err);
	*out = ingest_counts_json(&counts);
	return rc;
}

static int verify_step(struct app *app, json_t **out, struct error *err) {
	struct verify_counts counts;
	const struct verify_options options = {.scope = VERIFY_DUE,
					       .policy = policy_of(app)};
	int rc = verify_run(app, &options, &counts, err);
	*out = verify_counts_json(&counts);
	return rc;
}

static int scrub_step(struct app *app, json_t **out, struct error *err) {
	struct scrub_counts counts;
	int rc = scrub_run(app, &(struct scrub_run_options){0}, &counts, err);
	*out = scrub_counts_json(&counts);
	return rc;
}

/* Where no authority is configured there are no evidence records: the report says what there is. */
static int evidence_step(struct app *app, json_t **out, struct error *err) {
	struct evidence_counts counts = {0};
	*out = NULL;
	if (!evidence_authority_configured(app)) return 0;
	struct evidence_authorities *authorities = evidence_authorities_open(app, err);
	struct evidence *evidence =
		authorities ? evidence_open(app, evidence_authority_of(authorities), err) : NULL;
	int rc = evidence ? evidence_night(evidence, &counts, err) : -1;
	evidence_close(evidence);
	evidence_authorities_close(authorities);
	*out = evidence_counts_json(&counts);
	return rc;
}

/* Before the backup: what is damaged here shall not be what a medium gets. */
static int repair_step(struct app *app, json_t **out, struct error *err) {
	struct repair_counts counts = {0};
	struct repair_media media;
	int rc = repair_media_open(&media, app, NULL, 0, err) || repair_known(app, &media, NULL, 0, &counts, err);
	repair_media_close(&media);
	*out = repair_counts_json(&counts);
	return rc ? -1 : 0;
}

static int search_step(struct app *app, json_t **out, struct error *err) {
	*out = NULL;
	return search_update(app, err);
}

/* What loses its proof before the horizon, within the night's budget; what is left over comes the next night. */
static int extend_step(struct app *app, json_t **out, struct error *err) {
	struct extend_counts counts = {0};
	const struct conf *conf = app->conf;
	const struct extend_options options = {
		.lta = !strcmp(conf_text(conf, CONF_extend_level), "lta"),
		.most_tokens = conf_number(conf, CONF_extend_tokens),
		.most_bytes = conf_number(conf, CONF_extend_bytes),
		.most_seconds = (uint64_t)(conf_duration(conf, CONF_extend_time) / UTIME_SECOND),
	};
	*out = NULL;
	if (!conf_duration(conf, CONF_extend_horizon)) return 0;
	int rc = extend_run(app, &options, &counts, err);
	*out = extend_counts_json(&counts);
	return rc;
}

static int second_look_step(struct app *app, json_t **out, struct error *err) {
	struct second_look_counts c;
	int rc = second_look_run(app, &c, err);
	*out = json_pack("{s:I, s:I, s:I, s:I, s:I}", "certificates", (json_int_t)c.certificates, "records", (json_int_t)c.records, "before",
			 (json_int_t)c.before, "after", (json_int_t)c.after, "unknown", (json_int_t)c.unknown);
	return rc;
}

/* Media are registered, and the night writes to none: somebody believes in a backup that does not happen. */
static bool forgotten(struct app *app, struct error *err) {
	struct medium_row *rows = NULL;
	size_t count = 0;
	if (backup_is_nightly(app, NULL) || store_media(app->store, &rows, &count, err)) return false;
	for (size_t i = 0; i < count; i++) medium_row_dispose(&rows[i]);
	free(rows);
	return count > 0;
}

/* Says which medium somebody must connect, bring back or let go out. */
static bool media_wanted(struct app *app, struct error *err) {
	struct ledger ledger;
	size_t i;
	const json_t *row;
	if (ledger_read(app, &ledger, err)) return false;
	json_t *next = rotation_next(app, &ledger);
	json_array_foreach(next, i, row)
		log_event(LOG_WARN_LEVEL, "media.next", "medium", json_string_value(json_object_get(row, "medium")), "action",
		          json_string_value(json_object_get(row, "action")), "set", json_string_value(json_object_get(row, "set")), NULL);
	bool wanted = json_array_size(next) > 0;
	json_decref(next);
	ledger_dispose(&ledger);
	return wanted;
}

/* Without any medium there is no backup: the report says so, the night does not fail for it. */
static int backup_step(struct app *app, json_t **out, struct error *err) {
	unsigned done = 0, failed = 0;
	if (forgotten(app, err)) {
		log_event(LOG_WARN_LEVEL, "backup.none", "reason", "media are registered, but backup.media in ltvault.conf is empty", NULL);
		app_worsen(app, EXIT_FINDINGS);
	}
	if (err->code) return -1;
	backup_run(app, &done, &failed);
	if (failed) app_worsen(app, EXIT_RUN_FAILED);
	if (media_wanted(app, err)) app_worsen(app, EXIT_FINDINGS);
	if (err->code) return -1;
	*out = json_pack("{s:i, s:i}", "media", (int)(done + failed), "up_to_date", (int)done);
	return 0;
}

/* The time since the last night that wrote a report; thirty days for the first. */
static int report_step(struct app *app, json_t **out, struct error *err) {
	char *html = NULL, *last = NULL;
	enum language before = i18n_language();
	utime since = app->now - 30 * UTIME_DAY, read;
	*out = NULL;
	if (store_value(app->store, LAST, &last, err) < 0) return -1;
	/* A period ends a second after its night: what that night did is in its own report and in no other. */
	if (last && utime_parse(last, &read) && read < app->now) since = read + UTIME_SECOND;
	free(last);
	i18n_set_language((enum language)i18n_parse(conf_text(app->conf, CONF_archive_language)));
	int rc = report_nightly(app, since, &html, err);
	i18n_set_language(before);
	if (!rc && html) log_event(LOG_INFO_LEVEL, "report", "path", html, NULL);
	if (!rc && html) *out = json_pack("{s:s}", "path", html);
	free(html);
	return rc;
}

static const struct step steps[] = {
	{"ingest", ingest_step, false}, {"verify", verify_step, false}, {"evidence", evidence_step, false},
	{"scrub", scrub_step, false},   {"repair", repair_step, false}, {"search", search_step, false},
	{"second-look", second_look_step, false}, {"extend", extend_step, false},
	{"backup", backup_step, true},  {"drill", drill_night, false},
	{"report", report_step, true},
};

static bool run_step(struct app *app, const struct step *step, struct run_record *record) {
	struct error err = {0};
	json_t *counts = NULL;
	int before = app->status;
	app->status = EXIT_FINE;
	int rc = step->run(app, &counts, &err);
	if (rc) app_worsen(app, err.code ? error_exit_status(err.code) : EXIT_RUN_FAILED);
	/* In the middle of a night even an unusable input of a step is a failure of the run. */
	if (rc && app->status == EXIT_UNUSABLE) app_worsen(app, EXIT_RUN_FAILED);
	run_record_step(record, step->name, app->status, counts, &err);
	app_worsen(app, before);
	return rc == 0;
}

/* After a failed step the store may refuse to go on until it is opened again, which also repairs what was cut off. */
static int reopen(struct app *app, struct error *err) {
	store_close(app->store);
	app->store = NULL;
	judge_cache_clear(app->fetched); /* what was kept last may not have become durable */
	return app_open_store(app, STORE_WRITE, err);
}

/* What the night came to so far: the medium that is written now and the report made now shall have it. */
static int commit_so_far(struct app *app, const struct run_record *record, struct error *err) {
	struct batch *batch = store_begin(app->store, app->now);
	char *text = run_record_text(record);
	batch_set_value(batch, RUN_UNDER_WAY, text);
	free(text);
	return batch_commit(batch, err);
}

static int commit(struct app *app, const struct run_record *record, bool reported, struct error *err) {
	char when[UTIME_TEXT_MAX];
	struct batch *batch = store_begin(app->store, app->now);
	run_record_put(record, batch);
	batch_set_value(batch, RUN_UNDER_WAY, "");
	if (reported) batch_set_value(batch, LAST, utime_text(app->now, when));
	return batch_commit(batch, err);
}

int nightly_run(struct app *app, struct run_record *record, struct error *err) {
	bool went_well = false;
	int rc = 0;
	if (app_open_store(app, STORE_WRITE, err)) return -1;
	app->fetched = judge_cache_new(); /* each question goes out once a night, whichever step asks it */
	for (size_t i = 0; i < ARRAY_LEN(steps) && !rc; i++) {
		struct error own = {0};
		if (steps[i].tells && commit_so_far(app, record, &own)) rc = reopen(app, err);
		if (rc) break;
		went_well = run_step(app, &steps[i], record);
		if (!went_well) rc = reopen(app, err);
	}
	judge_cache_free(app->fetched);
	app->fetched = NULL;
	return rc ? -1 : commit(app, record, went_well, err); /* the last step is the report */
}
