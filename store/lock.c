#include "store/private.h"

#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "process 4711 (nightly) since 2026-11-22T02:00:00Z", as its holder wrote it; the text is only shown. */
static void holder(int fd, char *text, size_t size) {
	ssize_t n = pread(fd, text, size - 1, 0);
	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127) *p = '?';
	if (!*text) snprintf(text, size, "a process that has not said who it is");
}

int lock_take(int dir, const char *who, utime now, struct error *err) {
	char text[256], since[UTIME_TEXT_MAX];
	/* Nothing in work/ has to last: where somebody tidied it away it is made again. */
	if (mkdirat(dir, "work", 0750) && errno != EEXIST) return error_errno(err, "work");
	int fd = file_open(dir, "work/lock", O_RDWR | O_CREAT, err);
	if (fd < 0) return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int saved = errno;
		holder(fd, text, sizeof text);
		close(fd);
		errno = saved;
		if (saved == EWOULDBLOCK) return error_set(err, ERROR_LOCKED, "work/lock: held by %s", text);
		return error_errno(err, "work/lock");
	}
	int len = snprintf(text, sizeof text, "process %ld (%.100s) since %s\n", (long)getpid(), who ? who : "unknown",
			   utime_text(now, since));
	/* The lock is held by the kernel, not by this text: a full disk does not keep a writer out. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) < 0) errno = 0;
	return fd;
}
