#include "archiver/intake_digest.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RING 8 /* pieces under way: a switch of threads costs more than hashing one */

struct piece {
	unsigned char *data;
	size_t len;
	bool end; /* the stream ends after it */
};

struct result {
	unsigned char sha512[64];
};

struct intake_digest {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t handed, taken;
	struct piece ring[RING];
	size_t in, out; /* pieces handed over and hashed, counted without end */
	bool stop;
	struct digest_ctx *ctx; /* the thread's */
	struct result *results; /* written by the thread under the lock */
	size_t done, cap, ended;
};

/* The piece's bytes into the running digest; its result when the stream ends with it. */
static void hash(struct intake_digest *d, const struct piece *piece) {
	unsigned char sum[DIGEST_MAX];
	digest_update(d->ctx, piece->data, piece->len);
	if (piece->end) {
		digest_final(d->ctx, sum);
		digest_reset(d->ctx);
	}
	pthread_mutex_lock(&d->lock);
	if (piece->end) {
		ARRAY_GROW(d->results, d->done, d->cap);
		memcpy(d->results[d->done++].sha512, sum, sizeof d->results->sha512);
	}
	d->out++;
	pthread_cond_signal(&d->taken);
}

static void *work(void *user) {
	struct intake_digest *d = user;
	pthread_mutex_lock(&d->lock);
	for (;;) {
		while (d->out == d->in && !d->stop) pthread_cond_wait(&d->handed, &d->lock);
		if (d->out == d->in) break;
		struct piece piece = d->ring[d->out % RING];
		pthread_mutex_unlock(&d->lock);
		hash(d, &piece); /* takes the lock again */
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct intake_digest *intake_digest_new(void) {
	struct intake_digest *d = xcalloc(1, sizeof *d);
	d->ctx = digest_new(DIGEST_SHA512);
	for (size_t i = 0; i < RING; i++) d->ring[i].data = xmalloc(INTAKE_PIECE);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->handed, NULL);
	pthread_cond_init(&d->taken, NULL);
	if (!thread_start(&d->thread, work, d)) abort(); /* no memory for a thread */
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
	for (size_t i = 0; i < RING; i++) free(d->ring[i].data);
	digest_free(d->ctx);
	free(d->results);
	free(d);
}

/* Until at most `most` pieces are under way. */
static void wait_for(struct intake_digest *d, size_t most) {
	pthread_mutex_lock(&d->lock);
	while (d->in - d->out > most) pthread_cond_wait(&d->taken, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

unsigned char *intake_digest_buffer(struct intake_digest *d) {
	wait_for(d, RING - 1);
	return d->ring[d->in % RING].data;
}

static void hand_over(struct intake_digest *d, size_t len, bool end) {
	pthread_mutex_lock(&d->lock);
	d->ring[d->in % RING].len = len;
	d->ring[d->in % RING].end = end;
	d->in++;
	pthread_cond_signal(&d->handed);
	pthread_mutex_unlock(&d->lock);
}

void intake_digest_add(struct intake_digest *d, size_t len) {
	hand_over(d, len, false);
}

size_t intake_digest_end(struct intake_digest *d) {
	intake_digest_buffer(d);
	hand_over(d, 0, true);
	return d->ended++;
}

void intake_digest_wait(struct intake_digest *d) {
	wait_for(d, 0);
}

const unsigned char *intake_digest_result(const struct intake_digest *d, size_t number) {
	return d->results[number].sha512;
}

void intake_digest_forget(struct intake_digest *d) {
	intake_digest_wait(d);
	d->done = d->ended = 0;
}
