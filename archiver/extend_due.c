/* What falls due: documents of which a certificate ends before the horizon, the earliest first. When a record has to be
 * looked at again is kept with it, so that a night does not judge anew what it can do nothing for. */
#include "archiver/extend_private.h"

#include "archiver/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN (30 * UTIME_DAY)  /* for what cannot be extended now: a verdict may change */
#define NEVER (365 * UTIME_DAY) /* for what its structure forbids: a later version may know more */

struct due {
	struct app *app;
	uint64_t *numbers, more;
	size_t count, max;
	struct error *err;
};

static char *value_name(uint64_t number) {
	return xasprintf("extend/next/%" PRIu64, number);
}

void extend_put_next(struct batch *batch, uint64_t number, utime next) {
	char *name = value_name(number), text[UTIME_TEXT_MAX] = "";
	batch_set_value(batch, name, next == UTIME_NONE ? "" : utime_text(next, text));
	free(name);
}

int extend_next_look(struct store *store, uint64_t number, utime *next, struct error *err) {
	char *name = value_name(number), *text = NULL;
	int found = store_value(store, name, &text, err);
	if (found <= 0 || !utime_parse(text, next)) *next = UTIME_NONE;
	free(text);
	free(name);
	return found < 0 ? -1 : 0;
}

/* 1 due, 0 not yet, -1 error. */
static int is_due(struct due *due, uint64_t number) {
	utime next;
	if (extend_next_look(due->app->store, number, &next, due->err)) return -1;
	return next == UTIME_NONE || next <= due->app->now;
}

static int take(void *user, const char *json, bool exact) {
	struct due *due = user;
	json_t *doc = json_loads(json, 0, NULL);
	uint64_t number = (uint64_t)json_integer_value(json_object_get(doc, "record"));
	(void)exact;
	json_decref(doc);
	if (!number) return 0;
	int is = is_due(due, number);
	if (is > 0 && due->count == due->max)
		due->more++;
	else if (is > 0)
		due->numbers[due->count++] = number;
	return is < 0;
}

int extend_due(struct app *app, size_t max, uint64_t **numbers, size_t *count, uint64_t *more, struct error *err) {
	struct due due = {.app = app, .numbers = xcalloc(max + 1, sizeof *due.numbers), .max = max, .err = err};
	utime horizon = app->now + conf_duration(app->conf, CONF_extend_horizon);
	struct search *search = search_open(app, err);
	int rc = search ? search_expiring_each(search, UTIME_NONE, horizon, INT64_MAX, take, &due, err) : -1;
	search_close(search);
	*numbers = due.numbers;
	*count = due.count;
	*more = due.more;
	return rc || err->code ? -1 : 0;
}

static utime end_of(const json_t *entry) {
	const char *text = json_string_value(json_object_get(json_object_get(entry, "signer"), "not_after"));
	utime end;
	return text && utime_parse(text, &end) ? end : UTIME_NONE;
}

/* The end of the newest document time-stamp's certificate, else the earliest end of a signature's. */
static utime protected_until(const json_t *report) {
	const json_t *s;
	const char *format = json_string_value(json_object_get(report, "format"));
	if (format && !strcmp(format, "cms")) return UTIME_NONE; /* the extension itself says when to look again */
	utime stamp = UTIME_NONE, earliest = UTIME_NONE;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, s) {
		const char *kind = json_string_value(json_object_get(s, "kind"));
		utime end = end_of(s);
		if (end == UTIME_NONE || !kind) continue;
		if (!strcmp(kind, "document-timestamp")) stamp = end;
		if (!strcmp(kind, "signature") && (earliest == UTIME_NONE || end < earliest)) earliest = end;
	}
	return stamp != UTIME_NONE ? stamp : earliest;
}

utime extend_next(const struct extend_work *w, const struct extend_document *d) {
	utime now = w->app->now, tomorrow = now + UTIME_DAY;
	const json_t *report = d->after ? d->after : d->before;
	utime next = protected_until(report);
	/* An authority that did not answer may do so tomorrow; where none is configured, nothing will change soon. */
	if (d->unstamped && d->refusal != EXTEND_NONE)
		return *conf_text(w->app->conf, CONF_timestamp_urls) ? tomorrow : now + AGAIN;
	switch (d->refusal) {
	case EXTEND_NONE:
		return tomorrow; /* status data from after a new time-stamp, or the time-stamp that was not to be had */
	case EXTEND_UP_TO_DATE:
		if (next != UTIME_NONE) next -= conf_duration(w->app->conf, CONF_extend_renew);
		if (d->retry_at != UTIME_NONE && (next == UTIME_NONE || d->retry_at < next)) next = d->retry_at;
		return next == UTIME_NONE || next < now + AGAIN ? now + AGAIN : next;
	case EXTEND_WAIT_FOR_STATUS:
		return d->retry_at != UTIME_NONE && d->retry_at > tomorrow ? d->retry_at : tomorrow;
	case EXTEND_NOT_READABLE:
	case EXTEND_SELF_CHECK:
	case EXTEND_NOT_JUDGED:
		return tomorrow;
	case EXTEND_NOT_PASSED:
	case EXTEND_NOT_ACCEPTED:
	case EXTEND_NO_TIMESTAMP:
		return now + AGAIN;
	default:
		return now + NEVER;
	}
}
