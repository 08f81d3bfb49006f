/* The way of one leaf through its chains, and the parts of its record. */
#include "archiver/evidence_private.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* ---- steps ---- */

static bool is_page_of(const struct evidence_top *top, const unsigned char *id, size_t *entry) {
	for (size_t i = 0; i < top->count; i++)
		if (!memcmp(top->entries[i].page.sha256, id, SHA256_SIZE)) return *entry = i, true;
	return false;
}

/* The page whose renewal this page of a rehash is: 1 found, -1. */
static int step_back(struct evidence *e, struct evidence_step *step, struct error *err) {
	unsigned char source[SHA256_SIZE];
	const struct evidence_stamp *rehash = step->begin;
	const struct evidence_top *top = evidence_read_top(e, &rehash->tree, err);
	if (!top) return -1;
	memcpy(source, top->entries[step->entry].key, sizeof source);
	for (size_t i = 0; i < rehash->cover_count; i++) {
		uint32_t number = rehash->covers[i];
		if (!number || number > e->count) break;
		top = evidence_read_top(e, &e->stamps[number - 1].tree, err);
		if (!top) return -1;
		step->begin = &e->stamps[number - 1];
		if (is_page_of(top, source, &step->entry)) return 1;
	}
	return error_set(err, ERROR_DAMAGED, "evidence time-stamp %u: a page renews none", (unsigned)rehash->number);
}

int evidence_page_steps(struct evidence *e, const struct evidence_stamp *begin, size_t entry,
			struct evidence_step *steps, size_t max, struct error *err) {
	struct evidence_step step = {begin, entry};
	size_t count = 0;
	for (;; count++) {
		if (count == max) return error_set(err, ERROR_LIMIT, "evidence: more than %zu hash-tree renewals", max);
		memmove(steps + 1, steps, count * sizeof *steps);
		steps[0] = step;
		if (step.begin->kind != EVIDENCE_REHASH) return (int)count + 1;
		if (step_back(e, &step, err) < 0) return -1;
	}
}

/* ---- parts ---- */

static size_t put_bytes(struct evidence_parts *parts, const void *data, size_t len) {
	size_t at = parts->bytes.len;
	buf_add(&parts->bytes, data, len);
	return at;
}

static void add_part(struct evidence_parts *parts, const struct evidence_part *item, const struct ers_part *part) {
	size_t count = parts->count;
	ARRAY_GROW(parts->items, count, parts->cap);
	ARRAY_GROW(parts->parts, count, parts->part_cap);
	parts->items[count] = *item;
	parts->parts[count] = *part;
	parts->count++;
}

static int put_stamp(struct evidence *e, struct evidence_parts *parts, const struct evidence_stamp *stamp,
		     const struct evidence_top *top, size_t entry, const struct evidence_page *page, size_t leaf,
		     struct error *err) {
	const struct evidence_leaf *l = &page->leaves[leaf];
	struct evidence_part item = {.stamp = stamp};
	struct ers_part part = {.alg = top->alg, .new_chain = stamp->kind != EVIDENCE_RENEWAL, .member_count = l->count};
	if (parts->stamps_only) {
		if (!evidence_read_token(e, &stamp->token, err)) return -1;
		add_part(parts, &item, &part);
		return 0;
	}
	item.members = put_bytes(parts, l->members, l->count * digest_size(top->alg));
	item.siblings = parts->bytes.len;
	part.sibling_count = ers_tree_path(evidence_page_tree(page), leaf, &parts->bytes);
	part.sibling_count += ers_tree_path(top->tree, entry, &parts->bytes);
	const struct buf *token = evidence_read_token(e, &stamp->token, err);
	if (!token) return -1;
	part.token_len = token->len;
	item.token = put_bytes(parts, token->data, token->len);
	add_part(parts, &item, &part);
	return 0;
}

static int no_leaf(const struct evidence_stamp *stamp, struct error *err) {
	return error_set(err, ERROR_DAMAGED, "evidence time-stamp %u: its tree has not the leaf that it covers",
			 (unsigned)stamp->number);
}

static int add_first(struct evidence *e, struct evidence_parts *parts, const struct evidence_step *step,
		     const unsigned char *key, struct error *err) {
	size_t leaf;
	const struct evidence_top *top = evidence_read_top(e, &step->begin->tree, err);
	if (!top) return -1;
	const struct evidence_page *page = evidence_read_page(e, &top->entries[step->entry].page, err);
	if (!page) return -1;
	if (!evidence_page_find(page, key, &leaf)) return no_leaf(step->begin, err);
	return put_stamp(e, parts, step->begin, top, step->entry, page, leaf, err);
}

