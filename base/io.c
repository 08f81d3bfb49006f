#include "base/io.h"

#include <errno.h>
#include <unistd.h>

int io_write(int fd, const void *data, size_t len) {
	const unsigned char *p = data;
	while (len) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR) continue;
		if (n == 0) errno = EIO; /* a device that takes nothing would never end */
		if (n <= 0) return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t io_read(int fd, void *to, size_t len) {
	size_t have = 0;
	while (have < len) {
		ssize_t n = read(fd, (unsigned char *)to + have, len - have);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		if (n == 0) break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}
