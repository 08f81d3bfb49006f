#include "base/thread.h"

#include <signal.h>
#include <stddef.h>

bool thread_start(pthread_t *thread, void *(*work)(void *user), void *user) {
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	sigset_t all, before;
	sigfillset(&all);
	/* What a thread brings on itself (a damaged page of a mapped file) must reach its handler: blocked, it would only kill. */
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(thread, NULL, work, user);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !failed;
}
