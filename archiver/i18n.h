/* Text for people in Vietnamese and English, from a gettext catalogue. Logs and JSON stay English.
 *
 * The message key is the English text. Vietnamese comes from the catalogue ltvault.mo, whatever locales the system has
 * (archiver/catalogue_mo.h); a missing translation falls back to English, and a test counts that none is missing. */
#ifndef LTVAULT_ARCHIVER_I18N_H
#define LTVAULT_ARCHIVER_I18N_H

enum language { LANGUAGE_EN, LANGUAGE_VI, LANGUAGES };

/* Chooses the language of messages from LTVAULT_LANG, LC_ALL, LC_MESSAGES, LANG in this order; English otherwise. */
void i18n_init(void);
void i18n_set_language(enum language language);
enum language i18n_language(void);
/* In the chosen language, or in a given one (refusal notices are in both). */
const char *i18n_text(const char *english) __attribute__((format_arg(1)));
const char *i18n_text_in(enum language language, const char *english) __attribute__((format_arg(2)));
/* "year: is not a whole number: 25": what stands between colons, but for what comes first (a name, a key), is translated where there
 * is a translation. The caller's. */
char *i18n_parts_in(enum language language, const char *english);
/* "vi" or "en"; -1 for another word. */
int i18n_parse(const char *word);

#define _(english) i18n_text(english)
#define N_(english) english /* marks a text that is translated where it is used */

#endif
