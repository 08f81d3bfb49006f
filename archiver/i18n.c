#include "archiver/i18n.h"

#include "archiver/catalogue_mo.h"
#include "base/mem.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "ltvault"

static enum language chosen = LANGUAGE_EN;
static struct mo *vietnamese; /* for the life of the process: texts are borrowed from it */

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
	/* Columns of Vietnamese text are counted by the C library. English is the key itself and needs no catalogue. */
	setlocale(LC_CTYPE, "C.UTF-8");
	char *path = xasprintf("%s/vi/LC_MESSAGES/" DOMAIN ".mo", catalogue_folder());
	mo_close(vietnamese);
	vietnamese = mo_open(path);
	free(path);
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
	return language == LANGUAGE_VI && vietnamese && *english ? mo_text(vietnamese, english) : english;
}

const char *i18n_text(const char *english) {
	return i18n_text_in(chosen, english);
}

char *i18n_parts_in(enum language language, const char *english) {
	struct buf whole = {0};
	for (const char *p = english, *next; *p; p = next) {
		const char *colon = strstr(p, ": ");
		size_t len = colon ? (size_t)(colon - p) : strlen(p);
		char *part = xstrndup(p, len);
		buf_add_text(&whole, p == english ? part : i18n_text_in(language, part));
		next = p + len + (colon ? 2 : 0);
		if (colon) buf_add_text(&whole, ": ");
		free(part);
	}
	return buf_take_text(&whole);
}

int i18n_parse(const char *word) {
	if (!strcmp(word, "vi")) return LANGUAGE_VI;
	if (!strcmp(word, "en")) return LANGUAGE_EN;
	return -1;
}
