#include "archiver/judge_keep.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The name of the value that belongs to a question, which itself may be longer than a name. */
static char *name_of(const char *question) {
	unsigned char sha256[SHA256_SIZE];
	char hex[SHA256_HEX];
	sha256_bytes(question, strlen(question), sha256);
	return xasprintf("fetched/%s", hex_encode(sha256, sizeof sha256, hex));
}

static void remember(struct batch *batch, const struct judge_piece *piece, const struct object_id *id) {
	char hex[SHA256_HEX], *name = name_of(piece->question);
	json_t *value = json_pack("{s:s, s:s, s:s?, s:s?}", "object", hex_encode(id->sha256, SHA256_SIZE, hex), "url", piece->url, "etag",
	                          piece->etag, "modified", piece->modified);
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (text) batch_set_value(batch, name, text); /* an address that is no UTF-8 is not remembered */
	free(text);
	free(name);
	json_decref(value);
}

int judge_keep_piece(struct batch *batch, const struct judge_piece *piece, struct error *err) {
	struct object_id id;
	(void)err; /* a failure sticks to the batch and is told by its commit */
	batch_put(batch, piece->kind, piece->data, piece->len, &id, NULL);
	if (piece->question && piece->kind != OBJECT_OCSP && (piece->etag || piece->modified)) remember(batch, piece, &id);
	return 0;
}

static char *text_of(const json_t *value, const char *key) {
	const char *text = json_string_value(json_object_get(value, key));
	return text && *text ? xstrdup(text) : NULL;
}

int judge_keep_recall(struct store *store, const char *question, struct judge_known *known, struct error *err) {
	char *name = name_of(question), *text = NULL;
	int found = store_value(store, name, &text, err);
	free(name);
	*known = (struct judge_known){0};
	if (found <= 0) return found;
	json_t *value = json_loads(text, 0, NULL);
	const char *hex = json_string_value(json_object_get(value, "object"));
	struct object_info info;
	/* Only what can be given again may be said to be there already. */
	found = hex && hex_decode(hex, known->id.sha256, SHA256_SIZE) && store_object_info(store, &known->id, &info, err);
	if (found) known->etag = text_of(value, "etag"), known->modified = text_of(value, "modified");
	json_decref(value);
	free(text);
	return err && err->code ? -1 : found;
}

int judge_keep_reload(struct store *store, const struct object_id *id, unsigned char **data, size_t *len, struct error *err) {
	enum object_state state = store_read(store, id, LIMIT_EVIDENCE_BYTES, data, len, err);
	if (state == OBJECT_UNREADABLE) return -1;
	return state == OBJECT_PRESENT && *len ? 1 : 0;
}
