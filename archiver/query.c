#include "archiver/query.h"

#include "archiver/fold.h"
#include "base/letter.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"
#include "validator/indication.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct query_field_row query_fields[QUERY_FIELDS] = {
#define QUERY_FIELD(name, alias, kind, text) {#name, alias, text, QUERY_KIND_##kind},
#include "archiver/query_field.def"
#undef QUERY_FIELD
};

void query_dispose(struct query *query) {
	for (size_t i = 0; i < query->count; i++) free(query->terms[i].text);
	free(query->terms);
	*query = (struct query){0};
}

static int unknown_field(const char *name, struct error *err) {
	struct buf known = {0};
	for (size_t i = 0; i < QUERY_FIELDS; i++) buf_printf(&known, "%s%s", i ? ", " : "", query_fields[i].name);
	error_set(err, ERROR_USAGE, "%s: there is no such field; the fields are %s", name, buf_text(&known));
	buf_dispose(&known);
	return -1;
}

static int field_named(const char *name, size_t len, enum query_field *field, struct error *err) {
	char *given = xstrndup(name, len), *key = fold_key(given);
	size_t i = 0;
	while (i < QUERY_FIELDS && strcmp(key, query_fields[i].name) && strcmp(key, query_fields[i].alias)) i++;
	*field = (enum query_field)i;
	int rc = i < QUERY_FIELDS ? 0 : unknown_field(given, err);
	free(given);
	free(key);
	return rc;
}

/* A word right before a comparison is the name of a field; its length, 0 when there is none. */
static size_t name_length(const char *text) {
	const char *p = text, *end = text;
	for (uint32_t code;
	     (code = letter_decode(&p)) && (letter_is_word(code) || letter_is_mark(code) || code == '_');)
		end = p;
	return *end && strchr(":=<>", *end) ? (size_t)(end - text) : 0;
}

static enum query_op take_op(const char **p) {
	char first = *(*p)++;
	bool equal = **p == '=';
	if (equal && first != ':') (*p)++;
	if (first == '<') return equal ? QUERY_LE : QUERY_LT;
	if (first == '>') return equal ? QUERY_GE : QUERY_GT;
	return QUERY_IS;
}

/* A value: in double quotes, or up to the next space. */
static char *take_value(const char **p, bool *quoted, struct error *err) {
	*quoted = **p == '"';
	const char *start = *p + *quoted, *end = start;
	while (*end && (*quoted ? *end != '"' : *end != ' ')) end++;
	if (*quoted && !*end) {
		error_set(err, ERROR_USAGE, "%s: the closing quotation mark is missing", *p);
		return NULL;
	}
	*p = *quoted ? end + 1 : end;
	return xstrndup(start, (size_t)(end - start));
}

static int apply_op(struct query_term *term, enum query_op op) {
	switch (op) {
	case QUERY_IS:
		break;
	case QUERY_LT:
		term->high = term->low, term->low = INT64_MIN;
		break;
	case QUERY_LE:
		term->low = INT64_MIN;
		break;
	case QUERY_GT:
		term->low = term->high, term->high = INT64_MAX;
		break;
	case QUERY_GE:
		term->high = INT64_MAX;
		break;
	}
	return 0;
}

static int date_value(struct query_term *term, enum query_op op, struct error *err) {
	if (!query_date(term->text, &term->low, &term->high))
		return error_set(err, ERROR_USAGE,
				 "%s: \"%s\" is not a date such as 2025, 2025-03, 2025-03-10 or 10/3/2025",
				 query_fields[term->field].name, term->text);
	if (term->kind == QUERY_KIND_FROM) op = QUERY_GE;
	if (term->kind == QUERY_KIND_TO) op = QUERY_LE;
	term->kind = QUERY_KIND_DATE;
	return apply_op(term, op);
}

static int time_value(struct query_term *term, enum query_op op, struct error *err) {
	utime t;
	if (query_date(term->text, &term->low, &term->high)) {
		term->low *= UTIME_DAY;
		term->high *= UTIME_DAY;
	} else if (utime_parse(term->text, &t)) {
		term->low = t;
		term->high = t + 1;
	} else {
		return error_set(err, ERROR_USAGE, "%s: \"%s\" is not a time such as 2025-03 or 2025-03-10T08:00:00Z",
				 query_fields[term->field].name, term->text);
	}
	return apply_op(term, op);
}

