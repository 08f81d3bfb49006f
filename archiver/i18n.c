#include "archiver/i18n.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "ltvault"

static enum language chosen = LANGUAGE_EN;

static const char *catalogue_folder(void) {
	const char *folder = getenv("LTVAULT_LOCALEDIR");
	if (folder && *folder) return folder;
#ifdef LTVAULT_BUILD_LOCALEDIR
	/* Run from the build tree, before anything is installed. */
	if (access(LTVAULT_BUILD_LOCALEDIR "/vi/LC_MESSAGES/" DOMAIN ".mo", R_OK) == 0 &&
	    access(LTVAULT_LOCALEDIR "/vi/LC_MESSAGES/" DOMAIN ".mo", R_OK) != 0)
		return LTVAULT_BUILD_LOCALEDIR;
#endif
	return LTVAULT_LOCALEDIR;
}

void i18n_init(void) {
	static const char *const variables[] = {"LTVAULT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
	/* gettext translates in any locale but "C"; C.UTF-8 is on every Debian, vi_VN.UTF-8 on few. LANGUAGE then
	 * picks the catalogue. The only translation there is, is Vietnamese: English is the key itself. */
	setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_MESSAGES, "C.UTF-8");
	setenv("LANGUAGE", "vi", 1);
	bindtextdomain(DOMAIN, catalogue_folder());
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *value = getenv(variables[i]);
		if (!value || !*value) continue;
		i18n_set_language(!strncmp(value, "vi", 2) ? LANGUAGE_VI : LANGUAGE_EN);
		return;
	}
}

void i18n_set_language(enum language language) {
	chosen = language;
}

enum language i18n_language(void) {
	return chosen;
}

const char *i18n_text_in(enum language language, const char *english) {
	return language == LANGUAGE_VI && *english ? dgettext(DOMAIN, english) : english;
}

const char *i18n_text(const char *english) {
	return i18n_text_in(chosen, english);
}

int i18n_parse(const char *word) {
	if (!strcmp(word, "vi")) return LANGUAGE_VI;
	if (!strcmp(word, "en")) return LANGUAGE_EN;
	return -1;
}
