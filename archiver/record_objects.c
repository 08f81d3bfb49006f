#include "archiver/record_objects.h"

#include "base/mem.h"

struct walk {
	struct store *store;
	const struct record_row *row;
	record_object_visit *visit;
	void *user;
	struct error *err;
};

static int metadata(struct walk *w) {
	struct metadata_row row;
	int found = 0;
	for (uint32_t i = 0; (found = records_metadata(w->store, w->row->number, i, &row, w->err)) == 1; i++) {
		int rc = w->visit(w->user, &row.metadata, "metadata", w->err);
		if (rc) return rc;
	}
	return found;
}

static int verdicts(struct walk *w) {
	struct verdict_row row;
	int found = 0, rc = 0;
	for (uint32_t i = 0; !rc && (found = records_verdict(w->store, w->row->number, i, &row, w->err)) == 1; i++) {
		rc = w->visit(w->user, &row.report, "verdict", w->err);
		verdict_row_dispose(&row);
	}
	return rc ? rc : found;
}

static int evidence(struct walk *w) {
	struct object_id ids[64];
	int n = records_evidence(w->store, w->row->number, NULL, ids, ARRAY_LEN(ids), w->err);
	while (n > 0) {
		for (int i = 0; i < n; i++) {
			int rc = w->visit(w->user, &ids[i], "evidence", w->err);
			if (rc) return rc;
		}
		n = records_evidence(w->store, w->row->number, &ids[n - 1], ids, ARRAY_LEN(ids), w->err);
	}
	return n;
}

/* The original is among the pieces of each form, and was told first. */
static int revisions(struct walk *w) {
	struct revision_row row;
	int found = 0, rc = 0;
	for (uint32_t i = 0; !rc && (found = records_revision(w->store, w->row->number, i, &row, w->err)) == 1; i++) {
		for (size_t k = 0; k < row.own_count && !rc; k++) rc = w->visit(w->user, &row.own[k], "revision", w->err);
		for (size_t k = 0; k < row.count && !rc; k++) {
			const struct revision_piece *p = &row.pieces[k];
			if (p->form != PIECE_OWN && !object_id_equal(&p->object, &w->row->original))
				rc = w->visit(w->user, &p->object, "revision", w->err);
		}
		revision_row_dispose(&row);
	}
	return rc ? rc : found;
}

int record_each_object(struct store *store, const struct record_row *row, record_object_visit *visit, void *user,
		       struct error *err) {
	struct walk w = {store, row, visit, user, err};
	int rc = visit(user, &row->original, "original", err);
	if (!rc) rc = metadata(&w);
	if (!rc) rc = verdicts(&w);
	if (!rc) rc = evidence(&w);
	if (!rc) rc = revisions(&w);
	return rc;
}
