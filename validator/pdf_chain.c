#include "validator/pdf_chain.h"

#include "base/limits.h"
#include "base/mem.h"
#include "validator/pdf_find.h"

#include <stdlib.h>
#include <string.h>

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_digit(unsigned char c) {
	return c >= '0' && c <= '9';
}

static void skip_space(const unsigned char *data, size_t end, size_t *at) {
	while (*at < end && is_space(data[*at])) ++*at;
}

static bool read_number(const unsigned char *data, size_t end, size_t *at, uint64_t *out) {
	skip_space(data, end, at);
	size_t start = *at;
	for (*out = 0; *at < end && is_digit(data[*at]) && *at - start < 18; ++*at)
		*out = *out * 10 + (uint64_t)(data[*at] - '0');
	return *at > start;
}

static bool starts(const unsigned char *data, size_t end, size_t at, const char *word) {
	size_t n = strlen(word);
	return end - at >= n && !memcmp(data + at, word, n);
}

static bool find_start(const unsigned char *data, size_t end, uint64_t *start) {
	size_t low = end > PDF_TAIL ? end - PDF_TAIL : 0;
	for (size_t i = end; i-- > low;) {
		size_t at = i + 9;
		if (starts(data, end, i, "startxref")) return read_number(data, end, &at, start) && *start < end;
	}
	return false;
}

/* A section begins here: a table, or an object that may be a stream. */
static bool is_section(const unsigned char *data, size_t end, size_t at) {
	uint64_t number;
	skip_space(data, end, &at);
	if (at < end && starts(data, end, at, "xref")) return true;
	if (at == end || !is_digit(data[at]) || !read_number(data, end, &at, &number) ||
	    !read_number(data, end, &at, &number))
		return false;
	skip_space(data, end, &at);
	return at < end && starts(data, end, at, "obj");
}

/* Past the subsections of a table, to its trailer. */
static bool skip_table(const unsigned char *data, size_t end, size_t *at) {
	uint64_t first, count;
	for (*at += 4;;) {
		skip_space(data, end, at);
		if (*at < end && starts(data, end, *at, "trailer")) return true;
		if (!read_number(data, end, at, &first) || !read_number(data, end, at, &count)) return false;
		skip_space(data, end, at);
		if (count > (end - *at) / 19) return false;
		*at += (size_t)count * 20 < end - *at ? (size_t)count * 20 : end - *at;
	}
}

/* Where the section before this one is; 0: there is none. */
static bool read_previous(const unsigned char *data, size_t end, size_t at, uint64_t *previous, bool *hybrid) {
	struct pdf_arena arena = {0};
	struct pdf_value dict;
	skip_space(data, end, &at);
	if (starts(data, end, at, "xref") && !skip_table(data, end, &at)) return false;
	const unsigned char *start = memmem(data + at, end - at < 64 ? end - at : 64, "<<", 2);
	if (!start) return false;
	at = (size_t)(start - data);
	size_t n = pdf_raw_dict_length(start, end - at < LIMIT_PDF_TRAILER_BYTES ? end - at : LIMIT_PDF_TRAILER_BYTES);
	bool good = n && pdf_value_parse(&arena, (const char *)start, n, &dict);
	const struct pdf_value *prev = good ? pdf_entry(&dict, "Prev") : NULL;
	*previous = prev && prev->type == PDF_INTEGER && prev->integer > 0 ? (uint64_t)prev->integer : 0;
	good = good && (!prev || prev->type == PDF_INTEGER);
	*hybrid |= good && pdf_entry(&dict, "XRefStm");
	pdf_arena_dispose(&arena);
	return good;
}

bool pdf_chain_read(const unsigned char *data, size_t end, struct pdf_chain *chain) {
	uint64_t at = 0;
	*chain = (struct pdf_chain){0};
	bool good = end > 5 && !memcmp(data, "%PDF-", 5) && find_start(data, end, &at);
	while (good && at) {
		good = at < end && chain->count < LIMIT_PDF_SECTIONS && is_section(data, end, (size_t)at);
		if (!good) break;
		ARRAY_GROW(chain->sections, chain->count, chain->cap);
		chain->sections[chain->count++] = at;
		good = read_previous(data, end, (size_t)at, &at, &chain->hybrid);
	}
	if (!good) pdf_chain_dispose(chain);
	return good && chain->count;
}

void pdf_chain_dispose(struct pdf_chain *chain) {
	free(chain->sections);
	*chain = (struct pdf_chain){0};
}

bool pdf_chain_passes(const struct pdf_chain *chain, const unsigned char *data, size_t end) {
	uint64_t start;
	if (!find_start(data, end, &start) || !is_section(data, end, (size_t)start)) return true;
	for (size_t i = 0; i < chain->count; i++)
		if (chain->sections[i] == start) return true;
	return false;
}

size_t pdf_chain_updates(const unsigned char *data, size_t end) {
	size_t count = 0;
	const unsigned char *p = data;
	while ((p = memmem(p, end - (size_t)(p - data), "startxref", 9)) != NULL) {
		size_t at = (size_t)(p - data) + 9;
		uint64_t start;
		/* A linearised file has a first one that leads nowhere. */
		count += read_number(data, end, &at, &start) && start > 0 && start < (uint64_t)(p - data) &&
			 is_section(data, end, (size_t)start);
		p += 9;
	}
	return count > 2 ? count - 2 : 0;
}
