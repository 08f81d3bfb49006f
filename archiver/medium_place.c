#include "archiver/medium_place.h"

#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int place_open(struct medium_place *place, const char *path, bool trusted, struct error *err) {
	struct stat st;
	*place = (struct medium_place){.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .path = path, .trusted = trusted};
	if (place->dir < 0 || fstat(place->dir, &st)) {
		error_errno(err, "%s", path);
		place_close(place);
		return -1;
	}
	place->device = st.st_dev;
	return 0;
}

void place_close(struct medium_place *place) {
	if (place->path && place->dir >= 0) close(place->dir);
	*place = (struct medium_place){0};
}

bool place_name_is_safe(const char *name) {
	if (strlen(name) >= LIMIT_NAME_BYTES) return false;
	for (const char *part = name;; part++) {
		size_t len = strcspn(part, "/");
		if (!len || (len == 1 && *part == '.') || (len == 2 && !strncmp(part, "..", 2))) return false;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f || part[i] == '\\') return false;
		part += len;
		if (!*part) return true;
	}
}

static int failed(const struct medium_place *place, const char *name, struct error *err) {
	if (errno == ELOOP) return error_set(err, ERROR_DAMAGED, "%s/%s: a symbolic link, which has no place on a medium", place->path, name);
	return error_errno(err, "%s%s%s", place->path, *name ? "/" : "", name);
}

/* The folder that a name lies in, opened; *last gets the part behind it. */
static int parent(const struct medium_place *place, const char *name, const char **last, struct error *err) {
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (place->trusted ? 0 : O_NOFOLLOW);
	int dir = openat(place->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && *name && !place_name_is_safe(name)) {
		close(dir);
		return error_set(err, ERROR_DAMAGED, "%s: a name on it leads elsewhere", place->path);
	}
	for (const char *slash; dir >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		char *part = xstrndup(name, (size_t)(slash - name));
		int next = openat(dir, part, flags), before = errno;
		free(part);
		close(dir);
		dir = next;
		errno = before == ENOTDIR && !place->trusted ? ELOOP : before;
	}
	*last = name;
	if (dir < 0) failed(place, name, err);
	return dir;
}

/* A file on another device than the place's is not on the medium. */
static int check_device(const struct medium_place *place, int fd, const char *name, struct error *err) {
	struct stat st;
	if (fstat(fd, &st)) return failed(place, name, err);
	if (!S_ISREG(st.st_mode)) return error_set(err, ERROR_DAMAGED, "%s/%s: not a file", place->path, name);
	if (!place->trusted && st.st_dev != place->device)
		return error_set(err, ERROR_DAMAGED, "%s/%s: on another file system than the medium", place->path, name);
	return 0;
}

