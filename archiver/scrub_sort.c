#include "archiver/scrub_parts.h"

#include "base/limits.h"
#include "base/mem.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct scrub_sort {
	struct scrub_found *bad;
	size_t count, cap;
	void *met; /* tree of objects that stand, whole, where they do not belong */
	size_t met_count;
};

struct scrub_sort *scrub_sort_new(void) {
	return xcalloc(1, sizeof(struct scrub_sort));
}

void scrub_sort_free(struct scrub_sort *sort) {
	if (!sort) return;
	tdestroy(sort->met, free);
	free(sort->bad);
	free(sort);
}

static int compare(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

/* More than the bound are told as what they are at their own place. */
static void meet(struct scrub_sort *sort, const struct object_id *id) {
	if (object_id_is_zero(id) || sort->met_count >= LIMIT_SCRUB_MET || tfind(id, &sort->met, compare)) return;
	struct object_id *copy = xmalloc(sizeof *copy);
	*copy = *id;
	if (!tsearch(copy, &sort->met, compare)) abort();
	sort->met_count++;
}

void scrub_sort_add(struct scrub_sort *sort, const struct scrub_found *found) {
	if (found->state == SCRUB_EXTRA || found->state == SCRUB_OLDER) meet(sort, &found->info.id);
	if (found->state == SCRUB_SUBSTITUTED) meet(sort, &found->actual);
	ARRAY_GROW(sort->bad, sort->count, sort->cap);
	sort->bad[sort->count++] = *found;
}

int scrub_sort_each(struct scrub_sort *sort, scrub_sorted *visit, void *user, struct error *err) {
	int rc = 0;
	for (size_t i = 0; i < sort->count && !rc; i++) {
		struct scrub_found *found = &sort->bad[i];
		bool lost = found->state == SCRUB_MISSING || found->state == SCRUB_DAMAGED || found->state == SCRUB_UNREADABLE ||
			    found->state == SCRUB_SUBSTITUTED;
		if (lost && tfind(&found->info.id, &sort->met, compare)) found->state = SCRUB_MISPLACED;
		rc = visit(user, found, err);
	}
	sort->count = 0;
	return rc;
}
