#include "archiver/drill_night.h"

#include "archiver/image_ledger.h"
#include "archiver/json_get.h"
#include "archiver/log.h"
#include "archiver/medium_identity.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct candidate {
	char *path;
	utime drilled; /* UTIME_NONE, which sorts first: never */
};
struct candidates {
	struct candidate *items;
	size_t count, cap;
};

/* A medium that is here, holds a generation and opens without a key. What is not one is left to the backup, which says why. */
static void look(struct app *app, const struct ledger *ledger, const char *path, struct candidates *found) {
	struct medium_place place;
	struct medium_label label = {0};
	struct error none = {0};
	if (place_open(&place, path, false, &none)) return;
	const struct medium *m = medium_read_label(app, &place, &label, &none) ? NULL : ledger_by_id(ledger, label.medium_id);
	if (m && !medium_is_retired(m) && !medium_is_series(m) && medium_newest(m) && !*medium_text(m, "recipients")) {
		ARRAY_GROW(found->items, found->count, found->cap);
		found->items[found->count++] = (struct candidate){xstrdup(path), medium_time(m, "drilled")};
	}
	medium_label_dispose(&label);
	place_close(&place);
}

static int by_time(const void *a, const void *b) {
	const struct candidate *x = a, *y = b;
	return x->drilled < y->drilled ? -1 : x->drilled > y->drilled ? 1 : strcmp(x->path, y->path);
}

static int find_candidates(struct app *app, struct candidates *found, struct error *err) {
	struct ledger ledger;
	if (ledger_read(app, &ledger, err)) return -1;
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list;
	for (char *path; (path = conf_next(&rest));) look(app, &ledger, path, found);
	if (found->count) qsort(found->items, found->count, sizeof *found->items, by_time);
	free(list);
	ledger_dispose(&ledger);
	return 0;
}

static void tell(struct app *app, const json_t *outcome) {
	char restored[24], bytes[24], failures[24];
	bool failed = number_at(outcome, "failure_count") > 0;
	if (failed) app_worsen(app, EXIT_DAMAGE);
	log_event(failed ? LOG_ERROR_LEVEL : LOG_INFO_LEVEL, failed ? "drill.failed" : "drill.made", "medium", text_at(outcome, "medium"), "records",
	          log_number((uint64_t)number_at(outcome, "restored"), restored), "bytes", log_number((uint64_t)number_at(outcome, "bytes"), bytes),
	          "failures", log_number((uint64_t)number_at(outcome, "failure_count"), failures), NULL);
}

/* One after the other until one gives an outcome; why one did not is told and remembered for the finding. */
static json_t *drill_one(struct app *app, const struct candidates *found, struct error *last) {
	json_t *outcome = NULL;
	for (size_t i = 0; i < found->count && !outcome; i++) {
		const struct drill_options options = {
			.medium = found->items[i].path,
			.sample = conf_number(app->conf, CONF_drill_sample),
			.most_bytes = conf_number(app->conf, CONF_drill_bytes),
			.most_seconds = (uint64_t)(conf_duration(app->conf, CONF_drill_time) / UTIME_SECOND),
			.automatic = true,
		};
		error_clear(last);
		if (drill_run(app, &options, &outcome, last))
			log_event(LOG_WARN_LEVEL, "drill.not_made", "path", options.medium, "error", last->text, NULL);
	}
	return outcome;
}

static void overdue(struct app *app, const struct drill_state *state, const char *why) {
	char due[UTIME_TEXT_MAX];
	log_event(LOG_WARN_LEVEL, "drill.overdue", "since", utime_text(state->due, due), "connect", *state->connect ? state->connect : NULL, "needs",
	          state->connect_encrypted ? "drill --key" : NULL, "away", state->connect_away ? "yes" : NULL, "error", *why ? why : NULL, NULL);
	app_worsen(app, EXIT_FINDINGS);
}

int drill_night(struct app *app, json_t **outcome, struct error *err) {
	struct drill_state state;
	struct candidates found = {0};
	struct error last = {0};
	*outcome = NULL;
	if (drill_state(app, &state, err)) return -1;
	if (!drill_is_due(app, &state)) return 0;
	bool automatic = strcmp(conf_text(app->conf, CONF_drill_automatic), "off") != 0;
	int rc = automatic ? find_candidates(app, &found, err) : 0;
	if (!rc) *outcome = drill_one(app, &found, &last);
	if (*outcome) tell(app, *outcome);
	/* One that restored nothing, or failed, has not passed: it is due still. */
	if (!rc && (rc = drill_state(app, &state, err)) == 0 && drill_is_due(app, &state)) overdue(app, &state, last.text);
	for (size_t i = 0; i < found.count; i++) free(found.items[i].path);
	free(found.items);
	return rc;
}
