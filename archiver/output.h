/* What commands print the same way. Texts are translated by the caller. */
#ifndef LTVAULT_ARCHIVER_OUTPUT_H
#define LTVAULT_ARCHIVER_OUTPUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* One line on standard output, canonical: compact, keys sorted. */
void output_json(const json_t *json);

/* "12 checked, 3 changed" on one line of standard output: what is not zero, and the first `always` rows whatever they are:
 * never "checked" without the number that there was to check. The texts are translated here. */
struct output_count {
	uint64_t value;
	const char *text; /* marked N_() */
};
void output_counts(const struct output_count *rows, size_t count, size_t always);

/* A label, blanks up to `width` columns, the value made safe for a terminal; nothing for an empty value. */
void output_line(FILE *out, int width, const char *label, const char *value);
/* The same for an RFC 3339 time, in the form of people. */
void output_time(FILE *out, int width, const char *label, const char *when);

#endif
