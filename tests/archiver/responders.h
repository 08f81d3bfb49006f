/* The test PKI's responders on loopback for a test program: certificates that name them, a process, and what it counted. */
#ifndef LTVAULT_TESTS_ARCHIVER_RESPONDERS_H
#define LTVAULT_TESTS_ARCHIVER_RESPONDERS_H

#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESPONDERS_TIME "2026-11-20T08:00:00Z"

struct responders {
	char *dir; /* of the PKI: certs/, trust/, evidence/, samples/ */
	char url[64];
	pid_t pid;
	int port;
};

/* Starts the process; true when it listens. Port 0: any free one. `bad`: "none", or as --bad has it. */
static inline bool responders_start(struct responders *r, const char *time, const char *bad) {
	int ends[2];
	char port[16];
	snprintf(port, sizeof port, "%d", r->port);
	if (pipe2(ends, O_CLOEXEC)) return false;
	if ((r->pid = fork()) == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execl(TEST_BINARY_DIR "/tests/ltv-testresponders", "ltv-testresponders", "--pki", r->dir, "--port", port, "--time",
		      time, "--bad", bad, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	FILE *said = fdopen(ends[0], "r");
	bool ready = said && fscanf(said, "ready http://127.0.0.1:%d", &r->port) == 1;
	if (said) fclose(said);
	snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d", r->port);
	return ready;
}

static inline void responders_stop(struct responders *r) {
	if (r->pid <= 0) return;
	kill(r->pid, SIGTERM);
	waitpid(r->pid, NULL, 0);
	r->pid = 0;
}

static inline int responders_pki(const struct responders *r, const char *suffix) {
	char *line = xasprintf(TEST_BINARY_DIR "/tests/ltv-testpki make %s --base-url http://127.0.0.1:%d%s", r->dir, r->port, suffix);
	int status = system(line);
	free(line);
	return status;
}

/* A PKI in a folder of its own, whose certificates name the responders; `suffix` follows their address in each URL. The
 * first start only finds a free port. */
static inline bool responders_begin(struct responders *r, const char *suffix) {
	char folder[] = "/tmp/ltvault-test-responders-XXXXXX";
	*r = (struct responders){.dir = mkdtemp(folder) ? xstrdup(folder) : NULL};
	if (!r->dir || responders_pki(r, suffix) || !responders_start(r, RESPONDERS_TIME, "none")) return false;
	responders_stop(r);
	return !responders_pki(r, suffix) && responders_start(r, RESPONDERS_TIME, "none");
}

static inline void responders_end(struct responders *r) {
	responders_stop(r);
	char *line = xasprintf("rm -rf %s", r->dir);
	if (r->dir && system(line)) fprintf(stderr, "%s: could not be removed\n", r->dir);
	free(line);
	free(r->dir);
}

#endif
