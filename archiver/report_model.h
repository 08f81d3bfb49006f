/* The parts of report_build; see archiver/report.h. */
#ifndef LTVAULT_ARCHIVER_REPORT_MODEL_H
#define LTVAULT_ARCHIVER_REPORT_MODEL_H

#include "archiver/app.h"

#include <jansson.h>
#include <stdio.h>

/* What is held now: totals, states, verdicts, fixity, what is due, copies. Adds "holdings", "states", "verdicts", "checks", "copies". */
int report_add_holdings(struct app *app, utime from, utime to, json_t *report, struct error *err);
/* What happened in the period, from the journal. Adds "intake", "changed", "refused", "damage", "backups", "runs", "days". */
int report_add_events(struct app *app, utime from, utime to, json_t *report, struct error *err);
/* Signers' certificates that end soon, as the search index knows them. Adds "expiring"; where there is no index to be had,
 * it says so and the report goes on. */
void report_add_expiring(struct app *app, json_t *report);
/* Until when what is held can be proven, by month. Adds "forecast"; where there is no index, it says so. */
void report_add_forecast(struct app *app, json_t *report);
/* What evidence records cover, what was time-stamped in the period, and what is due. Adds "evidence"; where a value of it cannot
 * be read, it says so. */
void report_add_evidence(struct app *app, utime from, utime to, json_t *report);
/* What `extend` cannot extend at present, by reason. Adds "blocked". */
int report_add_blocked(struct app *app, json_t *report, struct error *err);
/* Media as the ledger has them. Adds "media". */
int report_add_media(struct app *app, json_t *report, struct error *err);

/* Reading the model. A missing number is 0, a missing text "". `path` is dotted: "checks.due". */
json_int_t model_number(const json_t *model, const char *path);
const char *model_text(const json_t *model, const char *path);
const json_t *model_get(const json_t *model, const char *path);
/* What people read for a value of a listing's row: a file without its folders, a reason in words. The caller's. */
bool model_is_moment(const char *key);
char *model_shown(const json_t *row, const char *key);
/* The first line of every report while something is lost for all that is known, owned; NULL when nothing is. */
char *report_lost_line(const json_t *report);
/* What is counted of the copies of records (a row of copies_measure.def), English; translated on output. */
const char *model_measure_text(const char *word);
/* That a restore test is overdue, and which medium to connect for it, owned; NULL when none is. */
char *model_drill_line(const json_t *report);
/* What ends most of the records of a row of "forecast.months", in words. */
const char *model_main_limit(const json_t *row);
/* Adds to a counter in an object. */
void model_count(json_t *object, const char *key, json_int_t more);

#define REPORT_FORMAT(name, word, extension, render) void render(FILE *out, const json_t *report);
#include "archiver/report_format.def"
#undef REPORT_FORMAT

#endif
