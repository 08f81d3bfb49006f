/* Charts of the HTML report as inline SVG; every bar carries its number in text. */
#ifndef LTVAULT_ARCHIVER_REPORT_CHART_H
#define LTVAULT_ARCHIVER_REPORT_CHART_H

#include <jansson.h>
#include <stdio.h>

void html_text(FILE *out, const char *text); /* escaped */
void chart_verdicts(FILE *out, const json_t *report);
void chart_months(FILE *out, const json_t *report);
void chart_forecast(FILE *out, const json_t *report);
void chart_days(FILE *out, const json_t *report);

#endif
