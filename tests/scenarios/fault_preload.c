/* Loaded before the program (LD_PRELOAD): the n-th call that changes a file below a folder, or reads one, fails, or is
 * the last thing that the process does. It sees every file that the program and its libraries write, so nothing in
 * them has to know of it; what stdio writes by itself is not seen.
 *
 * FAULT_UNDER folder; only files below it count    FAULT_AT    n, from 1; 0 only counts
 * FAULT_KIND  change (default), sync or read       FAULT_ERROR number of an error; without it: SIGKILL
 * FAULT_STAY  every later call fails as well       FAULT_COUNT file that is told at the end how many calls there were
 *
 * A write that is hit has written half of its bytes. Only the process that was started counts, not its workers. */
#undef _FORTIFY_SOURCE /* this file defines what fortifying replaces */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CHANGE, SYNC, READ, KINDS };
static const char *const kind_names[KINDS] = {"change", "sync", "read"};

static struct {
	char under[PATH_MAX], count[PATH_MAX];
	size_t under_len;
	enum kind kind;
	unsigned long at;
	int error;
	bool stay;
	pid_t pid;
} plan;
static atomic_ulong seen;

static const char *taken(const char *name) {
	static char text[PATH_MAX];
	const char *value = getenv(name);
	snprintf(text, sizeof text, "%s", value ? value : "");
	unsetenv(name);
	return text;
}

__attribute__((constructor)) static void begin(void) {
	snprintf(plan.under, sizeof plan.under, "%s", taken("FAULT_UNDER"));
	snprintf(plan.count, sizeof plan.count, "%s", taken("FAULT_COUNT"));
	plan.under_len = strlen(plan.under);
	plan.at = strtoul(taken("FAULT_AT"), NULL, 10);
	plan.error = atoi(taken("FAULT_ERROR"));
	plan.stay = *taken("FAULT_STAY");
	const char *kind = taken("FAULT_KIND");
	for (int i = 0; i < KINDS; i++)
		if (!strcmp(kind, kind_names[i])) plan.kind = (enum kind)i;
	unsetenv("LD_PRELOAD");
	if (plan.under_len) plan.pid = getpid();
}

__attribute__((destructor)) static void end(void) {
	FILE *out = plan.pid == getpid() && *plan.count ? fopen(plan.count, "we") : NULL;
	if (!out) return;
	fprintf(out, "%lu\n", atomic_load(&seen));
	fclose(out);
}

static void die(void) {
	kill(getpid(), SIGKILL);
	for (;;) pause();
}

static bool below(const char *path) {
	return !strncmp(path, plan.under, plan.under_len) && (!path[plan.under_len] || path[plan.under_len] == '/');
}

/* The name of a directory descriptor and a path relative to it. */
static bool path_counts(int dir, const char *path) {
	char link[64], at[PATH_MAX];
	if (plan.pid != getpid()) return false;
	if (*path == '/') return below(path);
	if (dir == AT_FDCWD) return getcwd(at, sizeof at) && below(at);
	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
	ssize_t n = readlink(link, at, sizeof at - 1);
	if (n <= 0) return false;
	at[n] = '\0';
	return below(at);
}

static bool fd_counts(int fd) {
	int kept = errno;
	bool counts = path_counts(fd, "");
	errno = kept;
	return counts;
}

/* True when this call must fail, or be the last one. */
static bool hit(enum kind kind, bool counts) {
	/* A sync changes what is durable: it counts as a change, too. */
	if (!counts || (kind != plan.kind && !(kind == SYNC && plan.kind == CHANGE))) return false;
	unsigned long n = atomic_fetch_add(&seen, 1) + 1;
	if (!plan.at || n < plan.at || (n > plan.at && !plan.stay)) return false;
	return true;
}

static int refused(void) {
	if (!plan.error) die();
	errno = plan.error;
	return -1;
}

#define NEXT(type, name, ...)                                                                                          \
	static type (*next)(__VA_ARGS__);                                                                              \
	if (!next) *(void **)&next = dlsym(RTLD_NEXT, name)

/* ---- bytes ---- */

ssize_t write(int fd, const void *data, size_t len) {
	NEXT(ssize_t, "write", int, const void *, size_t);
	if (!hit(CHANGE, fd_counts(fd))) return next(fd, data, len);
	if (next(fd, data, len / 2) < 0) return -1;
	return refused();
}

static ssize_t pwrite_at(int fd, const void *data, size_t len, off_t offset) {
	NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
	if (!hit(CHANGE, fd_counts(fd))) return next(fd, data, len, offset);
	if (next(fd, data, len / 2, offset) < 0) return -1;
	return refused();
}
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
	return pwrite_at(fd, data, len, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t len, off_t offset) {
	return pwrite_at(fd, data, len, offset);
}

/* Half of the pieces, as far as there are several. */
ssize_t writev(int fd, const struct iovec *pieces, int count) {
	NEXT(ssize_t, "writev", int, const struct iovec *, int);
	if (!hit(CHANGE, fd_counts(fd))) return next(fd, pieces, count);
	if (count > 1 && next(fd, pieces, count / 2) < 0) return -1;
	return refused();
}

