#include "archiver/worker_private.h"

#include "archiver/app.h"
#include "archiver/log.h"
#include "archiver/sandbox.h"
#include "archiver/worker_files.h"
#include "archiver/worker_report.h"
#include "base/digest.h"
#include "base/limits.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct workers {
	struct worker *items;
	size_t count;
	struct worker_bounds bounds;
	struct buf first; /* the first message to each worker ... */
	int material;     /* ... and its bytes: trust and policy */
	json_t *policy;
	bool require_sandbox, missing_told;
	struct worker_job **done; /* finished, not yet taken */
	size_t done_count, done_cap;
	struct worker_job **waiting; /* of workers that were lost before they came to them */
	size_t waiting_count, waiting_cap;
};

/* The JSON object in the first message, which is whole, and taken away; NULL when it is none. */
static json_t *parse(struct buf *in) {
	struct record_reader r = wire_first(in);
	json_t *json = wire_get_json(&r);
	wire_drop_first(in);
	if (json_is_object(json)) return json;
	json_decref(json);
	return NULL;
}

static int check_walls(struct workers *ws, unsigned missing, struct error *err) {
	if (!missing) return 0;
	char *names = sandbox_names(missing);
	if (ws->require_sandbox) error_set(err, ERROR_CONFIG, "validation.sandbox: this system lacks %s", names);
	else if (!ws->missing_told) log_event(LOG_WARN_LEVEL, "sandbox_incomplete", "missing", names, NULL);
	ws->missing_told = true;
	free(names);
	return ws->require_sandbox ? -1 : 0;
}

/* What a worker says when its walls stand. */
static int greet(struct workers *ws, const json_t *said, struct error *err) {
	int code = (int)json_integer_value(json_object_get(said, "error"));
	if (code) {
		const char *text = json_string_value(json_object_get(said, "text"));
		return error_set(err, code > 0 && code < ERROR_CODES ? (enum error_code)code : ERROR_INTERNAL, "%s", text ? text : "");
	}
	if (!ws->policy) ws->policy = json_incref(json_object_get(said, "policy"));
	return check_walls(ws, (unsigned)json_integer_value(json_object_get(said, "missing")), err);
}

static int wait_ready(struct workers *ws, struct worker *w, struct error *err) {
	int64_t deadline = app_milliseconds() + LIMIT_WORKER_WALL_SECONDS * 1000;
	int got = 0;
	while (!got) {
		struct pollfd p = {w->fd, POLLIN, 0};
		int64_t left = deadline - app_milliseconds();
		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR)) got = -1;
		else if (p.revents) got = wire_read_some(w->fd, &w->in, LIMIT_REPORT_BYTES);
	}
	json_t *said = got > 0 ? parse(&w->in) : NULL;
	int rc = said && !w->in.len ? greet(ws, said, err) : error_set(err, ERROR_INTERNAL, "worker: ended while it was starting");
	json_decref(said);
	if (rc) worker_reap(w);
	return rc;
}

/* Trust and policy as one memory file and the message that explains it. */
static int gather(struct workers *ws, const struct workers_options *options, struct error *err) {
	struct outside_files files = {0};
	struct val_blob *blobs = NULL;
	int rc = 0;
	unsigned char *policy = NULL;
	size_t policy_len = 0;
	if (options->policy) rc = outside_read(options->policy, LIMIT_CONFIG_BYTES, &policy, &policy_len, err);
	for (size_t i = 0; !rc && i < options->trust_count; i++) rc = outside_collect(&files, options->trust[i], err);
	if (rc) goto out;
	/* Forgotten on the first day, this quarantines everything, and each verdict speaks of its own certificate only. */
	if (options->trust_count && !files.count)
		log_event(LOG_WARN_LEVEL, "trust-empty", "folder", options->trust[0], "reason", "without trust anchors no signature can be valid", NULL);
	blobs = xcalloc(files.count + 1, sizeof *blobs);
	blobs[0] = (struct val_blob){policy, policy_len};
	record_put_u64(&ws->first, policy_len + files.total);
	record_put_u8(&ws->first, policy != NULL);
	record_put_u64(&ws->first, policy_len);
	record_put_u32(&ws->first, (uint32_t)files.count);
	for (size_t i = 0; i < files.count; i++) {
		record_put_text(&ws->first, files.items[i].path);
		record_put_u8(&ws->first, files.items[i].named);
		record_put_u64(&ws->first, files.items[i].len);
		blobs[i + 1] = (struct val_blob){files.items[i].data, files.items[i].len};
	}
	ws->material = wire_memory_file("trust", blobs, files.count + 1);
	if (ws->material < 0) rc = error_errno(err, "worker");
out:
	free(blobs);
	free(policy);
	outside_dispose(&files);
	return rc;
}

