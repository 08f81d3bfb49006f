#include "archiver/password.h"

#include "archiver/i18n.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Byte by byte: what comes after the line on standard input is somebody else's. -1 with errno; else how many. */
static ssize_t read_line(int fd, char *line, size_t max) {
	size_t have = 0;
	while (have < max) {
		ssize_t n = read(fd, line + have, 1);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		if (n == 0 || line[have] == '\n') break;
		have++;
	}
	return (ssize_t)have;
}

/* On a terminal nobody should read along. */
static ssize_t ask(int fd, char *line, size_t max) {
	struct termios shown, hidden;
	bool terminal = isatty(fd) && !tcgetattr(fd, &shown);
	if (terminal) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		fputs(_("Password of the document: "), stderr);
		tcsetattr(fd, TCSAFLUSH, &hidden);
	}
	ssize_t n = read_line(fd, line, max);
	int kept = errno;
	if (terminal) {
		tcsetattr(fd, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	errno = kept;
	return n;
}

char *password_read(const char *path, struct error *err) {
	char line[LIMIT_PASSWORD_BYTES + 1];
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *password = NULL;
	if (fd < 0) {
		error_set(err, ERROR_INPUT, "--password-file: %s: %s", path, strerrordesc_np(errno));
		return NULL;
	}
	ssize_t n = ask(fd, line, sizeof line);
	if (n < 0)
		error_set(err, ERROR_INPUT, "--password-file: %s: %s", path, strerrordesc_np(errno));
	else if (n > LIMIT_PASSWORD_BYTES)
		error_set(err, ERROR_INPUT, "--password-file: %s: the first line is longer than %d bytes", path, LIMIT_PASSWORD_BYTES);
	else if (memchr(line, 0, (size_t)n))
		error_set(err, ERROR_INPUT, "--password-file: %s: the first line holds a zero byte", path);
	else
		password = xstrndup(line, (size_t)(n && line[n - 1] == '\r' ? n - 1 : n));
	explicit_bzero(line, sizeof line);
	if (!standard) close(fd);
	return password;
}

void password_free(char *password) {
	if (password) explicit_bzero(password, strlen(password));
	free(password);
}
