/* Time text. One kind of time everywhere: microseconds since 1970-01-01T00:00:00Z, UTC, signed 64 bits.
 *
 * Nothing below archiver/ reads a clock: a time is always a parameter. Microseconds keep the fractions that
 * RFC 3161 tokens carry in practice, and 64 bits reach far past the year 9999 of X.509. */
#ifndef LTVAULT_BASE_UTIME_H
#define LTVAULT_BASE_UTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t utime;

#define UTIME_SECOND ((utime)1000000)
#define UTIME_DAY (86400 * UTIME_SECOND)
#define UTIME_NONE INT64_MIN /* "no time": absent, unknown */
#define UTIME_TEXT_MAX 40

/* RFC 3339 in UTC, "2026-11-22T02:00:00Z"; a fraction only when there is one. UTIME_NONE gives "". Returns text. */
char *utime_text(utime t, char text[static UTIME_TEXT_MAX]);
/* The date alone, "2026-11-22", in UTC. */
char *utime_date_text(utime t, char text[static UTIME_TEXT_MAX]);

/* Reads RFC 3339 with Z or an offset, or a date alone (its first instant, UTC). Strict; false when it is neither. */
bool utime_parse(const char *text, utime *out);

/* From broken-down proleptic Gregorian UTC; false when a field is out of range (seconds up to 60 as leap). */
bool utime_from_civil(int year, int month, int day, int hour, int minute, int second, int microsecond, utime *out);
void utime_to_civil(utime t, int *year, int *month, int *day, int *hour, int *minute, int *second, int *microsecond);

#endif
