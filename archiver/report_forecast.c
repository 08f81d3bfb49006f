#include "archiver/report.h"
#include "archiver/report_model.h"
#include "archiver/search.h"
#include "archiver/what_if.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static json_t *row_of(json_t *part, const char *month) {
	json_t *months = json_object_get(part, "months");
	size_t count = json_array_size(months);
	json_t *last = count ? json_array_get(months, count - 1) : NULL;
	if (last && !strcmp(model_text(last, "month"), month)) return last;
	if (count == LIMIT_REPORT_ROWS) return json_object_get(part, "later");
	json_t *row = json_pack("{s:s,s:i,s:i,s:{}}", "month", month, "records", 0, "bytes", 0, "limits");
	json_array_append_new(months, row);
	return row;
}

/* By month, which come in order; what has no date or had one apart. */
static int add(void *user, const char *month, const char *limit, uint64_t records, uint64_t bytes) {
	json_t *part = user, *to;
	if (!*month)
		to = json_object_get(part, *limit ? "none" : "unknown");
	else
		to = !strcmp(month, "ended") ? json_object_get(part, "ended") : row_of(part, month);
	model_count(to, "records", (json_int_t)records);
	model_count(to, "bytes", (json_int_t)bytes);
	if (*month && json_object_get(to, "limits")) model_count(json_object_get(to, "limits"), limit, (json_int_t)records);
	return 0;
}

static json_t *sums(void) {
	return json_pack("{s:i,s:i}", "records", 0, "bytes", 0);
}

/* The month in which most ends. */
static void set_peak(json_t *part) {
	const json_t *row, *peak = NULL;
	size_t i;
	json_array_foreach(json_object_get(part, "months"), i, row) {
		if (!peak || model_number(row, "records") > model_number(peak, "records")) peak = row;
	}
	json_object_set(part, "peak", peak ? json_object_get(peak, "month") : json_null());
}

/* ---- deadlines, whichever comes first ---- */

/* One date into its row; `told` has the rows by what they are. */
static void count_deadline(json_t *told, const json_t *deadline, utime provable, uint64_t records, uint64_t bytes) {
	utime ends = (utime)json_integer_value(json_array_get(deadline, 2));
	char *key = json_dumps(deadline, JSON_COMPACT), when[UTIME_TEXT_MAX];
	json_t *row = json_object_get(told, key);
	if (!row) {
		row = json_pack("{s:s, s:O, s:O, s:i, s:i, s:i}", "ends", utime_text(ends, when), "kind", json_array_get(deadline, 0), "name",
		                json_array_get(deadline, 1), "records", 0, "bytes", 0, "carried", 0);
		json_object_set_new(told, key, row);
	}
	model_count(row, "records", (json_int_t)records);
	model_count(row, "bytes", (json_int_t)bytes);
	if (provable != UTIME_NONE && provable > ends) model_count(row, "carried", (json_int_t)records);
	free(key);
}

static int add_set(void *user, const char *deadlines, utime provable, uint64_t records, uint64_t bytes) {
	json_t *list = json_loads(deadlines, 0, NULL), *deadline;
	size_t i;
	json_array_foreach(list, i, deadline) count_deadline(user, deadline, provable, records, bytes);
	json_decref(list);
	return 0;
}

/* By date; of one date the one that concerns most. */
static int by_end(const void *a, const void *b) {
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(model_text(x, "ends"), model_text(y, "ends"));
	if (!order) order = (model_number(x, "records") < model_number(y, "records")) - (model_number(x, "records") > model_number(y, "records"));
	return order ? order : strcmp(model_text(x, "name"), model_text(y, "name"));
}

/* Those to come; what ended before is in the months. */
static json_t *deadlines_part(const json_t *told, utime now) {
	size_t count = 0;
	json_t **rows = xcalloc(json_object_size(told) + 1, sizeof *rows), *list = json_array(), *row;
	const char *key;
	utime ends;
	json_object_foreach((json_t *)told, key, row) if (utime_parse(model_text(row, "ends"), &ends) && ends >= now) rows[count++] = row;
	if (count) qsort(rows, count, sizeof *rows, by_end);
	for (size_t i = 0; i < count && i < LIMIT_REPORT_ROWS; i++) json_array_append(list, rows[i]);
	free(rows);
	return json_pack("{s:I, s:o}", "total", (json_int_t)count, "rows", list);
}

void report_add_forecast(struct app *app, json_t *report) {
	static const char *const apart[] = {"ended", "none", "unknown", "later"};
	struct error err = {0};
	json_t *part = json_pack("{s:[]}", "months");
	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) json_object_set_new(part, apart[i], sums());
	struct search *search = search_open(app, &err);
	json_t *told = json_object();
	bool known = search && search_forecast(search, app->now, add, part, &err) == 0 && search_deadlines(search, add_set, told, &err) == 0;
	search_close(search);
	json_object_set_new(part, "deadlines", deadlines_part(told, app->now));
	json_decref(told);
	json_object_set_new(part, "known", json_boolean(known));
	if (!known) json_object_set_new(part, "error", json_string(err.text));
	set_peak(part);
	json_object_set_new(report, "forecast", part);
}

int report_add_what_if(struct app *app, json_t *report, const char *const *asked, size_t count, struct error *err) {
	if (!count) return 0;
	json_t *rows = json_array();
	struct search *search = search_open(app, err);
	bool fine = search != NULL;
	for (size_t i = 0; i < count && fine; i++) {
		json_t *answer = what_if_answer(search, asked[i], app->now, err);
		fine = answer && json_array_append_new(rows, answer) == 0;
	}
	search_close(search);
	json_object_set_new(report, "what_if", json_pack("{s:i,s:o}", "total", (int)json_array_size(rows), "rows", rows));
	return fine ? 0 : -1;
}
