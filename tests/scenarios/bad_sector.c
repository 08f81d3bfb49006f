/* Preloaded: reading packs/000001.tar gives EIO where LTV_BAD_SECTOR (a byte offset) is touched, as a disk does. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_bad(int fd, size_t len, off_t offset) {
	char link[64], path[512];
	const char *text = getenv("LTV_BAD_SECTOR"), *file = getenv("LTV_BAD_FILE");
	if (!text || !file) return 0;
	off_t sector = (off_t)atoll(text) / 4096 * 4096;
	if (offset >= sector + 4096 || offset + (off_t)len <= sector) return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n <= 0) return 0;
	path[n] = 0;
	return strstr(path, file) != NULL;
}

ssize_t pread(int fd, void *data, size_t len, off_t offset) {
	static ssize_t (*real)(int, void *, size_t, off_t);
	if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pread");
	if (is_bad(fd, len, offset)) {
		errno = EIO;
		return -1;
	}
	return real(fd, data, len, offset);
}

ssize_t pread64(int fd, void *data, size_t len, off_t offset);
ssize_t pread64(int fd, void *data, size_t len, off_t offset) {
	return pread(fd, data, len, offset);
}

/* What fortified code calls instead. */
ssize_t __pread_chk(int fd, void *data, size_t len, off_t offset, size_t room);
ssize_t __pread_chk(int fd, void *data, size_t len, off_t offset, size_t room) {
	if (len > room) abort();
	return pread(fd, data, len, offset);
}
