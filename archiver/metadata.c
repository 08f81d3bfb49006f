#include "archiver/metadata.h"

#include "archiver/fold.h"
#include "archiver/i18n.h"
#include "base/letter.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum shape {
	TEXT,
	NUMBER,
	YEAR,
	COUNT,
	DATE,
	TIME,
	SECRECY,
	DIRECTION,
	ROLE,
	ORGANISATION,
	FILE_GROUP,
	SIGNERS,
	PARTIES,
	NAMES
};
#define FILE FILE_GROUP /* the table's word; stdio's is not used here */
static const struct field {
	const char *key;
	enum shape shape;
	size_t longest;
} fields[] = {
#define METADATA_FIELD(key, shape, longest, text) {#key, shape, longest},
#include "archiver/metadata_field.def"
#undef METADATA_FIELD
};
#undef FILE

/* Keys of the groups inside. */
static const struct field organisation_fields[] = {{"code", TEXT, 35}, {"name", TEXT, 200}};
static const struct field signer_fields[] = {{"authority", TEXT, 10}, {"position", TEXT, 100}, {"name", TEXT, 100}};
static const struct field time_fields[] = {{"value", TIME, 40}, {"source", TEXT, 200}};
static const struct field file_fields[] = {{"code", TEXT, 100},  {"title", TEXT, 1000}, {"retention", TEXT, 100},
					   {"access", TEXT, 30}, {"ordinal", COUNT, 6}, {"start", DATE, 10},
					   {"end", DATE, 10}};

/* Other names under which a secrecy level was met or must be feared: overlooking one would keep a secret document. */
static const char *const secrecy_keys[] = {
	"secrecy", "secrecy_level", "secret", "classification", "security_classification",
	"do_mat",  "muc_do_mat",    "domat",  "confidentiality"};
static const char *const no_secrecy[] = {"",          "none",   "no",          "0",      "khong",
					 "khong mat", "thuong", "binh thuong", "public", "cong khai"};

struct check {
	struct metadata *metadata;
	struct error *reason;
	size_t cap;
	char where[128]; /* "signers[2]." */
};

static int bad(struct check *c, const char *key, const char *what) {
	return error_set(c->reason, ERROR_INPUT, "%s%s: %s", c->where, key, what);
}

