/* Integrity reports: one model, four renderings.
 *
 * report_build gathers everything into one JSON document (schema ltvault.report/1, docs/report.md); the renderers read
 * nothing else, so all forms say the same. Every count stands with its denominator: "checked" is never given without
 * "held" and "due". Listings are bounded by LIMIT_REPORT_ROWS and say how many there are in all. */
#ifndef LTVAULT_ARCHIVER_REPORT_H
#define LTVAULT_ARCHIVER_REPORT_H

#include "archiver/app.h"

#include <jansson.h>
#include <stdio.h>

/* The period is from <= t < to. The app's store must be open (any mode). NULL with err set on failure. */
json_t *report_build(struct app *app, utime from, utime to, struct error *err);

/* What would end with an algorithm (archiver/what_if.h), into a report that was built: key "what_if" where something is
 * asked. 0, or -1. */
int report_add_what_if(struct app *app, json_t *report, const char *const *asked, size_t count, struct error *err);

enum report_format {
#define REPORT_FORMAT(name, word, extension, render) REPORT_##name,
#include "archiver/report_format.def"
#undef REPORT_FORMAT
	REPORT_FORMATS
};
const char *report_format_word(enum report_format format);
const char *report_format_extension(enum report_format format);
/* The format named by a word; -1 for another word. */
int report_format_parse(const char *word);
void report_render(enum report_format format, FILE *out, const json_t *report);

/* Renders to a file that appears whole or not at all. */
int report_write(const char *path, enum report_format format, const json_t *report, struct error *err);

/* True when the report tells of damage, or (findings) of anything that someone should look at. */
bool report_has_damage(const json_t *report);
bool report_has_findings(const json_t *report);

/* The night's step: reports/DATE.json and .html over the time since `since`; older ones beyond report.keep go. *html gets the path of the
 * page, owned by the caller. */
int report_nightly(struct app *app, utime since, char **html, struct error *err);

#endif
