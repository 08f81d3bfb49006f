/* Hash-tree renewal (RFC 4998 5.2): every object is read and hashed anew, together with all its evidence so far. */
#include "archiver/evidence_progress.h"
#include "archiver/evidence_rehash_group.h"

#include "archiver/log.h"
#include "archiver/verify_fixity.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS_TOGETHER 65536 /* whose records one walk over all of them finds: 3 MB */

struct rehash {
	struct evidence *e;
	struct evidence_counts *counts;
	unsigned series;
	struct evidence_progress progress;
	uint64_t bytes;
	struct fixity fixity;
	struct batch *batch; /* of the page under way */
	struct group_numbers numbers; /* of the groups on this page and the next ones */
};

/* ---- which chains ---- */

static bool needs(const struct evidence *e, const struct evidence_stamp *s, unsigned series, enum digest_alg alg) {
	return s->series == series && s->kind != EVIDENCE_RENEWAL && s->alg != alg && !evidence_closed_by(e, s);
}

/* As many whole chains as one tree has room for. */
static int choose(struct rehash *r, enum digest_alg alg, struct error *err) {
	struct evidence *e = r->e;
	size_t pages = 0;
	r->progress = (struct evidence_progress){.alg = alg};
	r->progress.covers = xcalloc(e->count + 1, sizeof *r->progress.covers);
	r->progress.entries = xcalloc(EVIDENCE_PAGE, sizeof *r->progress.entries);
	for (size_t i = 0; i < e->count; i++) {
		if (!needs(e, &e->stamps[i], r->series, alg)) continue;
		const struct evidence_top *top = evidence_read_top(e, &e->stamps[i].tree, err);
		if (!top) return -1;
		if (pages + top->count > EVIDENCE_PAGE) break;
		pages += top->count;
		r->progress.covers[r->progress.cover_count++] = e->stamps[i].number;
	}
	return 0;
}

/* The page with that number among those of all chains: 1 found, 0 there are no more, -1. */
static int page_at(struct evidence *e, const struct evidence_progress *p, size_t index, struct evidence_step *step,
		   struct object_id *page, struct error *err) {
	for (size_t i = 0; i < p->cover_count; i++) {
		if (!p->covers[i] || p->covers[i] > e->count) break;
		const struct evidence_stamp *begin = &e->stamps[p->covers[i] - 1];
		const struct evidence_top *top = evidence_read_top(e, &begin->tree, err);
		if (!top) return -1;
		if (index < top->count) {
			*step = (struct evidence_step){begin, index};
			*page = top->entries[index].page;
			return 1;
		}
		index -= top->count;
	}
	return 0;
}

/* ---- one page ---- */

struct page_work {
	unsigned char (*keys)[SHA256_SIZE];
	size_t count;
	struct object_info *infos; /* of those that are there */
	unsigned char (*digests)[DIGEST_MAX];
	enum object_state *states;
	struct evidence_step steps[LIMIT_ERS_CHAINS];
	int step_count;
	struct evidence_leaf *leaves;
	unsigned char *hashes; /* of objects */
	size_t made;
	struct evidence_leaf *groups; /* as they are on the page; they and their members are ours */
	size_t group_count;
	unsigned char **renewed; /* hashes of groups */
	size_t renewed_count;
};

static void page_work_dispose(struct page_work *w) {
	free(w->keys);
	free(w->infos);
	free(w->digests);
	free(w->states);
	free(w->leaves);
	free(w->hashes);
	for (size_t i = 0; i < w->group_count; i++) free((unsigned char *)w->groups[i].members);
	for (size_t i = 0; i < w->renewed_count; i++) free(w->renewed[i]);
	free(w->groups);
	free(w->renewed);
}

/* Other pages are read before its groups are dealt with. */
static void keep_group(struct page_work *w, const struct evidence_page *page, const struct evidence_leaf *leaf) {
	struct evidence_leaf *group = &w->groups[w->group_count++];
	*group = *leaf;
	group->members = xmemdup(leaf->members, leaf->count * digest_size(page->alg));
}

