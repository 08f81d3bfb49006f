/* Time-stamps of a CMS signature that have come before its form could be made: each is durable, with all that it was asked for,
 * before the next is asked for. What a run that died had is finished with the same evidence, which may not be the newest any
 * more: the imprints are over it. */
#include "archiver/extend_private.h"

#include "archiver/log.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* ---- kept ---- */

static json_t *id_json(const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	return json_string(object_id_text(id, text));
}

static json_t *imprint_json(const struct extend_document *d, size_t i) {
	const struct extend_imprint *p = &d->plan.imprints[i];
	const struct tsa_token *t = &d->tokens[i];
	struct object_id id;
	char text[2 * DIGEST_MAX + 1];
	if (t->der) sha256_bytes(t->der, t->len, id.sha256);
	return json_pack("{s:s, s:s, s:o}", "digest", digest_name(p->alg), "value", hex_encode(p->digest, digest_size(p->alg), text),
			 "token", t->der ? id_json(&id) : json_null());
}

json_t *extend_kept_json(const struct extend_document *d) {
	json_t *items = json_array(), *imprints = json_array();
	for (size_t i = 0; i < d->plan.item_count; i++) {
		const struct plan_item *it = &d->plan.items[i];
		json_array_append_new(items, json_pack("{s:s, s:o}", "kind", object_kind_name(it->kind), "object", id_json(&it->id)));
	}
	for (size_t i = 0; i < d->token_count; i++) json_array_append_new(imprints, imprint_json(d, i));
	return json_pack("{s:o, s:o, s:o}", "base", id_json(&d->base.digest), "items", items, "imprints", imprints);
}

void extend_kept_put(struct batch *batch, const struct extend_document *d) {
	struct object_id id;
	for (size_t i = 0; i < d->plan.item_count; i++)
		batch_put(batch, d->plan.items[i].kind, d->plan.items[i].data, d->plan.items[i].len, &id, NULL);
	for (size_t i = 0; i < d->token_count; i++)
		if (d->tokens[i].der) batch_put(batch, OBJECT_TIMESTAMP, d->tokens[i].der, d->tokens[i].len, &id, NULL);
}

/* ---- read again ---- */

static bool read_id(const json_t *json, struct object_id *id) {
	return json_is_string(json) && object_id_parse(json_string_value(json), id);
}

/* 1 with the bytes, 0 when they are not there as they were, -1 when the run failed. */
static int read_object(const struct extend_document *d, const struct object_id *id, unsigned char **data, size_t *len) {
	struct extend_work *w = d->work;
	enum object_state state = store_read(w->app->store, id, LIMIT_EVIDENCE_BYTES, data, len, w->err);
	return state == OBJECT_UNREADABLE ? -1 : state == OBJECT_PRESENT;
}

static int read_item(struct extend_document *d, const json_t *json) {
	static const enum object_kind kinds[] = {OBJECT_CERTIFICATE, OBJECT_CRL, OBJECT_OCSP};
	const char *kind = json_string_value(json_object_get(json, "kind"));
	struct plan_item *it = &d->plan.items[d->plan.item_count];
	unsigned char *data = NULL;
	size_t len = 0, k = 0;
	while (k < ARRAY_LEN(kinds) && (!kind || strcmp(kind, object_kind_name(kinds[k])) != 0)) k++;
	if (k == ARRAY_LEN(kinds) || !read_id(json_object_get(json, "object"), &it->id)) return 0;
	int there = read_object(d, &it->id, &data, &len);
	if (there == 1) {
		it->kind = kinds[k];
		it->data = extend_hold(d->work, &it->id, data, len)->data;
		it->len = len;
		d->plan.item_count++;
	}
	free(data);
	return there;
}

static int read_imprint(struct extend_document *d, const json_t *json) {
	const char *digest = json_string_value(json_object_get(json, "digest")), *value = json_string_value(json_object_get(json, "value"));
	const json_t *token = json_object_get(json, "token");
	struct extend_imprint *p = &d->plan.imprints[d->plan.imprint_count];
	struct tsa_token *t = &d->tokens[d->token_count];
	struct object_id id;
	p->alg = digest ? digest_from_name(digest) : DIGEST_UNKNOWN;
	if (!digest_size(p->alg) || !value || !hex_decode(value, p->digest, digest_size(p->alg))) return 0;
	if (!json_is_null(token) && !read_id(token, &id)) return 0;
	int there = json_is_null(token) ? 1 : read_object(d, &id, &t->der, &t->len);
	if (there == 1) d->plan.imprint_count++, d->token_count++;
	return there;
}

int extend_kept_read(const json_t *json, struct extend_document *d) {
	const json_t *items = json_object_get(json, "items"), *imprints = json_object_get(json, "imprints"), *one;
	struct object_id base;
	size_t i, count = json_array_size(imprints);
	int there = 1;
	if (!read_id(json_object_get(json, "base"), &base) || !object_id_equal(&base, &d->base.digest)) return 0;
	if (!count || count > LIMIT_SIGNATURES || json_array_size(items) > LIMIT_EVIDENCE_COUNT) return 0;
	d->plan = (struct extend_plan){.retry_at = UTIME_NONE, .detail = xstrdup("")};
	d->plan.items = xcalloc(json_array_size(items) + 1, sizeof *d->plan.items);
	d->plan.imprints = xcalloc(count, sizeof *d->plan.imprints);
	d->tokens = xcalloc(count, sizeof *d->tokens);
	json_array_foreach(items, i, one) if (there == 1) there = read_item(d, one);
	json_array_foreach(imprints, i, one) if (there == 1) there = read_imprint(d, one);
	d->planned = d->kept = there == 1;
	return there;
}