static int add_renewal(struct evidence *e, struct evidence_parts *parts, const struct evidence_stamp *renewal,
		       const struct evidence_stamp *begin, struct error *err) {
	size_t entry, leaf;
	const struct evidence_top *top = evidence_read_top(e, &renewal->tree, err);
	if (!top) return -1;
	if (!evidence_top_find(top, begin->tree.sha256, &entry)) return no_leaf(renewal, err);
	const struct evidence_page *page = evidence_read_page(e, &top->entries[entry].page, err);
	if (!page) return -1;
	if (!evidence_page_find(page, begin->tree.sha256, &leaf)) return no_leaf(renewal, err);
	return put_stamp(e, parts, renewal, top, entry, page, leaf, err);
}

int evidence_add_chain(struct evidence *e, struct evidence_parts *parts, const struct evidence_step *step,
		       const unsigned char key[static SHA256_SIZE], struct error *err) {
	const struct evidence_stamp *begin = step->begin;
	if (add_first(e, parts, step, key, err)) return -1;
	parts->chains++;
	for (size_t i = begin->number; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		if (s->kind == EVIDENCE_RENEWAL && evidence_covers(s, begin) && add_renewal(e, parts, s, begin, err))
			return -1;
	}
	return 0;
}

void evidence_parts_end(struct evidence_parts *parts) {
	const unsigned char *bytes = parts->bytes.data;
	if (parts->stamps_only) return;
	for (size_t i = 0; i < parts->count; i++) {
		parts->parts[i].members = bytes + parts->items[i].members;
		parts->parts[i].siblings = bytes + parts->items[i].siblings;
		parts->parts[i].token = bytes + parts->items[i].token;
	}
}

void evidence_parts_dispose(struct evidence_parts *parts) {
	free(parts->items);
	free(parts->parts);
	buf_dispose(&parts->bytes);
	*parts = (struct evidence_parts){0};
}

/* ---- forward from an object ---- */

/* The object's leaf in a round: 1 with *step, 0, -1. */
static int find_in(struct evidence *e, const struct evidence_stamp *round, const struct object_id *id,
		   struct evidence_step *step, struct error *err) {
	size_t leaf;
	const struct evidence_top *top = evidence_read_top(e, &round->tree, err);
	if (!top) return -1;
	*step = (struct evidence_step){.begin = round};
	if (!evidence_top_find(top, id->sha256, &step->entry)) return 0;
	const struct evidence_page *page = evidence_read_page(e, &top->entries[step->entry].page, err);
	if (!page) return -1;
	return evidence_page_find(page, id->sha256, &leaf);
}

static bool is_at_or_behind(const struct object_info *info, const struct evidence_stamp *round) {
	return round->to_pack > info->pack || (round->to_pack == info->pack && round->to_offset >= info->offset);
}

/* The first round above `after` that has it. Rounds follow the order of the packs, so the place says which one it is; but an object that was damaged and stored
 * again has a later place than when it was new, and what it was in before proves more. */
static int find_round(struct evidence *e, const struct object_id *id, unsigned series, uint32_t after,
		      struct evidence_step *step, struct error *err) {
	struct object_info info;
	struct record_row row = {.taken_in = UTIME_NONE};
	uint64_t number;
	if (!store_object_info(e->app->store, id, &info, err)) return err->code ? -1 : 0;
	int rc = records_by_object(e->app->store, id, &number, err);
	if (rc > 0) rc = records_get(e->app->store, number, &row, err);
	utime since = row.taken_in;
	record_row_dispose(&row);
	if (rc < 0) return -1;
	for (size_t i = after; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		bool here = is_at_or_behind(&info, s), earlier = since != UTIME_NONE && s->gen_time >= since;
		if (s->kind != EVIDENCE_ROUND || s->series != series || !(here || earlier)) continue;
		int found = find_in(e, s, id, step, err);
		if (found) return found;
	}
	return 0;
}

