/* Rounds: everything stored since the last one, whatever it is, in one tree. */
#include "archiver/evidence_group.h"
#include "archiver/evidence_leaves.h"

#include "archiver/log.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* A record whose original is in the round, with more than that. */
struct group {
	unsigned char key[SHA256_SIZE];
	unsigned char *hashes; /* of its members */
	size_t count;
};

struct round {
	struct evidence *e;
	struct evidence_counts *counts;
	struct evidence_stamp stamp;
	struct round_leaves leaves;
	struct group *groups; /* sorted by key; the leaves of the tree are these and the objects' */
	size_t group_count;
	struct fixity fixity;
	struct batch *batch; /* what fixity notes */
};

/* ---- what is new ---- */

/* What rounds themselves leave behind is a leaf of the next, but no reason to make one. */
static bool is_own(enum object_kind kind) {
	return kind == OBJECT_HASH_TREE || kind == OBJECT_ARCHIVE_TIMESTAMP || kind == OBJECT_JOURNAL_HEAD;
}

static int look(void *user, const struct object_info *info, struct error *err) {
	bool *found = user;
	(void)err;
	return *found = !is_own(info->kind);
}

static int has_news(struct evidence *e, uint32_t pack, uint64_t offset, bool *found, struct error *err) {
	struct error own = {0};
	*found = false;
	int rc = store_each_object(e->app->store, pack, offset, look, found, &own);
	return *found || !rc ? 0 : error_set(err, own.code, "%s", own.text);
}

/* Where the last round of the series ended, stamped or waiting. */
static void last_place(const struct evidence *e, unsigned series, uint32_t *pack, uint64_t *offset) {
	*pack = 0, *offset = 0;
	for (size_t i = e->count; i > 0; i--)
		if (e->stamps[i - 1].kind == EVIDENCE_ROUND && e->stamps[i - 1].series == series) {
			*pack = e->stamps[i - 1].to_pack, *offset = e->stamps[i - 1].to_offset;
			return;
		}
}

/* The journal as it stands, as an object: so its head is under the round's time-stamp. */
static int put_head(struct evidence *e, struct error *err) {
	struct store_totals totals;
	struct object_id id;
	char archive[33], head[SHA256_HEX];
	if (store_totals(e->app->store, &totals, err)) return -1;
	char *text = xasprintf("{\"archive\":\"%s\",\"events\":%llu,\"head\":\"%s\",\"schema\":\"ltvault.journal-head/1\"}",
			       hex_encode(totals.archive_id, sizeof totals.archive_id, archive),
			       (unsigned long long)totals.events, hex_encode(totals.journal_head, SHA256_SIZE, head));
	struct batch *batch = store_begin(e->app->store, e->app->now);
	batch_put(batch, OBJECT_JOURNAL_HEAD, text, strlen(text), &id, NULL);
	free(text);
	return batch_commit(batch, err);
}

/* ---- what is left out ---- */

char *evidence_left_out_name(unsigned series) {
	return xasprintf("evidence/left-out/%u", series);
}

int evidence_leave_out(struct evidence *e, struct batch *batch, unsigned series, const struct object_id *id,
		       struct error *err) {
	char *name = evidence_left_out_name(series), *text = NULL, hex[SHA256_HEX];
	int rc = store_value(e->app->store, name, &text, err);
	hex_encode(id->sha256, SHA256_SIZE, hex);
	bool room = !text || strlen(text) < (size_t)LIMIT_EVIDENCE_LEFT_OUT * SHA256_HEX;
	if (rc >= 0 && room && !(text && strstr(text, hex))) {
		char *longer = xasprintf("%s%s%s", text ? text : "", text ? " " : "", hex);
		batch_set_value(batch, name, longer);
		free(longer);
	}
	free(name);
	free(text);
	return rc < 0 ? -1 : 0;
}

/* ---- the tree ---- */

