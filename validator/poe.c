#include "validator/poe.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where it is, or where it would go. */
static size_t place(const struct poe_set *set, const unsigned char *sha256) {
	size_t low = 0, high = set->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(set->items[middle].sha256, sha256, SHA256_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct poe_set *set, size_t at, const unsigned char *sha256) {
	return at < set->count && !memcmp(set->items[at].sha256, sha256, SHA256_SIZE);
}

void poe_add(struct poe_set *set, const unsigned char sha256[static SHA256_SIZE], utime when) {
	size_t at = place(set, sha256);
	if (is_at(set, at, sha256)) {
		if (when < set->items[at].when) set->items[at].when = when;
		return;
	}
	ARRAY_GROW(set->items, set->count, set->cap);
	memmove(set->items + at + 1, set->items + at, (set->count - at) * sizeof *set->items);
	memcpy(set->items[at].sha256, sha256, SHA256_SIZE);
	set->items[at].when = when;
	set->count++;
}

utime poe_find(const struct poe_set *set, const unsigned char sha256[static SHA256_SIZE], utime now) {
	size_t at = place(set, sha256);
	return is_at(set, at, sha256) && set->items[at].when < now ? set->items[at].when : now;
}

void poe_set_dispose(struct poe_set *set) {
	free(set->items);
	*set = (struct poe_set){0};
}