static int count_value(struct query_term *term, enum query_op op, struct error *err) {
	size_t len = strlen(term->text);
	if (!len || len > 9 || strspn(term->text, "0123456789") != len)
		return error_set(err, ERROR_USAGE, "%s: \"%s\" is not a number", query_fields[term->field].name, term->text);
	term->low = strtol(term->text, NULL, 10);
	term->high = term->low + 1;
	return apply_op(term, op);
}

static void upper(char *text) {
	for (; *text; text++) *text = (char)toupper((unsigned char)*text);
}

static int verdict_value(struct query_term *term, struct error *err) {
	static const enum indication all[] = {INDICATION_NO_SIGNATURE, INDICATION_PASSED, INDICATION_INDETERMINATE,
					      INDICATION_FAILED};
	upper(term->text);
	char *sub = strchr(term->text, '/');
	size_t len = sub ? (size_t)(sub - term->text) : strlen(term->text);
	if (!strcmp(term->text, "NONE")) return 0;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const char *total = indication_total_name(all[i]), *brief = indication_name(all[i]);
		bool is_brief = strlen(brief) == len && !strncmp(brief, term->text, len);
		if (!is_brief && (strlen(total) != len || strncmp(total, term->text, len) != 0)) continue;
		char *full = xasprintf("%s%s", total, sub ? sub : "");
		free(term->text);
		term->text = full;
		return 0;
	}
	return error_set(
		err, ERROR_USAGE,
		"verdict: \"%s\" is none of TOTAL-PASSED, INDETERMINATE, TOTAL-FAILED, NO-SIGNATURE (each also with "
		"/SUB_INDICATION), none",
		term->text);
}

static int state_value(struct query_term *term, struct error *err) {
	enum record_state state;
	for (char *p = term->text; *p; p++) *p = (char)tolower((unsigned char)*p);
	if (record_state_parse(term->text, &state)) return 0;
	struct buf known = {0};
	for (int i = 0; i < RECORD_STATES; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", record_state_name((enum record_state)i));
	error_set(err, ERROR_USAGE, "state: \"%s\" is none of %s", term->text, buf_text(&known));
	buf_dispose(&known);
	return -1;
}

/* Digits of a digest, or a serial number as certificates and tools show it: with colons, or without. */
static int certificate_value(struct query_term *term, struct error *err) {
	size_t len = 0;
	for (const char *p = term->text; *p; p++)
		if (*p != ':') term->text[len++] = (char)tolower((unsigned char)*p);
	term->text[len] = 0;
	if (len && len <= 64 && strspn(term->text, "0123456789abcdef") == len) return 0;
	return error_set(err, ERROR_USAGE, "certificate: \"%s\" is no digest or serial number in hexadecimal digits", term->text);
}

static int limit_value(struct query_term *term, struct error *err) {
	static const char *const words[] = {
#define PROVABLE_LIMIT(name, word) word,
#include "validator/provable_limit.def"
#undef PROVABLE_LIMIT
	};
	struct buf known = {0};
	for (char *p = term->text; *p; p++) *p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(term->text, words[i])) {
			buf_dispose(&known);
			return 0;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", words[i]);
	}
	error_set(err, ERROR_USAGE, "limit: \"%s\" is none of %s", term->text, buf_text(&known));
	buf_dispose(&known);
	return -1;
}

static int digest_value(struct query_term *term, struct error *err) {
	size_t len = strlen(term->text);
	for (char *p = term->text; *p; p++) *p = (char)tolower((unsigned char)*p);
	if (len >= 8 && len <= 64 && strspn(term->text, "0123456789abcdef") == len) return 0;
	return error_set(err, ERROR_USAGE, "sha256: \"%s\" is not 8 to 64 hexadecimal digits", term->text);
}

