#include "archiver/evidence_rehash_group.h"

#include "archiver/evidence_group.h"

#include <stdlib.h>
#include <string.h>

#define TOGETHER 4096 /* records looked at at a time */

/* ---- which record ---- */

void group_numbers_dispose(struct group_numbers *n) {
	free(n->items);
	*n = (struct group_numbers){0};
}

void group_numbers_add(struct group_numbers *n, const struct evidence_page *page) {
	for (size_t i = 0; page->groups && i < page->count; i++) {
		if (page->leaves[i].count == 1) continue;
		ARRAY_GROW(n->items, n->count, n->cap);
		struct group_number *item = &n->items[n->count++];
		memcpy(item->key, page->leaves[i].key, SHA256_SIZE);
		item->number = 0;
	}
}

static int by_key(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

static struct group_number *item_of(const struct group_numbers *n, const unsigned char *key) {
	return n->count ? bsearch(key, n->items, n->count, sizeof *n->items, by_key) : NULL;
}

static int look(void *user, const struct record_row *row) {
	unsigned char key[SHA256_SIZE];
	evidence_group_key(&row->original, key);
	struct group_number *item = item_of(user, key);
	if (item) item->number = row->number;
	return 0;
}

int group_numbers_find(struct group_numbers *n, struct store *store, struct error *err) {
	uint64_t *numbers = xcalloc(TOGETHER, sizeof *numbers), after = 0;
	int count = n->count ? TOGETHER : 0;
	if (n->count) qsort(n->items, n->count, sizeof *n->items, by_key);
	while (count == TOGETHER) {
		count = records_list(store, after, numbers, TOGETHER, err);
		if (count > 0 && records_peek_many(store, numbers, (size_t)count, look, n, err) < 0) count = -1;
		if (count > 0) after = numbers[count - 1];
	}
	free(numbers);
	return count < 0 ? -1 : 0;
}

bool group_numbers_get(const struct group_numbers *n, const unsigned char key[static SHA256_SIZE], uint64_t *number) {
	const struct group_number *item = item_of(n, key);
	if (item) *number = item->number;
	return item != NULL;
}

static int candidates(struct store *store, uint64_t number, struct evidence_group *group, struct error *err) {
	struct record_row row = {0};
	*group = (struct evidence_group){0};
	int rc = records_get(store, number, &row, err);
	if (rc > 0) rc = evidence_group_candidates(store, &row, group, err);
	record_row_dispose(&row);
	return rc < 0 ? -1 : 0;
}

int group_bytes(struct store *store, uint64_t number, uint64_t *bytes, struct error *err) {
	struct evidence_group group;
	int rc = candidates(store, number, &group, err);
	for (size_t i = 0; i < group.count && !rc; i++) {
		struct object_info info = {0};
		store_object_info(store, &group.ids[i], &info, err);
		*bytes += info.size;
		rc = err->code ? -1 : 0;
	}
	evidence_group_dispose(&group);
	return rc;
}

/* ---- the new leaf ---- */

struct work {
	struct evidence *e;
	const struct group_renewal *renewal;
	const struct evidence_leaf *old;
	enum digest_alg old_alg;
	bool rehashed; /* the old hashes are those of a hash-tree renewal themselves */
	unsigned char before[DIGEST_MAX], now[DIGEST_MAX]; /* hashes of the history before the last chain, of all of it */
	unsigned char *hashes;
	size_t count;
};

static void hash_history(const struct evidence_parts *parts, size_t count, enum digest_alg alg, unsigned char *out) {
	struct buf sequence = {0};
	ers_put_sequence(parts->parts, count, &sequence);
	digest_bytes(alg, sequence.data, sequence.len, out);
	buf_dispose(&sequence);
}

static int read_history(struct work *w, struct error *err) {
	struct evidence_parts parts = {0};
	size_t before = 0;
	int rc = 0;
	for (size_t i = 0; i < w->renewal->step_count && !rc; i++) {
		before = parts.count;
		rc = evidence_add_chain(w->e, &parts, &w->renewal->steps[i], w->old->key, err);
	}
	if (!rc) {
		evidence_parts_end(&parts);
		w->rehashed = before > 0;
		if (before) hash_history(&parts, before, w->old_alg, w->before);
		hash_history(&parts, parts.count, w->renewal->alg, w->now);
	}
	evidence_parts_dispose(&parts);
	return rc;
}

static int into_both(void *user, const unsigned char *data, size_t len, struct error *err) {
	struct digest_ctx **ctx = user;
	(void)err;
	digest_update(ctx[0], data, len);
	digest_update(ctx[1], data, len);
	return 0;
}

static bool was_member(const struct work *w, const unsigned char *hash) {
	size_t size = digest_size(w->old_alg);
	for (size_t i = 0; i < w->old->count; i++)
		if (!memcmp(w->old->members + i * size, hash, size)) return true;
	return false;
}

/* One reading for the old hash and the new. One that is damaged is told by the leaf that it has itself. */
static int add_member(struct work *w, const struct object_id *id, uint64_t *bytes, struct error *err) {
	unsigned char old[DIGEST_MAX], now[DIGEST_MAX];
	struct digest_ctx *ctx[] = {digest_new(w->old_alg), digest_new(w->renewal->alg)};
	struct object_info info = {0};
	enum object_state state = OBJECT_MISSING;
	if (store_object_info(w->e->app->store, id, &info, err))
		state = store_stream_at(w->e->app->store, &info, false, into_both, ctx, err);
	*bytes += info.size;
	digest_final(ctx[0], old);
	digest_final(ctx[1], now);
	digest_free(ctx[0]);
	digest_free(ctx[1]);
	if (state == OBJECT_UNREADABLE || err->code) return -1;
	if (w->rehashed) ers_make_renewed(w->old_alg, old, w->before, old);
	if (state != OBJECT_PRESENT || !was_member(w, old)) return 0;
	ers_make_renewed(w->renewal->alg, now, w->now, w->hashes + w->count++ * digest_size(w->renewal->alg));
	return 0;
}

int group_renew(struct evidence *e, const struct group_renewal *renewal, const struct evidence_leaf *old, uint64_t number,
		unsigned char **hashes, size_t *count, uint64_t *bytes, struct error *err) {
	struct work w = {.e = e, .renewal = renewal, .old = old};
	struct evidence_group group;
	*hashes = NULL, *count = 0;
	w.old_alg = renewal->steps[renewal->step_count - 1].begin->alg;
	if (candidates(e->app->store, number, &group, err)) return -1;
	/* digests go into the array as they are made, whole */
	w.hashes = xcalloc(group.count + 2, DIGEST_MAX);
	int rc = read_history(&w, err);
	for (size_t i = 0; i < group.count && !rc; i++) rc = add_member(&w, &group.ids[i], bytes, err);
	evidence_group_dispose(&group);
	if (!rc && w.count > 1) {
		*hashes = w.hashes, *count = w.count;
		return 0;
	}
	free(w.hashes);
	return rc;
}
