#include "archiver/medium_label.h"

#include "archiver/i18n.h"
#include "archiver/medium_place.h"
#include "base/limits.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_SCHEMA "ltvault.medium/2"
#define GENERATION_SCHEMA "ltvault.generation/1"
#define GENERATION_PART ".cms"
#define LABEL_TEXT_MAX 255 /* label, site, set: what fits on a case */

static const struct {
	const char *word, *text;
	int years;
} kinds[MEDIUM_KINDS] = {
#define MEDIUM_KIND(name, word, text, years) {word, text, years},
#include "archiver/medium_kind.def"
#undef MEDIUM_KIND
};

const char *medium_kind_word(enum medium_kind kind) {
	return kinds[kind].word;
}

const char *medium_kind_text(enum medium_kind kind) {
	return kinds[kind].text;
}

int medium_kind_years(enum medium_kind kind) {
	return kinds[kind].years;
}

bool medium_kind_parse(const char *word, enum medium_kind *kind) {
	for (int i = 0; i < MEDIUM_KINDS; i++) {
		if (strcmp(kinds[i].word, word)) continue;
		*kind = (enum medium_kind)i;
		return true;
	}
	return false;
}

/* ---- reading: the first value that is not what it must be makes `bad`, which sticks ---- */

static const char *text_of(const json_t *from, const char *key, bool *bad) {
	const char *text = json_string_value(json_object_get(from, key));
	if (!text || strlen(text) > LABEL_TEXT_MAX) *bad = true;
	for (const char *p = text ? text : ""; *p; p++) *bad |= (unsigned char)*p < 0x20 || *p == 0x7f;
	return *bad ? "" : text;
}

static void bytes_of(const json_t *from, const char *key, unsigned char *out, size_t len, bool *bad) {
	*bad |= !hex_decode(text_of(from, key, bad), out, len);
}

static utime time_of(const json_t *from, const char *key, bool *bad) {
	utime t = UTIME_NONE;
	*bad |= !utime_parse(text_of(from, key, bad), &t);
	return t;
}

static uint64_t number_of(const json_t *from, const char *key, bool *bad) {
	const json_t *value = json_object_get(from, key);
	*bad |= !json_is_integer(value) || json_integer_value(value) < 0;
	return *bad ? 0 : (uint64_t)json_integer_value(value);
}

static json_t *object_of(const char *text, size_t len, size_t max, const char *schema, bool *bad) {
	json_t *json = len <= max ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	*bad = false;
	*bad = !json_is_object(json) || strcmp(text_of(json, "schema", bad), schema);
	return json;
}

/* A digest that not every medium has: NULL where it is not there. */
static char *digest_of(const json_t *from, const char *key, bool *bad) {
	unsigned char sum[SHA256_SIZE];
	if (!json_object_get(from, key)) return NULL;
	const char *hex = text_of(from, key, bad);
	*bad |= !hex_decode(hex, sum, sizeof sum);
	return xstrdup(hex);
}

int medium_label_parse(const char *text, size_t len, struct medium_label *label, struct error *err) {
	bool bad;
	json_t *json = object_of(text, len, LIMIT_LABEL_BYTES, LABEL_SCHEMA, &bad);
	*label = (struct medium_label){0};
	bytes_of(json, "archive_id", label->archive_id, sizeof label->archive_id, &bad);
	bytes_of(json, "medium_id", label->medium_id, sizeof label->medium_id, &bad);
	bad |= !medium_kind_parse(text_of(json, "kind", &bad), &label->kind);
	label->registered = time_of(json, "registered", &bad);
	label->label = xstrdup(text_of(json, "label", &bad));
	label->site = xstrdup(text_of(json, "site", &bad));
	label->set = xstrdup(text_of(json, "set", &bad));
	label->uuid = xstrdup(text_of(json, "uuid", &bad));
	label->recipients = digest_of(json, "recipients", &bad);
	json_decref(json);
	return bad ? error_set(err, ERROR_DAMAGED, MEDIUM_LABEL ": not a label of schema " LABEL_SCHEMA) : 0;
}

char *medium_label_text(const struct medium_label *label) {
	char archive[33], medium[33], when[UTIME_TEXT_MAX];
	json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s*}", "schema", LABEL_SCHEMA, "archive_id",
	                         hex_encode(label->archive_id, 16, archive), "medium_id", hex_encode(label->medium_id, 16, medium), "label",
	                         label->label, "kind", medium_kind_word(label->kind), "site", label->site, "set", label->set, "uuid",
	                         label->uuid, "registered", utime_text(label->registered, when), "recipients", label->recipients);
	char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
	json_decref(json);
	return text;
}

void medium_label_dispose(struct medium_label *label) {
	free(label->label);
	free(label->site);
	free(label->set);
	free(label->uuid);
	free(label->recipients);
	*label = (struct medium_label){0};
}

