#include "archiver/intake_work.h"

#include "archiver/content.h"
#include "archiver/evidence_since.h"
#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/revision.h"

#include <stdlib.h>
#include <string.h>

void work_shared_dispose(struct work_shared *shared) {
	for (size_t i = 0; i < shared->count; i++) free(shared->pieces[i].data);
	free(shared->pieces);
	*shared = (struct work_shared){0};
}

/* Reads an object into memory and tells what was found. *data is NULL unless it is present. */
static int read_object(struct work_shared *s, const struct object_id *id, size_t max, const char *whose,
		       unsigned char **data, size_t *len, struct error *err) {
	*data = NULL;
	*len = 0;
	enum object_state state = store_read(s->app->store, id, max, data, len, err);
	return fixity_tell(s->fixity, s->app, s->batch, id, *len, state, whose, err);
}

int work_read_json(struct work_shared *s, const struct object_id *id, const char *whose, json_t **json,
		   struct error *err) {
	unsigned char *data;
	size_t len;
	*json = NULL;
	if (read_object(s, id, LIMIT_REPORT_BYTES, whose, &data, &len, err)) return -1;
	if (data) *json = json_loadb((const char *)data, len, 0, NULL);
	free(data);
	return 0;
}

/* A damaged tree costs a proof; it is told by those that read trees. */
static int find_since(struct work_shared *s, struct pool_piece *piece, struct error *err) {
	struct error own = {0};
	piece->since = UTIME_NONE;
	if (!s->evidence || !piece->data) return 0;
	if (evidence_since(s->evidence, &piece->id, &piece->since, &own) >= 0 || own.code == ERROR_DAMAGED) return 0;
	return error_set(err, own.code, "%s", own.text);
}

static int pool_get(struct work_shared *s, const struct object_id *id, const struct pool_piece **piece,
		    struct error *err) {
	struct pool_piece fresh = {.id = *id};
	for (size_t i = 0; i < s->count; i++)
		if (object_id_equal(&s->pieces[i].id, id)) return *piece = &s->pieces[i], 0;
	struct object_info info = {0};
	bool known = store_object_info(s->app->store, id, &info, err);
	if (err->code) return -1;
	/* A document that is linked is a detached signature on this one, judged by itself. */
	if (!(known && info.kind == OBJECT_DOCUMENT) &&
	    read_object(s, id, LIMIT_EVIDENCE_BYTES, "evidence", &fresh.data, &fresh.len, err))
		return -1;
	if (find_since(s, &fresh, err)) {
		free(fresh.data);
		return -1;
	}
	ARRAY_GROW(s->pieces, s->count, s->cap);
	s->pieces[s->count++] = fresh;
	*piece = &s->pieces[s->count - 1];
	return 0;
}

static void add_proof(struct work *w, const struct object_id *id, utime when, const char *basis) {
	ARRAY_GROW(w->proofs, w->proof_count, w->proof_cap);
	struct val_proof *proof = &w->proofs[w->proof_count++];
	*proof = (struct val_proof){.when = when, .basis = basis};
	memcpy(proof->sha256, id->sha256, sizeof proof->sha256);
}

static int read_evidence(struct work *w, struct error *err) {
	struct object_id ids[64];
	size_t total = 0;
	int n = records_evidence(w->shared->app->store, w->out->number, NULL, ids, ARRAY_LEN(ids), err);
	for (; n > 0;
	     n = records_evidence(w->shared->app->store, w->out->number, &ids[n - 1], ids, ARRAY_LEN(ids), err))
		for (int i = 0; i < n; i++) {
			const struct pool_piece *piece;
			if (pool_get(w->shared, &ids[i], &piece, err)) return -1;
			if (!piece->data || w->evidence_count >= LIMIT_EVIDENCE_COUNT ||
			    piece->len > LIMIT_EVIDENCE_TOTAL - total)
				continue;
			ARRAY_GROW(w->evidence, w->evidence_count, w->evidence_cap);
			w->evidence[w->evidence_count++] = (struct val_blob){piece->data, piece->len};
			total += piece->len;
			if (piece->since != UTIME_NONE) add_proof(w, &piece->id, piece->since, "evidence-record");
		}
	return n;
}

/* The archive's evidence records over the document are evidence like any other: the worker that judges the document
 * judges them over its bytes, and one proves nothing unless it passes. A damaged tree is told by those that read trees. */
static int own_records(struct work *w, struct error *err) {
	struct work_shared *s = w->shared;
	struct evidence_proof proof;
	for (unsigned series = 1; s->evidence && series <= EVIDENCE_SERIES; series++) {
		struct error own = {0};
		struct buf *der = &w->records[series - 1];
		int rc = evidence_of(s->evidence, &w->out->before.original, series, der, &proof, &own);
		if (rc < 0 && own.code != ERROR_DAMAGED) return error_set(err, own.code, "%s", own.text);
		if (rc < 0) log_event(LOG_ERROR_LEVEL, "evidence-damaged", "reason", own.text, NULL);
		if (rc < 0) app_worsen(s->app, EXIT_DAMAGE);
		if (rc <= 0) continue;
		ARRAY_GROW(w->evidence, w->evidence_count, w->evidence_cap);
		w->evidence[w->evidence_count++] = (struct val_blob){der->data, der->len};
	}
	return 0;
}

