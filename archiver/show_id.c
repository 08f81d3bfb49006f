#include "archiver/show.h"

#include "archiver/search.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_such(const char *text, struct error *err) {
	return error_set(err, ERROR_NOT_FOUND, "%s: there is no such record", text);
}

static int by_number(struct app *app, const char *text, uint64_t *number, struct error *err) {
	struct record_row row = {0};
	errno = 0;
	*number = strtoull(text, NULL, 10);
	int found = errno ? 0 : records_get(app->store, *number, &row, err);
	record_row_dispose(&row);
	return found > 0 ? 0 : found < 0 ? -1 : no_such(text, err);
}

struct matches {
	uint64_t number;
	int count;
};

static int match(void *user, const char *json, bool exact) {
	struct matches *m = user;
	json_t *row = json_loads(json, 0, NULL);
	(void)exact;
	m->number = (uint64_t)json_integer_value(json_object_get(row, "record"));
	m->count++;
	json_decref(row);
	return 0;
}

static int by_prefix(struct app *app, const char *text, const char *digits, uint64_t *number, struct error *err) {
	const struct search_window two = {.limit = 2};
	struct matches m = {0};
	struct query query;
	char *word = xasprintf("sha256:%s", digits);
	const char *words[] = {word};
	int rc = query_parse(words, 1, &query, err);
	free(word);
	if (rc) return -1;
	struct search *search = search_open(app, err);
	if (!search || search_each(search, &query, &two, match, &m, err))
		rc = -1;
	else if (!m.count)
		rc = no_such(text, err);
	else if (m.count > 1)
		rc = error_set(err, ERROR_USAGE, "%s: several records begin so; give more digits", text);
	*number = m.number;
	search_close(search);
	query_dispose(&query);
	return rc;
}

int show_id(struct app *app, const char *text, uint64_t *number, struct error *err) {
	static const char prefix[] = "sha256:";
	bool named = !strncmp(text, prefix, sizeof prefix - 1);
	const char *digits = named ? text + sizeof prefix - 1 : text;
	size_t len = strlen(digits);
	struct object_id id;
	if (!named && len && len < 20 && strspn(text, "0123456789") == len) return by_number(app, text, number, err);
	if (object_id_parse(digits, &id)) {
		int found = records_by_object(app->store, &id, number, err);
		return found > 0 ? 0 : found < 0 ? -1 : no_such(text, err);
	}
	if (len < 8 || len > 64 || strspn(digits, "0123456789abcdefABCDEF") != len)
		return error_set(err, ERROR_USAGE, "%s: is neither a record's number nor 8 to 64 digits of a SHA-256",
				 text);
	return by_prefix(app, text, digits, number, err);
}

int show_find_object(struct app *app, const char *text, struct object_id *id, uint64_t *number, struct error *err) {
	struct object_info info;
	struct record_row row = {0};
	*number = 0;
	if (object_id_parse(text, id) && store_object_info(app->store, id, &info, err))
		return records_by_object(app->store, id, number, err) < 0 ? -1 : 0;
	if (err->code || show_id(app, text, number, err)) return -1;
	int found = records_get(app->store, *number, &row, err);
	*id = row.original;
	record_row_dispose(&row);
	return found > 0 ? 0 : found < 0 ? -1 : no_such(text, err);
}