void generation_add(struct generation *g, const char *name, uint64_t size, const char *hex) {
	ARRAY_GROW(g->files, g->count, g->cap);
	struct generation_file *file = &g->files[g->count++];
	*file = (struct generation_file){.name = xstrdup(name), .size = size};
	snprintf(file->hex, sizeof file->hex, "%s", hex);
}

static void parse_files(const json_t *json, struct generation *g, bool *bad) {
	size_t i;
	const json_t *item, *list = json_object_get(json, "files");
	*bad |= !json_is_array(list) || json_array_size(list) > LIMIT_MANIFEST_LINES;
	if (*bad) return;
	json_array_foreach(list, i, item) {
		unsigned char sum[SHA256_SIZE];
		const char *name = text_of(item, "name", bad), *hex = text_of(item, "sha256", bad);
		uint64_t size = number_of(item, "size", bad);
		uint64_t parts = json_object_get(item, "parts") ? number_of(item, "parts", bad) : 0;
		*bad |= !place_name_is_safe(name) || !hex_decode(hex, sum, sizeof sum) || parts > LIMIT_MANIFEST_LINES;
		if (*bad) return;
		generation_add(g, name, size, hex);
		g->files[g->count - 1].parts = parts;
	}
}

int generation_parse(const char *text, size_t len, struct generation *g, struct error *err) {
	bool bad;
	json_t *json = object_of(text, len, LIMIT_MANIFEST_BYTES, GENERATION_SCHEMA, &bad);
	*g = (struct generation){0};
	bytes_of(json, "archive_id", g->archive_id, sizeof g->archive_id, &bad);
	bytes_of(json, "medium_id", g->medium_id, sizeof g->medium_id, &bad);
	bytes_of(json, "journal_head", g->journal_head, sizeof g->journal_head, &bad);
	g->number = number_of(json, "generation", &bad);
	g->events = number_of(json, "events", &bad);
	g->records = number_of(json, "records", &bad);
	g->made = time_of(json, "made", &bad);
	g->last_event = time_of(json, "last_event", &bad);
	g->sums = digest_of(json, "sums", &bad);
	parse_files(json, g, &bad);
	json_decref(json);
	return bad ? error_set(err, ERROR_DAMAGED, "manifest.json: not a manifest of schema " GENERATION_SCHEMA) : 0;
}

char *generation_text(const struct generation *g) {
	char archive[33], medium[33], head[SHA256_HEX], made[UTIME_TEXT_MAX], last[UTIME_TEXT_MAX];
	json_t *files = json_array();
	for (size_t i = 0; i < g->count; i++) {
		json_t *one = json_pack("{s:s,s:I,s:s}", "name", g->files[i].name, "size", (json_int_t)g->files[i].size, "sha256", g->files[i].hex);
		if (g->files[i].parts) json_object_set_new(one, "parts", json_integer((json_int_t)g->files[i].parts));
		json_array_append_new(files, one);
	}
	json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:o,s:s*}", "schema", GENERATION_SCHEMA, "archive_id",
	                         hex_encode(g->archive_id, 16, archive), "medium_id", hex_encode(g->medium_id, 16, medium), "journal_head",
	                         hex_encode(g->journal_head, SHA256_SIZE, head), "generation", (json_int_t)g->number, "events",
	                         (json_int_t)g->events, "records", (json_int_t)g->records, "made", utime_text(g->made, made), "last_event",
	                         utime_text(g->last_event, last), "files", files, "sums", g->sums);
	char *text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

void generation_dispose(struct generation *g) {
	for (size_t i = 0; i < g->count; i++) free(g->files[i].name);
	free(g->files);
	free(g->sums);
	*g = (struct generation){0};
}

char *generation_path(uint64_t number, const char *name) {
	return xasprintf(MEDIUM_GENERATIONS "/%06llu%s%s", (unsigned long long)number, *name ? "/" : "", name);
}

const struct generation_file *generation_find(const struct generation *g, const char *name) {
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->files[i].name, name)) return &g->files[i];
	return NULL;
}

char *generation_part(const char *name, uint64_t part) {
	return xasprintf("%s.%06llu" GENERATION_PART, name, (unsigned long long)part);
}

bool generation_is_part(const char *name, size_t *len) {
	size_t n = strlen(name), end = strlen(GENERATION_PART), digits = 0;
	if (n <= end || strcmp(name + n - end, GENERATION_PART)) return false;
	n -= end;
	while (digits < n && name[n - digits - 1] >= '0' && name[n - digits - 1] <= '9') digits++;
	if (digits < 6 || n < digits + 2 || name[n - digits - 1] != '.') return false;
	*len = n - digits - 1;
	return true;
}