static int by_key(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

/* Those of a record's objects that are leaves here; with the original and one more at least it is a group. */
static int make_group(struct round *r, const struct object_id *original, struct error *err) {
	struct record_row row = {0};
	struct evidence_group all = {0};
	struct group g = {0};
	size_t size = digest_size(r->stamp.alg);
	uint64_t number;
	int rc = records_by_object(r->e->app->store, original, &number, err);
	if (rc > 0) rc = records_get(r->e->app->store, number, &row, err);
	if (rc > 0) rc = evidence_group_candidates(r->e->app->store, &row, &all, err);
	g.hashes = xcalloc(all.count + 1, size);
	for (size_t i = 0; i < all.count; i++) {
		const struct round_leaf *leaf = round_leaves_find(&r->leaves, &all.ids[i]);
		if (!leaf && !i) break; /* the original is not whole */
		if (leaf) memcpy(g.hashes + g.count++ * size, leaf->hash, size);
	}
	evidence_group_key(&row.original, g.key);
	evidence_group_dispose(&all);
	record_row_dispose(&row);
	if (g.count > 1)
		r->groups[r->group_count++] = g;
	else
		free(g.hashes);
	return rc < 0 ? -1 : 0;
}

static int make_groups(struct round *r, struct error *err) {
	const struct round_leaves *l = &r->leaves;
	char left[24];
	r->groups = xcalloc(l->document_count + 1, sizeof *r->groups);
	size_t i = 0;
	for (; i < l->document_count && l->count + r->group_count < EVIDENCE_LEAVES; i++)
		if (make_group(r, &l->documents[i], err)) return -1;
	if (i < l->document_count) /* of a tree that was full of documents alone when the first metadata came */
		log_event(LOG_WARN_LEVEL, "evidence-groups-left", "documents", log_number(l->document_count - i, left), NULL);
	if (r->group_count) qsort(r->groups, r->group_count, sizeof *r->groups, by_key);
	return 0;
}

/* Both in one ascending row of keys. */
static void put_tree(struct round *r) {
	struct evidence_builder *builder = evidence_builder_new(r->batch, r->stamp.alg, true);
	const struct round_leaves *l = &r->leaves;
	for (size_t i = 0, g = 0; i < l->count || g < r->group_count;) {
		bool group = i == l->count || (g < r->group_count && by_key(&r->groups[g], &l->items[i]) < 0);
		const unsigned char *key = group ? r->groups[g].key : l->items[i].key;
		struct evidence_leaf leaf = {.members = group ? r->groups[g].hashes : l->items[i].hash,
					     .count = group ? r->groups[g].count : 1};
		memcpy(leaf.key, key, SHA256_SIZE);
		evidence_builder_add(builder, &leaf);
		group ? g++ : i++;
	}
	evidence_builder_end(builder, &r->stamp.tree);
	r->stamp.leaves = l->count;
	r->stamp.to_pack = l->to_pack, r->stamp.to_offset = l->to_offset;
}

static void put_left_out(struct round *r) {
	struct buf text = {0};
	char *name = evidence_left_out_name(r->stamp.series), hex[SHA256_HEX];
	for (size_t i = 0; i < r->leaves.left_count; i++)
		buf_printf(&text, "%s%s", i ? " " : "", hex_encode(r->leaves.left_out[i].sha256, SHA256_SIZE, hex));
	batch_set_value(r->batch, name, buf_text(&text));
	buf_dispose(&text);
	free(name);
}

/* The keys stay until the token has come: what becomes due with it is looked up by them. */
static void remember(struct round *r) {
	struct evidence_fresh *fresh = &r->e->fresh;
	fresh->tree = r->stamp.tree;
	fresh->count = r->leaves.count;
	fresh->ids = xcalloc(fresh->count + 1, sizeof *fresh->ids);
	for (size_t i = 0; i < fresh->count; i++) memcpy(fresh->ids[i].sha256, r->leaves.items[i].key, SHA256_SIZE);
}

/* Tree and the word that it waits for its token, in one commit. */
static int make(struct round *r, uint32_t pack, uint64_t offset, struct error *err) {
	if (fixity_begin(&r->fixity, r->e->app->store, err)) return -1;
	r->batch = store_begin(r->e->app->store, r->e->app->now);
	const struct round_wanted wanted = {r->stamp.series, r->stamp.alg, pack, offset, EVIDENCE_LEAVES - LIMIT_EVIDENCE_LEFT_OUT,
					    &r->fixity, r->batch, r->counts};
	int rc = round_leaves_gather(&r->leaves, r->e, &wanted, err);
	if (!rc) rc = make_groups(r, err);
	if (!rc && r->leaves.count) {
		put_tree(r);
		evidence_put_pending(r->batch, &r->stamp);
		put_left_out(r);
	}
	if (rc)
		batch_abort(r->batch);
	else
		rc = batch_commit(r->batch, err);
	fixity_end(&r->fixity);
	for (size_t i = 0; i < r->group_count; i++) free(r->groups[i].hashes);
	free(r->groups);
	if (!rc) remember(r);
	return rc;
}

/* One round, when there is something for it: 0 it was made, 1 there is nothing or an authority is waited for. */
static int next(struct evidence *e, unsigned series, struct evidence_counts *counts, struct error *err) {
	struct round r = {.e = e, .counts = counts, .stamp = {.kind = EVIDENCE_ROUND, .series = series}};
	uint32_t pack;
	uint64_t offset;
	bool news;
	int rc = evidence_settle(e, series, EVIDENCE_ROUND, counts, err);
	if (rc) return rc;
	r.stamp.alg = evidence_alg(e, series);
	if (!r.stamp.alg) return 1;
	last_place(e, series, &pack, &offset);
	if (has_news(e, pack, offset, &news, err)) return -1;
	if (!news) return 1;
	rc = put_head(e, err) || make(&r, pack, offset, err) ? -1 : r.leaves.count ? 0 : 1;
	round_leaves_dispose(&r.leaves);
	if (!rc) rc = evidence_settle(e, series, EVIDENCE_ROUND, counts, err);
	free(e->fresh.ids);
	e->fresh = (struct evidence_fresh){0};
	return rc;
}

int evidence_round(struct evidence *e, struct evidence_counts *counts, struct error *err) {
	if (evidence_alg(e, 1) == evidence_alg(e, 2))
		return error_set(err, ERROR_CONFIG, "evidence.second: it must be another algorithm than evidence.digest");
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		int rc = 0;
		while (!rc) rc = next(e, series, counts, err);
		if (rc < 0) return -1;
	}
	return 0;
}
