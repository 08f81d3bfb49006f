#include "archiver/ingest_batch.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

#define VALUE "ingest/open"

/* The value is [[inode, mtime in nanoseconds, size, record], ...]. What does not look so is no list: the worst that
 * follows is a second receipt. */
static void parse(struct ingest *ingest, const char *text) {
	json_t *list = json_loads(text, 0, NULL), *row;
	size_t i;
	json_array_foreach(list, i, row) {
		json_int_t n[4];
		if (json_unpack(row, "[I,I,I,I]", &n[0], &n[1], &n[2], &n[3])) continue;
		ARRAY_GROW(ingest->taken, ingest->taken_count, ingest->taken_cap);
		ingest->taken[ingest->taken_count++] =
			(struct intake_taken){{(uint64_t)n[0], (uint64_t)n[1], (uint64_t)n[2]}, (uint64_t)n[3], false};
	}
	json_decref(list);
}

int ingest_left_read(struct ingest *ingest) {
	char *text = NULL;
	if (store_value(ingest->app->store, VALUE, &text, ingest->err) < 0) return -1;
	if (text) parse(ingest, text);
	ingest->listed = text && *text;
	free(text);
	return 0;
}

static void add(json_t *list, const struct intake_identity *file, uint64_t number) {
	json_array_append_new(list, json_pack("[I,I,I,I]", (json_int_t)file->inode, (json_int_t)file->mtime,
					      (json_int_t)file->size, (json_int_t)number));
}

void ingest_left_write(struct ingest *ingest) {
	json_t *list = json_array();
	for (size_t i = 0; i < ingest->taken_count; i++) add(list, &ingest->taken[i].identity, ingest->taken[i].number);
	for (size_t i = 0; i < ingest->count; i++)
		if (ingest->items[i].outcome <= INTAKE_REFUSED)
			add(list, &ingest->items[i].identity, ingest->items[i].number);
	char *text = json_array_size(list) ? json_dumps(list, JSON_COMPACT) : xstrdup("");
	if (*text || ingest->listed) batch_set_value(ingest->batch, VALUE, text);
	ingest->listed = *text != 0;
	free(text);
	json_decref(list);
}

void ingest_left_keep(struct ingest *ingest, const struct intake_item *item) {
	ARRAY_GROW(ingest->taken, ingest->taken_count, ingest->taken_cap);
	ingest->taken[ingest->taken_count++] = (struct intake_taken){item->identity, item->number, true};
}

void ingest_left_end(struct ingest *ingest, bool spool) {
	size_t kept = 0;
	for (size_t i = 0; i < ingest->taken_count; i++)
		if (ingest->taken[i].kept || (!spool && kept < LIMIT_FILES_LEFT))
			ingest->taken[kept++] = ingest->taken[i];
	ingest->taken_count = kept;
}

void ingest_left_met(struct ingest *ingest, const struct intake_item *item) {
	for (size_t i = 0; i < ingest->taken_count; i++) {
		const struct intake_taken *t = &ingest->taken[i];
		if (t->number != item->number || t->identity.inode != item->identity.inode ||
		    t->identity.mtime != item->identity.mtime || t->identity.size != item->identity.size)
			continue;
		ingest->taken[i] = ingest->taken[--ingest->taken_count];
		return;
	}
}