static int page_work_begin(struct rehash *r, struct page_work *w, const struct evidence_step *step,
			   const struct object_id *id, struct error *err) {
	const struct evidence_page *page = evidence_read_page(r->e, id, err);
	if (!page) return -1;
	w->count = page->count;
	w->keys = xcalloc(w->count, sizeof *w->keys);
	w->infos = xcalloc(w->count, sizeof *w->infos);
	w->digests = xcalloc(w->count, sizeof *w->digests);
	w->states = xcalloc(w->count, sizeof *w->states);
	w->leaves = xcalloc(w->count, sizeof *w->leaves);
	w->hashes = xcalloc(w->count, DIGEST_MAX);
	w->groups = xcalloc(w->count, sizeof *w->groups);
	w->renewed = xcalloc(w->count, sizeof *w->renewed);
	size_t objects = 0;
	for (size_t i = 0; i < w->count; i++)
		if (page->groups && page->leaves[i].count > 1)
			keep_group(w, page, &page->leaves[i]);
		else
			memcpy(w->keys[objects++], page->leaves[i].key, SHA256_SIZE);
	w->count = objects;
	w->step_count = evidence_page_steps(r->e, step->begin, step->entry, w->steps, ARRAY_LEN(w->steps), err);
	return w->step_count < 0 ? -1 : 0;
}

/* It has the evidence it had, and comes into a round again when its bytes are good. */
static int leave_out(struct rehash *r, const struct object_id *id, uint64_t size, enum object_state state,
		     struct error *err) {
	r->counts->damaged++;
	if (evidence_leave_out(r->e, r->batch, r->series, id, err)) return -1;
	return fixity_tell(&r->fixity, r->e->app, r->batch, id, size, state, "evidence", err);
}

/* All objects of the page, by several threads; one that is not in the catalogue is missing. */
static int read_objects(struct rehash *r, struct page_work *w, struct error *err) {
	size_t there = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct object_id id;
		memcpy(id.sha256, w->keys[i], SHA256_SIZE);
		if (store_object_info(r->e->app->store, &id, &w->infos[there], err)) {
			r->bytes += w->infos[there++].size;
			continue;
		}
		if (err->code) return -1;
		if (leave_out(r, &id, 0, OBJECT_MISSING, err)) return -1;
	}
	w->count = there;
	if (store_digest_many(r->e->app->store, w->infos, there, r->progress.alg, w->digests, w->states, err)) return -1;
	r->counts->reread += there;
	return 0;
}

/* h(i)' = H(H(d) || H(all chains before)), 5.2 steps 2 to 4. */
static int put_leaf(struct rehash *r, struct page_work *w, size_t i, struct error *err) {
	const unsigned char *key = w->infos[i].id.sha256;
	struct evidence_parts parts = {0};
	struct buf sequence = {0};
	unsigned char history[DIGEST_MAX], leaf[DIGEST_MAX];
	size_t size = digest_size(r->progress.alg);
	int rc = 0;
	for (int k = 0; k < w->step_count && !rc; k++) rc = evidence_add_chain(r->e, &parts, &w->steps[k], key, err);
	if (!rc) {
		evidence_parts_end(&parts);
		ers_put_sequence(parts.parts, parts.count, &sequence);
		digest_bytes(r->progress.alg, sequence.data, sequence.len, history);
		ers_make_renewed(r->progress.alg, w->digests[i], history, leaf);
		struct evidence_leaf *l = &w->leaves[w->made];
		memcpy(w->hashes + w->made * size, leaf, size);
		*l = (struct evidence_leaf){.members = w->hashes + w->made++ * size, .count = 1};
		memcpy(l->key, key, SHA256_SIZE);
	}
	buf_dispose(&sequence);
	evidence_parts_dispose(&parts);
	return rc;
}

static int put_leaves(struct rehash *r, struct page_work *w, struct error *err) {
	for (size_t i = 0; i < w->count; i++) {
		const struct object_info *info = &w->infos[i];
		bool whole = w->states[i] == OBJECT_PRESENT;
		if (whole ? put_leaf(r, w, i, err) : leave_out(r, &info->id, info->size, w->states[i], err)) return -1;
	}
	return 0;
}

/* ---- its groups ---- */

/* The records of this page's groups and of as many of the next pages' as fit. */
static int find_numbers(struct rehash *r, struct error *err) {
	struct evidence_step step;
	struct object_id id;
	int rc = 1;
	group_numbers_dispose(&r->numbers);
	for (size_t i = r->progress.seen; rc > 0 && r->numbers.count < GROUPS_TOGETHER; i++) {
		struct error own = {0};
		rc = page_at(r->e, &r->progress, i, &step, &id, err);
		const struct evidence_page *page = rc > 0 ? evidence_read_page(r->e, &id, &own) : NULL;
		if (page) group_numbers_add(&r->numbers, page);
		if (own.code) break; /* told when its turn comes */
	}
	return rc < 0 ? -1 : group_numbers_find(&r->numbers, r->e->app->store, err);
}

