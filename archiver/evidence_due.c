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
};

/* The record of an object, where it is the original of one. */
static int add_record(struct due *d, const unsigned char *sha256, struct error *err) {
	struct object_id id;
	uint64_t number;
	memcpy(id.sha256, sha256, SHA256_SIZE);
	int rc = records_by_object(d->e->app->store, &id, &number, err);
	if (rc > 0) {
		ARRAY_GROW(d->numbers, d->count, d->cap);
		d->numbers[d->count++] = number;
	}
	return rc < 0 ? -1 : 0;
}

/* Its verdict passes without an evidence record: with one it may be provable for longer. What is open is looked at daily. */
static int may_gain(const struct due *d, uint64_t number, struct error *err) {
	struct record_row row = {0};
	int rc = records_peek(d->e->app->store, number, &row, err);
	bool held = row.state != RECORD_REFUSED && row.state != RECORD_WITHDRAWN;
	bool gains = rc > 0 && held && row.indication && !strcmp(row.indication, "TOTAL-PASSED");
	record_row_dispose(&row);
	return rc < 0 ? -1 : gains;
}

static int by_number(const void *a, const void *b) {
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* Objects come in the order of their digests; records are looked at in their own, from one end of the catalogue to the other. */
static int keep_gaining(struct due *d, struct error *err) {
	size_t kept = 0;
	int gains = 0;
	if (d->count) qsort(d->numbers, d->count, sizeof *d->numbers, by_number);
	for (size_t i = 0; gains >= 0 && i < d->count; i++)
		if ((gains = may_gain(d, d->numbers[i], err)) > 0) d->numbers[kept++] = d->numbers[i];
	d->count = kept;
	return gains < 0 ? -1 : 0;
}

/* So many a night, beginning with the next: a first round over a large archive shall not make one night of a week. */
static void make_due(const struct due *d) {
	utime when = d->e->app->now + NEXT_NIGHT;
	for (size_t from = 0; from < d->count; from += LIMIT_ROUND_JUDGED, when += UTIME_DAY) {
		size_t n = d->count - from < LIMIT_ROUND_JUDGED ? d->count - from : LIMIT_ROUND_JUDGED;
		batch_make_due(d->batch, d->numbers + from, n, when);
	}
}

int evidence_make_due(struct evidence *e, struct batch *batch, const struct evidence_stamp *round, struct error *err) {
	struct due d = {.e = e, .batch = batch};
	const struct evidence_top *top = evidence_read_top(e, &round->tree, err);
	int rc = top ? 0 : -1;
	for (size_t i = 0; !rc && i < top->count; i++) {
		struct error own = {0};
		const struct evidence_page *page = evidence_read_page(e, &top->entries[i].page, &own);
		if (!page && own.code == ERROR_DAMAGED) continue; /* told by those that read it for a record; the time-stamp is not lost for it */
		if (!page) rc = error_set(err, own.code, "%s", own.text);
		for (size_t k = 0; !rc && k < page->count; k++) rc = add_record(&d, page->leaves[k].key, err);
	}
	if (!rc) rc = keep_gaining(&d, err);
	if (!rc) make_due(&d);
	free(d.numbers);
	return rc;
}
