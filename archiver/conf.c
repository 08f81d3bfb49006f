#include "archiver/conf.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct setting_row rows[CONF_SETTINGS] = {
#define SETTING(section, key, type, initial, minimum, maximum, text)                                                   \
	{#section, #key, initial, minimum, maximum, text, SETTING_##type},
#include "archiver/setting.def"
#undef SETTING
};

struct conf {
	char *text[CONF_SETTINGS];
	uint64_t number[CONF_SETTINGS];
};

const struct setting_row *conf_rows(void) {
	return rows;
}

/* A number with at most one unit letter out of `units`, whose factor stands at the same place in `factors`. */
static bool scaled(const char *value, const char *units, const uint64_t *factors, uint64_t *out) {
	char *end;
	if (*value < '0' || *value > '9') return false;
	errno = 0;
	unsigned long long v = strtoull(value, &end, 10);
	if (errno) return false;
	uint64_t factor = 1;
	if (*end) {
		const char *unit = strchr(units, *end);
		if (!unit || end[1]) return false;
		factor = factors[unit - units];
	}
	return !__builtin_mul_overflow((uint64_t)v, factor, out);
}

static bool number_of(enum setting_type type, const char *value, uint64_t *out) {
	static const uint64_t sizes[] = {UINT64_C(1) << 10, UINT64_C(1) << 20, UINT64_C(1) << 30};
	static const uint64_t times[] = {1, 60, 3600, 86400};
	return type == SETTING_NUMBER ? scaled(value, "kMG", sizes, out) : scaled(value, "smhd", times, out);
}

/* True when `word` is one of the words in `list`. */
static bool listed(const char *list, const char *word) {
	size_t n = strchr(word, ' ') ? 0 : strlen(word);
	for (const char *p = list; n && (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
	return false;
}

int conf_set(struct conf *conf, enum setting s, const char *value, struct error *err) {
	const struct setting_row *row = &rows[s];
	uint64_t n = 0;
	switch (row->type) {
	case SETTING_NUMBER:
	case SETTING_SECONDS:
		if (!number_of(row->type, value, &n) || n < strtoull(row->minimum, NULL, 10) ||
		    n > strtoull(row->maximum, NULL, 10))
			return error_set(err, ERROR_CONFIG, "%s.%s: \"%s\" is not a value from %s to %s (%s)", row->section, row->key,
			                 value, row->minimum, row->maximum,
			                 row->type == SETTING_SECONDS ? "seconds; m, h or d may follow the number" : "k, M or G may follow the number");
		break;
	case SETTING_CHOICE:
		if (!listed(row->minimum, value))
			return error_set(err, ERROR_CONFIG, "%s.%s: \"%s\" is not one of: %s", row->section, row->key, value,
			                 row->minimum);
		break;
	case SETTING_YESNO:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return error_set(err, ERROR_CONFIG, "%s.%s: \"%s\" is neither yes nor no", row->section, row->key, value);
		n = !strcmp(value, "yes");
		break;
	case SETTING_TEXT:
	case SETTING_LIST:
	case SETTING_PATH:
		break;
	}
	free(conf->text[s]);
	conf->text[s] = xstrdup(value);
	conf->number[s] = n;
	return 0;
}

struct conf *conf_new(void) {
	struct conf *conf = xcalloc(1, sizeof *conf);
	struct error err = {0};
	for (int s = 0; s < CONF_SETTINGS; s++)
		if (conf_set(conf, (enum setting)s, rows[s].initial, &err)) abort(); /* a default out of its own range */
	return conf;
}

struct reading {
	struct conf *conf;
	struct error *err;
	bool seen[CONF_SETTINGS];
};

/* An indented line goes on with the setting before it: so does a list, and nothing else may be said twice. */
static int take_again(struct reading *r, enum setting s, const char *value) {
	if (rows[s].type != SETTING_LIST)
		return error_set(r->err, ERROR_CONFIG, "%s.%s is set twice (an indented line goes on with the setting before it)", rows[s].section, rows[s].key);
	const char *before = r->conf->text[s];
	char *joined = xasprintf("%s%s%s", before, *before && *value ? " " : "", value);
	int rc = conf_set(r->conf, s, joined, r->err);
	free(joined);
	return rc;
}

static int take_one(struct reading *r, enum setting s, const char *value) {
	if (r->seen[s]) return take_again(r, s, value);
	r->seen[s] = true;
	return conf_set(r->conf, s, value, r->err);
}

static int take(void *user, const char *section, const char *key, const char *value) {
	struct reading *r = user;
	for (int s = 0; s < CONF_SETTINGS; s++)
		if (!strcmp(section, rows[s].section) && !strcmp(key, rows[s].key))
			return take_one(r, (enum setting)s, value) == 0;
	/* Archives and media made before the scrub had this one instead of [scrub]: they open as they are. */
	if (!strcmp(section, "verify") && !strcmp(key, "fixity")) return 1;
	error_set(r->err, ERROR_CONFIG, "unknown setting %s.%s", section, key);
	return 0;
}

/* The number of the first line that the parser would cut in two; 0 when there is none. */
static int long_line(FILE *file) {
	char *line = NULL;
	size_t cap = 0;
	int number = 0, found = 0;
	for (ssize_t len; !found && (len = getline(&line, &cap, file)) >= 0;) {
		number++;
		if (len >= INI_MAX_LINE) found = number;
	}
	free(line);
	rewind(file);
	return found;
}

int conf_read(struct conf *conf, const char *path, struct error *err) {
	struct stat st;
	FILE *file = fopen(path, "re");
	if (!file) return error_errno(err, "%s", path);
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode) || st.st_size > (off_t)LIMIT_CONFIG_BYTES) {
		fclose(file);
		return error_set(err, ERROR_CONFIG, "%s: not a file of reasonable size", path);
	}
	int line = long_line(file);
	if (line) {
		fclose(file);
		return error_set(err, ERROR_CONFIG, "%s: line %d: longer than %d bytes; a list may go on in the next line, indented", path, line, INI_MAX_LINE - 1);
	}
	struct reading r = {.conf = conf, .err = err};
	line = ini_parse_file(file, take, &r);
	fclose(file);
	if (line) {
		error_set(err, ERROR_CONFIG, "not a setting");
		return error_prefix(err, "%s: line %d", path, line);
	}
	return 0;
}