/* The page of a rehash that renews the page of a step, when it has the leaf: 1 with *step, 0, -1. */
static int step_on(struct evidence *e, const unsigned char *key, struct evidence_step *step, struct error *err) {
	unsigned char source[SHA256_SIZE];
	size_t leaf, entry;
	const struct evidence_stamp *rehash = evidence_closed_by(e, step->begin);
	if (!rehash) return 0;
	const struct evidence_top *top = evidence_read_top(e, &step->begin->tree, err);
	if (!top) return -1;
	memcpy(source, top->entries[step->entry].page.sha256, sizeof source);
	top = evidence_read_top(e, &rehash->tree, err);
	if (!top) return -1;
	if (!evidence_top_find_page(top, source, &entry)) return 0;
	const struct evidence_page *page = evidence_read_page(e, &top->entries[entry].page, err);
	if (!page) return -1;
	if (!evidence_page_find(page, key, &leaf)) return 0;
	*step = (struct evidence_step){rehash, entry};
	return 1;
}

static int add_chains(struct evidence *e, const unsigned char *key, struct evidence_step *step, struct evidence_parts *parts,
		      struct error *err) {
	for (int more = 1; more > 0; more = step_on(e, key, step, err)) {
		if (parts->chains == LIMIT_ERS_CHAINS)
			return error_set(err, ERROR_LIMIT, "evidence: more than %d chains", LIMIT_ERS_CHAINS);
		if (evidence_add_chain(e, parts, step, key, err)) return -1;
	}
	return err->code ? -1 : 0;
}

/* The oldest round that is still renewed proves the most; one that was renewed without the object, because its bytes
 * were not whole then, proves less and less, and a later round that has it counts. */
int evidence_parts_of(struct evidence *e, const struct object_id *id, unsigned series, struct evidence_parts *parts,
		    struct error *err) {
	struct evidence_step step;
	uint32_t after = 0;
	int found;
	bool stamps_only = parts->stamps_only;
	while ((found = find_round(e, id, series, after, &step, err)) > 0) {
		evidence_parts_dispose(parts);
		parts->stamps_only = stamps_only;
		after = step.begin->number;
		if (add_chains(e, id->sha256, &step, parts, err)) return -1;
		if (!evidence_closed_by(e, step.begin)) break;
	}
	if (found < 0) return -1;
	evidence_parts_end(parts);
	return parts->count > 0;
}

/* Page of the round with that leaf: 1 with *step, 0, -1. */
static int find_key(struct evidence *e, const unsigned char *key, struct evidence_step *step, struct error *err) {
	size_t leaf;
	const struct evidence_top *top = evidence_read_top(e, &step->begin->tree, err);
	if (!top) return -1;
	if (!evidence_top_find(top, key, &step->entry)) return 0;
	const struct evidence_page *page = evidence_read_page(e, &top->entries[step->entry].page, err);
	if (!page) return -1;
	return evidence_page_find(page, key, &leaf);
}

int evidence_group_parts(struct evidence *e, const struct object_id *original, const unsigned char key[static SHA256_SIZE],
			 unsigned series, struct evidence_parts *parts, bool *closed, struct error *err) {
	struct evidence_step step;
	int rc = find_round(e, original, series, 0, &step, err);
	if (rc > 0) rc = find_key(e, key, &step, err);
	if (rc > 0 && add_chains(e, key, &step, parts, err)) rc = -1;
	if (rc <= 0) return rc;
	evidence_parts_end(parts);
	*closed = evidence_closed_by(e, step.begin) != NULL;
	return 1;
}

int evidence_of(struct evidence *e, const struct object_id *id, unsigned series, struct buf *der,
		struct evidence_proof *proof, struct error *err) {
	struct evidence_parts parts = {0};
	int rc = evidence_parts_of(e, id, series, &parts, err);
	if (rc > 0) {
		ers_put_record(parts.parts, parts.count, der);
		*proof = (struct evidence_proof){parts.items[0].stamp, parts.items[parts.count - 1].stamp, parts.chains,
						parts.count};
	}
	evidence_parts_dispose(&parts);
	return rc;
}

int evidence_compare(struct evidence *e, const struct object_id *id, const unsigned char *record, size_t len,
		     unsigned *series, size_t *lacks, struct error *err) {
	*lacks = 0;
	for (*series = 1; *series <= EVIDENCE_SERIES; ++*series) {
		struct evidence_parts parts = {0};
		int rc = evidence_parts_of(e, id, *series, &parts, err);
		size_t there = parts.count;
		while (there && !memmem(record, len, parts.parts[there - 1].token, parts.parts[there - 1].token_len)) there--;
		size_t all = parts.count;
		evidence_parts_dispose(&parts);
		if (rc < 0) return -1;
		if (!there) continue;
		*lacks = all - there;
		return *lacks == 0;
	}
	*series = 0;
	return 0;
}
