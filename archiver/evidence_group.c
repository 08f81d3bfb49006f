#include "archiver/evidence_group.h"

#include "archiver/evidence_private.h"
#include "archiver/intake_set.h"
#include "archiver/record_objects.h"
#include "archiver/show.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

void evidence_group_key(const struct object_id *original, unsigned char key[static SHA256_SIZE]) {
	static const char word[] = "ltvault group";
	unsigned char text[sizeof word + SHA256_SIZE];
	memcpy(text, word, sizeof word);
	memcpy(text + sizeof word, original->sha256, SHA256_SIZE);
	sha256_bytes(text, sizeof text, key);
}

void evidence_group_dispose(struct evidence_group *group) {
	free(group->ids);
	*group = (struct evidence_group){0};
}

/* ---- what belongs to a record ---- */

static void put(struct evidence_group *g, const struct object_id *id) {
	if (g->count == LIMIT_GROUP) return;
	for (size_t i = 0; i < g->count; i++)
		if (object_id_equal(&g->ids[i], id)) return;
	ARRAY_GROW(g->ids, g->count, g->cap);
	g->ids[g->count++] = *id;
}

/* Verdicts and validation data are not what somebody handed in. */
static int visit(void *user, const struct object_id *id, const char *what, struct error *err) {
	(void)err;
	if (strcmp(what, "verdict") && strcmp(what, "evidence")) put(user, id);
	return 0;
}

static int add_number(struct store *store, uint64_t number, struct evidence_group *g, struct error *err) {
	struct record_row row = {0};
	int rc = records_get(store, number, &row, err);
	if (rc > 0) rc = record_each_object(store, &row, visit, g, err);
	record_row_dispose(&row);
	return rc < 0 ? -1 : 0;
}

static int add_signatures(struct store *store, uint64_t number, struct evidence_group *g, struct error *err) {
	uint64_t numbers[64];
	int n = set_signatures(store, number, numbers, ARRAY_LEN(numbers), err);
	for (int i = 0; i < n; i++)
		if (add_number(store, numbers[i], g, err)) return -1;
	return n < 0 ? -1 : 0;
}

static int add_attachments(struct store *store, const struct record_row *row, struct evidence_group *g, struct error *err) {
	json_t *metadata = NULL;
	const json_t *name;
	size_t i;
	int rc = 0;
	if (object_id_is_zero(&row->metadata)) return 0;
	if (show_read_json(store, &row->metadata, LIMIT_SIDECAR_BYTES, &metadata, err) == OBJECT_UNREADABLE) return -1;
	json_array_foreach(json_object_get(metadata, "attachments"), i, name) {
		struct record_row found = {0};
		if (i >= LIMIT_ATTACHMENTS || !json_is_string(name)) break;
		rc = set_attachment(store, row, json_string_value(name), &found, err);
		if (rc > 0) rc = record_each_object(store, &found, visit, g, err);
		if (rc >= 0 && found.number) rc = add_signatures(store, found.number, g, err);
		record_row_dispose(&found);
		if (rc < 0) break;
	}
	json_decref(metadata);
	return rc < 0 ? -1 : 0;
}

int evidence_group_candidates(struct store *store, const struct record_row *row, struct evidence_group *g,
			      struct error *err) {
	*g = (struct evidence_group){0};
	int rc = record_each_object(store, row, visit, g, err);
	if (!rc) rc = add_signatures(store, row->number, g, err);
	if (!rc) rc = add_attachments(store, row, g, err);
	if (rc) evidence_group_dispose(g);
	return rc ? -1 : 0;
}

/* ---- its evidence record ---- */

static bool is_listed(const struct ers_part *part, const unsigned char *hash) {
	size_t size = digest_size(part->alg);
	for (size_t i = 0; i < part->member_count; i++)
		if (!memcmp(part->members + i * size, hash, size)) return true;
	return false;
}

/* Each chain's first list has its hash, from the second chain on joined with the history (RFC 4998 5.3): 1, 0 one has not, or the
 * bytes are not whole; -1. */
static int is_member(struct evidence *e, const struct evidence_parts *parts, const struct object_id *id, struct error *err) {
	struct object_info info;
	if (!store_object_info(e->app->store, id, &info, err)) return err->code ? -1 : 0;
	for (size_t i = 0; i < parts->count; i++) {
		const struct ers_part *part = &parts->parts[i];
		unsigned char digests[1][DIGEST_MAX], history[DIGEST_MAX];
		enum object_state state;
		if (!part->new_chain) continue;
		if (store_digest_many(e->app->store, &info, 1, part->alg, digests, &state, err)) return -1;
		if (state != OBJECT_PRESENT) return 0;
		if (i) {
			struct buf sequence = {0};
			ers_put_sequence(parts->parts, i, &sequence);
			digest_bytes(part->alg, sequence.data, sequence.len, history);
			ers_make_renewed(part->alg, digests[0], history, digests[0]);
			buf_dispose(&sequence);
		}
		if (!is_listed(part, digests[0])) return 0;
	}
	return 1;
}

/* Of what may be in it, what is. */
static int name_members(struct evidence *e, const struct record_row *row, const struct evidence_parts *parts,
			struct evidence_group *group, size_t *missing, struct error *err) {
	struct evidence_group all;
	int rc = evidence_group_candidates(e->app->store, row, &all, err);
	for (size_t i = 0; rc >= 0 && i < all.count; i++) {
		rc = is_member(e, parts, &all.ids[i], err);
		if (rc > 0) put(group, &all.ids[i]);
	}
	evidence_group_dispose(&all);
	*missing = parts->parts[0].member_count - group->count;
	return rc < 0 ? -1 : 0;
}

int evidence_group_of(struct evidence *e, uint64_t number, unsigned series, struct buf *der,
		      struct evidence_proof *proof, struct evidence_group *group, size_t *missing, bool *closed,
		      struct error *err) {
	struct record_row row = {0};
	struct evidence_parts parts = {0};
	unsigned char key[SHA256_SIZE];
	*group = (struct evidence_group){0};
	int rc = records_get(e->app->store, number, &row, err);
	if (rc > 0) {
		evidence_group_key(&row.original, key);
		rc = evidence_group_parts(e, &row.original, key, series, &parts, closed, err);
	}
	if (rc > 0 && name_members(e, &row, &parts, group, missing, err)) rc = -1;
	if (rc > 0) {
		ers_put_record(parts.parts, parts.count, der);
		*proof = (struct evidence_proof){parts.items[0].stamp, parts.items[parts.count - 1].stamp, parts.chains,
						parts.count};
	}
	if (rc <= 0) evidence_group_dispose(group);
	evidence_parts_dispose(&parts);
	record_row_dispose(&row);
	return rc;
}
