#include "archiver/backup_wait.h"

#include "archiver/log.h"
#include "archiver/medium_ledger.h"
#include "base/mem.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_MILLISECONDS 500 /* between two looks at the mount points */

static volatile sig_atomic_t stop;

static void on_stop(int signal) {
	(void)signal;
	stop = 1;
}

/* Generations without a label: a medium whose label is damaged, which the backup makes good or tells of. */
static bool is_there(const char *path) {
	static const char *const names[] = {MEDIUM_LABEL, MEDIUM_GENERATIONS};
	bool there = false;
	for (size_t i = 0; i < ARRAY_LEN(names) && !there; i++) {
		char *name = xasprintf("%s/%s", path, names[i]);
		there = access(name, F_OK) == 0;
		free(name);
	}
	return there;
}

/* The medium that belongs at a path now: of those that were seen there last and are in use, the one that was written the longest ago. */
static const struct medium *awaited(const struct ledger *ledger, const char *path) {
	const struct medium *found = NULL;
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		if (strcmp(m->row.path, path) || medium_is_retired(m) || medium_is_away(m)) continue;
		if (!found || m->row.written < found->row.written) found = m;
	}
	return found;
}

struct wait {
	char *const *paths;
	size_t count;
	bool *done;
	backup_path *one;
	void *user;
};

static void call(struct wait *w, size_t i) {
	w->done[i] = true;
	w->one(w->user, w->paths[i]);
}

static size_t waiting(const struct wait *w) {
	size_t n = 0;
	for (size_t i = 0; i < w->count; i++) n += !w->done[i];
	return n;
}

static void tell(const struct wait *w, const struct ledger *ledger, uint64_t seconds) {
	char text[24];
	for (size_t i = 0; i < w->count; i++) {
		const struct medium *m = w->done[i] ? NULL : awaited(ledger, w->paths[i]);
		if (m)
			log_event(LOG_WARN_LEVEL, "backup.waiting", "connect", m->row.label, "path", w->paths[i], "seconds", log_number(seconds, text), NULL);
	}
}

/* Only while nothing is being written: a signal in the middle of a backup ends the process, and the next one goes on. */
static void poll_once(struct sigaction *before, const struct sigaction *ours) {
	struct timespec pause = {.tv_nsec = POLL_MILLISECONDS * 1000000L};
	sigaction(SIGTERM, ours, before);
	if (!stop) nanosleep(&pause, NULL);
	sigaction(SIGTERM, before, NULL);
}

static void wait_for_media(struct wait *w, uint64_t seconds) {
	struct sigaction ours = {.sa_handler = on_stop}, before;
	int64_t until = app_milliseconds() + (int64_t)seconds * 1000;
	sigemptyset(&ours.sa_mask);
	stop = 0;
	while (waiting(w) && !stop && app_milliseconds() < until) {
		poll_once(&before, &ours);
		for (size_t i = 0; i < w->count; i++)
			if (!w->done[i] && is_there(w->paths[i])) call(w, i);
	}
	if (stop) log_event(LOG_WARN_LEVEL, "backup.wait_ended", "reason", "SIGTERM", NULL);
}

void backup_each(struct app *app, char *const *paths, size_t count, backup_path *one, void *user) {
	uint64_t seconds = (uint64_t)(conf_duration(app->conf, CONF_backup_wait) / UTIME_SECOND);
	struct wait w = {paths, count, xcalloc(count + 1, sizeof(bool)), one, user};
	struct ledger ledger = {0};
	struct error unread = {0};
	if (seconds && ledger_read(app, &ledger, &unread)) seconds = 0; /* the backup itself says so */
	for (size_t i = 0; i < count; i++)
		if (!seconds || is_there(paths[i]) || !awaited(&ledger, paths[i])) call(&w, i);
	if (waiting(&w)) {
		tell(&w, &ledger, seconds);
		wait_for_media(&w, seconds);
	}
	for (size_t i = 0; i < count; i++)
		if (!w.done[i]) call(&w, i);
	ledger_dispose(&ledger);
	free(w.done);
}