/* The same with what it was held against. */
__attribute__((format(printf, 4, 5))) static int bad_value(struct check *c, const char *key, const char *what, const char *format, ...) {
	char bound[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(bound, sizeof bound, format, arguments);
	va_end(arguments);
	return error_set(c->reason, ERROR_INPUT, "%s%s: %s: %s", c->where, key, what, bound);
}

/* Adds text composed; an empty one is as good as none. */
static int put_text(struct check *c, json_t *to, const struct field *f, const char *text) {
	char *composed = fold_nfc(text);
	int rc = 0;
	if ((size_t)letter_columns(composed, NULL) > f->longest)
		rc = bad_value(c, f->key, N_("longer than it may be"), "%zu > %zu", (size_t)letter_columns(composed, NULL), f->longest);
	else if (*composed)
		json_object_set_new(to, f->key, json_string(composed));
	free(composed);
	return rc;
}

static int number(struct check *c, json_t *to, const struct field *f, const json_t *value) {
	char digits[24];
	if (json_is_string(value)) return put_text(c, to, f, json_string_value(value));
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return bad(c, f->key, N_("is neither text nor a whole number"));
	snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
	return put_text(c, to, f, digits);
}

static int whole(struct check *c, json_t *to, const struct field *f, const json_t *value, json_int_t least,
		 json_int_t most) {
	json_int_t n = json_integer_value(value);
	if (json_is_string(value)) {
		char *end;
		n = strtoll(json_string_value(value), &end, 10);
		if (*end) n = least - 1;
	} else if (!json_is_integer(value)) {
		n = least - 1;
	}
	if (n < least || n > most) return bad_value(c, f->key, N_("is not a whole number in its range"), "%lld .. %lld", (long long)least, (long long)most);
	json_object_set_new(to, f->key, json_integer(n));
	return 0;
}

/* 2025-03-14, or as it is written in Vietnam: 14/03/2025. */
static int date(struct check *c, json_t *to, const struct field *f, const json_t *value) {
	const char *text = json_string_value(value);
	char iso[40];
	int day, month, year, used = 0;
	utime when;
	if (!text) return bad(c, f->key, N_("is not a date such as 2025-03-14"));
	snprintf(iso, sizeof iso, "%s", text);
	if (strlen(text) == 10 && sscanf(text, "%2d/%2d/%4d%n", &day, &month, &year, &used) == 3 && used == 10)
		snprintf(iso, sizeof iso, "%04d-%02d-%02d", year, month, day);
	if (strlen(iso) != 10 || !utime_parse(iso, &when)) return bad(c, f->key, N_("is not a date such as 2025-03-14"));
	json_object_set_new(to, f->key, json_string(iso));
	return 0;
}

static int word_of(struct check *c, json_t *to, const struct field *f, const json_t *value, const char *const *words,
		   const char *meant) {
	const char *text = json_string_value(value);
	if (!text) return bad(c, f->key, N_("is not text"));
	char *folded = fold_key(text);
	int rc = *folded ? 1 : 0;
	for (size_t i = 0; rc > 0 && words[i]; i += 2)
		if (!strcmp(folded, words[i])) {
			json_object_set_new(to, f->key, json_string(words[i + 1]));
			rc = 0;
		}
	free(folded);
	return rc > 0 ? bad_value(c, f->key, N_("is not one of its words"), "%s", meant) : 0;
}

static void note_unknown(struct check *c, const char *key) {
	struct metadata *m = c->metadata;
	ARRAY_GROW(m->unknown, m->unknown_count, c->cap);
	m->unknown[m->unknown_count++] = xasprintf("%s%s", c->where, key);
}

static int one(struct check *c, json_t *to, const struct field *f, json_t *value);

/* An empty text says as little as null, whatever the key wants. */
static bool is_absent(const json_t *value) {
	return json_is_null(value) || (json_is_string(value) && !*json_string_value(value));
}

/* An object: known keys checked, unknown ones noted and kept. */
static json_t *group(struct check *c, json_t *from, const struct field *known, size_t count) {
	json_t *to = json_object(), *value;
	const char *key;
	int rc = 0;
	json_object_foreach(from, key, value) {
		const struct field *f = NULL;
		for (size_t i = 0; i < count && !f; i++)
			if (!strcmp(key, known[i].key)) f = &known[i];
		if (!f) {
			note_unknown(c, key);
			json_object_set(to, key, value);
		} else if (!is_absent(value) && (rc = one(c, to, f, value))) {
			break;
		}
	}
	if (rc) json_decref(to);
	return rc ? NULL : to;
}

/* Enters `key` (and an index when not negative) for messages while its inside is checked. */
static json_t *inner(struct check *c, const char *key, int index, json_t *value, const struct field *known,
		     size_t count) {
	char before[sizeof c->where];
	memcpy(before, c->where, sizeof before);
	if (index < 0)
		snprintf(c->where, sizeof c->where, "%.50s%.60s.", before, key);
	else
		snprintf(c->where, sizeof c->where, "%.50s%.50s[%d].", before, key, index);
	json_t *object = group(c, value, known, count);
	memcpy(c->where, before, sizeof before);
	return object;
}

static int group_at(struct check *c, json_t *to, const struct field *f, json_t *value, const struct field *known,
		    size_t count) {
	if (!json_is_object(value)) return bad(c, f->key, N_("is not an object"));
	json_t *object = inner(c, f->key, -1, value, known, count);
	if (!object) return -1;
	if (json_object_size(object))
		json_object_set_new(to, f->key, object);
	else
		json_decref(object);
	return 0;
}

static int organisation(struct check *c, json_t *to, const struct field *f, json_t *value) {
	if (!json_is_string(value))
		return group_at(c, to, f, value, organisation_fields, ARRAY_LEN(organisation_fields));
	json_t *object = json_pack("{s:O}", "name", value);
	int rc = group_at(c, to, f, object, organisation_fields, ARRAY_LEN(organisation_fields));
	json_decref(object);
	return rc;
}

static int time_label(struct check *c, json_t *to, const struct field *f, json_t *value) {
	utime when;
	if (json_is_object(value)) return group_at(c, to, f, value, time_fields, ARRAY_LEN(time_fields));
	if (!json_is_string(value)) return bad(c, f->key, N_("is not a time such as 2025-03-14T09:30:00+07:00"));
	if (!utime_parse(json_string_value(value), &when))
		return bad(c, f->key, N_("is not a time such as 2025-03-14T09:30:00+07:00"));
	return put_text(c, to, f, json_string_value(value)); /* as given, with its offset (regulation 15.6) */
}

/* A list of objects (a bare text in it is the name), or of texts when there are no inner keys. */
static int list(struct check *c, json_t *to, const struct field *f, json_t *value, const struct field *known,
		size_t count) {
	if (!json_is_array(value)) return bad(c, f->key, N_("is not a list"));
	json_t *items = json_array(), *element;
	size_t i;
	int rc = 0;
	json_array_foreach(value, i, element) {
		const struct field name = {f->key, TEXT, f->longest};
		json_t *kept = NULL;
		if (!known && json_is_string(element)) {
			json_t *holder = json_object();
			rc = put_text(c, holder, &name, json_string_value(element));
			kept = json_incref(json_object_get(holder, f->key));
			json_decref(holder);
		} else if (known && (json_is_object(element) || json_is_string(element))) {
			json_t *object =
				json_is_object(element) ? json_incref(element) : json_pack("{s:O}", "name", element);
			kept = inner(c, f->key, (int)i, object, known, count);
			json_decref(object);
			rc = kept ? 0 : -1;
		} else {
			rc = bad(c, f->key, N_("has an element of the wrong kind"));
		}
		if (rc) break;
		if (kept) json_array_append_new(items, kept);
	}
	if (!rc && json_array_size(items)) json_object_set(to, f->key, items);
	json_decref(items);
	return rc;
}

static int one(struct check *c, json_t *to, const struct field *f, json_t *value) {
	static const char *const directions[] = {"incoming", "incoming", "den",      "incoming", "outgoing",
						 "outgoing", "di",       "outgoing", NULL};
	static const char *const roles[] = {"main",     "main", "attachment", "attachment", "appendix",
					    "appendix", "copy", "copy",       NULL};
	switch (f->shape) {
	case TEXT:
		return json_is_string(value) ? put_text(c, to, f, json_string_value(value))
					     : bad(c, f->key, N_("is not text"));
	case NUMBER:
		return number(c, to, f, value);
	case YEAR:
		return whole(c, to, f, value, 1900, 9999);
	case COUNT:
		return whole(c, to, f, value, 0, 999999);
	case DATE:
		return date(c, to, f, value);
	case TIME:
		return time_label(c, to, f, value);
	case SECRECY:
		return 0; /* settled before */
	case DIRECTION:
		return word_of(c, to, f, value, directions, "incoming, outgoing");
	case ROLE:
		return word_of(c, to, f, value, roles, "main, attachment, appendix, copy");
	case ORGANISATION:
		return organisation(c, to, f, value);
	case FILE_GROUP:
		return group_at(c, to, f, value, file_fields, ARRAY_LEN(file_fields));
	case SIGNERS:
		return list(c, to, f, value, signer_fields, ARRAY_LEN(signer_fields));
	case PARTIES:
		return list(c, to, f, value, organisation_fields, ARRAY_LEN(organisation_fields));
	case NAMES:
		return list(c, to, f, value, NULL, 0);
	}
	abort();
}

/* The declared level, NULL for none. What is not certainly "none" counts as secret. */
static char *secrecy_of(const json_t *value) {
	if (json_is_null(value) || json_is_false(value) || (json_is_integer(value) && !json_integer_value(value)))
		return NULL;
	if (!json_is_string(value)) return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	char *folded = fold_key(json_string_value(value));
	bool none = false;
	for (size_t i = 0; i < ARRAY_LEN(no_secrecy); i++) none = none || !strcmp(folded, no_secrecy[i]);
	free(folded);
	return none ? NULL : xstrdup(json_string_value(value));
}

static bool names_secrecy(const char *key) {
	char *folded = fold_key(key);
	for (char *p = folded; *p; p++)
		if (*p == ' ' || *p == '-') *p = '_';
	bool is = false;
	for (size_t i = 0; i < ARRAY_LEN(secrecy_keys); i++) is = is || !strcmp(folded, secrecy_keys[i]);
	free(folded);
	return is;
}

int metadata_check(const json_t *sidecar, struct metadata *metadata, struct error *reason) {
	struct check c = {.metadata = metadata, .reason = reason};
	const char *key;
	json_t *value, *from = json_incref((json_t *)(uintptr_t)sidecar);
	*metadata = (struct metadata){0};
	if (!json_is_object(from)) {
		json_decref(from);
		return error_set(reason, ERROR_INPUT, N_("the metadata is not a JSON object"));
	}
	json_object_foreach(from, key, value) if (!metadata->secrecy && names_secrecy(key)) metadata->secrecy =
		secrecy_of(value);
	metadata->object = group(&c, from, fields, ARRAY_LEN(fields));
	json_decref(from);
	if (!metadata->object) return -1;
	metadata->text = json_dumps(metadata->object, JSON_SORT_KEYS | JSON_COMPACT);
	metadata->natural_key = metadata_natural_key(metadata->object);
	return 0;
}

void metadata_dispose(struct metadata *metadata) {
	json_decref(metadata->object);
	free(metadata->text);
	free(metadata->natural_key);
	free(metadata->secrecy);
	for (size_t i = 0; i < metadata->unknown_count; i++) free(metadata->unknown[i]);
	free(metadata->unknown);
	*metadata = (struct metadata){0};
}