static ssize_t pwritev_at(int fd, const struct iovec *pieces, int count, off_t offset) {
	NEXT(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
	if (!hit(CHANGE, fd_counts(fd))) return next(fd, pieces, count, offset);
	if (count > 1 && next(fd, pieces, count / 2, offset) < 0) return -1;
	return refused();
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
	return pwritev_at(fd, pieces, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off_t offset) {
	return pwritev_at(fd, pieces, count, offset);
}

ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags) {
	NEXT(ssize_t, "copy_file_range", int, off_t *, int, off_t *, size_t, unsigned);
	return hit(CHANGE, fd_counts(out)) ? refused() : next(in, in_at, out, out_at, len, flags);
}

ssize_t read(int fd, void *data, size_t len) {
	NEXT(ssize_t, "read", int, void *, size_t);
	return hit(READ, fd_counts(fd)) ? refused() : next(fd, data, len);
}

static ssize_t pread_at(int fd, void *data, size_t len, off_t offset) {
	NEXT(ssize_t, "pread", int, void *, size_t, off_t);
	return hit(READ, fd_counts(fd)) ? refused() : next(fd, data, len, offset);
}
ssize_t pread(int fd, void *data, size_t len, off_t offset) {
	return pread_at(fd, data, len, offset);
}
ssize_t pread64(int fd, void *data, size_t len, off_t offset) {
	return pread_at(fd, data, len, offset);
}

/* What fortified code calls instead. */
ssize_t __read_chk(int fd, void *data, size_t len, size_t room);
ssize_t __read_chk(int fd, void *data, size_t len, size_t room) {
	if (len > room) abort();
	return read(fd, data, len);
}
ssize_t __pread_chk(int fd, void *data, size_t len, off_t offset, size_t room);
ssize_t __pread_chk(int fd, void *data, size_t len, off_t offset, size_t room) {
	if (len > room) abort();
	return pread_at(fd, data, len, offset);
}
ssize_t __pread64_chk(int fd, void *data, size_t len, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *data, size_t len, off_t offset, size_t room) {
	if (len > room) abort();
	return pread_at(fd, data, len, offset);
}

/* ---- durability ---- */

int fsync(int fd) {
	NEXT(int, "fsync", int);
	return hit(SYNC, fd_counts(fd)) ? refused() : next(fd);
}

int fdatasync(int fd) {
	NEXT(int, "fdatasync", int);
	return hit(SYNC, fd_counts(fd)) ? refused() : next(fd);
}

int syncfs(int fd) {
	NEXT(int, "syncfs", int);
	return hit(SYNC, fd_counts(fd)) ? refused() : next(fd);
}

/* ---- sizes and names ---- */

static int ftruncate_to(int fd, off_t length) {
	NEXT(int, "ftruncate", int, off_t);
	return hit(CHANGE, fd_counts(fd)) ? refused() : next(fd, length);
}
int ftruncate(int fd, off_t length) {
	return ftruncate_to(fd, length);
}
int ftruncate64(int fd, off_t length) {
	return ftruncate_to(fd, length);
}

int rename(const char *from, const char *to) {
	NEXT(int, "rename", const char *, const char *);
	return hit(CHANGE, path_counts(AT_FDCWD, to)) ? refused() : next(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
	NEXT(int, "renameat", int, const char *, int, const char *);
	return hit(CHANGE, path_counts(to_dir, to)) ? refused() : next(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
	NEXT(int, "renameat2", int, const char *, int, const char *, unsigned);
	return hit(CHANGE, path_counts(to_dir, to)) ? refused() : next(from_dir, from, to_dir, to, flags);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
	NEXT(int, "linkat", int, const char *, int, const char *, int);
	return hit(CHANGE, path_counts(to_dir, to)) ? refused() : next(from_dir, from, to_dir, to, flags);
}

int unlink(const char *path) {
	NEXT(int, "unlink", const char *);
	return hit(CHANGE, path_counts(AT_FDCWD, path)) ? refused() : next(path);
}

int unlinkat(int dir, const char *path, int flags) {
	NEXT(int, "unlinkat", int, const char *, int);
	return hit(CHANGE, path_counts(dir, path)) ? refused() : next(dir, path, flags);
}

int mkdir(const char *path, mode_t mode) {
	NEXT(int, "mkdir", const char *, mode_t);
	return hit(CHANGE, path_counts(AT_FDCWD, path)) ? refused() : next(path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode) {
	NEXT(int, "mkdirat", int, const char *, mode_t);
	return hit(CHANGE, path_counts(dir, path)) ? refused() : next(dir, path, mode);
}

/* Only opening that may make a file or empty it is a change. */
static int opened(int dir, const char *path, int flags, mode_t mode) {
	NEXT(int, "openat", int, const char *, int, mode_t);
	bool changes = flags & (O_CREAT | O_TRUNC);
	return changes && hit(CHANGE, path_counts(dir, path)) ? refused() : next(dir, path, flags, mode);
}

#define MODE(flags, mode)                                                                                              \
	do {                                                                                                           \
		va_list rest;                                                                                          \
		va_start(rest, flags);                                                                                 \
		if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) mode = va_arg(rest, mode_t);                                      \
		va_end(rest);                                                                                          \
	} while (0)

int open(const char *path, int flags, ...) {
	mode_t mode = 0;
	MODE(flags, mode);
	return opened(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
	mode_t mode = 0;
	MODE(flags, mode);
	return opened(AT_FDCWD, path, flags, mode);
}
int openat(int dir, const char *path, int flags, ...) {
	mode_t mode = 0;
	MODE(flags, mode);
	return opened(dir, path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...) {
	mode_t mode = 0;
	MODE(flags, mode);
	return opened(dir, path, flags, mode);
}
