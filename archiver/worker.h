/* Worker processes: hostile bytes are parsed where nothing can be reached and little can be spent.
 *
 * A worker is this program executed anew (`ltvault WORKER_ARGUMENT`), with one socket and nothing else open; it locks
 * itself in (no new privileges, seccomp, landlock, rlimits; what the kernel lacks is told once) before it reads the
 * first request. Documents travel in memory that no worker can change (archiver/worker_private.h): the bytes judged are the bytes that
 * were hashed. Workers live for many documents; one that dies or hangs costs the document that it was at one finding
 * (VALIDATOR_DIED, VALIDATOR_TIMEOUT) and is replaced. */
#ifndef LTVAULT_ARCHIVER_WORKER_H
#define LTVAULT_ARCHIVER_WORKER_H

#include "base/error.h"
#include "validator/validator.h"

#include <jansson.h>

#define WORKER_ARGUMENT "--worker"

int worker_main(void); /* what the worker process does; its exit status */

struct workers;
struct workers_options {
	size_t count;                  /* processes */
	const char *const *trust;      /* files and folders of anchors; read by the parent */
	size_t trust_count;
	const char *policy;            /* policy file or NULL */
	bool require_sandbox;          /* fail where a wall is missing, instead of saying so in the log */
};
/* Starts them. ERROR_INPUT when trust or policy cannot be used. */
struct workers *workers_start(const struct workers_options *options, struct error *err);
void workers_stop(struct workers *workers);
json_t *workers_policy_id(const struct workers *workers); /* borrowed */

/* One document for a worker. The request's blobs must stay until the answer was taken. */
struct worker_job {
	struct val_request request;
	bool path;      /* judge as a certificate (`path`) */
	json_t *report; /* out: owned by whoever takes the job back; never NULL then */
	void *user;
};
/* As many jobs can be under way: a small document is given to a worker that is still at another small one. */
size_t workers_most(const struct workers *workers);
/* Hands a job to an idle worker, or behind another one; blocks until that can be. */
int workers_submit(struct workers *workers, struct worker_job *job, struct error *err);
/* Takes back one finished job; blocks; NULL when none is under way. */
struct worker_job *workers_take(struct workers *workers, struct error *err);
/* Both for one job. */
int workers_judge(struct workers *workers, struct worker_job *job, struct error *err);

#endif