/* What a field of that kind takes, checked and brought into one form. */
static int understand(struct query_term *term, enum query_op op, struct error *err) {
	bool ranged = term->kind == QUERY_KIND_DATE || term->kind == QUERY_KIND_TIME || term->kind == QUERY_KIND_COUNT;
	if (op != QUERY_IS && !ranged)
		return error_set(err, ERROR_USAGE, "%s: can only be asked with ':'", query_fields[term->field].name);
	if (!*term->text)
		return error_set(err, ERROR_USAGE, "%s: the value is missing", query_fields[term->field].name);
	switch (term->kind) {
	case QUERY_KIND_DATE:
	case QUERY_KIND_FROM:
	case QUERY_KIND_TO:
		return date_value(term, op, err);
	case QUERY_KIND_TIME:
		return time_value(term, op, err);
	case QUERY_KIND_VERDICT:
		return verdict_value(term, err);
	case QUERY_KIND_STATE:
		return state_value(term, err);
	case QUERY_KIND_COUNT:
		return count_value(term, op, err);
	case QUERY_KIND_LIMIT:
		return limit_value(term, err);
	case QUERY_KIND_DIGEST:
		return digest_value(term, err);
	case QUERY_KIND_CERTIFICATE:
		return certificate_value(term, err);
	case QUERY_KIND_WORDS:
	case QUERY_KIND_NUMBER:
	case QUERY_KIND_SYMBOL:
		break;
	}
	return 0;
}

static bool has_word(const char *text) {
	size_t len;
	char *key = fold_key(text);
	const char *cursor = key;
	bool found = fold_next_word(&cursor, &len);
	free(key);
	return found;
}

/* A word without a field: mostly words, but a full date is a date. */
static void guess(struct query_term *term) {
	const char *year = strrchr(term->text, '/');
	term->kind = QUERY_KIND_WORDS;
	if (!term->quoted && year && strchr(term->text, '/') != year && query_date(term->text, &term->low, &term->high))
		term->kind = QUERY_KIND_DATE;
}

static int take_term(struct query *query, const char **p, struct error *err) {
	struct query_term term = {.field = QUERY_anywhere};
	enum query_op op = QUERY_IS;
	if (**p == '-' && (*p)[1] && (*p)[1] != ' ') term.excluded = true, (*p)++;
	size_t name = name_length(*p);
	if (name) {
		if (field_named(*p, name, &term.field, err)) return -1;
		term.kind = query_fields[term.field].kind;
		*p += name;
		op = take_op(p);
	}
	term.text = take_value(p, &term.quoted, err);
	if (!term.text) return -1;
	if (term.field == QUERY_anywhere) guess(&term);
	if (term.field != QUERY_anywhere && understand(&term, op, err)) {
		free(term.text);
		return -1;
	}
	bool words = term.kind == QUERY_KIND_WORDS || term.kind == QUERY_KIND_SYMBOL;
	if (words && !has_word(term.text)) { /* punctuation alone asks for nothing */
		free(term.text);
		return 0;
	}
	size_t len = strlen(term.text);
	if (words && !term.quoted && len > 1 && term.text[len - 1] == '*') term.prefix = true, term.text[len - 1] = 0;
	if (words && !term.excluded && fold_has_marks(term.text)) query->marks = true;
	ARRAY_GROW(query->terms, query->count, query->cap);
	query->terms[query->count++] = term;
	return 0;
}

int query_parse(const char *const *words, size_t count, struct query *query, struct error *err) {
	struct buf joined = {0};
	int rc = 0;
	*query = (struct query){0};
	for (size_t i = 0; i < count; i++) buf_printf(&joined, "%s%s", i ? " " : "", words[i]);
	for (size_t i = 0; i < joined.len; i++)
		if (isspace(joined.data[i])) joined.data[i] = ' ';
	const char *p = buf_text(&joined);
	if (joined.len > LIMIT_QUERY_BYTES)
		rc = error_set(err, ERROR_USAGE, "the query is longer than %d bytes", LIMIT_QUERY_BYTES);
	while (!rc && *p) {
		if (*p == ' ')
			p++;
		else
			rc = take_term(query, &p, err);
	}
	buf_dispose(&joined);
	if (rc) query_dispose(query);
	return rc;
}
