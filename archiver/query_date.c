#include "archiver/query.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool day_number(int year, int month, int day, int64_t *out) {
	utime t;
	if (year < 1000 || year > 9999 || !utime_from_civil(year, month, day, 0, 0, 0, 0, &t)) return false;
	*out = t >= 0 ? t / UTIME_DAY : -((-t + UTIME_DAY - 1) / UTIME_DAY);
	return true;
}

/* The period that begins with the given year, month (0: the whole year) and day (0: the whole month). */
static bool period(int year, int month, int day, int64_t *low, int64_t *high) {
	if (!day_number(year, month ? month : 1, day ? day : 1, low)) return false;
	if (day) return *high = *low + 1, true;
	if (month && month < 12) return day_number(year, month + 1, 1, high);
	if (year < 9999) return day_number(year + 1, 1, 1, high);
	return *high = *low + (month ? 31 : 365), true;
}

/* Up to three groups of digits with one separator; how many, 0 when the text is anything else. */
static int groups(const char *text, int values[3], int lengths[3], char *separator) {
	int count = 0;
	*separator = 0;
	for (const char *p = text;;) {
		if (count == 3 || !isdigit((unsigned char)*p)) return 0;
		int value = 0, len = 0;
		for (; isdigit((unsigned char)*p); p++, len++) {
			if (len == 4) return 0;
			value = value * 10 + (*p - '0');
		}
		values[count] = value;
		lengths[count++] = len;
		if (!*p) return count;
		if (!strchr("-/.", *p) || (*separator && *p != *separator)) return 0;
		*separator = *p++;
	}
}

bool query_date(const char *text, int64_t *low, int64_t *high) {
	int v[3], len[3];
	char separator;
	int count = groups(text, v, len, &separator);
	for (int i = 0; i < count; i++)
		if (len[i] == 3) return false;
	if (count == 1) return len[0] == 4 && period(v[0], 0, 0, low, high);
	if (count == 2 && len[0] == 4 && separator == '-') return v[1] > 0 && period(v[0], v[1], 0, low, high);
	if (count == 2 && len[1] == 4) return v[0] > 0 && period(v[1], v[0], 0, low, high);
	if (count != 3) return false;
	if (len[0] == 4) return v[2] > 0 && v[1] > 0 && period(v[0], v[1], v[2], low, high);
	return len[2] == 4 && v[0] > 0 && v[1] > 0 && period(v[2], v[1], v[0], low, high);
}
