#include "archiver/worker_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int worker_reap(struct worker *w) {
	int status = 0;
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) continue;
		close(w->fd);
	}
	buf_dispose(&w->in);
	if (w->window) munmap(w->window, WINDOW_BYTES);
	w->window = NULL;
	w->pid = 0;
	return status;
}

static int execute(pid_t *pid, int theirs) {
	static char arg0[] = "ltvault", arg1[] = WORKER_ARGUMENT;
	static char *const argv[] = {arg0, arg1, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
#ifdef LTVAULT_SANITIZED
	/* The sanitizers are told in the environment what to do, and tell on standard error what they saw. */
	char *const *environment = environ;
#else
	static char no_conf[] = "OPENSSL_CONF=/dev/null", locale[] = "LC_ALL=C.UTF-8";
	static char *const environment[] = {no_conf, locale, NULL};
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
#endif
	posix_spawn_file_actions_adddup2(&actions, theirs, WORKER_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, WORKER_FD + 1);
	int rc = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int worker_spawn(struct worker *w, const struct buf *first, int material, struct error *err) {
	int pair[2];
	*w = (struct worker){0};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return error_errno(err, "worker");
	/* Out of the way of the descriptors that are put in place above, should this program lack standard ones. */
	int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);
	close(pair[1]);
	errno = theirs < 0 ? errno : execute(&w->pid, theirs);
	bool started = theirs >= 0 && !errno;
	if (!started) error_errno(err, "worker: could not be started");
	if (theirs >= 0) close(theirs);
	if (!started) {
		w->pid = 0;
		close(pair[0]);
		return -1;
	}
	w->fd = pair[0];
	if (clock_getcpuclockid(w->pid, &w->clock)) w->clock = 0;
	int fds[WIRE_FDS] = {material, wire_window_make(&w->window)};
	int rc = wire_send(w->fd, first, fds, w->window ? 2 : 1);
	if (rc) error_errno(err, "worker");
	if (w->window) close(fds[1]);
	if (rc) worker_reap(w);
	return rc;
}
