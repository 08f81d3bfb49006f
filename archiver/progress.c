#include "archiver/progress.h"

#include "archiver/i18n.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct progress {
	const char *label;
	uint64_t total;
	double started, shown;
	bool visible, drawn;
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

void progress_end(struct progress *p) {
	if (!p) return;
	if (p->drawn) fputs("\r\033[K", stderr);
	free(p);
}
