#include "store/through_pipe.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define STRETCH (1U << 20) /* written to the file at a time */

struct side {
	pipe_writer *write;
	void *user;
	int fd, rc;
};

/* SIGPIPE is blocked here, as nearly all signals are in such a thread. */
static void *write_side(void *user) {
	struct side *side = user;
	side->rc = side->write(side->user, side->fd);
	close(side->fd);
	return NULL;
}

/* Whole stretches but for the last: how many writes there are does not depend on who is faster. */
static ssize_t fill(int fd, unsigned char *data, void (*meanwhile)(void *user), void *user) {
	size_t have = 0;
	while (have < STRETCH) {
		ssize_t n = read(fd, data + have, STRETCH - have);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		if (n == 0) break;
		have += (size_t)n;
		meanwhile(user);
	}
	return (ssize_t)have;
}

int through_pipe(pipe_writer *write, int fd, void (*meanwhile)(void *user), void *user) {
	int ends[2], rc = 0;
	pthread_t thread;
	ssize_t n;
	if (pipe2(ends, O_CLOEXEC) < 0) return errno;
	struct side side = {write, user, ends[1], 0};
	if (!thread_start(&thread, write_side, &side)) {
		close(ends[0]);
		close(ends[1]);
		return EAGAIN;
	}
	unsigned char *data = xmalloc(STRETCH);
	while (!rc && (n = fill(ends[0], data, meanwhile, user)) != 0) rc = n < 0 || io_write(fd, data, (size_t)n) ? errno : 0;
	close(ends[0]);
	pthread_join(thread, NULL);
	free(data);
	return rc ? rc : side.rc;
}
