/* Trees and tokens out of the store. They are our own bytes, found whole by their digest; the last ones stay in memory,
 * because leaves are asked for page by page. */
#include "archiver/evidence_private.h"

#include "base/limits.h"

#include <stdlib.h>

#define SLOTS 8 /* of each kind: pages and tops of two series with their renewals */

struct evidence_cache {
	struct evidence_page *pages[SLOTS];
	struct evidence_top *tops[SLOTS];
	struct {
		struct object_id id;
		struct buf der;
	} tokens[SLOTS];
	unsigned next_page, next_top, next_token;
};

struct evidence_cache *evidence_cache_new(void) {
	return xcalloc(1, sizeof(struct evidence_cache));
}

void evidence_cache_free(struct evidence_cache *cache) {
	for (size_t i = 0; i < SLOTS; i++) {
		evidence_page_free(cache->pages[i]);
		evidence_top_free(cache->tops[i]);
		buf_dispose(&cache->tokens[i].der);
	}
	free(cache);
}

static int read_whole(struct evidence *e, const struct object_id *id, const char *what, unsigned char **data,
		      size_t *len, struct error *err) {
	char text[OBJECT_ID_TEXT_MAX];
	enum object_state state = store_read(e->app->store, id, LIMIT_EVIDENCE_BYTES, data, len, err);
	if (state == OBJECT_PRESENT) return 0;
	if (state == OBJECT_UNREADABLE) return -1;
	return error_set(err, ERROR_DAMAGED, "%s: the %s is %s", object_id_text(id, text), what, object_state_name(state));
}

static void *malformed(const struct object_id *id, struct error *err) {
	char text[OBJECT_ID_TEXT_MAX];
	error_set(err, ERROR_DAMAGED, "%s: not a hash tree of this format", object_id_text(id, text));
	return NULL;
}

const struct evidence_page *evidence_read_page(struct evidence *e, const struct object_id *id, struct error *err) {
	struct evidence_cache *c = e->cache;
	unsigned char *data;
	size_t len;
	for (size_t i = 0; i < SLOTS; i++)
		if (c->pages[i] && object_id_equal(&c->pages[i]->id, id)) return c->pages[i];
	if (read_whole(e, id, "hash tree", &data, &len, err)) return NULL;
	struct evidence_page *page = evidence_page_read(id, data, len);
	if (!page) return malformed(id, err);
	struct evidence_page **slot = &c->pages[c->next_page++ % SLOTS];
	evidence_page_free(*slot);
	return *slot = page;
}

const struct evidence_top *evidence_read_top(struct evidence *e, const struct object_id *id, struct error *err) {
	struct evidence_cache *c = e->cache;
	unsigned char *data;
	size_t len;
	for (size_t i = 0; i < SLOTS; i++)
		if (c->tops[i] && object_id_equal(&c->tops[i]->id, id)) return c->tops[i];
	if (read_whole(e, id, "hash tree", &data, &len, err)) return NULL;
	struct evidence_top *top = evidence_top_read(id, data, len);
	free(data);
	if (!top) return malformed(id, err);
	struct evidence_top **slot = &c->tops[c->next_top++ % SLOTS];
	evidence_top_free(*slot);
	return *slot = top;
}

const struct buf *evidence_read_token(struct evidence *e, const struct object_id *id, struct error *err) {
	struct evidence_cache *c = e->cache;
	unsigned char *data;
	size_t len;
	for (size_t i = 0; i < SLOTS; i++)
		if (c->tokens[i].der.len && object_id_equal(&c->tokens[i].id, id)) return &c->tokens[i].der;
	if (read_whole(e, id, "time-stamp", &data, &len, err)) return NULL;
	unsigned slot = c->next_token++ % SLOTS;
	buf_dispose(&c->tokens[slot].der);
	c->tokens[slot].id = *id;
	buf_add(&c->tokens[slot].der, data, len);
	free(data);
	return &c->tokens[slot].der;
}
