#include "archiver/verify_deep.h"

#include "base/mem.h"
#include "store/records.h"

#include <inttypes.h>
#include <stdlib.h>

struct deep {
	struct fixity *fixity;
	struct app *app;
	struct batch *batch;
	uint64_t number;
	struct error *err;
};

static int check(struct deep *d, const struct object_id *id, const char *what) {
	char *whose = xasprintf("%s of record %" PRIu64, what, d->number);
	int rc = fixity_check(d->fixity, d->app, d->batch, id, whose, d->err);
	free(whose);
	return rc;
}

static int metadata(struct deep *d) {
	struct metadata_row row;
	int found = 0;
	for (uint32_t i = 0; (found = records_metadata(d->app->store, d->number, i, &row, d->err)) == 1; i++)
		if (check(d, &row.metadata, "metadata")) return -1;
	return found;
}

static int verdicts(struct deep *d) {
	struct verdict_row row;
	int found = 0, rc = 0;
	for (uint32_t i = 0; !rc && (found = records_verdict(d->app->store, d->number, i, &row, d->err)) == 1; i++) {
		rc = check(d, &row.report, "verdict");
		verdict_row_dispose(&row);
	}
	return rc ? rc : found;
}

static int evidence(struct deep *d) {
	struct object_id ids[64];
	int n = records_evidence(d->app->store, d->number, NULL, ids, ARRAY_LEN(ids), d->err);
	while (n > 0) {
		for (int i = 0; i < n; i++)
			if (check(d, &ids[i], "evidence")) return -1;
		n = records_evidence(d->app->store, d->number, &ids[n - 1], ids, ARRAY_LEN(ids), d->err);
	}
	return n;
}

/* The first piece is the original, which was read already. */
static int revisions(struct deep *d) {
	struct revision_row row;
	int found = 0, rc = 0;
	for (uint32_t i = 0; !rc && (found = records_revision(d->app->store, d->number, i, &row, d->err)) == 1; i++) {
		for (size_t k = 0; k < row.own_count && !rc; k++) rc = check(d, &row.own[k], "revision");
		for (size_t k = 1; k < row.count && !rc; k++)
			if (row.pieces[k].form != PIECE_OWN) rc = check(d, &row.pieces[k].object, "revision");
		revision_row_dispose(&row);
	}
	return rc ? rc : found;
}

int verify_deep(struct fixity *fixity, struct app *app, struct batch *batch, uint64_t number, struct error *err) {
	struct deep d = {fixity, app, batch, number, err};
	return metadata(&d) || verdicts(&d) || evidence(&d) || revisions(&d) ? -1 : 0;
}
