#include "base/utime.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Days from 1970-01-01 by counting in 400-year eras that begin on 1 March, so that the leap day is last. */
static int64_t days_from_civil(int64_t y, int m, int d) {
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t z, int *y, int *m, int *d) {
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

static bool leap(int y) {
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

bool utime_from_civil(int year, int month, int day, int hour, int minute, int second, int microsecond, utime *out) {
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
	if (day > lengths[month - 1] + (month == 2 && leap(year))) return false;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
	if (microsecond < 0 || microsecond > 999999) return false;
	int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	*out = seconds * UTIME_SECOND + microsecond;
	return true;
}

void utime_to_civil(utime t, int *year, int *month, int *day, int *hour, int *minute, int *second, int *microsecond) {
	int64_t days = t / UTIME_DAY, rest = t % UTIME_DAY;
	if (rest < 0) {
		rest += UTIME_DAY;
		days--;
	}
	civil_from_days(days, year, month, day);
	int64_t s = rest / UTIME_SECOND;
	*hour = (int)(s / 3600);
	*minute = (int)(s / 60 % 60);
	*second = (int)(s % 60);
	*microsecond = (int)(rest % UTIME_SECOND);
}

char *utime_text(utime t, char text[static UTIME_TEXT_MAX]) {
	int y, mo, d, h, mi, s, us;
	text[0] = 0;
	if (t == UTIME_NONE) return text;
	utime_to_civil(t, &y, &mo, &d, &h, &mi, &s, &us);
	int n = snprintf(text, UTIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", y, mo, d, h, mi, s);
	if (us) {
		n += snprintf(text + n, UTIME_TEXT_MAX - (size_t)n, ".%06d", us);
		while (text[n - 1] == '0') n--;
	}
	text[n] = 'Z';
	text[n + 1] = 0;
	return text;
}

char *utime_date_text(utime t, char text[static UTIME_TEXT_MAX]) {
	if (*utime_text(t, text)) text[10] = 0;
	return text;
}

/* Reads exactly n digits and moves on. */
static bool digits(const char **p, int n, int *out) {
	int v = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (!isdigit((unsigned char)**p)) return false;
		v = v * 10 + (**p - '0');
	}
	*out = v;
	return true;
}

static bool fraction(const char **p, int *microsecond) {
	int scale = 100000, count = 0;
	*microsecond = 0;
	for (; isdigit((unsigned char)**p); (*p)++, count++) {
		*microsecond += (**p - '0') * scale;
		scale /= 10;
	}
	return count > 0;
}

static bool offset(const char **p, int *minutes) {
	int h, m, sign = **p == '-' ? -1 : 1;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		*minutes = 0;
		return true;
	}
	if (**p != '+' && **p != '-') return false;
	(*p)++;
	if (!digits(p, 2, &h) || *(*p)++ != ':' || !digits(p, 2, &m) || h > 23 || m > 59) return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

bool utime_parse(const char *text, utime *out) {
	const char *p = text;
	int y, mo, d, h = 0, mi = 0, s = 0, us = 0, minutes = 0;
	if (!digits(&p, 4, &y) || *p++ != '-' || !digits(&p, 2, &mo) || *p++ != '-' || !digits(&p, 2, &d)) return false;
	if (*p) {
		if (*p != 'T' && *p != 't' && *p != ' ') return false;
		p++;
		if (!digits(&p, 2, &h) || *p++ != ':' || !digits(&p, 2, &mi) || *p++ != ':' || !digits(&p, 2, &s)) return false;
		if (*p == '.' && (p++, !fraction(&p, &us))) return false;
		if (!offset(&p, &minutes) || *p) return false;
	}
	if (!utime_from_civil(y, mo, d, h, mi, s, us, out)) return false;
	*out -= minutes * 60 * UTIME_SECOND;
	return true;
}
