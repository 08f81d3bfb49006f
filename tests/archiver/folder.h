/* A folder of its own for a test, in the build tree, empty at the start. */
#ifndef LTVAULT_TESTS_FOLDER_H
#define LTVAULT_TESTS_FOLDER_H

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void folder_remove(const char *path) {
	nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Owned path of the empty folder. */
static inline char *folder_new(const char *name) {
	/* Programs run beside each other, and several may use one name. */
	char *path = xasprintf("%s/test-%s-%s", TEST_BINARY_DIR, program_invocation_short_name, name);
	folder_remove(path);
	if (mkdir(path, 0755)) abort();
	return path;
}

static inline void folder_put(const char *folder, const char *name, const void *data, size_t len) {
	char *path = xasprintf("%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd)) abort();
	free(path);
}

static inline void folder_put_text(const char *folder, const char *name, const char *text) {
	folder_put(folder, name, text, strlen(text));
}

/* Content as text, owned; NULL when the file is not there. */
static inline char *folder_text(const char *path) {
	struct buf b = {0};
	char part[4096];
	FILE *file = fopen(path, "re");
	if (!file) return NULL;
	for (size_t n; (n = fread(part, 1, sizeof part, file));) buf_add(&b, part, n);
	fclose(file);
	return buf_take_text(&b);
}

static inline bool folder_has(const char *folder, const char *name) {
	struct stat st;
	char *path = xasprintf("%s/%s", folder, name);
	bool has = lstat(path, &st) == 0;
	free(path);
	return has;
}

#endif
