#include "archiver/report_model.h"

#include "archiver/search.h"
#include "base/limits.h"

#define SOON (90 * UTIME_DAY)
#define YEAR (365 * UTIME_DAY)

static int add_month(void *user, const char *month, uint64_t records) {
	json_array_append_new(user, json_pack("{s:s,s:I}", "month", month, "records", (json_int_t)records));
	return 0;
}

static int add_row(void *user, const char *json, bool exact) {
	static const char *const keys[] = {"record", "file", "number", "symbol", "subject", "expires"};
	json_t *doc = json_loads(json, 0, NULL), *row = json_object();
	(void)exact;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		json_t *value = json_object_get(doc, keys[i]);
		if (value && !json_is_null(value)) json_object_set(row, keys[i], value);
	}
	json_array_append_new(user, row);
	json_decref(doc);
	return 0;
}

static int count(struct search *search, json_t *part, const char *key, utime from, utime to, struct error *err) {
	uint64_t records;
	if (search_expiring_count(search, from, to, &records, err)) return -1;
	json_object_set_new(part, key, json_integer((json_int_t)records));
	return 0;
}

static int gather(struct search *search, utime now, json_t *part, struct error *err) {
	json_t *months = json_array(), *rows = json_array();
	json_object_set_new(part, "months", months);
	json_object_set_new(part, "rows", rows);
	json_object_set_new(part, "behind", json_integer((json_int_t)search_behind(search)));
	if (count(search, part, "with_certificate", UTIME_NONE, INT64_MAX, err) ||
	    count(search, part, "ended", UTIME_NONE, now, err) || count(search, part, "total", now, now + SOON, err) ||
	    count(search, part, "year", now, now + YEAR, err) ||
	    search_expiring_months(search, now, now + YEAR, add_month, months, err))
		return -1;
	return search_expiring_each(search, now, now + SOON, LIMIT_REPORT_ROWS, add_row, rows, err);
}

void report_add_expiring(struct app *app, json_t *report) {
	struct error err = {0};
	json_t *part = json_object();
	struct search *search = search_open(app, &err);
	bool known = search && gather(search, app->now, part, &err) == 0;
	search_close(search);
	json_object_set_new(part, "known", json_boolean(known));
	if (!known) json_object_set_new(part, "error", json_string(err.text));
	json_object_set_new(report, "expiring", part);
}