int work_begin(struct work *w, struct work_shared *shared, struct intake_judged *out, struct error *err) {
	struct object_info info = {0};
	*w = (struct work){.out = out, .shared = shared, .bytes = OBJECT_MISSING};
	int found = records_get(shared->app->store, out->number, &out->before, err);
	if (found < 0) return -1;
	if (!found) return error_set(err, ERROR_NOT_FOUND, "record %llu: not found", (unsigned long long)out->number);
	if (store_object_info(shared->app->store, &out->before.original, &info, err))
		w->pack = info.pack, w->offset = info.offset;
	out->state = out->before.state;
	/* the archive itself proves that the bytes were there when they were taken in */
	add_proof(w, &out->before.original, out->before.taken_in, "archive");
	if (out->before.revisions &&
	    records_revision(shared->app->store, out->number, out->before.revisions - 1, &w->form, err) < 0)
		return -1;
	if (!object_id_is_zero(&out->before.metadata) &&
	    work_read_json(shared, &out->before.metadata, "metadata", &out->metadata, err))
		return -1;
	content_of_metadata(out->metadata, &out->content);
	if (read_evidence(w, err)) return -1;
	w->linked = w->evidence_count;
	return own_records(w, err);
}

static int collect(void *user, const unsigned char *data, size_t len, struct error *err) {
	struct work *w = user;
	(void)err;
	if (!w->too_large) buf_add(&w->bytes_read, data, len);
	return 0;
}

/* What a detached signature signs. When it is not there the signature is judged without it, which says so. */
static int load_content(struct work *w, struct judge_item *item, struct error *err) {
	struct intake_judged *out = w->out;
	struct store *store = w->shared->app->store;
	size_t len = 0;
	if (object_id_is_zero(&out->content)) return 0;
	if (records_by_object(store, &out->content, &out->content_number, err) < 0) return -1;
	if (!out->content_number) return 0;
	enum object_state state = store_read(store, &out->content, LIMIT_JUDGED_BYTES, &w->content_read, &len, err);
	if (state == OBJECT_UNREADABLE)
		return error_set(err, ERROR_IO, "record %llu: could not be read",
				 (unsigned long long)out->content_number);
	if (!w->content_read) return 0;
	w->companion = (struct val_blob){w->content_read, len};
	item->companions = &w->companion;
	item->companion_count = 1;
	return 0;
}

/* The long-term form is made of the original, so that one reading checks both. False: it cannot be judged. */
static bool load_form(struct work *w, struct error *err) {
	struct intake_judged *out = w->out;
	if (!w->form.count || w->form.size > LIMIT_JUDGED_BYTES) return false;
	buf_reserve(&w->bytes_read, (size_t)w->form.size);
	out->form_bytes = store_stream_revision(w->shared->app->store, &w->form, true, collect, w, &out->form_bad, err);
	if (out->form_bytes == OBJECT_PRESENT) {
		/* It is there as it is now since it was made. */
		memcpy(w->proofs[0].sha256, w->form.digest.sha256, sizeof w->proofs[0].sha256);
		w->proofs[0].when = w->form.when;
		out->form = out->before.revisions;
		w->bytes = OBJECT_PRESENT;
		return true;
	}
	buf_dispose(&w->bytes_read);
	return false;
}

static bool begins_with_original(const struct work *w) {
	const struct revision_piece *first = w->form.count ? &w->form.pieces[0] : NULL;
	return first && first->form == PIECE_OBJECT && object_id_equal(&first->object, &w->out->before.original);
}

/* Past the cache: what is read is what the medium holds. Above the limit the bytes are only hashed. */
static int load(struct judge_item *item, struct error *err) {
	struct work *w = item->user;
	if (load_form(w, err)) {
		item->data = w->bytes_read.data;
		item->len = w->bytes_read.len;
		/* evidence records are about the original's bytes: those that a PDF's form begins with */
		w->more.records_cover = w->out->before.size;
		if (!begins_with_original(w)) item->evidence_count = w->linked;
		return load_content(w, item, err);
	}
	if (w->out->form_bytes == OBJECT_UNREADABLE)
		return error_set(err, ERROR_IO, "record %llu: could not be read", (unsigned long long)w->out->number);
	w->too_large = w->out->before.size > LIMIT_JUDGED_BYTES;
	if (!w->too_large) buf_reserve(&w->bytes_read, (size_t)w->out->before.size);
	w->bytes = store_stream(w->shared->app->store, &w->out->before.original, true, collect, w, err);
	if (w->bytes == OBJECT_UNREADABLE)
		return error_set(err, ERROR_IO, "record %llu: could not be read", (unsigned long long)w->out->number);
	if (w->bytes != OBJECT_PRESENT || w->too_large) return 1;
	item->data = w->bytes_read.data;
	item->len = w->bytes_read.len;
	return load_content(w, item, err);
}

static void unload(struct judge_item *item) {
	struct work *w = item->user;
	buf_dispose(&w->bytes_read);
	free(w->content_read);
	w->content_read = NULL;
	item->data = NULL;
	item->len = 0;
	item->companions = NULL;
	item->companion_count = 0;
}

void work_fill(struct work *w, struct judge_item *item) {
	*item = (struct judge_item){.load = load,
				    .unload = unload,
				    .user = w,
				    .evidence = w->evidence,
				    .evidence_count = w->evidence_count,
				    .proofs = w->proofs,
				    .proof_count = w->proof_count,
				    .more = &w->more};
}

void work_dispose(struct work *w) {
	buf_dispose(&w->bytes_read);
	free(w->content_read);
	free(w->evidence);
	free(w->proofs);
	for (size_t i = 0; i < EVIDENCE_SERIES; i++) buf_dispose(&w->records[i]);
	revision_row_dispose(&w->form);
	*w = (struct work){0};
}

int work_by_place(const void *a, const void *b) {
	const struct work *x = a, *y = b;
	if (x->pack != y->pack) return x->pack < y->pack ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}
