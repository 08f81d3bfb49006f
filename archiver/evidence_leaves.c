#include "archiver/evidence_leaves.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 4096 /* objects read at a time */
#define DENSE 16   /* a walk over all rows is less than a search for each where one in so many is new: that is half a page */

struct place {
	uint64_t offset, size;
	uint32_t pack;
	enum object_kind kind;
};

/* One leaf's place in the order of the packs. */
struct at {
	uint64_t offset;
	uint32_t pack, leaf;
};

struct gathering {
	struct round_leaves *l;
	struct evidence *e;
	const struct round_wanted *w;
	uint32_t last_pack; /* not behind this place */
	uint64_t last_offset;
	struct at *order;
	bool *dropped; /* of leaves: damaged, or too many */
	size_t taken;  /* of the order */
};

static struct place place_of(const struct round_leaf *leaf) {
	struct place place;
	memcpy(&place, leaf->hash, sizeof place);
	return place;
}

static bool is_behind(uint32_t pack, uint64_t offset, uint32_t other_pack, uint64_t other_offset) {
	return pack > other_pack || (pack == other_pack && offset > other_offset);
}

/* ---- which ---- */

static void note(struct round_leaves *l, const struct object_info *info) {
	const struct place place = {info->offset, info->size, info->pack, info->kind};
	_Static_assert(sizeof place <= DIGEST_MAX, "a place is kept where the hash will be");
	ARRAY_GROW(l->items, l->count, l->cap);
	struct round_leaf *leaf = &l->items[l->count++];
	memcpy(leaf->key, info->id.sha256, SHA256_SIZE);
	memcpy(leaf->hash, &place, sizeof place);
}

/* What was stored again since an earlier round left it out comes with its new place. */
static int note_left_out(struct gathering *g, struct error *err) {
	char *name = evidence_left_out_name(g->w->series), *text = NULL, *rest = NULL;
	int rc = store_value(g->e->app->store, name, &text, err);
	for (char *word = text ? strtok_r(text, " ", &rest) : NULL; word && rc >= 0; word = strtok_r(NULL, " ", &rest)) {
		struct object_id id;
		struct object_info info;
		if (!object_id_parse(word, &id) || !store_object_info(g->e->app->store, &id, &info, err)) continue;
		if (!is_behind(info.pack, info.offset, g->w->pack, g->w->offset)) note(g->l, &info);
	}
	free(name);
	free(text);
	return rc < 0 || err->code ? -1 : 0;
}

static int note_new(void *user, const struct object_info *info, struct error *err) {
	struct gathering *g = user;
	(void)err;
	if (is_behind(info->pack, info->offset, g->w->pack, g->w->offset) &&
	    !is_behind(info->pack, info->offset, g->last_pack, g->last_offset))
		note(g->l, info);
	return 0;
}

/* In the order of the packs; returns nonzero when one tree has enough. */
static int note_next(void *user, const struct object_info *info, struct error *err) {
	struct gathering *g = user;
	(void)err;
	note(g->l, info);
	return g->l->count >= g->w->room;
}

/* Objects that no round of the series has, nearly: what was stored again after damage counts as covered. */
static int count_new(const struct evidence *e, unsigned series, uint64_t *fresh, uint64_t *all, struct error *err) {
	struct store_totals totals;
	uint64_t covered = 0;
	if (store_totals(e->app->store, &totals, err)) return -1;
	for (size_t i = 0; i < e->count; i++)
		if (e->stamps[i].kind == EVIDENCE_ROUND && e->stamps[i].series == series) covered += e->stamps[i].leaves;
	*all = totals.objects;
	*fresh = totals.objects > covered ? totals.objects - covered : 0;
	return 0;
}

static int note_all(struct gathering *g, struct error *err) {
	struct store *store = g->e->app->store;
	struct error own = {0};
	uint64_t fresh, all;
	if (count_new(g->e, g->w->series, &fresh, &all, err)) return -1;
	if (fresh * DENSE < all) {
		if (!store_each_object(store, g->w->pack, g->w->offset, note_next, g, &own) || !own.code) return 0;
		return error_set(err, own.code, "%s", own.text);
	}
	g->last_pack = UINT32_MAX, g->last_offset = UINT64_MAX;
	if (fresh > g->w->room && store_place_behind(store, g->w->pack, g->w->offset, g->w->room, &g->last_pack, &g->last_offset, err) < 0) return -1;
	return store_each_object_by_digest(store, note_new, g, err);
}

/* ---- in the order of the packs ---- */

