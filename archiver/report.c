#include "archiver/report.h"

#include "archiver/i18n.h"
#include "archiver/medium_file.h"
#include "archiver/report_model.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *word, *extension;
	void (*render)(FILE *out, const json_t *report);
} formats[REPORT_FORMATS] = {
#define REPORT_FORMAT(name, word, extension, render) {word, extension, render},
#include "archiver/report_format.def"
#undef REPORT_FORMAT
};

const char *report_format_word(enum report_format format) {
	return formats[format].word;
}

const char *report_format_extension(enum report_format format) {
	return formats[format].extension;
}

int report_format_parse(const char *word) {
	for (int i = 0; i < REPORT_FORMATS; i++)
		if (!strcmp(formats[i].word, word)) return i;
	return -1;
}

void report_render(enum report_format format, FILE *out, const json_t *report) {
	formats[format].render(out, report);
}

const json_t *model_get(const json_t *model, const char *path) {
	char key[64];
	while (model && path) {
		const char *dot = strchr(path, '.');
		snprintf(key, sizeof key, "%.*s", dot ? (int)(dot - path) : (int)strlen(path), path);
		model = json_object_get(model, key);
		path = dot ? dot + 1 : NULL;
	}
	return model;
}

json_int_t model_number(const json_t *model, const char *path) {
	return json_integer_value(model_get(model, path));
}

const char *model_text(const json_t *model, const char *path) {
	const char *text = json_string_value(model_get(model, path));
	return text ? text : "";
}

void model_count(json_t *object, const char *key, json_int_t more) {
	json_object_set_new(object, key, json_integer(json_integer_value(json_object_get(object, key)) + more));
}

static void set_time(json_t *object, const char *key, utime t) {
	char text[UTIME_TEXT_MAX];
	json_object_set_new(object, key, t == UTIME_NONE ? json_null() : json_string(utime_text(t, text)));
}

static json_t *archive_part(struct app *app, const struct store_totals *totals) {
	char id[33], head[SHA256_HEX];
	json_t *part = json_pack("{s:s,s:s,s:s,s:s,s:I}", "name", conf_text(app->conf, CONF_archive_name), "organisation",
	                         conf_text(app->conf, CONF_archive_organisation), "id", hex_encode(totals->archive_id, 16, id), "journal_head",
	                         hex_encode(totals->journal_head, SHA256_SIZE, head), "events", (json_int_t)totals->events);
	if (!part) part = json_object(); /* a name in the configuration that is not UTF-8 */
	set_time(part, "last_event", totals->last_event);
	return part;
}

json_t *report_build(struct app *app, utime from, utime to, struct error *err) {
	struct store_totals totals;
	if (store_totals(app->store, &totals, err)) return NULL;
	json_t *report = json_pack("{s:s}", "schema", "ltvault.report/1");
	set_time(report, "made", app->now);
	set_time(report, "from", from);
	set_time(report, "to", to);
	json_object_set_new(report, "archive", archive_part(app, &totals));
	if (report_add_holdings(app, from, to, report, err) || report_add_events(app, from, to, report, err) ||
	    report_add_media(app, report, err) || report_add_blocked(app, report, err)) {
		json_decref(report);
		return NULL;
	}
	report_add_expiring(app, report);
	report_add_forecast(app, report);
	report_add_evidence(app, from, to, report);
	const char *state = report_has_damage(report) ? "damage" : report_has_findings(report) ? "findings" : "clean";
	json_object_set_new(report, "state", json_string(state));
	return report;
}

bool report_has_damage(const json_t *report) {
	return model_number(report, "checks.missing") + model_number(report, "checks.damaged") + model_number(report, "bad_packs.total") +
	               model_number(report, "lost.total") > 0;
}

bool report_has_findings(const json_t *report) {
	static const char *const counters[] = {"checks.overdue",     "checks.never",          "changed.total",       "refused.total",
	                                       "states.quarantined", "states.pending",        "backups.failed",      "runs.failed",
	                                       "media.never_written", "drill.overdue",        "drills.failed",
	                                       "protection.total",   "media_next.total",      "evidence.trees_waiting",
	                                       "evidence.overdue",   "evidence.ended",        "evidence_failures.total", "mended.total",
	                                       "copies.overdue"};
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		if (model_number(report, counters[i])) return true;
	return json_array_size(model_get(report, "media.rows")) == 0;
}

char *report_lost_line(const json_t *report) {
	struct buf text = {0};
	size_t i;
	const json_t *row;
	json_int_t total = model_number(report, "lost.total");
	if (!total) return NULL;
	buf_printf(&text, _("NO GOOD COPY IS LEFT of %lld objects:"), (long long)total);
	json_array_foreach(model_get(report, "lost.rows"), i, row) {
		if (i == 20) {
			buf_printf(&text, " ...");
			break;
		}
		buf_printf(&text, i ? "; " : " ");
		if (model_number(row, "record")) buf_printf(&text, "%s %lld (%s)", _("record"), (long long)model_number(row, "record"), model_text(row, "file"));
		else buf_printf(&text, "%s", model_text(row, "object"));
	}
	return buf_take_text(&text);
}

void report_json_text(FILE *out, const json_t *report) {
	json_dumpf(report, out, JSON_COMPACT | JSON_SORT_KEYS);
	fputc('\n', out);
}

int report_write(const char *path, enum report_format format, const json_t *report, struct error *err) {
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	if (!memory) abort();
	report_render(format, memory, report);
	fclose(memory);
	int rc = medium_write(path, text, len, err);
	free(text);
	return rc;
}

/* Names of reports sort as their dates do; "2026-11-22.html" and its like are ours, everything else is left alone. */
static int is_report(const struct dirent *entry) {
	const char *name = entry->d_name, *dot = strchr(name, '.');
	return dot && dot - name == 10 && name[4] == '-' && name[7] == '-' && (!strcmp(dot, ".html") || !strcmp(dot, ".json"));
}

static void prune(const char *folder, size_t keep) {
	struct dirent **entries;
	int n = scandir(folder, &entries, is_report, alphasort);
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
		if ((size_t)(n - i) > 2 * keep) unlink(path);
		free(path);
		free(entries[i]);
	}
	if (n >= 0) free(entries);
}

int report_nightly(struct app *app, utime since, char **html, struct error *err) {
	char date[UTIME_TEXT_MAX];
	json_t *report = report_build(app, since, app->now + UTIME_SECOND, err); /* half open: the night itself belongs to it */
	if (!report) return -1;
	char *folder = app_path(app, "reports"), *json = xasprintf("%s/%s.json", folder, utime_date_text(app->now, date));
	*html = xasprintf("%s/%s.html", folder, date);
	if (report_write(json, REPORT_JSON, report, err) == 0 && report_write(*html, REPORT_HTML, report, err) == 0)
		prune(folder, conf_number(app->conf, CONF_report_keep));
	free(folder);
	free(json);
	json_decref(report);
	return err->code ? -1 : 0;
}
