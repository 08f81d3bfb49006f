#include "archiver/guard.h"

#include "archiver/backup.h"
#include "base/mem.h"
#include "store/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMEDY "; it can be remade from packs and journal with: ltvault rebuild"
#define GUARD_CPU_SECONDS 3600 /* a catalogue of 100 million documents takes a third of this */

static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT};

int guard_main(const char *directory) {
	struct error err = {0};
	/* A damaged page must end this process by its signal, whatever the disposition it inherited or a library set. */
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) signal(fatal[i], SIG_DFL);
	char *label = xasprintf("%s/" MEDIUM_LABEL, directory);
	bool medium = access(label, F_OK) == 0;
	free(label);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_CPU, &(struct rlimit){GUARD_CPU_SECONDS, GUARD_CPU_SECONDS});
	if (store_check_catalogue(directory, medium, &err) == 0) return EXIT_FINE;
	puts(err.text);
	return error_exit_status(err.code);
}

static int start(const char *directory, int out, pid_t *pid) {
	char arg0[] = "ltvault", arg1[] = GUARD_ARGUMENT, *arg2 = xstrdup(directory);
	char *const argv[] = {arg0, arg1, arg2, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	int rc = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	free(arg2);
	return rc;
}

/* What it printed, and how it ended. */
static int outcome(pid_t pid, int in, struct error *err) {
	char text[900];
	size_t len = 0;
	ssize_t n;
	int status;
	while (len < sizeof text - 1 && ((n = read(in, text + len, sizeof text - 1 - len)) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0) len += (size_t)n;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) return error_errno(err, "check of the catalogue");
	text[len] = 0;
	text[strcspn(text, "\n")] = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FINE) return 0;
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_DAMAGED, "catalogue/data.mdb: a page is damaged (the check of it ended with signal %d)" REMEDY,
				 WTERMSIG(status));
	if (WEXITSTATUS(status) == EXIT_DAMAGE) {
		error_set(err, ERROR_DAMAGED, "%s%s", text, strstr(text, "ltvault rebuild") ? "" : REMEDY);
		return 1;
	}
	return error_set(err, ERROR_IO, "check of the catalogue: %s", *text ? text : "it could not be made");
}

int guard_catalogue(const struct app *app, struct error *err) {
	char *file = xasprintf("%s/catalogue/data.mdb", app->archive);
	bool there = access(file, F_OK) == 0;
	int ends[2];
	pid_t pid;
	free(file);
	if (!there) return 0; /* opening says whether there is an archive at all */
	if (pipe2(ends, O_CLOEXEC)) return error_errno(err, "check of the catalogue");
	int rc = start(app->archive, ends[1], &pid);
	close(ends[1]);
	if (rc) {
		errno = rc;
		rc = error_errno(err, "check of the catalogue");
	} else {
		rc = outcome(pid, ends[0], err);
	}
	close(ends[0]);
	return rc;
}

/* Only what a handler may do; elsewhere than in LMDB the signal means a defect of ours and does what it always did. */
static void on_signal(int number) {
	static const char text[] = "ltvault: catalogue/data.mdb: a page is damaged" REMEDY "\n";
	if (catalogue_is_inside()) {
		ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
		(void)ignored;
		_exit(EXIT_DAMAGE);
	}
	raise(number); /* SA_RESETHAND has put the default back */
}

void guard_signals(void) {
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) sigaction(fatal[i], &action, NULL);
}