struct workers *workers_start_bounded(const struct workers_options *options, const struct worker_bounds *bounds, struct error *err) {
	struct workers *ws = xcalloc(1, sizeof *ws);
	ws->material = -1;
	ws->bounds = *bounds;
	ws->require_sandbox = options->require_sandbox;
	ws->count = options->count ? options->count : 1;
	ws->items = xcalloc(ws->count, sizeof *ws->items);
	int rc = gather(ws, options, err);
	/* All are started before the first is waited for: they get ready side by side. */
	for (size_t i = 0; !rc && i < ws->count; i++) rc = worker_spawn(&ws->items[i], &ws->first, ws->material, err);
	for (size_t i = 0; !rc && i < ws->count; i++) rc = wait_ready(ws, &ws->items[i], err);
	if (!rc) return ws;
	workers_stop(ws);
	return NULL;
}

struct workers *workers_start(const struct workers_options *options, struct error *err) {
	static const struct worker_bounds bounds = {LIMIT_WORKER_CPU_SECONDS, LIMIT_WORKER_WALL_SECONDS * 1000};
	return workers_start_bounded(options, &bounds, err);
}

void workers_stop(struct workers *ws) {
	if (!ws) return;
	for (size_t i = 0; i < ws->count; i++) worker_reap(&ws->items[i]);
	if (ws->material >= 0) close(ws->material);
	buf_dispose(&ws->first);
	json_decref(ws->policy);
	free(ws->done);
	free(ws->waiting);
	free(ws->items);
	free(ws);
}

json_t *workers_policy_id(const struct workers *ws) {
	return ws->policy;
}

/* A report for a job that no worker answers. */
static json_t *unjudged(const struct workers *ws, const struct worker_job *job, enum finding_code code, const char *detail) {
	unsigned char sha256[SHA256_SIZE];
	sha256_bytes(job->request.document.data, job->request.document.len, sha256);
	struct report_facts facts = {job->path, job->request.document.len, sha256, job->request.at, ws->policy};
	return report_unjudged(&facts, code, detail);
}

static void finish(struct workers *ws, struct worker_job *job, json_t *report) {
	job->report = report;
	ARRAY_GROW(ws->done, ws->done_count, ws->done_cap);
	ws->done[ws->done_count++] = job;
}

static void wait_again(struct workers *ws, struct worker_job *job) {
	ARRAY_GROW(ws->waiting, ws->waiting_count, ws->waiting_cap);
	ws->waiting[ws->waiting_count++] = job;
}

/* What a lost worker's document is told. */
static enum finding_code why_lost(const struct workers *ws, int status, bool too_long, char *detail, size_t room) {
	if (too_long) {
		snprintf(detail, room, "no answer within %u s", (ws->bounds.wall_milliseconds + 999) / 1000);
		return FINDING_VALIDATOR_TIMEOUT;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
		snprintf(detail, room, "more than %u s of processor time", ws->bounds.cpu_seconds);
		return FINDING_VALIDATOR_TIMEOUT;
	}
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	if (WIFSIGNALED(status)) snprintf(detail, room, "signal %s", name ? name : "unknown");
	else snprintf(detail, room, "exit status %d", WEXITSTATUS(status));
	return FINDING_VALIDATOR_DIED;
}

/* Takes the worker away; its document gets a finding, and what it had not come to yet another worker. So does one that it had been given
 * behind another: what that left behind may be to blame, and if not, this one ends its next worker, too. */
static void fail(struct workers *ws, struct worker *w, bool too_long) {
	char detail[64];
	struct worker_job *job = w->job, *next = w->next;
	bool followed = w->followed;
	int status = worker_reap(w);
	enum finding_code code = why_lost(ws, status, too_long, detail, sizeof detail);
	w->job = w->next = NULL;
	log_event(LOG_WARN_LEVEL, "worker_lost", "finding", finding_name(code), "detail", detail, NULL);
	if (next) wait_again(ws, next);
	if (followed) wait_again(ws, job);
	else finish(ws, job, unjudged(ws, job, code, detail));
}

/* Processor time for as many documents as it has: what was used so far and then so many seconds for each. Set from here, so that the
 * worker needs no right to do it; less than the whole seconds it has, is never given. */
