/* What a new round is for those that are in it: their documents are judged once more, with the record that they have now. */
#include "archiver/evidence_private.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define NEXT_NIGHT (20 * 3600 * UTIME_SECOND) /* before then nobody is late; a night may begin somewhat earlier than the last */

struct due {
	struct evidence *e;
	struct batch *batch;
	uint64_t *numbers;
	size_t count, cap;
	size_t kept; /* of them, from the first on */
};

/* The records that these, in ascending order, are the originals of. */
static int add_records(struct due *d, const struct object_id *ids, size_t count, struct error *err) {
	uint64_t *numbers = xcalloc(count + 1, sizeof *numbers);
	int rc = records_by_objects(d->e->app->store, ids, count, numbers, err);
	for (size_t i = 0; i < count && !rc; i++) {
		if (!numbers[i]) continue;
		ARRAY_GROW(d->numbers, d->count, d->cap);
		d->numbers[d->count++] = numbers[i];
	}
	free(numbers);
	return rc;
}

/* Its verdict passes without an evidence record: with one it may be provable for longer. What is open is looked at daily. */
static int keep_gaining(void *user, const struct record_row *row) {
	struct due *d = user;
	bool held = row->state != RECORD_REFUSED && row->state != RECORD_WITHDRAWN;
	if (held && row->indication && !strcmp(row->indication, "TOTAL-PASSED")) d->numbers[d->kept++] = row->number;
	return 0;
}

static int by_number(const void *a, const void *b) {
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* Objects come in the order of their digests; records are looked at in their own, from one end of the catalogue to the other.
 * What is kept takes the place of what was looked at already. */
static int keep_those_that_gain(struct due *d, struct error *err) {
	if (d->count) qsort(d->numbers, d->count, sizeof *d->numbers, by_number);
	int rc = records_peek_many(d->e->app->store, d->numbers, d->count, keep_gaining, d, err);
	d->count = d->kept;
	return rc;
}

/* So many a night, beginning with the next: a first round over a large archive shall not make one night of a week. */
static void make_due(const struct due *d) {
	utime when = d->e->app->now + NEXT_NIGHT;
	for (size_t from = 0; from < d->count; from += LIMIT_ROUND_JUDGED, when += UTIME_DAY) {
		size_t n = d->count - from < LIMIT_ROUND_JUDGED ? d->count - from : LIMIT_ROUND_JUDGED;
		batch_make_due(d->batch, d->numbers + from, n, when);
	}
}

static int add_page(struct due *d, const struct evidence_page *page, struct error *err) {
	struct object_id *ids = xcalloc(page->count + 1, sizeof *ids); /* a group's key is that of no object */
	for (size_t i = 0; i < page->count; i++) memcpy(ids[i].sha256, page->leaves[i].key, SHA256_SIZE);
	int rc = add_records(d, ids, page->count, err);
	free(ids);
	return rc;
}

/* A round that an earlier run made. */
static int add_pages(struct due *d, const struct evidence_stamp *round, struct error *err) {
	const struct evidence_top *top = evidence_read_top(d->e, &round->tree, err);
	int rc = top ? 0 : -1;
	for (size_t i = 0; !rc && i < top->count; i++) {
		struct error own = {0};
		const struct evidence_page *page = evidence_read_page(d->e, &top->entries[i].page, &own);
		if (!page && own.code == ERROR_DAMAGED) continue; /* told by those that read it for a record; the time-stamp is not lost for it */
		rc = page ? add_page(d, page, err) : error_set(err, own.code, "%s", own.text);
	}
	return rc;
}

int evidence_make_due(struct evidence *e, struct batch *batch, const struct evidence_stamp *round, struct error *err) {
	struct due d = {.e = e, .batch = batch};
	const struct evidence_fresh *fresh = &e->fresh;
	bool known = fresh->ids && object_id_equal(&fresh->tree, &round->tree);
	int rc = known ? add_records(&d, fresh->ids, fresh->count, err) : add_pages(&d, round, err);
	if (!rc) rc = keep_those_that_gain(&d, err);
	if (!rc) make_due(&d);
	free(d.numbers);
	return rc;
}
