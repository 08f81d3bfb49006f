/* Many small objects, to measure with.
 *
 *   many_objects fill ARCHIVE COUNT BYTES   stores COUNT objects of about BYTES bytes in an archive that `ltvault init` made:
 *                                           records of a document and its verdict, two objects each
 *   many_objects records ARCHIVE COUNT      puts together the evidence records of COUNT objects spread over the archive, and
 *                                           prints "records N median US p95 US largest US bytes N" (microseconds, size) */
#include "archiver/evidence.h"
#include "base/digest.h"
#include "store/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECORDS_A_BATCH 4096
#define BYTES_MAX 65536

static void stop(const char *what, const struct error *err) {
	fprintf(stderr, "many_objects: %s: %s\n", what, err->text);
	exit(1);
}

static void open_archive(struct app *app, const char *directory, enum store_mode mode) {
	struct error err = {0};
	*app = (struct app){.archive = directory, .now = (utime)time(NULL) * UTIME_SECOND, .command = "bench"};
	if (app_open_store(app, mode, &err)) stop(directory, &err);
}

static void close_archive(struct app *app) {
	store_close(app->store);
	conf_free(app->conf);
}

/* ---- fill ---- */

/* Filler that no two objects share. */
static size_t put_text(char *text, size_t bytes, const char *what, uint64_t i) {
	int len = snprintf(text, BYTES_MAX, "%s %" PRIu64 " ", what, i);
	for (size_t at = (size_t)len; at < bytes; at++) text[at] = (char)('a' + at % 26);
	return (size_t)len > bytes ? (size_t)len : bytes;
}

static void add_record(struct batch *batch, utime now, uint64_t i, size_t bytes, char *text) {
	char name[32];
	struct record_row row = {.name = name, .source = (char *)"bench", .actor = (char *)"bench", .taken_in = now,
				 .state = RECORD_ACCEPTED, .state_reason = (char *)"", .natural_key = (char *)"", .due = now};
	struct verdict_row verdict = {.when = now, .indication = (char *)"NO-SIGNATURE", .sub_indication = (char *)""};
	uint64_t number;
	snprintf(name, sizeof name, "%09" PRIu64 ".bin", i);
	row.size = put_text(text, bytes, "document", i);
	batch_put(batch, OBJECT_DOCUMENT, text, row.size, &row.original, NULL);
	digest_bytes(DIGEST_SHA512, text, row.size, row.sha512);
	batch_add_record(batch, &row, &number);
	size_t len = put_text(text, bytes, "verdict", i);
	batch_put(batch, OBJECT_VERDICT, text, len, &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, now + 30 * UTIME_DAY);
}

static int fill(const char *directory, uint64_t count, size_t bytes) {
	struct app app;
	struct error err = {0};
	char *text = xmalloc(BYTES_MAX);
	open_archive(&app, directory, STORE_WRITE);
	for (uint64_t i = 0; i < count / 2;) {
		struct batch *batch = store_begin(app.store, app.now);
		for (uint64_t n = 0; n < RECORDS_A_BATCH && i < count / 2; n++, i++) add_record(batch, app.now, i, bytes, text);
		if (batch_commit(batch, &err)) stop(directory, &err);
	}
	close_archive(&app);
	free(text);
	return 0;
}

/* ---- records ---- */

struct sample {
	struct app *app;
	struct evidence *evidence;
	uint64_t seen, every;
	double *took;
	size_t count, max, largest;
};

static double microseconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int time_one(void *user, const struct object_info *info, struct error *err) {
	struct sample *s = user;
	struct buf der = {0};
	struct evidence_proof proof;
	if (s->seen++ % s->every || s->count == s->max) return 0;
	double start = microseconds();
	int rc = evidence_of(s->evidence, &info->id, 1, &der, &proof, err);
	double took = microseconds() - start;
	if (rc > 0) s->took[s->count++] = took; /* 0: younger than the round */
	if (der.len > s->largest) s->largest = der.len;
	buf_dispose(&der);
	return rc < 0 ? -1 : 0;
}

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int records(const char *directory, size_t count) {
	struct app app;
	struct error err = {0};
	struct store_totals totals;
	open_archive(&app, directory, STORE_READ);
	struct evidence *evidence = evidence_open(&app, NULL, &err);
	if (!evidence || store_totals(app.store, &totals, &err)) stop(directory, &err);
	struct sample s = {.app = &app, .evidence = evidence, .took = xcalloc(count, sizeof(double)), .max = count,
			   .every = totals.objects > count ? totals.objects / count : 1};
	if (store_each_object(app.store, 0, 0, time_one, &s, &err)) stop(directory, &err);
	if (!s.count) {
		fprintf(stderr, "many_objects: %s: no object is in an evidence record\n", directory);
		return 1;
	}
	qsort(s.took, s.count, sizeof(double), by_size);
	printf("records %zu median %.0f p95 %.0f largest %.0f bytes %zu\n", s.count, s.took[s.count / 2],
	       s.took[s.count * 95 / 100], s.took[s.count - 1], s.largest);
	free(s.took);
	evidence_close(evidence);
	close_archive(&app);
	return 0;
}

int main(int argc, char **argv) {
	digest_init();
	if (argc == 5 && !strcmp(argv[1], "fill") && strtoul(argv[4], NULL, 10) < BYTES_MAX)
		return fill(argv[2], strtoull(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "records") && strtoul(argv[3], NULL, 10))
		return records(argv[2], strtoul(argv[3], NULL, 10));
	fputs("usage: many_objects fill ARCHIVE COUNT BYTES | many_objects records ARCHIVE COUNT\n", stderr);
	return 2;
}
