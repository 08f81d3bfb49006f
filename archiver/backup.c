#include "archiver/backup.h"

#include "archiver/archive_key.h"
#include "archiver/backup_copy.h"
#include "archiver/backup_envelope.h"
#include "archiver/backup_mend.h"
#include "archiver/backup_protect.h"
#include "archiver/backup_seal.h"
#include "archiver/backup_wait.h"
#include "archiver/i18n.h"
#include "archiver/image_backup.h"
#include "archiver/image_ledger.h"
#include "archiver/log.h"
#include "archiver/medium_identity.h"
#include "archiver/progress.h"
#include "archiver/rotation.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bar {
	struct progress *progress;
	uint64_t bytes;
};

static void moved(void *user, uint64_t bytes) {
	struct bar *bar = user;
	progress_step(bar->progress, bar->bytes += bytes);
}

/* The pack that the medium reaches into, and how far: what tells later whether an object is on it. */
static void reach(const struct generation *g, uint64_t *pack, uint64_t *length) {
	*pack = *length = 0;
	for (size_t i = 0; i < g->count; i++) {
		unsigned number;
		if (sscanf(g->files[i].name, "packs/%u.tar", &number) != 1 || number < *pack) continue;
		*pack = number;
		*length = g->files[i].size;
	}
}

static void add_generation(struct copy *c) {
	const struct generation *g = &c->generation;
	char when[UTIME_TEXT_MAX], head[SHA256_HEX];
	uint64_t pack, length;
	reach(g, &pack, &length);
	json_array_append_new(medium_generations(c->medium),
	                      json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:s}", "number", (json_int_t)g->number, "when",
	                                utime_text(g->made, when), "events", (json_int_t)g->events, "pack", (json_int_t)pack, "pack_length",
	                                (json_int_t)length, "bytes", (json_int_t)c->result->bytes, "checked_bytes",
	                                (json_int_t)c->result->checked_bytes, "full", c->full, "journal_head",
	                                hex_encode(g->journal_head, SHA256_SIZE, head)));
}

static int drop_snapshot(struct copy *c, uint64_t number, struct error *err) {
	char *name = generation_path(number, GENERATION_CATALOGUE);
	int rc = 0;
	if (c->recipients) {
		rc = envelope_drop_catalogue(&c->place, number, err);
	} else if (place_has(&c->place, name)) {
		place_unprotect(&c->place, name);
		rc = place_remove(&c->place, name, false, err);
	}
	free(name);
	return rc;
}

/* Only what the ledger says was let go, and only after it says so: the snapshots of the catalogue. Packs and journal, which every
 * generation shares, and the signed manifests stay. On an append-only medium the right to remove them may be missing: they stay there
 * until a backup has it, and nothing else depends on it. */
static int drop_expired(struct copy *c) {
	bool append_only = !strcmp(medium_text(c->medium, "protect"), "append");
	size_t i;
	const json_t *one;
	json_array_foreach(medium_generations(c->medium), i, one) {
		struct error kept = {0};
		if (!json_is_true(json_object_get(one, "expired"))) continue;
		if (!drop_snapshot(c, (uint64_t)json_integer_value(json_object_get(one, "number")), &kept)) continue;
		if (!append_only) return error_set(c->err, kept.code, "%s", kept.text);
		log_event(LOG_WARN_LEVEL, "generation.not_removed", "medium", c->medium->row.label, "error", kept.text, NULL);
	}
	return 0;
}

/* The ledger and the journal's event; only then does the backup count. */
static int record_backup(struct copy *c) {
	struct app *app = c->app;
	struct medium_row *row = &c->medium->row;
	const struct backup_result *r = c->result;
	char head[SHA256_HEX];
	row->written = row->verified = app->now;
	row->generation = c->generation.number;
	row->bytes = c->totals.pack_bytes;
	memcpy(row->journal_head, c->generation.journal_head, sizeof row->journal_head);
	free(row->path);
	row->path = xstrdup(c->place.path);
	if (c->full) medium_set_time(c->medium, "full_read", app->now);
	c->result->unprotected = backup_protection_failed(c);
	medium_set_number(c->medium, "protected", !strcmp(medium_text(c->medium, "protect"), "append") && !c->unprotected);
	add_generation(c);
	uint64_t expired = rotation_expire(app, c->medium);
	json_t *note = json_pack("{s:s,s:I,s:I,s:I,s:I,s:b,s:b,s:I,s:s}", "medium", row->label, "generation", (json_int_t)row->generation, "files",
	                         (json_int_t)r->files, "bytes", (json_int_t)r->bytes, "checked_bytes", (json_int_t)r->checked_bytes, "full", r->full,
	                         "same_device", r->same_device, "expired", (json_int_t)expired,
	                         "journal_head", hex_encode(row->journal_head, SHA256_SIZE, head));
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(app->store, app->now);
	medium_put(batch, c->medium);
	batch_note(batch, "backup", text);
	free(text);
	json_decref(note);
	return batch_commit(batch, c->err) || (expired && drop_expired(c)) ? -1 : 0;
}

/* The medium's own errors tell whether it is wearing out. */
static void record_error(struct copy *c) {
	struct error err = {0};
	medium_add_error(c->medium, c->app->now, c->err->text);
	struct batch *batch = store_begin(c->app->store, c->app->now);
	medium_put(batch, c->medium);
	if (batch_commit(batch, &err)) log_event(LOG_ERROR_LEVEL, "backup.not_recorded", "error", err.text, NULL);
}

