/* What cannot be extended now, by reason. */
#include "archiver/report_model.h"

#include "archiver/extend_blocked.h"
#include "archiver/json_get.h"

static int add(void *user, const char *name, const char *value) {
	json_t *reasons = user, *blocked = json_loads(value, 0, NULL);
	(void)name;
	model_count(reasons, text_at(blocked, "reason"), 1);
	json_decref(blocked);
	return 0;
}

int report_add_blocked(struct app *app, json_t *report, struct error *err) {
	json_t *reasons = json_object(), *rows = json_array(), *count;
	const char *reason;
	json_int_t total = 0;
	int rc = store_each_value(app->store, EXTEND_BLOCKED_PREFIX, add, reasons, err);
	json_object_foreach(reasons, reason, count) {
		total += json_integer_value(count);
		json_array_append_new(rows, json_pack("{s:s, s:O}", "refusal", reason, "records", count));
	}
	json_object_set_new(report, "blocked", json_pack("{s:I, s:o}", "total", total, "rows", rows));
	json_decref(reasons);
	return rc;
}
