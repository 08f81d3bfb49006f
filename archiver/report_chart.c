#include "archiver/report_chart.h"

#include "archiver/report_model.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "base/mem.h"

#include <string.h>

#define WIDTH 900
#define ROW 26
#define MAX_MONTHS 150
#define MAX_DAYS 62 /* bars that still can be told apart; a longer period shows its last days */

static const char *colour(const char *indication) {
	if (!strcmp(indication, "TOTAL-PASSED")) return "#2a7d46";
	if (!strcmp(indication, "TOTAL-FAILED")) return "#b3261e";
	if (!strcmp(indication, "INDETERMINATE")) return "#b07a00";
	return "#7a8793";
}

/* The colours in words. */
static void legend(FILE *out) {
	static const char *const all[] = {"TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED", "NO-SIGNATURE"};
	fputs("<p>", out);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		fprintf(out, "<span style=\"color:%s\">■</span> %s: ", colour(all[i]), all[i]);
		html_text(out, explain_indication(all[i]));
		fputs(i + 1 < ARRAY_LEN(all) ? " · " : "</p>\n", out);
	}
}

/* Horizontal bars, one a pair of indication and sub-indication, with count and share. */
void chart_verdicts(FILE *out, const json_t *report) {
	const json_t *rows = model_get(report, "verdicts"), *row;
	size_t i, n = json_array_size(rows);
	json_int_t most = 1, all = 0;
	json_array_foreach(rows, i, row) {
		json_int_t v = model_number(row, "records");
		all += v;
		if (v > most) most = v;
	}
	if (!n) {
		fprintf(out, "<p>%s</p>\n", _("The archive holds no document yet."));
		return;
	}
	fprintf(out, "<svg viewBox=\"0 0 %d %zu\" width=\"%d\" height=\"%zu\" role=\"img\" font-size=\"13\">\n", WIDTH, n * ROW + 4, WIDTH, n * ROW + 4);
	json_array_foreach(rows, i, row) {
		json_int_t v = model_number(row, "records");
		int length = (int)(v * 380 / most), y = (int)i * ROW;
		const char *indication = model_text(row, "indication"), *sub = model_text(row, "sub_indication");
		fprintf(out, "<text x=\"0\" y=\"%d\">", y + 17);
		html_text(out, indication);
		if (*sub) fputs(" / ", out), html_text(out, sub);
		fprintf(out, "</text><rect x=\"400\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>", y + 3, length ? length : 1, ROW - 8, colour(indication));
		fprintf(out, "<text x=\"%d\" y=\"%d\">%lld (%lld %%)</text>\n", 408 + length, y + 17, (long long)v, (long long)(v * 100 / all));
	}
	fputs("</svg>\n", out);
	legend(out);
}

/* One upright bar at place `i` with its number above and a label below where there is room. */
static void upright(FILE *out, int i, int step, json_int_t value, json_int_t most, const char *name, const char *label) {
	int x = i * step, height = (int)(value * 100 / most);
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#2f6690\"><title>%s: %lld</title></rect>", x + 2, 120 - height,
	        step > 6 ? step - 4 : 2, height ? height : 1, name, (long long)value);
	if (step >= 30)
		fprintf(out, "<text x=\"%d\" y=\"%d\">%lld</text><text x=\"%d\" y=\"136\">%s</text>", x + 4, 115 - height, (long long)value, x + 2,
		        label);
	fputc('\n', out);
}

static void open_upright(FILE *out) {
	fprintf(out, "<svg viewBox=\"0 0 %d 150\" width=\"%d\" height=\"150\" role=\"img\" font-size=\"11\">\n", WIDTH, WIDTH);
}

/* Upright bars, one a day on which something came. */
void chart_days(FILE *out, const json_t *report) {
	json_t *days = json_object_get(report, "days"), *value;
	const char *date;
	size_t n = json_object_size(days), skip = n > MAX_DAYS ? n - MAX_DAYS : 0, i = 0;
	json_int_t most = 1;
	if (!n) {
		fprintf(out, "<p>%s</p>\n", _("Nothing was taken in during the period."));
		return;
	}
	json_object_foreach(days, date, value) {
		if (json_integer_value(value) > most) most = json_integer_value(value);
	}
	int shown = (int)(n - skip), step = WIDTH / shown > 60 ? 60 : WIDTH / shown;
	open_upright(out);
	json_object_foreach(days, date, value) {
		if (i++ >= skip) upright(out, (int)(i - 1 - skip), step, json_integer_value(value), most, date, date + 5);
	}
	fputs("</svg>\n", out);
}

/* Upright bars, one a month; the first ones where there are more than can be told apart. */
static void months(FILE *out, const json_t *rows) {
	size_t n = json_array_size(rows), i;
	const json_t *row;
	json_int_t most = 1;
	if (!n) return;
	json_array_foreach(rows, i, row) {
		if (model_number(row, "records") > most) most = model_number(row, "records");
	}
	if (n > MAX_MONTHS) n = MAX_MONTHS;
	int step = WIDTH / (int)n > 60 ? 60 : WIDTH / (int)n;
	open_upright(out);
	for (i = 0; i < n; i++) {
		row = json_array_get(rows, i);
		const char *month = model_text(row, "month");
		upright(out, (int)i, step, model_number(row, "records"), most, month, step >= 48 ? month : month + 2);
	}
	fputs("</svg>\n", out);
}

/* Months in which certificates end; thirteen at most, for a year seldom begins with a month. */
void chart_months(FILE *out, const json_t *report) {
	months(out, model_get(report, "expiring.months"));
}

void chart_forecast(FILE *out, const json_t *report) {
	months(out, model_get(report, "forecast.months"));
}
