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
};

/* The JSON object in a whole message; NULL when it is none. */
static json_t *parse(struct buf *in) {
	struct record_reader r = record_reader_of(in->data + 4, in->len - 4);
	json_t *json = wire_get_json(&r);
	in->len = 0;
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
	int rc = said ? greet(ws, said, err) : error_set(err, ERROR_INTERNAL, "worker: ended while it was starting");
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

/* Takes the worker away; its document gets a finding. */
static void fail(struct workers *ws, struct worker *w, bool too_long) {
	char detail[64];
	struct worker_job *job = w->job;
	int status = worker_reap(w);
	w->job = NULL;
	enum finding_code code = FINDING_VALIDATOR_DIED;
	if (too_long) {
		code = FINDING_VALIDATOR_TIMEOUT;
		snprintf(detail, sizeof detail, "no answer within %u s", (ws->bounds.wall_milliseconds + 999) / 1000);
	} else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
		code = FINDING_VALIDATOR_TIMEOUT;
		snprintf(detail, sizeof detail, "more than %u s of processor time", ws->bounds.cpu_seconds);
	} else if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));
		snprintf(detail, sizeof detail, "signal %s", name ? name : "unknown");
	} else {
		snprintf(detail, sizeof detail, "exit status %d", WEXITSTATUS(status));
	}
	log_event(LOG_WARN_LEVEL, "worker_lost", "finding", finding_name(code), "detail", detail, NULL);
	finish(ws, job, unjudged(ws, job, code, detail));
}

/* Processor time for one document: what was used so far and then so many seconds. Set from here, so that the worker
 * needs no right to do it; less than the whole seconds it has, is never given. */
static void arm_processor_limit(const struct workers *ws, const struct worker *w) {
	clockid_t clock;
	struct timespec used;
	struct rlimit limit;
	if (clock_getcpuclockid(w->pid, &clock) || clock_gettime(clock, &used) || prlimit(w->pid, RLIMIT_CPU, NULL, &limit)) return;
	rlim_t soft = (rlim_t)used.tv_sec + 1 + ws->bounds.cpu_seconds;
	limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
	prlimit(w->pid, RLIMIT_CPU, &limit, NULL);
}

/* 0, 1 when this worker is not there any more, -1 when the run failed. */
static int give(struct workers *ws, struct worker *w, struct worker_job *job, struct error *err) {
	const struct val_request *q = &job->request;
	struct buf body = {0};
	int fds[WIRE_FDS] = {-1, -1}, rc = 0;
	size_t count = q->evidence_count + q->data_count, fd_count = count ? 2 : 1;
	struct val_blob *all = xcalloc(count + 1, sizeof *all);
	for (size_t i = 0; i < count; i++) all[i] = i < q->evidence_count ? q->evidence[i] : q->data[i - q->evidence_count];
	fds[0] = wire_memory_file("document", &q->document, 1);
	if (count) fds[1] = wire_memory_file("material", all, count);
	if (fds[0] < 0 || (count && fds[1] < 0)) {
		rc = error_errno(err, "worker: memory for the document");
	} else {
		wire_put_request(&body, q, job->path);
		arm_processor_limit(ws, w);
		rc = wire_send(w->fd, &body, fds, fd_count) ? 1 : 0;
	}
	for (size_t i = 0; i < WIRE_FDS; i++)
		if (fds[i] >= 0) close(fds[i]);
	if (body.data) explicit_bzero(body.data, body.len); /* a password may be in it */
	buf_dispose(&body);
	free(all);
	if (rc) return rc;
	w->job = job;
	w->deadline = app_milliseconds() + ws->bounds.wall_milliseconds;
	return 0;
}

/* Answers and deadlines of all busy workers, once; waits until there is one of either. */
static void pump(struct workers *ws) {
	struct pollfd *polls = xcalloc(ws->count, sizeof *polls);
	int64_t now = app_milliseconds(), next = INT64_MAX;
	for (size_t i = 0; i < ws->count; i++) {
		const struct worker *w = &ws->items[i];
		polls[i] = (struct pollfd){w->job ? w->fd : -1, POLLIN, 0};
		if (w->job && w->deadline < next) next = w->deadline;
	}
	if (poll(polls, ws->count, next > now ? (int)(next - now) : 0) < 0)
		for (size_t i = 0; i < ws->count; i++) polls[i].revents = 0;
	now = app_milliseconds();
	for (size_t i = 0; i < ws->count; i++) {
		struct worker *w = &ws->items[i];
		if (!w->job) continue;
		int got = polls[i].revents ? wire_read_some(w->fd, &w->in, LIMIT_REPORT_BYTES) : 0;
		json_t *report = got > 0 ? parse(&w->in) : NULL;
		if (report) {
			finish(ws, w->job, report);
			w->job = NULL;
		} else if (got || now >= w->deadline) {
			fail(ws, w, !got);
		}
	}
	free(polls);
}

static struct worker *idle(struct workers *ws) {
	struct worker *empty = NULL;
	for (size_t i = 0; i < ws->count; i++) {
		if (!ws->items[i].job && ws->items[i].pid) return &ws->items[i];
		if (!ws->items[i].pid) empty = &ws->items[i];
	}
	return empty;
}

int workers_submit(struct workers *ws, struct worker_job *job, struct error *err) {
	struct worker *w;
	job->report = NULL;
	if (job->request.document.len > LIMIT_JUDGED_BYTES) {
		finish(ws, job, unjudged(ws, job, FINDING_DOCUMENT_TOO_LARGE, ""));
		return 0;
	}
	/* Twice: a worker may have been taken away by the system while it was idle. */
	for (int attempt = 0; attempt < 2; attempt++) {
		while (!(w = idle(ws))) pump(ws);
		if (!w->pid && (worker_spawn(w, &ws->first, ws->material, err) || wait_ready(ws, w, err))) return -1;
		int rc = give(ws, w, job, err);
		if (rc <= 0) return rc;
		worker_reap(w);
	}
	return error_set(err, ERROR_INTERNAL, "worker: took no document");
}

struct worker_job *workers_take(struct workers *ws, struct error *err) {
	(void)err;
	for (;;) {
		bool busy = false;
		if (ws->done_count) break;
		for (size_t i = 0; i < ws->count; i++) busy |= ws->items[i].job != NULL;
		if (!busy) return NULL;
		pump(ws);
	}
	struct worker_job *job = ws->done[0];
	memmove(ws->done, ws->done + 1, --ws->done_count * sizeof *ws->done);
	return job;
}

int workers_judge(struct workers *ws, struct worker_job *job, struct error *err) {
	if (workers_submit(ws, job, err)) return -1;
	return workers_take(ws, err) == job ? 0 : error_set(err, ERROR_INTERNAL, "worker: answered for another document");
}
