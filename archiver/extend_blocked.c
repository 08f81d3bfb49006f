#include "archiver/extend_blocked.h"

#include "archiver/json_get.h"
#include "archiver/spool.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_blocked(enum extend_refusal refusal) {
	return refusal != EXTEND_NONE && refusal != EXTEND_UP_TO_DATE;
}

static void put(struct batch *batch, const char *name, const struct extend_outcome *o, const json_t *before) {
	char since[UTIME_TEXT_MAX];
	json_t *value = json_pack("{s:s, s:s, s:s}", "reason", extend_refusal_name(o->refusal), "detail", o->detail, "since",
				  *text_at(before, "since") ? text_at(before, "since") : utime_text(o->when, since));
	if (value && !json_equal(value, before)) {
		char *text = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT);
		batch_set_value(batch, name, text);
		free(text);
	}
	json_decref(value);
}

static void release(struct batch *batch, const char *name, const struct extend_outcome *o, const json_t *before) {
	char *file = spool_printable(o->name);
	json_t *note = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "record", (json_int_t)o->number, "file", file, "refusal",
				 text_at(before, "reason"), "detail", text_at(before, "detail"), "since",
				 text_at(before, "since"), "outcome", extend_refusal_name(o->refusal), "level", o->level);
	char *text = json_dumps(note, JSON_SORT_KEYS | JSON_COMPACT);
	batch_set_value(batch, name, "");
	batch_note(batch, EXTEND_RELEASED, text);
	json_decref(note);
	free(text);
	free(file);
}

int extend_blocked_read(struct store *store, uint64_t number, json_t **value, struct error *err) {
	char *name = xasprintf(EXTEND_BLOCKED_PREFIX "%" PRIu64, number), *text = NULL;
	int found = store_value(store, name, &text, err);
	*value = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	free(name);
	return found < 0 ? -1 : 0;
}

int extend_blocked_keep(struct store *store, struct batch *batch, const struct extend_outcome *o, struct error *err) {
	char *name = xasprintf(EXTEND_BLOCKED_PREFIX "%" PRIu64, o->number), *text = NULL;
	int found = store_value(store, name, &text, err);
	json_t *before = text ? json_loads(text, 0, NULL) : NULL;
	if (found >= 0 && is_blocked(o->refusal))
		put(batch, name, o, before);
	else if (found > 0)
		release(batch, name, o, before);
	json_decref(before);
	free(text);
	free(name);
	return found < 0 ? -1 : 0;
}
