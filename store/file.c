#include "store/file.h"

#include "store/fault.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open_quietly(int dir, const char *path, int flags) {
	struct stat st;
	int fd = openat(dir, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd < 0 || (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))) return fd;
	close(fd);
	errno = ESPIPE;
	return -1;
}

int file_open(int dir, const char *path, int flags, struct error *err) {
	if ((flags & O_CREAT) && fault_hit()) return error_errno(err, "%s", path);
	int fd = file_open_quietly(dir, path, flags);
	return fd < 0 ? error_errno(err, "%s", path) : fd;
}

static int write_all(int fd, const unsigned char *p, size_t len, uint64_t offset) {
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int file_write_at(int fd, const char *path, const void *data, size_t len, uint64_t offset, struct error *err) {
	enum fault_action action = fault_step();
	if (action != FAULT_NONE) {
		int saved = errno;
		if (write_all(fd, data, len / 2, offset) == 0) errno = saved;
		if (action == FAULT_DIE) fault_die();
		return error_errno(err, "%s", path);
	}
	return write_all(fd, data, len, offset) < 0 ? error_errno(err, "%s", path) : 0;
}

ssize_t file_read_at(int fd, const char *path, void *data, size_t len, uint64_t offset, struct error *err) {
	size_t done = 0;
	while (done < len) {
		ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return error_errno(err, "%s", path);
		if (n == 0) break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int file_sync(int fd, const char *path, struct error *err) {
	if (fault_hit() || fdatasync(fd) < 0) return error_errno(err, "%s", path);
	return 0;
}

int file_sync_folder(int dir, const char *path, struct error *err) {
	if (fault_hit()) return error_errno(err, "%s", path);
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return error_errno(err, "%s", path);
	int rc = fsync(fd) < 0 ? error_errno(err, "%s", path) : 0;
	close(fd);
	return rc;
}

int file_truncate(int fd, const char *path, uint64_t length, struct error *err) {
	if (fault_hit() || ftruncate(fd, (off_t)length) < 0) return error_errno(err, "%s", path);
	return 0;
}

int file_rename(int dir, const char *from, const char *to, struct error *err) {
	if (fault_hit() || renameat(dir, from, dir, to) < 0) return error_errno(err, "%s", to);
	return 0;
}

int file_remove(int dir, const char *path, struct error *err) {
	if (fault_hit() || (unlinkat(dir, path, 0) < 0 && errno != ENOENT)) return error_errno(err, "%s", path);
	return 0;
}

int file_make_folder(int dir, const char *path, struct error *err) {
	if (fault_hit() || (mkdirat(dir, path, 0755) < 0 && errno != EEXIST)) return error_errno(err, "%s", path);
	return 0;
}

int64_t file_size(int dir, const char *path, bool may_lack, struct error *err) {
	struct stat st;
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0) return st.st_size;
	if (may_lack && errno == ENOENT) return FILE_ABSENT;
	return error_errno(err, "%s", path);
}

static uint64_t numbered(const char *name, const char *suffix) {
	char *end;
	if (!isdigit((unsigned char)*name)) return 0;
	unsigned long long n = strtoull(name, &end, 10);
	return end - name >= 6 && !strcmp(end, suffix) && n <= UINT32_MAX ? n : 0;
}

int64_t file_highest(int dir, const char *folder, const char *suffix, struct error *err) {
	int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	if (!list) {
		error_errno(err, "%s", folder);
		if (fd >= 0) close(fd);
		return -1;
	}
	uint64_t highest = 0;
	for (struct dirent *entry; (entry = readdir(list));) {
		uint64_t n = numbered(entry->d_name, suffix);
		if (n > highest) highest = n;
	}
	closedir(list);
	return (int64_t)highest;
}