static int put_group(struct rehash *r, struct page_work *w, const struct evidence_leaf *old, struct error *err) {
	const struct group_renewal renewal = {r->progress.alg, w->steps, (size_t)w->step_count};
	unsigned char *hashes;
	uint64_t number;
	size_t count;
	if (!group_numbers_get(&r->numbers, old->key, &number)) {
		if (find_numbers(r, err)) return -1;
		if (!group_numbers_get(&r->numbers, old->key, &number)) return 0;
	}
	if (!number) return 0;
	if (group_renew(r->e, &renewal, old, number, &hashes, &count, &r->bytes, err)) return -1;
	if (!count) return 0; /* less than two are left: each goes on for itself */
	w->renewed[w->renewed_count++] = hashes;
	struct evidence_leaf *l = &w->leaves[w->made++];
	*l = (struct evidence_leaf){.members = hashes, .count = count};
	memcpy(l->key, old->key, SHA256_SIZE);
	return 0;
}

static int by_key(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE); /* a leaf begins with it */
}

static int put_groups(struct rehash *r, struct page_work *w, struct error *err) {
	for (size_t i = 0; i < w->group_count; i++)
		if (put_group(r, w, &w->groups[i], err)) return -1;
	if (w->renewed_count) qsort(w->leaves, w->made, sizeof *w->leaves, by_key);
	return 0;
}

/* Page and cursor in one commit. */
static int do_page(struct rehash *r, const struct evidence_step *step, const struct object_id *id, struct error *err) {
	struct page_work w = {0};
	struct evidence_progress *p = &r->progress;
	r->batch = store_begin(r->e->app->store, r->e->app->now);
	int rc = page_work_begin(r, &w, step, id, err);
	if (!rc) rc = read_objects(r, &w, err);
	if (!rc) rc = put_leaves(r, &w, err);
	if (!rc) rc = put_groups(r, &w, err);
	if (!rc) {
		struct evidence_entry *entry = w.made ? &p->entries[p->count++] : NULL;
		if (entry) evidence_page_put(r->batch, p->alg, w.leaves, w.made, id->sha256, entry);
		p->seen++;
		evidence_progress_put(r->batch, r->series, p, entry);
		rc = batch_commit(r->batch, err);
	} else {
		batch_abort(r->batch);
	}
	page_work_dispose(&w);
	return rc;
}

/* ---- the tree ---- */

static int finish(struct rehash *r, struct error *err) {
	struct evidence_progress *p = &r->progress;
	struct evidence_stamp stamp = {.kind = EVIDENCE_REHASH, .series = r->series, .alg = p->alg, .covers = p->covers,
				       .cover_count = p->cover_count};
	unsigned char root[DIGEST_MAX];
	struct batch *batch = store_begin(r->e->app->store, r->e->app->now);
	for (size_t i = 0; i < p->count; i++) stamp.leaves += p->entries[i].leaves;
	evidence_progress_clear(batch, r->series, p);
	if (p->count) {
		evidence_top_put(batch, p->alg, p->entries, p->count, &stamp.tree, root);
		evidence_put_pending(batch, &stamp);
	}
	return batch_commit(batch, err);
}

/* What another algorithm was begun for is forgotten. */
static int load(struct rehash *r, enum digest_alg alg, struct error *err) {
	int rc = evidence_progress_load(r->e, r->series, &r->progress, err);
	if (rc > 0 && r->progress.alg != alg) {
		struct batch *batch = store_begin(r->e->app->store, r->e->app->now);
		evidence_progress_clear(batch, r->series, &r->progress);
		evidence_progress_dispose(&r->progress);
		rc = batch_commit(batch, err);
	}
	return rc ? (rc < 0 ? -1 : 0) : choose(r, alg, err);
}

