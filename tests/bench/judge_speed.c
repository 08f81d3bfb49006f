/* Signatures judged per second in one run: judge_speed WORKERS ROUNDS TRUST_DIR FILE...
 * Uses the same worker processes as the program; prints files, signatures, seconds, processor seconds (this process and
 * its workers, their start included), resident memory at its largest (this process, the largest worker), and how many
 * signatures passed, failed and were left undecided. */
#include "archiver/worker.h"
#include "archiver/worker_files.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct totals {
	size_t files, signatures, passed, failed;
};

struct spent {
	double processor;
	long kilobytes;
};

static double seconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of workers only after they were waited for: workers_stop does. */
static struct spent spent(int who) {
	struct rusage u;
	getrusage(who, &u);
	return (struct spent){(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
				      (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
			      u.ru_maxrss};
}

static void count_outcomes(const json_t *signatures, struct totals *totals) {
	size_t i;
	const json_t *s;
	totals->signatures += json_array_size(signatures);
	json_array_foreach(signatures, i, s) {
		const char *said = json_string_value(json_object_get(s, "indication"));
		totals->passed += said && !strcmp(said, "TOTAL-PASSED");
		totals->failed += said && !strcmp(said, "TOTAL-FAILED");
	}
}

static void finish(struct worker_job *job, struct totals *totals) {
	totals->files++;
	count_outcomes(json_object_get(job->report, "signatures"), totals);
	json_decref(job->report);
	job->report = NULL;
	free(job->user);
	job->user = NULL;
}

static int judge_all(struct workers *workers, size_t count, char **paths, utime at, struct totals *totals, struct error *err) {
	struct worker_job *jobs = xcalloc(count, sizeof *jobs), *done;
	size_t waiting = 0, at_once = 16;
	for (size_t i = 0; i < count && !err->code; i++) {
		size_t len = 0;
		unsigned char *data = NULL;
		if (outside_read(paths[i], LIMIT_JUDGED_BYTES, &data, &len, err)) break;
		jobs[i] = (struct worker_job){.request = {.document = {data, len}, .at = at, .revocation = REVOCATION_SOFT}, .user = data};
		if (workers_submit(workers, &jobs[i], err) == 0) waiting++;
		while (waiting >= at_once && (done = workers_take(workers, err))) finish(done, totals), waiting--;
	}
	while (!err->code && (done = workers_take(workers, err))) finish(done, totals);
	free(jobs);
	return err->code ? -1 : 0;
}

int main(int argc, char **argv) {
	if (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT)) return worker_main(); /* workers are this program started anew */
	if (argc < 5) return 2;
	struct error err = {0};
	struct totals totals = {0};
	utime at;
	digest_init();
	utime_parse("2026-11-22T00:00:00Z", &at);
	const char *trust[] = {argv[3]};
	struct workers_options options = {.count = strtoul(argv[1], NULL, 10), .trust = trust, .trust_count = 1};
	struct workers *workers = workers_start(&options, &err);
	double start = seconds();
	for (long i = strtol(argv[2], NULL, 10); workers && i > 0 && !err.code; i--)
		judge_all(workers, (size_t)argc - 4, argv + 4, at, &totals, &err);
	double took = seconds() - start;
	workers_stop(workers);
	if (err.code) {
		fprintf(stderr, "judge_speed: %s\n", err.text);
		return 1;
	}
	struct spent own = spent(RUSAGE_SELF), theirs = spent(RUSAGE_CHILDREN);
	printf("%zu files, %zu signatures, %.3f s, %.0f signatures/s, processor %.3f + %.3f s, resident %ld + %ld KB, "
	       "%zu passed, %zu failed, %zu undecided\n",
	       totals.files, totals.signatures, took, (double)totals.signatures / took, own.processor, theirs.processor,
	       own.kilobytes, theirs.kilobytes, totals.passed, totals.failed,
	       totals.signatures - totals.passed - totals.failed);
	return 0;
}