int backup_medium(struct app *app, const char *path, bool full, struct backup_result *result, struct error *err) {
	struct ledger ledger = {0};
	struct bar bar = {0};
	struct copy c = {.app = app, .result = result, .err = err};
	*result = (struct backup_result){0};
	c.watch = (struct medium_watch){moved, &bar};
	bool label_mended;
	if (place_open(&c.place, path, false, err) || place_open(&c.archive, app->archive, true, err) || ledger_read(app, &ledger, err) ||
	    backup_mend_label(app, &c.place, &ledger, &label_mended, err) || medium_identify(app, &c.place, &ledger, &c.medium, err))
		goto out;
	result->mended = label_mended;
	const char *recipients = medium_text(c.medium, "recipients");
	if (*recipients && !(c.recipients = recipients_parse(recipients, strlen(recipients), err))) goto out;
	/* The first reading of a new medium is of everything as well: nothing on it was ever read. */
	bool series = medium_is_series(c.medium);
	result->full = c.full = full || (!series && rotation_full_due(app, c.medium));
	result->images = series;
	snprintf(result->medium, sizeof result->medium, "%s", c.medium->row.label);
	result->same_device = !series && medium_same_device(app, &c.place);
	/* A key that is made now shall be in the journal that the medium gets. */
	if (archive_key_pem(app, &c.pem, err) || (!series && backup_mend_tails(&c)) || store_totals(app->store, &c.totals, err) || backup_seal_read(&c)) goto out;
	bar.progress = progress_start(app, N_("Bytes copied and read back"), 0);
	int rc = series ? image_backup(&c) : backup_check_source(&c) || backup_copy_all(&c);
	progress_end(bar.progress);
	if (rc) record_error(&c);
	else if (!series) record_backup(&c);
out:
	medium_sums_dispose(&c.before);
	medium_sums_dispose(&c.sums);
	generation_dispose(&c.generation);
	generation_dispose(&c.prior);
	recipients_free(c.recipients);
	place_close(&c.place);
	place_close(&c.archive);
	ledger_dispose(&ledger);
	free(c.packs);
	free(c.pem);
	return err->code ? -1 : 0;
}

/* A night without a backup must stand in the journal, or the report would not know of it. */
static void record_failure(struct app *app, const char *path, const struct error *why) {
	struct error err = {0};
	json_t *note = json_pack("{s:s,s:s}", "path", path, "error", why->text);
	char *text = note ? json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS) : xstrdup("{}");
	struct batch *batch = store_begin(app->store, app->now);
	batch_note(batch, "backup-failed", text);
	if (batch_commit(batch, &err)) log_event(LOG_ERROR_LEVEL, "backup.not_recorded", "error", err.text, NULL);
	free(text);
	json_decref(note);
}

bool backup_is_nightly(const struct app *app, const char *path) {
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list, *one;
	bool found = false;
	while (!found && (one = conf_next(&rest))) found = !path || !strcmp(one, path);
	free(list);
	return found;
}

struct night {
	struct app *app;
	unsigned *done, *failed;
};

static void night_one(void *user, const char *path) {
	struct night *n = user;
	struct backup_result result;
	struct error one = {0};
	char files[24], bytes[24];
	if (backup_medium(n->app, path, false, &result, &one)) {
		++*n->failed;
		log_event(LOG_ERROR_LEVEL, "backup.failed", "path", path, "error", one.text, NULL);
		record_failure(n->app, path, &one);
		return;
	}
	++*n->done;
	log_event(LOG_INFO_LEVEL, "backup.written", "medium", result.medium, "path", path, "files", log_number(result.files, files), "bytes",
	          log_number(result.bytes, bytes), NULL);
	if (result.mended) app_worsen(n->app, EXIT_FINDINGS);
	if (result.same_device) log_event(LOG_WARN_LEVEL, "backup.same_device", "path", path, NULL);
}

/* An image costs a disc: the night makes one only when its time has come. */
static bool is_not_due(const struct app *app, const struct ledger *ledger, const char *path) {
	bool not_due = image_is_not_due(app, ledger, path);
	if (not_due) log_event(LOG_INFO_LEVEL, "backup.not_due", "path", path, NULL);
	return not_due;
}

static bool is_away(const struct ledger *ledger, const char *path) {
	char *label = xasprintf("%s/" MEDIUM_LABEL, path);
	bool away = access(label, F_OK) != 0 && rotation_path_is_away(ledger, path);
	free(label);
	if (away) log_event(LOG_INFO_LEVEL, "backup.away", "path", path, NULL);
	return away;
}

void backup_run(struct app *app, unsigned *done, unsigned *failed) {
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list, **paths = NULL;
	size_t count = 0, cap = 0;
	struct ledger ledger;
	struct error unread = {0};
	struct night night = {app, done, failed};
	*done = *failed = 0;
	if (ledger_read(app, &ledger, &unread)) log_event(LOG_ERROR_LEVEL, "ledger.unreadable", "error", unread.text, NULL);
	for (char *path; (path = conf_next(&rest));) {
		if (is_away(&ledger, path) || is_not_due(app, &ledger, path)) continue;
		ARRAY_GROW(paths, count, cap);
		paths[count++] = path;
	}
	ledger_dispose(&ledger);
	backup_each(app, paths, count, night_one, &night);
	free(paths);
	free(list);
}
