#include "store/private.h"

#include "base/mem.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 16 /* beyond that a medium is slower, not faster */

struct job {
	struct store *store;
	const struct object_info *infos;
	enum object_state *states;
	size_t count;
	enum digest_alg alg;
	unsigned char (*digests)[DIGEST_MAX];
	atomic_size_t next;
	pthread_mutex_t lock; /* over err */
	struct error *err;
};

static int into_digest(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	digest_update(user, data, len);
	return 0;
}

static void *work(void *user) {
	struct job *job = user;
	struct digest_ctx *ctx = digest_new(job->alg);
	for (size_t i; (i = atomic_fetch_add(&job->next, 1)) < job->count;) {
		struct error own = {0};
		digest_reset(ctx);
		job->states[i] = store_stream_at(job->store, &job->infos[i], false, into_digest, ctx, &own);
		digest_final(ctx, job->digests[i]);
		if (!own.code) continue;
		pthread_mutex_lock(&job->lock);
		error_set(job->err, own.code, "%s", own.text);
		pthread_mutex_unlock(&job->lock);
	}
	digest_free(ctx);
	return NULL;
}

int store_digest_many(struct store *store, const struct object_info *infos, size_t count, enum digest_alg alg,
		      unsigned char (*digests)[DIGEST_MAX], enum object_state *states, struct error *err) {
	struct error nobody = {0};
	struct job job = {.store = store, .infos = infos, .states = states, .count = count, .alg = alg, .digests = digests,
			  .err = err ? err : &nobody};
	pthread_t threads[THREADS_MAX];
	unsigned started = 0, wanted = store->threads < THREADS_MAX ? store->threads : THREADS_MAX;
	pthread_mutex_init(&job.lock, NULL);
	atomic_init(&job.next, 0);
	/* This thread works too; one that cannot be started is only slower. */
	while (started + 1 < wanted && started + 1 < count && thread_start(&threads[started], work, &job)) started++;
	work(&job);
	for (unsigned i = 0; i < started; i++) pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&job.lock);
	for (size_t i = 0; i < count; i++)
		if (states[i] == OBJECT_UNREADABLE) return -1;
	return 0;
}