static void arm_processor_limit(const struct workers *ws, struct worker *w, unsigned jobs) {
	struct timespec used;
	struct rlimit limit;
	w->armed_jobs = jobs;
	if (!w->clock || clock_gettime(w->clock, &used)) return;
	uint64_t until = (uint64_t)used.tv_sec + 1 + (uint64_t)jobs * ws->bounds.cpu_seconds;
	if (until == w->armed || prlimit(w->pid, RLIMIT_CPU, NULL, &limit)) return;
	limit.rlim_cur = until < limit.rlim_max ? (rlim_t)until : limit.rlim_max;
	if (!prlimit(w->pid, RLIMIT_CPU, &limit, NULL)) w->armed = until;
}

static bool fits_window(const struct val_request *q) {
	size_t room = WINDOW_PLACE_BYTES;
	if (q->document.len > room) return false;
	room -= q->document.len;
	for (size_t i = 0; i < q->evidence_count + q->data_count; i++) {
		size_t len = i < q->evidence_count ? q->evidence[i].len : q->data[i - q->evidence_count].len;
		if (len > room) return false;
		room -= len;
	}
	return true;
}

static void write_place(const struct worker *w, size_t place, const struct val_request *q) {
	unsigned char *at = w->window + place * WINDOW_PLACE_BYTES;
	if (q->document.len) at = (unsigned char *)mempcpy(at, q->document.data, q->document.len);
	for (size_t i = 0; i < q->evidence_count; i++)
		if (q->evidence[i].len) at = (unsigned char *)mempcpy(at, q->evidence[i].data, q->evidence[i].len);
	for (size_t i = 0; i < q->data_count; i++)
		if (q->data[i].len) at = (unsigned char *)mempcpy(at, q->data[i].data, q->data[i].len);
}

/* Document and material as memory files. How many there are, or -1 with nothing left open. */
static int make_files(const struct val_request *q, int fds[static WIRE_FDS]) {
	size_t count = q->evidence_count + q->data_count;
	struct val_blob *all = xcalloc(count + 1, sizeof *all);
	for (size_t i = 0; i < count; i++) all[i] = i < q->evidence_count ? q->evidence[i] : q->data[i - q->evidence_count];
	fds[0] = wire_memory_file("document", &q->document, 1);
	fds[1] = fds[0] >= 0 && count ? wire_memory_file("material", all, count) : -1;
	free(all);
	if (fds[0] < 0 || !count || fds[1] >= 0) return fds[0] < 0 ? -1 : count ? 2 : 1;
	close(fds[0]);
	return -1;
}

static void begin_job(const struct workers *ws, struct worker *w, struct worker_job *job, size_t place) {
	w->followed = w->job != NULL;
	w->job = job;
	w->next = NULL;
	w->place = place;
	w->deadline = app_milliseconds() + ws->bounds.wall_milliseconds;
}

/* 0, 1 when this worker is not there any more, -1 when the run failed. A worker that has a job has the other place free. */
static int give(struct workers *ws, struct worker *w, struct worker_job *job, struct error *err) {
	const struct val_request *q = &job->request;
	struct buf body = {0};
	int fds[WIRE_FDS], count = 0;
	size_t place = IN_FILES;
	if (w->window && fits_window(q)) place = w->job ? WINDOW_PLACES - 1 - w->place : 0;
	if (place != IN_FILES) write_place(w, place, q);
	else if ((count = make_files(q, fds)) < 0) return error_errno(err, "worker: memory for the document");
	record_put_u8(&body, (uint8_t)place);
	wire_put_request(&body, q, job->path);
	arm_processor_limit(ws, w, w->job ? 2 : 1);
	int rc = wire_send(w->fd, &body, fds, (size_t)count) ? 1 : 0;
	while (count > 0) close(fds[--count]);
	explicit_bzero(body.data, body.len); /* a password may be in it */
	buf_dispose(&body);
	if (rc) return rc;
	if (w->job) w->next = job;
	else begin_job(ws, w, job, place);
	return 0;
}

/* What a worker has answered; it goes on with what it has been given meanwhile. */
static void collect(struct workers *ws, struct worker *w) {
	int got = 0;
	while (w->job && (got = wire_read_some(w->fd, &w->in, LIMIT_REPORT_BYTES)) > 0) {
		json_t *report = parse(&w->in);
		got = -1;
		if (!report) break;
		finish(ws, w->job, report);
		if (w->next) begin_job(ws, w, w->next, WINDOW_PLACES - 1 - w->place);
		else w->job = NULL;
	}
	if (w->job && got < 0) fail(ws, w, false);
	else if (!w->job && w->in.len) worker_reap(w); /* it answers what nobody asked */
}

