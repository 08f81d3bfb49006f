#include "archiver/catalogue_mo.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x950412deU
#define MO_BYTES (4UL << 20) /* ours has 200 KB */

struct mo {
	unsigned char *data;
	size_t len;
	uint32_t count, ids, texts; /* tables of (length, offset), sorted by id */
};

static uint32_t number(const struct mo *mo, size_t at) {
	uint32_t v = 0;
	if (at + sizeof v <= mo->len) memcpy(&v, mo->data + at, sizeof v); /* msgfmt writes the machine's own order */
	return v;
}

/* The i-th string of a table; NULL when it does not lie within the file with its end. */
static const char *string(const struct mo *mo, uint32_t table, uint32_t i) {
	uint64_t len = number(mo, table + 8UL * i), offset = number(mo, table + 8UL * i + 4);
	if (offset + len >= mo->len || mo->data[offset + len]) return NULL;
	return (const char *)mo->data + offset;
}

static int read_all(struct mo *mo, FILE *file) {
	mo->data = xmalloc(MO_BYTES);
	mo->len = fread(mo->data, 1, MO_BYTES, file);
	mo->count = number(mo, 8);
	mo->ids = number(mo, 12);
	mo->texts = number(mo, 16);
	if (mo->len < 28 || mo->len == MO_BYTES || number(mo, 0) != MAGIC || number(mo, 4) >> 16) return -1;
	if (mo->ids + 8ULL * mo->count > mo->len || mo->texts + 8ULL * mo->count > mo->len) return -1;
	for (uint32_t i = 0; i < mo->count; i++)
		if (!string(mo, mo->ids, i) || !string(mo, mo->texts, i)) return -1;
	return 0;
}

struct mo *mo_open(const char *path) {
	FILE *file = fopen(path, "re");
	if (!file) return NULL;
	struct mo *mo = xcalloc(1, sizeof *mo);
	if (read_all(mo, file)) {
		mo_close(mo);
		mo = NULL;
	}
	fclose(file);
	return mo;
}

void mo_close(struct mo *mo) {
	if (!mo) return;
	free(mo->data);
	free(mo);
}

const char *mo_text(const struct mo *mo, const char *id) {
	for (uint32_t low = 0, high = mo->count; low < high;) {
		uint32_t middle = low + (high - low) / 2;
		int c = strcmp(id, string(mo, mo->ids, middle));
		if (!c) {
			const char *text = string(mo, mo->texts, middle);
			return *text ? text : id;
		}
		if (c < 0) high = middle;
		else low = middle + 1;
	}
	return id;
}
