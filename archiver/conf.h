/* Configuration: ARCHIVE/ltvault.conf, an INI file read through inih and checked against archiver/setting.def.
 *
 * An unknown section or key, a value out of range or a line that does not parse is ERROR_CONFIG naming file and line. */
#ifndef LTVAULT_ARCHIVER_CONF_H
#define LTVAULT_ARCHIVER_CONF_H

#include "base/error.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum setting_type { SETTING_TEXT, SETTING_LIST, SETTING_PATH, SETTING_NUMBER, SETTING_SECONDS, SETTING_CHOICE, SETTING_YESNO };

enum setting {
#define SETTING(section, key, type, initial, minimum, maximum, text) CONF_##section##_##key,
#include "archiver/setting.def"
#undef SETTING
	CONF_SETTINGS
};

struct setting_row {
	const char *section, *key, *initial, *minimum, *maximum, *text;
	enum setting_type type;
};
const struct setting_row *conf_rows(void); /* CONF_SETTINGS of them */

struct conf;
struct conf *conf_new(void); /* every default */
/* Reads a file over the defaults. 0, or -1 with err. */
int conf_read(struct conf *conf, const char *path, struct error *err);
/* One setting from text, as in the file. */
int conf_set(struct conf *conf, enum setting setting, const char *value, struct error *err);
void conf_free(struct conf *conf);

const char *conf_text(const struct conf *conf, enum setting setting); /* also paths and choices; never NULL */
uint64_t conf_number(const struct conf *conf, enum setting setting);
utime conf_duration(const struct conf *conf, enum setting setting); /* microseconds */
bool conf_yes(const struct conf *conf, enum setting setting);

/* The next value of a setting that holds several, cut out of `*rest`: separated by blanks, one with blanks in double
 * quotes. NULL when there is none left. */
char *conf_next(char **rest);

/* Writes a configuration file with every setting, its meaning and its default. */
void conf_write_defaults(FILE *out);

#endif