int place_open_file(const struct medium_place *place, const char *name, int flags, struct error *err) {
	const char *last;
	int dir = parent(place, name, &last, err);
	if (dir < 0) return -1;
	/* O_NONBLOCK: a pipe in a file's place must not hold up the night. */
	int fd = openat(dir, last, flags | O_CLOEXEC | O_NONBLOCK | (place->trusted ? 0 : O_NOFOLLOW), 0640);
	if (fd < 0) failed(place, name, err);
	close(dir);
	if (fd >= 0 && check_device(place, fd, name, err)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool place_has(const struct medium_place *place, const char *name) {
	struct error ignored = {0};
	struct stat st;
	const char *last;
	int dir = parent(place, name, &last, &ignored);
	bool there = dir >= 0 && fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (dir >= 0) close(dir);
	return there;
}

int place_make_folder(const struct medium_place *place, const char *name, struct error *err) {
	const char *last;
	int dir = parent(place, name, &last, err);
	if (dir < 0) return -1;
	if (mkdirat(dir, last, 0750) && errno != EEXIST) failed(place, name, err);
	close(dir);
	return err->code ? -1 : 0;
}

/* Takes away what keeps a file from being cut or removed; where that is not to be had the call that needs it fails. */
static void unprotect(int fd) {
	int flags = 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) || !(flags & (FS_APPEND_FL | FS_IMMUTABLE_FL))) return;
	flags &= ~(FS_APPEND_FL | FS_IMMUTABLE_FL);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

int place_truncate(const struct medium_place *place, const char *name, uint64_t size, struct error *err) {
	int fd = place_open_file(place, name, O_RDONLY, err);
	if (fd < 0) return -1;
	unprotect(fd);
	close(fd);
	if ((fd = place_open_file(place, name, O_WRONLY, err)) < 0) return -1;
	if (ftruncate(fd, (off_t)size) || fsync(fd)) failed(place, name, err);
	close(fd);
	return err->code ? -1 : 0;
}

void place_unprotect(const struct medium_place *place, const char *name) {
	struct error ignored = {0};
	int fd = place_open_file(place, name, O_RDONLY, &ignored);
	if (fd < 0) return;
	unprotect(fd);
	close(fd);
}

bool place_protect(const struct medium_place *place, const char *name, bool for_good) {
	struct error ignored = {0};
	int wanted = for_good ? FS_IMMUTABLE_FL : FS_APPEND_FL, flags = 0, fd = place_open_file(place, name, O_RDONLY, &ignored);
	bool done = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
	if (done && !(flags & wanted)) {
		flags |= wanted;
		done = ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
	}
	if (fd >= 0) close(fd);
	return done;
}

static int open_folder(const struct medium_place *place, const char *name, struct error *err) {
	const char *last;
	int dir = parent(place, name, &last, err);
	if (dir < 0 || !*name) return dir;
	int fd = openat(dir, last, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (place->trusted ? 0 : O_NOFOLLOW)), before = errno;
	close(dir);
	errno = before;
	return fd;
}

int place_sync_folder(const struct medium_place *place, const char *name, struct error *err) {
	int fd = open_folder(place, name, err);
	/* Some network file systems cannot sync a folder: their server has it. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL)) failed(place, name, err);
	if (fd >= 0) close(fd);
	return err->code ? -1 : 0;
}

int place_rename(const struct medium_place *place, const char *from, const char *to, struct error *err) {
	const char *old = "", *new = "";
	int from_dir = parent(place, from, &old, err), to_dir = from_dir < 0 ? -1 : parent(place, to, &new, err);
	if (to_dir >= 0 && renameat(from_dir, old, to_dir, new)) failed(place, to, err);
	if (from_dir >= 0) close(from_dir);
	if (to_dir >= 0) close(to_dir);
	return err->code ? -1 : 0;
}

int place_remove(const struct medium_place *place, const char *name, bool folder, struct error *err) {
	const char *last;
	int dir = parent(place, name, &last, err);
	if (dir < 0) return -1;
	if (unlinkat(dir, last, folder ? AT_REMOVEDIR : 0) && errno != ENOENT) failed(place, name, err);
	close(dir);
	return err->code ? -1 : 0;
}

static int by_name(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int place_list(const struct medium_place *place, const char *folder, size_t max, char ***names, size_t *count, struct error *err) {
	size_t cap = 0;
	*names = NULL;
	*count = 0;
	int fd = open_folder(place, folder, err);
	if (fd < 0 && !err->code && errno == ENOENT) return 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		failed(place, folder, err);
		if (fd >= 0) close(fd);
		return -1;
	}
	errno = 0;
	for (struct dirent *entry; !err->code && (entry = readdir(dir));) {
		if (*entry->d_name == '.') continue;
		if (*count == max) {
			error_set(err, ERROR_LIMIT, "%s/%s: more than %zu names", place->path, folder, max);
			break;
		}
		ARRAY_GROW(*names, *count, cap);
		(*names)[(*count)++] = xstrdup(entry->d_name);
		errno = 0;
	}
	if (errno && !err->code) failed(place, folder, err);
	closedir(dir);
	if (*count) qsort(*names, *count, sizeof **names, by_name);
	if (!err->code) return 0;
	place_names_free(*names, *count);
	*names = NULL;
	*count = 0;
	return -1;
}

void place_names_free(char **names, size_t count) {
	for (size_t i = 0; i < count; i++) free(names[i]);
	free(names);
}

int place_read(const struct medium_place *place, const char *name, size_t max, char **data, size_t *len, struct error *err) {
	struct stat st;
	int fd = place_open_file(place, name, O_RDONLY, err);
	if (fd < 0) return -1;
	*data = NULL;
	*len = 0;
	if (fstat(fd, &st)) failed(place, name, err);
	else if (st.st_size > (off_t)max) error_set(err, ERROR_LIMIT, "%s/%s: larger than %zu bytes", place->path, name, max);
	if (!err->code) *data = xcalloc(1, (size_t)st.st_size + 1);
	ssize_t n = err->code ? 0 : io_read(fd, *data, (size_t)st.st_size);
	if (n < 0) failed(place, name, err);
	else *len = (size_t)n;
	close(fd);
	if (!err->code) return 0;
	free(*data);
	*data = NULL;
	return -1;
}

int place_write(const struct medium_place *place, const char *name, const void *data, size_t len, struct error *err) {
	char *temporary = xasprintf("%s.new", name);
	int fd = -1;
	if (!place_remove(place, temporary, false, err)) /* left by a run that was cut off */
		fd = place_open_file(place, temporary, O_WRONLY | O_CREAT | O_EXCL, err);
	if (fd >= 0 && (io_write(fd, data, len) || fsync(fd))) failed(place, temporary, err);
	else if (fd >= 0) place_rename(place, temporary, name, err);
	if (fd >= 0 && close(fd)) failed(place, temporary, err);
	struct error own = {0};
	if (fd >= 0 && err->code) place_remove(place, temporary, false, &own); /* on a full disk it would take room from what matters */
	free(temporary);
	return err->code ? -1 : 0;
}
