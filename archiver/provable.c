#include "archiver/provable.h"

#include "archiver/json_get.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static char *name_of(uint64_t number) {
	return xasprintf("provable/%llu", (unsigned long long)number);
}

char *provable_value(struct store *store, uint64_t number, struct error *err) {
	char *name = name_of(number), *value = NULL;
	int found = store_value(store, name, &value, err);
	free(name);
	if (found < 0) return NULL;
	return found ? value : xstrdup("");
}

int provable_now(struct store *store, uint64_t number, const json_t *report, json_t **out, struct error *err) {
	char *value = provable_value(store, number, err);
	*out = NULL;
	if (!value) return -1;
	*out = *value ? json_loads(value, 0, NULL) : json_incref(json_object_get(report, "provable"));
	free(value);
	return 0;
}

/* Reports of before it was said what carries a proof said so where nothing did; older ones do not name its roots. */
static bool same_proof(const json_t *a, const json_t *b) {
	if (!json_is_object(a) || !json_is_object(b)) return json_equal(a, b);
	json_t *x = json_copy((json_t *)a), *y = json_copy((json_t *)b);
	json_t *const both[] = {x, y};
	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		if (!strcmp(text_at(both[i], "basis"), "none")) json_object_del(both[i], "basis");
	if (!json_object_get(x, "roots") || !json_object_get(y, "roots")) json_object_del(x, "roots"), json_object_del(y, "roots");
	bool same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

int provable_keep(struct store *store, struct batch *batch, uint64_t number, const json_t *stored, const json_t *judged,
		  struct error *err) {
	char *before = provable_value(store, number, err), *name = name_of(number), *now = NULL;
	const json_t *found = json_object_get(judged, "provable");
	bool same = same_proof(found, json_object_get(stored, "provable"));
	if (before && found && !same) now = json_dumps(found, JSON_SORT_KEYS | JSON_COMPACT);
	if (before && strcmp(before, now ? now : "") != 0) batch_set_value(batch, name, now ? now : "");
	int rc = before ? 0 : -1;
	free(before);
	free(name);
	free(now);
	return rc;
}
