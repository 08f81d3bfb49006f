#include "archiver/ingest_batch.h"

#include "archiver/conf.h"
#include "archiver/judge.h"
#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One file whose fate is durable. */
struct fate {
	struct intake_item *item;
	struct record_row row; /* zero when there is no record */
	json_t *report;        /* owned; NULL none */
	json_t *metadata;      /* owned; NULL none */
	const json_t *findings;
	bool refused;
	char *moved;
};

static int read_json(struct store *store, const struct object_id *id, json_t **json, struct error *err) {
	unsigned char *data = NULL;
	size_t len = 0;
	if (object_id_is_zero(id)) return 0;
	if (store_read(store, id, LIMIT_REPORT_BYTES, &data, &len, err) == OBJECT_UNREADABLE) return -1;
	if (data) *json = json_loadb((const char *)data, len, 0, NULL);
	free(data);
	return 0;
}

static struct intake_judged *judged_of(const struct ingest *ing, uint64_t number) {
	for (size_t i = 0; i < ing->judged_count; i++)
		if (ing->judged[i].number == number) return &ing->judged[i];
	return NULL;
}

static int learn(struct ingest *ing, struct fate *f) {
	if (!f->item->number) {
		f->refused = f->item->outcome == INTAKE_REFUSED;
		f->findings = f->item->findings;
		f->metadata = json_incref(f->item->metadata.object);
		return 0;
	}
	struct store *store = ing->app->store;
	if (records_get(store, f->item->number, &f->row, ing->err) < 0) return -1;
	const struct intake_judged *judged = judged_of(ing, f->item->number);
	if (judged)
		f->report = json_incref(judged->report);
	else if (read_json(store, &f->row.verdict, &f->report, ing->err))
		return -1;
	f->refused = f->row.state == RECORD_REFUSED;
	f->findings = json_object_get(f->report, "archive_findings");
	return f->refused ? read_json(store, &f->row.metadata, &f->metadata, ing->err) : 0;
}

int ingest_notice(struct app *app, const struct notice *what, struct error *err) {
	struct notice notice = *what;
	char *outbox = app_path(app, "spool/outbox");
	notice.archive = conf_text(app->conf, CONF_archive_name);
	notice.organisation = conf_text(app->conf, CONF_archive_organisation);
	notice.when = app->now;
	char *base = notice_write(&notice, outbox, err), *shown = base ? spool_printable(base) : NULL;
	if (base) log_event(LOG_INFO_LEVEL, "notice", "path", shown, NULL);
	free(shown);
	free(outbox);
	free(base);
	return base ? 0 : -1;
}

static int notice_of(struct ingest *ing, const struct fate *f) {
	char hex[SHA256_HEX] = "", *key;
	const char *slash = strrchr(f->item->path, '/'), *name = slash ? slash + 1 : f->item->path;
	const struct intake_identity *file = &f->item->identity;
	if (f->item->number) hex_encode(f->item->id.sha256, SHA256_SIZE, hex);
	if (f->item->number)
		key = xstrdup(hex);
	else
		key = xasprintf("%llu %llu %llu", (unsigned long long)file->inode, (unsigned long long)file->mtime,
				(unsigned long long)file->size);
	const struct notice notice = {.name = name,
				      .key = key,
				      .number = f->item->number,
				      .sha256 = *hex ? hex : NULL,
				      .metadata = f->metadata,
				      .report = f->report,
				      .findings = f->findings};
	int rc = ingest_notice(ing->app, &notice, ing->err);
	free(key);
	return rc;
}

/* ---- the source ---- */

/* Where the sidecar goes: beside its document's new name. */
static int move_sidecar(const struct fate *f, const char *folder, const char *relative, struct error *err) {
	const char *sidecar = f->item->sidecar;
	size_t stem = strlen(f->item->path);
	bool long_form = !strncmp(sidecar, f->item->path, stem) && !strcasecmp(sidecar + stem, ".json");
	char *name = long_form ? xasprintf("%s.json", relative)
			       : xasprintf("%.*s.json", (int)(strlen(relative) - 4), relative);
	char *moved = spool_move(sidecar, folder, name, err);
	int rc = moved || err->code == ERROR_NOT_FOUND ? 0 : -1; /* gone with an earlier document of both forms */
	if (!rc) error_clear(err);
	free(name);
	free(moved);
	return rc;
}

/* A refused document that has no record goes before its sidecar: without it the next run would take it in, secret or
 * not. Every other goes after it: a sidecar alone would be reported every night. */
static int move_source(struct ingest *ing, struct fate *f, struct error *err) {
	char date[UTIME_TEXT_MAX], *relative;
	const char *folder = f->refused ? ing->refused : ing->done;
	bool last = f->item->number != 0;
	relative = xasprintf("%s/%s", utime_date_text(ing->app->now, date), f->item->path + f->item->relative);
	int rc = f->item->sidecar && last ? move_sidecar(f, folder, relative, err) : 0;
	if (!rc) f->moved = spool_move(f->item->path, folder, relative, err);
	if (!rc && !f->moved) rc = -1;
	if (!rc && f->item->sidecar && !last) rc = move_sidecar(f, folder, relative, err);
	free(relative);
	return rc;
}

