#include "archiver/medium_ledger.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ERRORS_KEPT 20

static char *value_name(const struct medium *medium) {
	char hex[33];
	return xasprintf("media/%s", hex_encode(medium->row.id, sizeof medium->row.id, hex));
}

static int by_label(const void *a, const void *b) {
	const struct medium *x = a, *y = b;
	int c = strcmp(x->row.label, y->row.label);
	return c ? c : memcmp(x->row.id, y->row.id, sizeof x->row.id);
}

int ledger_read(struct app *app, struct ledger *ledger, struct error *err) {
	struct medium_row *rows = NULL;
	struct error own = {0};
	if (!err) err = &own;
	*ledger = (struct ledger){0};
	if (store_media(app->store, &rows, &ledger->count, err)) return -1;
	ledger->media = xcalloc(ledger->count + 1, sizeof *ledger->media);
	for (size_t i = 0; i < ledger->count; i++) {
		struct medium *m = &ledger->media[i];
		m->row = rows[i]; /* with its strings */
		char *name = value_name(m), *text = NULL;
		if (!err->code) store_value(app->store, name, &text, err);
		m->facts = text ? json_loads(text, 0, NULL) : NULL;
		if (!json_is_object(m->facts)) json_decref(m->facts), m->facts = json_object();
		free(name);
		free(text);
	}
	free(rows);
	qsort(ledger->media, ledger->count, sizeof *ledger->media, by_label);
	if (err->code) ledger_dispose(ledger);
	return err->code ? -1 : 0;
}

void medium_dispose(struct medium *medium) {
	medium_row_dispose(&medium->row);
	json_decref(medium->facts);
	medium->facts = NULL;
}

void ledger_dispose(struct ledger *ledger) {
	for (size_t i = 0; i < ledger->count; i++) medium_dispose(&ledger->media[i]);
	free(ledger->media);
	*ledger = (struct ledger){0};
}

struct medium *ledger_find(const struct ledger *ledger, const char *name) {
	char hex[33];
	for (size_t i = 0; i < ledger->count; i++)
		if (!strcmp(ledger->media[i].row.label, name)) return &ledger->media[i];
	for (size_t i = 0; i < ledger->count; i++)
		if (!strcmp(hex_encode(ledger->media[i].row.id, 16, hex), name)) return &ledger->media[i];
	struct medium *found = NULL;
	for (size_t i = 0; i < ledger->count; i++) {
		struct medium *m = &ledger->media[i];
		if (!strcmp(m->row.path, name) && (!found || m->row.written > found->row.written)) found = m;
	}
	return found;
}

struct medium *ledger_by_id(const struct ledger *ledger, const unsigned char id[static 16]) {
	for (size_t i = 0; i < ledger->count; i++)
		if (!memcmp(ledger->media[i].row.id, id, 16)) return &ledger->media[i];
	return NULL;
}

void medium_put(struct batch *batch, const struct medium *medium) {
	char *name = value_name(medium), *text = json_dumps(medium->facts, JSON_COMPACT | JSON_SORT_KEYS);
	batch_put_medium(batch, &medium->row);
	batch_set_value(batch, name, text);
	free(name);
	free(text);
}

const char *medium_text(const struct medium *medium, const char *key) {
	const char *text = json_string_value(json_object_get(medium->facts, key));
	return text ? text : "";
}

uint64_t medium_number(const struct medium *medium, const char *key) {
	return (uint64_t)json_integer_value(json_object_get(medium->facts, key));
}

utime medium_time(const struct medium *medium, const char *key) {
	utime t;
	return utime_parse(medium_text(medium, key), &t) ? t : UTIME_NONE;
}

void medium_set_text(struct medium *medium, const char *key, const char *text) {
	if (*text) json_object_set_new(medium->facts, key, json_string(text));
	else json_object_del(medium->facts, key);
}

void medium_set_number(struct medium *medium, const char *key, uint64_t number) {
	json_object_set_new(medium->facts, key, json_integer((json_int_t)number));
}

void medium_set_time(struct medium *medium, const char *key, utime t) {
	char text[UTIME_TEXT_MAX];
	medium_set_text(medium, key, utime_text(t, text));
}

enum medium_kind medium_kind_of(const struct medium *medium) {
	enum medium_kind kind = MEDIUM_DISK;
	medium_kind_parse(medium_text(medium, "kind"), &kind);
	return kind;
}

bool medium_is_retired(const struct medium *medium) {
	return medium_time(medium, "retired") != UTIME_NONE;
}

bool medium_is_away(const struct medium *medium) {
	return *medium_text(medium, "away_to") != 0;
}

const char *medium_site(const struct medium *medium) {
	const char *away = medium_text(medium, "away_to");
	return *away ? away : medium_text(medium, "site");
}

const char *medium_set(const struct medium *medium) {
	const char *set = medium_text(medium, "set");
	return *set ? set : medium->row.label;
}

json_t *medium_generations(const struct medium *medium) {
	json_t *list = json_object_get(medium->facts, "generations");
	if (json_is_array(list)) return list;
	json_object_set_new(medium->facts, "generations", list = json_array());
	return list;
}

const json_t *medium_newest(const struct medium *medium) {
	const json_t *list = medium_generations(medium);
	for (size_t i = json_array_size(list); i--;) {
		const json_t *one = json_array_get(list, i);
		if (!json_is_true(json_object_get(one, "expired"))) return one;
	}
	return NULL;
}

void medium_add_error(struct medium *medium, utime when, const char *text) {
	char time[UTIME_TEXT_MAX];
	json_t *list = json_object_get(medium->facts, "errors");
	if (!json_is_array(list)) json_object_set_new(medium->facts, "errors", list = json_array());
	json_t *one = json_pack("{s:s,s:s}", "when", utime_text(when, time), "text", text);
	if (one) json_array_append_new(list, one);
	while (json_array_size(list) > ERRORS_KEPT) json_array_remove(list, 0);
	medium_set_number(medium, "error_count", medium_number(medium, "error_count") + 1);
}
