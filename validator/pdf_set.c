#include "validator/pdf_set.h"

#include "base/mem.h"

#include <stdlib.h>

static size_t place(const struct pdf_set *set, uint64_t key) {
	uint64_t h = (key ^ key >> 31) * 0x9e3779b97f4a7c15U;
	size_t i = (size_t)(h >> 32) & (set->size - 1);
	while (set->keys[i] && set->keys[i] != key + 1) i = (i + 1) & (set->size - 1);
	return i;
}

static void grow(struct pdf_set *set) {
	struct pdf_set old = *set;
	set->size = old.size ? old.size * 2 : 64;
	set->keys = xcalloc(set->size, sizeof *set->keys);
	set->values = xcalloc(set->size, sizeof *set->values);
	for (size_t i = 0; i < old.size; i++) {
		if (!old.keys[i]) continue;
		size_t to = place(set, old.keys[i] - 1);
		set->keys[to] = old.keys[i];
		set->values[to] = old.values[i];
	}
	free(old.keys);
	free(old.values);
}

bool pdf_set_add(struct pdf_set *set, uint64_t key, uint32_t value) {
	if (set->used * 2 >= set->size) grow(set);
	size_t i = place(set, key);
	if (set->keys[i]) return false;
	set->keys[i] = key + 1;
	set->values[i] = value;
	set->used++;
	return true;
}

bool pdf_set_get(const struct pdf_set *set, uint64_t key, uint32_t *value) {
	if (!set->size) return false;
	size_t i = place(set, key);
	if (!set->keys[i]) return false;
	*value = set->values[i];
	return true;
}

bool pdf_set_has(const struct pdf_set *set, uint64_t key) {
	uint32_t ignored;
	return pdf_set_get(set, key, &ignored);
}

void pdf_set_put(struct pdf_set *set, uint64_t key, uint32_t value) {
	if (!pdf_set_add(set, key, value)) set->values[place(set, key)] = value;
}

void pdf_set_dispose(struct pdf_set *set) {
	free(set->keys);
	free(set->values);
	*set = (struct pdf_set){0};
}