/* A source that cannot be moved is remembered as taken in, and the run says that it failed. */
static void put_away(struct ingest *ing, struct fate *f) {
	struct error own = {0};
	if (!f->item->relative || !move_source(ing, f, &own)) return;
	char *why = spool_printable(own.text);
	log_event(LOG_ERROR_LEVEL, "not-moved", "reason", why, NULL);
	free(why);
	app_worsen(ing->app,
		   error_exit_status(own.code) == EXIT_UNUSABLE ? EXIT_RUN_FAILED : error_exit_status(own.code));
	ingest_left_keep(ing, f->item);
}

/* ---- counting and telling ---- */

static bool has_code(const json_t *findings, const char *code) {
	const json_t *f;
	size_t i;
	json_array_foreach(findings, i, f) if (!strcmp(metadata_text(f, "code"), code)) return true;
	return false;
}

static void count_record(struct ingest_counts *c, const struct fate *f) {
	c->accepted += f->row.state == RECORD_ACCEPTED;
	c->quarantined += f->row.state == RECORD_QUARANTINED;
	c->refused += f->refused;
	c->pending += f->row.state == RECORD_PENDING;
	c->passed += !strcmp(f->row.indication, "TOTAL-PASSED");
}

static void count(struct ingest *ing, const struct fate *f) {
	struct ingest_counts *c = ing->counts;
	c->files++;
	c->taken += f->item->outcome == INTAKE_TAKEN;
	c->bytes += f->item->outcome == INTAKE_TAKEN ? f->item->identity.size : 0;
	c->again += f->item->outcome == INTAKE_AGAIN || f->item->outcome == INTAKE_RESUMED;
	c->failed += f->item->outcome == INTAKE_FAILED;
	c->left += f->item->outcome == INTAKE_LEFT;
	if (f->item->number)
		count_record(c, f);
	else
		c->refused += f->refused;
	if (f->item->outcome == INTAKE_FAILED) app_worsen(ing->app, EXIT_UNUSABLE);
	bool open = f->item->number && f->row.state != RECORD_PENDING && strcmp(f->row.indication, "TOTAL-PASSED") != 0;
	/* Without a signature of its own, and accepted all the same: for a detached one. */
	bool covered = open && f->row.state == RECORD_ACCEPTED && !strcmp(f->row.indication, "NO-SIGNATURE") &&
		       ing->options->policy != ON_FAILED_ACCEPT;
	if (f->refused || (open && !covered) || has_code(f->findings, "DUPLICATE_NUMBER") ||
	    verdict_misses_files(f->report))
		app_worsen(ing->app, EXIT_FINDINGS);
}

static void tell(struct ingest *ing, const struct fate *f) {
	char number[24] = "", *path = spool_printable(f->item->path);
	bool recorded = f->item->number != 0;
	enum log_level level = f->item->outcome == INTAKE_FAILED               ? LOG_ERROR_LEVEL
			       : f->refused || f->item->outcome == INTAKE_LEFT ? LOG_WARN_LEVEL
									       : LOG_INFO_LEVEL;
	if (recorded) log_number(f->item->number, number);
	/* Whoever is told otherwise need not be told twice. */
	if (!ing->options->tell || level < LOG_WARN_LEVEL)
		log_event(level, "ingest", "outcome", intake_outcome_name(f->item->outcome), "file", path, "record",
			  recorded ? number : NULL, "state", recorded ? record_state_name(f->row.state) : NULL,
			  "indication", recorded && *f->row.indication ? f->row.indication : NULL, "sub_indication",
			  recorded && *f->row.sub_indication ? f->row.sub_indication : NULL, "reason",
			  f->item->message ? f->item->message
			  : recorded       ? NULL
					   : metadata_text(json_array_get(f->findings, 0), "code"),
			  NULL);
	const struct ingest_told told = {.item = f->item,
					 .row = recorded ? &f->row : NULL,
					 .report = f->report,
					 .findings = f->findings,
					 .moved = f->moved};
	if (ing->options->tell) ing->options->tell(ing->options->user, &told);
	free(path);
}

static int finish_one(struct ingest *ing, struct intake_item *item) {
	struct fate f = {.item = item};
	int rc = learn(ing, &f);
	if (!rc && f.refused) rc = notice_of(ing, &f);
	if (!rc && item->outcome <= INTAKE_REFUSED) {
		ingest_left_met(ing, item);
		put_away(ing, &f);
	}
	if (!rc) {
		count(ing, &f);
		tell(ing, &f);
	}
	record_row_dispose(&f.row);
	json_decref(f.report);
	json_decref(f.metadata);
	free(f.moved);
	return rc;
}

/* Moves must be durable before the list of files is replaced. */
static int sync_spool(struct ingest *ing) {
	char date[UTIME_TEXT_MAX];
	const char *const folders[] = {ing->in, ing->done, ing->refused};
	int rc = 0;
	utime_date_text(ing->app->now, date);
	for (size_t i = 0; i < ARRAY_LEN(folders) && !rc; i++) {
		struct error own = {0};
		char *day = xasprintf("%s/%s", folders[i], date);
		rc = spool_sync(folders[i], ing->err);
		if (!rc && i && spool_sync(day, &own) && own.code != ERROR_NOT_FOUND)
			rc = error_set(ing->err, own.code, "%s", own.text);
		free(day);
	}
	return rc;
}

int ingest_finish(struct ingest *ing) {
	bool spool = false;
	for (size_t i = 0; i < ing->count; i++) {
		spool = spool || (ing->items[i].relative && ing->items[i].outcome <= INTAKE_REFUSED);
		if (finish_one(ing, &ing->items[i])) return -1;
	}
	return spool ? sync_spool(ing) : 0;
}
