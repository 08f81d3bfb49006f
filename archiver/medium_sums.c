#include "archiver/medium_sums.h"

#include "archiver/medium_place.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void medium_sums_add(struct medium_sums *sums, const char *name, const char *hex) {
	ARRAY_GROW(sums->items, sums->count, sums->cap);
	struct medium_sum *item = &sums->items[sums->count++];
	item->name = xstrdup(name);
	snprintf(item->hex, sizeof item->hex, "%s", hex);
}

static int by_name(const void *a, const void *b) {
	return strcmp(((const struct medium_sum *)a)->name, ((const struct medium_sum *)b)->name);
}

void medium_sums_sort(struct medium_sums *sums) {
	if (sums->count) qsort(sums->items, sums->count, sizeof *sums->items, by_name);
}

const char *medium_sums_get(const struct medium_sums *sums, const char *name) {
	const struct medium_sum wanted = {.name = (char *)name};
	const struct medium_sum *found = sums->count ? bsearch(&wanted, sums->items, sums->count, sizeof wanted, by_name) : NULL;
	return found ? found->hex : NULL;
}

/* "DIGEST  NAME", the second blank a star in binary mode. */
static bool parse_line(char *line, const char **name) {
	unsigned char sum[SHA256_SIZE];
	char *space = strchr(line, ' ');
	if (!space || (space[1] != ' ' && space[1] != '*')) return false;
	*space = 0;
	*name = space + 2;
	return hex_decode(line, sum, sizeof sum) && place_name_is_safe(*name);
}

int medium_sums_parse(struct medium_sums *sums, const char *text, size_t len, const char *what, struct error *err) {
	size_t number = 0;
	for (const char *at = text, *end = text + len; at < end && !err->code;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at)), *name;
		size_t width = (size_t)((stop ? stop : end) - at);
		char *line = width < 2 * LIMIT_NAME_BYTES ? xstrndup(at, width) : NULL;
		if (!line || strlen(line) != width || ++number > LIMIT_MANIFEST_LINES || !parse_line(line, &name))
			error_set(err, ERROR_DAMAGED, "%s: line %zu is not a digest and a name", what, number);
		else
			medium_sums_add(sums, name, line);
		free(line);
		at += width + 1;
	}
	medium_sums_sort(sums);
	for (size_t i = 1; i < sums->count && !err->code; i++)
		if (!by_name(&sums->items[i - 1], &sums->items[i]))
			error_set(err, ERROR_DAMAGED, "%s: %s stands there twice", what, sums->items[i].name);
	return err->code ? -1 : 0;
}

void medium_sums_text(struct medium_sums *sums, struct buf *text) {
	medium_sums_sort(sums);
	for (size_t i = 0; i < sums->count; i++) buf_printf(text, "%s  %s\n", sums->items[i].hex, sums->items[i].name);
}

void medium_sums_dispose(struct medium_sums *sums) {
	for (size_t i = 0; i < sums->count; i++) free(sums->items[i].name);
	free(sums->items);
	*sums = (struct medium_sums){0};
}