/* Answers and deadlines of all busy workers, once; waits until there is one of either. */
static void pump(struct workers *ws) {
	struct pollfd *polls = xcalloc(ws->count, sizeof *polls);
	int64_t now = app_milliseconds(), next = INT64_MAX;
	for (size_t i = 0; i < ws->count; i++) {
		struct worker *w = &ws->items[i];
		polls[i] = (struct pollfd){w->job ? w->fd : -1, POLLIN, 0};
		if (w->job && !w->next && w->armed_jobs > 1) arm_processor_limit(ws, w, 1);
		if (w->job && w->deadline < next) next = w->deadline;
	}
	if (poll(polls, ws->count, next > now ? (int)(next - now) : 0) < 0)
		for (size_t i = 0; i < ws->count; i++) polls[i].revents = 0;
	now = app_milliseconds();
	for (size_t i = 0; i < ws->count; i++) {
		struct worker *w = &ws->items[i];
		if (w->job && polls[i].revents) collect(ws, w);
		if (w->job && now >= w->deadline) fail(ws, w, true);
	}
	free(polls);
}

size_t workers_most(const struct workers *ws) {
	return WINDOW_PLACES * ws->count;
}

static struct worker *idle(struct workers *ws) {
	struct worker *empty = NULL;
	for (size_t i = 0; i < ws->count; i++) {
		if (!ws->items[i].job && ws->items[i].pid) return &ws->items[i];
		if (!ws->items[i].pid) empty = &ws->items[i];
	}
	return empty;
}

/* Who has longest been at a small document takes another small one meanwhile: it does not wait while answers are read here. */
static struct worker *soonest(struct workers *ws, const struct worker_job *job) {
	struct worker *best = NULL;
	for (size_t i = 0; i < ws->count; i++) {
		struct worker *w = &ws->items[i];
		if (w->job && !w->next && w->place != IN_FILES && (!best || w->deadline < best->deadline)) best = w;
	}
	return best && fits_window(&job->request) ? best : NULL;
}

static int make_ready(struct workers *ws, struct worker *w, struct error *err) {
	return w->pid ? 0 : worker_spawn(w, &ws->first, ws->material, err) || wait_ready(ws, w, err) ? -1 : 0;
}

/* Jobs that lost workers had not come to, to those that are idle; without any worker they get a finding. */
static void give_waiting(struct workers *ws) {
	struct worker *w;
	while (ws->waiting_count && (w = idle(ws))) {
		struct worker_job *job = ws->waiting[--ws->waiting_count];
		struct error err = {0};
		int rc = 1;
		/* Twice: as in workers_submit. */
		for (int attempt = 0; attempt < 2 && rc > 0; attempt++) {
			rc = make_ready(ws, w, &err) ? -1 : give(ws, w, job, &err);
			if (rc > 0) worker_reap(w);
		}
		if (rc) finish(ws, job, unjudged(ws, job, FINDING_VALIDATOR_DIED, rc < 0 ? err.text : "took no document"));
	}
}

int workers_submit(struct workers *ws, struct worker_job *job, struct error *err) {
	struct worker *w;
	job->report = NULL;
	if (job->request.document.len > LIMIT_JUDGED_BYTES) {
		finish(ws, job, unjudged(ws, job, FINDING_DOCUMENT_TOO_LARGE, ""));
		return 0;
	}
	/* More than once: a worker may have been taken away by the system while it was idle, or while it was at another document. */
	for (int attempt = 0; attempt < 3; attempt++) {
		while (give_waiting(ws), !(w = idle(ws)) && !(w = soonest(ws, job))) pump(ws);
		if (make_ready(ws, w, err)) return -1;
		int rc = give(ws, w, job, err);
		if (rc <= 0) return rc;
		if (w->job) collect(ws, w);
		if (!w->job && w->pid) worker_reap(w);
	}
	return error_set(err, ERROR_INTERNAL, "worker: took no document");
}

struct worker_job *workers_take(struct workers *ws, struct error *err) {
	(void)err;
	while (!ws->done_count) {
		bool busy = false;
		give_waiting(ws);
		for (size_t i = 0; i < ws->count; i++) busy |= ws->items[i].job != NULL;
		if (!busy && !ws->done_count) return NULL;
		if (!ws->done_count) pump(ws);
	}
	struct worker_job *job = ws->done[0];
	memmove(ws->done, ws->done + 1, --ws->done_count * sizeof *ws->done);
	return job;
}

int workers_judge(struct workers *ws, struct worker_job *job, struct error *err) {
	if (workers_submit(ws, job, err)) return -1;
	return workers_take(ws, err) == job ? 0 : error_set(err, ERROR_INTERNAL, "worker: answered for another document");
}