/* One tree: 0 it has its token, 1 not now (no authority, or enough was read), 2 there is nothing to do, -1. */
static int next(struct rehash *r, enum digest_alg alg, uint64_t max_bytes, struct error *err) {
	struct evidence_step step;
	struct object_id page;
	int rc = evidence_settle(r->e, r->series, EVIDENCE_REHASH, r->counts, err);
	if (rc) return rc;
	evidence_progress_dispose(&r->progress);
	if (load(r, alg, err)) return -1;
	if (!r->progress.cover_count) return 2;
	while ((rc = page_at(r->e, &r->progress, r->progress.seen, &step, &page, err)) > 0) {
		if (max_bytes && r->bytes >= max_bytes) return 1;
		if (do_page(r, &step, &page, err)) return -1;
	}
	if (rc < 0) return -1;
	bool any = r->progress.count > 0;
	if (finish(r, err)) return -1;
	return any ? evidence_settle(r->e, r->series, EVIDENCE_REHASH, r->counts, err) : 1;
}

int evidence_rehash(struct evidence *e, unsigned series, enum digest_alg alg, uint64_t max_bytes,
		    struct evidence_counts *counts, bool *done, struct error *err) {
	struct rehash r = {.e = e, .counts = counts, .series = series};
	*done = false;
	/* A renewal that waits belongs to the history that is hashed: it comes first. */
	int rc = evidence_settle(e, series, EVIDENCE_RENEWAL, counts, err);
	if (rc) return rc < 0 ? -1 : 0;
	if (fixity_begin(&r.fixity, e->app->store, err)) return -1;
	while (!rc) rc = next(&r, alg, max_bytes, err);
	fixity_end(&r.fixity);
	group_numbers_dispose(&r.numbers);
	evidence_progress_dispose(&r.progress);
	*done = rc == 2;
	return rc < 0 ? -1 : 0;
}

/* ---- beforehand ---- */

/* Groups whose records are not known yet; their members are read once more for them. */
static int add_groups(struct evidence *e, struct group_numbers *numbers, struct evidence_budget *budget, struct error *err) {
	int rc = group_numbers_find(numbers, e->app->store, err);
	for (size_t i = 0; i < numbers->count && !rc; i++)
		if (numbers->items[i].number) rc = group_bytes(e->app->store, numbers->items[i].number, &budget->bytes, err);
	group_numbers_dispose(numbers);
	return rc;
}

static int add_page(struct evidence *e, const struct object_id *id, struct group_numbers *numbers, struct evidence_budget *budget,
		    struct error *err) {
	const struct evidence_page *page = evidence_read_page(e, id, err);
	for (size_t i = 0; page && i < page->count; i++) {
		if (page->groups && page->leaves[i].count > 1) continue;
		struct object_id object;
		struct object_info info = {0};
		memcpy(object.sha256, page->leaves[i].key, SHA256_SIZE);
		store_object_info(e->app->store, &object, &info, err);
		if (err->code) return -1;
		budget->objects++;
		budget->bytes += info.size;
	}
	if (page) group_numbers_add(numbers, page);
	if (numbers->count >= GROUPS_TOGETHER && add_groups(e, numbers, budget, err)) return -1;
	return page ? 0 : -1;
}

static int add_chain(struct evidence *e, const struct object_id *tree, size_t *done, struct group_numbers *numbers,
		     struct evidence_budget *budget, struct error *err) {
	const struct evidence_top *top = evidence_read_top(e, tree, err);
	budget->chains++;
	for (size_t k = 0; top && k < top->count; k++) {
		if (*done) --*done;
		else if (add_page(e, &top->entries[k].page, numbers, budget, err)) return -1;
	}
	return top ? 0 : -1;
}

int evidence_rehash_budget(struct evidence *e, unsigned series, enum digest_alg alg, struct evidence_budget *budget,
			   struct error *err) {
	struct evidence_progress p;
	size_t done = 0;
	*budget = (struct evidence_budget){0};
	if (evidence_progress_load(e, series, &p, err) < 0) return -1;
	if (p.alg == alg) done = p.seen;
	evidence_progress_dispose(&p);
	struct group_numbers numbers = {0};
	int rc = 0;
	for (size_t i = 0; i < e->count && !rc; i++)
		if (needs(e, &e->stamps[i], series, alg)) rc = add_chain(e, &e->stamps[i].tree, &done, &numbers, budget, err);
	if (!rc) rc = add_groups(e, &numbers, budget, err);
	group_numbers_dispose(&numbers);
	return rc;
}