static int by_place(const void *a, const void *b) {
	const struct at *x = a, *y = b;
	if (x->pack != y->pack) return x->pack < y->pack ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool is_sorted(const void *items, size_t count, size_t size, int (*compare)(const void *, const void *)) {
	const char *p = items;
	for (size_t i = 1; i < count; i++)
		if (compare(p + (i - 1) * size, p + i * size) > 0) return false;
	return true;
}

static void put_in_order(struct gathering *g) {
	struct round_leaves *l = g->l;
	g->order = xcalloc(l->count + 1, sizeof *g->order);
	g->dropped = xcalloc(l->count + 1, sizeof *g->dropped);
	for (size_t i = 0; i < l->count; i++) {
		const struct place place = place_of(&l->items[i]);
		g->order[i] = (struct at){place.offset, place.pack, (uint32_t)i};
	}
	if (!is_sorted(g->order, l->count, sizeof *g->order, by_place)) qsort(g->order, l->count, sizeof *g->order, by_place);
}

/* As many as one tree takes, with the groups of those that may have one; a document alone has none, and without any metadata
 * or longer form all are alone. */
static void choose(struct gathering *g) {
	struct round_leaves *l = g->l;
	size_t documents = 0;
	bool full = false;
	l->to_pack = g->w->pack, l->to_offset = g->w->offset;
	for (size_t i = 0; i < l->count; i++) {
		const struct at *at = &g->order[i];
		enum object_kind kind = place_of(&l->items[at->leaf]).kind;
		g->dropped[at->leaf] = full;
		if (full) continue;
		g->taken++;
		documents += kind == OBJECT_DOCUMENT;
		l->more |= kind == OBJECT_METADATA || kind == OBJECT_APPENDED;
		if (is_behind(at->pack, at->offset, l->to_pack, l->to_offset)) l->to_pack = at->pack, l->to_offset = at->offset;
		full = g->taken + (l->more ? documents : 0) >= g->w->room;
	}
	if (!l->more) return;
	l->documents = xcalloc(documents + 1, sizeof *l->documents);
	for (size_t i = 0; i < g->taken; i++) {
		const struct round_leaf *leaf = &l->items[g->order[i].leaf];
		if (place_of(leaf).kind == OBJECT_DOCUMENT) memcpy(l->documents[l->document_count++].sha256, leaf->key, SHA256_SIZE);
	}
}

/* ---- reading ---- */

static void leave_out(struct gathering *g, const struct object_id *id) {
	struct round_leaves *l = g->l;
	g->w->counts->damaged++;
	if (l->left_count == LIMIT_EVIDENCE_LEFT_OUT) return; /* told all the same */
	ARRAY_GROW(l->left_out, l->left_count, l->left_cap);
	l->left_out[l->left_count++] = *id;
}

static int take(struct gathering *g, uint32_t leaf, const struct object_info *info, enum object_state state,
		const unsigned char *digest, struct error *err) {
	if (state == OBJECT_PRESENT) {
		memcpy(g->l->items[leaf].hash, digest, DIGEST_MAX);
		return 0;
	}
	g->dropped[leaf] = true;
	leave_out(g, &info->id);
	return fixity_tell(g->w->fixity, g->e->app, g->w->batch, &info->id, info->size, state, object_kind_name(info->kind), err);
}

struct chunk {
	struct object_info infos[CHUNK];
	unsigned char digests[CHUNK][DIGEST_MAX];
	enum object_state states[CHUNK];
};

static int read_chunk(struct gathering *g, struct chunk *c, const struct at *order, size_t count, struct error *err) {
	for (size_t i = 0; i < count; i++) {
		const struct round_leaf *leaf = &g->l->items[order[i].leaf];
		const struct place place = place_of(leaf);
		c->infos[i] = (struct object_info){.kind = place.kind, .size = place.size, .pack = place.pack, .offset = place.offset};
		memcpy(c->infos[i].id.sha256, leaf->key, SHA256_SIZE);
	}
	int rc = store_digest_many(g->e->app->store, c->infos, count, g->w->alg, c->digests, c->states, err);
	for (size_t i = 0; i < count && !rc; i++) rc = take(g, order[i].leaf, &c->infos[i], c->states[i], c->digests[i], err);
	return rc;
}

static int read_all(struct gathering *g, struct error *err) {
	struct chunk *chunk = xcalloc(1, sizeof *chunk);
	int rc = 0;
	for (size_t i = 0; i < g->taken && !rc; i += CHUNK)
		rc = read_chunk(g, chunk, g->order + i, g->taken - i < CHUNK ? g->taken - i : CHUNK, err);
	free(chunk);
	return rc;
}

/* ---- in the order of their keys ---- */

static int by_key(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

/* A key stands once: an object that was left out and comes again is one leaf. */
static void keep_sorted(struct gathering *g) {
	struct round_leaves *l = g->l;
	size_t kept = 0, count = 0;
	for (size_t i = 0; i < l->count; i++)
		if (!g->dropped[i]) l->items[count++] = l->items[i];
	if (!is_sorted(l->items, count, sizeof *l->items, by_key)) qsort(l->items, count, sizeof *l->items, by_key);
	for (size_t i = 0; i < count; i++)
		if (!kept || by_key(&l->items[kept - 1], &l->items[i])) l->items[kept++] = l->items[i];
	l->count = kept;
}

int round_leaves_gather(struct round_leaves *leaves, struct evidence *e, const struct round_wanted *wanted, struct error *err) {
	struct gathering g = {.l = leaves, .e = e, .w = wanted};
	int rc = note_left_out(&g, err);
	if (!rc) rc = note_all(&g, err);
	if (!rc) {
		put_in_order(&g);
		choose(&g);
		rc = read_all(&g, err);
		keep_sorted(&g);
	}
	free(g.order);
	free(g.dropped);
	return rc;
}

const struct round_leaf *round_leaves_find(const struct round_leaves *l, const struct object_id *id) {
	return bsearch(id->sha256, l->items, l->count, sizeof *l->items, by_key);
}

void round_leaves_dispose(struct round_leaves *l) {
	free(l->items);
	free(l->documents);
	free(l->left_out);
	*l = (struct round_leaves){0};
}
