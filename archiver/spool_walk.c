#include "archiver/spool.h"

#include "base/limits.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct names {
	char **items;
	size_t count, cap;
};

static void names_dispose(struct names *names) {
	for (size_t i = 0; i < names->count; i++) free(names->items[i]);
	free(names->items);
}

static int by_bytes(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Opened without following a link that took the folder's place. */
static int list_folder(const char *folder, struct names *names, struct error *err) {
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		error_errno(err, "%s", folder);
		if (fd >= 0) close(fd);
		return -1;
	}
	struct dirent *entry;
	while (errno = 0, (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
		ARRAY_GROW(names->items, names->count, names->cap);
		names->items[names->count++] = xstrdup(entry->d_name);
	}
	int rc = errno ? error_errno(err, "%s", folder) : 0;
	closedir(dir);
	if (names->count) qsort(names->items, names->count, sizeof *names->items, by_bytes);
	return rc;
}

enum spool_kind spool_kind_of(const char *path, struct error *why) {
	struct stat st;
	if (lstat(path, &st)) {
		bool gone = errno == ENOENT;
		error_errno(why, "%s", path);
		return gone ? SPOOL_VANISHED : SPOOL_UNREADABLE;
	}
	if (S_ISREG(st.st_mode)) return SPOOL_FILE;
	if (S_ISDIR(st.st_mode)) return SPOOL_FOLDER;
	return S_ISLNK(st.st_mode) ? SPOOL_LINK : SPOOL_SPECIAL;
}

static int walk(const char *folder, int depth, spool_visit *visit, void *user) {
	struct names names = {0};
	struct error why = {0};
	int rc = 0;
	if (depth > LIMIT_FOLDER_DEPTH) return visit(user, folder, SPOOL_TOO_DEEP, &why);
	if (list_folder(folder, &names, &why)) rc = visit(user, folder, SPOOL_UNREADABLE, &why);
	for (size_t i = 0; i < names.count && !rc; i++) {
		struct error reason = {0};
		char *path = xasprintf("%s/%s", folder, names.items[i]);
		enum spool_kind kind = *names.items[i] == '.' ? SPOOL_HIDDEN : spool_kind_of(path, &reason);
		rc = kind == SPOOL_FOLDER ? walk(path, depth + 1, visit, user) : visit(user, path, kind, &reason);
		free(path);
	}
	names_dispose(&names);
	return rc;
}

int spool_walk(const char *folder, spool_visit *visit, void *user) {
	return walk(folder, 1, visit, user);
}
