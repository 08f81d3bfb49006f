#include "store/scrub_private.h"

#include "base/mem.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS_MAX 16

struct scrub_pool {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	pthread_t threads[THREADS_MAX];
	unsigned count, busy;
	bool stop, idle;
	struct scrub_task *tasks;
	size_t task_count, next;
	unsigned char (*digests)[DIGEST_MAX];
};

/* Linux keeps both for each thread; <linux/ioprio.h> has the numbers: class 3 is idle, in the upper bits from 13 on. */
void scrub_idle(void) {
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
	syscall(SYS_ioprio_set, 1, 0, 3 << 13);
}

static void run_task(struct scrub_pool *pool, const struct scrub_task *task, struct digest_ctx *own) {
	for (;;) {
		struct digest_ctx *ctx = task->ctx ? task->ctx : own;
		digest_update(ctx, task->data, task->len);
		if (task->member != SIZE_MAX) {
			digest_final(ctx, pool->digests[task->member]);
			digest_reset(ctx);
		}
		if (task->next < 0) return;
		task = &pool->tasks[task->next];
	}
}

/* Tasks are taken one by one under the lock: each is some hundred KB of hashing, or there are few of them. */
static void *work(void *user) {
	struct scrub_pool *pool = user;
	struct digest_ctx *own = digest_new(DIGEST_SHA256);
	if (pool->idle) scrub_idle();
	pthread_mutex_lock(&pool->lock);
	while (!pool->stop) {
		if (pool->next >= pool->task_count) {
			pthread_cond_wait(&pool->work, &pool->lock);
			continue;
		}
		/* Small ones by the handful. */
		size_t from = pool->next, to = from;
		for (size_t bytes = 0; to < pool->task_count && bytes < (256U << 10); to++) bytes += pool->tasks[to].len;
		pool->next = to;
		pool->busy++;
		pthread_mutex_unlock(&pool->lock);
		for (size_t i = from; i < to; i++) run_task(pool, &pool->tasks[i], own);
		pthread_mutex_lock(&pool->lock);
		if (!--pool->busy && pool->next >= pool->task_count) pthread_cond_signal(&pool->done);
	}
	pthread_mutex_unlock(&pool->lock);
	digest_free(own);
	return NULL;
}

struct scrub_pool *scrub_pool_new(unsigned threads, bool idle) {
	struct scrub_pool *pool = xcalloc(1, sizeof *pool);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->idle = idle;
	if (threads > THREADS_MAX) threads = THREADS_MAX;
	while (pool->count < threads && thread_start(&pool->threads[pool->count], work, pool)) pool->count++;
	return pool;
}

void scrub_pool_free(struct scrub_pool *pool) {
	if (!pool) return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->count; i++) pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->done);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void scrub_pool_start(struct scrub_pool *pool, struct scrub_task *tasks, size_t count, unsigned char (*digests)[DIGEST_MAX]) {
	pthread_mutex_lock(&pool->lock);
	pool->tasks = tasks;
	pool->task_count = count;
	pool->next = 0;
	pool->digests = digests;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

void scrub_pool_wait(struct scrub_pool *pool) {
	pthread_mutex_lock(&pool->lock);
	if (!pool->count) { /* no thread could be started */
		struct digest_ctx *own = digest_new(DIGEST_SHA256);
		for (; pool->next < pool->task_count; pool->next++) run_task(pool, &pool->tasks[pool->next], own);
		digest_free(own);
	}
	while (pool->busy || pool->next < pool->task_count) pthread_cond_wait(&pool->done, &pool->lock);
	pool->task_count = pool->next = 0;
	pthread_mutex_unlock(&pool->lock);
}
