#include "archiver/intake_digest.h"

#include "base/digest.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct intake_digest {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t handed, taken;
	const void *data; /* the piece under way; NULL when there is none */
	size_t len;
	bool stop;
	struct digest_ctx *ctx; /* the thread's while a piece is under way, the caller's otherwise */
};

static void *work(void *user) {
	struct intake_digest *d = user;
	pthread_mutex_lock(&d->lock);
	for (;;) {
		while (!d->data && !d->stop) pthread_cond_wait(&d->handed, &d->lock);
		if (!d->data) break;
		const void *data = d->data;
		size_t len = d->len;
		pthread_mutex_unlock(&d->lock);
		digest_update(d->ctx, data, len);
		pthread_mutex_lock(&d->lock);
		d->data = NULL;
		pthread_cond_signal(&d->taken);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct intake_digest *intake_digest_new(void) {
	struct intake_digest *d = xcalloc(1, sizeof *d);
	sigset_t all, before;
	d->ctx = digest_new(DIGEST_SHA512);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->handed, NULL);
	pthread_cond_init(&d->taken, NULL);
	/* Signals are for the thread that runs the program. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&d->thread, NULL, work, d)) abort(); /* no memory for a thread */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return d;
}

void intake_digest_free(struct intake_digest *d) {
	if (!d) return;
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_signal(&d->handed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->handed);
	pthread_cond_destroy(&d->taken);
	pthread_mutex_destroy(&d->lock);
	digest_free(d->ctx);
	free(d);
}

/* Returns with the lock held and no piece under way. */
static void wait_idle(struct intake_digest *d) {
	pthread_mutex_lock(&d->lock);
	while (d->data) pthread_cond_wait(&d->taken, &d->lock);
}

void intake_digest_add(struct intake_digest *d, const void *data, size_t len) {
	wait_idle(d);
	d->data = data;
	d->len = len;
	pthread_cond_signal(&d->handed);
	pthread_mutex_unlock(&d->lock);
}

void intake_digest_end(struct intake_digest *d, unsigned char out[64]) {
	unsigned char sum[DIGEST_MAX];
	wait_idle(d);
	pthread_mutex_unlock(&d->lock);
	digest_final(d->ctx, sum);
	digest_reset(d->ctx);
	if (out) memcpy(out, sum, 64);
}
