#include "archiver/progress.h"

#include "archiver/i18n.h"
#include "base/mem.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct progress {
	const char *label;
	uint64_t total;
	double started, shown;
	bool visible, drawn;
	bool ticking; /* a thread draws the seconds */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool end;
};

static double seconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct progress *progress_start(const struct app *app, const char *label, uint64_t total) {
	struct progress *p = xcalloc(1, sizeof *p);
	p->label = label;
	p->total = total;
	p->visible = !app->json && app->verbosity >= 0 && isatty(STDERR_FILENO);
	p->started = p->visible ? seconds() : 0;
	return p;
}

void progress_step(struct progress *p, uint64_t done) {
	if (!p->visible) return;
	double now = seconds();
	if (now - p->started < 2 || now - p->shown < 0.2) return;
	p->shown = now;
	p->drawn = true;
	if (p->total) {
		int filled = (int)((done < p->total ? done : p->total) * 30 / p->total);
		fprintf(stderr, "\r\033[K%s [%.*s%*s] %llu/%llu", _(p->label), filled, "##############################", 30 - filled, "",
		        (unsigned long long)done, (unsigned long long)p->total);
	} else {
		fprintf(stderr, "\r\033[K%s %llu", _(p->label), (unsigned long long)done);
	}
}

static void *tick(void *user) {
	struct progress *p = user;
	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&p->ended, &p->lock, &until);
		double passed = seconds() - p->started;
		if (p->end || passed < 2) continue;
		p->drawn = true;
		fprintf(stderr, "\r\033[K%s %.0f s", _(p->label), passed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_clock(const struct app *app, const char *label) {
	struct progress *p = progress_start(app, label, 0);
	pthread_condattr_t monotonic;
	if (!p->visible) return p;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	p->ticking = thread_start(&p->thread, tick, p); /* without it the work is done all the same */
	return p;
}

static void stop_ticking(struct progress *p) {
	pthread_mutex_lock(&p->lock);
	p->end = true;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->ended);
	pthread_mutex_destroy(&p->lock);
}

void progress_end(struct progress *p) {
	if (!p) return;
	if (p->ticking) stop_ticking(p);
	if (p->drawn) fputs("\r\033[K", stderr);
	free(p);
}