void conf_free(struct conf *conf) {
	if (!conf) return;
	for (int s = 0; s < CONF_SETTINGS; s++) free(conf->text[s]);
	free(conf);
}

const char *conf_text(const struct conf *conf, enum setting setting) {
	return conf->text[setting];
}

char *conf_next(char **rest) {
	char *start = *rest + strspn(*rest, " \t");
	if (!*start) return NULL;
	bool quoted = *start == '"';
	start += quoted;
	char *end = start + strcspn(start, quoted ? "\"" : " \t");
	*rest = *end ? end + 1 : end;
	*end = 0;
	return start;
}

uint64_t conf_number(const struct conf *conf, enum setting setting) {
	return conf->number[setting];
}

utime conf_duration(const struct conf *conf, enum setting setting) {
	return (utime)conf->number[setting] * UTIME_SECOND;
}

bool conf_yes(const struct conf *conf, enum setting setting) {
	return conf->number[setting] != 0;
}

void conf_write_defaults(FILE *out) {
	const char *section = "";
	fprintf(out, "; ltvault.conf: every setting with its default. Changes are read by the next run. A list may go on in indented lines.\n");
	for (int s = 0; s < CONF_SETTINGS; s++) {
		if (strcmp(section, rows[s].section)) fprintf(out, "\n[%s]\n", section = rows[s].section);
		fprintf(out, "; %s", rows[s].text);
		if (rows[s].type == SETTING_CHOICE) fprintf(out, " (%s)", rows[s].minimum);
		fprintf(out, "\n%s = %s\n", rows[s].key, rows[s].initial);
	}
}
